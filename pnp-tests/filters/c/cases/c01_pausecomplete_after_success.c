/* nmap/nmap#1193, nmap/npcap#390: FilterPause has said SUCCESS, and when the next packet is through the
   driver calls NdisFPauseComplete all the same. */
#define OWN_FIELDS LONG64 Pausing;
#include "filter.h"

#define OWN_PAUSE
static NDIS_STATUS FilterPause(MODULE *Module, PVOID Parameters)
{
    UCHAR Irql = KeAcquireSpinLockRaiseToDpc(&Module->Lock);
    Module->Running = 0;
    Module->Pausing = 1;
    KeReleaseSpinLock(&Module->Lock, Irql);
    return NDIS_STATUS_SUCCESS;
}

#define OWN_SEND_COMPLETE
static void FilterSendComplete(MODULE *Module, NET_BUFFER_LIST *Lists, ULONG Flags)
{
    NdisFSendNetBufferListsComplete(Module->Handle, Lists, Flags);
    if (__atomic_exchange_n(&Module->Pausing, 0, __ATOMIC_SEQ_CST))
        NdisFPauseComplete(Module->Handle);
}

#include "rest.h"
