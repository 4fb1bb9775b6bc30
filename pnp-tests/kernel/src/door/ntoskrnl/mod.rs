//! Exports of ntoskrnl.exe, a file for each family: thunks under their Windows names.

mod data;
mod etw;
mod exception;
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

use crate::machine::export::ExportModule;
use crate::world::subsystem::Subsystem;
use image::KERNEL_MODULES;

/// The kernel's own functions.
pub struct Ntoskrnl;

impl Subsystem for Ntoskrnl {
    fn modules(&self) -> &'static [ExportModule] {
        &MODULES
    }

    fn variable(&self, module: &str, name: &str) -> Option<usize> {
        let is_ours = KERNEL_MODULES.iter().any(|known| known.eq_ignore_ascii_case(module));
        if is_ours { data::address(name) } else { None }
    }
}

/// Everything that ntoskrnl.exe exports here. hal.dll forwards to it (Windows 10 2004 and later), so
/// one module serves both.
static MODULES: [ExportModule; 1] = [ExportModule {
    names: &["ntoskrnl.exe", "hal.dll"],
    tables: &[
        etw::ROWS,
        exception::ROWS,
        io::ROWS,
        list::ROWS,
        mdl::ROWS,
        push_lock::ROWS,
        registry::ROWS,
        rundown::ROWS,
        string::ROWS,
        text::ROWS,
        machine::ROWS,
        memory::ROWS,
        pool::ROWS,
        spin::ROWS,
        processor::ROWS,
        thread::ROWS,
        time::ROWS,
        timer::ROWS,
        wait::ROWS,
        work::ROWS,
    ],
}];
