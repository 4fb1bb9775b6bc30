//! OID requests: from NDIS down through the filters to the miniport, and back
//! (docs:network/filter-module-oid-requests; contract a.4).
//!
//! NDIS gives a module one regular request at a time. A layer without a handler is passed by. Who
//! sent a request, whoever it is, is told when it pended and has come to its end.

use std::cell::Cell;

use std::rc::Rc;

use driver_abi::ndis::status::{
    NDIS_STATUS, NDIS_STATUS_LOW_POWER_STATE, NDIS_STATUS_PENDING, NDIS_STATUS_SUCCESS,
};

use crate::Ndis;
use crate::door::call_oid;
use crate::door::handlers::Lane;
use crate::door::oid::{self, Request, Results};
use crate::switches::Completion;
use journal::{NdisFact, OidFact};
use kernel::world::thread::DISPATCH;
use kernel::world::{self, MS, World};

use super::stack::Layer;
use crate::id::{AdapterId, ModuleId};
use state::{CloneRequest, HeldRequest, Issue, Oids, Sender, SenderKind};

mod probe;
pub mod state;

pub use probe::{cancelled_by_filter, is_watched, probe};

/// OID_PNP_SET_POWER.
pub const SET_POWER: u32 = 0xFD01_0101;
/// OID_PM_PARAMETERS.
pub const PM_PARAMETERS: u32 = oid::PM_PARAMETERS;
/// NDIS_STATUS_REQUEST_ABORTED.
const ABORTED: NDIS_STATUS = NDIS_STATUS(0xC001_000C_u32.cast_signed());
/// NDIS_STATUS_NOT_ACCEPTED.
const NOT_ACCEPTED: NDIS_STATUS = NDIS_STATUS(0x0001_0003);
/// What a busy miniport takes.
const SOON: u64 = MS / 5;
/// Longer than any watchdog of NDIS's allows.
const LATE: u64 = 11_000 * MS;
/// After this NDIS gives up on a miniport and resets it.
const RESET_AFTER: u64 = 12_000 * MS;

/// A question of NDIS to the miniport.
#[derive(Clone, Debug)]
pub struct Question {
    /// The request type, NDIS_REQUEST_TYPE.
    pub kind: u32,
    /// The OID.
    pub oid: u32,
    /// The information buffer.
    pub information: Vec<u8>,
}

impl Question {
    /// A query with room for `length` bytes.
    pub fn query(oid: u32, length: usize) -> Self {
        Self { kind: oid::QUERY, oid, information: vec![0; length] }
    }

    /// A set of this information.
    pub fn set(oid: u32, information: &[u8]) -> Self {
        Self { kind: oid::SET, oid, information: information.to_vec() }
    }
}

/// Sends a request down an adapter's stack and waits for its end.
pub fn ask(world: &World, adapter: AdapterId, lane: Lane, ask: &Question) -> NDIS_STATUS {
    if world.of::<Ndis>().borrow().adapters[adapter].no_requests > 0 {
        return NOT_ACCEPTED;
    }
    let issue = issue(world, adapter, lane, ask);
    finish(world, adapter, lane, &issue)
}

fn issue(world: &World, adapter: AdapterId, lane: Lane, ask: &Question) -> Rc<Issue> {
    let mut ndis = world.of::<Ndis>().borrow_mut();
    if ask.kind == oid::SET
        && ask.oid == oid::PACKET_FILTER
        && let Some(filter) = ask.information.first_chunk().copied().map(u32::from_le_bytes)
    {
        ndis.adapters[adapter].packet_filter = filter;
    }
    ndis.oids.next += 1;
    let number = ndis.oids.next;
    let made = oid::make(ask.kind, ask.oid, &ask.information, number);
    let request = made.request();
    let issue = Rc::new(Issue {
        number,
        information: request.information(),
        made,
        done: Rc::new(Cell::new(false)),
        left: Rc::new(Cell::new(false)),
        status: Cell::new(0),
    });
    let kind = SenderKind::Ndis(Rc::clone(&issue));
    let sender = Sender { lane, adapter, kind, id: request.request_id() };
    ndis.oids.senders.insert(request, sender);
    let adapter = ndis.adapters[adapter].name.clone();
    drop(ndis);
    let set = ask.kind != oid::QUERY;
    record(world, OidFact::Issued { request: number, oid: ask.oid, set, adapter });
    issue
}

