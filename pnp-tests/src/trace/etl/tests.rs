use std::io::Cursor;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};

use super::{EtlError, Log, Record, Session, write};
use crate::journal::etw::Descriptor;

fn session() -> Session {
    Session {
        name: "netpnp".to_owned(),
        start_filetime: 134_116_992_000_000_000 + 70,
        boot_filetime: 134_116_992_000_000_000,
        start_100ns: 70,
        end_100ns: 2_000_000,
        processors: 2,
        os_build: 26100,
        frequency: 10_000_000,
        events_lost: 0,
        buffers_lost: 0,
    }
}

fn sample(time_100ns: u64) -> Record<'static> {
    Record {
        time_100ns,
        processor: u16::from(time_100ns % 3 == 0),
        process: 4,
        thread: 8,
        descriptor: Descriptor {
            id: 0,
            version: 0,
            channel: 11,
            level: 4,
            opcode: 1,
            task: 0,
            keyword: 0x8000_0000_0000_0002,
        },
        provider: [7; 16],
        activity: [8; 16],
        related: Some([9; 16]),
        traits: b"\x0C\0NetPnpLwf\0",
        metadata: b"\x0C\0\0Hello\0A\0\x08",
        payload: &[1, 2, 3, 4],
    }
}

fn file(records: &[Record<'_>]) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let written = write(&mut out, &session(), records.iter().copied()).expect("it is written");
    let bytes = out.into_inner();
    assert_eq!(written.bytes, bytes.len() as u64);
    assert_eq!(written.events, records.len() as u64);
    bytes
}

fn read(bytes: &[u8]) -> Log {
    Log::read(bytes.to_vec()).expect("it is an .etl")
}

#[test]
fn what_is_written_is_read_and_the_session_with_it() {
    let records: Vec<_> = (70..1000).map(sample).collect();
    let bytes = file(&records);
    let log = read(&bytes);
    assert_eq!(*log.session(), session());
    assert!(log.records().eq(records.iter().copied()));
    assert_eq!(log.skipped().records.get("system records"), Some(&1));
    assert!(log.skipped().damage.is_empty());
}

#[test]
fn the_header_stands_where_windows_puts_it() {
    let bytes = file(&[sample(71)]);
    let u16_at = |at: usize| u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap());
    let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let u64_at = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    assert_eq!(bytes.len(), 0x10000);
    // WMI_BUFFER_HEADER: size, used, sequence, flags, type of a header.
    assert_eq!([u32_at(0), u32_at(4), u32_at(0x18)], [0x8000, 0x190, 0]);
    assert_eq!([u16_at(0x34), u16_at(0x36)], [0x21, 4]);
    // SYSTEM_TRACE_HEADER: version, type and flags, size, clock.
    assert_eq!([u16_at(0x48), u16_at(0x4A), u16_at(0x4C)], [2, 0xC002, 0x20 + 0x118 + 16]);
    assert_eq!(u64_at(0x58), 70);
    // TRACE_LOGFILE_HEADER: buffer size, buffers written, pointer size, clock.
    assert_eq!([u32_at(0x68), u32_at(0x68 + 0x24), u32_at(0x68 + 0x2C)], [0x8000, 2, 8]);
    assert_eq!([u64_at(0x68 + 0x100), u64_at(0x68 + 0x110)], [10_000_000, 1]);
    assert_eq!(u64_at(0x68 + 0x10), session().filetime(2_000_000));
    // The second buffer: its sequence, its processor, then the event.
    assert_eq!([u32_at(0x8018), u32_at(0x8004)], [1, 0x48 + 0x50 + 24 + 24 + 24 + 8]);
    assert_eq!([u16_at(0x8048), u16_at(0x804A), u16_at(0x804C)], [0x9C, 0xC013, 1]);
    // Related activity first, then traits, then the schema, which is the last one.
    let items = [0x8098, 0x80B0, 0x80C8].map(|at| [u16_at(at), u16_at(at + 2), u16_at(at + 4)]);
    assert_eq!(items, [[24, 1, 1], [24, 12, 1], [24, 11, 0]]);
    assert_eq!(bytes[0x80E4..0x80E8], [0; 4]);
    assert_eq!(bytes[0x80E8], 0xFF);
}

#[test]
fn events_of_several_processors_come_in_time_order() {
    let records: Vec<_> = (0..5000).map(|n| sample(70 + n)).collect();
    let bytes = file(&records);
    assert!(bytes.len() > 10 * 0x8000);
    let times: Vec<_> = read(&bytes).records().map(|record| record.time_100ns).collect();
    assert!(times.is_sorted());
    assert_eq!(times.len(), 5000);
}

