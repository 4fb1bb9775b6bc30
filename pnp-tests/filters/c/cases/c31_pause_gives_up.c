/* VirtualBox's VBoxNetLwf: FilterPause waits a while for packets that the filter has sent itself, and then
   says SUCCESS with some of them out: 0x7C, 0x27. */
#define OWN_FIELDS \
    NDIS_HANDLE Pool; \
    LONG Out;
#include "filter.h"

/* Sends a packet of the filter's own. */
static void Probe(MODULE *Module)
{
    NET_BUFFER_LIST_POOL_PARAMETERS Parameters = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(Parameters) },
        .fAllocateNetBuffer = 1,
        .PoolTag = TAG,
        .DataSize = 64,
    };
    NET_BUFFER_LIST *List;
    if (!Module->Running)
        return;
    if (Module->Pool == NULL)
        Module->Pool = NdisAllocateNetBufferListPool(Module->Handle, &Parameters);
    List = Module->Pool != NULL ? NdisAllocateNetBufferList(Module->Pool, 0, 0) : NULL;
    if (List == NULL)
        return;
    List->FirstNetBuffer->DataLength = 60;
    List->SourceHandle = Module->Handle;
    __atomic_add_fetch(&Module->Out, 1, __ATOMIC_SEQ_CST);
    NdisFSendNetBufferLists(Module->Handle, List, 0, 0);
}

#define OWN_NET_PNP_EVENT
static NDIS_STATUS FilterNetPnPEvent(MODULE *Module, NET_PNP_EVENT_NOTIFICATION *Event)
{
    Probe(Module);
    return NdisFNetPnPEvent(Module->Handle, Event);
}

#define OWN_SEND_COMPLETE
static void FilterSendComplete(MODULE *Module, NET_BUFFER_LIST *Lists, ULONG Flags)
{
    NET_BUFFER_LIST *List, **At = &Lists;
    while ((List = *At) != NULL) {
        if (List->SourceHandle != Module->Handle) {
            At = &List->Next;
            continue;
        }
        *At = List->Next;
        List->Next = NULL;
        NdisFreeNetBufferList(List);
        __atomic_sub_fetch(&Module->Out, 1, __ATOMIC_SEQ_CST);
    }
    if (Lists != NULL)
        NdisFSendNetBufferListsComplete(Module->Handle, Lists, Flags);
}

#define OWN_PAUSE
static NDIS_STATUS FilterPause(MODULE *Module, PVOID Parameters)
{
    LONG64 Millisecond = -10000;
    int Turn;
    Close(Module);
    for (Turn = 0; __atomic_load_n(&Module->Out, __ATOMIC_SEQ_CST) != 0 && Turn < 3; Turn++)
        KeDelayExecutionThread(KernelMode, 0, &Millisecond);
    return NDIS_STATUS_SUCCESS;
}

#define OWN_DETACH
static void FilterDetach(MODULE *Module)
{
    Unlink(Module);
    if (Module->Pool != NULL)
        NdisFreeNetBufferListPool(Module->Pool);
    NdisFreeMemory(Module, 0, 0);
}

#include "rest.h"
