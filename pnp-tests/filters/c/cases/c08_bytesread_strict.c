/* nmap/npcap#628, microsoft/Network-Adapter-Class-Extension#14: a set that succeeded counts as failed because
   the miniport, as every one on NetAdapterCx, left BytesRead 0. The filter does not restart then. */
#include "filter.h"

#define OWN_RESTART
static NDIS_STATUS FilterRestart(MODULE *Module, NDIS_FILTER_RESTART_PARAMETERS *Parameters)
{
    ULONG Lookahead = 128, BytesRead = 0;
    NDIS_STATUS Status =
        Ask(Module, NdisRequestSetInformation, OID_GEN_CURRENT_LOOKAHEAD, &Lookahead, sizeof(Lookahead), &BytesRead);
    if (Status == NDIS_STATUS_SUCCESS && BytesRead != sizeof(Lookahead))
        return NDIS_STATUS_FAILURE;
    Open(Module);
    return NDIS_STATUS_SUCCESS;
}

#include "rest.h"
