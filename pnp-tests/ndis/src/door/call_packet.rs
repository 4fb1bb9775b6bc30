//! Calling a filter's handlers of the data path.

use std::ffi::c_void;

use super::call::{self, owner};
use super::handlers::PathHandlers;
use crate::ModuleId;
use crate::Ndis;
use kernel::door::call::{Call, no_status};
use kernel::machine::raw::pointer;
use kernel::world::World;
use kernel::world::thread::DISPATCH;

/// FILTER_SEND_NET_BUFFER_LISTS.
type OnSend = unsafe extern "win64" fn(*mut c_void, *mut c_void, u32, u32);
/// FILTER_SEND_NET_BUFFER_LISTS_COMPLETE, FILTER_RETURN_NET_BUFFER_LISTS.
type OnBack = unsafe extern "win64" fn(*mut c_void, *mut c_void, u32);
/// FILTER_RECEIVE_NET_BUFFER_LISTS.
type OnReceive = unsafe extern "win64" fn(*mut c_void, *mut c_void, u32, u32, u32);
/// FILTER_CANCEL_SEND_NET_BUFFER_LISTS.
type OnCancel = unsafe extern "win64" fn(*mut c_void, *mut c_void);

/// NDIS_SEND_FLAGS_DISPATCH_LEVEL and its like: the same bit everywhere.
pub const AT_DISPATCH: u32 = 1;

/// The handlers that a module has now: its own, or those of the registration.
pub fn handlers(world: &World, module: ModuleId) -> PathHandlers {
    let ndis = world.of::<Ndis>().borrow();
    let registered = ndis.filter.as_ref().map(|filter| filter.handlers.path);
    ndis.modules[module].path.or(registered).unwrap_or_default()
}

/// Calls a handler at DISPATCH_LEVEL if the flags say that it is.
fn at_irql(call: &Call<'_>, routine: usize, module: ModuleId, flags: u32, body: impl FnOnce()) {
    let world = call.world;
    let thread = world.threads.current();
    let before = thread.irql.get();
    if flags & AT_DISPATCH != 0 {
        thread.irql.set(DISPATCH);
    }
    call.look_at_code(routine);
    world.of::<Ndis>().borrow_mut().modules[module].inside_path += 1;
    body();
    world.of::<Ndis>().borrow_mut().modules[module].inside_path -= 1;
    thread.irql.set(before);
}

/// FilterSendNetBufferLists.
pub fn send(world: &World, module: ModuleId, chain: usize, port: u32, flags: u32) {
    let Some(context) = call::context(world, module) else { return };
    let routine = handlers(world, module).send;
    // SAFETY: the address that the driver gave for a handler of this type.
    let handler = unsafe { std::mem::transmute::<usize, OnSend>(routine) };
    let callback = "FilterSendNetBufferLists";
    let call =
        Call { world, callback, owner: Some(owner(world, module)), code: None, subject: chain };
    at_irql(&call, routine, module, flags, || {
        // SAFETY: the context of a live module; the lists live until they are completed.
        call.make(no_status, || unsafe { handler(context, pointer(chain), port, flags) });
    });
}

/// FilterSendNetBufferListsComplete.
pub fn send_complete(world: &World, module: ModuleId, chain: usize, flags: u32) {
    back(
        world,
        "FilterSendNetBufferListsComplete",
        handlers(world, module).send_complete,
        module,
        chain,
        flags,
    );
}

/// FilterReturnNetBufferLists.
pub fn give_back(world: &World, module: ModuleId, chain: usize, flags: u32) {
    let handler = handlers(world, module).return_lists;
    back(world, "FilterReturnNetBufferLists", handler, module, chain, flags);
}

fn back(
    world: &World,
    callback: &'static str,
    routine: usize,
    module: ModuleId,
    chain: usize,
    flags: u32,
) {
    let Some(context) = call::context(world, module) else { return };
    // SAFETY: the address that the driver gave for a handler of this type.
    let handler = unsafe { std::mem::transmute::<usize, OnBack>(routine) };
    let call =
        Call { world, callback, owner: Some(owner(world, module)), code: None, subject: chain };
    at_irql(&call, routine, module, flags, || {
        // SAFETY: the context of a live module; the lists are its to pass on.
        call.make(no_status, || unsafe { handler(context, pointer(chain), flags) });
    });
}

/// FilterReceiveNetBufferLists.
pub fn receive(world: &World, module: ModuleId, chain: usize, port: u32, count: u32, flags: u32) {
    let Some(context) = call::context(world, module) else { return };
    let routine = handlers(world, module).receive;
    // SAFETY: the address that the driver gave for a handler of this type.
    let handler = unsafe { std::mem::transmute::<usize, OnReceive>(routine) };
    let callback = "FilterReceiveNetBufferLists";
    let call =
        Call { world, callback, owner: Some(owner(world, module)), code: None, subject: chain };
    at_irql(&call, routine, module, flags, || {
        // SAFETY: the context of a live module; the lists live until they are returned.
        call.make(no_status, || unsafe { handler(context, pointer(chain), port, count, flags) });
    });
}

/// FilterCancelSendNetBufferLists; false when the module has no such handler.
pub fn cancel_send(world: &World, module: ModuleId, id: usize) -> bool {
    let handler = handlers(world, module).cancel_send;
    let Some(context) = call::context(world, module).filter(|_| handler != 0) else { return false };
    // SAFETY: the address that the driver gave for a handler of this type.
    let handler = unsafe { std::mem::transmute::<usize, OnCancel>(handler) };
    let callback = "FilterCancelSendNetBufferLists";
    let call = Call { world, callback, owner: Some(owner(world, module)), code: None, subject: 0 };
    // SAFETY: the context of a live module; an id is a number to it.
    call.make(no_status, || unsafe { handler(context, pointer(id)) });
    true
}
