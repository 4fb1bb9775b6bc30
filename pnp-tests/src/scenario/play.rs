//! Playing a scenario: sets up the machine its `given` lines describe and does what its `when`
//! lines say, on one kernel thread, in virtual time.

use std::cell::Cell;
use std::rc::Rc;

use crate::journal::{Journal, KernelFact, NdisFact};
use crate::machine::garbage;
use crate::ndis::door::structure;
use crate::ndis::given::DeviceState;
use crate::ndis::idle::Why;
use crate::ndis::stack::{self, Binding, Does, Foreign, Habit};
use crate::ndis::switches::{self, Switch, Switches};
use crate::ndis::{
    Adapter, AdapterId, Layer, Ndis, bind, chain, device_pnp, exercise, guest, idle, net_pnp, pnp,
    port, power, reconfigure, status,
};
use crate::nt::driver::Program;
use crate::nt::{self, bugcheck, driver, etw};
use crate::subsystems::SUBSYSTEMS;
use crate::world::fault::Faults;
use crate::world::thread::Rest;
use crate::world::{self, World};

use super::ast::{AdapterVerb, Flow, Given, Line, Scenario, Step, When};

/// The step of what the host does after a scenario's last line; no line of a scenario reads so.
pub const EPILOGUE: &str = "end of the scenario";

/// NDIS version when a scenario does not say: Windows 11 24H2.
const RUNTIME: (u8, u8) = (6, 89);

/// How a scenario is played, beyond what its lines say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Where every choice of the host comes from; 0 takes threads in the order of their start.
    pub seed: u64,
    /// The seed may also take the turn away at every crossing of the door.
    pub interleaves: bool,
    /// What NdisGetVersion answers, unless the scenario says.
    pub runtime: Option<(u8, u8)>,
    /// Readings of switches that the scenario does not fix itself.
    pub switches: Vec<Switch>,
    /// Allocations that fail, counted from 1.
    pub fail_allocations: Vec<u32>,
    /// Calls that fail: import, n-th call from 1, status.
    pub fail_calls: Vec<(String, u32, i32)>,
    /// Between the steps there are packets, requests and a user's calls.
    pub exercises: bool,
    /// It is run twice, with different garbage in memory that nobody has written; the journal is
    /// the first run's, and says where the second goes another way.
    pub compares_garbage: bool,
}

/// A finished run.
pub struct Played {
    pub journal: Journal,
    /// How many allocations were made, and calls of each import that can be made to fail.
    pub allocations: u32,
    pub calls: Vec<(String, u32)>,
}

/// Runs `program` through `scenario`. What comes out is a function of the three arguments.
pub fn play(program: &Rc<Program>, scenario: &Scenario, options: &Options) -> Played {
    let mut played = play_once(program, scenario, options);
    if options.compares_garbage {
        garbage::set(garbage::OTHER);
        let other = play_once(program, scenario, options);
        garbage::set(garbage::USUAL);
        played.journal.note_difference(&other.journal, garbage::USUAL, garbage::OTHER);
    }
    played
}

fn play_once(program: &Rc<Program>, scenario: &Scenario, options: &Options) -> Played {
    let world = set_up(program, scenario, options);
    world::enter(&world);
    let steps = scenario.steps.clone();
    world.threads.spawn("System".to_owned(), move || {
        let world = world::current();
        for line in &steps {
            if let Step::When(when) = &line.what {
                begin(&world, line);
                perform(&world, when);
                exercise::between_steps(&world);
            }
        }
        if driver::is_loaded(&world) {
            let line = steps.last().map_or(1, |line| line.number + 1);
            world.record(KernelFact::Step { line, text: EPILOGUE.to_owned() });
            driver::unload(&world);
        }
        exercise::end(&world);
    });
    match world.threads.run(&world.clock) {
        Rest::Done | Rest::Stopped => {}
        Rest::Trapped { trap, thread } => bugcheck::from_trap(&world, &thread, trap),
        Rest::Deadlock { waiting } => world.record(KernelFact::Deadlock { waiting }),
    }
    let (allocations, calls) = world.faults.made();
    Played { journal: world.take_journal(), allocations, calls }
}

fn begin(world: &World, line: &Line<Step>) {
    world.record(KernelFact::Step { line: line.number, text: line.text.clone() });
}

