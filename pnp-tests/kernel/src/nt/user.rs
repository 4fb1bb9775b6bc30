//! A user of the driver's control device: opens it, tries what there is, keeps a request waiting.

use crate::door::irp::Parameters;
use crate::world::World;

use super::io::{self, DEVICE_CONTROL, Handle, READ, WRITE};

/// The user who has the driver's device open, if one has.
pub type Visitor = Option<Handle>;

/// CTL_CODE(FILE_DEVICE_NETWORK, function, method, FILE_ANY_ACCESS): the codes that drivers of
/// network components mostly use, and one that nobody does, in all four methods.
const FUNCTIONS: [u32; 6] = [0x800, 0x801, 0x802, 0x803, 0x804, 0xFFF];
const FILE_DEVICE_NETWORK: u32 = 0x12;
/// Input and output lengths.
const LENGTHS: [(usize, usize); 3] = [(0, 0), (4, 16), (256, 256)];
/// Requests that are left waiting, at most.
const WAITING_MAX: usize = 2;

/// The user comes, if there is a device that it can name and it is not here already.
pub fn visit(world: &World) {
    if world.of::<Visitor>().borrow().is_some() {
        return;
    }
    let Some(device) = io::reachable(world) else { return };
    let Some(handle) = io::open(world, device) else { return };
    let mut waiting = 0;
    for function in FUNCTIONS {
        for method in 0..4 {
            for (input, output_length) in LENGTHS {
                if waiting == WAITING_MAX {
                    break;
                }
                let code = FILE_DEVICE_NETWORK << 16 | function << 2 | method;
                let input = vec![0x11; input];
                let asked = Parameters { major: DEVICE_CONTROL, code, input, output_length };
                waiting += usize::from(handle.request(world, &asked) == io::PENDING);
            }
        }
    }
    for major in [READ, WRITE] {
        let asked = Parameters { major, code: 0, input: vec![0; 64], output_length: 64 };
        let _ = handle.request(world, &asked);
    }
    *world.of::<Visitor>().borrow_mut() = Some(handle);
}

/// The user goes: cancels the oldest request that waits, leaves the rest to the driver's cleanup.
pub fn leave(world: &World) {
    let handle = world.of::<Visitor>().borrow_mut().take();
    if let Some(handle) = handle {
        handle.cancel(world, 1);
        handle.close(world);
    }
}
