//! What miniports, administrators and other filters do to a stack that runs (contract e15, e17, e19,
//! e22, e26, e27, e32, e33).

use driver_abi::ndis::device_pnp::NDIS_DEVICE_PNP_EVENT as DeviceCode;
use driver_abi::ndis::net_pnp::NET_PNP_EVENT_CODE as Code;
use driver_abi::ndis::status::NDIS_STATUS_SUCCESS;

use crate::Ndis;
use crate::given::RawBuffer;
use kernel::world::{MS, World};

use super::attach;
use super::chain;
use super::device_pnp;
use super::net_pnp;
use super::pause;
use super::pnp;
use super::port;
use super::send;
use super::stack;
use crate::id::AdapterId;

/// NetEventRequirePause, a reconfiguration, NetEventAllowStart: both events end at NDIS
/// (ddi:netpnp/ns-netpnp-_net_pnp_event; contract e32).
pub fn require_pause(world: &World, adapter: AdapterId) {
    if !world.of::<Ndis>().borrow().adapters[adapter].running {
        return;
    }
    stack::miniport(world, adapter, "NetEventRequirePause");
    pause::pause(world, adapter);
    // A miniport has a second.
    world.sleep(800 * MS);
    stack::miniport(world, adapter, "NetEventAllowStart");
    world.of::<Ndis>().borrow_mut().adapters[adapter].attributes_changed = true;
    pause::restart(world, adapter);
}

/// NetEventInhibitBindsAbove: returns when nothing is attached or bound
/// (ddi:netpnp/ns-netpnp-_net_pnp_event; contract e33).
pub fn inhibit_binds(world: &World, adapter: AdapterId) {
    stack::miniport(world, adapter, "NetEventInhibitBindsAbove");
    attach::predetach_before(world, adapter);
    pause::pause(world, adapter);
    bind_all(world, adapter, false);
    attach::detach_all(world, adapter);
}

/// NetEventAllowBindsAbove: everything comes back.
pub fn allow_binds(world: &World, adapter: AdapterId) {
    stack::miniport(world, adapter, "NetEventAllowBindsAbove");
    if !world.of::<Ndis>().borrow().adapters[adapter].initialised {
        return;
    }
    world.of::<Ndis>().borrow_mut().adapters[adapter].attributes_changed = true;
    attach::attach_missing(world, adapter);
    bind_all(world, adapter, true);
    pause::restart(world, adapter);
}

fn bind_all(world: &World, adapter: AdapterId, bound: bool) {
    for binding in &mut world.of::<Ndis>().borrow_mut().adapters[adapter].bindings {
        binding.bound = bound;
    }
}

/// IRP_MN_QUERY_STOP_DEVICE has the code of a removal (docs:network/stopping-a-nic; contract e17).
pub fn stop(world: &World, adapter: AdapterId) {
    let answer = net_pnp::send(world, adapter, Code::NetEventQueryRemoveDevice.0);
    if answer == NDIS_STATUS_SUCCESS {
        pnp::tear_down(world, adapter, "MiniportHaltEx DeviceStopped");
    } else {
        let _ = net_pnp::send(world, adapter, Code::NetEventCancelRemoveDevice.0);
    }
}

/// The order of Windows Vista: the device event, a long gap with the module attached and the hardware
/// gone, then the removal
/// (docs:network/processing-the-surprise-removal-of-a-nic--windows-vista-; contract e15).
pub fn surprise_vista(world: &World, adapter: AdapterId) {
    let _ = net_pnp::send(world, adapter, Code::NetEventQueryRemoveDevice.0);
    world.of::<Ndis>().borrow_mut().adapters[adapter].gone = true;
    let code = DeviceCode::NdisDevicePnPEventSurpriseRemoved.0;
    device_pnp::deliver(world, adapter, code, &RawBuffer::Absent);
    send::abort_all(world, adapter);
    world.sleep(3_000 * MS);
    pnp::tear_down(world, adapter, "MiniportHaltEx SurpriseRemoved");
}

/// A mandatory filter comes: protocols are unbound and bound again, not paused
/// (docs:network/mandatory-filter-drivers; contract e19).
pub fn mandatory_rebind(world: &World, adapter: AdapterId) {
    if !world.of::<Ndis>().borrow().adapters[adapter].running {
        return;
    }
    bind_all(world, adapter, false);
    pause::pause(world, adapter);
    world.of::<Ndis>().borrow_mut().adapters[adapter].attributes_changed = true;
    pause::restart(world, adapter);
    bind_all(world, adapter, true);
}

/// The binding of the filter under test is disabled on this adapter: its modules go, the adapter
/// stays (nmap/npcap#250; contract e26).
pub fn own_binding_off(world: &World, adapter: AdapterId) {
    chain::change(world, adapter, attach::predetach_before, attach::detach_all);
}

/// Enables the binding again.
pub fn own_binding_on(world: &World, adapter: AdapterId) {
    chain::change(world, adapter, chain::nothing, attach::attach_missing);
}

/// A miniport that controls its default port activates it: only now are protocols bound and modules
/// attached (docs:network/activating-an-ndis-port; contract e22).
pub fn default_port_on(world: &World, adapter: AdapterId) {
    if world.of::<Ndis>().borrow().adapters[adapter].initialised {
        allow_binds(world, adapter);
        port::activate(world, adapter, &[0]);
    }
}

/// Deactivates the default port: every binding is closed (docs:network/deactivating-an-ndis-port).
pub fn default_port_off(world: &World, adapter: AdapterId) {
    port::deactivate(world, adapter, &[0]);
    inhibit_binds(world, adapter);
}

/// A pause and a restart of the whole stack, as NdisFRestartFilter brings about (contract e27).
pub fn restart_stack(world: &World, adapter: AdapterId) {
    if world.of::<Ndis>().borrow().adapters[adapter].running {
        pause::pause(world, adapter);
        pause::restart(world, adapter);
    }
}