/// The machine that a scenario's `given` lines describe, before its first step.
pub fn set_up(program: &Rc<Program>, scenario: &Scenario, options: &Options) -> Rc<World> {
    let mut ndis = Ndis::new(options.runtime.unwrap_or(RUNTIME));
    let mut switches = Switches::default();
    let mut faults = Faults::default();
    faults.allocations.clone_from(&options.fail_allocations);
    faults.calls.clone_from(&options.fail_calls);
    for switch in &options.switches {
        switches.set(*switch);
    }
    let mut listening = true;
    let mut parameters = Vec::new();
    for line in &scenario.givens {
        match &line.what {
            Given::Runtime { major, minor } => ndis.runtime = (*major, *minor),
            Given::Adapter(adapter) => add_adapter(&mut ndis, adapter),
            Given::FailAllocation { nth } => faults.allocations.push(*nth),
            Given::FailCall { import, nth, status } => {
                faults.calls.push((import.clone(), *nth, status.0));
            }
            Given::Parameter { name, value } => parameters.push((name.clone(), *value)),
            Given::TraceOff => listening = false,
            Given::Switch(switch) => switches.set(*switch),
            Given::Filter { .. }
            | Given::Protocol { .. }
            | Given::Holds { .. }
            | Given::Vetoes { .. }
            | Given::Swallows { .. }
            | Given::Repeats { .. } => {}
        }
    }
    for line in &scenario.givens {
        add_component(&mut ndis, &line.what);
    }
    for adapter in &mut ndis.adapters {
        if adapter.bindings.is_empty() {
            add_binding(adapter, "tcpip");
        }
    }
    let world = World::new(
        SUBSYSTEMS,
        nt::slots(Rc::clone(program)).with(ndis).with(switches),
        (options.seed, options.interleaves),
        faults,
        options.exercises,
    );
    driver::install(&world, &parameters);
    for (name, value) in switches::changed(&switches) {
        world.record(KernelFact::Setting { name, value: value.to_owned() });
    }
    if world.faults.are_asked_for() {
        world.record(KernelFact::Setting { name: "fault", value: "injected".to_owned() });
    }
    if options.interleaves {
        world.record(KernelFact::Interleaved { seed: options.seed });
    }
    if listening {
        etw::set_session(&world, true);
    }
    world
}

fn add_adapter(ndis: &mut Ndis, given: &super::ast::Adapter) {
    let interface = ndis.interface(&given.name);
    let number = u32::try_from(ndis.adapters.len()).expect("a scenario has few adapters");
    ndis.add(Adapter {
        name: given.name.clone(),
        instance_name: given.instance_name.clone().unwrap_or_else(|| given.name.clone()),
        number,
        interface,
        no_pause_on_suspend: given.no_pause_on_suspend,
        halt_on_suspend: given.halt_on_suspend,
        initialised: !given.absent,
        gone: false,
        running: !given.absent,
        asleep: None,
        link_up: false,
        attributes_changed: true,
        layers: Vec::new(),
        bindings: Vec::new(),
        operation: None,
        no_requests: 0,
        idle: Rc::new(Cell::new(true)),
    });
}

fn add_component(ndis: &mut Ndis, given: &Given) {
    match given {
        Given::Filter { filter, adapter } => {
            let Some(id) = ndis.adapter(adapter) else { return };
            let interface = ndis.interface(&format!("{adapter}:{filter}"));
            let foreign = Foreign { name: filter.clone(), interface, habits: Vec::new() };
            ndis.adapters[id].layers.push(Layer::Foreign(foreign));
        }
        Given::Protocol { protocol, adapter } => {
            if let Some(id) = ndis.adapter(adapter) {
                add_binding(&mut ndis.adapters[id], protocol);
            }
        }
        Given::Holds { component, adapter, event, for_100ns } => {
            let does = Does::Holds { for_100ns: *for_100ns };
            add_habit(ndis, adapter, component, Habit { event: event.0, does });
        }
        Given::Vetoes { component, adapter, event } => {
            add_habit(ndis, adapter, component, Habit { event: event.0, does: Does::Vetoes });
        }
        Given::Swallows { filter, adapter, event } => {
            add_habit(ndis, adapter, filter, Habit { event: event.0, does: Does::Swallows });
        }
        Given::Repeats { filter, adapter, event } => {
            add_habit(ndis, adapter, filter, Habit { event: event.0, does: Does::Repeats });
        }
        Given::Runtime { .. }
        | Given::Adapter(_)
        | Given::FailAllocation { .. }
        | Given::FailCall { .. }
        | Given::TraceOff
        | Given::Parameter { .. }
        | Given::Switch(_) => {}
    }
}

fn add_binding(adapter: &mut Adapter, protocol: &str) {
    let bound = adapter.initialised;
    adapter.bindings.push(Binding { protocol: protocol.to_owned(), bound, habits: Vec::new() });
}

