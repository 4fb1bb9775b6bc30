//! Event tracing: EtwRegister and its family.
#![allow(non_snake_case, reason = "Windows names")]

use driver_abi::etw::{ETWENABLECALLBACK, EVENT_DATA_DESCRIPTOR, EVENT_DESCRIPTOR};

use crate::door::call::EnableCallback;
use crate::door::crossing::{APC, cross, cross_at_most};
use crate::machine::raw;
use crate::nt::etw;
use journal::etw::Descriptor;

use crate::door::exports::exports;

exports! {
    EtwActivityIdControl: le ANY, fails NTSTATUS, since 6000, "ddi:wdm/nf-wdm-etwactivityidcontrol";
    EtwRegister: le PASSIVE, fails STATUS_INVALID_PARAMETER | NTSTATUS by call, since 6000,
        "ddi:wdm/nf-wdm-etwregister";
    EtwSetInformation: le PASSIVE,
        fails STATUS_INVALID_HANDLE | STATUS_INVALID_PARAMETER | STATUS_INVALID_DEVICE_REQUEST,
        since 10240, "ddi:wdm/nf-wdm-etwsetinformation";
    EtwUnregister: le PASSIVE, fails NTSTATUS, since 6000, "ddi:wdm/nf-wdm-etwunregister";
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

extern "win64" fn EtwWriteTransfer(
    handle: u64,
    descriptor: usize,
    activity: usize,
    related: usize,
    count: u32,
    data: usize,
) -> i32 {
    /// EVENT_DATA_DESCRIPTOR types.
    const PAYLOAD: u8 = 0;
    const EVENT_METADATA: u8 = 1;
    let world = cross();
    let d: EVENT_DESCRIPTOR = raw::get(descriptor);
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
    let written = etw::EventWrite {
        descriptor: Descriptor {
            id: d.Id,
            version: d.Version,
            channel: d.Channel,
            level: d.Level,
            opcode: d.Opcode,
            task: d.Task,
            keyword: d.Keyword,
        },
        activity: guid(activity),
        related: guid(related),
        metadata,
        payload,
    };
    if etw::write(&world, handle, written) { SUCCESS } else { INVALID_HANDLE }
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
