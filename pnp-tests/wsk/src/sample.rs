//! A machine without a driver, for tests of what WSK does.

use std::path::Path;
use std::rc::Rc;

use image::ImageFile;
use image_builder::Pe;
use journal::{Fact, Journal, WskFact};
use kernel::door::ntoskrnl::Ntoskrnl;
use kernel::machine::gate;
use kernel::nt;
use kernel::nt::driver::DriverFile;
use kernel::world::fault::Faults;
use kernel::world::subsystem::Subsystems;
use kernel::world::thread::Rest;
use kernel::world::{self, World};

use crate::Wsk;
use crate::door::NetioSys;

/// Runs `body` on a kernel thread at PASSIVE_LEVEL, until the machine comes to rest. With a seed
/// other than 0, threads lose their turns at crossings. A failed assertion in `body` fails the test.
pub fn machine(seed: u64, body: impl FnOnce(&World) + 'static) -> (Rest, Journal) {
    const SUBSYSTEMS: Subsystems = &[&Ntoskrnl, &NetioSys];
    // A driver that nobody starts.
    let driver = Pe::importing(&[("netio.sys", &["WskRegister"])]).build();
    let driver = ImageFile::parse(Path::new("client.sys"), &driver).expect("a right driver");
    let program = Rc::new(DriverFile::new(driver, SUBSYSTEMS).expect("it loads"));
    let slots = nt::slots(program).with(Wsk::default());
    let interleaves = seed != 0;
    let world = World::new(SUBSYSTEMS, slots, (seed, interleaves), Faults::default(), false);
    gate::open();
    let rest = world::run(&world, body);
    (rest, world.take_journal())
}

/// The facts of WSK in the journal.
pub fn facts(journal: &Journal) -> impl Iterator<Item = &WskFact> {
    journal.entries().iter().filter_map(|entry| {
        let Fact::Wsk(fact) = &entry.fact else { return None };
        Some(fact)
    })
}