fn finish(world: &World, adapter: AdapterId, lane: Lane, issue: &Rc<Issue>) -> NDIS_STATUS {
    let request = issue.made.request();
    let top = world.of::<Ndis>().borrow().adapters[adapter].layers.len();
    let status = descend(world, adapter, top, lane, request);
    if status == NDIS_STATUS_PENDING {
        world.wait_for(&issue.done);
    } else {
        answered(world, issue, status);
    }
    world.of::<Ndis>().borrow_mut().oids.senders.remove(&request);
    issue.left.set(true);
    NDIS_STATUS(issue.status.get())
}

fn answered(world: &World, issue: &Issue, status: NDIS_STATUS) {
    issue.status.set(status.0);
    issue.done.set(true);
    record(world, OidFact::Answered { request: issue.number, status: status.0 });
}

fn record(world: &World, fact: OidFact) {
    world.record(NdisFact::Oid(fact));
}

/// Hands a request to the next module below `layer` that takes requests, or to the miniport.
fn descend(
    world: &World,
    adapter: AdapterId,
    layer: usize,
    lane: Lane,
    request: Request,
) -> NDIS_STATUS {
    match module_below(world, adapter, layer, lane) {
        Some((module, _)) => to_module(world, module, lane, request),
        None => to_miniport(world, adapter, lane, request),
    }
}

fn module_below(
    world: &World,
    adapter: AdapterId,
    layer: usize,
    lane: Lane,
) -> Option<(ModuleId, usize)> {
    let ndis = world.of::<Ndis>().borrow();
    let filter = ndis.filter.as_ref()?;
    if lane.request_handler(&filter.handlers) == 0 {
        return None;
    }
    let layers = &ndis.adapters[adapter].layers;
    (0..layer.min(layers.len())).rev().find_map(|at| match &layers[at] {
        Layer::Module(id) if ndis.modules[*id].is_open() => Some((*id, at)),
        _ => None,
    })
}

/// The number of NDIS's request that `request` is, or is a clone of.
fn number_of(oids: &Oids, request: Request) -> Option<u32> {
    let source = oids.clones.get(&request.0).map_or(request, |clone| clone.source);
    match &oids.senders.get(&source)?.kind {
        SenderKind::Ndis(issue) => Some(issue.number),
        SenderKind::Module { number, .. } => *number,
    }
}

fn to_module(world: &World, module: ModuleId, lane: Lane, request: Request) -> NDIS_STATUS {
    if lane == Lane::Regular {
        wait_for_turn(world, module);
    }
    {
        let mut ndis = world.of::<Ndis>().borrow_mut();
        let number = number_of(&ndis.oids, request);
        ndis.oids.held.push(HeldRequest {
            module,
            request,
            number,
            lane,
            results: None,
            inside: true,
            completed: None,
        });
    }
    let status = call_oid::request(world, lane, module, request).unwrap_or(NDIS_STATUS_SUCCESS);
    let mut ndis = world.of::<Ndis>().borrow_mut();
    let at = ndis.oids.held.iter().position(|h| h.module == module && h.request == request);
    let Some(at) = at else { return status };
    ndis.oids.held[at].inside = false;
    if status != NDIS_STATUS_PENDING || ndis.oids.held[at].completed.is_some() {
        let held = ndis.oids.held.remove(at);
        free_turn(&ndis.modules[module].oid_turn);
        drop(ndis);
        match held.completed {
            // Completed before PENDING was returned: the sender is told now.
            Some(completed) if status == NDIS_STATUS_PENDING => {
                tell_sender(world, request, completed);
            }
            Some(_) => {
                let module = world.of::<Ndis>().borrow().modules[module].name.clone();
                record(world, OidFact::NotOutstanding { module, own: false });
            }
            None => {}
        }
    }
    status
}

/// One regular request at a time (ddi:ndis/nc-ndis-filter_oid_request).
fn wait_for_turn(world: &World, module: ModuleId) {
    loop {
        let free = {
            let ndis = world.of::<Ndis>().borrow();
            let busy = ndis
                .oids
                .held
                .iter()
                .any(|held| held.module == module && held.lane == Lane::Regular);
            if !busy {
                return;
            }
            let turn = Rc::clone(&ndis.modules[module].oid_turn);
            turn.set(false);
            turn
        };
        world.wait_for(&free);
    }
}

fn free_turn(turn: &Rc<Cell<bool>>) {
    turn.set(true);
}

