//! Pausing and restarting a stack: macros PAUSE and RESTART of contract section e.

use driver_abi::ndis::filter::NDIS_PAUSE_NDIS_INTERNAL;
use driver_abi::ndis::net_pnp::NET_PNP_EVENT_CODE as Code;
use driver_abi::ndis::status::{
    NDIS_STATUS, NDIS_STATUS_FAILURE, NDIS_STATUS_PENDING, NDIS_STATUS_SUCCESS,
};

use crate::Ndis;
use crate::door::call;
use crate::switches::RestartAttributes;
use journal::{Direction, ModuleState};
use kernel::world::{self, World};

use super::attach;
use super::exercise;
use super::net_pnp;
use super::packet;
use super::send;
use super::stack::{self, Layer};
use super::traffic;
use crate::id::{AdapterId, ModuleId};

/// NetEventPause to bindings, FilterPause top to bottom, MiniportPause
/// (docs:network/pausing-a-driver-stack).
pub fn pause(world: &World, adapter: AdapterId) {
    if !world.of::<Ndis>().borrow().adapters[adapter].running {
        return;
    }
    net_pnp::to_bindings(world, adapter, Code::NetEventPause.0);
    // A binding that pauses waits for its sends.
    traffic::drain(world, adapter, Direction::Send);
    let layers = world.of::<Ndis>().borrow().adapters[adapter].layers.clone();
    for layer in layers.into_iter().rev() {
        match layer {
            Layer::Module(module) => pause_module(world, module),
            Layer::Foreign(foreign) => {
                net_pnp::foreign_takes_time(world, adapter, foreign, Code::NetEventPause.0);
            }
        }
    }
    exercise::in_between(world, adapter);
    world.of::<Ndis>().borrow_mut().adapters[adapter].running = false;
    // A miniport that pauses completes its sends and waits for its receives
    // (docs:network/pausing-an-adapter).
    send::abort_all(world, adapter);
    traffic::drain(world, adapter, Direction::Receive);
    stack::miniport(world, adapter, "MiniportPause");
}

fn pause_module(world: &World, module: ModuleId) {
    if world.of::<Ndis>().borrow().modules[module].state != ModuleState::Running {
        return;
    }
    stack::set_state(world, module, ModuleState::Pausing);
    let done = world.of::<Ndis>().borrow().modules[module].pause_done.clone();
    done.set(false);
    // A filter is always told "NDIS internal" (ddi:ndis/ns-ndis-_ndis_filter_pause_parameters).
    let status = call::filter_pause(world, module, NDIS_PAUSE_NDIS_INTERNAL);
    if status == NDIS_STATUS_PENDING {
        world.wait_for(&done);
    }
    stack::set_state(world, module, ModuleState::Paused);
    packet::settle_account(world, module, false);
}

/// NdisFRestartFilter: a pause and a restart of the module's stack, later, on another thread
/// (ddi:ndis/nf-ndis-ndisfrestartfilter; contract e27). Refused while the module is not running.
pub fn restart_filter(world: &World, module: ModuleId) -> NDIS_STATUS {
    let (adapter, state, name) = {
        let ndis = world.of::<Ndis>().borrow();
        let this = &ndis.modules[module];
        (this.adapter, this.state, ndis.adapters[this.adapter].name.clone())
    };
    if state != ModuleState::Running {
        return NDIS_STATUS_FAILURE;
    }
    let done = world.threads.spawn(format!("NDIS {name} restart"), move || {
        let world = world::current();
        stack::exclusively(&world, adapter, || {
            if world.of::<Ndis>().borrow().adapters[adapter].running {
                pause(&world, adapter);
                restart(&world, adapter);
            }
        });
    });
    world.of::<Ndis>().borrow_mut().attaching.push(done);
    NDIS_STATUS_SUCCESS
}

/// MiniportRestart, FilterSetModuleOptions for all, FilterRestart bottom to top, NetEventRestart
/// to bindings (docs:network/restarting-a-driver-stack, docs:network/starting-a-filter-module).
pub fn restart(world: &World, adapter: AdapterId) {
    let (initialised, changed) = {
        let ndis = world.of::<Ndis>().borrow();
        (ndis.adapters[adapter].initialised, ndis.adapters[adapter].attributes_changed)
    };
    if !initialised {
        return;
    }
    stack::miniport(world, adapter, "MiniportRestart");
    let modules = world.of::<Ndis>().borrow().modules_of(adapter);
    exercise::in_between(world, adapter);
    for module in modules {
        call::filter_set_module_options(world, module);
    }
    let attributes =
        changed && crate::switches::of(world).restart_attributes != RestartAttributes::Null;
    let layers = world.of::<Ndis>().borrow().adapters[adapter].layers.clone();
    for layer in layers {
        match layer {
            Layer::Module(module) => restart_module(world, module, attributes),
            Layer::Foreign(foreign) => {
                net_pnp::foreign_takes_time(world, adapter, foreign, Code::NetEventRestart.0);
            }
        }
    }
    {
        let mut ndis = world.of::<Ndis>().borrow_mut();
        ndis.adapters[adapter].running = true;
        ndis.adapters[adapter].attributes_changed = false;
    }
    net_pnp::to_bindings(world, adapter, Code::NetEventRestart.0);
}

/// A filter that fails to restart is detached; the stack goes on without it, since it is optional
/// (docs:network/starting-a-filter-module; contract e31).
fn restart_module(world: &World, module: ModuleId, attributes: bool) {
    stack::set_state(world, module, ModuleState::Restarting);
    let done = world.of::<Ndis>().borrow().modules[module].restart_done.clone();
    done.set(false);
    let mut status = call::filter_restart(world, module, attributes);
    if status == NDIS_STATUS_PENDING {
        world.wait_for(&done);
        status.0 = world.of::<Ndis>().borrow().modules[module].restart_status;
    }
    if status == NDIS_STATUS_SUCCESS {
        stack::set_state(world, module, ModuleState::Running);
    } else {
        stack::set_state(world, module, ModuleState::Paused);
        attach::detach(world, module);
    }
}
