/* nmap/npcap#184: FilterDetach restores the packet filter with a request, and waits for its end. */
#include "filter.h"

#define OWN_DETACH
static void FilterDetach(MODULE *Module)
{
    ULONG PacketFilter = 0;
    Ask(Module, NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &PacketFilter, sizeof(PacketFilter), NULL);
    Unlink(Module);
    NdisFreeMemory(Module, 0, 0);
}

#include "rest.h"
