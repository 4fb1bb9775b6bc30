/* nmap/nmap#1194, nmap/npcap#389, #755: an own request whose Header and RequestHandle nobody has filled in:
   0x7C, 0x21. */
#include "filter.h"

#define OWN_RESTART
static NDIS_STATUS FilterRestart(MODULE *Module, NDIS_FILTER_RESTART_PARAMETERS *Parameters);

#include "rest.h"

static NDIS_STATUS FilterRestart(MODULE *Module, NDIS_FILTER_RESTART_PARAMETERS *Parameters)
{
    ULONG Lookahead = 0;
    OWN_REQUEST *Own = Allocate(Module->Handle, sizeof(*Own));
    if (Own != NULL) {
        NdisInitializeEvent(&Own->Done);
        Own->Request.RequestType = NdisRequestQueryInformation;
        Own->Request.RequestId = Own;
        Own->Request.Oid = OID_GEN_CURRENT_LOOKAHEAD;
        Own->Request.InformationBuffer = &Lookahead;
        Own->Request.InformationBufferLength = sizeof(Lookahead);
        if (NdisFOidRequest(Module->Handle, &Own->Request) == NDIS_STATUS_PENDING)
            NdisWaitEvent(&Own->Done, 0);
        NdisFreeMemory(Own, 0, 0);
    }
    Open(Module);
    return NDIS_STATUS_SUCCESS;
}
