/* The habit of a sample protocol: an event that the filter does not know is answered with NOT_SUPPORTED and
   not passed on, so that those of newer systems never reach TCP/IP. */
#include "filter.h"

#define OWN_NET_PNP_EVENT
static NDIS_STATUS FilterNetPnPEvent(MODULE *Module, NET_PNP_EVENT_NOTIFICATION *Event)
{
    if (Event->NetEvent > NetEventPortDeactivation)
        return NDIS_STATUS_NOT_SUPPORTED;
    return NdisFNetPnPEvent(Module->Handle, Event);
}

#include "rest.h"
