//! Adapters, the layers on them, and the filter driver: NDIS's own state.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::door::handlers::{Handlers, PathHandlers};
use crate::flight::InFlight;
use crate::id::{AdapterId, ModuleId};
use crate::oid::state::Oids;
use crate::packet::state::Packets;
use journal::{ModuleState, NdisFact};
use kernel::world::World;
use kernel::world::owner::Owner;

/// The state of NDIS: adapters, modules, and what is under way.
#[derive(Debug)]
pub struct Ndis {
    /// The version that NdisGetVersion answers.
    pub runtime: (u8, u8),
    /// The driver under test, once it has registered.
    pub filter: Option<Filter>,
    /// The adapters, in the order in which they came.
    pub adapters: Vec<Adapter>,
    /// Every module there ever was; the dead stay, so that a stale handle is recognised.
    pub modules: Vec<Module>,
    /// Set, one by one, when the adapters that were there at registration have their modules.
    pub attaching: Vec<Rc<Cell<bool>>>,
    /// Notifications on their way up.
    pub in_flight: Vec<InFlight>,
    /// Statuses on their way up that modules made themselves: address and code.
    pub own_statuses: Vec<(usize, u32)>,
    /// The count of the bursts of statuses.
    pub bursts: u32,
    /// The requests under way.
    pub oids: Oids,
    /// The packets under way.
    pub packets: Packets,
    /// Control devices that NDIS made, with their links.
    pub devices: Vec<(usize, String)>,
    /// MDLs that NDIS put before packets to make room, and their data.
    pub front_mdls: Vec<(usize, usize)>,
    /// Parameters that NDIS has read for the driver, by address.
    pub parameters: Vec<usize>,
    /// Generic objects, which are handles as long as they live.
    pub generic: BTreeSet<usize>,
    /// The count of partial cancel identifiers.
    pub cancel_ids: u8,
    interfaces: BTreeMap<String, Interface>,
    /// Modules by what the kernel knows them as.
    owners: BTreeMap<Owner, ModuleId>,
    /// Adapters by name.
    names: BTreeMap<String, AdapterId>,
}

/// The numbers that name a layer to the rest of Windows; the same layer gets the same ones again.
#[derive(Clone, Copy, Debug)]
pub struct Interface {
    /// The interface index.
    pub if_index: u32,
    /// The NET_LUID.
    pub luid: u64,
}

/// A registered filter driver.
#[derive(Clone, Debug)]
pub struct Filter {
    /// The handlers that the driver registered.
    pub handlers: Handlers,
    /// FilterDriverContext.
    pub context: usize,
    /// Declared NDIS version.
    pub version: (u8, u8),
}

/// A miniport adapter and what sits on it.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "two flags it registers with, four facts")]
pub struct Adapter {
    /// Scenario name.
    pub name: String,
    /// BaseMiniportInstanceName.
    pub instance_name: String,
    /// Number in order of definition, from 0.
    pub number: u32,
    /// The numbers that name the layer.
    pub interface: Interface,
    /// Whether the miniport sets NDIS_MINIPORT_ATTRIBUTES_NO_PAUSE_ON_SUSPEND.
    pub no_pause_on_suspend: bool,
    /// Whether the miniport is halted for a sleep.
    pub halt_on_suspend: bool,
    /// The miniport is initialised.
    pub initialised: bool,
    /// The hardware was pulled out.
    pub gone: bool,
    /// The miniport runs; else it is paused.
    pub running: bool,
    /// The adapter's low-power state, if it is in one.
    pub asleep: Option<LowPower>,
    /// The packet filter that the layers above have set last.
    pub packet_filter: u32,
    /// Whether the link is up.
    pub link_up: bool,
    /// Restart attributes differ from the last restart's.
    pub attributes_changed: bool,
    /// From the miniport up.
    pub layers: Vec<Layer>,
    /// The protocols on top of the stack.
    pub bindings: Vec<Binding>,
    /// The kernel thread that carries out a PnP operation on this stack, and how deep it is in it.
    pub operation: Option<(u32, u32)>,
    /// Modules that are being detached: NDIS begins no requests meanwhile.
    pub no_requests: u32,
    /// Set when the operation has ended.
    pub idle: Rc<Cell<bool>>,
}

/// How an adapter went to sleep.
#[derive(Clone, Copy, Debug)]
pub struct LowPower {
    /// Whether the stack was paused for the sleep.
    pub paused: bool,
    /// Whether the miniport was halted for the sleep.
    pub halted: bool,
    /// Whether the adapter is in D0 already, because it woke the machine.
    pub woken: bool,
}

