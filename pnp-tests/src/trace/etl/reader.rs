//! Reads a file: ours, or one that Windows recorded. Nothing is copied; an event is a view of the
//! file's bytes. Damage ends a buffer, or the file, and is told.

use std::collections::BTreeMap;

use super::layout::{ALIGNMENT, buffer, event, logfile};
use super::{Record, Session};
use crate::journal::etw::Descriptor;

/// No buffer of a session is larger: WPR's are at most 1 MiB, ETW's 16 MiB.
const BUFFER_MAX: usize = 16 << 20;

/// Why a file cannot be read at all.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EtlError {
    #[error("it is empty; record it again")]
    Empty,
    #[error(
        "it is no .etl file: {found}, where an .etl has {expected}; give a file of WPR, logman or \
         `netpnp run --etl`"
    )]
    Foreign { found: String, expected: &'static str },
}

/// What a file has that is not an event here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Records that are no events of the kind EVENT_HEADER, by kind: kernel records, old events, WPP.
    pub records: BTreeMap<&'static str, u64>,
    /// Buffers that are compressed.
    pub compressed_buffers: u64,
    /// What is damaged, each in a sentence; the first few.
    pub damage: Vec<String>,
    /// How many more there are.
    pub more_damage: u64,
}

/// At most so much damage is told in words.
const DAMAGE_TOLD: usize = 8;

impl Skipped {
    fn tell(&mut self, what: impl FnOnce() -> String) {
        if self.damage.len() < DAMAGE_TOLD {
            self.damage.push(what());
        } else {
            self.more_damage += 1;
        }
    }
}

/// A file that was read.
pub struct Log {
    bytes: Vec<u8>,
    session: Session,
    ticks: Ticks,
    /// Clock and place of every event, in time order.
    events: Vec<(u64, Place)>,
    skipped: Skipped,
}

#[derive(Clone, Copy)]
struct Place {
    at: usize,
    size: u16,
    processor: u16,
}

/// How ticks of the session's clock become units of 100 ns.
#[derive(Clone, Copy)]
struct Ticks {
    per_second: u64,
}

impl Ticks {
    fn to_100ns(self, ticks: u64) -> u64 {
        if self.per_second == 10_000_000 {
            return ticks;
        }
        let wide = u128::from(ticks) * 10_000_000 / u128::from(self.per_second.max(1));
        u64::try_from(wide).unwrap_or(u64::MAX)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|chunk| u16::from_le_bytes(*chunk))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|chunk| u32::from_le_bytes(*chunk))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|chunk| u64::from_le_bytes(*chunk))
}

fn id_at(bytes: &[u8], at: usize) -> Option<[u8; 16]> {
    bytes.get(at..)?.first_chunk().copied()
}

impl Log {
    /// Reads a whole file.
    ///
    /// # Errors
    ///
    /// When its beginning is not that of an `.etl`. Damage further on is no error: see
    /// [`Log::skipped`].
    pub fn read(bytes: Vec<u8>) -> Result<Self, EtlError> {
        if bytes.is_empty() {
            return Err(EtlError::Empty);
        }
        let (session, ticks) = session(&bytes)?;
        let mut log =
            Self { bytes, session, ticks, events: Vec::new(), skipped: Skipped::default() };
        log.index();
        Ok(log)
    }

    /// What the file says of its session.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// What was not read.
    #[must_use]
    pub fn skipped(&self) -> &Skipped {
        &self.skipped
    }

    /// How many events there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Units of 100 ns of the session's clock, as `Record::time_100ns` has them.
    #[must_use]
    pub fn to_100ns(&self, ticks: u64) -> u64 {
        self.ticks.to_100ns(ticks)
    }

