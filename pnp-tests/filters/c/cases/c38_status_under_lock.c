/* openvswitch/ovs-issues#108: the filter passes a status on with its spin lock held; the layer above sends a
   request from there, which comes back into the filter and wants the lock. */
#include "filter.h"

#define OWN_STATUS
static void FilterStatus(MODULE *Module, NDIS_STATUS_INDICATION *Indication)
{
    UCHAR Irql = KeAcquireSpinLockRaiseToDpc(&Module->Lock);
    NdisFIndicateStatus(Module->Handle, Indication);
    KeReleaseSpinLock(&Module->Lock, Irql);
}

#include "rest.h"
