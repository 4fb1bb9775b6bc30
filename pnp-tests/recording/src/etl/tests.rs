use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use journal::etw::Descriptor;

mod damage;
mod layout;
mod windows;

fn session() -> Session {
    Session {
        name: "NetPnP Trace".into(),
        start_filetime: 134_081_856_000_000_000,
        end_filetime: 0,
        boot_filetime: 134_081_820_000_000_000,
        frequency: 10_000_000,
        start_ticks: 36_000_000_000,
        processors: 4,
        os_build: 19045,
        events_lost: 3,
        buffers_lost: 2,
    }
}

/// An event with every kind of extended item.
fn record(time_100ns: u64, processor: u16) -> Record {
    let descriptor =
        Descriptor { id: 0, version: 0, channel: 11, level: 5, opcode: 1, task: 0, keyword: 1 };
    let write = EtwWrite {
        descriptor,
        activity: [0xAA; 16],
        related: Some([0xBB; 16]),
        provider: [0xCC; 16],
        traits: b"\x06\x00Pnp\x00".to_vec(),
        metadata: b"\x0C\x00\x00Name\x00If\x00\x08".to_vec(),
        payload: vec![1, 2, 3, 4],
    };
    Record { time_100ns, processor, process: 4, thread: 77, write }
}

fn written(session: &Session, records: &[Record]) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let written = write(&mut out, session, records.iter().cloned()).expect("a file in memory");
    let bytes = out.into_inner();
    assert_eq!(written.bytes, bytes.len() as u64);
    assert_eq!(written.events, records.len() as u64);
    bytes
}

fn error(session: &Session, records: Vec<Record>) -> String {
    write(Cursor::new(Vec::new()), session, records).expect_err("not to be written").to_string()
}

fn read(bytes: &[u8]) -> Log {
    Log::read(bytes.to_vec()).expect("a log")
}

fn records(log: &Log) -> Vec<Record> {
    let records: Vec<_> = log.records().map(|record| record.to_record()).collect();
    assert_eq!(records.len() as u64, log.events());
    records
}

prop_compose! {
    fn any_write()(
        (id, version, channel, level, opcode, task, keyword) in any::<(u16, u8, u8, u8, u8, u16, u64)>(),
        activity in any::<[u8; 16]>(),
        related in any::<Option<[u8; 16]>>(),
        provider in any::<[u8; 16]>(),
        traits in prop::collection::vec(any::<u8>(), 0..60),
        metadata in prop::collection::vec(any::<u8>(), 0..60),
        payload in prop_oneof![
            9 => prop::collection::vec(any::<u8>(), 0..300),
            1 => (0_usize..65_000).prop_map(|size| vec![0xEE; size]),
        ],
    ) -> EtwWrite {
        let descriptor = Descriptor { id, version, channel, level, opcode, task, keyword };
        EtwWrite { descriptor, activity, related, provider, traits, metadata, payload }
    }
}

prop_compose! {
    /// In time order, of one time by processor: the file keeps no more.
    fn any_records()(
        mut records in prop::collection::vec(
            (0_u64..500, 0_u16..4, any::<u32>(), any::<u32>(), any_write()).prop_map(
                |(time_100ns, processor, process, thread, write)|
                    Record { time_100ns, processor, process, thread, write },
            ),
            0..200,
        ),
    ) -> Vec<Record> {
        records.sort_by_key(|record| (record.time_100ns, record.processor));
        records
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(name in "[^\0]{0,40}", list in any_records()) {
        let session = Session { name, ..session() };
        let log = read(&written(&session, &list));
        prop_assert!(log.session.end_filetime >= session.start_filetime);
        let end_filetime = log.session.end_filetime;
        prop_assert_eq!(&log.session, &Session { end_filetime, ..session });
        prop_assert_eq!(records(&log), list);
        prop_assert!(log.skipped().is_empty(), "{:?}", log.skipped());
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        if let Ok(log) = Log::read(bytes) {
            records(&log);
        }
    }
}

#[test]
fn a_log_without_events_is_a_header_buffer() {
    let bytes = written(&session(), &[]);
    assert_eq!(bytes.len(), 0x4000);
    assert_eq!(records(&read(&bytes)), []);
}

#[test]
fn the_largest_event_there_is_gets_a_buffer_of_its_size() {
    let mut large = record(1, 0);
    let items = 24 + 16 + 24;
    large.write.payload = vec![9; 65_535 - 0x50 - items];
    let list = [record(0, 0), large.clone(), record(2, 0)];
    let bytes = written(&session(), &list);
    assert_eq!(bytes.len(), 0x4000 + 0x4000 + 5 * 0x4000 + 0x4000);
    assert_eq!(records(&read(&bytes)), list);
    large.write.payload.push(9);
    assert_eq!(
        error(&session(), vec![record(0, 0), large]),
        "event 2 has 65536 bytes with its header; expected at most 65535"
    );
}

#[test]
fn an_extended_item_too_large_for_its_size_is_an_error() {
    let mut large = record(1, 0);
    large.write.traits = vec![9; 65_535];
    assert_eq!(
        error(&session(), vec![large]),
        "event 1 has an extended item (type 12) of 65544 bytes with its header; expected at most \
         65535"
    );
}

#[test]
fn records_that_no_log_can_hold_are_errors() {
    let text = error(&session(), vec![record(5, 0), record(4, 1)]);
    assert_eq!(text, "event 2 is earlier than the one before it");
    let text = error(&session(), vec![record(5, 4)]);
    assert_eq!(text, "event 1 is of processor 4, the session has 4");
    let text = error(&session(), vec![record(u64::MAX, 0)]);
    assert_eq!(text, "event 1: 18446744073709551615 is past the clock's end");
    let text = error(&Session { frequency: 0, ..session() }, vec![]);
    assert_eq!(text, "the session's clock has frequency 0");
    let text = error(&Session { name: "a\0b".into(), ..session() }, vec![]);
    assert!(text.starts_with("the session's name has 3 UTF-16 units, or a NUL"), "{text}");
}

#[test]
fn a_file_starts_where_the_stream_stands() {
    let mut out = Cursor::new(b"before".to_vec());
    out.set_position(6);
    write(&mut out, &session(), [record(1, 0)]).expect("a file in memory");
    assert_eq!(out.position(), 6 + 0x8000);
    let bytes = out.into_inner();
    assert_eq!(&bytes[..6], b"before");
    assert_eq!(records(&read(&bytes[6..])), [record(1, 0)]);
}

#[test]
fn times_of_a_faster_clock_are_exact() {
    let session = Session { frequency: 24_576_123, ..session() };
    let list: Vec<_> = [0, 1, 2, 3, 999_999_999_999_937].map(|time| record(time, 0)).into();
    assert_eq!(records(&read(&written(&session, &list))), list);
}
