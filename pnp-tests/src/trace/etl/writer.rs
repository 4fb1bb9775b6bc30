//! Writes a file. What is in memory is one buffer for each processor, however many events there are.

use std::io::{self, Error, ErrorKind, Seek, SeekFrom, Write};

use super::layout::{ALIGNMENT, buffer, event, logfile};
use super::{Record, Session};

/// Of each buffer: more than the largest event of ours, and what WPR's profiles use.
const BUFFER_BYTES: usize = 0x8000;
/// The session's number; no other session is in the file.
const LOGGER: u16 = 1;
/// The clock counts in units of 100 ns.
const TICKS_PER_SECOND: u64 = 10_000_000;

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    pub events: u64,
    /// The one that describes the session included.
    pub buffers: u32,
    pub bytes: u64,
}

/// Writes a session's events, which come in time order. The session's `frequency` is not used: times
/// are in units of 100 ns, and so is the file's clock.
///
/// # Errors
///
/// Those of `out`; and an event that is too large for a buffer or that lies about its processor.
pub fn write<'a, W: Write + Seek>(
    mut out: W,
    session: &Session,
    records: impl IntoIterator<Item = Record<'a>>,
) -> io::Result<Written> {
    let begin = out.stream_position()?;
    out.write_all(&header_buffer(session, 0, session.end_100ns))?;
    let mut file = File { out: &mut out, buffers: 1 };
    let mut open: Vec<Buffer> = (0..session.processors).map(|_| Buffer::new()).collect();
    let (mut events, mut last_100ns) = (0, session.end_100ns.max(session.start_100ns));
    let mut bytes = Vec::new();
    for record in records {
        bytes.clear();
        encode(&record, &mut bytes)?;
        let processors = open.len();
        let buffer = open.get_mut(usize::from(record.processor)).ok_or_else(|| {
            let (processor, time) = (record.processor, record.time_100ns);
            let what = format!(
                "the event at {time} is of processor {processor}, and the session has {processors}"
            );
            Error::new(ErrorKind::InvalidInput, what)
        })?;
        if !buffer.fits(&bytes) {
            file.flush(buffer, record.processor, true)?;
        }
        buffer.push(&bytes, record.time_100ns);
        last_100ns = last_100ns.max(record.time_100ns);
        events += 1;
    }
    for (processor, buffer) in (0..).zip(&mut open) {
        if buffer.last_100ns.is_some() {
            file.flush(buffer, processor, false)?;
        }
    }
    let buffers = file.buffers;
    out.seek(SeekFrom::Start(begin))?;
    out.write_all(&header_buffer(session, buffers, last_100ns))?;
    let bytes = u64::from(buffers) * BUFFER_BYTES as u64;
    out.seek(SeekFrom::Start(begin + bytes))?;
    out.flush()?;
    Ok(Written { events, buffers, bytes })
}

struct File<'a, W> {
    out: &'a mut W,
    buffers: u32,
}

impl<W: Write> File<'_, W> {
    fn flush(&mut self, buffer: &mut Buffer, processor: u16, full: bool) -> io::Result<()> {
        let time = buffer.last_100ns.take().unwrap_or(0);
        let flags =
            if full { buffer::FLAG_PROCESSOR } else { buffer::FLAG_PROCESSOR | buffer::FLAG_FLUSH };
        let place = Place { processor, sequence: self.buffers.into(), time, flags, kind: 0 };
        buffer.finish(&place);
        self.buffers += 1;
        self.out.write_all(&buffer.bytes)?;
        *buffer = Buffer::new();
        Ok(())
    }
}

/// What a buffer's header says of its place in the file.
struct Place {
    processor: u16,
    sequence: u64,
    time: u64,
    flags: u16,
    kind: u16,
}

struct Buffer {
    bytes: Vec<u8>,
    used: usize,
    last_100ns: Option<u64>,
}

impl Buffer {
    fn new() -> Self {
        Self { bytes: vec![buffer::FILL; BUFFER_BYTES], used: buffer::SIZE, last_100ns: None }
    }

    fn fits(&self, record: &[u8]) -> bool {
        self.used + record.len() <= self.bytes.len()
    }

    fn push(&mut self, record: &[u8], time_100ns: u64) {
        self.bytes[self.used..self.used + record.len()].copy_from_slice(record);
        self.used += record.len();
        self.last_100ns = Some(time_100ns);
    }

