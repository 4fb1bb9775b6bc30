/* nmap/npcap#347: DriverUnload gives back what detaching modules still use, and deregisters the filter then.
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
    NdisFreeRWLock(Shared);
    NdisFDeregisterFilterDriver(Driver);
}

#define OWN_DETACH
static void FilterDetach(MODULE *Module)
{
    LOCK_STATE_EX State;
    if (Shared != NULL) {
        NdisAcquireRWLockWrite(Shared, &State, 0);
        NdisReleaseRWLock(Shared, &State);
    }
    Unlink(Module);
    NdisFreeMemory(Module, 0, 0);
}

#include "rest.h"
