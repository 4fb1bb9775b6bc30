/* nmap/npcap#628: the first restart attribute is taken for the general one, and looked at before anybody asks
   whether there is one. */
#define OWN_FIELDS volatile ULONG PacketFilters;
#include "filter.h"

#define OWN_RESTART
static NDIS_STATUS FilterRestart(MODULE *Module, NDIS_FILTER_RESTART_PARAMETERS *Parameters)
{
    NDIS_RESTART_GENERAL_ATTRIBUTES *General = (PVOID)Parameters->RestartAttributes->Data;
    Module->PacketFilters = General->SupportedPacketFilters;
    Open(Module);
    return NDIS_STATUS_SUCCESS;
}

#include "rest.h"
