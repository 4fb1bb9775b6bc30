/* The half of c21 that is about requests: FilterOidRequest refuses while the flag of the sleep is set, and
   only FilterRestart clears it. */
#define OWN_FIELDS UCHAR Asleep;
#include "filter.h"

#define OWN_NET_PNP_EVENT
static NDIS_STATUS FilterNetPnPEvent(MODULE *Module, NET_PNP_EVENT_NOTIFICATION *Event)
{
    if (Event->NetEvent == NetEventSetPower && Event->Buffer != NULL && Event->BufferLength >= sizeof(ULONG) &&
        *(ULONG *)Event->Buffer > NdisDeviceStateD0)
        Module->Asleep = 1;
    return NdisFNetPnPEvent(Module->Handle, Event);
}

#define OWN_RESTART
static NDIS_STATUS FilterRestart(MODULE *Module, NDIS_FILTER_RESTART_PARAMETERS *Parameters)
{
    Module->Asleep = 0;
    Open(Module);
    return NDIS_STATUS_SUCCESS;
}

#define OWN_OID_REQUEST
static NDIS_STATUS FilterOidRequest(MODULE *Module, NDIS_OID_REQUEST *Request)
{
    if (Module->Asleep && Request->Oid != OID_PNP_SET_POWER && Request->Oid != OID_PM_PARAMETERS)
        return NDIS_STATUS_LOW_POWER_STATE;
    return PassOn(Module, Request);
}

#include "rest.h"
