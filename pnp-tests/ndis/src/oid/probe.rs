//! A few requests of every kind, and their cancellation (ddi:ndis/nc-ndis-filter_cancel_oid_request).

use std::rc::Rc;

use super::{
    ABORTED, Issue, Question, SOON, SenderKind, ask, finish, issue, miniport_completes,
    module_below, record,
};
use crate::Ndis;
use crate::door::oid::{self, Request};
use crate::door::{call_oid, handlers::Lane};
use crate::id::{AdapterId, ModuleId};
use journal::OidFact;
use kernel::world::{self, World};

/// NDIS cancels the request of this number, if it is still out (ddi:ndis/nc-ndis-filter_cancel_oid_request).
fn cancel(world: &World, adapter: AdapterId, lane: Lane, issue: &Issue) {
    if issue.done.get() {
        return;
    }
    record(world, OidFact::Cancelled { request: issue.number });
    let top = world.of::<Ndis>().borrow().adapters[adapter].layers.len();
    let id = issue.made.request().request_id();
    cancel_below(world, adapter, top, lane, id);
}

fn cancel_below(world: &World, adapter: AdapterId, layer: usize, lane: Lane, id: usize) {
    if let Some((module, at)) = module_below(world, adapter, layer, lane) {
        if !call_oid::cancel(world, lane, module, id) {
            cancel_below(world, adapter, at, lane, id);
        }
        return;
    }
    let waiting = {
        let ndis = world.of::<Ndis>().borrow();
        let of_id = |request: &Request| ndis.oids.senders.get(request).is_some_and(|s| s.id == id);
        ndis.oids.at_miniport.iter().map(|(request, _, _)| *request).find(|r| of_id(r))
    };
    if let Some(request) = waiting {
        miniport_completes(world, request, ABORTED);
    }
}

/// NdisFCancelOidRequest.
pub fn cancelled_by_filter(world: &World, module: ModuleId, lane: Lane, id: usize) {
    let (name, adapter, layer, known) = {
        let ndis = world.of::<Ndis>().borrow();
        let known = ndis.oids.senders.values().any(|sender| {
            sender.id == id
                && matches!(sender.kind, SenderKind::Module { module: m, .. } if m == module)
        });
        let module_of = &ndis.modules[module];
        (module_of.name.clone(), module_of.adapter, ndis.layer_of(module), known)
    };
    record(world, OidFact::CancelPassedOn { module: name, known });
    if let Some(layer) = layer {
        cancel_below(world, adapter, layer, lane, id);
    }
}

/// Whether the driver takes requests at all.
pub fn is_watched(world: &World) -> bool {
    let ndis = world.of::<Ndis>().borrow();
    ndis.filter.as_ref().is_some_and(|filter| {
        filter.handlers.oid_request != 0 || filter.handlers.direct_oid_request != 0
    })
}

/// A few requests of every kind, one of them cancelled, on a thread of their own.
pub fn probe(world: &World, adapter: AdapterId) {
    if !is_watched(world) {
        return;
    }
    let name = world.of::<Ndis>().borrow().adapters[adapter].name.clone();
    world.threads.spawn(format!("OIDs {name}"), move || {
        let world = world::current();
        // OID_GEN_STATISTICS, OID_GEN_CURRENT_PACKET_FILTER, OID_GEN_VLAN_ID as a method's stand-in.
        let asks = [
            Question::query(0x0002_0106, 64),
            Question::set(0x0001_010E, &[0x0B, 0, 0, 0]),
            Question { kind: oid::METHOD, oid: 0x0001_021C, information: vec![1; 16] },
        ];
        for question in &asks {
            let _ = ask(&world, adapter, Lane::Regular, question);
        }
        ask_and_cancel(&world, adapter, &asks[0]);
        let _ = ask(&world, adapter, Lane::Direct, &asks[0]);
    });
}

/// Sends a request and cancels it while it is out, from another thread.
pub fn ask_and_cancel(world: &World, adapter: AdapterId, question: &Question) {
    if world.of::<Ndis>().borrow().adapters[adapter].no_requests > 0 {
        return;
    }
    let issue = issue(world, adapter, Lane::Regular, question);
    let victim = Rc::clone(&issue);
    world.threads.spawn("canceller".to_owned(), move || {
        let world = world::current();
        world.sleep(SOON / 2);
        cancel(&world, adapter, Lane::Regular, &victim);
    });
    let id = issue.made.request().request_id();
    let _ = finish(world, adapter, Lane::Regular, &issue);
    // The same from another processor, just too late: a filter must not find it any more.
    let top = world.of::<Ndis>().borrow().adapters[adapter].layers.len();
    cancel_below(world, adapter, top, Lane::Regular, id);
}
