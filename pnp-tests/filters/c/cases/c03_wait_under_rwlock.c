/* nmap/npcap#181: the driver waits for its own request with the write side of an NDIS lock held: 0x7C, 0x14.
   */
#include "filter.h"

static NDIS_RW_LOCK_EX *Shared;

static NDIS_STATUS MakeLock(void)
{
    Shared = NdisAllocateRWLock(Driver);
    return Shared != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}
#define SETUP() MakeLock()

#define OWN_UNLOAD
static void DriverUnload(DRIVER_OBJECT *Object)
{
    NdisFDeregisterFilterDriver(Driver);
    NdisFreeRWLock(Shared);
}

#define OWN_RESTART
static NDIS_STATUS FilterRestart(MODULE *Module, NDIS_FILTER_RESTART_PARAMETERS *Parameters)
{
    LOCK_STATE_EX State;
    ULONG Current = 0;
    /* A module can be there before DriverEntry has made the lock. */
    if (Shared != NULL) {
        NdisAcquireRWLockWrite(Shared, &State, 0);
        Ask(Module, NdisRequestQueryInformation, OID_GEN_CURRENT_PACKET_FILTER, &Current, sizeof(Current), NULL);
        NdisReleaseRWLock(Shared, &State);
    }
    Open(Module);
    return NDIS_STATUS_SUCCESS;
}

#include "rest.h"
