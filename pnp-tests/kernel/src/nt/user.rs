//! Users of the driver's control device: one opens it, tries what there is and keeps a request waiting; another
//! comes and goes while the driver is busy with something else.

use std::cell::Cell;
use std::rc::Rc;

use crate::door::irp::Parameters;
use crate::world::{self, MS, World};

use super::io::{self, DEVICE_CONTROL, Handle, READ, WRITE};
use super::program;

/// The users of the driver's device.
#[derive(Debug, Default)]
pub struct Visitors {
    /// The one who has it open all the time.
    guest: Option<Handle>,
    /// Set when the one who comes and goes has gone.
    passer_by: Option<Rc<Cell<bool>>>,
    /// The driver is being unloaded: nobody gets in any more.
    closed: bool,
}

/// CTL_CODE(FILE_DEVICE_NETWORK, function, method, FILE_ANY_ACCESS): the codes that drivers of
/// network components mostly use, and one that nobody does, in all four methods.
const FUNCTIONS: [u32; 6] = [0x800, 0x801, 0x802, 0x803, 0x804, 0xFFF];
const FILE_DEVICE_NETWORK: u32 = 0x12;
/// Input and output lengths.
const LENGTHS: [(usize, usize); 3] = [(0, 0), (4, 16), (256, 256)];
/// Requests that are left waiting, at most.
const WAITING_MAX: usize = 2;
/// What a user thinks between two requests.
const PAUSE: u64 = MS / 50;

/// The codes that everybody tries, and those that the image itself mentions.
fn codes(world: &World) -> Vec<u32> {
    let usual = FUNCTIONS.into_iter().flat_map(|function| {
        (0..4).map(move |method| FILE_DEVICE_NETWORK << 16 | function << 2 | method)
    });
    let own = program::program(world).control_codes.clone();
    let mut codes: Vec<u32> = usual.collect();
    codes.extend(own.into_iter().filter(|code| !codes.contains(code)).collect::<Vec<_>>());
    codes
}

/// The guest comes, if there is a device that it can name and it is not here already.
pub fn visit(world: &World) {
    if world.of::<Visitors>().borrow().guest.is_some() {
        return;
    }
    let Some(device) = io::reachable(world) else { return };
    let Some(handle) = io::open(world, device) else { return };
    let mut waiting = 0;
    for code in codes(world) {
        for (input, output_length) in LENGTHS {
            if waiting == WAITING_MAX {
                break;
            }
            let input = vec![0x11; input];
            let asked = Parameters { major: DEVICE_CONTROL, code, input, output_length };
            waiting += usize::from(handle.request(world, &asked) == io::PENDING);
        }
    }
    for major in [READ, WRITE] {
        let asked = Parameters { major, code: 0, input: vec![0; 64], output_length: 64 };
        let _ = handle.request(world, &asked);
    }
    world.of::<Visitors>().borrow_mut().guest = Some(handle);
}

/// Starts another user, on a thread of its own, with the codes that the image mentions, who goes when it has tried
/// them: whatever the driver is busy with.
pub fn pass_by(world: &World) {
    let codes = program::program(world).control_codes.clone();
    let here = {
        let visitors = world.of::<Visitors>().borrow();
        visitors.closed || visitors.passer_by.as_ref().is_some_and(|gone| !gone.get())
    };
    if here || codes.is_empty() || io::reachable(world).is_none() {
        return;
    }
    let gone = world.threads.spawn("user".to_owned(), move || {
        let world = world::current();
        let Some(device) = io::reachable(&world) else { return };
        let Some(handle) = io::open(&world, device) else { return };
        for code in codes {
            let input = vec![0; 256];
            let asked = Parameters { major: DEVICE_CONTROL, code, input, output_length: 256 };
            let _ = handle.request(&world, &asked);
            world.sleep(PAUSE);
        }
        handle.close(&world);
    });
    world.of::<Visitors>().borrow_mut().passer_by = Some(gone);
}

/// A driver is there again.
pub fn open_house(world: &World) {
    world.of::<Visitors>().borrow_mut().closed = false;
}

/// Sends all users away, as they must go before Windows unloads the driver: the guest cancels the oldest request that waits
/// and leaves the rest to the driver's cleanup.
pub fn leave(world: &World) {
    let (guest, passer_by) = {
        let mut visitors = world.of::<Visitors>().borrow_mut();
        visitors.closed = true;
        (visitors.guest.take(), visitors.passer_by.take())
    };
    if let Some(gone) = passer_by {
        world.wait_for(&gone);
    }
    if let Some(handle) = guest {
        handle.cancel(world, 1);
        handle.close(world);
    }
}
