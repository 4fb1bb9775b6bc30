//! Device events and status indications: any code, any buffer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ndis_filter::event::{
    DeviceDecodeError, DeviceNotification, Malformed, NetDevicePnpEvent, PowerProfile, StatusEvent,
    StatusIndication,
};
use ndis_filter_fuzz::input::Input;
use ndis_filter_fuzz::memory::Regions;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let (selector, code) = (input.u8(), input.u32());
    let (address, length) = (input.u64(), input.u32());
    let memory = Regions::of(&mut input);
    // A third of them by name, since few numbers are statuses.
    match selector % 3 {
        0 => device(code, address, length, &memory),
        1 => status(code.cast_signed(), address, length, &memory),
        _ => {
            device(code % 8, address, length, &memory);
            status(STATUSES[selector as usize % STATUSES.len()], address, length, &memory);
        }
    }
});

/// Of those that say something about power and PnP, by the numbers in ndis.h, and one that does not.
const STATUSES: [i32; 10] = [
    0x4001_0004,
    0x4001_0005,
    0x4001_0017,
    0x4001_0018,
    0x4001_0022,
    0x4001_0023,
    0x4003_0053,
    0x4003_0054,
    0x4003_0055,
    0x4001_0006,
];

/// At most one read, of the buffer's beginning, no further than the buffer; none that is refused
/// unless that is told.
fn check_reads(address: u64, length: u32, reason: Option<Malformed>, memory: &Regions) -> u64 {
    let reads = memory.reads();
    assert!(reads.len() <= 1, "the buffer is read once");
    for read in &reads {
        assert_eq!(read.address, address, "not the buffer");
        assert!(read.length <= u64::from(length), "past the buffer");
        assert_eq!(!read.granted, reason == Some(Malformed::Unreadable));
    }
    match reason {
        Some(Malformed::Null) => assert!(address == 0 || length == 0),
        Some(Malformed::Short { needed }) => assert!(needed > length && reads.is_empty()),
        Some(Malformed::Unreadable) => assert_eq!(reads.len(), 1),
        None | Some(_) => {}
    }
    reads.first().map_or(0, |read| read.length)
}

fn device(code: u32, buffer_address: u64, buffer_length: u32, memory: &Regions) {
    let notification =
        DeviceNotification { code, port_number: 0, buffer_address, buffer_length, memory };
    let decoded = NetDevicePnpEvent::decode(&notification);
    let (known, reason) = match decoded {
        Ok(_) => (true, None),
        Err(DeviceDecodeError::Malformed { reason, .. }) => (true, Some(reason)),
        Err(DeviceDecodeError::Unknown { .. }) => (false, None),
    };
    let read = check_reads(buffer_address, buffer_length, reason, memory);
    assert_eq!(known, code < 7, "the seven are known");
    match decoded {
        Ok(NetDevicePnpEvent::PowerProfileChanged(profile)) => {
            let value = u64::from(profile == PowerProfile::AcOnLine);
            assert_eq!(memory.peek_number(buffer_address, 4), Some(value));
        }
        Ok(event) => assert!(read == 0 && !event.name().is_empty()),
        Err(DeviceDecodeError::Unknown { code: kept, length }) => {
            assert_eq!((kept, length, read), (code, buffer_length, 0));
        }
        Err(DeviceDecodeError::Malformed { code: kept, length, reason, .. }) => {
            assert_eq!((kept, length), (code, buffer_length));
            if let Malformed::PowerProfile { value } = reason {
                assert!(value > 1);
            }
        }
    }
    assert_eq!(decoded, NetDevicePnpEvent::decode(&notification), "the same twice");
    memory.reads();
}

fn status(code: i32, buffer_address: u64, buffer_length: u32, memory: &Regions) {
    let indication =
        StatusIndication { code, port_number: 0, buffer_address, buffer_length, memory };
    let decoded = StatusEvent::decode(&indication);
    let read =
        check_reads(buffer_address, buffer_length, decoded.err().map(|error| error.reason), memory);
    let known = STATUSES[..9].contains(&code);
    match decoded {
        Ok(Some(event)) => {
            assert!(known && !event.name().is_empty());
            let (_, _) = (event.value(), event.value_name());
            let field = |offset, length| memory.peek_number(buffer_address + offset, length);
            match event {
                StatusEvent::LinkState(link) => {
                    assert_eq!(Some(link.connect.cast_unsigned().into()), field(4, 4));
                    assert_eq!((Some(link.xmit), Some(link.rcv)), (field(16, 8), field(24, 8)));
                }
                StatusEvent::PmWakeReason(wake) => {
                    assert!(wake.info_bytes <= buffer_length, "information past the buffer");
                }
                StatusEvent::OperStatus(state) => {
                    assert_eq!(Some(state.status.cast_unsigned().into()), field(4, 4));
                }
                StatusEvent::NetworkChange(change) => {
                    assert_eq!(Some(change.cast_unsigned().into()), field(0, 4));
                }
                StatusEvent::PmCapabilitiesChange(pm) | StatusEvent::PmHardwareCapabilities(pm) => {
                    assert_eq!(Some(pm.flags.into()), field(4, 4));
                }
                StatusEvent::PortState | StatusEvent::ResetStart | StatusEvent::ResetEnd => {
                    assert_eq!(read, 0, "it has no payload");
                }
            }
        }
        Ok(None) => assert!(!known && read == 0, "an indication of interest"),
        Err(error) => {
            assert!(known);
            assert_eq!((error.code, error.length), (code, buffer_length));
        }
    }
    assert_eq!(decoded, StatusEvent::decode(&indication), "the same twice");
    memory.reads();
}
