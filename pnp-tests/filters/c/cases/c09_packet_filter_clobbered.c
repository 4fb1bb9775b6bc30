/* nmap/npcap#710, #259, #263, #281: at every restart the driver sets the packet filter to a value of its own,
   without the bits that the protocols above have set. After the adapter is enabled again no packet goes up.
   */
#include "filter.h"

#define OWN_RESTART
static NDIS_STATUS FilterRestart(MODULE *Module, NDIS_FILTER_RESTART_PARAMETERS *Parameters)
{
    ULONG PacketFilter = 0;
    Ask(Module, NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &PacketFilter, sizeof(PacketFilter), NULL);
    Open(Module);
    return NDIS_STATUS_SUCCESS;
}

#include "rest.h"