    /// Every event in time order; those of the same moment in the file's order.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.events.iter().filter_map(|(ticks, place)| {
            let bytes = self.bytes.get(place.at..place.at + usize::from(place.size))?;
            Some(record(bytes, self.ticks.to_100ns(*ticks), place.processor)?.0)
        })
    }

    /// Finds every event.
    fn index(&mut self) {
        let (mut at, mut number) = (0, 0_u64);
        let bytes = std::mem::take(&mut self.bytes);
        while at < bytes.len() {
            let rest = &bytes[at..];
            let size =
                u32_at(rest, buffer::BUFFER_SIZE).and_then(|size| usize::try_from(size).ok());
            let whole = buffer::SIZE..=BUFFER_MAX;
            let Some(size) = size.filter(|size| whole.contains(size) && rest.len() > buffer::SIZE)
            else {
                self.skipped.tell(|| {
                    format!(
                        "buffer {number} at {at:#x} says it has {size:?} bytes; reading ended there"
                    )
                });
                break;
            };
            if rest.len() < size {
                let there = rest.len();
                self.skipped.tell(|| {
                    format!(
                        "the file ends inside buffer {number} at {at:#x}: {there} of {size} bytes"
                    )
                });
            }
            self.buffer(&rest[..size.min(rest.len())], at, number);
            at += size;
            number += 1;
        }
        self.bytes = bytes;
        // Stable: buffers of one processor stand in the order they were filled.
        self.events.sort_by_key(|(ticks, _)| *ticks);
    }

    /// The events of one buffer, which starts at `base`.
    fn buffer(&mut self, bytes: &[u8], base: usize, number: u64) {
        let flags = u16_at(bytes, buffer::FLAGS).unwrap_or(0);
        if flags & buffer::FLAG_COMPRESSED != 0 {
            self.skipped.compressed_buffers += 1;
            return;
        }
        let processor = u16_at(bytes, buffer::PROCESSOR).unwrap_or(0);
        let used = u32_at(bytes, buffer::SAVED_OFFSET).and_then(|used| usize::try_from(used).ok());
        let end = used.unwrap_or(0).min(bytes.len());
        let mut at = buffer::SIZE;
        while at + ALIGNMENT <= end {
            let rest = &bytes[at..end];
            let Some((kind, size)) = kind_and_size(rest) else {
                self.skipped.tell(|| {
                    format!(
                        "buffer {number}: no record at {:#x}, the rest of it is skipped",
                        base + at
                    )
                });
                return;
            };
            if usize::from(size) > rest.len() || size < 8 {
                self.skipped.tell(|| {
                    let left = rest.len();
                    format!(
                        "buffer {number}: the record at {:#x} says {size} bytes and {left} are left",
                        base + at
                    )
                });
                return;
            }
            match kind {
                None => self.event(&rest[..usize::from(size)], base + at, processor),
                Some(kind) => *self.skipped.records.entry(kind).or_default() += 1,
            }
            at += usize::from(size).next_multiple_of(ALIGNMENT);
        }
    }

    fn event(&mut self, bytes: &[u8], at: usize, processor: u16) {
        let ticks = u64_at(bytes, event::TIME_STAMP);
        let (Some(ticks), Some((_, whole))) = (ticks, record(bytes, 0, processor)) else {
            self.skipped.tell(|| format!("the event at {at:#x} is cut off"));
            return;
        };
        if !whole {
            self.skipped.tell(|| format!("the event at {at:#x} has damaged extended items"));
        }
        let size = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        self.events.push((ticks, Place { at, size, processor }));
    }
}

/// What stands in the first buffer.
fn session(bytes: &[u8]) -> Result<(Session, Ticks), EtlError> {
    let foreign = |found: String, expected| EtlError::Foreign { found, expected };
    let kind = u16_at(bytes, buffer::TYPE);
    if kind != Some(buffer::TYPE_HEADER) {
        let found = kind.map_or(format!("{} bytes", bytes.len()), |kind| {
            format!("a first buffer of type {kind}")
        });
        return Err(foreign(found, "one of type 4 with at least 416 bytes"));
    }
    let record = bytes.get(buffer::SIZE..).unwrap_or_default();
    let marks = (record.get(event::KIND).copied(), record.get(event::MARKER).copied());
    if marks != (Some(logfile::SYSTEM_TYPE), Some(event::MARKED)) {
        let found = match marks {
            (Some(kind), Some(marker)) => format!("a first record of kind {kind:#x} {marker:#x}"),
            _ => "no first record".to_owned(),
        };
        return Err(foreign(found, "TRACE_LOGFILE_HEADER of a 64-bit system"));
    }
    let body = record.get(logfile::SYSTEM_HEADER..).unwrap_or_default();
    let read = || {
        let clock = u32_at(body, logfile::CLOCK)?;
        let per_second = match clock {
            logfile::CLOCK_SYSTEM_TIME => 10_000_000,
            logfile::CLOCK_CYCLES => u64::from(u32_at(body, logfile::CPU_MHZ)?) * 1_000_000,
            _ => u64_at(body, logfile::FREQUENCY)?,
        };
        let ticks = Ticks { per_second };
        let start = u64_at(record, logfile::SYSTEM_TIME)?;
        let begun = u64_at(body, logfile::START_TIME)?;
        // 0 in a file whose session was never closed.
        let lasted = u64_at(body, logfile::END_TIME)?.saturating_sub(begun);
        let session = Session {
            name: utf16_until_nul(body.get(logfile::SIZE..).unwrap_or_default()),
            start_filetime: begun,
            boot_filetime: u64_at(body, logfile::BOOT_TIME)?,
            start_100ns: ticks.to_100ns(start),
            end_100ns: ticks.to_100ns(start) + lasted,
            processors: u32_at(body, logfile::PROCESSORS)?,
            os_build: u32_at(body, logfile::BUILD)?,
            frequency: per_second,
            events_lost: u32_at(body, logfile::EVENTS_LOST)?,
            buffers_lost: u32_at(body, logfile::BUFFERS_LOST)?,
        };
        Some((session, ticks))
    };
    read().ok_or_else(|| foreign(format!("{} bytes", bytes.len()), "at least 416"))
}

