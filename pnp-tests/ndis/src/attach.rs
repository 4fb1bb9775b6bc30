//! Attaching and detaching filter modules.

use std::cell::Cell;
use std::rc::Rc;

use driver_abi::ndis::net_pnp::NET_PNP_EVENT_CODE as Code;
use driver_abi::ndis::status::{NDIS_STATUS, NDIS_STATUS_SUCCESS};

use crate::Ndis;
use crate::door::call;
use crate::switches::{Predetach, Presence};
use journal::{ModuleState, NdisFact};
use kernel::world::World;

use super::exercise;
use super::net_pnp;
use super::oid;
use super::packet;
use super::stack::{self, Layer, Module};
use super::status;
use crate::id::{AdapterId, ModuleId};

/// Attaches a module over the miniport and over every modifying filter that has none yet, from
/// below (docs:network/configuring-an-inf-file-for-a-monitoring-filter-driver,
/// docs:network/attaching-a-filter-module).
pub fn attach_missing(world: &World, adapter: AdapterId) {
    let mut layer = 0;
    loop {
        let over = {
            let ndis = world.of::<Ndis>().borrow();
            let layers = &ndis.adapters[adapter].layers;
            if ndis.filter.is_none() || layer > layers.len() {
                return;
            }
            let over = match layer.checked_sub(1).and_then(|below| layers.get(below)) {
                None => Some(None),
                Some(Layer::Foreign(foreign)) => Some(Some(foreign.name.clone())),
                Some(Layer::Module(_)) => None,
            };
            let there = matches!(layers.get(layer), Some(Layer::Module(_)));
            over.filter(|_| !there)
        };
        if let Some(over) = over {
            attach(world, adapter, layer, over);
        }
        layer += 1;
    }
}

fn attach(world: &World, adapter: AdapterId, layer: usize, over: Option<String>) {
    let module = insert(world, adapter, layer, over);
    stack::set_state(world, module, ModuleState::Attaching);
    let status = call::filter_attach(world, module);
    let attributes_set = world.of::<Ndis>().borrow().modules[module].context.is_some();
    if status == NDIS_STATUS_SUCCESS && attributes_set {
        stack::set_state(world, module, ModuleState::Paused);
    } else {
        // An optional filter is left out; it gets no FilterDetach (contract e30).
        remove(world, module);
        stack::set_state(world, module, ModuleState::Detached);
    }
}

fn insert(world: &World, adapter: AdapterId, layer: usize, over: Option<String>) -> ModuleId {
    let mut ndis = world.of::<Ndis>().borrow_mut();
    let id = ndis.modules.len();
    let base = ndis.adapters[adapter].name.clone();
    let live = ndis.modules_of(adapter);
    let is_free = |name: &String| live.iter().all(|id| ndis.modules[*id].name != *name);
    let mut names = (1..).map(|number| format!("{base}.{number}"));
    let name = names.find(is_free).expect("an adapter has few modules");
    let key = format!("{base}/{}", over.as_deref().unwrap_or("miniport"));
    let interface = ndis.interface(&key);
    let owner = world.owners.register(name.clone());
    ndis.add_module(Module {
        name,
        owner,
        adapter,
        over,
        interface,
        state: ModuleState::Detached,
        context: None,
        pause_done: Rc::new(Cell::new(false)),
        restart_done: Rc::new(Cell::new(false)),
        restart_status: 0,
        closing: false,
        inside: 0,
        inside_path: 0,
        empty: Rc::new(Cell::new(true)),
        oid_turn: Rc::new(Cell::new(true)),
        path: None,
    });
    ndis.adapters[adapter].layers.insert(layer, Layer::Module(id));
    id
}

/// Takes a module out of its stack.
pub(super) fn remove(world: &World, module: ModuleId) {
    let mut ndis = world.of::<Ndis>().borrow_mut();
    let adapter = ndis.modules[module].adapter;
    ndis.modules[module].context = None;
    let ours = |layer: &Layer| matches!(layer, Layer::Module(id) if *id == module);
    ndis.adapters[adapter].layers.retain(|layer| !ours(layer));
}

/// NdisFSetAttributes: opens the module for every other callback. `injected` is the status with which
/// the run lets it fail.
pub fn set_attributes(
    world: &World,
    module: ModuleId,
    context: usize,
    injected: Option<i32>,
) -> NDIS_STATUS {
    let status = injected.map_or_else(
        || {
            world.of::<Ndis>().borrow_mut().modules[module].context = Some(context);
            NDIS_STATUS_SUCCESS
        },
        NDIS_STATUS,
    );
    if status == NDIS_STATUS_SUCCESS
        && crate::switches::of(world).status_before_attach == Presence::Present
    {
        // Legal from here on by ddi:ndis/nf-ndis-ndisfindicatestatus, not by the attach pages.
        status::link_state_to(world, module, false);
    }
    let name = world.of::<Ndis>().borrow().modules[module].name.clone();
    let status_value = Some(status.0);
    world.record(NdisFact::Call {
        import: "NdisFSetAttributes",
        module: Some(name),
        status: status_value,
    });
    status
}

/// NetEventFilterPreDetach to every module of an adapter, if the switch puts it before the pause.
pub fn predetach_before(world: &World, adapter: AdapterId) {
    if matches!(crate::switches::of(world).predetach, Predetach::BeforePause | Predetach::Twice) {
        predetach_all(world, adapter);
    }
}

/// Sends the pre-detach event after the pause, if the switch puts it there; its place is not documented.
pub fn predetach_after(world: &World, adapter: AdapterId) {
    if matches!(crate::switches::of(world).predetach, Predetach::AfterPause | Predetach::Twice) {
        predetach_all(world, adapter);
    }
}

fn predetach_all(world: &World, adapter: AdapterId) {
    let modules = world.of::<Ndis>().borrow().modules_of(adapter);
    for module in modules.into_iter().rev() {
        predetach(world, module);
    }
}

/// NetEventFilterPreDetach, directed at one module.
pub fn predetach(world: &World, module: ModuleId) {
    net_pnp::to_module(world, module, Code::NetEventFilterPreDetach.0);
}

/// FilterDetach of every module, from the top (docs:network/stopping-a-driver-stack).
pub fn detach_all(world: &World, adapter: AdapterId) {
    predetach_after(world, adapter);
    let modules = world.of::<Ndis>().borrow().modules_of(adapter);
    for module in modules.into_iter().rev() {
        detach(world, module);
    }
}

/// FilterDetach; the module is dead afterwards.
pub fn detach(world: &World, module: ModuleId) {
    let adapter = world.of::<Ndis>().borrow().modules[module].adapter;
    oid::suspend(world, adapter);
    stack::close(world, module);
    oid::detaching(world, module);
    call::filter_detach(world, module);
    packet::settle_account(world, module, true);
    oid::resume(world, adapter);
    remove(world, module);
    stack::set_state(world, module, ModuleState::Detached);
    exercise::after_detach(world, adapter);
}
