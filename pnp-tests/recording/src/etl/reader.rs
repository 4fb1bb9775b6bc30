//! A log file out of bytes. What is damaged ends the reading of its buffer, or of the file, and is
//! told in `Skipped`; everything before it is read.

use std::collections::BTreeMap;
use std::ops::Range;

use super::layout::{ALIGN, buffer, kind, length_at, logfile, system, u16_at, u32_at, u64_at};
use super::merge::{Merge, Stretch};
use super::record::{self, BufferItem, RecordRef};
use super::{EtlError, Session, Skipped};

/// A log in memory. Its events are read from the file's bytes each time they are asked for.
#[derive(Debug)]
pub struct Log {
    /// The session, as the header of the file has it.
    pub session: Session,
    file: Vec<u8>,
    clock: Clock,
    processors: BTreeMap<u16, Processor>,
    events: u64,
    skipped: Skipped,
}

#[derive(Debug, Default)]
struct Processor {
    stretches: Vec<Stretch>,
    /// Clock of its last event.
    last: u64,
}

/// Ticks per second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock(u64);

/// What ends the walk over the buffers.
struct Extent {
    /// Where the first buffer ends.
    first: usize,
    /// How many the log claims to have.
    written: u32,
}

impl Log {
    /// Finds the buffers and their records.
    ///
    /// # Errors
    ///
    /// When it is no log, or a log of nothing but compressed buffers.
    pub fn read(file: Vec<u8>) -> Result<Self, EtlError> {
        if file.is_empty() {
            return Err(EtlError::Empty);
        }
        let mut skipped = Skipped::default();
        let (session, extent) = header(&file, &mut skipped)?;
        let clock = Clock(session.frequency);
        let processors = BTreeMap::new();
        let mut log = Self { session, file, clock, processors, events: 0, skipped };
        let file = std::mem::take(&mut log.file);
        let buffers = log.scan(&file, &extent);
        log.file = file;
        if buffers > 0 && log.skipped.compressed_buffers == buffers {
            return Err(EtlError::Compressed { buffers });
        }
        Ok(log)
    }

