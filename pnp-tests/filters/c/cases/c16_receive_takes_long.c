/* nmap/npcap#381, #245: FilterReceiveNetBufferLists works long on each packet at DISPATCH_LEVEL: 0xC4,
   0x92012 and 0x133. Here it stalls for 20 ms. */
#include "filter.h"

#define OWN_RECEIVE
static void FilterReceive(MODULE *Module, NET_BUFFER_LIST *Lists, ULONG Port, ULONG Count, ULONG Flags)
{
    int Turn;
    if (!EnterReceive(Module, Lists, Flags))
        return;
    for (Turn = 0; Turn < 400; Turn++)
        KeStallExecutionProcessor(50);
    NdisFIndicateReceiveNetBufferLists(Module->Handle, Lists, Port, Count, Flags);
    Leave(Module, Flags);
}

#include "rest.h"
