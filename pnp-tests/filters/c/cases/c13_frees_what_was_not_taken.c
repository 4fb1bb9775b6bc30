/* openvswitch/ovs-issues#91: where the allocation fails, the pointer is freed all the same: 0xC4, 0x10 with
   address 0. */
#include "filter.h"

#define OWN_STATUS
static void FilterStatus(MODULE *Module, NDIS_STATUS_INDICATION *Indication)
{
    volatile ULONG *Copy = ExAllocatePoolWithTag(NonPagedPoolNx, 40, 'eerF');
    if (Copy != NULL)
        *Copy = Indication->StatusCode;
    NdisFIndicateStatus(Module->Handle, Indication);
    ExFreePoolWithTag((PVOID)Copy, 'eerF');
}

#include "rest.h"
