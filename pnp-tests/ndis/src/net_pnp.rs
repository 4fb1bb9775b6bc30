//! Network PnP events: from the bottom of a stack up, each filter passing them on.
//!
//! Delivery is a chain: NDIS calls the lowest filter that has a handler, and a filter that does
//! not forward hides the event from everyone above (contract a.3; the DDI page that speaks of a
//! broadcast is contradicted by the removal pages).

use std::rc::Rc;

use driver_abi::ndis::status::{NDIS_STATUS, NDIS_STATUS_FAILURE, NDIS_STATUS_SUCCESS};

use crate::Ndis;
use crate::door::call;
use crate::door::raw::Raw;
use crate::door::structure;
use crate::flight::InFlight;
use crate::switches::{BindEvents, Forwarding};
use journal::NdisFact;
use kernel::world::World;

use super::stack::{Behaviour, Foreign, Habit, Layer};
use crate::id::{AdapterId, ModuleId};

/// Sends an event up an adapter's stack; gives what comes back at the bottom.
pub fn deliver(world: &World, adapter: AdapterId, raw: Raw, code: u32) -> NDIS_STATUS {
    let raw = raw.of_age(crate::switches::of(world).headers);
    let address = raw.address();
    let broadcast = crate::switches::of(world).forwarding == Forwarding::Broadcast;
    let flight = InFlight { raw: Rc::new(raw), code, adapter, directed: broadcast };
    launch(world, flight);
    let status = if broadcast {
        to_each(world, adapter, address, code)
    } else {
        climb(world, adapter, 0, address, code)
    };
    land(world, address);
    let name = world.of::<Ndis>().borrow().adapters[adapter].name.clone();
    world.record(NdisFact::Result { adapter: name, code, status: status.0 });
    status
}

/// Sends an event with a well-formed payload of the host's making.
pub fn send(world: &World, adapter: AdapterId, code: u32) -> NDIS_STATUS {
    let raw = structure::net_pnp_event(world, adapter, code);
    deliver(world, adapter, raw, code)
}

/// NetEventPause and NetEventRestart go to bindings; whether filters see them is a switch.
pub fn to_bindings(world: &World, adapter: AdapterId, code: u32) {
    match crate::switches::of(world).bind_events {
        BindEvents::Delivered => {
            let _ = send(world, adapter, code);
        }
        BindEvents::Withheld => {
            let _ = protocols(world, adapter, code);
        }
    }
}

/// Sends an event to one module, past everyone else.
pub fn to_module(world: &World, module: ModuleId, code: u32) {
    let adapter = world.of::<Ndis>().borrow().modules[module].adapter;
    let raw = structure::net_pnp_event(world, adapter, code);
    let address = raw.address();
    launch(world, InFlight { raw: Rc::new(raw), code, adapter, directed: true });
    let status = call::filter_net_pnp_event(world, module, address, code);
    land(world, address);
    if let Some(status) = status {
        let name = world.of::<Ndis>().borrow().adapters[adapter].name.clone();
        world.record(NdisFact::Result { adapter: name, code, status: status.0 });
    }
}

/// Notes that a structure is on its way, so that a forward of it is recognised.
pub fn launch(world: &World, flight: InFlight) {
    world.of::<Ndis>().borrow_mut().in_flight.push(flight);
}

/// The structure's journey is over.
pub fn land(world: &World, address: usize) {
    world.of::<Ndis>().borrow_mut().in_flight.retain(|flight| flight.raw.address() != address);
}

/// NdisFNetPnPEvent of a module: everyone above it, then back.
pub fn forward(world: &World, module: ModuleId, address: usize, code: u32) -> NDIS_STATUS {
    let (layer, adapter, directed) = {
        let ndis = world.of::<Ndis>().borrow();
        let flight = ndis.in_flight.iter().find(|flight| flight.raw.address() == address);
        let directed = flight.is_some_and(|flight| flight.directed);
        (ndis.layer_of(module), ndis.modules[module].adapter, directed)
    };
    match layer {
        Some(layer) if !directed => climb(world, adapter, layer + 1, address, code),
        _ => NDIS_STATUS_SUCCESS,
    }
}

