//! The malformed matrix of contract c: every network event with every kind of damaged buffer.

mod support;

use std::cell::RefCell;
use std::collections::BTreeSet;

use ndis_filter::event::{EventCode, NetPnpEvent};
use support::{AT, Map, describe, header, structure, utf16};

thread_local! {
    /// The codes of which this thread has decoded a damaged buffer, or, where none can be, any buffer.
    static SEEN: RefCell<BTreeSet<u32>> = const { RefCell::new(BTreeSet::new()) };
}

/// The part of the matrix that an event is in. A new event does not compile until it has one.
fn part_of(code: EventCode) -> fn() {
    use EventCode as C;
    match code {
        C::SetPower | C::QueryPower => a_power_state_that_is_missing_short_or_unknown_is_malformed,
        C::QueryRemoveDevice
        | C::CancelRemoveDevice
        | C::BindsComplete
        | C::NdkEnable
        | C::NdkDisable
        | C::FilterPreDetach
        | C::SwitchActivate
        | C::AllowBindsAbove
        | C::InhibitBindsAbove
        | C::AllowStart
        | C::RequirePause => events_without_a_payload_ignore_any_buffer_and_do_not_touch_it,
        C::Reconfigure | C::UploadGftFlowEntries => private_bytes_are_borrowed_and_may_be_absent,
        C::BindList => a_bind_list_is_its_names_however_it_ends,
        C::PnpCapabilities => wake_up_bits_survive_known_or_not,
        C::Pause => a_pause_reason_is_read_behind_a_header_that_covers_it,
        C::Restart => a_restart_that_is_short_or_foreign_is_malformed,
        C::PortActivation => a_port_that_is_missing_or_short_is_malformed,
        C::PortDeactivation => port_numbers_are_counted_by_the_length,
        C::ImReEnableDevice => a_device_name_is_believed_by_its_own_length_only,
        C::BindFailed => a_failed_binding_names_the_adapter_behind_a_header_that_covers_it,
    }
}

#[test]
fn every_event_is_in_the_matrix() {
    for code in EventCode::ALL {
        SEEN.take();
        part_of(code)();
        let seen = SEEN.take().contains(&code.raw());
        assert!(seen, "the part of the matrix that {} is in does not decode it", code.name());
    }
}

/// Decodes `buffer` as event `code`; nothing but the buffer may be read.
fn check(code: u32, buffer: &[u8], expected: &str) {
    let length = u32::try_from(buffer.len()).unwrap();
    claim(code, buffer, length, expected);
}

/// As [`check`], with a claimed length.
fn claim(code: u32, buffer: &[u8], length: u32, expected: &str) {
    SEEN.with_borrow_mut(|seen| seen.insert(code));
    let map = Map::of(buffer);
    let event = NetPnpEvent::decode(&map.event(code, AT, length));
    assert_eq!(describe(&event), expected, "event {code}, length {length}");
    if buffer.len() >= usize::try_from(length).unwrap() {
        assert_eq!(map.refused(), [], "event {code} read past its buffer");
    }
}

/// As [`check`], with a NULL buffer.
fn null(code: u32, length: u32, expected: &str) {
    let map = Map::default();
    let event = NetPnpEvent::decode(&map.event(code, 0, length));
    assert_eq!(describe(&event), expected, "event {code}, NULL, length {length}");
    assert_eq!(map.refused(), []);
}

#[test]
fn set_power_and_query_power_take_the_first_four_bytes_as_the_state() {
    for (code, name) in [(0, "SetPower"), (1, "QueryPower")] {
        for (value, state) in [(0_i32, "Unspecified"), (1, "D0"), (2, "D1"), (3, "D2"), (4, "D3")] {
            check(code, &value.to_le_bytes(), &format!("{name} {state}"));
        }
        let longer = [&4_i32.to_le_bytes()[..], &[0xFF; 9]].concat();
        check(code, &longer, &format!("{name} D3"));
    }
}

#[test]
fn a_power_state_that_is_missing_short_or_unknown_is_malformed() {
    for (code, name) in [(0, "SetPower"), (1, "QueryPower")] {
        null(code, 4, &format!("{name} malformed: null-buffer"));
        null(code, 0, &format!("{name} malformed: null-buffer"));
        claim(code, &[1, 0, 0, 0], 0, &format!("{name} malformed: null-buffer"));
        for length in 1..4 {
            let short = format!("{name} malformed: short-buffer of 4");
            claim(code, &[1, 0, 0, 0], length, &short);
        }
        for value in [5, -1, i32::MIN, i32::MAX] {
            let unknown = format!("{name} malformed: power-state {value}");
            check(code, &value.to_le_bytes(), &unknown);
        }
        claim(code, &[1, 0], 4, &format!("{name} malformed: unreadable"));
    }
}

