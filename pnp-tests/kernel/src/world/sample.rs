//! A machine without a driver, for tests of what the kernel does.

use std::path::Path;
use std::rc::Rc;

use image::ImageFile;
use image_builder::Pe;
use journal::Journal;

use super::World;
use super::fault::Faults;
use super::thread::Rest;
use crate::door::ntoskrnl::Ntoskrnl;
use crate::machine::gate;
use crate::nt;
use crate::nt::driver::DriverFile;
use crate::world::subsystem::Subsystems;

/// Runs `body` on a kernel thread at PASSIVE_LEVEL, until the machine comes to rest. With a seed
/// other than 0, threads lose their turns at crossings. A failed assertion in `body` fails the test.
pub fn machine(seed: u64, body: impl FnOnce(&World) + 'static) -> (Rest, Journal) {
    let world = unstarted(seed);
    let rest = super::run(&world, body);
    (rest, world.take_journal())
}

/// The machine before anything runs on it.
pub fn unstarted(seed: u64) -> Rc<World> {
    const SUBSYSTEMS: Subsystems = &[&Ntoskrnl];
    // A driver that nobody starts.
    let driver = Pe::importing(&[("ntoskrnl.exe", &["KeBugCheckEx"])]).build();
    let driver = ImageFile::parse(Path::new("monitor.sys"), &driver).expect("a right driver");
    let program = Rc::new(DriverFile::new(driver, SUBSYSTEMS).expect("it loads"));
    let interleaves = seed != 0;
    let slots = nt::slots(program);
    gate::open();
    World::new(SUBSYSTEMS, slots, (seed, interleaves), Faults::default(), false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::fiber::{self, Wait};
    use crate::world::{CROSSINGS_MAX, SECOND};

    #[test]
    fn a_wait_with_a_time_limit_ends_when_the_clock_reaches_it() {
        let (rest, _) = machine(0, |world| {
            let never = Rc::new(std::cell::Cell::new(false));
            assert!(!world.wait_for_until(&never, 500));
            assert_eq!(world.clock.get(), 500);
        });
        assert!(matches!(rest, Rest::Done));
    }

    #[test]
    fn calls_are_counted_for_each_second_that_passes_and_not_for_all_of_it() {
        let (rest, _) = machine(0, |world| {
            world.threads.spawn("watchdog".to_owned(), || {
                let world = crate::world::current();
                for _ in 0..60 {
                    let calls = CROSSINGS_MAX / 20;
                    assert!(!(0..calls).any(|_| world.has_crossed_too_often()));
                    fiber::wait(Wait::Until(world.clock.get() + SECOND / 2));
                }
            });
            world.sleep(60 * SECOND);
            assert!((0..=CROSSINGS_MAX).any(|_| world.has_crossed_too_often()), "at one time");
        });
        assert!(matches!(rest, Rest::Done));
    }

    #[test]
    fn a_thread_that_nobody_wakes_is_a_deadlock() {
        let (rest, _) = machine(0, |_| fiber::wait(Wait::On(Rc::default())));
        assert!(matches!(rest, Rest::Deadlock { .. }));
    }
}
