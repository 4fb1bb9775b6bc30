//! Event tracing: EtwRegister and its family.
#![allow(non_snake_case, reason = "Windows names")]

use driver_abi::etw::{ETWENABLECALLBACK, EVENT_DATA_DESCRIPTOR, EVENT_DESCRIPTOR};

use crate::door::call::EnableCallback;
use crate::door::crossing::{APC, Crossing, cross, cross_at_most};
use crate::machine::raw;
use crate::nt::etw;
use journal::etw::Descriptor;

use crate::door::exports::exports;

exports! {
    EtwActivityIdControl: le ANY, fails NTSTATUS, since 6000, "ddi:wdm/nf-wdm-etwactivityidcontrol";
    EtwEventEnabled: le ANY, since 6000, "ddi:wdm/nf-wdm-etweventenabled";
    EtwProviderEnabled: le ANY, since 6000, "ddi:wdm/nf-wdm-etwproviderenabled";
    EtwRegister: le PASSIVE, fails STATUS_INVALID_PARAMETER | NTSTATUS by call, since 6000,
        "ddi:wdm/nf-wdm-etwregister";
    EtwSetInformation: le PASSIVE,
        fails STATUS_INVALID_HANDLE | STATUS_INVALID_PARAMETER | STATUS_INVALID_DEVICE_REQUEST,
        since 10240, "ddi:wdm/nf-wdm-etwsetinformation";
    EtwUnregister: le PASSIVE, fails NTSTATUS, since 6000, "ddi:wdm/nf-wdm-etwunregister";
    EtwWrite: le ANY, fails NTSTATUS, since 6000, "ddi:wdm/nf-wdm-etwwrite";
    EtwWriteEx: le ANY, fails NTSTATUS, since 7600, "ddi:wdm/nf-wdm-etwwriteex";
    EtwWriteString: le ANY, fails NTSTATUS, since 6000, "ddi:wdm/nf-wdm-etwwritestring";
    EtwWriteTransfer: le ANY, fails NTSTATUS, since 6000, "ddi:wdm/nf-wdm-etwwritetransfer";
}

/// STATUS_SUCCESS and the two errors that ETW answers with.
const SUCCESS: i32 = 0;
const INVALID_HANDLE: i32 = 0xC000_0008_u32.cast_signed();
const INVALID_PARAMETER: i32 = 0xC000_000D_u32.cast_signed();

fn guid(address: usize) -> Option<[u8; 16]> {
    (address != 0).then(|| raw::get(address))
}

extern "win64" fn EtwRegister(
    provider: usize,
    callback: Option<ETWENABLECALLBACK>,
    context: usize,
    handle: usize,
) -> i32 {
    let world = cross();
    let Some(id) = guid(provider) else { return INVALID_PARAMETER };
    if let Some(status) = world.fails() {
        return status;
    }
    let enable = callback.map(|function| EnableCallback { function, context });
    let registered = etw::register(&world, id, enable);
    raw::put(handle, registered);
    SUCCESS
}

extern "win64" fn EtwUnregister(handle: u64) -> i32 {
    let world = cross();
    if etw::unregister(&world, handle) { SUCCESS } else { INVALID_HANDLE }
}

extern "win64" fn EtwSetInformation(
    handle: u64,
    class: u32,
    information: usize,
    length: u32,
) -> i32 {
    /// EventProviderSetTraits.
    const SET_TRAITS: u32 = 2;
    let world = cross();
    if class != SET_TRAITS {
        return INVALID_PARAMETER;
    }
    let traits = raw::bytes(information, length as usize);
    if etw::set_traits(&world, handle, traits) { SUCCESS } else { INVALID_HANDLE }
}

/// An event's descriptor as the session keeps it.
fn descriptor(address: usize) -> Descriptor {
    let d: EVENT_DESCRIPTOR = raw::get(address);
    Descriptor {
        id: d.Id,
        version: d.Version,
        channel: d.Channel,
        level: d.Level,
        opcode: d.Opcode,
        task: d.Task,
        keyword: d.Keyword,
    }
}

/// Writes an event out of its pieces.
fn write(
    world: &Crossing,
    handle: u64,
    descriptor: Descriptor,
    [activity, related]: [usize; 2],
    (count, data): (u32, usize),
) -> i32 {
    /// EVENT_DATA_DESCRIPTOR types.
    const PAYLOAD: u8 = 0;
    const EVENT_METADATA: u8 = 1;
    let (mut metadata, mut payload) = (Vec::new(), Vec::new());
    for index in 0..count as usize {
        let piece: EVENT_DATA_DESCRIPTOR =
            raw::get(data + index * size_of::<EVENT_DATA_DESCRIPTOR>());
        let Ok(address) = usize::try_from(piece.Ptr) else { return INVALID_PARAMETER };
        let content = raw::bytes(address, piece.Size as usize);
        match piece.Type {
            PAYLOAD => payload.extend(content),
            EVENT_METADATA => metadata.extend(content),
            // 2 repeats the traits, which were registered; others are not for this session.
            _ => {}
        }
    }
    let (activity, related) = (guid(activity), guid(related));
    let written = etw::EventWrite { descriptor, activity, related, metadata, payload };
    if etw::write(world, handle, written) { SUCCESS } else { INVALID_HANDLE }
}

