/* OpenVPN/tap-windows6#55, #86, nmap/npcap#106, nmap/nmap#2018: SetPower(D3) closes the filter and only
   FilterRestart opens it. On a stack that sleeps without a pause there is none, and every packet is refused
   for ever. */
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

#define OWN_SEND
static void FilterSend(MODULE *Module, NET_BUFFER_LIST *Lists, ULONG Port, ULONG Flags)
{
    if (Module->Asleep) {
        Refuse(Module, Lists, Flags, NDIS_STATUS_LOW_POWER_STATE);
        return;
    }
    if (!EnterSend(Module, Lists, Flags))
        return;
    NdisFSendNetBufferLists(Module->Handle, Lists, Port, Flags);
    Leave(Module, Flags);
}

#include "rest.h"
