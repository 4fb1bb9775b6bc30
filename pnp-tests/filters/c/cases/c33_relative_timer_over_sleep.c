/* OpenVPN/ovpn-dco-win#64: a keepalive that counts with a relative timer, which stands while the machine
   sleeps, so that the peer's time-out comes late. NDIS says nothing against it. */
#define OWN_FIELDS \
    KTIMER Timer; \
    KDPC Dpc; \
    ULONG64 Armed, Ticks;
#include "filter.h"

static void Tick(KDPC *Dpc, MODULE *Module, PVOID One, PVOID Two)
{
    Module->Ticks++;
}

#define OWN_NET_PNP_EVENT
static NDIS_STATUS FilterNetPnPEvent(MODULE *Module, NET_PNP_EVENT_NOTIFICATION *Event)
{
    if (Event->NetEvent == NetEventSetPower && !Module->Armed) {
        Module->Armed = 1;
        KeInitializeTimer(&Module->Timer);
        KeInitializeDpc(&Module->Dpc, Tick, Module);
        /* 30 s from now. */
        KeSetTimer(&Module->Timer, -300000000, &Module->Dpc);
    }
    return NdisFNetPnPEvent(Module->Handle, Event);
}

#define OWN_DETACH
static void FilterDetach(MODULE *Module)
{
    if (Module->Armed) {
        KeCancelTimer(&Module->Timer);
        KeFlushQueuedDpcs();
    }
    Unlink(Module);
    NdisFreeMemory(Module, 0, 0);
}

#include "rest.h"
