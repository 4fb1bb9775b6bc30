//! What ntoskrnl.exe and ndis.sys export here. An import that is not in this table is a load
//! error: there are no silent stubs.

use crate::image::Exports;

use super::{gate, ndis, ntoskrnl};

/// The exports of the simulated kernel.
pub struct Kernel;

/// Modules that a driver may import from on Windows, whether or not this host offers anything of
/// them.
const KERNEL_MODULES: [&str; 8] = [
    "ntoskrnl.exe",
    "ndis.sys",
    "hal.dll",
    "fwpkclnt.sys",
    "netio.sys",
    "wmilib.sys",
    "ksecdd.sys",
    "cng.sys",
];

impl Exports for Kernel {
    fn resolve(&self, module: &str, name: &str) -> Option<usize> {
        let table: &[(&str, usize)] = match module.to_ascii_lowercase().as_str() {
            "ntoskrnl.exe" => &ntoskrnl::exports(),
            "ndis.sys" => &ndis::exports(),
            _ => return None,
        };
        table.iter().find(|(export, _)| *export == name).map(|(_, address)| gate::before(*address))
    }

    fn is_kernel_module(&self, module: &str) -> bool {
        KERNEL_MODULES.iter().any(|known| known.eq_ignore_ascii_case(module))
    }
}
