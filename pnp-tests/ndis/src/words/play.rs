//! Does what the words of NDIS say.

use std::cell::Cell;
use std::rc::Rc;

use super::ast::{self, AdapterVerb, Given, When};
use crate::door::structure;
use crate::given::DeviceState;
use crate::stack::{self, Behaviour, Binding, Foreign, Habit};
use crate::switches::{Switch, Switches};
use crate::{
    Adapter, AdapterId, Layer, Ndis, bind, chain, device_pnp, net_pnp, pnp, port, power, status,
};
use journal::NdisFact;
use kernel::world::World;

/// NDIS version when nobody says: Windows 11 24H2.
const RUNTIME: (u8, u8) = (6, 89);

/// The `given` lines about NDIS, gathered before there is a machine.
pub struct SetUp {
    ndis: Ndis,
    switches: Switches,
    /// What stands on the adapters, which must be there first.
    components: Vec<Given>,
}

impl SetUp {
    /// A version and readings of the run; the scenario's own come after and win.
    pub fn new(runtime: Option<(u8, u8)>, readings: impl IntoIterator<Item = Switch>) -> Self {
        let mut switches = Switches::default();
        for reading in readings {
            switches.set(reading);
        }
        let ndis = Ndis::new(runtime.unwrap_or(RUNTIME));
        Self { ndis, switches, components: Vec::new() }
    }

    /// Takes a line's meaning in.
    pub fn given(&mut self, given: &Given) {
        match given {
            Given::Runtime { major, minor } => self.ndis.runtime = (*major, *minor),
            Given::Adapter(adapter) => add_adapter(&mut self.ndis, adapter),
            Given::Switch(switch) => self.switches.set(*switch),
            Given::Filter { .. }
            | Given::Protocol { .. }
            | Given::Holds { .. }
            | Given::Vetoes { .. }
            | Given::Swallows { .. }
            | Given::Repeats { .. } => self.components.push(given.clone()),
        }
    }

    /// The stacks, whole: an adapter for which no protocol was given has `tcpip`.
    pub fn finish(mut self) -> (Ndis, Switches) {
        for given in &self.components {
            add_component(&mut self.ndis, given);
        }
        for adapter in &mut self.ndis.adapters {
            if adapter.bindings.is_empty() {
                add_binding(adapter, "tcpip");
            }
        }
        (self.ndis, self.switches)
    }
}

fn add_adapter(ndis: &mut Ndis, given: &ast::Adapter) {
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
        packet_filter: 0,
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
            let behaviour = Behaviour::Holds { for_100ns: *for_100ns };
            add_habit(ndis, adapter, component, Habit { event: event.0, behaviour });
        }
        Given::Vetoes { component, adapter, event } => {
            add_habit(
                ndis,
                adapter,
                component,
                Habit { event: event.0, behaviour: Behaviour::Vetoes },
            );
        }
        Given::Swallows { filter, adapter, event } => {
            add_habit(
                ndis,
                adapter,
                filter,
                Habit { event: event.0, behaviour: Behaviour::Swallows },
            );
        }
        Given::Repeats { filter, adapter, event } => {
            add_habit(
                ndis,
                adapter,
                filter,
                Habit { event: event.0, behaviour: Behaviour::Repeats },
            );
        }
        Given::Runtime { .. } | Given::Adapter(_) | Given::Switch(_) => {}
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

/// Half a cycle of `sleeps-and-resumes`: 50 ms.
const CYCLE_100NS: u64 = 500_000;

/// Does what a `when` line says.
pub fn perform(world: &World, when: &When) {
    match when {
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
        AdapterVerb::Goes(flow) => (flow.play)(world, adapter),
        AdapterVerb::Sends { event } => {
            let _ = net_pnp::send(world, adapter, event.0);
        }
    }
}
