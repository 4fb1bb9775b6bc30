//! Turns taken away between two instructions of the driver.
//!
//! - What goes on meanwhile is another processor: any thread that can move may, whatever the IRQL.
//! - The thread stands still until nobody else can move at this time, or until others have called the
//!   kernel very often: they may wait for it without saying so.
//! - An instruction that reads, computes and writes in one has read before the turn and writes after it,
//!   as it would beside another processor.

use std::collections::BTreeMap;

use inspect::blocks::Touch;

use super::{pool, program};
use crate::door::emulate;
use crate::machine::breakpoint::{self, Visit};
use crate::machine::fiber::{self, Wait};
use crate::machine::trap::Registers;
use crate::machine::{gate, preempt, raw};
use crate::world::{self, World, thread};

/// The treatment of instructions that touch memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plan {
    /// Nothing.
    #[default]
    None,
    /// It is noted where another thread could have moved.
    Note,
    /// The thread that comes by the instruction at `rva` for the `nth` time, from 1, stands still.
    Stand {
        /// The instruction.
        rva: u32,
        /// Which time.
        nth: u32,
    },
}

/// The turns of a run.
#[derive(Debug, Default)]
pub struct Race {
    /// The treatment.
    pub plan: Plan,
    /// How often each instruction was passed.
    passes: BTreeMap<u32, u32>,
    /// Instructions, and the passes at which another thread could have moved.
    contended: Vec<(u32, u32)>,
    /// What an instruction had read, and where, before the turn was taken away.
    stale: Option<(usize, Vec<u8>)>,
    /// How often a thread that seemed to hang has given way.
    hangs: u32,
    /// The time for which the thread that gives way next does so; None: until nobody else can move.
    until: Option<u64>,
}

/// Passes of one instruction that are looked at; the first two that are contended are noted.
const PASSES: u32 = 8;
const CONTENDED: usize = 2;
/// Bytes of `pause`.
const PAUSE: usize = 2;
/// Times that threads of a run may seem to hang because they wait for others without saying so.
const HANGS: u32 = 4;

/// The instructions that are visited in this run.
pub(super) fn visited(world: &World) -> Vec<u32> {
    let plan = world.of::<Race>().borrow().plan;
    let program = program::program(world);
    match plan {
        Plan::None => Vec::new(),
        Plan::Note => program.blocks().touches.keys().copied().collect(),
        Plan::Stand { rva, .. } => {
            let blocks = program.blocks();
            let named = Some(rva).filter(|rva| blocks.touches.contains_key(rva));
            named.into_iter().chain(blocks.pauses.iter().copied()).collect()
        }
    }
}

/// From here on the machine of this host thread takes turns away as the run says.
pub(super) fn begin() {
    breakpoint::visit_with(visit);
    preempt::give_way_with(give_way);
    preempt::be_patient_with(is_patient);
}

/// Instructions, and the passes at which another thread could have moved; by instruction.
pub fn take_contended(world: &World) -> Vec<(u32, u32)> {
    let mut contended = std::mem::take(&mut world.of::<Race>().borrow_mut().contended);
    contended.sort_unstable();
    contended
}

fn visit(rva: u32, registers: &Registers) -> Visit {
    let world = world::current();
    let program = program::program(&world);
    let blocks = program.blocks();
    if blocks.pauses.contains(&rva) {
        // Whoever spins waits for somebody.
        let waits = world.threads.somebody_stands();
        return if waits { Visit::SkipsAndGivesWay(PAUSE) } else { Visit::Skips(PAUSE) };
    }
    let mut race = world.of::<Race>().borrow_mut();
    let pass = race.passes.entry(rva).or_default();
    *pass += 1;
    let pass = *pass;
    match race.plan {
        Plan::None => Visit::Done,
        Plan::Note => {
            if is_contended(&world) {
                race.contended.push((rva, pass));
            }
            let noted = race.contended.iter().filter(|(at, _)| *at == rva).count();
            if pass >= PASSES || noted >= CONTENDED { Visit::Done } else { Visit::Again }
        }
        Plan::Stand { nth, .. } if pass < nth => Visit::Again,
        Plan::Stand { .. } => {
            if !is_contended(&world) {
                return Visit::Done;
            }
            race.stale = match blocks.touches.get(&rva) {
                Some(Touch::Updates) => read_before(&world, rva, registers),
                _ => None,
            };
            Visit::GivesWay
        }
    }
}

/// Whether another processor could do something now. A driver that asked which processor it runs on may
/// have memory for each, which nobody else touches as long as it stays at DISPATCH_LEVEL.
fn is_contended(world: &World) -> bool {
    let own =
        world.knows_processors.get() && world.threads.current().irql.get() >= thread::DISPATCH;
    !own && world.threads.another_can_move(world.clock.get())
}

/// The bytes that the instruction at `rva` is about to read, and where they are.
fn read_before(world: &World, rva: u32, registers: &Registers) -> Option<(usize, Vec<u8>)> {
    let (base, _) = world.image.get();
    let (address, size) = emulate::operand(base + rva as usize, registers)?;
    Some((address, raw::try_bytes(address, size)?))
}

fn give_way() {
    let world = world::current();
    let thread = world.threads.current();
    // What the gates noted is this thread's.
    thread.lowest.set(thread.lowest.get().min(gate::take_lowest()));
    let (stale, until) = {
        let mut race = world.of::<Race>().borrow_mut();
        (race.stale.take(), race.until.take())
    };
    fiber::wait(until.map_or(Wait::Others, Wait::Until));
    gate::take_lowest();
    pool::page_for_irql(&world);
    if let Some((address, bytes)) = stale {
        // What is gone meanwhile the instruction itself runs into.
        raw::try_write(address, &bytes);
    }
}

/// Whether there is anybody for whom a thread that seems to hang may wait: on Windows the others go on beside
/// it, on other processors, and with the time.
fn is_patient() -> bool {
    let world = world::current();
    let mut race = world.of::<Race>().borrow_mut();
    race.hangs += 1;
    if race.hangs > HANGS {
        return false;
    }
    let others =
        world.threads.somebody_stands() || world.threads.another_can_move(world.clock.get());
    race.until = if others { None } else { world.threads.next_time() };
    others || race.until.is_some()
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::world::sample::machine;
    use crate::world::thread::Rest;

    #[test]
    fn a_thread_that_seems_to_hang_waits_for_others_and_for_the_time_and_not_without_end() {
        let (rest, _) = machine(0, |world| {
            assert!(!is_patient(), "there is nobody");
            let done = world.threads.spawn("other".to_owned(), || world::current().sleep(50));
            assert!(is_patient());
            give_way();
            assert_eq!((world.clock.get(), done.get()), (0, false), "it has had its turn");
            assert!(is_patient());
            give_way();
            world.wait_for(&done);
            assert_eq!(world.clock.get(), 50);
            let other = Rc::new(std::cell::Cell::new(0));
            let turns = Rc::clone(&other);
            world.threads.spawn("without end".to_owned(), move || {
                for _ in 0..9 {
                    turns.set(turns.get() + 1);
                    world::current().sleep(1);
                }
            });
            while is_patient() {
                give_way();
            }
            assert!((1..HANGS).contains(&other.get()), "{other:?}");
        });
        assert!(matches!(rest, Rest::Done), "{rest:?}");
    }
}
