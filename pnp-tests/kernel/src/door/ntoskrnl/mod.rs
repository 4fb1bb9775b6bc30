//! Exports of ntoskrnl.exe, a file for each family: thunks under their Windows names.

mod c_library;
mod c_string;
mod data;
mod debug;
mod etw;
mod inline;
mod io;
mod list;
mod lookaside;
mod machine;
pub mod mdl;
mod memory;
mod pool;
mod print;
mod probe;
pub mod processor;
mod push_lock;
mod registry;
mod routine;
mod rundown;
mod slist;
mod spin;
mod string;
mod text;
mod thread;
mod time;
mod timer;
mod trace;
pub mod wait;
mod wide_string;
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
        c_library::ROWS,
        c_string::ROWS,
        debug::ROWS,
        etw::ROWS,
        io::ROWS,
        list::ROWS,
        lookaside::ROWS,
        mdl::ROWS,
        push_lock::ROWS,
        registry::ROWS,
        rundown::ROWS,
        slist::ROWS,
        string::ROWS,
        text::ROWS,
        machine::ROWS,
        memory::ROWS,
        pool::ROWS,
        spin::ROWS,
        print::ROWS,
        probe::ROWS,
        processor::ROWS,
        routine::ROWS,
        thread::ROWS,
        time::ROWS,
        timer::ROWS,
        trace::ROWS,
        wait::ROWS,
        wide_string::ROWS,
        work::ROWS,
    ],
    inline: inline::INLINE,
}];
