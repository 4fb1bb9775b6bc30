//! Start, disable, removal (contract e3, e4, e14, e16).

use driver_abi::ndis::device_pnp::NDIS_DEVICE_PNP_EVENT as DeviceCode;
use driver_abi::ndis::net_pnp::NET_PNP_EVENT_CODE as Code;
use driver_abi::ndis::status::NDIS_STATUS_SUCCESS;

use crate::Ndis;
use crate::given::RawBuffer;
use kernel::world::World;

use super::attach;
use super::device_pnp;
use super::net_pnp;
use super::oid;
use super::pause;
use super::send;
use super::stack;
use crate::id::AdapterId;

/// The device is started: initialise, attach bottom to top, bind, restart
/// (docs:network/starting-a-driver-stack).
pub fn start(world: &World, adapter: AdapterId) {
    if world.of::<Ndis>().borrow().adapters[adapter].initialised {
        return;
    }
    stack::miniport(world, adapter, "MiniportInitializeEx");
    {
        let mut ndis = world.of::<Ndis>().borrow_mut();
        let this = &mut ndis.adapters[adapter];
        this.initialised = true;
        this.gone = false;
        this.attributes_changed = true;
        this.link_up = false;
        // Protocols that bind set it anew.
        this.packet_filter = 0;
    }
    attach::attach_missing(world, adapter);
    for binding in &mut world.of::<Ndis>().borrow_mut().adapters[adapter].bindings {
        binding.bound = true;
    }
    device_pnp::power_profile(world, adapter, true);
    pause::restart(world, adapter);
}

/// The adapter is disabled: query remove, then, unless someone objects, tear down and halt
/// (docs:network/removing-a-nic).
pub fn disable(world: &World, adapter: AdapterId) {
    let answer = net_pnp::send(world, adapter, Code::NetEventQueryRemoveDevice.0);
    if answer != NDIS_STATUS_SUCCESS {
        let _ = net_pnp::send(world, adapter, Code::NetEventCancelRemoveDevice.0);
        return;
    }
    tear_down(world, adapter, "MiniportHaltEx DeviceDisabled");
}

/// A query is withdrawn: the module keeps whatever state it had (contract e16).
pub fn removal_refused(world: &World, adapter: AdapterId) {
    let _ = net_pnp::send(world, adapter, Code::NetEventQueryRemoveDevice.0);
    let _ = net_pnp::send(world, adapter, Code::NetEventCancelRemoveDevice.0);
}

/// The hardware is gone
/// (docs:network/processing-the-surprise-removal-of-a-nic--windows-7-and-later-versions-; contract
/// e14). The query cannot be refused.
pub fn surprise(world: &World, adapter: AdapterId) {
    let _ = net_pnp::send(world, adapter, Code::NetEventQueryRemoveDevice.0);
    world.of::<Ndis>().borrow_mut().adapters[adapter].gone = true;
    let code = DeviceCode::NdisDevicePnPEventSurpriseRemoved.0;
    device_pnp::deliver(world, adapter, code, &RawBuffer::Absent);
    // Hardware that is gone sends nothing more; what it was asked stays unanswered until the halt.
    send::abort_all(world, adapter);
    tear_down(world, adapter, "MiniportHaltEx SurpriseRemoved");
}

/// TEARDOWN: pause, PreDetach (its place is a switch), unbind, detach top to bottom
/// (docs:network/stopping-a-driver-stack).
pub fn tear_down(world: &World, adapter: AdapterId, halt: &str) {
    attach::predetach_before(world, adapter);
    pause::pause(world, adapter);
    for binding in &mut world.of::<Ndis>().borrow_mut().adapters[adapter].bindings {
        binding.bound = false;
    }
    attach::detach_all(world, adapter);
    oid::abort_all(world, adapter);
    stack::miniport(world, adapter, halt);
    let mut ndis = world.of::<Ndis>().borrow_mut();
    ndis.adapters[adapter].initialised = false;
    ndis.adapters[adapter].asleep = None;
}
