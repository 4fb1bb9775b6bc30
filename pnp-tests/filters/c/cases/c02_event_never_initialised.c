/* nmap/nmap#1626, #1642: FilterDetach sets an event that only a path not taken has initialised. The machine
   stops in KeSetEvent, so that the filter cannot even be uninstalled. */
#define OWN_FIELDS NDIS_EVENT Closed;
#include "filter.h"

#define OWN_DETACH
static void FilterDetach(MODULE *Module)
{
    Unlink(Module);
    NdisSetEvent(&Module->Closed);
    NdisFreeMemory(Module, 0, 0);
}

#include "rest.h"