/// One layer of a filter stack.
#[derive(Clone, Debug)]
pub enum Layer {
    /// A module of the driver under test.
    Module(ModuleId),
    /// A modifying filter of someone else.
    Foreign(Foreign),
}

/// A modifying filter that is not under test.
#[derive(Clone, Debug)]
pub struct Foreign {
    /// The filter's name in the scenario.
    pub name: String,
    /// The numbers that name the layer.
    pub interface: Interface,
    /// The component's treatment of events.
    pub habits: Vec<Habit>,
}

/// A protocol bound to an adapter.
#[derive(Clone, Debug)]
pub struct Binding {
    /// The protocol's name in the scenario.
    pub protocol: String,
    /// Whether the binding is open.
    pub bound: bool,
    /// The component's treatment of events.
    pub habits: Vec<Habit>,
}

/// A component's treatment of an event.
#[derive(Clone, Copy, Debug)]
pub struct Habit {
    /// NET_PNP_EVENT_CODE.
    pub event: u32,
    /// The component's behaviour at the event.
    pub behaviour: Behaviour,
}

/// See [`Habit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Behaviour {
    /// It takes its time.
    Holds { for_100ns: u64 },
    /// It answers FAILURE.
    Vetoes,
    /// A filter: it does not pass it on.
    Swallows,
    /// A filter: once passed on, it passes it on again.
    Repeats,
}

/// A filter module of the driver under test.
#[derive(Debug)]
pub struct Module {
    /// `eth0.1`: the lowest number that was free when it was attached.
    pub name: String,
    /// The module's owner in the kernel.
    pub owner: Owner,
    /// The adapter in whose stack the module is.
    pub adapter: AdapterId,
    /// The foreign filter it sits on; none: the miniport.
    pub over: Option<String>,
    /// The numbers that name the layer.
    pub interface: Interface,
    /// The module's state.
    pub state: ModuleState,
    /// FilterModuleContext, once NdisFSetAttributes was called.
    pub context: Option<usize>,
    /// Set by NdisFPauseComplete.
    pub pause_done: Rc<Cell<bool>>,
    /// Set by NdisFRestartComplete, with its status.
    pub restart_done: Rc<Cell<bool>>,
    /// The status of the last restart, NDIS_STATUS.
    pub restart_status: i32,
    /// Whether the module is about to be detached: nothing new enters it.
    pub closing: bool,
    /// Callbacks that are open in it, but for its detach.
    pub inside: u32,
    /// The callbacks inside the module that handle packets.
    pub inside_path: u32,
    /// Set when none is.
    pub empty: Rc<Cell<bool>>,
    /// Set when the next regular OID request may be handed to it.
    pub oid_turn: Rc<Cell<bool>>,
    /// Handlers of the data path, once NdisSetOptionalHandlers has changed them.
    pub path: Option<PathHandlers>,
}

impl Module {
    /// Whether NDIS may call into it.
    pub fn is_open(&self) -> bool {
        self.context.is_some() && !self.closing
    }
}

impl Ndis {
    /// The state of NDIS at boot; `runtime` is the version that NdisGetVersion answers.
    pub fn new(runtime: (u8, u8)) -> Self {
        Self {
            runtime,
            filter: None,
            adapters: Vec::new(),
            modules: Vec::new(),
            attaching: Vec::new(),
            in_flight: Vec::new(),
            own_statuses: Vec::new(),
            bursts: 0,
            oids: Oids::default(),
            packets: Packets::default(),
            devices: Vec::new(),
            front_mdls: Vec::new(),
            parameters: Vec::new(),
            generic: BTreeSet::new(),
            cancel_ids: 0,
            interfaces: BTreeMap::new(),
            owners: BTreeMap::new(),
            names: BTreeMap::new(),
        }
    }

    /// The interface of the layer called `key`, the same every time.
    pub fn interface(&mut self, key: &str) -> Interface {
        if let Some(interface) = self.interfaces.get(key) {
            return *interface;
        }
        // Real machines start somewhere in the tens; IF_TYPE_ETHERNET_CSMACD is 6.
        let index = 12 + u32::try_from(self.interfaces.len()).unwrap_or(u32::MAX - 12);
        let interface =
            Interface { if_index: index, luid: (6 << 48) | (u64::from(0x8000 + index) << 24) };
        self.interfaces.insert(key.to_owned(), interface);
        interface
    }

