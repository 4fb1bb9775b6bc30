//! Events and completions that a filter passes on.
#![allow(non_snake_case, reason = "Windows names")]

use driver_abi::ndis::status::{NDIS_STATUS_FAILURE, NDIS_STATUS_INVALID_PARAMETER};

use super::module;
use crate::ModuleId;
use crate::Ndis;
use crate::door::layout::ndis_status_indication as at;
use journal::NdisFact;
use kernel::door::crossing::cross;
use kernel::machine::raw;
use kernel::world::World;

use kernel::door::exports::exports;

exports! {
    NdisFDevicePnPEventNotify: le PASSIVE, calls back, since 6000,
        "ddi:ndis/nf-ndis-ndisfdevicepnpeventnotify";
    NdisFIndicateStatus: le DISPATCH, calls back, since 6000,
        "ddi:ndis/nf-ndis-ndisfindicatestatus";
    NdisFNetPnPEvent: le PASSIVE, fails NDIS_STATUS_FAILURE, calls back, since 6000,
        "ddi:ndis/nf-ndis-ndisfnetpnpevent";
    NdisFPauseComplete: le DISPATCH, calls back, since 6000, "ddi:ndis/nf-ndis-ndisfpausecomplete";
    NdisFRestartComplete: le PASSIVE, calls back, since 6000,
        "ddi:ndis/nf-ndis-ndisfrestartcomplete";
}

/// Records a forward, and says which event code went on.
fn forwarded(
    world: &World,
    import: &'static str,
    callback: &str,
    module: ModuleId,
    subject: usize,
) -> Option<u32> {
    let thread = world.threads.current();
    let owner = world.of::<Ndis>().borrow().modules[module].owner;
    let open = thread
        .open
        .borrow()
        .iter()
        .rev()
        .find(|open| open.callback == callback && open.owner == Some(owner))
        .cloned();
    let ndis = world.of::<Ndis>().borrow();
    let flight = ndis.in_flight.iter().find(|flight| flight.raw.address() == subject);
    let own = ndis.own_statuses.iter().rev().find(|(address, _)| *address == subject);
    let fact = NdisFact::Forward {
        import,
        module: ndis.modules[module].name.clone(),
        during: open.as_ref().map(|open| open.call),
        same: open.as_ref().is_some_and(|open| open.subject == subject),
        // What a module made is in memory of the image's; nobody keeps count of it.
        unchanged: own.is_some()
            || open.zip(flight).is_some_and(|(open, flight)| open.hash == flight.raw.hash()),
    };
    let code = flight.map(|flight| flight.code).or(own.map(|(_, code)| *code));
    drop(ndis);
    world.record(fact);
    code
}

extern "win64" fn NdisFNetPnPEvent(handle: usize, notification: usize) -> i32 {
    let world = cross();
    let Some(module) = module(&world, world.import(), handle) else { return NDIS_STATUS_FAILURE.0 };
    match forwarded(&world, world.import(), "FilterNetPnPEvent", module, notification) {
        Some(code) => {
            let thread = world.threads.current();
            let during = thread.open.borrow().last().map(|open| open.call);
            let status = crate::net_pnp::forward(&world, module, notification, code).0;
            world.record(NdisFact::Answered { during, status });
            status
        }
        // An event of the filter's own making goes nowhere (contract a.3: never originate one).
        None => NDIS_STATUS_INVALID_PARAMETER.0,
    }
}

extern "win64" fn NdisFDevicePnPEventNotify(handle: usize, event: usize) {
    let world = cross();
    let Some(module) = module(&world, world.import(), handle) else { return };
    if let Some(code) =
        forwarded(&world, world.import(), "FilterDevicePnPEventNotify", module, event)
    {
        crate::device_pnp::forward(&world, module, event, code);
    }
}

extern "win64" fn NdisFIndicateStatus(handle: usize, indication: usize) {
    let world = cross();
    let Some(module) = module(&world, world.import(), handle) else { return };
    let in_flight = {
        let ndis = world.of::<Ndis>().borrow();
        ndis.in_flight.iter().any(|flight| flight.raw.address() == indication)
    };
    // A structure that came from nobody, with the filter itself as its source, is the filter's own.
    let source: usize = raw::get(indication + at::SOURCE_HANDLE);
    if !in_flight && source == handle {
        let code = raw::get(indication + at::STATUS_CODE);
        crate::status::originate(&world, module, indication, code);
        return;
    }
    if let Some(code) = forwarded(&world, world.import(), "FilterStatus", module, indication) {
        crate::status::forward(&world, module, indication, code);
    }
}

extern "win64" fn NdisFPauseComplete(handle: usize) {
    let world = cross();
    let Some(module) = module(&world, world.import(), handle) else { return };
    let (name, done) = {
        let ndis = world.of::<Ndis>().borrow();
        (ndis.modules[module].name.clone(), ndis.modules[module].pause_done.clone())
    };
    world.record(NdisFact::Call { import: world.import(), module: Some(name), status: None });
    done.set(true);
}

extern "win64" fn NdisFRestartComplete(handle: usize, status: i32) {
    let world = cross();
    let Some(module) = module(&world, world.import(), handle) else { return };
    let (name, done) = {
        let mut ndis = world.of::<Ndis>().borrow_mut();
        ndis.modules[module].restart_status = status;
        (ndis.modules[module].name.clone(), ndis.modules[module].restart_done.clone())
    };
    world.record(NdisFact::Call {
        import: world.import(),
        module: Some(name),
        status: Some(status),
    });
    done.set(true);
}
