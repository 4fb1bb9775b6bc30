//! What the process that runs a driver may use.

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Exit code of a process that gets no more memory; no code of a panic or a signal.
const NO_MEMORY: i32 = 86;
/// Whether this process has limits, so that an allocation may fail that is not absurd.
static IS_LIMITED: AtomicBool = AtomicBool::new(false);

/// Caps the private data of this process. A driver that takes all memory ends its worker, not the
/// machine.
pub fn data(bytes: u64) {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: bytes };
    // SAFETY: a filled-in structure of ours, which the call only reads. That it may fail does not
    // matter: then there is no cap, as before.
    unsafe { libc::setrlimit(libc::RLIMIT_DATA, &raw const limit) };
    IS_LIMITED.store(true, Ordering::Relaxed);
}

/// The system's allocator, which in a process with limits ends it at the first allocation that fails:
/// what the standard library does then, it does with more memory, and may wait for itself for ever.
#[derive(Debug)]
pub struct Limited;

/// The allocation, or the end of a process with limits.
fn or_end(address: *mut u8) -> *mut u8 {
    if address.is_null() && IS_LIMITED.load(Ordering::Relaxed) {
        // SAFETY: takes a number and does not return; nothing else of the process runs.
        unsafe { libc::_exit(NO_MEMORY) };
    }
    address
}

// SAFETY: every call is the system allocator's, with the arguments that it was made with; a result is
// its result.
unsafe impl GlobalAlloc for Limited {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps what this function, the same one, demands.
        or_end(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        or_end(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: as above; `old` came from the system's allocator, since all do.
        or_end(unsafe { System.realloc(old, layout, bytes) })
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(old, layout) }
    }
}

/// How a process ended that ran a driver, in words.
#[must_use]
pub fn told(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(NO_MEMORY), _) => "the host allows it no more memory".to_owned(),
        (Some(code), _) => format!("exit code {code}, a bug of the host"),
        (None, Some(libc::SIGABRT)) => "it aborted, a bug of the host".to_owned(),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "nobody knows why".to_owned(),
    }
}

/// The processor time that a process has used until now; none when there is no such process.
#[must_use]
pub fn processor_time(process: u32) -> Option<Duration> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    used(&text)
}

/// utime and stime, fields 14 and 15 of proc(5)'s stat; the name before them may hold anything.
fn used(stat: &str) -> Option<Duration> {
    /// USER_HZ of every Linux on x86-64: 10 ms.
    const TICK_MS: u64 = 10;
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut times = behind_name.split_whitespace().skip(11).map(str::parse::<u64>);
    let (user, system) = (times.next()?.ok()?, times.next()?.ok()?);
    Some(Duration::from_millis((user + system) * TICK_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_behind_a_name_that_holds_anything() {
        let stat = "7 (a) b (c) R 1 7 7 0 -1 4194304 1 0 0 0 120 3 0 0 20 0 1 0 5 6 7";
        assert_eq!(used(stat), Some(Duration::from_millis(1_230)));
        assert_eq!(used("7 (sh) R 1"), None);
        assert!(processor_time(std::process::id()).is_some());
        assert_eq!(processor_time(u32::MAX), None);
    }
}
