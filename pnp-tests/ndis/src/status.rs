//! Status indications: from the miniport up (ddi:ndis/nc-ndis-filter_status).

use std::rc::Rc;

use driver_abi::ndis::status::NDIS_STATUS;

use crate::Ndis;
use crate::door::call;
use crate::door::raw::Raw;
use crate::door::structure;
use crate::given::{RawBuffer, WakeReason};
use journal::NdisFact;
use kernel::world::World;

use super::net_pnp::{land, launch};
use super::stack::Layer;
use crate::flight::InFlight;
use crate::id::{AdapterId, ModuleId};

/// Indicates a status at DISPATCH_LEVEL, where miniports mostly do.
fn indicate(world: &World, adapter: AdapterId, raw: Raw, code: NDIS_STATUS) {
    let address = raw.address();
    let code = code.0.cast_unsigned();
    launch(world, InFlight { raw: Rc::new(raw), code, adapter, directed: false });
    climb(world, adapter, 0, address, code);
    land(world, address);
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
    let address = raw.address();
    let code = code.0.cast_unsigned();
    launch(world, InFlight { raw: Rc::new(raw), code, adapter, directed: false });
    climb(world, adapter, layer, address, code);
    land(world, address);
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
    forward(world, module, address, code);
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
