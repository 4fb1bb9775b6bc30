//! Exports of ntoskrnl.exe, a file for each family: thunks under their Windows names.

pub(super) mod data;
mod etw;
mod io;
mod list;
mod machine;
pub(super) mod mdl;
mod memory;
mod pool;
pub(super) mod processor;
mod push_lock;
mod registry;
mod rundown;
mod spin;
mod string;
mod text;
mod thread;
mod time;
mod timer;
mod wait;
mod work;

use super::exports::ExportModule;

/// Everything that ntoskrnl.exe exports here. hal.dll forwards to it (Windows 10 2004 and later), so
/// one module serves both.
pub(super) static EXPORTS: ExportModule = ExportModule {
    names: &["ntoskrnl.exe", "hal.dll"],
    tables: &[
        etw::ROWS,
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
};