/// NdisFOidRequest and NdisFDirectOidRequest.
pub fn from_filter(world: &World, module: ModuleId, lane: Lane, request: Request) -> NDIS_STATUS {
    let (adapter, layer) = {
        let mut ndis = world.of::<Ndis>().borrow_mut();
        let Some(layer) = ndis.layer_of(module) else { return NOT_ACCEPTED };
        let adapter = ndis.modules[module].adapter;
        let name = ndis.modules[module].name.clone();
        let attributes_set = ndis.modules[module].context.is_some();
        let held = ndis.oids.held.iter().any(|h| h.module == module && h.request == request);
        // What it was handed, from NDIS or from a module above, is not its own.
        let own = !held && !ndis.oids.clones.contains_key(&request.0);
        let number = if own { None } else { number_of(&ndis.oids, request) };
        if !held {
            let kind = SenderKind::Module { module, own, number };
            let sender = Sender { lane, adapter, kind, id: request.request_id() };
            ndis.oids.senders.insert(request, sender);
        }
        drop(ndis);
        if number.is_none() {
            look_at_own(world, module, adapter, request);
        }
        let set = request.kind() != oid::QUERY;
        record(
            world,
            if own {
                OidFact::Own { module: name, oid: request.oid(), set, attributes_set }
            } else {
                OidFact::PassedOn { request: number, module: name, original: held }
            },
        );
        (adapter, layer)
    };
    let status = descend(world, adapter, layer, lane, request);
    if status != NDIS_STATUS_PENDING {
        came_back(world, module, request);
        let sender = world.of::<Ndis>().borrow_mut().oids.senders.remove(&request);
        own_done(world, sender.as_ref());
    }
    status
}

/// What is wrong with a request of a filter's own, beside the time at which it comes.
fn look_at_own(world: &World, module: ModuleId, adapter: AdapterId, request: Request) {
    let (module, above) = {
        let ndis = world.of::<Ndis>().borrow();
        (ndis.modules[module].name.clone(), ndis.adapters[adapter].packet_filter)
    };
    let (kind, revision, size) = request.header();
    if !oid::is_header(kind, revision, size) {
        let module = module.clone();
        record(world, OidFact::Headerless { module, kind, revision, size });
    }
    if request.kind() == oid::SET
        && request.oid() == oid::PACKET_FILTER
        && let Some(own) = request.information().first_chunk().copied().map(u32::from_le_bytes)
        && above & !own != 0
    {
        record(world, OidFact::Narrowed { module, above, own });
    }
}

fn own_done(world: &World, sender: Option<&Sender>) {
    if let Some(Sender { kind: SenderKind::Module { module, own: true, .. }, .. }) = sender {
        let module = world.of::<Ndis>().borrow().modules[*module].name.clone();
        record(world, OidFact::OwnDone { module });
    }
}

/// Keeps what came back for a clone, to see whether the filter passes it on.
fn came_back(world: &World, module: ModuleId, request: Request) {
    let results = request.results();
    let mut ndis = world.of::<Ndis>().borrow_mut();
    let Some(clone) = ndis.oids.clones.get_mut(&request.0) else { return };
    clone.results = Some(results);
    let source = clone.source;
    for held in &mut ndis.oids.held {
        if held.module == module && held.request == source {
            held.results = Some(results);
        }
    }
}

/// A request has come to its end below its sender.
fn tell_sender(world: &World, request: Request, status: NDIS_STATUS) {
    let sender = world.of::<Ndis>().borrow().oids.senders.get(&request).cloned();
    match sender {
        Some(Sender { kind: SenderKind::Ndis(issue), .. }) => answered(world, &issue, status),
        Some(Sender { kind: SenderKind::Module { module, .. }, lane, .. }) => {
            came_back(world, module, request);
            let sender = world.of::<Ndis>().borrow_mut().oids.senders.remove(&request);
            own_done(world, sender.as_ref());
            call_oid::complete(world, lane, module, request, status);
        }
        None => {}
    }
}

