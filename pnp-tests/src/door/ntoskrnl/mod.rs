//! Exports of ntoskrnl.exe, a file for each family: thunks under their Windows names.

mod data;
mod etw;
mod io;
mod list;
mod machine;
pub mod mdl;
mod memory;
mod pool;
pub mod processor;
mod push_lock;
mod registry;
mod rundown;
mod spin;
mod string;
mod text;
mod thread;
mod time;
mod timer;
pub mod wait;
mod work;

use super::exports::Export;
use crate::image::KERNEL_MODULES;
use crate::world::subsystem::{ExportModule, Subsystem};

/// The kernel's own functions. hal.dll forwards to ntoskrnl.exe (Windows 10 2004 and later), so one
/// table serves both.
pub struct Ntoskrnl;

static MODULES: [ExportModule; 1] = [(&["ntoskrnl.exe", "hal.dll"], exports)];

impl Subsystem for Ntoskrnl {
    fn modules(&self) -> &'static [ExportModule] {
        &MODULES
    }

    fn variable(&self, module: &str, name: &str) -> Option<usize> {
        let is_ours = KERNEL_MODULES.iter().any(|known| known.eq_ignore_ascii_case(module));
        if is_ours { data::address(name) } else { None }
    }
}

/// Everything ntoskrnl.exe exports here.
fn exports() -> Vec<Export> {
    [
        etw::exports(),
        io::exports(),
        list::exports(),
        mdl::exports(),
        push_lock::exports(),
        registry::exports(),
        rundown::exports(),
        string::exports(),
        text::exports(),
        machine::exports(),
        memory::exports(),
        pool::exports(),
        spin::exports(),
        processor::exports(),
        thread::exports(),
        time::exports(),
        timer::exports(),
        wait::exports(),
        work::exports(),
    ]
    .concat()
}
