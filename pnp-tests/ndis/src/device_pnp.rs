//! Device PnP events: from the top of a stack down to the miniport
//! (ddi:ndis/nc-ndis-filter_device_pnp_event_notify).

use std::rc::Rc;

use driver_abi::ndis::device_pnp::{NDIS_DEVICE_PNP_EVENT as Code, NDIS_POWER_PROFILE};

use crate::Ndis;
use crate::door::call;
use crate::door::structure;
use crate::given::RawBuffer;
use kernel::world::World;

use super::net_pnp::{land, launch};
use super::stack::{self, Layer};
use crate::flight::InFlight;
use crate::id::{AdapterId, ModuleId};

/// Sends a device event down.
pub fn deliver(world: &World, adapter: AdapterId, code: u32, buffer: &RawBuffer) {
    let raw = structure::device_pnp_event(code, buffer);
    let address = raw.address();
    launch(world, InFlight { raw: Rc::new(raw), code, adapter, directed: false });
    let top = world.of::<Ndis>().borrow().adapters[adapter].layers.len();
    descend(world, adapter, top, address, code);
    land(world, address);
}

/// NdisDevicePnPEventPowerProfileChanged.
pub fn power_profile(world: &World, adapter: AdapterId, ac: bool) {
    let profile = if ac {
        NDIS_POWER_PROFILE::NdisPowerProfileAcOnLine
    } else {
        NDIS_POWER_PROFILE::NdisPowerProfileBattery
    };
    let buffer = RawBuffer::Bytes(profile.0.to_le_bytes().to_vec());
    deliver(world, adapter, Code::NdisDevicePnPEventPowerProfileChanged.0, &buffer);
}

/// NdisDevicePnPEventFilterListChanged.
pub fn filter_list_changed(world: &World, adapter: AdapterId) {
    let code = Code::NdisDevicePnPEventFilterListChanged.0;
    deliver(world, adapter, code, &RawBuffer::Absent);
}

/// NdisFDevicePnPEventNotify of a module: everyone below it.
pub fn forward(world: &World, module: ModuleId, address: usize, code: u32) {
    let (layer, adapter) = {
        let ndis = world.of::<Ndis>().borrow();
        (ndis.layer_of(module), ndis.modules[module].adapter)
    };
    if let Some(layer) = layer {
        descend(world, adapter, layer, address, code);
    }
}

/// Visits the layers below `layer`, then the miniport.
fn descend(world: &World, adapter: AdapterId, layer: usize, address: usize, code: u32) {
    let Some(below) = layer.checked_sub(1) else {
        stack::miniport(world, adapter, &format!("MiniportDevicePnPEventNotify {code}"));
        return;
    };
    let here = world.of::<Ndis>().borrow().adapters[adapter].layers[below].clone();
    let called = match here {
        Layer::Module(module) => call::filter_device_pnp_event(world, module, address, code),
        Layer::Foreign(_) => false,
    };
    if !called {
        descend(world, adapter, below, address, code);
    }
}