    fn finish(&mut self, place: &Place) {
        let size = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        let used = u32::try_from(self.used).unwrap_or(u32::MAX);
        self.bytes[..buffer::SIZE].fill(0);
        put(&mut self.bytes, buffer::BUFFER_SIZE, &size.to_le_bytes());
        put(&mut self.bytes, buffer::SAVED_OFFSET, &used.to_le_bytes());
        put(&mut self.bytes, buffer::CURRENT_OFFSET, &used.to_le_bytes());
        put(&mut self.bytes, buffer::TIME_STAMP, &place.time.to_le_bytes());
        put(&mut self.bytes, buffer::SEQUENCE, &place.sequence.to_le_bytes());
        put(&mut self.bytes, buffer::PROCESSOR, &place.processor.to_le_bytes());
        put(&mut self.bytes, buffer::LOGGER, &LOGGER.to_le_bytes());
        put(&mut self.bytes, buffer::STATE, &buffer::STATE_FLUSH.to_le_bytes());
        put(&mut self.bytes, buffer::OFFSET, &used.to_le_bytes());
        put(&mut self.bytes, buffer::FLAGS, &place.flags.to_le_bytes());
        put(&mut self.bytes, buffer::TYPE, &place.kind.to_le_bytes());
    }
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

/// The first buffer, with the session in it.
fn header_buffer(session: &Session, buffers: u32, last_100ns: u64) -> Vec<u8> {
    let mut body = vec![0; logfile::SIZE];
    put(&mut body, logfile::BUFFER_SIZE, &u32::try_from(BUFFER_BYTES).unwrap_or(0).to_le_bytes());
    put(&mut body, logfile::VERSION, &[10, 0, 1, 5]);
    put(&mut body, logfile::BUILD, &session.os_build.to_le_bytes());
    put(&mut body, logfile::PROCESSORS, &session.processors.to_le_bytes());
    put(&mut body, logfile::END_TIME, &session.filetime(last_100ns).to_le_bytes());
    put(&mut body, logfile::TIMER_RESOLUTION, &logfile::RESOLUTION.to_le_bytes());
    put(&mut body, logfile::MODE, &logfile::SEQUENTIAL.to_le_bytes());
    put(&mut body, logfile::BUFFERS_WRITTEN, &buffers.to_le_bytes());
    put(&mut body, logfile::START_BUFFERS, &1_u32.to_le_bytes());
    put(&mut body, logfile::POINTER_SIZE, &8_u32.to_le_bytes());
    put(&mut body, logfile::EVENTS_LOST, &session.events_lost.to_le_bytes());
    put(&mut body, logfile::CPU_MHZ, &2400_u32.to_le_bytes());
    put(&mut body, logfile::BOOT_TIME, &session.boot_filetime.to_le_bytes());
    put(&mut body, logfile::FREQUENCY, &TICKS_PER_SECOND.to_le_bytes());
    put(&mut body, logfile::START_TIME, &session.start_filetime.to_le_bytes());
    put(&mut body, logfile::CLOCK, &logfile::CLOCK_COUNTER.to_le_bytes());
    put(&mut body, logfile::BUFFERS_LOST, &session.buffers_lost.to_le_bytes());
    // The session's name, then the file's, which is left empty: files move.
    body.extend(session.name.encode_utf16().take(1024).chain([0, 0]).flat_map(u16::to_le_bytes));

    let mut record = vec![0; logfile::SYSTEM_HEADER];
    let size = u16::try_from(record.len() + body.len()).unwrap_or(0);
    put(&mut record, 0, &2_u16.to_le_bytes());
    put(&mut record, event::KIND, &[logfile::SYSTEM_TYPE, event::MARKED]);
    put(&mut record, 4, &size.to_le_bytes());
    put(&mut record, logfile::SYSTEM_TIME, &session.start_100ns.to_le_bytes());
    record.extend(body);
    record.resize(record.len().next_multiple_of(ALIGNMENT), 0);

    let mut buffer = Buffer::new();
    buffer.push(&record, 0);
    let flags = buffer::FLAG_PROCESSOR | buffer::FLAG_FLUSH;
    let kind = buffer::TYPE_HEADER;
    buffer.finish(&Place { processor: 0, sequence: 0, time: 0, flags, kind });
    buffer.bytes
}

/// EVENT_HEADER, extended items, payload, and the padding behind it.
fn encode(record: &Record<'_>, out: &mut Vec<u8>) -> io::Result<()> {
    out.resize(event::SIZE, 0);
    let descriptor = &record.descriptor;
    put(out, event::KIND, &[event::KIND_64, event::MARKED]);
    put(out, event::THREAD, &record.thread.to_le_bytes());
    put(out, event::PROCESS, &record.process.to_le_bytes());
    put(out, event::TIME_STAMP, &record.time_100ns.to_le_bytes());
    put(out, event::PROVIDER, &record.provider);
    put(out, event::DESCRIPTOR, &descriptor.id.to_le_bytes());
    let small = [descriptor.version, descriptor.channel, descriptor.level, descriptor.opcode];
    put(out, event::DESCRIPTOR + 2, &small);
    put(out, event::DESCRIPTOR + 6, &descriptor.task.to_le_bytes());
    put(out, event::DESCRIPTOR + 8, &descriptor.keyword.to_le_bytes());
    put(out, event::ACTIVITY, &record.activity);
    let related = record.related.as_ref().map_or(&[][..], |id| id);
    let items = [
        (event::ITEM_RELATED, related),
        (event::ITEM_TRAITS, record.traits),
        (event::ITEM_SCHEMA, record.metadata),
    ];
    let mut left = items.iter().filter(|(_, data)| !data.is_empty()).count();
    let flags = if left > 0 { event::FLAG_EXTENDED } else { 0 };
    put(out, event::FLAGS, &flags.to_le_bytes());
    let too_large = |size: usize| {
        let time = record.time_100ns;
        let what = format!("the event at {time} has {size} bytes, more than a buffer holds");
        Error::new(ErrorKind::InvalidInput, what)
    };
    for (kind, data) in items {
        if data.is_empty() {
            continue;
        }
        left -= 1;
        let padded = data.len().next_multiple_of(ALIGNMENT);
        let total = u16::try_from(event::ITEM + padded).map_err(|_| too_large(data.len()))?;
        let length = u16::try_from(data.len()).map_err(|_| too_large(data.len()))?;
        for half in [total, kind, u16::from(left > 0), length] {
            out.extend(half.to_le_bytes());
        }
        out.extend(data);
        out.resize(out.len() + padded - data.len(), 0);
    }
    out.extend(record.payload);
    let size = out.len();
    if size.next_multiple_of(ALIGNMENT) > BUFFER_BYTES - buffer::SIZE {
        return Err(too_large(size));
    }
    put(out, 0, &u16::try_from(size).map_err(|_| too_large(size))?.to_le_bytes());
    out.resize(size.next_multiple_of(ALIGNMENT), 0);
    Ok(())
}
