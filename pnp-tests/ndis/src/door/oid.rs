//! NDIS_OID_REQUEST in memory: what the host reads of a request and writes into it.

use super::layout::ndis_oid_request as at;
use kernel::machine::block::Block;
use kernel::machine::raw;

/// NDIS_REQUEST_TYPE, those that filters meet.
pub const QUERY: u32 = 0;
/// NdisRequestSetInformation.
pub const SET: u32 = 1;
/// NdisRequestMethod.
pub const METHOD: u32 = 12;

/// OID_GEN_CURRENT_PACKET_FILTER.
pub const PACKET_FILTER: u32 = 0x0001_010E;
/// OID_PM_PARAMETERS.
pub const PM_PARAMETERS: u32 = 0xFD01_0109;
/// OID_PM_HARDWARE_CAPABILITIES.
const PM_HARDWARE_CAPABILITIES: u32 = 0xFD01_0108;

/// NDIS_PM_PARAMETERS: NDIS_PM_WOL_MAGIC_PACKET_ENABLED, no offload, NDIS_PM_WAKE_ON_LINK_CHANGE_ENABLED.
const WAKE_SETTINGS: [u32; 5] = [0x0014_0280, 2, 0, 1, 0];
/// NDIS_PM_CAPABILITIES: a magic packet wakes it from D3, a pattern from D2, a link change from D3.
const WAKE_HARDWARE: [u32; 15] = [0x003C_0280, 0, 3, 8, 128, 0, 0, 0, 0, 0, 4, 3, 4, 1, 0];

/// Fields of DATA, which is a union by request type (ddi:oidrequest/ns-oidrequest-ndis_oid_request).
mod data {
    use super::at::DATA;
    pub const OID: usize = DATA;
    pub const BUFFER: usize = DATA + 8;
    pub const LENGTH: usize = DATA + 16;
    /// BytesWritten of a query, BytesRead of a set.
    pub const DONE: usize = DATA + 20;
    pub const NEEDED: usize = DATA + 24;
    /// A method request has two lengths and an id before its counts.
    pub const METHOD_OUTPUT_LENGTH: usize = DATA + 20;
    pub const METHOD_WRITTEN: usize = DATA + 28;
    pub const METHOD_READ: usize = DATA + 32;
    pub const METHOD_NEEDED: usize = DATA + 36;
}

/// The request at an address. It may be the image's: a wrong address faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request(pub usize);

/// Counts and revision that a completed request carries back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Results {
    /// BytesWritten of a query or method, BytesRead of a set.
    pub done: u32,
    /// BytesNeeded.
    pub needed: u32,
    /// SupportedRevision.
    pub revision: u8,
}

impl Request {
    /// The request type, NDIS_REQUEST_TYPE.
    pub fn kind(self) -> u32 {
        raw::get(self.0 + at::REQUEST_TYPE)
    }

    /// The OID.
    pub fn oid(self) -> u32 {
        raw::get(self.0 + data::OID)
    }

    /// Type, Revision and Size of the header.
    pub fn header(self) -> (u8, u8, u16) {
        let at = self.0 + at::HEADER;
        (raw::get(at), raw::get(at + 1), raw::get(at + 2))
    }

    /// The RequestId, by which a request is cancelled.
    pub fn request_id(self) -> usize {
        raw::get(self.0 + at::REQUEST_ID)
    }

    /// A copy of the information buffer.
    pub fn information(self) -> Vec<u8> {
        let (buffer, length): (usize, u32) =
            (raw::get(self.0 + data::BUFFER), raw::get(self.0 + data::LENGTH));
        if buffer == 0 { Vec::new() } else { raw::bytes(buffer, length as usize) }
    }

    /// NDIS's own part of the structure, which a filter leaves alone.
    pub fn ndis_reserved(self) -> Vec<u8> {
        raw::bytes(self.0 + at::NDIS_RESERVED, at::MINIPORT_RESERVED - at::NDIS_RESERVED)
    }

    /// The counts and the revision as they stand in the request.
    pub fn results(self) -> Results {
        let (done, needed) = if self.kind() == METHOD {
            (data::METHOD_WRITTEN, data::METHOD_NEEDED)
        } else {
            (data::DONE, data::NEEDED)
        };
        Results {
            done: raw::get(self.0 + done),
            needed: raw::get(self.0 + needed),
            revision: raw::get(self.0 + at::SUPPORTED_REVISION),
        }
    }

