//! A machine without a driver, for tests of what the kernel and NDIS do.

use std::rc::Rc;

use super::fault::Faults;
use super::switches::Switches;
use super::thread::Rest;
use super::{World, enter};
use crate::door::gate;
use crate::image::smallest;
use crate::journal::Journal;
use crate::ndis::Ndis;
use crate::nt::driver::Program;

/// Runs `body` on a kernel thread at PASSIVE_LEVEL, until the machine comes to rest. With a seed
/// other than 0, threads lose their turns at crossings. A failed assertion in `body` fails the test.
pub fn machine(seed: u64, body: impl FnOnce(&World) + 'static) -> (Rest, Journal) {
    let program = Rc::new(Program::new(smallest()).expect("it loads"));
    let ndis = Ndis::new((6, 89));
    let world =
        World::new(program, (seed, seed != 0), Switches::default(), Faults::default(), false, ndis);
    enter(&world);
    gate::open();
    let inside = Rc::clone(&world);
    world.threads.spawn("System".to_owned(), move || body(&inside));
    let rest = world.threads.run(&world.clock);
    (rest, world.take_journal())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::fiber::{self, Wait};

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
    fn a_thread_that_nobody_wakes_is_a_deadlock() {
        let (rest, _) = machine(0, |_| fiber::wait(Wait::On(Rc::default())));
        assert!(matches!(rest, Rest::Deadlock { .. }));
    }
}
