//! What the process that runs a driver may use.

/// Caps the private data of this process. A driver that takes all memory ends its worker, not the
/// machine.
pub fn data(bytes: u64) {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: bytes };
    // SAFETY: a filled-in structure of ours, which the call only reads. That it may fail does not
    // matter: then there is no cap, as before.
    unsafe { libc::setrlimit(libc::RLIMIT_DATA, &raw const limit) };
}
