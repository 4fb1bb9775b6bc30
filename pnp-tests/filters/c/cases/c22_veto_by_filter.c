/* nmap/nmap#721, nmap/npcap#431: the machine does not sleep while the driver is in use, since the filter
   itself answers FAILURE to QueryPower. */
#include "filter.h"

#define OWN_NET_PNP_EVENT
static NDIS_STATUS FilterNetPnPEvent(MODULE *Module, NET_PNP_EVENT_NOTIFICATION *Event)
{
    ULONG Code = Event->NetEvent;
    NDIS_STATUS Status = NdisFNetPnPEvent(Module->Handle, Event);
    return Code == NetEventQueryPower ? NDIS_STATUS_FAILURE : Status;
}

#include "rest.h"