#[test]
fn events_without_a_payload_ignore_any_buffer_and_do_not_touch_it() {
    let names = [
        (2, "QueryRemoveDevice"),
        (3, "CancelRemoveDevice"),
        (6, "BindsComplete"),
        (13, "NDKEnable"),
        (14, "NDKDisable"),
        (15, "FilterPreDetach"),
        (17, "SwitchActivate"),
        (18, "AllowBindsAbove"),
        (19, "InhibitBindsAbove"),
        (20, "AllowStart"),
        (21, "RequirePause"),
    ];
    for (code, name) in names {
        null(code, 0, name);
        null(code, u32::MAX, name);
        check(code, &[0xFF; 40], name);
        let nothing = Map::default();
        let event = NetPnpEvent::decode(&nothing.event(code, 0xDEAD_BEEF, u32::MAX));
        assert!(event.is_ok_and(|event| event.carries_nothing()));
        assert_eq!(nothing.refused(), []);
    }
}

#[test]
fn private_bytes_are_borrowed_and_may_be_absent() {
    for (code, name) in [(4, "Reconfigure"), (22, "UploadGftFlowEntries")] {
        null(code, 0, &format!("{name} 0 bytes"));
        null(code, 8, &format!("{name} malformed: null-buffer"));
        claim(code, &[1], 0, &format!("{name} 0 bytes"));
        check(code, &[1, 2, 3], &format!("{name} 3 bytes"));
        claim(code, &[1, 2, 3], u32::MAX, &format!("{name} malformed: unreadable"));
    }
}

#[test]
fn a_bind_list_is_its_names_however_it_ends() {
    null(5, 0, "BindList [] open");
    null(5, 6, "BindList malformed: null-buffer");
    check(5, &utf16("\0"), "BindList [] terminated");
    check(5, &utf16("a\0b\0\0"), "BindList [a|b] terminated");
    check(5, &utf16("a\0b"), "BindList [a|b] open");
    check(5, &utf16("a\0\0b\0\0"), "BindList [a] terminated");
    check(5, &[b'a', 0, 0], "BindList malformed: odd-length");
    check(5, b"a", "BindList malformed: odd-length");
}

#[test]
fn a_bind_list_is_read_up_to_4096_bytes() {
    let names = utf16(&format!("{}\0\0", "x".repeat(5000)));
    let map = Map::of(names.get(..4096).unwrap());
    let length = u32::try_from(names.len()).unwrap();
    let event = NetPnpEvent::decode(&map.event(5, AT, length));
    let expected = format!("BindList [{}] open", "x".repeat(2048));
    assert_eq!(describe(&event), expected);
    assert_eq!(map.refused(), []);
}

#[test]
fn wake_up_bits_survive_known_or_not() {
    check(7, &[1, 0, 0, 0], "PnPCapabilities 0x1");
    check(7, &[0xFF, 0xFF, 0xFF, 0xFF], "PnPCapabilities 0xffffffff");
    check(7, &[7, 0, 0, 0, 9], "PnPCapabilities 0x7");
    check(7, &[7, 0, 0], "PnPCapabilities malformed: short-buffer of 4");
    null(7, 4, "PnPCapabilities malformed: null-buffer");
}

fn pause(kind: u8, revision: u8, size: u16) -> Vec<u8> {
    structure(12, &[(0, &header(kind, revision, size)), (8, &[0x80, 0, 0, 0x40])])
}

#[test]
fn a_pause_reason_is_read_behind_a_header_that_covers_it() {
    check(8, &pause(0x80, 1, 12), "Pause 0x40000080");
    check(8, &pause(0x80, 9, 200), "Pause 0x40000080");
    for (kind, revision, size) in [(0x81, 1, 12), (0x80, 0, 12), (0x80, 1, 11)] {
        check(8, &pause(kind, revision, size), "Pause malformed: foreign-header");
    }
    check(8, &pause(0x80, 1, 12)[..11], "Pause malformed: short-buffer of 12");
    null(8, 12, "Pause malformed: null-buffer");
}

#[test]
fn a_device_name_is_believed_by_its_own_length_only() {
    let device = |length: u16, maximum: u16, address: u64| {
        structure(
            16,
            &[(0, &length.to_le_bytes()), (2, &maximum.to_le_bytes()), (8, &address.to_le_bytes())],
        )
    };
    let decode = |map: &Map, length| describe(&NetPnpEvent::decode(&map.event(12, AT, length)));
    let map = Map::of(&device(4, 6, 0x9000)).with(0x9000, &utf16("ab"));
    assert_eq!(decode(&map, 16), "IMReEnableDevice [ab]");
    assert_eq!(map.refused(), [], "the terminator is not looked for");
    let missing = Map::of(&device(4, 6, 0x9000)).with(0x9000, &utf16("a"));
    assert_eq!(decode(&missing, 16), "IMReEnableDevice malformed: unreadable");
    check(12, &device(4, 6, 0), "IMReEnableDevice malformed: null-buffer");
    check(12, &device(0, 0, 0), "IMReEnableDevice []");
    check(12, &device(6, 4, 0x9000), "IMReEnableDevice malformed: string-length 6 of 4");
    check(12, &device(3, 4, 0x9000), "IMReEnableDevice malformed: string-length 3 of 4");
    check(12, &device(4, 6, 0)[..15], "IMReEnableDevice malformed: short-buffer of 16");
    null(12, 16, "IMReEnableDevice malformed: null-buffer");
}

