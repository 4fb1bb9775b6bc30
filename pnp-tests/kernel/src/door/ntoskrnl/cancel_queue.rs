//! Cancel-safe queues (IO_CSQ): the driver keeps the requests, the kernel sets and takes the cancel routine.
#![allow(non_snake_case, reason = "Windows names")]

use std::ffi::c_void;
use std::mem::transmute;

use crate::door::crossing::cross;
use crate::door::exports::exports;
use crate::door::irp;
use crate::door::layout::irp as at;
use crate::machine::raw::{self, pointer};
use crate::nt::io;
use crate::world;

exports! {
    IoCsqInitialize: le ANY, since 2600, "ddi:wdm/nf-wdm-iocsqinitialize";
    IoCsqInitializeEx: le ANY, since 3790, "ddi:wdm/nf-wdm-iocsqinitializeex";
    IoCsqInsertIrp: le DISPATCH, since 2600, "ddi:wdm/nf-wdm-iocsqinsertirp";
    IoCsqInsertIrpEx: le DISPATCH, fails NTSTATUS, since 3790, "ddi:wdm/nf-wdm-iocsqinsertirpex";
    IoCsqRemoveIrp: le DISPATCH, fails NULL, since 2600, "ddi:wdm/nf-wdm-iocsqremoveirp";
    IoCsqRemoveNextIrp: le DISPATCH, fails NULL, since 2600, "ddi:wdm/nf-wdm-iocsqremovenextirp";
}

/// IO_CSQ and IO_CSQ_IRP_CONTEXT (wdm.h). Type tells the two apart: a request points at one or the other.
mod queue {
    pub const INSERT: usize = 8;
    pub const REMOVE: usize = 16;
    pub const PEEK: usize = 24;
    pub const ACQUIRE: usize = 32;
    pub const RELEASE: usize = 40;
    pub const COMPLETE: usize = 48;
}
mod context {
    pub const IRP: usize = 8;
    pub const QUEUE: usize = 16;
}
/// IO_TYPE_CSQ_IRP_CONTEXT, IO_TYPE_CSQ, IO_TYPE_CSQ_EX.
const CONTEXT: u32 = 1;
const USUAL: u32 = 2;
const EXTENDED: u32 = 3;
/// Where a queued request says whose it is: the last of DriverContext.
const OWNER: usize = at::DRIVER_CONTEXT + 24;

type Pointer = *mut c_void;
/// Insert of the extended kind, peek: up to three arguments; a routine that takes fewer does not look at them.
type Routine = unsafe extern "win64" fn(Pointer, Pointer, Pointer) -> usize;

/// Calls a routine of the queue.
fn call(queue: usize, which: usize, a: usize, b: usize) -> usize {
    // SAFETY: the address that the driver gave for a routine of this convention.
    let routine = unsafe { transmute::<usize, Routine>(raw::get(queue + which)) };
    // SAFETY: the driver's own routine and queue.
    unsafe { routine(pointer(queue), pointer(a), pointer(b)) }
}

/// The lock of the queue, held as long as this lives in a block of its own.
struct Locked {
    queue: usize,
    irql: u8,
}

impl Locked {
    fn new(queue: usize) -> Self {
        let mut irql = 0_u8;
        call(queue, queue::ACQUIRE, (&raw mut irql).expose_provenance(), 0);
        // SAFETY: our own variable, which the routine has written through the address.
        let irql = unsafe { (&raw const irql).read_volatile() };
        Self { queue, irql }
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        call(self.queue, queue::RELEASE, usize::from(self.irql), 0);
    }
}

fn initialise(queue: usize, kind: u32, routines: [usize; 6]) {
    raw::put(queue, kind);
    raw::put(queue + queue::INSERT, routines);
    raw::put(queue + queue::COMPLETE + 8, 0_usize);
}

extern "win64" fn IoCsqInitialize(
    queue: usize,
    insert: usize,
    remove: usize,
    peek: usize,
    acquire: usize,
    release: usize,
    complete: usize,
) -> i32 {
    let _ = cross();
    initialise(queue, USUAL, [insert, remove, peek, acquire, release, complete]);
    0
}

