//! Lists of NDIS_RESTART_ATTRIBUTES, as miniports and filters may leave them.

use std::mem::offset_of;
use std::ptr;

use driver_abi::ndis::filter as abi;
use driver_abi::ndis::object as object_abi;

use super::raw::{LINK_SPEED, Raw, header};
use crate::Ndis;
use crate::id::ModuleId;
use crate::switches::RestartAttributes;
use journal::NdisFact;
use kernel::machine::block::Block;
use kernel::machine::raw;
use kernel::nt::pool;
use kernel::world::World;

/// Longer lists are broken ones.
const LONGEST: usize = 64;
/// Where the data of an entry begins.
const DATA: usize = 16;
/// An OID that no filter knows.
const FOREIGN: u32 = 0xFF00_ACED;

/// The list that a switch asks for, its first entry first; empty for none.
pub fn attributes(kind: RestartAttributes) -> Vec<Block> {
    let general = (abi::OID_GEN_MINIPORT_RESTART_ATTRIBUTES, general_data());
    let foreign = (FOREIGN, vec![0x5A; 24]);
    let entries = match kind {
        RestartAttributes::Null => Vec::new(),
        RestartAttributes::General => vec![general],
        RestartAttributes::Revision1 => {
            let (oid, mut data) = general;
            data.truncate(84);
            data[1] = abi::NDIS_RESTART_GENERAL_ATTRIBUTES_REVISION_1;
            data[2..4].copy_from_slice(&84_u16.to_le_bytes());
            vec![(oid, data)]
        }
        RestartAttributes::ForeignFirst => vec![foreign, general],
        RestartAttributes::ForeignLast => vec![general, foreign],
        RestartAttributes::EmptyData => vec![(FOREIGN, Vec::new()), general],
    };
    let mut blocks: Vec<Block> = Vec::new();
    for (oid, data) in entries.into_iter().rev() {
        let next = blocks.last().map_or(0, Block::address);
        blocks.push(entry(next, oid, &data));
    }
    blocks.reverse();
    blocks
}

/// A list of one entry: the general attributes.
pub fn general() -> Block {
    entry(0, abi::OID_GEN_MINIPORT_RESTART_ATTRIBUTES, &general_data())
}

/// NDIS goes through the list that a module left and passes it on: what it added is NDIS's from here on, and freed
/// (ddi:ndis/nc-ndis-filter_restart). Says what is wrong with it.
pub fn take_over(world: &World, module: ModuleId, parameters: &Raw) {
    let head =
        parameters.address() + offset_of!(abi::NDIS_FILTER_RESTART_PARAMETERS, RestartAttributes);
    let mut list: Vec<usize> = Vec::new();
    let mut at: usize = raw::get(head);
    while at != 0 && list.len() < LONGEST {
        list.push(at);
        at = raw::get(at + offset_of!(abi::NDIS_RESTART_ATTRIBUTES, Next));
    }
    let oid = |entry: usize| raw::get::<u32>(entry + offset_of!(abi::NDIS_RESTART_ATTRIBUTES, Oid));
    let given: Vec<usize> = parameters.blocks[1..].iter().map(Block::address).collect();
    let mut wrong = Vec::new();
    for lost in given.iter().copied().filter(|entry| !list.contains(entry)) {
        if !list.iter().any(|other| oid(*other) == oid(lost)) {
            wrong.push(format!("the attributes of OID {:#010X} are gone from the list", oid(lost)));
        }
    }
    let general =
        list.iter().find(|entry| oid(**entry) == abi::OID_GEN_MINIPORT_RESTART_ATTRIBUTES);
    if let Some(entry) = general {
        use abi::NDIS_RESTART_GENERAL_ATTRIBUTES as General;
        let data = entry + DATA;
        if raw::get::<u32>(data + offset_of!(General, MtuSize)) == 0 {
            wrong.push("MtuSize is 0".to_owned());
        }
        if raw::get::<u64>(data + offset_of!(General, MaxXmitLinkSpeed)) == 0 {
            wrong.push("MaxXmitLinkSpeed is 0".to_owned());
        }
    }
    let name = world.of::<Ndis>().borrow().modules[module].name.clone();
    for what in wrong {
        world.record(NdisFact::RestartAttributes { module: name.clone(), what });
    }
    for added in list.into_iter().filter(|entry| !given.contains(entry)) {
        pool::free(world, added, None);
    }
}

fn entry(next: usize, oid: u32, data: &[u8]) -> Block {
    let entry = abi::NDIS_RESTART_ATTRIBUTES {
        Next: ptr::with_exposed_provenance_mut(next),
        Oid: oid,
        DataLength: u32::try_from(data.len()).expect("attributes are small"),
        Data: [0],
    };
    let mut bytes = Block::of(entry).bytes()[..16].to_vec();
    bytes.extend(data);
    Block::with(&bytes, false)
}

/// The bytes of a frame, beside the header, that a miniport has in its first MDL.
pub const LOOKAHEAD: u32 = 1500;

fn general_data() -> Vec<u8> {
    let general = abi::NDIS_RESTART_GENERAL_ATTRIBUTES {
        Header: header(
            object_abi::NDIS_OBJECT_TYPE_RESTART_GENERAL_ATTRIBUTES,
            abi::NDIS_RESTART_GENERAL_ATTRIBUTES_REVISION_2,
            abi::NDIS_SIZEOF_RESTART_GENERAL_ATTRIBUTES_REVISION_2,
        ),
        MtuSize: 1500,
        MaxXmitLinkSpeed: LINK_SPEED,
        MaxRcvLinkSpeed: LINK_SPEED,
        LookaheadSize: LOOKAHEAD,
        MacOptions: 0,
        SupportedPacketFilters: 0x0F,
        MaxMulticastListSize: 32,
        RecvScaleCapabilities: ptr::null_mut(),
        AccessType: 2,
        Flags: 0,
        ConnectionType: 1,
        SupportedStatistics: 0,
        DataBackFillSize: 0,
        ContextBackFillSize: 0,
        SupportedOidList: ptr::null_mut(),
        SupportedOidListLength: 0,
        MaxLookaheadSizeAccessed: 0,
    };
    Block::of(general).bytes()
}
