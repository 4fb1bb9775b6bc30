//! Playing a scenario: sets up the machine its `given` lines describe and does what its `when`
//! lines say, on one kernel thread, in virtual time.

use std::rc::Rc;

use super::ast::{Given, Line, Scenario, Step, Switch, When};
use crate::subsystems::SUBSYSTEMS;
use journal::{Journal, KernelFact};
use kernel::door::switch_off::switch_off;
use kernel::machine::fiber::{self, Wait};
use kernel::machine::{garbage, space};
use kernel::nt::coverage::Coverage;
use kernel::nt::driver::DriverFile;
use kernel::nt::{self, bugcheck, driver, etw, race};
use kernel::words;
use kernel::world::fault::Faults;
use kernel::world::thread::Rest;
use kernel::world::{self, Listener, World};
use ndis::{self, exercise, switches};
use wsk::Wsk;

/// The step of what the host does after a scenario's last line; no line of a scenario reads so.
pub const EPILOGUE: &str = "end of the scenario";

/// How a scenario is played, beyond what its lines say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Where every choice of the host comes from; 0 takes threads in the order of their start.
    pub seed: u64,
    /// The seed may also take the turn away at every crossing of the door.
    pub interleaves: bool,
    /// The version that NdisGetVersion answers, unless the scenario says.
    pub runtime: Option<(u8, u8)>,
    /// Readings of switches that the scenario does not fix itself.
    pub switches: Vec<Switch>,
    /// Allocations that fail, counted from 1.
    pub fail_allocations: Vec<u32>,
    /// Calls that fail: import, n-th call from 1, status.
    pub fail_calls: Vec<(String, u32, i32)>,
    /// The turns that are taken away between two instructions of the driver.
    pub turns: race::Plan,
    /// Between the steps there are packets, requests and a user's calls.
    pub exercises: bool,
    /// Whether the scenario is run twice, with different garbage in memory that nobody has written; the journal
    /// is the first run's, and says where the second goes another way.
    pub compares_garbage: bool,
}

/// A finished run.
pub struct Playthrough {
    /// The history of the run.
    pub journal: Journal,
    /// How many allocations were made, and calls of each import that can be made to fail.
    pub allocations: u32,
    /// The imports whose calls can fail, with the number of calls.
    pub calls: Vec<(String, u32)>,
    /// The blocks that no run before had reached, by RVA, in the order in which they were; none unless
    /// the program's coverage is asked for.
    pub reached: Vec<u32>,
    /// Instructions that touch memory, by RVA, and the passes at which another thread could have moved;
    /// none unless the options say that they are noted.
    pub contended: Vec<(u32, u32)>,
}

/// Runs `program` through `scenario`. What comes out is a function of the three arguments.
pub fn play(program: &Rc<DriverFile>, scenario: &Scenario, options: &Options) -> Playthrough {
    play_told(program, scenario, options, None)
}

/// A playthrough whose `listener` is told of each entry as it is made; of two runs that are compared, the first.
pub fn play_told(
    program: &Rc<DriverFile>,
    scenario: &Scenario,
    options: &Options,
    listener: Option<Listener>,
) -> Playthrough {
    let mut played = play_once(program, scenario, options, listener);
    if options.compares_garbage {
        garbage::set(garbage::OTHER);
        let other = play_once(program, scenario, options, None);
        garbage::set(garbage::USUAL);
        played.reached.extend(other.reached);
        played.journal.note_difference(&other.journal, garbage::USUAL, garbage::OTHER);
    }
    played
}

fn play_once(
    program: &Rc<DriverFile>,
    scenario: &Scenario,
    options: &Options,
    listener: Option<Listener>,
) -> Playthrough {
    space::begin();
    let world = set_up(program, scenario, options, listener);
    let steps = scenario.steps.clone();
    let rest = world::run(&world, move |world| {
        for line in &steps {
            if let Step::When(when) = &line.what {
                begin(world, line);
                perform(world, when);
                exercise::between_steps(world);
            }
        }
        if driver::is_loaded(world) {
            let line = steps.last().map_or(1, |line| line.number + 1);
            world.record(KernelFact::Step { line, text: EPILOGUE.to_owned() });
            driver::unload(world);
        }
        exercise::end(world);
        if driver::is_loaded(world) {
            // What stays in memory may have timers and threads without end: nobody waits for them.
            fiber::wait(Wait::Stop);
        }
    });
    match rest {
        Rest::Done | Rest::Stopped => {}
        Rest::Trapped { trap, thread } => bugcheck::from_trap(&world, &thread, trap),
        Rest::Deadlock { waiting } => bugcheck::deadlock(&world, &waiting),
        Rest::OutOfStacks => world.record(KernelFact::OutOfStacks),
    }
    let (allocations, calls) = world.faults.made();
    let journal = world.take_journal();
    let contended = race::take_contended(&world);
    switch_off(&world);
    let reached = program.coverage.as_ref().map(Coverage::collect).unwrap_or_default();
    Playthrough { journal, allocations, calls, reached, contended }
}

fn begin(world: &World, line: &Line<Step>) {
    world.record(KernelFact::Step { line: line.number, text: line.text.clone() });
}

/// The machine that a scenario's `given` lines describe, before its first step.
pub fn set_up(
    program: &Rc<DriverFile>,
    scenario: &Scenario,
    options: &Options,
    listener: Option<Listener>,
) -> Rc<World> {
    let mut faults = Faults::default();
    faults.allocations.clone_from(&options.fail_allocations);
    faults.calls.clone_from(&options.fail_calls);
    let mut kernel = words::play::SetUp::new(faults);
    let readings = options.switches.iter().map(|switch| match switch {
        Switch::Ndis(switch) => *switch,
    });
    let mut ndis = ndis::words::play::SetUp::new(options.runtime, readings);
    for line in &scenario.givens {
        match &line.what {
            Given::Kernel(given) => kernel.given(given),
            Given::Ndis(given) => ndis.given(given),
        }
    }
    let (ndis, switches) = ndis.finish();
    let world = World::new(
        SUBSYSTEMS,
        nt::slots(Rc::clone(program)).with(ndis).with(switches).with(Wsk::default()),
        (options.seed, options.interleaves),
        kernel.faults,
        options.exercises,
    );
    *world.listener.borrow_mut() = listener;
    driver::install(&world, &kernel.parameters);
    for (name, value) in switches::changed(&switches) {
        world.record(KernelFact::Setting { name, value: value.to_owned() });
    }
    if world.faults.are_asked_for() {
        world.record(KernelFact::Setting { name: "fault", value: "injected".to_owned() });
    }
    world.of::<race::Race>().borrow_mut().plan = options.turns;
    if options.interleaves || matches!(options.turns, race::Plan::Stand { .. }) {
        world.record(KernelFact::Interleaved { seed: options.seed });
    }
    if kernel.listening {
        etw::set_session(&world, true);
    }
    world
}

fn perform(world: &World, when: &When) {
    match when {
        When::Kernel(when) => words::play::perform(world, when),
        When::Ndis(when) => ndis::words::play::perform(world, when),
    }
}
