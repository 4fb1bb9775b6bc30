//! Three races with no call of the kernel between the look and the use, and their right twins
//! (`races-guarded`): a count, a pointer, a list. The receive path meets itself, on two processors.

use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering::Relaxed};

use crate::TAG;
use crate::import::{ExAllocatePool2, ExFreePoolWithTag, KeBugCheckEx};
use crate::lock::Lock;

const GUARDED: bool = cfg!(feature = "races-guarded");
const COUNTS: bool = GUARDED || cfg!(feature = "race-count");
const USES: bool = GUARDED || cfg!(feature = "race-use");
const WALKS: bool = GUARDED || cfg!(feature = "race-list");
const ANY: bool = COUNTS || USES || WALKS;

/// A block that the receive path reads and then replaces, or one of the list that it walks.
struct Record {
    next: AtomicPtr<Self>,
    seen: AtomicU32,
}

static LOCK: Lock = Lock::new();
/// Calls of the receive path, counted rightly and, in the wrong filter, wrongly.
static CALLS: AtomicU32 = AtomicU32::new(0);
static COUNTED: AtomicU32 = AtomicU32::new(0);
static SHARED: AtomicPtr<Record> = AtomicPtr::new(ptr::null_mut());
static RECORDS: AtomicPtr<Record> = AtomicPtr::new(ptr::null_mut());

pub fn start() {
    if GUARDED {
        LOCK.initialise();
    }
}

/// With the lock held in the right twin, without it in the wrong ones.
fn guarded(body: impl FnOnce()) {
    if GUARDED { LOCK.with(body) } else { body() }
}

/// A call of the receive path is entered.
pub fn receive() {
    if !ANY {
        return;
    }
    CALLS.fetch_add(1, Relaxed);
    if COUNTS {
        add(&COUNTED, 1);
    }
    guarded(|| {
        // SAFETY: live as long as it is reachable, if the lock is held.
        if USES && let Some(shared) = unsafe { SHARED.load(Relaxed).as_ref() } {
            add(&shared.seen, 1);
        }
        let mut link = &RECORDS;
        // SAFETY: as above.
        while WALKS && let Some(record) = unsafe { link.load(Relaxed).as_ref() } {
            add(&record.seen, 1);
            link = &record.next;
        }
    });
    // What is shared is made anew.
    for (wanted, place) in [(USES, &SHARED), (WALKS, &RECORDS)] {
        if wanted {
            replace(place, record(record(ptr::null_mut())));
        }
    }
}

/// The driver unloads: what it keeps is given back, and the counts agree.
pub fn stop() {
    if !ANY {
        return;
    }
    replace(&SHARED, ptr::null_mut());
    replace(&RECORDS, ptr::null_mut());
    let lost = CALLS.load(Relaxed).wrapping_sub(COUNTED.load(Relaxed));
    if COUNTS && lost != 0 {
        // SAFETY: any IRQL, does not return.
        unsafe { KeBugCheckEx(0xE2, lost as usize, 0, 0, 0) };
    }
}

fn record(next: *mut Record) -> *mut Record {
    // SAFETY: POOL_FLAG_NON_PAGED, at most DISPATCH_LEVEL.
    let block: *mut Record = unsafe { ExAllocatePool2(0x40, size_of::<Record>(), TAG) }.cast();
    if block.is_null() {
        return next;
    }
    let fresh = Record { next: AtomicPtr::new(next), seen: AtomicU32::new(0) };
    // SAFETY: a block of this length, ours alone.
    unsafe { block.write(fresh) };
    block
}

fn replace(place: &AtomicPtr<Record>, fresh: *mut Record) {
    let mut old = ptr::null_mut();
    guarded(|| {
        old = place.load(Relaxed);
        place.store(fresh, Relaxed);
    });
    while !old.is_null() {
        // SAFETY: not reachable any more, and whoever saw it is done, if the lock is held.
        let next = unsafe { (*old).next.load(Relaxed) };
        // SAFETY: pool of ours with this tag.
        unsafe { ExFreePoolWithTag(old.cast(), TAG) };
        old = next;
    }
}

/// In one step for all processors in the right twin; in the wrong ones another may come in between.
fn add(to: &AtomicU32, by: u32) {
    if GUARDED {
        to.fetch_add(by, Relaxed);
    } else {
        to.store(to.load(Relaxed).wrapping_add(by), Relaxed);
    }
}
