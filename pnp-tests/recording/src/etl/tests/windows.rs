//! What Windows records and our writer does not.

use super::*;

/// A log of ours with one event, to be altered.
fn one() -> Vec<u8> {
    written(&session(), &[record(1, 0)])
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

/// The file with this record behind its only event.
fn with(record: &[u8]) -> Vec<u8> {
    let mut bytes = one();
    let used = 0x48 + 0x98;
    put(&mut bytes, 0x4000 + used, record);
    let used = u32::try_from(used + record.len()).expect("small").to_le_bytes();
    put(&mut bytes, 0x4004, &used);
    bytes
}

#[test]
fn records_of_other_kinds_are_counted() {
    let kinds = [
        (0xC0, 1, 4, Kind::System),
        (0xC0, 2, 4, Kind::System),
        (0xC0, 3, 4, Kind::Compact),
        (0xC0, 4, 4, Kind::Compact),
        (0xC0, 0x10, 4, Kind::PerfInfo),
        (0xC0, 0x11, 4, Kind::PerfInfo),
        (0xC0, 0x0A, 0, Kind::Classic),
        (0xC0, 0x14, 0, Kind::Classic),
        (0xC0, 0x0B, 0, Kind::Instance),
        (0xC0, 0x15, 0, Kind::Instance),
        (0xC0, 0x0D, 0, Kind::Other(0x0D)),
        (0x90, 0x07, 0, Kind::Message),
    ];
    for (mark, number, size_at, kind) in kinds {
        let mut other = [0; 0x40];
        (other[2], other[3], other[size_at]) = (number, mark, 0x3C);
        let mut event = one()[0x4048..0x40E0].to_vec();
        event[0x10] = 9;
        let log = read(&with(&[other.as_slice(), &event].concat()));
        assert_eq!(records(&log), [record(1, 0), record(9, 0)], "{kind}");
        assert_eq!(log.skipped().records.iter().collect::<Vec<_>>(), [(&kind, &1)]);
    }
}

#[test]
fn an_event_with_a_32_bit_header_is_an_event() {
    let mut bytes = one();
    bytes[0x404A] = 0x12;
    assert_eq!(records(&read(&bytes)), [record(1, 0)]);
}

#[test]
fn the_header_of_a_32_bit_session_is_8_bytes_shorter() {
    let mut bytes = one();
    bytes[0x4A] = 1;
    bytes.copy_within(0xB0..0x200, 0xA8);
    let log = read(&bytes);
    let end_filetime = session().start_filetime;
    assert_eq!(log.session, Session { end_filetime, ..session() });
    assert_eq!(records(&log), [record(1, 0)]);
}

#[test]
fn other_extended_items_are_passed_over() {
    let mut bytes = one();
    // The related activity becomes a stack.
    bytes[0x4048 + 0x52] = 6;
    let mut expected = record(1, 0);
    expected.write.related = None;
    assert_eq!(records(&read(&bytes)), [expected]);
}

#[test]
fn without_the_flag_the_processor_has_eight_bits() {
    let mut bytes = one();
    put(&mut bytes, 0x4028, &[2, 0x40]);
    put(&mut bytes, 0x4034, &[0x01]);
    assert_eq!(records(&read(&bytes)), [record(1, 2)]);
}

#[test]
fn clocks_of_each_type_become_100_ns() {
    let at = |clock: u8| {
        let mut bytes = one();
        put(&mut bytes, 0x168, &3_000_000_u64.to_le_bytes());
        put(&mut bytes, 0x178, &[clock]);
        put(&mut bytes, 0x4058, &7_200_u64.to_le_bytes());
        let log = read(&bytes);
        (log.session.frequency, records(&log)[0].time_100ns, log.skipped().warnings.len())
    };
    assert_eq!(at(1), (3_000_000, 24_000, 0));
    assert_eq!(at(2), (10_000_000, 7_200, 0));
    assert_eq!(at(3), (2_400_000_000, 30, 0));
    assert_eq!(at(9), (3_000_000, 24_000, 1));
    let mut bytes = one();
    put(&mut bytes, 0x168, &[0; 8]);
    let log = read(&bytes);
    assert_eq!(log.session.frequency, 10_000_000);
    assert_eq!(log.skipped().warnings, ["the log's clock has frequency 0: taken as 10 MHz"]);
}

#[test]
fn time_that_goes_back_within_a_processor_is_put_in_order() {
    let list: Vec<_> = (0..200).map(|time| record(1000 + time, 0)).collect();
    let mut bytes = written(&session(), &list);
    // A circular file: the second buffer was written before the first.
    let (first, second) = bytes[0x4000..].split_at_mut(0x4000);
    first.swap_with_slice(second);
    // And one event late in its buffer.
    let late = 0x4048 + 0x98;
    assert_eq!(&bytes[late + 0x10..][..2], &1108_u16.to_le_bytes());
    put(&mut bytes, late + 0x10, &1000_u16.to_le_bytes());
    let log = read(&bytes);
    let mut times: Vec<_> = (0..200).filter(|time| *time != 108).map(|time| 1000 + time).collect();
    times.insert(0, 1000);
    let read = records(&log);
    assert_eq!(read.iter().map(|record| record.time_100ns).collect::<Vec<_>>(), times);
    assert!(log.skipped().is_empty());
}

#[test]
fn events_of_one_time_stay_in_the_order_of_their_processors_and_of_the_file() {
    let list: Vec<_> = (0..400_u32)
        .map(|thread| Record { thread, ..record(5, u16::from(thread % 2 == 0)) })
        .collect();
    let threads: Vec<_> =
        records(&read(&written(&session(), &list))).iter().map(|record| record.thread).collect();
    let (odd, even) = ((0..400).filter(|n| n % 2 == 1), (0..400).filter(|n| n % 2 == 0));
    assert_eq!(threads, odd.chain(even).collect::<Vec<_>>());
}

#[test]
fn the_empty_rest_of_a_file_made_in_advance_is_no_damage() {
    let mut bytes = one();
    bytes.resize(5 * 0x4000, 0);
    let log = read(&bytes);
    assert_eq!(records(&log), [record(1, 0)]);
    assert!(log.skipped().is_empty());
}
