/* microsoft/win-net-test#77: packets that are held back are not given back before the pause ends. */
#define OWN_FIELDS NET_BUFFER_LIST *Held;
#include "filter.h"

#define OWN_RESTART
static NDIS_STATUS FilterRestart(MODULE *Module, NDIS_FILTER_RESTART_PARAMETERS *Parameters)
{
    NET_BUFFER_LIST *Lists, *List;
    ULONG Count = 0;
    Open(Module);
    Lists = __atomic_exchange_n(&Module->Held, NULL, __ATOMIC_SEQ_CST);
    for (List = Lists; List != NULL; List = List->Next)
        Count++;
    if (Lists != NULL)
        NdisFIndicateReceiveNetBufferLists(Module->Handle, Lists, 0, Count, 0);
    return NDIS_STATUS_SUCCESS;
}

#define OWN_RECEIVE
static void FilterReceive(MODULE *Module, NET_BUFFER_LIST *Lists, ULONG Port, ULONG Count, ULONG Flags)
{
    NET_BUFFER_LIST *None = NULL;
    if (!EnterReceive(Module, Lists, Flags))
        return;
    if ((Flags & NDIS_RECEIVE_FLAGS_RESOURCES) ||
        !__atomic_compare_exchange_n(&Module->Held, &None, Lists, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        NdisFIndicateReceiveNetBufferLists(Module->Handle, Lists, Port, Count, Flags);
    Leave(Module, Flags);
}

#include "rest.h"
