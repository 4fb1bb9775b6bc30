//! Exports of ntoskrnl.exe, a file for each family: thunks under their Windows names.

mod address_text;
mod bitmap;
mod bugcheck_callback;
mod c_library;
mod c_string;
mod cancel_queue;
mod convert;
mod data;
mod debug;
mod device_queue;
mod device_stack;
mod driver_object;
mod error_log;
mod etw;
mod event_handle;
mod exception;
mod files;
mod generic_table;
mod guarded_mutex;
mod hash_table;
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
mod process;
pub mod processor;
mod processor_state;
mod push_lock;
mod queue;
mod random;
mod registry;
mod registry_read;
mod registry_write;
mod remove_lock;
mod request;
mod resource;
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
        address_text::ROWS,
        bitmap::ROWS,
        bugcheck_callback::ROWS,
        c_library::ROWS,
        c_string::ROWS,
        cancel_queue::ROWS,
        convert::ROWS,
        debug::ROWS,
        device_queue::ROWS,
        device_stack::ROWS,
        driver_object::ROWS,
        error_log::ROWS,
        etw::ROWS,
        event_handle::ROWS,
        exception::ROWS,
        files::ROWS,
        generic_table::ROWS,
        guarded_mutex::ROWS,
        hash_table::ROWS,
        io::ROWS,
        list::ROWS,
        lookaside::ROWS,
        mdl::ROWS,
        push_lock::ROWS,
        queue::ROWS,
        random::ROWS,
        registry::ROWS,
        registry_read::ROWS,
        registry_write::ROWS,
        remove_lock::ROWS,
        request::ROWS,
        resource::ROWS,
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
        process::ROWS,
        processor::ROWS,
        processor_state::ROWS,
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
