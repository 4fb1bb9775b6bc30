//! Logs written here, read by readers that are not ours: `etl/check.py` runs etl-parser and
//! dissect.etl, which share no code with this project or with each other.
//!
//! Needs Python 3 with venv. The first run installs `etl/requirements.txt` into `target/python`.
#![cfg(host)]
#![allow(missing_docs, reason = "tests: the names are the documentation")]

#[path = "etl/python.rs"]
mod python;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use journal::etw::{Descriptor, EtwWrite};
use recording::etl::{Log, Record, Session, Written, write};
use serde_json::{Value, json};

/// The event that does not fit into a buffer of the usual size.
const LARGE: u32 = 203;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a member's folder").into()
}

fn session() -> Session {
    Session {
        name: "NetPnP \u{e9}\u{1F50C}".into(),
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

/// A record, the name of its event, and its fields if etl-parser can read them.
struct Event {
    record: Record,
    name: &'static str,
    fields: Option<Value>,
}

/// `fields`: name, NUL, in-type, as the schema has them.
fn schema(name: &str, fields: &[u8]) -> Vec<u8> {
    let mut bytes = [&[0, 0, 0], name.as_bytes(), &[0], fields].concat();
    let size = u16::try_from(bytes.len()).expect("a small schema");
    bytes[..2].copy_from_slice(&size.to_le_bytes());
    bytes
}

fn numbers(n: u32) -> (&'static str, Vec<u8>, Vec<u8>, Option<Value>) {
    let fields =
        b"U8\0\x04I16\0\x05U16\0\x06I32\0\x07U32\0\x08I64\0\x09U64\0\x0AHex\0\x14F64\0\x0CB\0\x0D";
    let [low, ..] = n.to_le_bytes();
    let payload = [
        &[low][..],
        &(-3_i16).to_le_bytes(),
        &50_000_u16.to_le_bytes(),
        &(-70_000_i32).to_le_bytes(),
        &n.to_le_bytes(),
        &i64::MIN.to_le_bytes(),
        &u64::MAX.to_le_bytes(),
        &0xC000_0001_u32.to_le_bytes(),
        &0.5_f64.to_le_bytes(),
        &1_u32.to_le_bytes(),
    ]
    .concat();
    let values = json!({
        "U8": low, "I16": -3, "U16": 50_000, "I32": -70_000, "U32": n, "I64": i64::MIN,
        "U64": u64::MAX, "Hex": 0xC000_0001_u32, "F64": 0.5, "B": true,
    });
    ("Numbers", schema("Numbers", fields), payload, Some(values))
}

fn texts(n: u32) -> (&'static str, Vec<u8>, Vec<u8>, Option<Value>) {
    let fields = b"Wide\0\x01Narrow\0\x02Guid\0\x0FBytes\0\x0EList\0\x46";
    let wide = format!("Layer {n} \u{e9}");
    let mut payload: Vec<u8> =
        format!("{wide}\0").encode_utf16().flat_map(u16::to_le_bytes).collect();
    payload.extend(format!("MyLwf{n}\0").bytes());
    payload.extend([0x33, 0x22, 0x11, 0, 0x55, 0x44, 0x77, 0x66, 8, 9, 10, 11, 12, 13, 14, 15]);
    payload.extend([3, 0, 7, 8, 9]);
    payload.extend([2, 0, 0x34, 0x12, 0xFF, 0xFF]);
    let values = json!({
        "Wide": wide, "Narrow": format!("MyLwf{n}"),
        "Guid": "00112233-4455-6677-0809-0a0b0c0d0e0f", "Bytes": [7, 8, 9], "List": [0x1234, 0xFFFF],
    });
    ("Texts", schema("Texts", fields), payload, Some(values))
}

/// Types that etl-parser does not know or misreads.
fn rich(n: u32) -> (&'static str, Vec<u8>, Vec<u8>, Option<Value>) {
    let fields = b"When\0\x11Handle\0\x15Name\0\x97\x23Both\0\x98\x02A\0\x08B\0\x08";
    let mut payload = 134_081_856_000_000_000_u64.to_le_bytes().to_vec();
    payload.extend(0x1122_3344_5566_7788_u64.to_le_bytes());
    payload.extend(b"\x05\0Hello");
    payload.extend([n.to_le_bytes(), 2_u32.to_le_bytes()].concat());
    ("Rich", schema("Rich", fields), payload, None)
}

/// An event of a manifest: no schema, no traits, any number of bytes. One needs a larger buffer.
fn manifest(n: u32) -> (&'static str, Vec<u8>, Vec<u8>, Option<Value>) {
    let size = if n == LARGE { 20_000 } else { n as usize % 40 };
    ("", Vec::new(), vec![0xA5; size], None)
}

/// Kinds of event in turn, with and without each extended item, on four processors.
fn events(count: u32) -> Vec<Event> {
    (0..count).map(event).collect()
}

fn event(n: u32) -> Event {
    let (name, metadata, payload, fields) = [numbers, texts, rich, manifest][n as usize % 4](n);
    let [low, high, ..] = n.to_le_bytes();
    let traits = match metadata.len() {
        0 => Vec::new(),
        _ if n % 8 < 4 => b"\x0A\0NetPnPx\0".to_vec(),
        _ => [b"\x1D\0NetPnPx\0".as_slice(), &[0x13, 0, 1], &[0x6A; 16]].concat(),
    };
    let write = EtwWrite {
        descriptor: Descriptor {
            id: if metadata.is_empty() { 1000 + u16::from(low) } else { 0 },
            version: u8::from(metadata.is_empty()),
            channel: 11,
            level: 1 + low % 5,
            opcode: [0, 1, 2, 9, 240][n as usize % 5],
            task: u16::from(low),
            keyword: 1 << (n % 64),
        },
        activity: if n.is_multiple_of(6) {
            [0; 16]
        } else {
            std::array::from_fn(|i| [low, high, 7, 200][i % 4])
        },
        related: n
            .is_multiple_of(3)
            .then(|| std::array::from_fn(|i| low.wrapping_add([1, 2, 3, 4][i % 4]))),
        provider: std::array::from_fn(|i| [0x10, 0x32, 0x54, 0x76, 0x98][i % 5]),
        traits,
        metadata,
        payload,
    };
    let processor = [0, 1, 0, 3, 2, 0, 1][n as usize % 7];
    let time_100ns = 36_000_000_000 + 12_340 * u64::from(n) + u64::from(n % 3);
    let record = Record { time_100ns, processor, process: 4 + n % 2, thread: 100 + n % 9, write };
    Event { record, name, fields }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"))
}

fn expected(session: &Session, events: &[Event], written: Written) -> Value {
    let filetime = |ticks: u64| session.start_filetime + (ticks - session.start_ticks);
    let last = events.last().map_or(session.start_ticks, |event| event.record.time_100ns);
    let events = events.iter().map(|Event { record, name, fields }| {
        let EtwWrite { descriptor, .. } = &record.write;
        json!({
            "name": name, "fields": fields, "ticks": record.time_100ns,
            "filetime": filetime(record.time_100ns), "processor": record.processor,
            "process": record.process, "thread": record.thread, "id": descriptor.id,
            "version": descriptor.version, "channel": descriptor.channel, "level": descriptor.level,
            "opcode": descriptor.opcode, "task": descriptor.task, "keyword": descriptor.keyword,
            "provider": hex(&record.write.provider), "activity": hex(&record.write.activity),
            "related": record.write.related.map(|id| hex(&id)), "traits": hex(&record.write.traits),
            "metadata": hex(&record.write.metadata), "payload": hex(&record.write.payload),
        })
    });
    json!({
        "session": {
            "name": session.name, "start_filetime": session.start_filetime,
            "boot_filetime": session.boot_filetime, "frequency": session.frequency,
            "start_ticks": session.start_ticks, "processors": session.processors,
            "os_build": session.os_build, "events_lost": session.events_lost,
            "buffers_lost": session.buffers_lost, "end_filetime": filetime(last),
            "buffers": written.buffers, "buffer_size": 0x8000, "pointer_size": 8,
        },
        "events": events.collect::<Vec<_>>(),
    })
}

/// Writes `target/etl/<name>.etl` and reads it back.
fn log(name: &str, events: &[Event]) -> (PathBuf, Written) {
    let path = root().join("target/etl").join(name).with_extension("etl");
    fs::create_dir_all(path.parent().expect("a folder")).expect("target/etl");
    let file = File::create(&path).expect("a file in target/etl");
    let records = events.iter().map(|event| event.record.clone());
    let written = write(file, &session(), records).expect("a log");
    let log = Log::read(fs::read(&path).expect("the file")).expect("a log");
    let end_filetime = log.session.end_filetime;
    assert!(end_filetime >= session().start_filetime);
    assert_eq!(log.session, Session { end_filetime, ..session() });
    assert!(
        log.records().map(|record| record.to_record()).eq(events.iter().map(|e| e.record.clone()))
    );
    (path, written)
}

#[test]
fn two_foreign_readers_read_what_was_written() {
    let events = events(400);
    let (path, written) = log("check", &events);
    let buffers = u64::from(written.buffers);
    assert!(buffers > 5, "{buffers} buffers: some processor has several");
    let json = path.with_extension("json");
    let expected = expected(&session(), &events, written);
    fs::write(&json, expected.to_string()).expect("a file in target/etl");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/etl/check.py");
    python::run(Command::new(python::interpreter()).arg(script).args([path, json]));
}

/// `cargo xtask fuzz etl` takes these.
#[test]
fn seeds_of_the_fuzzer_are_logs() {
    log("seeds/empty", &[]);
    log("seeds/small", &events(8));
    log("seeds/many", &events(150));
}