#[test]
fn a_truncated_file_is_read_up_to_the_damage() {
    let bytes = file(&(70..200).map(sample).collect::<Vec<_>>());
    let mut most = 0;
    for length in (0..bytes.len()).step_by(7) {
        match Log::read(bytes[..length].to_vec()) {
            Ok(log) => {
                assert!(log.len() >= most, "{length}");
                most = log.len();
                assert_eq!(log.records().count(), log.len());
                assert!(length == 0x8000 || !log.skipped().damage.is_empty(), "{length}");
            }
            Err(_) => assert!(length < 0x1A0, "{length}"),
        }
    }
    assert_eq!(most, 130);
}

#[test]
fn a_flipped_byte_costs_what_it_is_in() {
    let bytes = file(&(70..75).map(sample).collect::<Vec<_>>());
    let interesting = (0..0x1A0).chain(0x8000..0x8400);
    for at in interesting {
        for value in [0, 0xFF, bytes[at] ^ 0x40] {
            let mut damaged = bytes.clone();
            damaged[at] = value;
            if let Ok(log) = Log::read(damaged) {
                assert!(log.records().count() <= 6, "{at:#x}");
            }
        }
    }
}

#[test]
fn compressed_buffers_and_foreign_records_are_counted() {
    let records: Vec<_> = (70..74).map(sample).collect();
    let mut bytes = file(&records);
    bytes[0x8000 + 0x34] |= 0x40;
    let log = read(&bytes);
    assert_eq!(log.skipped().compressed_buffers, 1);
    let mut bytes = file(&records);
    bytes[0x8048 + 2] = 0x14;
    let log = read(&bytes);
    assert_eq!(log.skipped().records.get("classic events"), Some(&1));
    assert_eq!(log.len(), 3);
}

#[test]
fn what_is_no_etl_is_refused_in_a_sentence() {
    let refusal = |bytes: &[u8]| Log::read(bytes.to_vec()).err().expect("refused").to_string();
    assert_eq!(Log::read(Vec::new()).err(), Some(EtlError::Empty));
    assert!(refusal(b"MZ").contains("it is no .etl file: 2 bytes"));
    assert!(refusal(&[0; 4096]).contains("a first buffer of type 0"));
    let mut header = file(&[]);
    header[0x4A] = 1;
    assert!(refusal(&header).contains("a first record of kind 0x1"));
}

#[test]
fn an_event_that_no_buffer_holds_is_an_error() {
    let large = vec![0; 40_000];
    let record = Record { payload: &large, ..sample(71) };
    let error = write(Cursor::new(Vec::new()), &session(), [record]).expect_err("too large");
    assert!(error.to_string().contains("more than a buffer holds"), "{error}");
    let elsewhere = Record { processor: 9, ..sample(71) };
    let error = write(Cursor::new(Vec::new()), &session(), [elsewhere]).expect_err("processor");
    assert!(error.to_string().contains("processor 9"), "{error}");
}

/// Ids, texts and payload of one event.
type Made = (u16, [u8; 16], Option<[u8; 16]>, Vec<u8>, Vec<u8>, Vec<u8>, u32);

fn made() -> impl Strategy<Value = Vec<Made>> {
    let blob = || vec(any::<u8>(), 0..60);
    let payload = vec(any::<u8>(), 0..300);
    let one = (
        0_u16..2,
        any::<[u8; 16]>(),
        any::<Option<[u8; 16]>>(),
        blob(),
        blob(),
        payload,
        any::<u32>(),
    );
    vec(one, 0..200)
}

proptest! {
    #[test]
    fn any_events_are_read_as_they_were_written(events in made()) {
        let records: Vec<_> = (70..).zip(&events).map(|(time_100ns, made)| Record {
            time_100ns,
            processor: made.0,
            activity: made.1,
            related: made.2,
            traits: &made.3,
            metadata: &made.4,
            payload: &made.5,
            thread: made.6,
            ..sample(0)
        }).collect();
        let log = Log::read(file(&records)).unwrap();
        prop_assert_eq!(log.records().collect::<Vec<_>>(), records);
        prop_assert!(log.skipped().damage.is_empty());
    }

    #[test]
    fn any_bytes_behind_a_header_are_read_without_a_panic(tail in vec(any::<u8>(), 0..3000)) {
        let mut bytes = file(&[]);
        bytes.extend(tail);
        let log = Log::read(bytes).unwrap();
        prop_assert_eq!(log.records().count(), log.len());
    }
}
