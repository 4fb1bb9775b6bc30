/* nmap/npcap#835: mapping an MDL can fail, and nobody looks. */
#define OWN_FIELDS ULONG64 Sum;
#include "filter.h"

/* As MmGetSystemAddressForMdlSafe. */
static PVOID SystemAddress(MDL *Mdl)
{
    if (Mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL))
        return Mdl->MappedSystemVa;
    return MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, 0, NormalPagePriority | MdlMappingNoExecute);
}

#define OWN_RECEIVE
static void FilterReceive(MODULE *Module, NET_BUFFER_LIST *Lists, ULONG Port, ULONG Count, ULONG Flags)
{
    NET_BUFFER_LIST *List;
    if (!EnterReceive(Module, Lists, Flags))
        return;
    for (List = Lists; List != NULL; List = List->Next) {
        NET_BUFFER *Buffer = List->FirstNetBuffer;
        volatile UCHAR *Bytes = SystemAddress(Buffer->CurrentMdl);
        __atomic_add_fetch(&Module->Sum, Bytes[Buffer->CurrentMdlOffset], __ATOMIC_SEQ_CST);
    }
    NdisFIndicateReceiveNetBufferLists(Module->Handle, Lists, Port, Count, Flags);
    Leave(Module, Flags);
}

#include "rest.h"