fn add_habit(ndis: &mut Ndis, adapter: &str, component: &str, habit: Habit) {
    let Some(id) = ndis.adapter(adapter) else { return };
    let adapter = &mut ndis.adapters[id];
    for layer in &mut adapter.layers {
        if let Layer::Foreign(foreign) = layer
            && foreign.name == component
        {
            foreign.habits.push(habit);
            return;
        }
    }
    if !adapter.bindings.iter().any(|binding| binding.protocol == component) {
        add_binding(adapter, component);
    }
    for binding in &mut adapter.bindings {
        if binding.protocol == component {
            binding.habits.push(habit);
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

/// Half a cycle of `sleeps-and-resumes`: 50 ms.
const CYCLE_100NS: u64 = 500_000;

fn perform(world: &World, when: &When) {
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
        When::Adapter { adapter, does } => {
            let id = world.of::<Ndis>().borrow().adapter(adapter);
            let id = id.expect("the parser checks names of adapters");
            stack::exclusively(world, id, || adapter_does(world, id, does));
        }
    }
}

fn adapter_does(world: &World, adapter: AdapterId, does: &AdapterVerb) {
    match does {
        AdapterVerb::Appears | AdapterVerb::Enables => pnp::start(world, adapter),
        AdapterVerb::Disables => pnp::disable(world, adapter),
        AdapterVerb::Sleeps { state } => power::sleep(world, adapter, *state),
        AdapterVerb::Resumes => power::resume(world, adapter),
        AdapterVerb::CyclesPower { times } => {
            for _ in 0..*times {
                world.begins_a_part();
                world.sleep(CYCLE_100NS);
                power::sleep(world, adapter, DeviceState::D3);
                world.sleep(CYCLE_100NS);
                power::resume(world, adapter);
            }
        }
        AdapterVerb::SleepRefused { state } => power::refused(world, adapter, *state),
        AdapterVerb::RemovalRefused => pnp::removal_refused(world, adapter),
        AdapterVerb::SurpriseRemoved => pnp::surprise(world, adapter),
        AdapterVerb::Rebinds { protocol } => bind::rebind(world, adapter, protocol),
        AdapterVerb::ActivatesPorts { ports } => port::activate(world, adapter, ports),
        AdapterVerb::DeactivatesPorts { ports } => port::deactivate(world, adapter, ports),
        AdapterVerb::GainsFilter { filter, place } => {
            chain::gain(world, adapter, filter, place);
        }
        AdapterVerb::LosesFilter { filter } => chain::lose(world, adapter, filter),
        AdapterVerb::Link { up } => status::link_state(world, adapter, *up),
        AdapterVerb::Wakes { reason } => power::wake(world, adapter, *reason),
        AdapterVerb::PowerProfile { ac } => device_pnp::power_profile(world, adapter, *ac),
        AdapterVerb::Event { event, buffer } => {
            world.record(NdisFact::Scripted { code: event.0, device: false });
            let raw = structure::scripted_event(event.0, buffer);
            let _ = net_pnp::deliver(world, adapter, raw, event.0);
        }
        AdapterVerb::DeviceEvent { event, buffer } => {
            world.record(NdisFact::Scripted { code: event.0, device: true });
            device_pnp::deliver(world, adapter, event.0, buffer);
        }
        AdapterVerb::Indicates { code, buffer } => {
            status::scripted(world, adapter, *code, buffer);
        }
        AdapterVerb::Goes(flow) => goes(world, adapter, *flow),
        AdapterVerb::Sends { event } => {
            let _ = net_pnp::send(world, adapter, event.0);
        }
    }
}

fn goes(world: &World, adapter: AdapterId, flow: Flow) {
    match flow {
        Flow::RequirePause => reconfigure::require_pause(world, adapter),
        Flow::InhibitsBinds => reconfigure::inhibit_binds(world, adapter),
        Flow::AllowsBinds => reconfigure::allow_binds(world, adapter),
        Flow::Stops => reconfigure::stop(world, adapter),
        Flow::Starts => pnp::start(world, adapter),
        Flow::SurpriseRemovedVista => reconfigure::surprise_vista(world, adapter),
        Flow::Idles => idle::enter(world, adapter, Why::SelectiveSuspend),
        Flow::WakesFromIdle => idle::leave(world, adapter, Why::SelectiveSuspend),
        Flow::EntersStandby => idle::enter(world, adapter, Why::ConnectedStandby),
        Flow::LeavesStandby => idle::leave(world, adapter, Why::ConnectedStandby),
        Flow::Disconnects => idle::enter(world, adapter, Why::Disconnected),
        Flow::Reconnects => idle::leave(world, adapter, Why::Disconnected),
        Flow::ShutsDown => guest::shut_down(world, adapter),
        Flow::SavedAndRestored => guest::saved_and_restored(world, adapter),
        Flow::MandatoryRebind => reconfigure::mandatory_rebind(world, adapter),
        Flow::OwnBindingOff => reconfigure::own_binding_off(world, adapter),
        Flow::OwnBindingOn => reconfigure::own_binding_on(world, adapter),
        Flow::DefaultPortOn => reconfigure::default_port_on(world, adapter),
        Flow::DefaultPortOff => reconfigure::default_port_off(world, adapter),
        Flow::VfAdded => guest::vf_added(world, adapter),
        Flow::LiveMigrates => guest::live_migrates(world, adapter),
        Flow::RestartsStack => reconfigure::restart_stack(world, adapter),
    }
}