/// NDIS calls each filter itself and heeds the first failure; a forward carries the event nowhere.
fn to_each(world: &World, adapter: AdapterId, address: usize, code: u32) -> NDIS_STATUS {
    let mut answer = NDIS_STATUS_SUCCESS;
    let layers = world.of::<Ndis>().borrow().adapters[adapter].layers.clone();
    for layer in layers {
        let status = match layer {
            Layer::Module(module) => call::filter_net_pnp_event(world, module, address, code)
                .unwrap_or(NDIS_STATUS_SUCCESS),
            Layer::Foreign(foreign) => {
                let (held_100ns, veto) = take_time(world, &foreign.habits, code);
                let status = if veto { NDIS_STATUS_FAILURE } else { NDIS_STATUS_SUCCESS };
                saw(world, adapter, foreign.name, code, status, held_100ns);
                status
            }
        };
        if answer == NDIS_STATUS_SUCCESS {
            answer = status;
        }
    }
    let above = protocols(world, adapter, code);
    if answer == NDIS_STATUS_SUCCESS { above } else { answer }
}

/// Visits the layers from `layer` up, then the protocols.
fn climb(
    world: &World,
    adapter: AdapterId,
    layer: usize,
    address: usize,
    code: u32,
) -> NDIS_STATUS {
    let here = world.of::<Ndis>().borrow().adapters[adapter].layers.get(layer).cloned();
    match here {
        None => protocols(world, adapter, code),
        Some(Layer::Module(module)) => {
            match call::filter_net_pnp_event(world, module, address, code) {
                Some(status) => status,
                // No handler: NDIS skips to the next one.
                None => climb(world, adapter, layer + 1, address, code),
            }
        }
        Some(Layer::Foreign(foreign)) => {
            let (held_100ns, veto) = take_time(world, &foreign.habits, code);
            let mut above = NDIS_STATUS_SUCCESS;
            for _ in 0..times_passed_on(&foreign.habits, code) {
                above = climb(world, adapter, layer + 1, address, code);
            }
            let status = if veto { NDIS_STATUS_FAILURE } else { above };
            saw(world, adapter, foreign.name, code, status, held_100ns);
            status
        }
    }
}

/// Every bound protocol, in order; the first failure is the answer.
pub fn protocols(world: &World, adapter: AdapterId, code: u32) -> NDIS_STATUS {
    let bindings = world.of::<Ndis>().borrow().adapters[adapter].bindings.clone();
    let mut answer = NDIS_STATUS_SUCCESS;
    for binding in bindings.into_iter().filter(|binding| binding.bound) {
        let (held_100ns, veto) = take_time(world, &binding.habits, code);
        let status = if veto { NDIS_STATUS_FAILURE } else { NDIS_STATUS_SUCCESS };
        saw(world, adapter, binding.protocol, code, status, held_100ns);
        if answer == NDIS_STATUS_SUCCESS {
            answer = status;
        }
    }
    answer
}

/// A foreign filter's FilterPause or FilterRestart: a habit about NetEventPause or NetEventRestart,
/// which are for protocols, is about that.
pub fn foreign_takes_time(world: &World, adapter: AdapterId, foreign: Foreign, code: u32) {
    let (held_100ns, _) = take_time(world, &foreign.habits, code);
    if held_100ns > 0 {
        saw(world, adapter, foreign.name, code, NDIS_STATUS_SUCCESS, held_100ns);
    }
}

/// Lets the time pass that a component takes over an event; says whether it refuses it.
fn take_time(world: &World, habits: &[Habit], code: u32) -> (u64, bool) {
    let (mut held, mut veto) = (0, false);
    for behaviour in own(habits, code) {
        match behaviour {
            Behaviour::Holds { for_100ns } => held += for_100ns,
            Behaviour::Vetoes => veto = true,
            Behaviour::Swallows | Behaviour::Repeats => {}
        }
    }
    world.sleep(held);
    (held, veto)
}

/// How often a foreign filter passes an event on: once, unless it has a habit.
fn times_passed_on(habits: &[Habit], code: u32) -> u32 {
    let has = |wanted| own(habits, code).any(|behaviour| behaviour == wanted);
    match (has(Behaviour::Swallows), has(Behaviour::Repeats)) {
        (true, _) => 0,
        (false, true) => 2,
        (false, false) => 1,
    }
}

/// What is done with this event.
fn own(habits: &[Habit], code: u32) -> impl Iterator<Item = Behaviour> + '_ {
    habits.iter().filter(move |habit| habit.event == code).map(|habit| habit.behaviour)
}

fn saw(
    world: &World,
    adapter: AdapterId,
    component: String,
    code: u32,
    status: NDIS_STATUS,
    held_100ns: u64,
) {
    let adapter = world.of::<Ndis>().borrow().adapters[adapter].name.clone();
    world.record(NdisFact::Saw { component, adapter, code, status: status.0, held_100ns });
}