/// NdisFOidRequestComplete and NdisFDirectOidRequestComplete.
pub fn completed_by_filter(world: &World, module: ModuleId, request: Request, status: NDIS_STATUS) {
    let (held, name) = {
        let mut ndis = world.of::<Ndis>().borrow_mut();
        let name = ndis.modules[module].name.clone();
        let at = ndis
            .oids
            .held
            .iter()
            .position(|h| h.module == module && h.request == request && h.completed.is_none());
        let Some(at) = at else {
            let sender = ndis.oids.senders.get(&request);
            let own = sender.is_some_and(|s| matches!(s.kind, SenderKind::Module { .. }));
            drop(ndis);
            record(world, OidFact::NotOutstanding { module: name, own });
            return;
        };
        let held = if ndis.oids.held[at].inside {
            ndis.oids.held[at].completed = Some(status);
            ndis.oids.held[at].clone()
        } else {
            let held = ndis.oids.held.remove(at);
            free_turn(&ndis.modules[module].oid_turn);
            held
        };
        (held, name)
    };
    if let Some(number) = held.number {
        let clones = world
            .of::<Ndis>()
            .borrow()
            .oids
            .clones
            .values()
            .filter(|c| c.source == request)
            .count();
        let now = request.results();
        let counts = |results: Results| (results.done, results.needed);
        let copied = held.results.is_none_or(|results| counts(results) == counts(now));
        let revision_copied = held.results.is_none_or(|results| results.revision == now.revision);
        let reserved_intact = request.ndis_reserved().iter().all(|byte| *byte == 0xA7)
            || world.of::<Ndis>().borrow().oids.clones.contains_key(&request.0);
        record(
            world,
            OidFact::Completed {
                request: number,
                module: name,
                clones,
                copied,
                revision_copied,
                reserved_intact,
            },
        );
    }
    if !held.inside {
        tell_sender(world, request, status);
    }
}

/// What the miniport does with a request, by the switch `completion`.
fn to_miniport(world: &World, adapter: AdapterId, lane: Lane, request: Request) -> NDIS_STATUS {
    let (number, unchanged) = {
        let ndis = world.of::<Ndis>().borrow();
        let source = ndis.oids.clones.get(&request.0).map_or(request, |clone| clone.source);
        let unchanged = match ndis.oids.senders.get(&source).map(|sender| &sender.kind) {
            Some(SenderKind::Ndis(issue)) => issue.information == request.information(),
            _ => true,
        };
        (number_of(&ndis.oids, request), unchanged)
    };
    let oid = request.oid();
    record(world, OidFact::AtMiniport { request: number, oid, unchanged });
    let (initialised, asleep, gone) = {
        let ndis = world.of::<Ndis>().borrow();
        let this = &ndis.adapters[adapter];
        (this.initialised, this.asleep.is_some_and(|asleep| !asleep.woken), this.gone)
    };
    if !initialised || gone {
        return NOT_ACCEPTED;
    }
    if asleep && oid != SET_POWER {
        return NDIS_STATUS_LOW_POWER_STATE;
    }
    // Power comes and goes at once: everything else would be another flow.
    let completion = match oid {
        SET_POWER => Completion::Reentrant,
        PM_PARAMETERS if number.is_some() => Completion::Reentrant,
        _ => crate::switches::of(world).completion,
    };
    let answers = {
        let oids = &mut world.of::<Ndis>().borrow_mut().oids;
        oids.answers += 1;
        oids.answers
    };
    match completion {
        Completion::Reentrant if answers % 2 == 1 => {
            request.answer();
            NDIS_STATUS_SUCCESS
        }
        Completion::Reentrant => {
            request.answer();
            // The sender of a request that pends is told in between, as if by another processor.
            tell_sender(world, request, NDIS_STATUS_SUCCESS);
            NDIS_STATUS_PENDING
        }
        Completion::Async | Completion::Held => later(world, adapter, lane, request, Some(SOON)),
        Completion::Late => later(world, adapter, lane, request, Some(LATE)),
        Completion::Never => later(world, adapter, lane, request, None),
    }
}

fn later(
    world: &World,
    adapter: AdapterId,
    lane: Lane,
    request: Request,
    after: Option<u64>,
) -> NDIS_STATUS {
    world.of::<Ndis>().borrow_mut().oids.at_miniport.push((request, lane, adapter));
    let (after, status) = match after {
        Some(after) => (after, NDIS_STATUS_SUCCESS),
        // NDIS resets a miniport that does not answer.
        None => (RESET_AFTER, ABORTED),
    };
    world.threads.spawn_at(DISPATCH, "miniport DPC".to_owned(), move || {
        let world = world::current();
        world.sleep(after);
        miniport_completes(&world, request, status);
    });
    NDIS_STATUS_PENDING
}

/// Once: whoever comes later finds nothing.
fn miniport_completes(world: &World, request: Request, status: NDIS_STATUS) {
    let mut ndis = world.of::<Ndis>().borrow_mut();
    let at = ndis.oids.at_miniport.iter().position(|(waiting, _, _)| *waiting == request);
    let Some(at) = at else { return };
    ndis.oids.at_miniport.remove(at);
    drop(ndis);
    if status == NDIS_STATUS_SUCCESS {
        request.answer();
    }
    tell_sender(world, request, status);
}