    /// Every event in time order over all processors. Of one time, the lower processor is first.
    pub fn records(&self) -> impl Iterator<Item = RecordRef<'_>> {
        let lists = self.processors.iter();
        let lists = lists.map(|(number, processor)| (*number, processor.stretches.as_slice()));
        Merge::new(&self.file, self.clock, lists)
    }

    /// How many events `records` has.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The parts that were not read, and why.
    #[must_use]
    pub fn skipped(&self) -> &Skipped {
        &self.skipped
    }

    /// Finds the records of every buffer; gives the number of buffers behind the header buffer.
    fn scan(&mut self, file: &[u8], extent: &Extent) -> u64 {
        // The header buffer's own records say nothing about what was traced; there may be events.
        let counts = std::mem::take(&mut self.skipped.records);
        self.buffer(file, 0..extent.first.min(file.len()), 0);
        self.skipped.records = counts;
        let (mut at, mut number) = (extent.first, 1);
        while at < file.len() {
            let Some(range) = self.extent_of(file, at, number, extent.written) else {
                return number - 1;
            };
            at = range.end;
            self.buffer(file, range, number);
            number += 1;
        }
        if number < u64::from(extent.written) {
            self.skipped.warn(format!(
                "the file ends behind buffer {} of {}",
                number - 1,
                extent.written - 1
            ));
        }
        number - 1
    }

    /// Where the buffer at `at` lies; `None` ends the file.
    fn extent_of(
        &mut self,
        file: &[u8],
        at: usize,
        number: u64,
        written: u32,
    ) -> Option<Range<usize>> {
        let left = file.len() - at;
        let of = match u64::from(written) {
            // A session that was never stopped has not counted.
            count if count <= number => String::new(),
            count => format!(" of {}", count - 1),
        };
        let size = length_at(file, at + buffer::SIZE).unwrap_or(0);
        if left < buffer::HEADER {
            self.skipped.warn(format!("the file ends inside the header of buffer {number}{of}"));
            return None;
        }
        if size == 0 && number >= u64::from(written) {
            // A file made at its full size in advance.
            return None;
        }
        if size < buffer::HEADER {
            self.skipped.warn(format!(
                "buffer {number}{of} at file offset {at:#x} is damaged: its size is {size}; \
                 read up to there"
            ));
            return None;
        }
        if size > left {
            self.skipped.warn(format!(
                "the file ends inside buffer {number}{of}: {left} of its {size} bytes are there; \
                 read up to there"
            ));
        }
        Some(at..at + size.min(left))
    }

    /// Finds the records of one buffer.
    fn buffer(&mut self, file: &[u8], range: Range<usize>, number: u64) {
        let bytes = file.get(range.clone()).unwrap_or(&[]);
        let Some(flags) = u16_at(bytes, buffer::FLAGS) else { return };
        if flags & buffer::FLAG_COMPRESSED != 0 {
            self.skipped.compressed_buffers += 1;
            return;
        }
        let processor = u16_at(bytes, buffer::PROCESSOR).unwrap_or(0);
        let wide = flags & buffer::FLAG_PROCESSOR != 0;
        let processor = if wide { processor } else { processor & 0xFF };
        let mut start = range.start + buffer::HEADER;
        if number == 0 {
            let first = u16_at(bytes, buffer::HEADER + system::SIZE).unwrap_or(0);
            start += usize::from(first).next_multiple_of(ALIGN);
        }
        let end = range.start + self.used(bytes, number);
        self.records_of(file, start..end, processor, number);
    }

    /// Bytes of a buffer that hold something, its header included.
    fn used(&mut self, bytes: &[u8], number: u64) -> usize {
        let size = length_at(bytes, buffer::SIZE).unwrap_or(0);
        let fits = |used: &usize| (buffer::HEADER..=size).contains(used);
        let saved = length_at(bytes, buffer::SAVED).filter(fits);
        let used = saved.or_else(|| length_at(bytes, buffer::OFFSET).filter(fits));
        if used.is_none() {
            self.skipped.warn(format!(
                "buffer {number} does not say how much of it is used; read up to its fill"
            ));
        }
        // Where the file ends inside the buffer, that has been told.
        used.unwrap_or(size).min(bytes.len())
    }

    fn records_of(&mut self, file: &[u8], range: Range<usize>, processor: u16, number: u64) {
        let Self { processors, skipped, events, .. } = self;
        let list = processors.entry(processor).or_default();
        let (mut at, mut open, mut back) = (range.start, range.start, false);
        // Out of the stretch from `open` to `at`.
        let mut close = |open: usize, at: usize, back: bool| {
            if open < at {
                list.stretches.push(Stretch { bytes: open..at, back });
            }
        };
        loop {
            let size = match record::find(file.get(at..range.end).unwrap_or(&[])) {
                BufferItem::Event(event) if record::read(event, processor).is_some() => {
                    let ticks = record::ticks(event);
                    if ticks < list.last {
                        close(open, at, back);
                        (open, back) = (at, true);
                    }
                    list.last = ticks;
                    *events += 1;
                    event.len()
                }
                BufferItem::Event(event) => {
                    skipped.damaged_events += 1;
                    close(open, at, back);
                    (open, back) = (at + event.len().next_multiple_of(ALIGN), false);
                    event.len()
                }
                BufferItem::Other(kind, record) => {
                    *skipped.records.entry(kind).or_default() += 1;
                    record.len()
                }
                BufferItem::End => break,
                BufferItem::Damage(what) => {
                    skipped.warn(format!(
                        "what stands at file offset {at:#x} in buffer {number} {what}; the rest \
                         of the buffer is not read"
                    ));
                    break;
                }
            };
            at += size.next_multiple_of(ALIGN);
        }
        close(open, at.min(range.end), back);
    }
}

impl Clock {
    pub(super) fn to_100ns(self, ticks: u64) -> u64 {
        const PER_SECOND: u64 = 10_000_000;
        match self.0 {
            PER_SECOND => ticks,
            frequency => {
                let time = u128::from(ticks) * u128::from(PER_SECOND) / u128::from(frequency);
                u64::try_from(time).unwrap_or(u64::MAX)
            }
        }
    }
}

