/* What a case did not replace: see filter.h. */
#pragma once

/* What DriverEntry does once the filter is registered, and what FilterAttach does before it sets its attributes. */
#ifndef SETUP
#define SETUP() NDIS_STATUS_SUCCESS
#endif
#ifndef ATTACHED
#define ATTACHED(Module) NDIS_STATUS_SUCCESS
#endif

/* A request of the filter's own: SourceReserved of the request in it is NULL. */
typedef struct {
    NDIS_OID_REQUEST Request;
    NDIS_EVENT Done;
    NDIS_STATUS Status;
} OWN_REQUEST;

static void Acquire(MODULE *Module, ULONG Flags, UCHAR *Irql)
{
    if (Flags & DISPATCH_LEVEL_FLAG)
        KeAcquireSpinLockAtDpcLevel(&Module->Lock);
    else
        *Irql = KeAcquireSpinLockRaiseToDpc(&Module->Lock);
}

static void Release(MODULE *Module, ULONG Flags, UCHAR Irql)
{
    if (Flags & DISPATCH_LEVEL_FLAG)
        KeReleaseSpinLockFromDpcLevel(&Module->Lock);
    else
        KeReleaseSpinLock(&Module->Lock, Irql);
}

static int Enter(MODULE *Module, ULONG Flags)
{
    UCHAR Irql = 0;
    int Running;
    Acquire(Module, Flags, &Irql);
    Running = Module->Running;
    if (Running)
        Module->Users++;
    Release(Module, Flags, Irql);
    return Running;
}

static void Leave(MODULE *Module, ULONG Flags)
{
    UCHAR Irql = 0;
    Acquire(Module, Flags, &Irql);
    if (--Module->Users == 0 && !Module->Running)
        KeSetEvent(&Module->Idle, 0, 0);
    Release(Module, Flags, Irql);
}

static void Open(MODULE *Module)
{
    UCHAR Irql = KeAcquireSpinLockRaiseToDpc(&Module->Lock);
    Module->Running = 1;
    KeReleaseSpinLock(&Module->Lock, Irql);
}

static void Close(MODULE *Module)
{
    UCHAR Irql = KeAcquireSpinLockRaiseToDpc(&Module->Lock);
    int Busy = Module->Users != 0;
    Module->Running = 0;
    if (Busy)
        KeClearEvent(&Module->Idle);
    KeReleaseSpinLock(&Module->Lock, Irql);
    if (Busy)
        KeWaitForSingleObject(&Module->Idle, Executive, KernelMode, 0, NULL);
}

static void Refuse(MODULE *Module, NET_BUFFER_LIST *Lists, ULONG Flags, NDIS_STATUS Status)
{
    NET_BUFFER_LIST *List;
    for (List = Lists; List != NULL; List = List->Next)
        List->Status = Status;
    NdisFSendNetBufferListsComplete(Module->Handle, Lists, Flags & DISPATCH_LEVEL_FLAG);
}

static int EnterSend(MODULE *Module, NET_BUFFER_LIST *Lists, ULONG Flags)
{
    if (Enter(Module, Flags))
        return 1;
    Refuse(Module, Lists, Flags, NDIS_STATUS_PAUSED);
    return 0;
}

static int EnterReceive(MODULE *Module, NET_BUFFER_LIST *Lists, ULONG Flags)
{
    if (Enter(Module, Flags))
        return 1;
    if (!(Flags & NDIS_RECEIVE_FLAGS_RESOURCES))
        NdisFReturnNetBufferLists(Module->Handle, Lists, Flags & DISPATCH_LEVEL_FLAG);
    return 0;
}

#ifndef OWN_UNLOAD
static void DriverUnload(DRIVER_OBJECT *Object)
{
    NdisFDeregisterFilterDriver(Driver);
}
#endif

#ifndef OWN_ATTACH
static NDIS_STATUS FilterAttach(NDIS_HANDLE Handle, NDIS_HANDLE Context, PVOID Parameters)
{
    NDIS_FILTER_ATTRIBUTES Attributes = { { NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES, 1, sizeof(Attributes) }, 0 };
    NDIS_STATUS Status;
    UCHAR Irql;
    MODULE *Module = Allocate(Handle, sizeof(*Module));
    if (Module == NULL)
        return NDIS_STATUS_RESOURCES;
    Module->Handle = Handle;
    KeInitializeSpinLock(&Module->Lock);
    KeInitializeEvent(&Module->Idle, NotificationEvent, 1);
    Status = ATTACHED(Module);
    if (Status == NDIS_STATUS_SUCCESS)
        Status = NdisFSetAttributes(Handle, Module, &Attributes);
    if (Status != NDIS_STATUS_SUCCESS) {
        NdisFreeMemory(Module, 0, 0);
        return Status;
    }
    Irql = KeAcquireSpinLockRaiseToDpc(&Lock);
    Module->Link.Flink = &Modules;
    Module->Link.Blink = Modules.Blink;
    Modules.Blink->Flink = &Module->Link;
    Modules.Blink = &Module->Link;
    KeReleaseSpinLock(&Lock, Irql);
    return NDIS_STATUS_SUCCESS;
}
#endif