extern "win64" fn IoCsqInitializeEx(
    queue: usize,
    insert: usize,
    remove: usize,
    peek: usize,
    acquire: usize,
    release: usize,
    complete: usize,
) -> i32 {
    let _ = cross();
    initialise(queue, EXTENDED, [insert, remove, peek, acquire, release, complete]);
    0
}

/// The request is in the queue no more.
fn forget(irp: usize) {
    let owner: usize = raw::get(irp + OWNER);
    if owner != 0 && raw::get::<u32>(owner) == CONTEXT {
        raw::put(owner + context::IRP, 0_usize);
    }
    raw::put(irp + OWNER, 0_usize);
}

fn insert(queue: usize, irp: usize, of_caller: usize, insert_context: usize) -> i32 {
    if of_caller == 0 {
        raw::put(irp + OWNER, queue);
    } else {
        raw::put(of_caller, CONTEXT);
        raw::put(of_caller + context::IRP, irp);
        raw::put(of_caller + context::QUEUE, queue);
        raw::put(irp + OWNER, of_caller);
    }
    let locked = Locked::new(queue);
    let [a, b, c, d, ..] = call(queue, queue::INSERT, irp, insert_context).to_le_bytes();
    let status = i32::from_le_bytes([a, b, c, d]);
    if raw::get::<u32>(queue) == EXTENDED && status < 0 {
        forget(irp);
        return status;
    }
    irp::mark_pending(irp);
    irp::set_cancel_routine(irp, cancel as *const () as usize);
    let is_cancelled = raw::get::<u8>(irp + at::CANCEL) != 0;
    // If the routine is gone already, it runs, and takes the request out itself.
    if is_cancelled && irp::set_cancel_routine(irp, 0) != 0 {
        call(queue, queue::REMOVE, irp, 0);
        forget(irp);
        drop(locked);
        call(queue, queue::COMPLETE, irp, 0);
    }
    0
}

extern "win64" fn IoCsqInsertIrp(queue: usize, irp: usize, context: usize) {
    let _ = cross();
    insert(queue, irp, context, 0);
}

extern "win64" fn IoCsqInsertIrpEx(
    queue: usize,
    irp: usize,
    context: usize,
    insert_context: usize,
) -> i32 {
    let _ = cross();
    insert(queue, irp, context, insert_context)
}

/// Requests that are being cancelled are passed over.
extern "win64" fn IoCsqRemoveNextIrp(queue: usize, peek_context: usize) -> usize {
    let _ = cross();
    let _locked = Locked::new(queue);
    let mut irp = call(queue, queue::PEEK, 0, peek_context);
    while irp != 0 && irp::set_cancel_routine(irp, 0) == 0 {
        irp = call(queue, queue::PEEK, irp, peek_context);
    }
    if irp != 0 {
        call(queue, queue::REMOVE, irp, 0);
        forget(irp);
    }
    irp
}

extern "win64" fn IoCsqRemoveIrp(queue: usize, of_caller: usize) -> usize {
    let _ = cross();
    let _locked = Locked::new(queue);
    let irp: usize = raw::get(of_caller + context::IRP);
    if irp == 0 || irp::set_cancel_routine(irp, 0) == 0 {
        return 0;
    }
    call(queue, queue::REMOVE, irp, 0);
    forget(irp);
    irp
}

