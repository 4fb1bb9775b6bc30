//! Events made by hand for tests, through the wire format: a schema and its payload side by side.

use super::decode::{Event, decode};
use journal::etw::{Descriptor, EtwWrite};

pub(super) const TEXT: (u8, u8) = (23, 35);
pub(super) const NTSTATUS: (u8, u8) = (20, 14);

#[derive(Clone, Debug)]
pub(super) struct Sample {
    write: EtwWrite,
    thread: u32,
}

/// An activity id that is easy to tell from others.
fn id(number: u8) -> [u8; 16] {
    [number; 16]
}

impl Sample {
    pub(super) fn event(name: &str) -> Self {
        let descriptor =
            Descriptor { id: 0, version: 0, channel: 11, level: 5, opcode: 0, task: 0, keyword: 1 };
        let write = EtwWrite {
            descriptor,
            activity: id(0),
            related: None,
            provider: id(0xAB),
            traits: b"\x0B\0Provider\0".to_vec(),
            metadata: Vec::new(),
            payload: Vec::new(),
        };
        Sample { write, thread: 4 }.meta(&[0, 0, 0]).meta(name.as_bytes()).meta(&[0])
    }

    /// Schema bytes as they are; the size in front is kept right.
    pub(super) fn meta(mut self, bytes: &[u8]) -> Self {
        self.write.metadata.extend(bytes);
        let size = u16::try_from(self.write.metadata.len()).unwrap();
        self.write.metadata[..2].copy_from_slice(&size.to_le_bytes());
        self
    }

    /// Payload bytes as they are.
    pub(super) fn data(mut self, bytes: &[u8]) -> Self {
        self.write.payload.extend(bytes);
        self
    }

    /// A field's schema; flags of the in-type are the caller's, that for the out-type is not.
    pub(super) fn typed(self, name: &str, (in_type, out_type): (u8, u8)) -> Self {
        let field = self.meta(name.as_bytes()).meta(&[0]);
        if out_type == 0 { field.meta(&[in_type]) } else { field.meta(&[in_type | 0x80, out_type]) }
    }

    pub(super) fn u32(self, name: &str, value: u32) -> Self {
        self.typed(name, (8, 0)).data(&value.to_le_bytes())
    }

    pub(super) fn u64(self, name: &str, value: u64) -> Self {
        self.typed(name, (10, 0)).data(&value.to_le_bytes())
    }

    pub(super) fn status(self, value: u32) -> Self {
        self.typed("Status", NTSTATUS).data(&value.to_le_bytes())
    }

    pub(super) fn text(self, name: &str, value: &str) -> Self {
        self.typed(name, TEXT).counted(value.as_bytes())
    }

    pub(super) fn counted(self, bytes: &[u8]) -> Self {
        let size = u16::try_from(bytes.len()).unwrap();
        self.data(&size.to_le_bytes()).data(bytes)
    }

    fn opcode(mut self, opcode: u8, activity: u8) -> Self {
        self.write.descriptor.opcode = opcode;
        self.write.activity = id(activity);
        self
    }

    pub(super) fn info(self, activity: u8) -> Self {
        self.opcode(0, activity)
    }

    pub(super) fn start(self, activity: u8) -> Self {
        self.opcode(1, activity)
    }

    pub(super) fn stop(self, activity: u8) -> Self {
        self.opcode(2, activity)
    }

    pub(super) fn related(mut self, activity: u8) -> Self {
        self.write.related = Some(id(activity));
        self
    }

    pub(super) fn thread(mut self, thread: u32) -> Self {
        self.thread = thread;
        self
    }

    pub(super) fn at(&self, time_100ns: u64) -> Event {
        decode(&self.write, time_100ns, self.thread)
    }

    pub(super) fn write(self) -> EtwWrite {
        self.write
    }
}