fn utf16_until_nul(bytes: &[u8]) -> String {
    let (units, _) = bytes.as_chunks();
    let units = units.iter().map(|unit| u16::from_le_bytes(*unit)).take_while(|unit| *unit != 0);
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Which kind of record begins here (None: an event as we read them) and its size.
fn kind_and_size(bytes: &[u8]) -> Option<(Option<&'static str>, u16)> {
    let [first_low, first_high, kind, marker, second_low, second_high, ..] = *bytes else {
        return None;
    };
    let first = u16::from_le_bytes([first_low, first_high]);
    let second = u16::from_le_bytes([second_low, second_high]);
    if marker & 0xF0 == 0x90 {
        return Some((Some("WPP messages"), first));
    }
    if marker & 0x80 == 0 {
        return None;
    }
    Some(match kind {
        event::KIND_32 | event::KIND_64 => (None, first),
        0x01..=0x04 => (Some("system records"), second),
        0x10 | 0x11 => (Some("kernel performance records"), second),
        0x0A | 0x14 => (Some("classic events"), first),
        0x0B | 0x15 => (Some("classic instance events"), first),
        _ => return None,
    })
}

/// An event, and whether its extended items are sound.
fn record(bytes: &[u8], time_100ns: u64, processor: u16) -> Option<(Record<'_>, bool)> {
    let at = event::DESCRIPTOR;
    let mut record = Record {
        time_100ns,
        processor,
        thread: u32_at(bytes, event::THREAD)?,
        process: u32_at(bytes, event::PROCESS)?,
        provider: id_at(bytes, event::PROVIDER)?,
        descriptor: Descriptor {
            id: u16_at(bytes, at)?,
            version: *bytes.get(at + 2)?,
            channel: *bytes.get(at + 3)?,
            level: *bytes.get(at + 4)?,
            opcode: *bytes.get(at + 5)?,
            task: u16_at(bytes, at + 6)?,
            keyword: u64_at(bytes, at + 8)?,
        },
        activity: id_at(bytes, event::ACTIVITY)?,
        related: None,
        traits: &[],
        metadata: &[],
        payload: &[],
    };
    let mut rest = bytes.get(event::SIZE..)?;
    let mut more = u16_at(bytes, event::FLAGS)? & event::FLAG_EXTENDED != 0;
    while more {
        let Some((kind, data, next)) = item(rest) else { return Some((record, false)) };
        more = u16_at(rest, 4)? & 1 != 0;
        match kind {
            event::ITEM_RELATED => record.related = id_at(data, 0),
            event::ITEM_TRAITS => record.traits = data,
            event::ITEM_SCHEMA => record.metadata = data,
            _ => {}
        }
        rest = next;
    }
    record.payload = rest;
    Some((record, true))
}

/// Type and data of the extended item that begins here, and what stands behind it.
fn item(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let total = usize::from(u16_at(bytes, 0)?);
    let size = usize::from(u16_at(bytes, 6)?);
    let data = bytes.get(event::ITEM..event::ITEM + size)?;
    let next = bytes.get(total..).filter(|_| total >= event::ITEM + size)?;
    Some((u16_at(bytes, 2)?, data, next))
}
