//! Exports of ntoskrnl.exe, a file for each family: thunks under their Windows names.

mod etw;
mod io;
mod machine;
mod memory;
mod pool;
mod spin;

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
    ]
    .concat()
}
