//! Calling a filter: one function for each of its callbacks, safe on this side.

use std::ffi::c_void;

use driver_abi::ndis::status::{NDIS_STATUS, NDIS_STATUS_SUCCESS};

use super::restart;
use super::structure;
use crate::Ndis;
use crate::door::raw::Raw;
use crate::{Filter, ModuleId};
use journal::NdisFact;
use kernel::door::call::{Call, no_status};
use kernel::machine::raw::pointer;
use kernel::world::World;
use kernel::world::owner::Owner;

#[expect(clippy::unnecessary_wraps, reason = "one of two answers that `make` takes")]
pub(super) fn ndis_status(status: NDIS_STATUS) -> Option<i32> {
    Some(status.0)
}

pub(super) fn filter(world: &World) -> Filter {
    world.of::<Ndis>().borrow().filter.clone().expect("modules exist while a filter is registered")
}

/// The context of a module that may be entered.
pub(super) fn context(world: &World, module: ModuleId) -> Option<*mut c_void> {
    let ndis = world.of::<Ndis>().borrow();
    let this = &ndis.modules[module];
    this.context.filter(|_| !this.closing && ndis.filter.is_some()).map(pointer)
}

/// Says so in the journal when the image changed parameters.
fn wrote(world: &World, call: &Call<'_>, before: u64, parameters: &Raw) {
    if parameters.hash() != before {
        let module = call.owner.map(|owner| world.owners.name(owner));
        world.record(NdisFact::Wrote { callback: call.callback, module });
    }
}

/// FilterAttach.
pub fn filter_attach(world: &World, module: ModuleId) -> NDIS_STATUS {
    let filter = filter(world);
    let parameters =
        structure::attach_parameters(world, module).of_age(crate::switches::of(world).headers);
    let attach = filter.handlers.attach.expect("registration checks the mandatory handlers");
    let handle = pointer(world.handles.of(module));
    let subject = parameters.address();
    let call = Call {
        world,
        callback: "FilterAttach",
        owner: Some(owner(world, module)),
        code: None,
        subject,
    };
    let before = parameters.hash();
    // SAFETY: the driver's own handler and context; the parameters live until it returns.
    let status = call
        .make(ndis_status, || unsafe { attach(handle, pointer(filter.context), pointer(subject)) });
    wrote(world, &call, before, &parameters);
    status
}

/// FilterDetach.
pub fn filter_detach(world: &World, module: ModuleId) {
    let detach = filter(world).handlers.detach;
    let context = world.of::<Ndis>().borrow().modules[module].context.map(pointer);
    let (Some(detach), Some(context)) = (detach, context) else { return };
    let call = Call {
        world,
        callback: "FilterDetach",
        owner: Some(owner(world, module)),
        code: None,
        subject: 0,
    };
    // SAFETY: the driver's own handler, and the context it gave for this module.
    call.make(no_status, || unsafe { detach(context) });
}

/// FilterSetModuleOptions, if there is one.
pub fn filter_set_module_options(world: &World, module: ModuleId) {
    let Some(context) = context(world, module) else { return };
    let Some(handler) = filter(world).handlers.set_module_options else { return };
    let callback = "FilterSetModuleOptions";
    let call = Call { world, callback, owner: Some(owner(world, module)), code: None, subject: 0 };
    // SAFETY: the driver's own handler, and the context it gave for this module.
    let _ = call.make(ndis_status, || unsafe { handler(context) });
}

/// FilterRestart.
pub fn filter_restart(world: &World, module: ModuleId, attributes: bool) -> NDIS_STATUS {
    let restart = filter(world).handlers.restart.expect("registration checks it");
    let context = context(world, module).expect("an attached module has a context");
    let parameters = structure::restart_parameters(world, module, attributes)
        .of_age(crate::switches::of(world).headers);
    let subject = parameters.address();
    let call = Call {
        world,
        callback: "FilterRestart",
        owner: Some(owner(world, module)),
        code: None,
        subject,
    };
    let before = parameters.hash();
    let status = call.make(ndis_status, || {
        if !attributes {
            world.record(NdisFact::NoAttributes);
        }
        // SAFETY: the driver's own handler and context; the parameters live until it returns.
        unsafe { restart(context, pointer(subject)) }
    });
    wrote(world, &call, before, &parameters);
    if status == NDIS_STATUS_SUCCESS && attributes {
        restart::take_over(world, module, &parameters);
    }
    status
}

