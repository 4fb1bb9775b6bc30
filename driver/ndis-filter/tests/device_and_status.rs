//! Device events and status indications, good and damaged.

mod support;

use ndis_filter::event::{DeviceDecodeError, Malformed, NetDevicePnpEvent, StatusEvent};
use support::{AT, Map, header, structure};

fn device(code: u32, buffer: &[u8], expected: &str) {
    let map = Map::of(buffer);
    let length = u32::try_from(buffer.len()).unwrap();
    let said = match NetDevicePnpEvent::decode(&map.device(code, AT, length)) {
        Ok(NetDevicePnpEvent::PowerProfileChanged(profile)) => {
            format!("PowerProfileChanged {}", profile.name())
        }
        Ok(event) => event.name().to_owned(),
        Err(error @ DeviceDecodeError::Unknown { code, .. }) => format!("{} {code}", error.name()),
        Err(error @ DeviceDecodeError::Malformed { reason, .. }) => {
            format!("{} {}", error.name(), reason.name())
        }
    };
    assert_eq!(said, expected);
    assert_eq!(map.refused(), []);
}

#[test]
fn device_events_ignore_a_buffer_that_means_nothing() {
    let names = [
        (0, "QueryRemoved"),
        (1, "Removed"),
        (2, "SurpriseRemoved"),
        (3, "QueryStopped"),
        (4, "Stopped"),
        (6, "FilterListChanged"),
    ];
    for (code, name) in names {
        device(code, &[], name);
        device(code, &[0xFF; 3], name);
    }
}

#[test]
fn a_power_profile_is_battery_or_mains() {
    device(5, &[0, 0, 0, 0], "PowerProfileChanged battery");
    device(5, &[1, 0, 0, 0, 0xFF], "PowerProfileChanged ac");
    device(5, &[2, 0, 0, 0], "PowerProfileChanged power-profile");
    device(5, &[1, 0, 0], "PowerProfileChanged short-buffer");
    device(5, &[], "PowerProfileChanged null-buffer");
}

#[test]
fn a_device_code_past_the_seven_keeps_its_number() {
    device(7, &[1], "Unknown 7");
    device(u32::MAX, &[], "Unknown 4294967295");
}

const LINK_STATE: i32 = 0x4001_0017;
const WAKE_REASON: i32 = 0x4003_0055;
const OPER_STATUS: i32 = 0x4001_0023;
const NETWORK_CHANGE: i32 = 0x4001_0018;
const PM_CAPABILITIES: i32 = 0x4003_0053;
const PM_HARDWARE: i32 = 0x4003_0054;

fn status(code: i32, buffer: &[u8], expected: &str) {
    let map = Map::of(buffer);
    let length = u32::try_from(buffer.len()).unwrap();
    let said = match StatusEvent::decode(&map.status(code, AT, length)) {
        Ok(None) => "-".to_owned(),
        Ok(Some(event)) => format!("{} {}", event.name(), event.value_name()).trim_end().to_owned(),
        Err(error) => {
            assert_eq!((error.code, error.length), (code, length));
            error.reason.name().to_owned()
        }
    };
    assert_eq!(said, expected, "status {code:#x}");
    assert_eq!(map.refused(), []);
}

fn link(first: [u8; 4], connect: i32) -> Vec<u8> {
    structure(
        40,
        &[
            (0, &first),
            (4, &connect.to_le_bytes()),
            (8, &2_i32.to_le_bytes()),
            (16, &10_u64.to_le_bytes()),
            (24, &20_u64.to_le_bytes()),
        ],
    )
}

#[test]
fn a_link_state_says_whether_there_is_a_link() {
    let good = header(0x80, 1, 40);
    status(LINK_STATE, &link(good, 0), "LinkState unknown");
    status(LINK_STATE, &link(good, 1), "LinkState connected");
    status(LINK_STATE, &link(good, 2), "LinkState disconnected");
    status(LINK_STATE, &link(good, -5), "LinkState unknown");
    status(LINK_STATE, &link(header(0x80, 7, 80), 1), "LinkState connected");
    let map = Map::of(&link(good, 1));
    let Ok(Some(StatusEvent::LinkState(link))) =
        StatusEvent::decode(&map.status(LINK_STATE, AT, 40))
    else {
        panic!("it decodes");
    };
    assert_eq!((link.connect, link.duplex, link.xmit, link.rcv), (1, 2, 10, 20));
}

#[test]
fn a_link_state_that_is_missing_short_or_foreign_is_refused() {
    status(LINK_STATE, &[], "null-buffer");
    status(LINK_STATE, &link(header(0x80, 1, 40), 1)[..39], "short-buffer");
    for first in [header(0x81, 1, 40), header(0x80, 0, 40), header(0x80, 1, 39)] {
        status(LINK_STATE, &link(first, 1), "foreign-header");
    }
}

