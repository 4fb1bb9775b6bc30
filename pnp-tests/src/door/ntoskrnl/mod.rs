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

use super::exports::Export;

/// Everything ntoskrnl.exe exports here.
pub(super) fn exports() -> Vec<Export> {
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
