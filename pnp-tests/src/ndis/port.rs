//! Port activation and deactivation, issued by the miniport and re-issued upward by NDIS
//! (docs:network/activating-an-ndis-port, docs:network/deactivating-an-ndis-port).

use ndis_abi::ndis::net_pnp::NET_PNP_EVENT_CODE as Code;

use crate::door::structure;
use crate::world::World;

use super::net_pnp;
use super::stack::AdapterId;

/// NetEventPortActivation for these ports, as one list.
pub fn activate(world: &World, adapter: AdapterId, ports: &[u32]) {
    let raw = structure::port_activation(ports);
    let _ = net_pnp::deliver(world, adapter, raw, Code::NetEventPortActivation.0);
}

/// NetEventPortDeactivation for these ports, as one array.
pub fn deactivate(world: &World, adapter: AdapterId, ports: &[u32]) {
    let raw = structure::port_deactivation(ports);
    let _ = net_pnp::deliver(world, adapter, raw, Code::NetEventPortDeactivation.0);
}
