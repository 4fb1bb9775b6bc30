//! Calling one callback of an image many times, for the benches.

use std::rc::Rc;

use crate::door::{call, structure};
use crate::ndis::net_pnp::{self, InFlight};
use crate::nt::driver::{self, Program};
use crate::scenario::ast::{RawBuffer, Scenario};
use crate::scenario::play;
use crate::world::thread::Rest;
use crate::world::{self};

/// Loads the driver into the machine of `scenario`, and lets `body` have FilterNetPnPEvent of the
/// lowest module called, as often as it asks for, with the same notification each time. The journal
/// stands still meanwhile.
///
/// # Errors
///
/// When the driver attached no module, or stopped the machine.
pub fn net_pnp_event(
    program: &Rc<Program>,
    scenario: &Scenario,
    event: (u32, Vec<u8>),
    body: impl FnOnce(&dyn Fn(u32)) + 'static,
) -> Result<(), String> {
    let world = play::set_up(program, scenario, 0);
    world::enter(&world);
    let attached = world.threads.spawn("System".to_owned(), move || {
        let world = world::current();
        driver::load(&world);
        if world.ndis.borrow().modules_of(0).is_empty() {
            return;
        }
        let (code, bytes) = event;
        let raw = Rc::new(structure::scripted_event(code, &RawBuffer::Bytes(bytes)));
        let address = raw.address();
        net_pnp::launch(&world, InFlight { raw, code, adapter: 0, directed: false });
        world.recording.set(false);
        body(&|times| {
            for _ in 0..times {
                let _ = call::filter_net_pnp_event(&world, 0, address, code);
            }
        });
        world.recording.set(true);
        net_pnp::land(&world, address);
        driver::unload(&world);
    });
    match world.threads.run(&world.clock) {
        Rest::Done if attached.get() => Ok(()),
        rest => Err(format!("the driver did not get through: {rest:?}")),
    }
}
