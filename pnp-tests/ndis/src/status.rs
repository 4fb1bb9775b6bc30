//! Status indications: from the miniport up (ddi:ndis/nc-ndis-filter_status).

use std::rc::Rc;

use driver_abi::ndis::status::NDIS_STATUS;

use crate::Ndis;
use crate::door::call;
use crate::door::raw::Raw;
use crate::door::structure;
use crate::given::{RawBuffer, WakeReason};
use journal::{KernelFact, NdisFact};
use kernel::world::World;
use kernel::world::thread::DISPATCH;

use super::net_pnp::{land, launch};
use super::stack::Layer;
use crate::flight::InFlight;
use crate::id::{AdapterId, ModuleId};

/// The statuses of a burst, with the sizes of their buffers: NDIS_STATUS_MEDIA_SPECIFIC_INDICATION is what a vendor
/// makes of it, and the other is no status of Windows.
const BURST: [(u32, usize); 4] =
    [(0x4001_0012, 0), (0x4001_0012, 1), (0x4001_0012, 24), (0x4001_7FF1, 0)];

/// Indicates a status at DISPATCH_LEVEL, where miniports mostly do.
fn indicate(world: &World, adapter: AdapterId, raw: Raw, code: NDIS_STATUS) {
    at_dispatch(world, || indicate_here(world, adapter, 0, raw, code));
}

/// Indicates a status at the IRQL of the thread, from a layer up.
fn indicate_here(world: &World, adapter: AdapterId, layer: usize, raw: Raw, code: NDIS_STATUS) {
    let address = raw.address();
    let code = code.0.cast_unsigned();
    launch(world, InFlight { raw: Rc::new(raw), code, adapter, directed: false });
    climb(world, adapter, layer, address, code);
    land(world, address);
}

fn at_dispatch(world: &World, body: impl FnOnce()) {
    let thread = world.threads.current();
    let before = thread.irql.replace(DISPATCH.max(thread.irql.get()));
    body();
    thread.irql.set(before);
}

/// The statuses that miniports indicate all the time, and one that nobody has heard of: with no buffer, one byte, one that ends where its
/// length says; some at PASSIVE_LEVEL, some as the answer to a request
/// (ddi:ndis/ns-ndis-_ndis_status_indication).
pub fn burst(world: &World, adapter: AdapterId) {
    let (is_up, link_up, turn) = {
        let mut ndis = world.of::<Ndis>().borrow_mut();
        ndis.bursts += 1;
        let turn = ndis.bursts;
        let this = &ndis.adapters[adapter];
        let listens = ndis.filter.as_ref().is_some_and(|f| f.handlers.status.is_some());
        (listens && this.initialised && !this.gone && this.asleep.is_none(), this.link_up, turn)
    };
    if !is_up {
        return;
    }
    for (number, (code, length)) in (turn..).zip(BURST) {
        let buffer = match length {
            0 => RawBuffer::Absent,
            length => RawBuffer::Bytes(vec![0x5A; length]),
        };
        let code = NDIS_STATUS(code.cast_signed());
        let made = structure::scripted_status(code, &buffer);
        if number % 2 == 0 {
            indicate_here(world, adapter, 0, made.to_a_request(), code);
        } else {
            indicate(world, adapter, made, code);
        }
    }
    let (raw, code) = structure::link_state(link_up);
    indicate_here(world, adapter, 0, raw, code);
}

/// NDIS_STATUS_LINK_STATE.
pub fn link_state(world: &World, adapter: AdapterId, up: bool) {
    world.of::<Ndis>().borrow_mut().adapters[adapter].link_up = up;
    let (raw, code) = structure::link_state(up);
    indicate(world, adapter, raw, code);
}

/// A status with the buffer that a scenario gives.
pub fn scripted(world: &World, adapter: AdapterId, code: u32, buffer: &RawBuffer) {
    let code = NDIS_STATUS(code.cast_signed());
    indicate(world, adapter, structure::scripted_status(code, buffer), code);
}

/// Indicates the link state to one module and those above it.
pub fn link_state_to(world: &World, module: ModuleId, up: bool) {
    let (raw, code) = structure::link_state(up);
    let (adapter, layer) = {
        let ndis = world.of::<Ndis>().borrow();
        (ndis.modules[module].adapter, ndis.layer_of(module).unwrap_or(0))
    };
    at_dispatch(world, || indicate_here(world, adapter, layer, raw, code));
}

/// NDIS_STATUS_PM_WAKE_REASON: this adapter woke the machine.
pub fn wake_reason(world: &World, adapter: AdapterId, reason: WakeReason) {
    let (raw, code) = structure::wake_reason(reason);
    indicate(world, adapter, raw, code);
}

/// A status that a module makes itself: to everyone above it.
pub fn originate(world: &World, module: ModuleId, address: usize, code: u32) {
    let (name, attributes_set) = {
        let ndis = world.of::<Ndis>().borrow();
        (ndis.modules[module].name.clone(), ndis.modules[module].context.is_some())
    };
    world.record(NdisFact::OwnStatus { module: name, code, attributes_set });
    let unwritten = structure::unwritten_status_members(address);
    if !unwritten.is_empty() {
        let what = format!(
            "a status of its own was indicated with members that nobody has written: {}",
            unwritten.join(", ")
        );
        world.record(KernelFact::Garbage { what });
    }
    world.of::<Ndis>().borrow_mut().own_statuses.push((address, code));
    at_dispatch(world, || forward(world, module, address, code));
    let own = &mut world.of::<Ndis>().borrow_mut().own_statuses;
    if let Some(at) = own.iter().rposition(|(own, _)| *own == address) {
        own.remove(at);
    }
}

/// NdisFIndicateStatus of a module: everyone above it.
pub fn forward(world: &World, module: ModuleId, address: usize, code: u32) {
    let (layer, adapter) = {
        let ndis = world.of::<Ndis>().borrow();
        (ndis.layer_of(module), ndis.modules[module].adapter)
    };
    if let Some(layer) = layer {
        climb(world, adapter, layer + 1, address, code);
    }
}

fn climb(world: &World, adapter: AdapterId, layer: usize, address: usize, code: u32) {
    let here = world.of::<Ndis>().borrow().adapters[adapter].layers.get(layer).cloned();
    let called = match here {
        None => return,
        Some(Layer::Module(module)) => call::filter_status(world, module, address, code),
        Some(Layer::Foreign(_)) => false,
    };
    if !called {
        climb(world, adapter, layer + 1, address, code);
    }
}