/// The cancel routine of every queued request. The host calls it, not the image: no gate is passed.
extern "win64" fn cancel(_device: usize, irp: usize) {
    let world = world::current();
    io::release_cancel_lock(&world, raw::get(irp + at::CANCEL_IRQL));
    let owner: usize = raw::get(irp + OWNER);
    let is_context = raw::get::<u32>(owner) == CONTEXT;
    let queue = if is_context { raw::get(owner + context::QUEUE) } else { owner };
    let locked = Locked::new(queue);
    call(queue, queue::REMOVE, irp, 0);
    forget(irp);
    drop(locked);
    call(queue, queue::COMPLETE, irp, 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::layout::io_stack_location as loc;
    use crate::machine::block::Block;
    use crate::world::sample::machine;
    use std::cell::RefCell;

    thread_local! {
        /// The driver's queue, and what it completed as cancelled.
        static QUEUE: RefCell<(Vec<usize>, Vec<usize>)> = const { RefCell::new((Vec::new(), Vec::new())) };
    }

    extern "win64" fn inserts(_queue: usize, irp: usize) {
        QUEUE.with_borrow_mut(|(queued, _)| queued.push(irp));
    }
    extern "win64" fn removes(_queue: usize, irp: usize) {
        QUEUE.with_borrow_mut(|(queued, _)| queued.retain(|one| *one != irp));
    }
    extern "win64" fn peeks(_queue: usize, irp: usize, _context: usize) -> usize {
        QUEUE.with_borrow(|(queued, _)| {
            let next = queued.iter().position(|one| *one == irp).map_or(0, |at| at + 1);
            queued.get(next).copied().unwrap_or(0)
        })
    }
    extern "win64" fn acquires(_queue: usize, irql: usize) {
        raw::put(irql, 0_u8);
    }
    extern "win64" fn releases(_queue: usize, _irql: u8) {}
    extern "win64" fn completes(_queue: usize, irp: usize) {
        QUEUE.with_borrow_mut(|(_, cancelled)| cancelled.push(irp));
    }

    fn request() -> Block {
        let block = Block::with(&vec![0; at::SIZEOF + loc::SIZEOF], false);
        raw::put(block.address() + at::CURRENT_STACK_LOCATION, block.address() + at::SIZEOF);
        block
    }

    fn new_queue() -> Block {
        let block = Block::with(&[0xAA; 64], false);
        let [a, b, c, d, e, f] = [
            inserts as *const () as usize,
            removes as *const () as usize,
            peeks as *const () as usize,
            acquires as *const () as usize,
            releases as *const () as usize,
            completes as *const () as usize,
        ];
        IoCsqInitialize(block.address(), a, b, c, d, e, f);
        block
    }

    #[test]
    fn requests_come_out_in_the_drivers_order_or_by_their_context() {
        machine(0, |_| {
            let (queue, context) = (new_queue(), Block::with(&[0; 24], false));
            let (queue, context) = (queue.address(), context.address());
            let irps = [request(), request(), request()];
            let [a, b, c] = [0, 1, 2].map(|index: usize| irps[index].address());
            IoCsqInsertIrp(queue, a, 0);
            IoCsqInsertIrp(queue, b, context);
            IoCsqInsertIrp(queue, c, 0);
            assert_ne!(raw::get::<u8>(a + at::SIZEOF + loc::CONTROL), 0, "marked pending");
            assert_eq!(IoCsqRemoveIrp(queue, context), b);
            assert_eq!(IoCsqRemoveIrp(queue, context), 0, "it is out");
            let out = [(); 3].map(|()| IoCsqRemoveNextIrp(queue, 0));
            assert_eq!(out, [a, c, 0]);
        });
    }

    #[test]
    fn a_cancelled_request_is_taken_out_and_completed_as_such() {
        machine(0, |_| {
            let queue = new_queue();
            let (queue, early, late) = (queue.address(), request(), request());
            let (early, late) = (early.address(), late.address());
            raw::put(early + at::CANCEL, 1_u8);
            IoCsqInsertIrp(queue, early, 0);
            IoCsqInsertIrp(queue, late, 0);
            // As the I/O manager cancels: it takes the routine and calls it.
            assert_ne!(irp::set_cancel_routine(late, 0), 0);
            cancel(0, late);
            QUEUE.with_borrow(|(queued, cancelled)| {
                assert_eq!(
                    (queued.as_slice(), cancelled.as_slice()),
                    (&[][..], &[early, late][..])
                );
            });
            assert_eq!(IoCsqRemoveNextIrp(queue, 0), 0);
        });
    }
}
