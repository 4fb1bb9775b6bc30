//! A log file out of records: one open buffer per processor, the header buffer written last.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result, Seek, SeekFrom, Write};

use super::layout::{ALIGN, buffer, event, item, kind, logfile, system};
use super::{Record, Session};

/// What buffers have, in bytes. One whose only record is larger has a multiple of it.
const BUFFER: usize = 0x4000;
const LOGGER: u16 = 1;
/// Longer is no name.
const NAME_MAX: usize = 1024;

/// The counts of a written file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Events in the log.
    pub events: u64,
    /// With the header buffer.
    pub buffers: u32,
    /// Bytes of the file.
    pub bytes: u64,
}

/// Records in time order. Nothing is kept of those whose buffer is full.
///
/// # Errors
///
/// Those of `out`; a session that contradicts itself, a record that is out of order or fits into no buffer.
pub fn write<W: Write + Seek>(
    out: W,
    session: &Session,
    records: impl IntoIterator<Item = Record>,
) -> Result<Written> {
    check(session)?;
    let mut writer = Writer {
        out,
        session,
        open: BTreeMap::new(),
        spare: Vec::new(),
        largest: BUFFER,
        last: session.start_ticks,
        written: Written { events: 0, buffers: 1, bytes: BUFFER as u64 },
    };
    let start = writer.out.stream_position()?;
    writer.out.write_all(&[buffer::FILL; BUFFER])?;
    let mut bytes = Vec::new();
    for record in records {
        writer.record(&record, &mut bytes)?;
    }
    writer.finish(start)
}

/// What the header could not say, or readers would stumble over.
fn check(session: &Session) -> Result<()> {
    let units = session.name.encode_utf16().count();
    if session.name.contains('\0') || units > NAME_MAX {
        return Err(invalid(format!(
            "the session's name has {units} UTF-16 units, or a NUL; expected at most {NAME_MAX} \
             and none"
        )));
    }
    if session.frequency == 0 {
        return Err(invalid("the session's clock has frequency 0".into()));
    }
    Ok(())
}

fn invalid(what: String) -> Error {
    Error::new(ErrorKind::InvalidInput, what)
}

struct Writer<'a, W> {
    out: W,
    session: &'a Session,
    /// By processor, each starting with room for its header.
    open: BTreeMap<u16, Vec<u8>>,
    /// An emptied buffer, to be used again.
    spare: Vec<u8>,
    /// Size of the largest buffer.
    largest: usize,
    /// Clock of the last event, else of the start.
    last: u64,
    written: Written,
}

impl<W: Write> Writer<'_, W> {
    /// `bytes` is scratch memory.
    fn record(&mut self, record: &Record, bytes: &mut Vec<u8>) -> Result<()> {
        let number = self.written.events + 1;
        let ticks = ticks(record.time_100ns, self.session.frequency).ok_or_else(|| {
            invalid(format!("event {number}: {} is past the clock's end", record.time_100ns))
        })?;
        if self.written.events > 0 && ticks < self.last {
            return Err(invalid(format!("event {number} is earlier than the one before it")));
        }
        if u32::from(record.processor) >= self.session.processors {
            return Err(invalid(format!(
                "event {number} is of processor {}, the session has {}",
                record.processor, self.session.processors
            )));
        }
        self.last = ticks;
        encode(record, ticks, bytes)
            .map_err(|size| invalid(format!("event {number} {size}; expected at most 65535")))?;
        let open = self.open.entry(record.processor).or_insert_with(empty);
        if open.len() > buffer::HEADER && open.len() + bytes.len() > BUFFER {
            let full = std::mem::replace(open, std::mem::take(&mut self.spare));
            open.resize(buffer::HEADER, 0);
            // The kernel's attempt to reserve space for the record has moved it past the end.
            let current = full.len() + bytes.len();
            self.flush(record.processor, full, current, false)?;
        }
        let open = self.open.entry(record.processor).or_insert_with(empty);
        open.extend_from_slice(bytes);
        self.written.events += 1;
        Ok(())
    }

    fn flush(
        &mut self,
        processor: u16,
        mut bytes: Vec<u8>,
        current: usize,
        last: bool,
    ) -> Result<()> {
        let used = bytes.len();
        let size = used.next_multiple_of(BUFFER);
        bytes.resize(size, buffer::FILL);
        let header = Header {
            used,
            current,
            time: self.last,
            sequence: self.written.buffers,
            processor,
            flags: buffer::FLAG_PROCESSOR | if last { buffer::FLAG_FLUSH } else { 0 },
            kind: 0,
        };
        header.put(&mut bytes)?;
        self.out.write_all(&bytes)?;
        self.largest = self.largest.max(size);
        self.written.buffers = self.written.buffers.checked_add(1).ok_or_else(too_large)?;
        self.written.bytes += size as u64;
        bytes.clear();
        self.spare = bytes;
        Ok(())
    }
}

