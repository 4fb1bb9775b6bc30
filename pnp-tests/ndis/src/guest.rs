//! What a virtual machine's adapter goes through (contract e35, e36, e38, e39). Most of it is inferred:
//! the guest is told little.

use driver_abi::ndis::net_pnp::NET_PNP_EVENT_CODE as Code;

use kernel::world::{MS, World};

use super::net_pnp;
use super::power;
use super::stack;
use super::status;
use crate::id::AdapterId;

/// NetDeviceStateD3.
const D3: u32 = 4;

/// System shutdown: MiniportShutdownEx, and possibly NetEventSetPower before it
/// (ddi:ndis/nc-ndis-miniport_shutdown; contract e35). No filter is detached.
pub fn shut_down(world: &World, adapter: AdapterId) {
    power::set_power(world, adapter, D3);
    stack::miniport(world, adapter, "MiniportShutdownEx");
}

/// The machine is saved and restored: nothing is called, time jumps, the channel is negotiated anew
/// (contract e36).
pub fn saved_and_restored(world: &World, adapter: AdapterId) {
    world.sleep(3_600_000 * MS);
    status::link_state(world, adapter, false);
    status::link_state(world, adapter, true);
}

/// Traffic moves to a virtual function; the synthetic adapter keeps its modules
/// (docs:network/sr-iov-vf-failover-and-live-migration-support; contract e39).
pub fn vf_added(world: &World, adapter: AdapterId) {
    stack::miniport(world, adapter, "data path to the virtual function");
    status::link_state(world, adapter, true);
}

/// Traffic moves to the synthetic path, the guest stands still, the function is offered again
/// (the same page; contract e38).
pub fn live_migrates(world: &World, adapter: AdapterId) {
    stack::miniport(world, adapter, "data path to the synthetic adapter");
    world.sleep(400 * MS);
    status::link_state(world, adapter, true);
    let _ = net_pnp::send(world, adapter, Code::NetEventPnPCapabilities.0);
    vf_added(world, adapter);
}