/// The miniport gives back everything it has, as it must when it is halted or reset
/// (ddi:ndis/nc-ndis-miniport_halt).
pub fn abort_all(world: &World, adapter: AdapterId) {
    loop {
        let waiting = {
            let ndis = world.of::<Ndis>().borrow();
            ndis.oids.at_miniport.iter().find(|(_, _, at)| *at == adapter).map(|(r, _, _)| *r)
        };
        let Some(request) = waiting else { return };
        miniport_completes(world, request, ABORTED);
    }
}

/// The modules are gone that had requests: NDIS ends its own, whoever had them.
pub fn abandon(world: &World) {
    let issues: Vec<Rc<Issue>> = {
        let mut ndis = world.of::<Ndis>().borrow_mut();
        for held in std::mem::take(&mut ndis.oids.held) {
            free_turn(&ndis.modules[held.module].oid_turn);
        }
        // Each of them is ended below, or was the image's: the miniport has nothing to answer any more.
        ndis.oids.at_miniport.clear();
        let senders = ndis.oids.senders.values();
        let issues = senders.filter_map(|sender| match &sender.kind {
            SenderKind::Ndis(issue) if !issue.done.get() => Some(Rc::clone(issue)),
            _ => None,
        });
        issues.collect()
    };
    for issue in issues {
        answered(world, &issue, ABORTED);
    }
}

/// NDIS begins no requests of its own on an adapter, and waits for those it has begun, before it
/// detaches a module; a miniport that does not answer is reset.
pub fn suspend(world: &World, adapter: AdapterId) {
    world.of::<Ndis>().borrow_mut().adapters[adapter].no_requests += 1;
    // Of dead hardware nothing is expected.
    let patience =
        if world.of::<Ndis>().borrow().adapters[adapter].gone { MS } else { RESET_AFTER };
    let mut until = world.clock.get() + patience;
    loop {
        let Some(issue) = begun(world, adapter) else { return };
        if issue.done.get() {
            // Its thread has the answer and is on its way out.
            world.wait_for(&issue.left);
        } else if !world.wait_for_until(&issue.done, until) {
            let ndis = world.of::<Ndis>();
            let below = ndis.borrow().oids.at_miniport.iter().any(|(_, _, at)| *at == adapter);
            let given_up = world.clock.get() + RESET_AFTER;
            if !below && !world.wait_for_until(&issue.done, given_up) {
                // A filter has it, and nobody can take it from there: NDIS waits, as long as it takes.
                record(world, OidFact::NeverCompleted { request: issue.number });
                world.wait_for(&issue.done);
            }
            abort_all(world, adapter);
            until = world.clock.get() + patience;
        }
    }
}

/// A request that NDIS has begun on an adapter; if there are several, one that a filter has been handed
/// and not one that waits for its turn.
fn begun(world: &World, adapter: AdapterId) -> Option<Rc<Issue>> {
    let ndis = world.of::<Ndis>().borrow();
    let issues = ndis.oids.senders.values().filter_map(|sender| match &sender.kind {
        SenderKind::Ndis(issue) if sender.adapter == adapter => Some(issue),
        _ => None,
    });
    let is_held =
        |issue: &&Rc<Issue>| ndis.oids.held.iter().any(|held| held.number == Some(issue.number));
    issues.max_by_key(is_held).map(Rc::clone)
}

/// The module is gone: requests may begin again.
pub fn resume(world: &World, adapter: AdapterId) {
    world.of::<Ndis>().borrow_mut().adapters[adapter].no_requests -= 1;
}

/// Notes a clone of a request; `address` is its memory.
pub fn cloned(world: &World, address: usize, source: Request) {
    world
        .of::<Ndis>()
        .borrow_mut()
        .oids
        .clones
        .insert(address, CloneRequest { source, results: None });
}

/// Forgets a clone; false when it was none.
pub fn clone_freed(world: &World, address: usize) -> bool {
    world.of::<Ndis>().borrow_mut().oids.clones.remove(&address).is_some()
}

/// A module goes: what it still has out is told.
pub fn detaching(world: &World, module: ModuleId) {
    let (count, name) = {
        let ndis = world.of::<Ndis>().borrow();
        let own = ndis.oids.senders.values().filter(
            |sender| matches!(sender.kind, SenderKind::Module { module: m, own: true, .. } if m == module),
        );
        (own.count(), ndis.modules[module].name.clone())
    };
    if count > 0 {
        record(world, OidFact::OutAtDetach { module: name, count });
    }
}