impl<W: Write + Seek> Writer<'_, W> {
    fn finish(mut self, start: u64) -> Result<Written> {
        while let Some((processor, bytes)) = self.open.pop_first() {
            let size = bytes.len().next_multiple_of(BUFFER);
            let current = bytes.len() + size;
            self.flush(processor, bytes, current, self.open.is_empty())?;
        }
        self.out.seek(SeekFrom::Start(start))?;
        let header = self.header_buffer()?;
        self.out.write_all(&header)?;
        // Behind the last buffer, where whoever goes on writing expects it.
        self.out.seek(SeekFrom::Start(start + self.written.bytes))?;
        self.out.flush()?;
        Ok(self.written)
    }

    fn header_buffer(&self) -> Result<Vec<u8>> {
        let mut bytes = vec![0; buffer::HEADER];
        let body = self.log_header()?;
        self.system(&mut bytes, 0, system::HEADER + body.len())?;
        bytes.extend(body);
        bytes.resize(bytes.len().next_multiple_of(ALIGN), 0);
        let end = bytes.len() + usize::from(system::PARTITION_SIZE);
        self.system(&mut bytes, system::HOOK_PARTITION, system::PARTITION_SIZE.into())?;
        bytes.resize(end, 0);
        let flags = buffer::FLAG_PROCESSOR | buffer::FLAG_FLUSH;
        let header = Header {
            used: end,
            current: end,
            time: 0,
            sequence: 0,
            processor: 0,
            flags,
            kind: buffer::TYPE_HEADER,
        };
        bytes.resize(BUFFER, buffer::FILL);
        header.put(&mut bytes)?;
        Ok(bytes)
    }

    /// Appends `SYSTEM_TRACE_HEADER`; `size` is the whole record's.
    fn system(&self, bytes: &mut Vec<u8>, hook: u16, size: usize) -> Result<()> {
        bytes.extend(system::VERSION.to_le_bytes());
        bytes.extend([kind::SYSTEM_64, kind::MARK]);
        bytes.extend(u16::try_from(size).map_err(|_| too_large())?.to_le_bytes());
        bytes.extend(hook.to_le_bytes());
        // Thread and process of whoever started the session: nobody's.
        bytes.extend([0; 8]);
        bytes.extend(self.session.start_ticks.to_le_bytes());
        // Kernel and user time.
        bytes.extend([0; 8]);
        Ok(())
    }

    /// `TRACE_LOGFILE_HEADER`, and the names of the session and of the file: of the latter nothing
    /// is known.
    fn log_header(&self) -> Result<Vec<u8>> {
        let Session { start_filetime, boot_filetime, frequency, start_ticks, .. } = *self.session;
        let passed = u128::from(self.last.saturating_sub(start_ticks)) * 10_000_000;
        let passed = passed.div_ceil(frequency.into());
        let end = start_filetime.saturating_add(u64::try_from(passed).unwrap_or(u64::MAX));
        let end = end.max(self.session.end_filetime);
        let largest = u32::try_from(self.largest).map_err(|_| too_large())?;
        let mut body = vec![0; logfile::SIZE];
        put(&mut body, logfile::BUFFER_SIZE, largest.to_le_bytes());
        // Windows 10: major, minor, sub, sub-minor.
        put(&mut body, logfile::VERSION, [10, 0, 1, 5]);
        put(&mut body, logfile::OS_BUILD, self.session.os_build.to_le_bytes());
        put(&mut body, logfile::PROCESSORS, self.session.processors.to_le_bytes());
        put(&mut body, logfile::END_TIME, end.to_le_bytes());
        put(&mut body, logfile::TIMER_RESOLUTION, 156_250_u32.to_le_bytes());
        put(&mut body, logfile::LOG_FILE_MODE, logfile::MODE_SEQUENTIAL.to_le_bytes());
        put(&mut body, logfile::BUFFERS_WRITTEN, self.written.buffers.to_le_bytes());
        put(&mut body, logfile::START_BUFFERS, 1_u32.to_le_bytes());
        put(&mut body, logfile::POINTER_SIZE, 8_u32.to_le_bytes());
        put(&mut body, logfile::EVENTS_LOST, self.session.events_lost.to_le_bytes());
        put(&mut body, logfile::CPU_MHZ, 2_400_u32.to_le_bytes());
        put(&mut body, logfile::BOOT_TIME, boot_filetime.to_le_bytes());
        put(&mut body, logfile::FREQUENCY, frequency.to_le_bytes());
        put(&mut body, logfile::START_TIME, start_filetime.to_le_bytes());
        put(&mut body, logfile::CLOCK, logfile::CLOCK_QPC.to_le_bytes());
        put(&mut body, logfile::BUFFERS_LOST, self.session.buffers_lost.to_le_bytes());
        body.extend(self.session.name.encode_utf16().flat_map(u16::to_le_bytes));
        body.extend([0; 4]);
        Ok(body)
    }
}

