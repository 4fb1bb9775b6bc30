/* VirtualBox/virtualbox#816 once more, with NDIS's function. */
#include "filter.h"

#define OWN_NET_PNP_EVENT
static NDIS_STATUS FilterNetPnPEvent(MODULE *Module, NET_PNP_EVENT_NOTIFICATION *Event)
{
    if (Event->NetEvent == NetEventSetPower)
        NdisWriteEventLogEntry(DriverObject, (NDIS_STATUS)0xC004000B, 0, 0, NULL, 0, NULL);
    return NdisFNetPnPEvent(Module->Handle, Event);
}

#include "rest.h"
