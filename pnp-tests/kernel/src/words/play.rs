//! Does what the words that hold for any driver say.

use super::ast::{Given, When};
use crate::nt::{driver, etw};
use crate::world::fault::Faults;
use crate::world::{self, World};

/// The `given` lines about a machine with any driver, gathered before there is one.
pub struct SetUp {
    /// The failures that the lines ask for.
    pub faults: Faults,
    /// The driver's service.
    pub parameters: Vec<(String, u32)>,
    /// A session listens from the start.
    pub listening: bool,
}

impl SetUp {
    /// Faults that the run has beside those of its scenario.
    pub fn new(faults: Faults) -> Self {
        Self { faults, parameters: Vec::new(), listening: true }
    }

    /// Takes a line's meaning in.
    pub fn given(&mut self, given: &Given) {
        match given {
            Given::FailAllocation { nth } => self.faults.allocations.push(*nth),
            Given::FailCall { import, nth, status } => {
                self.faults.calls.push((import.clone(), *nth, *status));
            }
            Given::Parameter { name, value } => self.parameters.push((name.clone(), *value)),
            Given::TraceOff => self.listening = false,
        }
    }
}

/// Does what a `when` line says.
pub fn perform(world: &World, when: &When) {
    match when {
        When::DriverLoads => driver::load(world),
        When::DriverUnloads => driver::unload(world),
        When::DriverUpgrades => {
            driver::unload(world);
            driver::load(world);
        }
        When::Passes { for_100ns } => world.sleep(*for_100ns),
        When::TraceStarts => etw::set_session(world, true),
        When::TraceStartsAt { level, keywords } => etw::start_session(world, *level, *keywords),
        When::TraceStops => etw::set_session(world, false),
        When::TraceStopsIn { for_100ns } => {
            controls_later(world, *for_100ns, |world| etw::set_session(world, false));
        }
        When::TraceCaptures => etw::capture_state(world),
        When::TraceCapturesIn { for_100ns } => {
            controls_later(world, *for_100ns, etw::capture_state);
        }
    }
}

/// Whoever controls the session does something after a while, on a thread of its own.
fn controls_later(world: &World, after_100ns: u64, what: fn(&World)) {
    world.threads.spawn("trace controller".to_owned(), move || {
        let world = world::current();
        world.sleep(after_100ns);
        what(&world);
    });
}