    /// The layer number `index` counted from the miniport, below a given one.
    pub fn interface_below(&self, adapter: AdapterId, layer: usize) -> Interface {
        let adapter = &self.adapters[adapter];
        match layer.checked_sub(1).and_then(|below| adapter.layers.get(below)) {
            None => adapter.interface,
            Some(Layer::Module(id)) => self.modules[*id].interface,
            Some(Layer::Foreign(foreign)) => foreign.interface,
        }
    }

    /// A new module, which is the last of `modules`.
    pub fn add_module(&mut self, module: Module) {
        self.owners.insert(module.owner, self.modules.len());
        self.modules.push(module);
    }

    /// The module that the kernel knows as `owner`.
    pub fn module_of(&self, owner: Owner) -> Option<ModuleId> {
        self.owners.get(&owner).copied()
    }

    /// Where a live module stands in its stack.
    pub fn layer_of(&self, module: ModuleId) -> Option<usize> {
        let adapter = self.adapters.get(self.modules.get(module)?.adapter)?;
        adapter.layers.iter().position(|layer| matches!(layer, Layer::Module(id) if *id == module))
    }

    /// Modules of an adapter from the miniport up.
    pub fn modules_of(&self, adapter: AdapterId) -> Vec<ModuleId> {
        let layers = &self.adapters[adapter].layers;
        layers
            .iter()
            .filter_map(|layer| match layer {
                Layer::Module(id) => Some(*id),
                Layer::Foreign(_) => None,
            })
            .collect()
    }

    /// The adapter that a scenario calls `name`.
    pub fn adapter(&self, name: &str) -> Option<AdapterId> {
        self.names.get(name).copied()
    }

    /// A new adapter.
    pub fn add(&mut self, adapter: Adapter) {
        self.names.insert(adapter.name.clone(), self.adapters.len());
        self.adapters.push(adapter);
    }
}

impl Adapter {
    /// `{9A3C5E10-0000-4000-8000-000000000001}`
    pub fn guid(&self) -> String {
        format!("{{9A3C5E10-0000-4000-8000-{:012X}}}", self.number + 1)
    }
}

/// Carries out a PnP operation on a stack: NDIS does one at a time
/// (docs:network/filter-module-states-and-operations).
pub fn exclusively<R>(world: &World, adapter: AdapterId, operation: impl FnOnce() -> R) -> R {
    let thread = world.threads.current_id();
    loop {
        let idle = {
            let mut ndis = world.of::<Ndis>().borrow_mut();
            let this = &mut ndis.adapters[adapter];
            match &mut this.operation {
                Some((owner, depth)) if *owner == thread => {
                    *depth += 1;
                    break;
                }
                Some(_) => {
                    this.idle.set(false);
                    Rc::clone(&this.idle)
                }
                None => {
                    this.operation = Some((thread, 1));
                    break;
                }
            }
        };
        world.wait_for(&idle);
    }
    let result = operation();
    let mut ndis = world.of::<Ndis>().borrow_mut();
    let this = &mut ndis.adapters[adapter];
    this.operation =
        this.operation.map(|(owner, depth)| (owner, depth - 1)).filter(|(_, depth)| *depth > 0);
    if this.operation.is_none() {
        this.idle.set(true);
    }
    result
}

/// Lets nothing enter the module any more, and waits until everything has left it
/// (docs:network/detaching-a-filter-module: no callback but FilterDetach).
pub fn close(world: &World, module: ModuleId) {
    world.of::<Ndis>().borrow_mut().modules[module].closing = true;
    loop {
        let empty = {
            let ndis = world.of::<Ndis>().borrow();
            let this = &ndis.modules[module];
            if this.inside == 0 {
                return;
            }
            this.empty.set(false);
            Rc::clone(&this.empty)
        };
        world.wait_for(&empty);
    }
}

/// Sets a module's state and says so in the journal.
pub fn set_state(world: &World, module: ModuleId, state: ModuleState) {
    let mut ndis = world.of::<Ndis>().borrow_mut();
    ndis.modules[module].state = state;
    let name = ndis.modules[module].name.clone();
    let adapter = ndis.adapters[ndis.modules[module].adapter].name.clone();
    drop(ndis);
    world.record(NdisFact::Module { module: name, adapter, state });
}

/// Records what happened to a miniport.
pub fn miniport(world: &World, adapter: AdapterId, what: &str) {
    let name = world.of::<Ndis>().borrow().adapters[adapter].name.clone();
    world.record(NdisFact::Miniport { adapter: name, what: what.to_owned() });
}