    /// Writes the answer of a miniport that has done what was asked: for a query its information, as much of
    /// it as there is room for.
    pub fn answer(self) {
        let length: u32 = raw::get(self.0 + data::LENGTH);
        let buffer: usize = raw::get(self.0 + data::BUFFER);
        match self.kind() {
            SET => {
                raw::put(self.0 + data::DONE, length);
                raw::put(self.0 + data::NEEDED, 0_u32);
            }
            METHOD => {
                let room: u32 = raw::get(self.0 + data::METHOD_OUTPUT_LENGTH);
                raw::fill(buffer, 0x5A, room as usize);
                raw::put(self.0 + data::METHOD_WRITTEN, room);
                raw::put(self.0 + data::METHOD_READ, length);
                raw::put(self.0 + data::METHOD_NEEDED, 0_u32);
            }
            _ => {
                let known: &[u32] = match self.oid() {
                    PM_PARAMETERS => &WAKE_SETTINGS,
                    PM_HARDWARE_CAPABILITIES => &WAKE_HARDWARE,
                    _ => &[],
                };
                let answer: Vec<u8> = known.iter().flat_map(|word| word.to_le_bytes()).collect();
                let done = if answer.is_empty() { length } else { length.min(len(&answer)) };
                if buffer != 0 && answer.is_empty() {
                    raw::fill(buffer, 0x5A, length as usize);
                } else if buffer != 0 {
                    raw::write(buffer, &answer[..done as usize]);
                }
                raw::put(self.0 + data::DONE, done);
                raw::put(self.0 + data::NEEDED, 0_u32);
            }
        }
        raw::put(self.0 + at::SUPPORTED_REVISION, 1_u8);
    }
}

fn len(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("answers are small")
}

/// Whether this is the header of an NDIS_OID_REQUEST: NDIS_OBJECT_TYPE_OID_REQUEST, a revision, and at least the size
/// of that revision (ddi:oidrequest/ns-oidrequest-ndis_oid_request).
pub fn is_header(kind: u8, revision: u8, size: u16) -> bool {
    let needed = match revision {
        0 => return false,
        1 => 236,
        _ => 248,
    };
    kind == 0x96 && size >= needed
}

/// A request of NDIS's own making.
#[derive(Debug)]
pub struct NewRequest {
    block: Block,
    _information: Block,
}

/// Builds a request; `number` becomes its RequestId.
pub fn make(kind: u32, oid: u32, information: &[u8], number: u32) -> NewRequest {
    let information = Block::with(information, false);
    let mut block = Block::new(at::SIZEOF, 16);
    block.write(0, &[0; at::SIZEOF]);
    // NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_2 and its size.
    block.write(at::HEADER, &[0x96, 2, 248, 0]);
    block.write(at::REQUEST_TYPE, &kind.to_le_bytes());
    block.write(at::TIMEOUT, &4_u32.to_le_bytes());
    block.write(at::REQUEST_ID, &(0x1000 + u64::from(number)).to_le_bytes());
    block.write(data::OID, &oid.to_le_bytes());
    block.write(data::BUFFER, &(information.address() as u64).to_le_bytes());
    let length = u32::try_from(information.len()).expect("requests are small");
    block.write(data::LENGTH, &length.to_le_bytes());
    if kind == METHOD {
        block.write(data::METHOD_OUTPUT_LENGTH, &length.to_le_bytes());
    }
    // NDIS keeps things of its own there; a filter that writes them breaks NDIS.
    let reserved = vec![0xA7; at::MINIPORT_RESERVED - at::NDIS_RESERVED];
    block.write(at::NDIS_RESERVED, &reserved);
    NewRequest { block, _information: information }
}

impl NewRequest {
    /// The request at its address.
    pub fn request(&self) -> Request {
        Request(self.block.address())
    }
}

/// A copy of a request for a filter to pass down: everything but what belongs to the layers
/// (ddi:ndis/nf-ndis-ndisallocatecloneoidrequest).
pub fn clone_into(clone: usize, source: Request) {
    raw::write(clone, &raw::bytes(source.0, at::SIZEOF));
    raw::fill(clone + at::NDIS_RESERVED, 0, at::SUPPORTED_REVISION - at::NDIS_RESERVED);
}
