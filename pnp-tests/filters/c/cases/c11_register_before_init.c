/* openvswitch/ovs-issues#67: FilterAttach runs before DriverEntry has made the lock that it takes. */
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

static NDIS_STATUS TakeLock(void)
{
    LOCK_STATE_EX State;
    NdisAcquireRWLockWrite(Shared, &State, 0);
    NdisReleaseRWLock(Shared, &State);
    return NDIS_STATUS_SUCCESS;
}
#define ATTACHED(Module) TakeLock()

#include "rest.h"
