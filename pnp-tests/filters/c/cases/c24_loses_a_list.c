/* openvswitch/ovs-issues#8: one path of the receive handler neither passes a list on nor gives it back; the
   filter cannot be uninstalled. */
#define OWN_FIELDS ULONG64 Calls;
#include "filter.h"

#define OWN_RECEIVE
static void FilterReceive(MODULE *Module, NET_BUFFER_LIST *Lists, ULONG Port, ULONG Count, ULONG Flags)
{
    if (!EnterReceive(Module, Lists, Flags))
        return;
    if ((Flags & NDIS_RECEIVE_FLAGS_RESOURCES) || Lists->FirstNetBuffer->Next != NULL ||
        __atomic_add_fetch(&Module->Calls, 1, __ATOMIC_SEQ_CST) != 2)
        NdisFIndicateReceiveNetBufferLists(Module->Handle, Lists, Port, Count, Flags);
    Leave(Module, Flags);
}

#include "rest.h"