extern "win64" fn EtwWriteTransfer(
    handle: u64,
    event: usize,
    activity: usize,
    related: usize,
    count: u32,
    data: usize,
) -> i32 {
    let world = cross();
    write(&world, handle, descriptor(event), [activity, related], (count, data))
}

extern "win64" fn EtwWrite(
    handle: u64,
    event: usize,
    activity: usize,
    count: u32,
    data: usize,
) -> i32 {
    let world = cross();
    write(&world, handle, descriptor(event), [activity, 0], (count, data))
}

/// There is one session, so no filter leaves one out.
extern "win64" fn EtwWriteEx(
    handle: u64,
    event: usize,
    _filter: u64,
    _flags: u32,
    activity: usize,
    related: usize,
    count: u32,
    data: usize,
) -> i32 {
    let world = cross();
    write(&world, handle, descriptor(event), [activity, related], (count, data))
}

/// An event without a schema: its payload is the text with its terminator.
extern "win64" fn EtwWriteString(
    handle: u64,
    level: u8,
    keyword: u64,
    activity: usize,
    text: usize,
) -> i32 {
    let world = cross();
    let units = raw::wide(text).into_iter().chain([0]);
    let written = etw::EventWrite {
        descriptor: Descriptor {
            id: 0,
            version: 0,
            channel: 0,
            level,
            opcode: 0,
            task: 0,
            keyword,
        },
        activity: guid(activity),
        related: None,
        metadata: Vec::new(),
        payload: units.flat_map(u16::to_le_bytes).collect(),
    };
    if etw::write(&world, handle, written) { SUCCESS } else { INVALID_HANDLE }
}

extern "win64" fn EtwEventEnabled(handle: u64, event: usize) -> u8 {
    let world = cross();
    let d = descriptor(event);
    u8::from(etw::is_enabled(&world, handle, d.level, d.keyword))
}

extern "win64" fn EtwProviderEnabled(handle: u64, level: u8, keyword: u64) -> u8 {
    let world = cross();
    u8::from(etw::is_enabled(&world, handle, level, keyword))
}

extern "win64" fn EtwActivityIdControl(code: u32, activity: usize) -> i32 {
    // wdm.h has HIGH_LEVEL for CREATE_ID and APC_LEVEL for those that touch the thread.
    let world = if code == etw::CREATE_ID { cross() } else { cross_at_most(APC) };
    let given = raw::get(activity);
    let Some(answer) = etw::activity_control(&world, code, given) else {
        return INVALID_PARAMETER;
    };
    raw::put(activity, answer);
    SUCCESS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::world::sample::machine;
    use journal::{Fact, KernelFact};

    #[test]
    fn an_activity_id_is_read_set_made_and_exchanged() {
        machine(0, |_| {
            let id = Block::of([7_u8; 16]);
            let at = id.address();
            let current = || {
                let read = Block::of([0xFF_u8; 16]);
                assert_eq!(EtwActivityIdControl(1, read.address()), SUCCESS);
                raw::get::<[u8; 16]>(read.address())
            };
            assert_eq!(current(), [0; 16]);
            EtwActivityIdControl(2, at);
            assert_eq!(current(), [7; 16]);
            assert_eq!(EtwActivityIdControl(3, at), SUCCESS);
            let made: [u8; 16] = raw::get(at);
            assert_ne!(made, [7; 16]);
            assert_eq!(current(), [7; 16], "made, and not set");
            EtwActivityIdControl(4, at);
            assert_eq!((raw::get::<[u8; 16]>(at), current()), ([7; 16], made));
            EtwActivityIdControl(5, at);
            assert_eq!(raw::get::<[u8; 16]>(at), made, "the one before");
            assert_ne!(current(), made);
            assert_eq!(EtwActivityIdControl(6, at), INVALID_PARAMETER);
        });
    }

    #[test]
    fn a_provider_is_enabled_while_a_session_wants_the_level_and_the_keyword() {
        let (_, journal) = machine(0, |world| {
            let (id, out) = (Block::of([1_u8; 16]), Block::of(0_u64));
            EtwRegister(id.address(), None, 0, out.address());
            let handle: u64 = raw::get(out.address());
            assert_eq!(EtwProviderEnabled(handle, 1, 1), 0, "nobody listens");
            etw::start_session(world, 3, 0b110);
            let enabled = [(3, 0b010), (4, 0b010), (3, 0b001), (3, 0)]
                .map(|(level, keyword)| EtwProviderEnabled(handle, level, keyword));
            assert_eq!(enabled, [1, 0, 0, 1]);
            let text = Block::with(&[0x41, 0, 0, 0], false);
            assert_eq!(EtwWriteString(handle, 3, 0b010, 0, text.address()), SUCCESS);
            assert_eq!(EtwWriteString(99, 3, 0b010, 0, text.address()), INVALID_HANDLE);
        });
        let payload = journal.entries().iter().find_map(|entry| match &entry.fact {
            Fact::Kernel(KernelFact::Etw(write)) => Some(write.payload.clone()),
            _ => None,
        });
        assert_eq!(payload, Some(vec![0x41, 0, 0, 0]));
    }
}