#[test]
fn an_operational_state_and_a_network_change_are_told_in_a_word() {
    let state = |first: [u8; 4], status: i32| {
        structure(12, &[(0, &first), (4, &status.to_le_bytes()), (8, &4_u32.to_le_bytes())])
    };
    let good = header(0x80, 1, 12);
    status(OPER_STATUS, &state(good, 1), "OperStatus up");
    status(OPER_STATUS, &state(good, 5), "OperStatus dormant");
    status(OPER_STATUS, &state(good, 99), "OperStatus unknown");
    status(OPER_STATUS, &state(header(0x80, 0, 12), 1), "foreign-header");
    status(OPER_STATUS, &state(good, 1)[..11], "short-buffer");
    status(NETWORK_CHANGE, &2_i32.to_le_bytes(), "NetworkChange definite");
    status(NETWORK_CHANGE, &(-1_i32).to_le_bytes(), "NetworkChange other");
    status(NETWORK_CHANGE, &[2, 0, 0], "short-buffer");
    status(NETWORK_CHANGE, &[], "null-buffer");
}

#[test]
fn power_management_capabilities_say_from_which_state_a_magic_packet_wakes() {
    let capabilities = |first: [u8; 4], magic: i32| {
        let (magic, pattern) = (magic.to_le_bytes(), 3_i32.to_le_bytes());
        structure(60, &[(0, &first), (40, &magic), (44, &pattern)])
    };
    let good = header(0x80, 2, 60);
    status(PM_CAPABILITIES, &capabilities(good, 4), "PmCapabilitiesChange D3");
    status(
        PM_HARDWARE,
        &capabilities(header(0x80, 1, 52), 0),
        "PmHardwareCapabilities Unspecified",
    );
    status(PM_HARDWARE, &capabilities(good, 77), "PmHardwareCapabilities Unspecified");
    status(PM_CAPABILITIES, &capabilities(header(0x80, 1, 51), 4), "foreign-header");
    status(PM_CAPABILITIES, &capabilities(good, 4)[..51], "short-buffer");
    let map = Map::of(&capabilities(good, 4));
    let Ok(Some(StatusEvent::PmCapabilitiesChange(pm))) =
        StatusEvent::decode(&map.status(PM_CAPABILITIES, AT, 60))
    else {
        panic!("it decodes");
    };
    assert_eq!((pm.magic_packet.name(), pm.pattern.name(), pm.flags), ("D3", "D2", 0));
}

fn wake(reason: i32, offset: u32, size: u32) -> Vec<u8> {
    structure(
        24,
        &[
            (0, &header(0x80, 1, 20)),
            (8, &reason.to_le_bytes()),
            (12, &offset.to_le_bytes()),
            (16, &size.to_le_bytes()),
        ],
    )
}

#[test]
fn a_wake_reason_has_a_name_or_is_another() {
    let names = [
        (0, "unspecified"),
        (1, "packet"),
        (2, "media-disconnect"),
        (3, "media-connect"),
        (0x2003, "other"),
        (-1, "other"),
    ];
    for (reason, name) in names {
        status(WAKE_REASON, &wake(reason, 20, 4), &format!("PmWakeReason {name}"));
    }
}

#[test]
fn wake_information_lies_within_the_buffer() {
    status(WAKE_REASON, &wake(1, 0, 0), "PmWakeReason packet");
    status(WAKE_REASON, &wake(1, 24, 0), "PmWakeReason packet");
    status(WAKE_REASON, &wake(1, 20, 5), "out-of-bounds");
    status(WAKE_REASON, &wake(1, 25, 0), "out-of-bounds");
    status(WAKE_REASON, &wake(1, u32::MAX, 2), "out-of-bounds");
    status(WAKE_REASON, &wake(1, 2, u32::MAX), "out-of-bounds");
    status(WAKE_REASON, &wake(1, 20, 4)[..19], "short-buffer");
}

#[test]
fn the_other_indications_of_interest_are_named_and_their_buffers_not_touched() {
    let names =
        [(0x4001_0022, "PortState"), (0x4001_0004, "ResetStart"), (0x4001_0005, "ResetEnd")];
    for (code, name) in names {
        status(code, &[], name);
        status(code, &[0xFF; 5], name);
    }
}

#[test]
fn an_indication_about_something_else_is_nothing() {
    for code in [0, -1, 0x4002_0006, 0x4001_0016, i32::MIN] {
        status(code, &[0; 64], "-");
    }
}

#[test]
fn a_buffer_that_cannot_be_read_is_refused_by_name() {
    let map = Map::default();
    let error = StatusEvent::decode(&map.status(LINK_STATE, AT, 40)).unwrap_err();
    assert_eq!(error.reason, Malformed::Unreadable);
}
