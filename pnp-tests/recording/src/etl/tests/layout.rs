//! The bytes by offset, in numbers out of the tables and not through `layout`.

use super::*;

fn number(bytes: &[u8], at: usize, size: usize) -> u64 {
    bytes[at..at + size].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn check(bytes: &[u8], expected: &[(usize, usize, u64)]) {
    for (at, size, value) in expected {
        let found = number(bytes, *at, *size);
        assert_eq!(found, *value, "{size} bytes at {at:#x}: {found:#x}, expected {value:#x}");
    }
}

#[test]
fn the_header_buffer_is_as_windows_writes_it() {
    let bytes = written(&session(), &[record(36_000_000_010, 1), record(36_000_000_025, 3)]);
    let record_size = 0x20 + 0x118 + 2 * 13 + 2;
    let used = 0x48 + u64::next_multiple_of(record_size, 8) + 0x50;
    #[rustfmt::skip]
    check(&bytes, &[
        // WMI_BUFFER_HEADER
        (0x00, 4, 0x4000), (0x04, 4, used), (0x08, 4, used), (0x0C, 4, 0), (0x10, 8, 0), (0x18, 8, 0),
        (0x20, 8, 0), (0x28, 2, 0), (0x2A, 2, 1), (0x2C, 4, 3), (0x30, 4, used), (0x34, 2, 0x21),
        (0x36, 2, 4), (0x38, 8, 0), (0x40, 8, 0),
        // SYSTEM_TRACE_HEADER
        (0x48, 2, 2), (0x4A, 1, 2), (0x4B, 1, 0xC0), (0x4C, 2, record_size), (0x4E, 2, 0),
        (0x50, 8, 0), (0x58, 8, 36_000_000_000), (0x60, 8, 0),
        // TRACE_LOGFILE_HEADER
        (0x68, 4, 0x4000), (0x6C, 4, 0x0501_000A), (0x70, 4, 19045), (0x74, 4, 4),
        (0x78, 8, 134_081_856_000_000_025), (0x80, 4, 156_250), (0x84, 4, 0), (0x88, 4, 1),
        (0x8C, 4, 3), (0x90, 4, 1), (0x94, 4, 8), (0x98, 4, 3), (0x9C, 4, 2400), (0xA0, 8, 0),
        (0xA8, 8, 0), (0x160, 8, 134_081_820_000_000_000), (0x168, 8, 10_000_000),
        (0x170, 8, 134_081_856_000_000_000), (0x178, 4, 1), (0x17C, 4, 2),
    ]);
    assert!(bytes[0xB0..0x160].iter().all(|byte| *byte == 0), "the time zone is UTC");
    let name: Vec<_> = "NetPnP Trace\0\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(bytes[0x180..][..name.len()], name);
    let used = usize::try_from(used).expect("small");
    check(
        &bytes[used - 0x50..],
        &[(0, 4, 0xC002_0002), (4, 2, 0x50), (6, 2, 0x50), (8, 8, 0), (0x10, 8, 36_000_000_000)],
    );
    assert!(bytes[used..0x4000].iter().all(|byte| *byte == 0xFF), "filled");
}

#[test]
fn an_event_buffer_is_as_windows_writes_it() {
    let bytes = written(&session(), &[record(36_000_000_010, 1), record(36_000_000_025, 3)]);
    let size = 0x50 + 24 + 16 + 24 + 4;
    let used = 0x48 + u64::next_multiple_of(size, 8);
    for (at, processor, sequence, flags) in [(0x4000, 1, 1, 0x20), (0x8000, 3, 2, 0x21)] {
        #[rustfmt::skip]
        check(&bytes[at..], &[
            (0x00, 4, 0x4000), (0x04, 4, used), (0x08, 4, used + 0x4000), (0x0C, 4, 0),
            (0x10, 8, 36_000_000_025), (0x18, 8, sequence), (0x20, 8, 0), (0x28, 2, processor),
            (0x2A, 2, 1), (0x2C, 4, 3), (0x30, 4, used), (0x34, 2, flags), (0x36, 2, 0),
            (0x38, 8, 0), (0x40, 8, 0),
            // EVENT_HEADER
            (0x48, 2, size), (0x4A, 2, 0xC013), (0x4C, 2, 1), (0x4E, 2, 0), (0x50, 4, 77),
            (0x54, 4, 4), (0x80, 8, 0),
        ]);
        let used = usize::try_from(used).expect("small");
        assert!(bytes[at + used..at + 0x4000].iter().all(|byte| *byte == 0xFF), "filled");
    }
    let event = &bytes[0x4048..];
    check(event, &[(0x10, 8, 36_000_000_010), (0x28, 8, 0x0000_0105_0B00_0000), (0x30, 8, 1)]);
    assert_eq!(event[0x18..0x28], [0xCC; 16]);
    assert_eq!(event[0x40..0x50], [0xAA; 16]);
    let items = [
        b"\x18\x00\x01\x00\x01\x00\x10\x00".as_slice(),
        &[0xBB; 16],
        b"\x10\x00\x0C\x00\x01\x00\x06\x00\x06\x00Pnp\x00\x00\x00",
        b"\x18\x00\x0B\x00\x00\x00\x0C\x00\x0C\x00\x00Name\x00If\x00\x08\x00\x00\x00\x00",
        &[1, 2, 3, 4],
        &[0; 4],
        &[0xFF; 8],
    ]
    .concat();
    assert_eq!(event[0x50..][..items.len()], items);
}

#[test]
fn an_event_without_extended_items_says_so() {
    let mut plain = record(0, 0);
    (plain.write.related, plain.write.traits, plain.write.metadata) = (None, vec![], vec![]);
    let bytes = written(&session(), &[plain]);
    check(&bytes[0x4048..], &[(0, 2, 0x54), (4, 2, 0), (0x50, 4, 0x0403_0201), (0x54, 4, 0)]);
}

#[test]
fn a_full_buffer_records_what_did_not_fit() {
    let list: Vec<_> = (0..200).map(|time| record(time, 0)).collect();
    let bytes = written(&session(), &list);
    let size = 0x98;
    let fit = (0x4000 - 0x48) / size;
    let used = 0x48 + fit * size;
    #[rustfmt::skip]
    check(&bytes[0x4000..], &[
        (0x04, 4, used), (0x08, 4, used + size), (0x10, 8, fit), (0x18, 8, 1), (0x34, 2, 0x20),
    ]);
    check(&bytes[0x8000..], &[(0x18, 8, 2), (0x34, 2, 0x21)]);
    check(&bytes, &[(0x8C, 4, 3)]);
    assert_eq!(bytes.len(), 3 * 0x4000);
}
