/* openvswitch/ovs-issues#50: a list of what came with status indications is never given back: 0xC4, 0x62. */
#define OWN_FIELDS PVOID Nodes;
#include "filter.h"

#define OWN_STATUS
static void FilterStatus(MODULE *Module, NDIS_STATUS_INDICATION *Indication)
{
    PVOID *Node = ExAllocatePoolWithTag(NonPagedPoolNx, 40, 'kaeL');
    if (Node != NULL) {
        *Node = Module->Nodes;
        Module->Nodes = Node;
    }
    NdisFIndicateStatus(Module->Handle, Indication);
}

#include "rest.h"
