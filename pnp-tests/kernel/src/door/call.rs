//! Calling into the image: one function for each callback, safe on this side.

use std::fmt;
use std::ptr;

use driver_abi::etw::ETWENABLECALLBACK;
use driver_abi::io::{DRIVER_INITIALIZE, DRIVER_UNLOAD};
use driver_abi::nt::GUID;

use crate::machine::block::Block;
use crate::machine::raw::pointer;
use crate::machine::{garbage, gate};
use crate::nt::{bugcheck, dpc, pool};
use crate::world::owner::Owner;
use crate::world::thread::{DISPATCH, OpenCall};
use crate::world::{World, locks};
use journal::{KernelFact, LockFact};

/// Bytes of stack from which a callback's use of it is worth noting. A kernel thread has 24 KiB.
const STACK_NOTED: usize = 8 * 1024;

/// A call into the image in the making.
pub struct Call<'a> {
    /// The machine that makes the call.
    pub world: &'a World,
    /// The callback's name, as the journal has it.
    pub callback: &'static str,
    /// The owner for which the call is made; none for DriverEntry and the like.
    pub owner: Option<Owner>,
    /// Event code, OID, status code: what the call is about.
    pub code: Option<u32>,
    /// Address of the structure it is passed; 0 for none.
    pub subject: usize,
}

impl Call<'_> {
    /// Looks at where the callback's code is, before it is entered at the thread's IRQL.
    pub fn look_at_code(&self, routine: usize) {
        let world = self.world;
        if world.threads.current().irql.get() >= DISPATCH && world.is_paged_code(routine) {
            world.record(KernelFact::PagedCode { name: self.callback });
        }
    }

    /// Enters the image, and says in the journal what came of it.
    pub fn make<R: Copy>(&self, status_of: fn(R) -> Option<i32>, body: impl FnOnce() -> R) -> R {
        let world = self.world;
        if world.image_is_gone.get() {
            let what = format!("{} of a driver that is not in memory any more", self.callback);
            bugcheck::stop(world, bugcheck::UNLOADED, &what);
        }
        let thread = world.threads.current();
        dpc::retire(world);
        let call = world.next_call();
        let name = self.owner.map(|owner| world.owners.name(owner));
        let hash = world.subject_hash(self.subject);
        if let Some(owner) = self.owner {
            world.entered(owner);
        }
        let callback = self.callback;
        world.record(KernelFact::Enter { call, callback, module: name.clone(), code: self.code });
        let open = OpenCall { call, callback, owner: self.owner, subject: self.subject, hash };
        thread.open.borrow_mut().push(open);
        let entered = thread.irql.get();
        let outer = thread.site.replace(0);
        let outer_lowest = thread.lowest.replace(usize::MAX);
        gate::take_lowest();
        let here = 0_u8;
        let top = (&raw const here).addr();
        pool::page_for_irql(world);
        garbage::fill_stack();
        let noted = gate::noted();
        let outside = thread.inside.replace(true);
        let result = body();
        thread.inside.set(outside);
        let locks = locks::held_here(world);
        if locks > 0 {
            let count = locks;
            world.record(KernelFact::Lock(LockFact::HeldAtReturn {
                callback: self.callback,
                count,
            }));
        }
        let lowest = thread.lowest.replace(outer_lowest).min(gate::take_lowest());
        gate::restore(&noted);
        thread.site.set(outer);
        let left = thread.irql.replace(entered);
        thread.open.borrow_mut().pop();
        if left != entered {
            world.record(KernelFact::IrqlLeaked { callback, entered, left });
        }
        let bytes = top.saturating_sub(lowest);
        if bytes > STACK_NOTED {
            world.record(KernelFact::Stack { callback, bytes });
        }
        world.record(KernelFact::Leave { call, callback, module: name, status: status_of(result) });
        if let Some(owner) = self.owner {
            world.left(owner);
        }
        result
    }
}

/// The status of a callback that returns none.
pub fn no_status(_: ()) -> Option<i32> {
    None
}

/// DriverEntry.
pub fn driver_entry(world: &World, entry: usize, object: usize, path: usize) -> i32 {
    let call = Call { world, callback: "DriverEntry", owner: None, code: None, subject: object };
    call.make(Some, || {
        // SAFETY: `entry` is the entry point of a loaded image, which the loader found in an
        // executable section; a driver's entry point has this type.
        let entry = unsafe { std::mem::transmute::<usize, DRIVER_INITIALIZE>(entry) };
        // SAFETY: object and path are live blocks of the right types for the call. What the image
        // does inside is its own affair: faults end the thread, not the host.
        unsafe { entry(pointer(object), pointer(path)) }.0
    })
}

/// DriverUnload.
pub fn driver_unload(world: &World, unload: DRIVER_UNLOAD, object: usize) {
    let call = Call { world, callback: "DriverUnload", owner: None, code: None, subject: object };
    // SAFETY: the address the driver left in its object for this purpose, and the object.
    call.make(no_status, || unsafe { unload(pointer(object)) });
}

/// An ETW provider's enable callback.
#[derive(Clone, Copy)]
pub struct EnableCallback {
    /// The address of the driver's EnableCallback.
    pub function: ETWENABLECALLBACK,
    /// The CallbackContext with which the driver registered.
    pub context: usize,
}

impl fmt::Debug for EnableCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnableCallback")
    }
}

/// EVENT_CONTROL_CODE_*: what a provider is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Control {
    Disable = 0,
    Enable = 1,
    CaptureState = 2,
}

impl EnableCallback {
    /// Calls it at PASSIVE_LEVEL.
    pub fn call(self, world: &World, guid: [u8; 16], control: Control, level: u8, keywords: u64) {
        let call = Call {
            world,
            callback: "EtwEnableCallback",
            owner: None,
            code: Some(control as u32),
            subject: 0,
        };
        let source = Block::with(&guid, false);
        let source: *const GUID = pointer(source.address());
        let (function, context) = (self.function, pointer(self.context));
        // SAFETY: the callback and context of a registered provider; the GUID lives for the call.
        call.make(no_status, || unsafe {
            function(source, control as u32, level, keywords, 0, ptr::null_mut(), context);
        });
    }
}