static void Unlink(MODULE *Module)
{
    UCHAR Irql = KeAcquireSpinLockRaiseToDpc(&Lock);
    Module->Link.Flink->Blink = Module->Link.Blink;
    Module->Link.Blink->Flink = Module->Link.Flink;
    KeReleaseSpinLock(&Lock, Irql);
}

#ifndef OWN_DETACH
static void FilterDetach(MODULE *Module)
{
    Unlink(Module);
    NdisFreeMemory(Module, 0, 0);
}
#endif

#ifndef OWN_RESTART
static NDIS_STATUS FilterRestart(MODULE *Module, NDIS_FILTER_RESTART_PARAMETERS *Parameters)
{
    Open(Module);
    return NDIS_STATUS_SUCCESS;
}
#endif

#ifndef OWN_PAUSE
static NDIS_STATUS FilterPause(MODULE *Module, PVOID Parameters)
{
    Close(Module);
    return NDIS_STATUS_SUCCESS;
}
#endif

#ifndef OWN_STATUS
static void FilterStatus(MODULE *Module, NDIS_STATUS_INDICATION *Indication)
{
    NdisFIndicateStatus(Module->Handle, Indication);
}
#endif

#ifndef OWN_NET_PNP_EVENT
static NDIS_STATUS FilterNetPnPEvent(MODULE *Module, NET_PNP_EVENT_NOTIFICATION *Event)
{
    return NdisFNetPnPEvent(Module->Handle, Event);
}
#endif

static void FilterDevicePnPEvent(MODULE *Module, PVOID Event)
{
    NdisFDevicePnPEventNotify(Module->Handle, Event);
}

static void CopyBack(NDIS_OID_REQUEST *Request, NDIS_OID_REQUEST *Clone)
{
    Request->SupportedRevision = Clone->SupportedRevision;
    switch (Request->RequestType) {
    case NdisRequestMethod:
        Request->Method.OutputBufferLength = Clone->Method.OutputBufferLength;
        Request->Method.BytesRead = Clone->Method.BytesRead;
        Request->Method.BytesNeeded = Clone->Method.BytesNeeded;
        Request->Method.BytesWritten = Clone->Method.BytesWritten;
        break;
    case NdisRequestSetInformation:
        Request->Set.BytesRead = Clone->Set.BytesRead;
        Request->Set.BytesNeeded = Clone->Set.BytesNeeded;
        break;
    default:
        Request->Query.BytesWritten = Clone->Query.BytesWritten;
        Request->Query.BytesNeeded = Clone->Query.BytesNeeded;
        break;
    }
}

static void SetClone(MODULE *Module, NDIS_OID_REQUEST *Clone)
{
    UCHAR Irql = KeAcquireSpinLockRaiseToDpc(&Module->Lock);
    Module->Clone = Clone;
    KeReleaseSpinLock(&Module->Lock, Irql);
}

static NDIS_STATUS PassOn(MODULE *Module, NDIS_OID_REQUEST *Request)
{
    NDIS_OID_REQUEST *Clone;
    NDIS_STATUS Status = NdisAllocateCloneOidRequest(Module->Handle, Request, TAG, &Clone);
    if (Status != NDIS_STATUS_SUCCESS)
        return Status;
    Clone->SourceReserved[0] = Request;
    Clone->RequestId = Request->RequestId;
    SetClone(Module, Clone);
    Status = NdisFOidRequest(Module->Handle, Clone);
    if (Status != NDIS_STATUS_PENDING) {
        SetClone(Module, NULL);
        CopyBack(Request, Clone);
        NdisFreeCloneOidRequest(Module->Handle, Clone);
    }
    return Status;
}

#ifndef OWN_OID_REQUEST
static NDIS_STATUS FilterOidRequest(MODULE *Module, NDIS_OID_REQUEST *Request)
{
    return PassOn(Module, Request);
}
#endif

static void FilterOidRequestComplete(MODULE *Module, NDIS_OID_REQUEST *Request, NDIS_STATUS Status)
{
    NDIS_OID_REQUEST *Original = Request->SourceReserved[0];
    if (Original == NULL) {
        OWN_REQUEST *Own = CONTAINING_RECORD(Request, OWN_REQUEST, Request);
        Own->Status = Status;
        NdisSetEvent(&Own->Done);
        return;
    }
    SetClone(Module, NULL);
    CopyBack(Original, Request);
    NdisFreeCloneOidRequest(Module->Handle, Request);
    NdisFOidRequestComplete(Module->Handle, Original, Status);
}

