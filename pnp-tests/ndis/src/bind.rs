//! Protocol bindings come and go; for a filter that is a pause and a restart each
//! (docs:network/pausing-a-driver-stack; contract e18).

use crate::Ndis;
use kernel::world::World;

use super::pause;
use crate::id::AdapterId;

/// Unbinds a protocol from an adapter and binds it again.
pub fn rebind(world: &World, adapter: AdapterId, protocol: &str) {
    for bound in [false, true] {
        pause::pause(world, adapter);
        let mut ndis = world.of::<Ndis>().borrow_mut();
        for binding in &mut ndis.adapters[adapter].bindings {
            if binding.protocol == protocol {
                binding.bound = bound;
            }
        }
        drop(ndis);
        pause::restart(world, adapter);
    }
}
