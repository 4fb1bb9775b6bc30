//! Port activation and deactivation, issued by the miniport and re-issued upward by NDIS
//! (docs:network/activating-an-ndis-port, docs:network/deactivating-an-ndis-port).

use driver_abi::ndis::net_pnp::NET_PNP_EVENT_CODE as Code;

use crate::door::raw::Raw;
use crate::door::structure;
use crate::switches::Delivery;
use kernel::world::World;

use super::net_pnp;
use crate::id::AdapterId;

/// NetEventPortActivation for these ports, as one list.
pub fn activate(world: &World, adapter: AdapterId, ports: &[u32]) {
    let raw = structure::port_activation(ports);
    to_stack(world, adapter, raw, Code::NetEventPortActivation.0);
}

/// NetEventPortDeactivation for these ports, as one array.
pub fn deactivate(world: &World, adapter: AdapterId, ports: &[u32]) {
    let raw = structure::port_deactivation(ports);
    to_stack(world, adapter, raw, Code::NetEventPortDeactivation.0);
}

/// Whether filters see port events is inferred, not documented (contract c).
fn to_stack(world: &World, adapter: AdapterId, raw: Raw, code: u32) {
    match crate::switches::of(world).port_events {
        Delivery::Delivered => {
            let _ = net_pnp::deliver(world, adapter, raw, code);
        }
        Delivery::Withheld => {
            let _ = net_pnp::protocols(world, adapter, code);
        }
    }
}