/// What varies in `WMI_BUFFER_HEADER`.
struct Header {
    used: usize,
    current: usize,
    time: u64,
    sequence: u32,
    processor: u16,
    flags: u16,
    kind: u16,
}

impl Header {
    /// Into a buffer of its full size.
    fn put(&self, bytes: &mut [u8]) -> Result<()> {
        let length = |length: usize| u32::try_from(length).map_err(|_| too_large());
        let (size, used) = (length(bytes.len())?, length(self.used)?);
        put(bytes, buffer::SIZE, size.to_le_bytes());
        put(bytes, buffer::SAVED, used.to_le_bytes());
        put(bytes, buffer::CURRENT, length(self.current)?.to_le_bytes());
        put(bytes, buffer::TIME, self.time.to_le_bytes());
        put(bytes, buffer::SEQUENCE, u64::from(self.sequence).to_le_bytes());
        put(bytes, buffer::PROCESSOR, self.processor.to_le_bytes());
        put(bytes, buffer::LOGGER, LOGGER.to_le_bytes());
        put(bytes, buffer::STATE, buffer::STATE_FLUSH.to_le_bytes());
        put(bytes, buffer::OFFSET, used.to_le_bytes());
        put(bytes, buffer::FLAGS, self.flags.to_le_bytes());
        put(bytes, buffer::TYPE, self.kind.to_le_bytes());
        Ok(())
    }
}

/// An open buffer without records.
fn empty() -> Vec<u8> {
    let mut bytes = Vec::with_capacity(BUFFER);
    bytes.resize(buffer::HEADER, 0);
    bytes
}

fn put<const N: usize>(bytes: &mut [u8], at: usize, value: [u8; N]) {
    bytes[at..at + N].copy_from_slice(&value);
}

fn too_large() -> Error {
    invalid("more than the format has numbers for".into())
}

/// Rounded up, which reading rounds down again: exact for a clock of 10 MHz or faster. The format
/// has signed ticks.
fn ticks(time_100ns: u64, frequency: u64) -> Option<u64> {
    let ticks = (u128::from(time_100ns) * u128::from(frequency)).div_ceil(10_000_000);
    i64::try_from(ticks).ok().map(i64::cast_unsigned)
}

/// `EVENT_HEADER`, extended items, payload, padding; an error is why there is no such record.
fn encode(record: &Record, ticks: u64, bytes: &mut Vec<u8>) -> std::result::Result<(), String> {
    let write = &record.write;
    // In the order of logs by Windows.
    let items = [
        (item::RELATED, write.related.as_ref().map_or(&[][..], |id| id)),
        (item::TRAITS, &write.traits),
        (item::SCHEMA, &write.metadata),
    ];
    let mut items = items.iter().filter(|(_, data)| !data.is_empty()).peekable();
    bytes.clear();
    // Size, to be known at the end.
    bytes.extend([0, 0, kind::EVENT_64, kind::MARK]);
    bytes.extend(if items.peek().is_some() { event::FLAG_EXTENDED } else { 0 }.to_le_bytes());
    bytes.extend([0; 2]);
    bytes.extend(record.thread.to_le_bytes());
    bytes.extend(record.process.to_le_bytes());
    bytes.extend(ticks.to_le_bytes());
    bytes.extend(write.provider);
    let descriptor = &write.descriptor;
    bytes.extend(descriptor.id.to_le_bytes());
    bytes.extend([descriptor.version, descriptor.channel, descriptor.level, descriptor.opcode]);
    bytes.extend(descriptor.task.to_le_bytes());
    bytes.extend(descriptor.keyword.to_le_bytes());
    // Kernel and user time.
    bytes.extend([0; 8]);
    bytes.extend(write.activity);
    while let Some((kind, data)) = items.next() {
        let total = (item::HEADER + data.len()).next_multiple_of(ALIGN);
        let linkage = if items.peek().is_some() { item::LINKED } else { 0 };
        let whole = u16::try_from(total).map_err(|_| {
            format!("has an extended item (type {kind}) of {total} bytes with its header")
        })?;
        let length = u16::try_from(data.len()).map_err(|error| error.to_string())?;
        for number in [whole, *kind, linkage, length] {
            bytes.extend(number.to_le_bytes());
        }
        let end = bytes.len() + total - item::HEADER;
        bytes.extend_from_slice(data);
        bytes.resize(end, 0);
    }
    bytes.extend_from_slice(&write.payload);
    let size = u16::try_from(bytes.len())
        .map_err(|_| format!("has {} bytes with its header", bytes.len()))?;
    put(bytes, 0, size.to_le_bytes());
    bytes.resize(bytes.len().next_multiple_of(ALIGN), 0);
    Ok(())
}
