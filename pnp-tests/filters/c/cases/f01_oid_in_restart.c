/* No mistake: while it restarts, a filter can query and set configuration with OID requests
   (docs:network/starting-a-filter-module). */
#include "filter.h"

#define OWN_RESTART
static NDIS_STATUS FilterRestart(MODULE *Module, NDIS_FILTER_RESTART_PARAMETERS *Parameters)
{
    ULONG Lookahead = 0;
    Ask(Module, NdisRequestQueryInformation, OID_GEN_CURRENT_LOOKAHEAD, &Lookahead, sizeof(Lookahead), NULL);
    Open(Module);
    return NDIS_STATUS_SUCCESS;
}

#include "rest.h"
