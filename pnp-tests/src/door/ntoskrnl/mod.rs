//! Exports of ntoskrnl.exe, a file for each family: thunks under their Windows names.

pub(super) mod data;
mod etw;
mod io;
mod machine;
mod memory;
mod pool;
pub(super) mod processor;
mod spin;
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