#[test]
fn a_failed_binding_names_the_adapter_behind_a_header_that_covers_it() {
    let failed = |kind, revision, size| {
        structure(
            16,
            &[(0, &header(kind, revision, size)), (8, &0x0006_0000_0100_0000_u64.to_le_bytes())],
        )
    };
    check(16, &failed(0x80, 1, 16), "BindFailed 0x6000001000000");
    check(16, &failed(0x80, 2, 32), "BindFailed 0x6000001000000");
    for (kind, revision, size) in [(0x8B, 1, 16), (0x80, 0, 16), (0x80, 1, 15)] {
        check(16, &failed(kind, revision, size), "BindFailed malformed: foreign-header");
    }
    check(16, &failed(0x80, 1, 16)[..8], "BindFailed malformed: short-buffer of 16");
    null(16, 16, "BindFailed malformed: null-buffer");
}

/// The names and attributes that a restart points at are in `lists.rs`.
#[test]
fn a_restart_that_is_short_or_foreign_is_malformed() {
    let restart = |kind, revision, size| structure(56, &[(0, &header(kind, revision, size))]);
    null(9, 0, "Restart unchanged");
    null(9, 52, "Restart malformed: null-buffer");
    claim(9, &[1], 0, "Restart unchanged");
    for length in [1, 4, 51] {
        let short = "Restart malformed: short-buffer of 52";
        claim(9, &restart(0xA3, 1, 52), length, short);
    }
    for (kind, revision, size) in [(0x80, 1, 52), (0xA3, 0, 52), (0xA3, 1, 51)] {
        check(9, &restart(kind, revision, size), "Restart malformed: foreign-header");
    }
    check(9, &restart(0xA3, 2, 200), "Restart 0 0x0 modules [] attributes []");
    claim(9, &restart(0xA3, 1, 52)[..8], 52, "Restart malformed: unreadable");
}

/// The ports that are linked to the first are in `lists.rs`.
#[test]
fn a_port_that_is_missing_or_short_is_malformed() {
    null(10, 0, "PortActivation malformed: null-buffer");
    null(10, 96, "PortActivation malformed: null-buffer");
    claim(10, &support::port(7, 0), 0, "PortActivation malformed: null-buffer");
    for length in [1, 95] {
        claim(10, &support::port(7, 0), length, "PortActivation malformed: short-buffer of 96");
    }
    check(10, &support::port(7, 0), "PortActivation 7");
    claim(10, &support::port(7, 0)[..8], 96, "PortActivation malformed: unreadable");
}

#[test]
fn port_numbers_are_counted_by_the_length() {
    let numbers: Vec<u8> = [0_u32, 7, 0x0100_0000].into_iter().flat_map(u32::to_le_bytes).collect();
    check(11, &numbers, "PortDeactivation 3: 0 7 16777216");
    check(11, &numbers[..4], "PortDeactivation 1: 0");
    for length in [1, 2, 3, 5, 11] {
        check(11, &numbers[..length], "PortDeactivation malformed: odd-length");
    }
    null(11, 4, "PortDeactivation malformed: null-buffer");
    claim(11, &numbers, 0, "PortDeactivation malformed: null-buffer");
    claim(11, &numbers, 16, "PortDeactivation malformed: unreadable");
}

#[test]
fn of_many_mebibytes_of_port_numbers_4096_bytes_are_read() {
    let map = Map::of(&[1; 4096]);
    let Ok(NetPnpEvent::PortDeactivation(ports)) =
        NetPnpEvent::decode(&map.event(11, AT, 64 << 20))
    else {
        panic!("it decodes");
    };
    assert_eq!((ports.len(), ports.iter().count()), (16 << 20, 1024));
    assert_eq!(map.refused(), []);
}

#[test]
fn a_code_past_the_known_ones_keeps_its_number_and_its_buffer_is_not_touched() {
    let past = u32::try_from(EventCode::ALL.len()).unwrap();
    for code in [past, past + 1, 99, u32::MAX] {
        claim(code, &[], 7, &format!("unknown {code} 7"));
        let map = Map::default();
        let _ = NetPnpEvent::decode(&map.event(code, AT, 7));
        assert_eq!(map.refused(), []);
    }
}
