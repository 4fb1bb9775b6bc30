/* nmap/npcap#601 in its other form, 0xC7 or 0xD1 after an uninstall: a timer of the module still runs when
   the module's context is freed. */
#define OWN_FIELDS \
    KTIMER Timer; \
    KDPC Dpc; \
    ULONG64 Ticks;
#include "filter.h"

static void Tick(KDPC *Dpc, MODULE *Module, PVOID One, PVOID Two)
{
    Module->Ticks++;
}

#define OWN_RESTART
static NDIS_STATUS FilterRestart(MODULE *Module, NDIS_FILTER_RESTART_PARAMETERS *Parameters)
{
    KeInitializeTimer(&Module->Timer);
    KeInitializeDpc(&Module->Dpc, Tick, Module);
    /* Each second. */
    KeSetTimerEx(&Module->Timer, -10000000, 1000, &Module->Dpc);
    Open(Module);
    return NDIS_STATUS_SUCCESS;
}

#include "rest.h"
