//! The end of a machine, whatever its threads were about to do.

use std::rc::Rc;

use crate::world::{self, World};

/// Switches a machine off that has come to rest. What its threads had on their stacks is abandoned; its memory,
/// its stacks and its image are given back with `world`.
pub fn switch_off(world: &Rc<World>) {
    world.threads.abandon();
    world::leave();
    // A thread that was stopped still owns the machine, and will never say that it does not any more.
    while Rc::strong_count(world) > 1 {
        // SAFETY: only `world::enter` and kernel threads take more ownership of a machine than its maker has,
        // and neither is left: what is counted beyond this value lies on stacks that nothing will run on.
        unsafe { Rc::decrement_strong_count(Rc::as_ptr(world)) };
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::fs;

    use super::*;
    use crate::machine::block::Block;
    use crate::machine::fiber::{self, Wait};
    use crate::machine::{raw, space};
    use crate::nt::pool::{self, PoolRequest};
    use crate::world::sample;
    use crate::world::thread::Rest;

    /// A machine that is stopped with memory and threads in use; where two blocks of it lay.
    fn stopped() -> [usize; 2] {
        space::begin();
        let world = sample::unstarted(0);
        let found = Rc::new(Cell::new([0; 2]));
        let told = Rc::clone(&found);
        let rest = world::run(&world, move |world| {
            let ask = |paged| PoolRequest {
                bytes: 100,
                tag: *b"test",
                zeroed: false,
                paged,
                owner: None,
            };
            let blocks: Vec<_> = (0..400).map(|_| Block::new(100, 16)).collect();
            let pool = [false, true].map(|paged| pool::allocate(world, ask(paged)));
            for _ in 0..20 {
                world.threads.spawn("other".to_owned(), || fiber::wait(Wait::On(Rc::default())));
            }
            world.sleep(10);
            told.set([blocks[399].address(), pool[1].unwrap_or(0)]);
            fiber::wait(Wait::Stop);
        });
        assert!(matches!(rest, Rest::Stopped), "{rest:?}");
        switch_off(&world);
        found.get()
    }

    /// Mappings of the 64 GiB around an address.
    fn mappings(address: usize) -> usize {
        let maps = fs::read_to_string("/proc/self/maps").expect("it is Linux");
        let starts =
            maps.lines().filter_map(|line| usize::from_str_radix(line.split('-').next()?, 16).ok());
        starts.filter(|start| start >> 36 == address >> 36).count()
    }

    #[test]
    fn a_stopped_machine_leaves_nothing_behind_and_the_next_has_the_same_addresses() {
        let first = stopped();
        let before = mappings(first[0]);
        for _ in 0..50 {
            assert_eq!(stopped(), first);
        }
        assert_eq!(mappings(first[0]), before);
        space::begin();
        assert_eq!(raw::get::<u8>(Block::of([7_u8; 100]).address()), 7, "the space is of use");
    }
}
