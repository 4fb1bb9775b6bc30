/* A right filter in C, compiled by clang: packets and events pass, OID requests bypass it. What the
   plain filter in Rust says about the rules holds here. DriverEntry stands in INIT, what runs at
   PASSIVE_LEVEL only in PAGE. Every function has a stack cookie, as /GS gives it (cookie.c). */
#include "ntndis.h"

#define INIT_CODE __attribute__((section("INIT")))
#define PAGED_CODE __attribute__((section("PAGE"), noinline))

typedef struct {
    NDIS_HANDLE Handle;
    ULONG64 Lock;
    int Running;
} MODULE;

static NDIS_HANDLE DriverHandle;

static int IsRunning(MODULE *Module, ULONG Flags)
{
    int Running;
    if (Flags & DISPATCH_LEVEL_FLAG) {
        KeAcquireSpinLockAtDpcLevel(&Module->Lock);
        Running = Module->Running;
        KeReleaseSpinLockFromDpcLevel(&Module->Lock);
    } else {
        UCHAR Irql = KeAcquireSpinLockRaiseToDpc(&Module->Lock);
        Running = Module->Running;
        KeReleaseSpinLock(&Module->Lock, Irql);
    }
    return Running;
}

/* Not paged: it runs with the lock held, and must not be inlined into what is. */
__attribute__((noinline)) static void Enter(MODULE *Module, int Running)
{
    UCHAR Irql = KeAcquireSpinLockRaiseToDpc(&Module->Lock);
    Module->Running = Running;
    KeReleaseSpinLock(&Module->Lock, Irql);
}

/* Raises an exception unless all is well. */
PAGED_CODE static void Demand(NDIS_STATUS Status)
{
    if (Status != NDIS_STATUS_SUCCESS)
        ExRaiseStatus(Status);
}

PAGED_CODE static NDIS_STATUS FilterAttach(NDIS_HANDLE Handle, NDIS_HANDLE Context, PVOID Parameters)
{
    NDIS_FILTER_ATTRIBUTES Attributes = { { 0x8D, 1, sizeof(Attributes) }, 0 };
    MODULE *volatile Module = NULL;
    (void)Context, (void)Parameters;
    __try {
        __try {
            Module = NdisAllocateMemoryWithTagPriority(Handle, sizeof(*Module), 'nalP', NormalPoolPriority);
            Demand(Module != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES);
            Module->Handle = Handle;
            Module->Running = 0;
            KeInitializeSpinLock(&Module->Lock);
            Demand(NdisFSetAttributes(Handle, Module, &Attributes));
        } __finally {
            if (_abnormal_termination() && Module != NULL)
                NdisFreeMemory(Module, 0, 0);
        }
    } __except (1) {
        return (NDIS_STATUS)_exception_code();
    }
    return NDIS_STATUS_SUCCESS;
}

PAGED_CODE static void FilterDetach(MODULE *Module)
{
    NdisFreeMemory(Module, 0, 0);
}

PAGED_CODE static NDIS_STATUS FilterRestart(MODULE *Module, PVOID Parameters)
{
    (void)Parameters;
    Enter(Module, 1);
    return NDIS_STATUS_SUCCESS;
}

PAGED_CODE static NDIS_STATUS FilterPause(MODULE *Module, PVOID Parameters)
{
    (void)Parameters;
    Enter(Module, 0);
    return NDIS_STATUS_SUCCESS;
}

PAGED_CODE static NDIS_STATUS FilterNetPnPEvent(MODULE *Module, NET_PNP_EVENT_NOTIFICATION *Event)
{
    ULONG Code = Event->NetEvent;
    NDIS_STATUS Status = NdisFNetPnPEvent(Module->Handle, Event);
    if (Code == NetEventQueryPower || Code == NetEventQueryRemoveDevice)
        return Status;
    return NDIS_STATUS_SUCCESS;
}

PAGED_CODE static void FilterDevicePnPEvent(MODULE *Module, PVOID Event)
{
    NdisFDevicePnPEventNotify(Module->Handle, Event);
}

