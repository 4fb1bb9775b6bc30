//! The subsystems that this host has.

use kernel::door::ntoskrnl::Ntoskrnl;
use kernel::world::subsystem::Subsystems;
use ndis::door::NdisSys;
use wsk::door::NetioSys;

/// The kernel's own functions, and every kind of port driver and library.
pub const SUBSYSTEMS: Subsystems = &[&Ntoskrnl, &NdisSys, &NetioSys];
