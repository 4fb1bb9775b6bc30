//! Packets on their way through a filter.
#![allow(non_snake_case, reason = "Windows names")]

use super::module;
use crate::Ndis;
use crate::door::call_packet::AT_DISPATCH;
use crate::{ModuleId, receive, send};
use journal::{NdisFact, PacketFact};
use kernel::door::crossing::{Crossing, DISPATCH, cross};
use kernel::door::exports::exports;

exports! {
    NdisFCancelSendNetBufferLists: le DISPATCH, calls back, since 6000,
        "ddi:ndis/nf-ndis-ndisfcancelsendnetbufferlists";
    NdisFIndicateReceiveNetBufferLists: le DISPATCH, calls back, since 6000,
        "ddi:ndis/nf-ndis-ndisfindicatereceivenetbufferlists";
    NdisFReturnNetBufferLists: le DISPATCH, calls back, since 6000,
        "ddi:ndis/nf-ndis-ndisfreturnnetbufferlists";
    NdisFSendNetBufferLists: le DISPATCH, calls back, since 6000,
        "ddi:ndis/nf-ndis-ndisfsendnetbufferlists";
    NdisFSendNetBufferListsComplete: le DISPATCH, calls back, since 6000,
        "ddi:ndis/nf-ndis-ndisfsendnetbufferlistscomplete";
}

/// The crossing and the module; a flag that claims DISPATCH_LEVEL at a lower IRQL is recorded.
fn enter(handle: usize, flags: u32) -> Option<(Crossing, ModuleId)> {
    let world = cross();
    let module = module(&world, world.import(), handle)?;
    if flags & AT_DISPATCH != 0 && world.threads.current().irql.get() < DISPATCH {
        world.record(NdisFact::Packet(PacketFact::WrongFlag { import: world.import() }));
    }
    Some((world, module))
}

extern "win64" fn NdisFSendNetBufferLists(handle: usize, lists: usize, _port: u32, flags: u32) {
    if let Some((world, module)) = enter(handle, flags) {
        send::from_filter(&world, module, lists, flags);
    }
}

extern "win64" fn NdisFSendNetBufferListsComplete(handle: usize, lists: usize, flags: u32) {
    if let Some((world, module)) = enter(handle, flags) {
        send::completed_by_filter(&world, module, lists, flags);
    }
}

extern "win64" fn NdisFIndicateReceiveNetBufferLists(
    handle: usize,
    lists: usize,
    _port: u32,
    count: u32,
    flags: u32,
) {
    if let Some((world, module)) = enter(handle, flags) {
        receive::from_filter(&world, module, lists, count, flags);
    }
}

extern "win64" fn NdisFReturnNetBufferLists(handle: usize, lists: usize, flags: u32) {
    if let Some((world, module)) = enter(handle, flags) {
        receive::returned_by_filter(&world, module, lists, flags);
    }
}

extern "win64" fn NdisFCancelSendNetBufferLists(handle: usize, id: usize) {
    if let Some((world, module)) = enter(handle, 0) {
        let place = {
            let ndis = world.of::<Ndis>().borrow();
            ndis.layer_of(module).map(|layer| (ndis.modules[module].adapter, layer))
        };
        if let Some((adapter, layer)) = place {
            send::cancel(&world, adapter, layer, id);
        }
    }
}