static void FilterStatus(MODULE *Module, PVOID Indication)
{
    NdisFIndicateStatus(Module->Handle, Indication);
}

static void FilterSend(MODULE *Module, NET_BUFFER_LIST *Packets, ULONG Port, ULONG Flags)
{
    NET_BUFFER_LIST *Packet;
    if (IsRunning(Module, Flags)) {
        NdisFSendNetBufferLists(Module->Handle, Packets, Port, Flags);
        return;
    }
    for (Packet = Packets; Packet != NULL; Packet = Packet->Next)
        Packet->Status = NDIS_STATUS_PAUSED;
    NdisFSendNetBufferListsComplete(Module->Handle, Packets, Flags & DISPATCH_LEVEL_FLAG);
}

static void FilterSendComplete(MODULE *Module, NET_BUFFER_LIST *Packets, ULONG Flags)
{
    NdisFSendNetBufferListsComplete(Module->Handle, Packets, Flags);
}

static void FilterCancelSend(MODULE *Module, PVOID CancelId)
{
    NdisFCancelSendNetBufferLists(Module->Handle, CancelId);
}

static void FilterReceive(MODULE *Module, NET_BUFFER_LIST *Packets, ULONG Port, ULONG Count,
                          ULONG Flags)
{
    if (IsRunning(Module, Flags))
        NdisFIndicateReceiveNetBufferLists(Module->Handle, Packets, Port, Count, Flags);
    else if (!(Flags & NDIS_RECEIVE_FLAGS_RESOURCES))
        NdisFReturnNetBufferLists(Module->Handle, Packets, Flags & DISPATCH_LEVEL_FLAG);
}

static void FilterReturn(MODULE *Module, NET_BUFFER_LIST *Packets, ULONG Flags)
{
    NdisFReturnNetBufferLists(Module->Handle, Packets, Flags);
}

PAGED_CODE static void DriverUnload(DRIVER_OBJECT *Object)
{
    (void)Object;
    NdisFDeregisterFilterDriver(DriverHandle);
}

#define TEXT(literal) { sizeof(literal) - 2, sizeof(literal) - 2, (USHORT *)(literal) }

/* Static: their lifetime after the registration is not documented. */
static UNICODE_STRING FriendlyName = TEXT(L"Plain filter in C");
static UNICODE_STRING UniqueName = TEXT(L"{A0E9C5C2-61F8-4A63-9D0E-5B1D7C6B8F21}");
static UNICODE_STRING ServiceName = TEXT(L"PlainC");

INIT_CODE NTSTATUS DriverEntry(DRIVER_OBJECT *Object, UNICODE_STRING *RegistryPath)
{
    NDIS_FILTER_DRIVER_CHARACTERISTICS Filter = {
        .Header = { 0x8B, 2, sizeof(Filter) },
        .MajorNdisVersion = 6,
        .MinorNdisVersion = 30,
        .MajorDriverVersion = 1,
        .AttachHandler = FilterAttach,
        .DetachHandler = FilterDetach,
        .RestartHandler = FilterRestart,
        .PauseHandler = FilterPause,
        .SendNetBufferListsHandler = FilterSend,
        .SendNetBufferListsCompleteHandler = FilterSendComplete,
        .CancelSendNetBufferListsHandler = FilterCancelSend,
        .ReceiveNetBufferListsHandler = FilterReceive,
        .ReturnNetBufferListsHandler = FilterReturn,
        .DevicePnPEventNotifyHandler = FilterDevicePnPEvent,
        .NetPnPEventHandler = FilterNetPnPEvent,
        .StatusHandler = FilterStatus,
    };
    (void)RegistryPath;
    Filter.FriendlyName = FriendlyName;
    Filter.UniqueName = UniqueName;
    Filter.ServiceName = ServiceName;
    Object->DriverUnload = DriverUnload;
    return NdisFRegisterFilterDriver(Object, NULL, &Filter, &DriverHandle);
}