/// FilterPause.
pub fn filter_pause(world: &World, module: ModuleId, reason: u32) -> NDIS_STATUS {
    let pause = filter(world).handlers.pause.expect("registration checks it");
    let context = context(world, module).expect("an attached module has a context");
    let parameters = structure::pause_parameters(reason).of_age(crate::switches::of(world).headers);
    let subject = parameters.address();
    let call = Call {
        world,
        callback: "FilterPause",
        owner: Some(owner(world, module)),
        code: None,
        subject,
    };
    // SAFETY: the driver's own handler and context; the parameters live until it returns.
    call.make(ndis_status, || unsafe { pause(context, pointer(subject)) })
}

/// FilterNetPnPEvent; None when the driver has no such handler.
pub fn filter_net_pnp_event(
    world: &World,
    module: ModuleId,
    subject: usize,
    code: u32,
) -> Option<NDIS_STATUS> {
    let context = context(world, module)?;
    let handler = filter(world).handlers.net_pnp_event?;
    // From here on it knows: the gate closes before the event goes on (contract g.8).
    told_power(world, module, subject, code);
    let callback = "FilterNetPnPEvent";
    let call =
        Call { world, callback, owner: Some(owner(world, module)), code: Some(code), subject };
    // SAFETY: the driver's own handler and context; the notification is in flight, so it lives.
    Some(call.make(ndis_status, || unsafe { handler(context, pointer(subject)) }))
}

/// Notes which power state a module is being told.
fn told_power(world: &World, module: ModuleId, subject: usize, code: u32) {
    /// NetEventSetPower, and NetDeviceStateD0.
    const SET_POWER: u32 = 0;
    const D0: u32 = 1;
    let state = {
        let ndis = world.of::<Ndis>().borrow();
        let flight = ndis.in_flight.iter().find(|flight| flight.raw.address() == subject);
        flight.filter(|_| code == SET_POWER).and_then(|flight| flight.raw.buffer_number())
    };
    if let Some(state) = state {
        let module = world.of::<Ndis>().borrow().modules[module].name.clone();
        world.record(NdisFact::PowerTold { module, d0: state == D0 });
    }
}

/// FilterDevicePnPEventNotify; false when the driver has no such handler.
pub fn filter_device_pnp_event(world: &World, module: ModuleId, subject: usize, code: u32) -> bool {
    let Some(context) = context(world, module) else { return false };
    let Some(handler) = filter(world).handlers.device_pnp_event else { return false };
    let callback = "FilterDevicePnPEventNotify";
    let call =
        Call { world, callback, owner: Some(owner(world, module)), code: Some(code), subject };
    // SAFETY: the driver's own handler and context; the event is in flight, so it lives.
    call.make(no_status, || unsafe { handler(context, pointer(subject)) });
    true
}

/// FilterStatus, at the thread's IRQL; false when the driver has no such handler.
pub fn filter_status(world: &World, module: ModuleId, subject: usize, code: u32) -> bool {
    let Some(context) = context(world, module) else { return false };
    let Some(handler) = filter(world).handlers.status else { return false };
    let callback = "FilterStatus";
    let call =
        Call { world, callback, owner: Some(owner(world, module)), code: Some(code), subject };
    call.look_at_code(handler as *const () as usize);
    // SAFETY: the driver's own handler and context; the indication is in flight, so it lives.
    call.make(no_status, || unsafe { handler(context, pointer(subject)) });
    true
}

/// The module's owner in the kernel.
pub(super) fn owner(world: &World, module: ModuleId) -> Owner {
    world.of::<Ndis>().borrow().modules[module].owner
}
