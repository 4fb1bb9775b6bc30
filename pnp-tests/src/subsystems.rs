//! The subsystems that this host has.

use crate::door::ntoskrnl::Ntoskrnl;
use crate::ndis::door::NdisSys;
use crate::world::subsystem::Subsystems;

/// The kernel's own functions, and every kind of port driver and library.
pub const SUBSYSTEMS: Subsystems = &[&Ntoskrnl, &NdisSys];
