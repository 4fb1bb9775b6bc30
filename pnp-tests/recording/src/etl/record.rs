//! One record out of a buffer.

use super::layout::{ALIGN, event, item, kind, u16_at, u32_at, u64_at};
use super::{Kind, Record};
use journal::etw::{Descriptor, EtwWrite};

/// An event in the file's own bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordRef<'a> {
    /// 100 ns since the clock's zero.
    pub time_100ns: u64,
    /// Number of the processor that wrote it.
    pub processor: u16,
    /// Number of the process that wrote it.
    pub process: u32,
    /// Number of the thread that wrote it.
    pub thread: u32,
    /// `EVENT_DESCRIPTOR`.
    pub descriptor: Descriptor,
    /// The activity id; zeros are none.
    pub activity: [u8; 16],
    /// The related activity id.
    pub related: Option<[u8; 16]>,
    /// The provider's GUID, in Windows byte order.
    pub provider: [u8; 16],
    /// The provider's traits; empty where it has none.
    pub traits: &'a [u8],
    /// Empty for an event of a manifest.
    pub metadata: &'a [u8],
    /// The fields, without padding.
    pub payload: &'a [u8],
}

impl<'a> RecordRef<'a> {
    /// An event of a run: the first processor wrote it, in the system process.
    #[must_use]
    pub fn of(write: &'a EtwWrite, time_100ns: u64, thread: u32) -> Self {
        /// The system process has number 4.
        const SYSTEM: u32 = 4;
        Self {
            time_100ns,
            processor: 0,
            process: SYSTEM,
            thread,
            descriptor: write.descriptor,
            activity: write.activity,
            related: write.related,
            provider: write.provider,
            traits: &write.traits,
            metadata: &write.metadata,
            payload: &write.payload,
        }
    }

    /// The event, with bytes of its own.
    #[must_use]
    pub fn write(&self) -> EtwWrite {
        EtwWrite {
            descriptor: self.descriptor,
            activity: self.activity,
            related: self.related,
            provider: self.provider,
            traits: self.traits.to_vec(),
            metadata: self.metadata.to_vec(),
            payload: self.payload.to_vec(),
        }
    }

    /// The event and its place, with bytes of their own.
    #[must_use]
    pub fn to_record(&self) -> Record {
        Record {
            time_100ns: self.time_100ns,
            processor: self.processor,
            process: self.process,
            thread: self.thread,
            write: self.write(),
        }
    }
}

/// What stands at the start of some bytes.
#[derive(Clone, Copy)]
pub(super) enum BufferItem<'a> {
    Event(&'a [u8]),
    Other(Kind, &'a [u8]),
    /// Fill, or the end of the buffer.
    End,
    /// Why it is no record.
    Damage(&'static str),
}

/// `bytes` reach to the end of what the buffer uses.
pub(super) fn find(bytes: &[u8]) -> BufferItem<'_> {
    let Some([first, second, number, mark]) = bytes.first_chunk().copied() else {
        return BufferItem::End;
    };
    // Behind a mark, a type that is not known has its size where most have it.
    let (kind, least, size_at) = match (mark, number) {
        (kind::MARK, kind::EVENT_32 | kind::EVENT_64) => (None, event::HEADER, 0),
        (kind::MARK, 1 | 2) => (Some(Kind::System), 0x20, 4),
        (kind::MARK, 3 | 4) => (Some(Kind::Compact), 0x18, 4),
        (kind::MARK, 16 | 17) => (Some(Kind::PerfInfo), 0x10, 4),
        (kind::MARK, 10 | 20) => (Some(Kind::Classic), 0x30, 0),
        (kind::MARK, 11 | 21) => (Some(Kind::Instance), 0x38, 0),
        (kind::MARK, other) => (Some(Kind::Other(other)), ALIGN, 0),
        (kind::MARK_MESSAGE, _) => (Some(Kind::Message), ALIGN, 0),
        _ if [first, second, number, mark] == [0xFF; 4] => return BufferItem::End,
        _ => return BufferItem::Damage("is no record"),
    };
    let size = u16_at(bytes, size_at).map_or(0, usize::from);
    if size < least {
        return BufferItem::Damage("is a record smaller than its header");
    }
    let Some(record) = bytes.get(..size) else {
        return BufferItem::Damage("is a record that runs over the end of its buffer");
    };
    kind.map_or(BufferItem::Event(record), |kind| BufferItem::Other(kind, record))
}

/// An event's clock, which `find` made sure is there.
pub(super) fn ticks(event: &[u8]) -> u64 {
    u64_at(event, event::TIME).unwrap_or(0)
}

/// An event, its time still in ticks; `None` if its extended items do not fit into it.
pub(super) fn read(bytes: &[u8], processor: u16) -> Option<RecordRef<'_>> {
    let mut rest = bytes.get(event::HEADER..)?;
    let mut record = RecordRef {
        time_100ns: ticks(bytes),
        processor,
        process: u32_at(bytes, event::PROCESS)?,
        thread: u32_at(bytes, event::THREAD)?,
        descriptor: descriptor(bytes)?,
        activity: guid(bytes, event::ACTIVITY)?,
        related: None,
        provider: guid(bytes, event::PROVIDER)?,
        traits: &[],
        metadata: &[],
        payload: &[],
    };
    let mut more = u16_at(bytes, event::FLAGS)? & event::FLAG_EXTENDED != 0;
    while more {
        // A total of zero would stand still.
        let total = usize::from(u16_at(rest, 0)?).max(item::HEADER);
        let (whole, behind) = rest.split_at_checked(total)?;
        let size = usize::from(u16_at(whole, 6)?);
        let data = whole.get(item::HEADER..)?.get(..size)?;
        match u16_at(whole, 2)? {
            item::RELATED => record.related = Some(*data.first_chunk()?),
            item::TRAITS => record.traits = data,
            item::SCHEMA => record.metadata = data,
            _ => {}
        }
        more = u16_at(whole, 4)? & item::LINKED != 0;
        rest = behind;
    }
    record.payload = rest;
    Some(record)
}

fn guid(bytes: &[u8], at: usize) -> Option<[u8; 16]> {
    bytes.get(at..)?.first_chunk().copied()
}

fn descriptor(bytes: &[u8]) -> Option<Descriptor> {
    let at = event::DESCRIPTOR;
    let &[version, channel, level, opcode] = bytes.get(at + 2..)?.first_chunk()?;
    Some(Descriptor {
        id: u16_at(bytes, at)?,
        version,
        channel,
        level,
        opcode,
        task: u16_at(bytes, at + 6)?,
        keyword: u64_at(bytes, at + 8)?,
    })
}
