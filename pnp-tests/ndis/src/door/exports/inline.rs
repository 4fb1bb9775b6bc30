//! What ndis.h and its parts define and no ndis.sys exports, see the kernel's list.

use kernel::machine::export::Definition::{ForceInline, Macro};
use kernel::machine::export::Inline;

/// The names.
pub(super) const INLINE: &[Inline] = &[
    Inline { name: "NdisDeleteNPagedLookasideList", how: Macro, header: "ndis.h" },
    Inline { name: "NdisGetNblTimestampInfo", how: ForceInline, header: "ndis.h" },
    Inline { name: "NdisInitializeNPagedLookasideList", how: Macro, header: "ndis.h" },
    Inline { name: "NdisSetNblTimestampInfo", how: ForceInline, header: "ndis.h" },
];
