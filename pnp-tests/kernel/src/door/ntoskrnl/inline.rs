//! What the headers of ntoskrnl.exe define and no Windows for x86-64 exports. A driver that imports one was
//! built without the definition: an implicit declaration, and an import library made of what was missing.
//!
//! A name stands here when wdm.h gives it a body for every driver on x86-64 and mingw-w64's list of what Windows
//! exports there does not have it. Others that today's headers define inline are exported all the same, and
//! stay rows.

use crate::machine::export::Definition::{ForceInline, Macro};
use crate::machine::export::{Definition, Inline};

const fn of(name: &'static str, how: Definition) -> Inline {
    Inline { name, how, header: "wdm.h" }
}

/// The names.
pub(super) const INLINE: &[Inline] = &[
    of("ExAllocateFromLookasideListEx", ForceInline),
    of("ExAllocateFromNPagedLookasideList", ForceInline),
    of("ExAllocatePoolPriorityUninitialized", ForceInline),
    of("ExAllocatePoolPriorityZero", ForceInline),
    of("ExAllocatePoolQuotaUninitialized", ForceInline),
    of("ExAllocatePoolQuotaZero", ForceInline),
    of("ExAllocatePoolUninitialized", ForceInline),
    of("ExAllocatePoolZero", ForceInline),
    of("ExFreeToLookasideListEx", ForceInline),
    of("ExFreeToNPagedLookasideList", ForceInline),
    of("ExInitializeDriverRuntime", ForceInline),
    of("ExInitializeFastMutex", ForceInline),
    of("InitializeListHead", ForceInline),
    of("InsertHeadList", ForceInline),
    of("InsertTailList", ForceInline),
    of("IoCopyCurrentIrpStackLocationToNext", ForceInline),
    of("IoGetCurrentIrpStackLocation", ForceInline),
    of("IoGetNextIrpStackLocation", ForceInline),
    of("IoMarkIrpPending", ForceInline),
    of("IoSetCancelRoutine", ForceInline),
    of("IoSetCompletionRoutine", ForceInline),
    of("IoSkipCurrentIrpStackLocation", ForceInline),
    of("IsListEmpty", ForceInline),
    of("KeMemoryBarrier", ForceInline),
    of("MmGetMdlByteCount", Macro),
    of("MmGetMdlByteOffset", Macro),
    of("MmGetMdlVirtualAddress", Macro),
    of("MmGetSystemAddressForMdlSafe", ForceInline),
    of("MmInitializeMdl", ForceInline),
    of("PopEntryList", ForceInline),
    of("PushEntryList", ForceInline),
    of("RemoveEntryList", ForceInline),
    of("RemoveHeadList", ForceInline),
    of("RemoveTailList", ForceInline),
    of("RtlFailFast", ForceInline),
];
