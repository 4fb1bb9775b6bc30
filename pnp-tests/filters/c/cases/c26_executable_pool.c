/* Filters that memory integrity lists as incompatible, Win10Pcap among them: pool that is executable. */
#include "filter.h"

#define OWN_RESTART
static NDIS_STATUS FilterRestart(MODULE *Module, NDIS_FILTER_RESTART_PARAMETERS *Parameters)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolExecute, 64, 'ecxE');
    if (Block != NULL)
        ExFreePoolWithTag(Block, 'ecxE');
    Open(Module);
    return NDIS_STATUS_SUCCESS;
}

#include "rest.h"
