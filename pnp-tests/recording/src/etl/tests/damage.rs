//! Files that are cut, altered or something else.

use super::*;

/// Two processors, two events of each.
fn small() -> (Vec<u8>, Vec<Record>) {
    let list: Vec<_> = [(1, 0), (2, 3), (3, 0), (4, 3)].map(|(t, cpu)| record(t, cpu)).into();
    (written(&session(), &list), list)
}

#[test]
fn a_file_cut_anywhere_gives_the_events_before_the_cut() {
    let list: Vec<_> = (0..120).map(|time| record(time, 0)).collect();
    let whole = written(&session(), &list);
    let mut counts = Vec::new();
    for length in 0..whole.len() {
        let log = match Log::read(whole[..length].to_vec()) {
            Err(error) => {
                assert!(length < 0x200, "{length}: {error}");
                continue;
            }
            Ok(log) => log,
        };
        let read = records(&log);
        assert_eq!(read, list[..read.len()], "of {length} bytes");
        assert!(!log.skipped().warnings.is_empty(), "a cut at {length} is told");
        counts.push(read.len());
    }
    assert!(counts.is_sorted(), "more bytes, no fewer events");
    assert_eq!(counts.last(), Some(&120), "the last bytes are fill");
}

#[test]
fn a_file_cut_inside_a_buffer_says_which() {
    let (bytes, list) = small();
    let log = read(&bytes[..0x8000 + 0x100]);
    assert_eq!(records(&log), [list[0].clone(), list[1].clone(), list[2].clone()]);
    assert_eq!(
        log.skipped().warnings,
        [
            "the file ends inside buffer 2 of 2: 256 of its 16384 bytes are there; read up to there",
            "what stands at file offset 0x80e0 in buffer 2 is a record that runs over the end of \
             its buffer; the rest of the buffer is not read",
        ]
    );
    assert_eq!(read(&bytes[..0x8000]).skipped().warnings, ["the file ends behind buffer 1 of 2"]);
    assert_eq!(
        read(&bytes[..0x8010]).skipped().warnings,
        ["the file ends inside the header of buffer 2 of 2"]
    );
}

#[test]
fn no_single_byte_breaks_the_reader() {
    let (whole, _) = small();
    for at in 0..whole.len() {
        for change in [0x01, 0x80, 0xFF] {
            let mut bytes = whole.clone();
            bytes[at] ^= change;
            if let Ok(log) = Log::read(bytes) {
                let read = records(&log);
                assert!(read.is_sorted_by_key(|record| record.time_100ns), "order, {at:#x}");
                assert!(read.len() <= 4, "no event out of nothing, {at:#x}");
            }
        }
    }
}

#[test]
fn a_foreign_file_is_named_as_what_it_is_not() {
    let refused = |bytes: &[u8]| Log::read(bytes.to_vec()).expect_err("no log").to_string();
    assert_eq!(refused(b""), "the file is empty; expected an event trace log (.etl)");
    assert_eq!(
        refused(b"MZ"),
        "not an event trace log (.etl): its 2 bytes end inside the header of a log"
    );
    assert_eq!(
        refused(&[b' '; 4096]),
        "not an event trace log (.etl): its first buffer has type 8224; expected 4, a header"
    );
    let (mut bytes, _) = small();
    bytes[0x4A] = 0x13;
    assert_eq!(
        refused(&bytes),
        "not an event trace log (.etl): its first record has marks 0x13 0xc0 and type 0x0000; \
         expected 0x01 or 0x02, 0xc0 and 0x0000, a log's header"
    );
    bytes[0x4A] = 2;
    bytes[0x4C..0x4E].copy_from_slice(&[0x10, 0]);
    assert_eq!(
        refused(&bytes),
        "not an event trace log (.etl): its header has 16 bytes in a buffer of 16384; expected 312 \
         or more, within the buffer"
    );
}

#[test]
fn compressed_buffers_are_counted() {
    let (mut bytes, list) = small();
    bytes[0x8034] |= 0x40;
    let log = read(&bytes);
    assert_eq!(records(&log), [list[0].clone(), list[2].clone()]);
    assert_eq!(log.skipped().compressed_buffers, 1);
    bytes[0x4034] |= 0x40;
    assert_eq!(Log::read(bytes).expect_err("nothing to read"), EtlError::Compressed { buffers: 2 });
}

#[test]
fn a_buffer_of_impossible_size_ends_the_reading() {
    let (mut bytes, list) = small();
    bytes[0x8000..0x8004].copy_from_slice(&[0x20, 0, 0, 0]);
    let log = read(&bytes);
    assert_eq!(records(&log), [list[0].clone(), list[2].clone()]);
    assert_eq!(
        log.skipped().warnings,
        ["buffer 2 of 2 at file offset 0x8000 is damaged: its size is 32; read up to there"]
    );
}

#[test]
fn a_buffer_that_does_not_say_how_much_it_holds_is_read_to_its_fill() {
    let (mut bytes, list) = small();
    bytes[0x8004..0x8008].copy_from_slice(&[0; 4]);
    let log = read(&bytes);
    assert_eq!(records(&log), list);
    assert!(log.skipped().is_empty(), "it is said twice");
    bytes[0x8030..0x8034].copy_from_slice(&[0xFF; 4]);
    let log = read(&bytes);
    assert_eq!(records(&log), list);
    assert_eq!(
        log.skipped().warnings,
        ["buffer 2 does not say how much of it is used; read up to its fill"]
    );
}

#[test]
fn an_event_whose_items_run_over_it_is_counted_and_passed_over() {
    let (mut bytes, list) = small();
    // The size of the first item's data.
    bytes[0x4048 + 0x56] = 0xF0;
    let log = read(&bytes);
    assert_eq!(records(&log), list[1..]);
    assert_eq!(log.skipped().damaged_events, 1);
}

#[test]
fn warnings_end_where_nobody_reads_on() {
    let list: Vec<_> = (0..3_000).map(|time| record(time, 0)).collect();
    let mut bytes = written(&session(), &list);
    let buffers = bytes.len() / 0x4000 - 1;
    for buffer in 1..=buffers {
        bytes[buffer * 0x4000 + 0x48 + 3] = 0;
    }
    let log = read(&bytes);
    assert_eq!(log.skipped().warnings.len(), 20);
    assert_eq!(log.skipped().more_warnings, buffers as u64 - 20);
}