/// The header buffer, and the session that its first record describes.
fn header(file: &[u8], skipped: &mut Skipped) -> Result<(Session, Extent), EtlError> {
    let short = || EtlError::NotEtl {
        what: format!("its {} bytes end inside the header of a log", file.len()),
    };
    let kind = u16_at(file, buffer::TYPE).ok_or_else(short)?;
    if kind != buffer::TYPE_HEADER {
        let what = format!("its first buffer has type {kind}; expected 4, a header");
        return Err(EtlError::NotEtl { what });
    }
    let first = length_at(file, buffer::SIZE).ok_or_else(short)?;
    let record = file.get(buffer::HEADER..).ok_or_else(short)?;
    let (number, mark) = (record.get(2).ok_or_else(short)?, record.get(3).ok_or_else(short)?);
    let hook = u16_at(record, system::HOOK).ok_or_else(short)?;
    let wide = match (*mark, *number, hook) {
        (kind::MARK, kind::SYSTEM_64, 0) => true,
        (kind::MARK, kind::SYSTEM_32, 0) => false,
        _ => {
            let what = format!(
                "its first record has marks {number:#04x} {mark:#04x} and type {hook:#06x}; \
                 expected 0x01 or 0x02, 0xc0 and 0x0000, a log's header"
            );
            return Err(EtlError::NotEtl { what });
        }
    };
    let size = usize::from(u16_at(record, system::SIZE).ok_or_else(short)?);
    let least = system::HEADER + logfile::SIZE - if wide { 0 } else { 8 };
    if size < least || first < buffer::HEADER + size {
        let what = format!(
            "its header has {size} bytes in a buffer of {first}; expected {least} or more, within \
             the buffer"
        );
        return Err(EtlError::NotEtl { what });
    }
    let record = record.get(..size).ok_or_else(short)?;
    let (session, written) = session(record, wide, skipped).ok_or_else(short)?;
    if first > file.len() {
        skipped.warn("the file ends inside its header buffer".into());
    }
    Ok((session, Extent { first, written }))
}

/// Out of the whole first record; with the number of buffers written.
fn session(record: &[u8], wide: bool, skipped: &mut Skipped) -> Option<(Session, u32)> {
    let start_ticks = u64_at(record, system::TIME)?;
    let body = record.get(system::HEADER..)?;
    // Behind the two pointers.
    let late = if wide { 0 } else { 8 };
    let clock = u32_at(body, logfile::CLOCK - late)?;
    let frequency = match clock {
        logfile::CLOCK_SYSTEM => 10_000_000,
        logfile::CLOCK_CYCLES => u64::from(u32_at(body, logfile::CPU_MHZ)?) * 1_000_000,
        _ => u64_at(body, logfile::FREQUENCY - late)?,
    };
    if !(logfile::CLOCK_QPC..=logfile::CLOCK_CYCLES).contains(&clock) {
        skipped.warn(format!("clock type {clock} is unknown: taken as 1, performance counter"));
    }
    if frequency == 0 {
        skipped.warn("the log's clock has frequency 0: taken as 10 MHz".into());
    }
    let session = Session {
        name: utf16_until_nul(body.get(logfile::SIZE - late..)?),
        start_filetime: u64_at(body, logfile::START_TIME - late)?,
        end_filetime: u64_at(body, logfile::END_TIME)?,
        boot_filetime: u64_at(body, logfile::BOOT_TIME - late)?,
        frequency: if frequency == 0 { 10_000_000 } else { frequency },
        start_ticks,
        processors: u32_at(body, logfile::PROCESSORS)?,
        os_build: u32_at(body, logfile::OS_BUILD)?,
        events_lost: u32_at(body, logfile::EVENTS_LOST)?,
        buffers_lost: u32_at(body, logfile::BUFFERS_LOST - late)?,
    };
    Some((session, u32_at(body, logfile::BUFFERS_WRITTEN)?))
}

fn utf16_until_nul(bytes: &[u8]) -> String {
    let (pairs, _) = bytes.as_chunks();
    let units = pairs.iter().map(|pair| u16::from_le_bytes(*pair));
    char::decode_utf16(units.take_while(|unit| *unit != 0))
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}