static void FilterCancelOidRequest(MODULE *Module, PVOID RequestId)
{
    UCHAR Irql = KeAcquireSpinLockRaiseToDpc(&Module->Lock);
    int Ours = Module->Clone != NULL && Module->Clone->RequestId == RequestId;
    KeReleaseSpinLock(&Module->Lock, Irql);
    if (Ours)
        NdisFCancelOidRequest(Module->Handle, RequestId);
}

static NDIS_STATUS Ask(MODULE *Module, ULONG Type, ULONG Oid, PVOID Buffer, ULONG Length, ULONG *BytesRead)
{
    OWN_REQUEST *Own = Allocate(Module->Handle, sizeof(*Own));
    NDIS_STATUS Status;
    if (Own == NULL)
        return NDIS_STATUS_RESOURCES;
    NdisInitializeEvent(&Own->Done);
    Own->Request.Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
    Own->Request.Header.Revision = 1;
    Own->Request.Header.Size = offsetof(NDIS_OID_REQUEST, SwitchId);
    Own->Request.RequestType = Type;
    Own->Request.RequestId = Own;
    Own->Request.RequestHandle = Module->Handle;
    Own->Request.Oid = Oid;
    Own->Request.InformationBuffer = Buffer;
    Own->Request.InformationBufferLength = Length;
    Status = NdisFOidRequest(Module->Handle, &Own->Request);
    if (Status == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&Own->Done, 0);
        Status = Own->Status;
    }
    if (BytesRead != NULL)
        *BytesRead = Own->Request.Set.BytesRead;
    NdisFreeMemory(Own, 0, 0);
    return Status;
}

#ifndef OWN_SEND
static void FilterSend(MODULE *Module, NET_BUFFER_LIST *Lists, ULONG Port, ULONG Flags)
{
    if (!EnterSend(Module, Lists, Flags))
        return;
    NdisFSendNetBufferLists(Module->Handle, Lists, Port, Flags);
    Leave(Module, Flags);
}
#endif

#ifndef OWN_SEND_COMPLETE
static void FilterSendComplete(MODULE *Module, NET_BUFFER_LIST *Lists, ULONG Flags)
{
    NdisFSendNetBufferListsComplete(Module->Handle, Lists, Flags);
}
#endif

#ifndef OWN_RECEIVE
static void FilterReceive(MODULE *Module, NET_BUFFER_LIST *Lists, ULONG Port, ULONG Count, ULONG Flags)
{
    if (!EnterReceive(Module, Lists, Flags))
        return;
    NdisFIndicateReceiveNetBufferLists(Module->Handle, Lists, Port, Count, Flags);
    Leave(Module, Flags);
}
#endif

static void FilterReturn(MODULE *Module, NET_BUFFER_LIST *Lists, ULONG Flags)
{
    NdisFReturnNetBufferLists(Module->Handle, Lists, Flags);
}

static void FilterCancelSend(MODULE *Module, PVOID CancelId)
{
    NdisFCancelSendNetBufferLists(Module->Handle, CancelId);
}

/* Of DriverEntry: everything but a filter that is registered. */
static NDIS_STATUS Register(DRIVER_OBJECT *Object)
{
    NDIS_FILTER_DRIVER_CHARACTERISTICS Filter = {
        .Header = { NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS, 2, sizeof(Filter) },
        .MajorNdisVersion = 6,
        .MinorNdisVersion = MINOR_NDIS_VERSION,
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
        .OidRequestHandler = FilterOidRequest,
        .OidRequestCompleteHandler = FilterOidRequestComplete,
        .CancelOidRequestHandler = FilterCancelOidRequest,
        .DevicePnPEventNotifyHandler = FilterDevicePnPEvent,
        .NetPnPEventHandler = FilterNetPnPEvent,
        .StatusHandler = FilterStatus,
    };
    if ((NdisGetVersion() & 0xFFFF) < MINOR_NDIS_VERSION)
        Filter.MinorNdisVersion = 30;
    RtlInitUnicodeString(&Filter.FriendlyName, L"Bug report filter");
    RtlInitUnicodeString(&Filter.UniqueName, L"{6C4A3F0E-51B2-4D07-9A55-0E8B8D7A2C31}");
    RtlInitUnicodeString(&Filter.ServiceName, L"bugrep");
    DriverObject = Object;
    Modules.Flink = Modules.Blink = &Modules;
    KeInitializeSpinLock(&Lock);
    Object->DriverUnload = DriverUnload;
    return NdisFRegisterFilterDriver(Object, Object, &Filter, &Driver);
}

#ifndef OWN_ENTRY
NTSTATUS DriverEntry(DRIVER_OBJECT *Object, UNICODE_STRING *Path)
{
    NDIS_STATUS Status = Register(Object);
    if (Status != NDIS_STATUS_SUCCESS)
        return Status;
    Status = SETUP();
    if (Status != NDIS_STATUS_SUCCESS)
        NdisFDeregisterFilterDriver(Driver);
    return Status;
}
#endif
