//! What ntoskrnl.exe and ndis.sys export here. An import that is not in this table is a load
//! error: there are no silent stubs.

use std::path::Path;

use crate::image::Exports;

use super::{gate, ndis, ntoskrnl};

/// The exports of the simulated kernel.
pub struct Kernel;

/// Modules without the ending `.sys` that a driver may import from on Windows.
const KERNEL_MODULES: [&str; 3] = ["ntoskrnl.exe", "hal.dll", "bootvid.dll"];

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
        // A driver may import from any other driver; user-mode libraries are DLLs.
        let is_driver =
            Path::new(module).extension().is_some_and(|e| e.eq_ignore_ascii_case("sys"));
        is_driver || KERNEL_MODULES.iter().any(|known| known.eq_ignore_ascii_case(module))
    }
}
