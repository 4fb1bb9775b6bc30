//! Decoding one network event, and everything that it then offers, with what must hold.

use ndis_filter::event::{
    DecodeError, EventCode, Malformed, NetPnpEvent, Notification, ProtocolRestart,
};

use crate::digest::Digest;
use crate::list::{check_entries, walk_attributes};
use crate::memory::{Read, Regions};

/// Bytes of an NDIS_PORT.
const PORT: u64 = 96;
/// The most bytes of a BindList or of an array of ports that are read.
const TEXT_MAX: u64 = 4096;

/// An event without its memory.
#[derive(Clone, Copy)]
pub struct Event {
    /// Any number.
    pub code: u32,
    /// Any number.
    pub port_number: u32,
    /// Any bits.
    pub flags: u32,
    /// Where its buffer is.
    pub address: u64,
    /// How long its buffer is said to be.
    pub length: u32,
}

impl Event {
    /// Decodes it, walks all of it, and gives what that said.
    #[must_use]
    pub fn walk(self, memory: &Regions) -> Digest {
        let notification = Notification {
            code: self.code,
            port_number: self.port_number,
            flags: self.flags,
            buffer_address: self.address,
            buffer_length: self.length,
            memory,
        };
        memory.reads();
        let decoded = NetPnpEvent::decode(&notification);
        let reads = memory.reads();
        self.check_reads(&decoded, &reads, memory);
        let mut digest = Digest::default();
        match decoded {
            Ok(event) => {
                assert_eq!(event.code().raw(), self.code, "another event");
                assert!(!event.carries_nothing() || reads.is_empty(), "it has no payload");
                self.walk_payload(event, memory, &mut digest);
            }
            Err(error) => self.check_error(error, &reads, &mut digest),
        }
        self.check_buffer(&notification, memory);
        digest
    }

    /// All of the buffer, or nothing.
    fn check_buffer(self, notification: &Notification<'_>, memory: &Regions) {
        let buffer = notification.buffer();
        let there = self.length > 0;
        let promised = memory.peek(self.address, u64::from(self.length)).filter(|_| there);
        assert_eq!(buffer, promised);
        memory.reads();
    }

    /// Decoding reads the buffer's beginning once, at most as far as it is long; of what it points
    /// at only the text of an IMReEnableDevice. Lists are read when they are walked.
    fn check_reads(
        self,
        decoded: &Result<NetPnpEvent<'_>, DecodeError>,
        reads: &[Read],
        memory: &Regions,
    ) {
        let Some((first, rest)) = reads.split_first() else { return };
        assert!(EventCode::from_raw(self.code).is_some(), "the buffer of an unknown event");
        assert_eq!(first.address, self.address, "not the buffer");
        assert!(first.length <= u64::from(self.length), "past the buffer");
        if self.code == EventCode::ImReEnableDevice.raw() && first.granted {
            let text = memory.peek_number(self.address + 8, 8);
            let length = memory.peek_number(self.address, 2);
            for read in rest {
                assert_eq!((Some(read.address), Some(read.length)), (text, length));
            }
            assert!(rest.len() <= 1);
        } else {
            assert_eq!(rest, [], "more than the buffer");
        }
        let refused = reads.iter().any(|read| !read.granted);
        let unreadable =
            matches!(decoded, Err(DecodeError::Malformed { reason: Malformed::Unreadable, .. }));
        assert_eq!(refused, unreadable, "what cannot be read is told, and nothing else is");
    }

    fn check_error(self, error: DecodeError, reads: &[Read], digest: &mut Digest) {
        assert_eq!(
            (error.raw_code(), error.length()),
            (self.code, self.length),
            "kept as they came"
        );
        match error {
            DecodeError::Unknown { .. } => {
                assert!(EventCode::from_raw(self.code).is_none(), "an event that is known");
                digest.number(u64::MAX);
            }
            DecodeError::Malformed { code, reason, .. } => {
                assert_eq!(code.raw(), self.code);
                self.check_reason(reason, reads);
                digest.bytes(reason.name().as_bytes());
            }
        }
    }

    fn check_reason(self, reason: Malformed, reads: &[Read]) {
        match reason {
            Malformed::Null => assert!(
                self.address == 0 || self.length == 0 || reads.len() == 1,
                "neither the buffer nor a text in it is NULL"
            ),
            Malformed::Short { needed } => {
                assert!(needed > self.length, "long enough");
                assert_eq!(reads, [], "read although too short");
            }
            Malformed::OddLength => assert_eq!(reads, []),
            Malformed::PowerState { value } => assert!(!(0..=4).contains(&value)),
            Malformed::StringLength { length, maximum } => {
                assert!(length > maximum || length % 2 == 1);
            }
            Malformed::PowerProfile { .. } | Malformed::Bounds => {
                panic!("{}: not of a network event", reason.name());
            }
            Malformed::Header | Malformed::Unreadable => {}
        }
    }

    /// The number of this many bytes at an offset of the buffer.
    fn field(self, offset: u64, length: u64, memory: &Regions) -> u64 {
        assert!(offset + length <= u64::from(self.length), "the field is past the buffer");
        memory.peek_number(self.address + offset, length).expect("a decoded field can be read")
    }

    fn walk_payload(self, event: NetPnpEvent<'_>, memory: &Regions, digest: &mut Digest) {
        use NetPnpEvent as E;
        match event {
            E::SetPower(state) | E::QueryPower(state) => {
                assert_eq!(u64::from(state.raw().cast_unsigned()), self.field(0, 4, memory));
            }
            E::Reconfigure(bytes) | E::UploadGftFlowEntries(bytes) => {
                assert!(bytes.is_empty() || bytes.len() as u64 == u64::from(self.length));
                digest.bytes(bytes);
            }
            E::BindList(list) => {
                assert!(list.text().bytes().len() as u64 <= TEXT_MAX.min(self.length.into()));
                for name in list.names() {
                    digest.bytes(name.bytes());
                }
                digest.number(list.is_terminated());
            }
            E::PnpCapabilities(wake) => {
                assert_eq!(u64::from(wake.bits()), self.field(0, 4, memory));
            }
            E::Pause(reason) => assert_eq!(u64::from(reason.bits()), self.field(8, 4, memory)),
            E::Restart(None) => assert_eq!(self.length, 0),
            E::Restart(Some(restart)) => self.walk_restart(restart, memory, digest),
            E::PortActivation(ports) => {
                let items: Vec<_> = ports.iter().collect();
                check_entries(self.address, PORT, &items, memory);
                for item in items {
                    match item {
                        Ok(port) => digest.number(port.number),
                        Err(error) => digest.bytes(error.name().as_bytes()),
                    }
                }
            }
            E::PortDeactivation(ports) => {
                assert!(!ports.is_empty(), "no port goes");
                assert_eq!(ports.len() as u64, u64::from(self.length / 4));
                let numbers: Vec<_> = ports.iter().collect();
                assert_eq!(numbers.len() as u64, u64::from(self.length).min(TEXT_MAX) / 4);
                for number in numbers {
                    digest.number(number);
                }
            }
            E::ImReEnableDevice(name) => {
                assert_eq!(name.bytes().len() as u64, self.field(0, 2, memory));
                assert_eq!(name.units().count(), name.len_units());
                digest.bytes(name.bytes());
            }
            E::BindFailed(failed) => {
                assert_eq!(failed.miniport_luid, self.field(8, 8, memory));
            }
            E::QueryRemoveDevice
            | E::CancelRemoveDevice
            | E::BindsComplete
            | E::NdkEnable
            | E::NdkDisable
            | E::FilterPreDetach
            | E::SwitchActivate
            | E::AllowBindsAbove
            | E::InhibitBindsAbove
            | E::AllowStart
            | E::RequirePause => assert!(event.carries_nothing()),
        }
    }

    fn walk_restart(self, restart: ProtocolRestart<'_>, memory: &Regions, digest: &mut Digest) {
        assert_eq!(u64::from(restart.bound_if_index), self.field(32, 4, memory));
        assert_eq!(restart.bound_if_luid, self.field(40, 8, memory));
        let names = (self.field(8, 8, memory), self.field(16, 4, memory));
        let mut left = names.1;
        let items: Vec<_> = restart.filter_modules().collect();
        for read in memory.reads() {
            assert_eq!((read.address, read.length), names, "not the names");
        }
        let good = items.iter().take_while(|item| item.is_ok()).count();
        assert!(items.len() <= good + 1 && good <= 256, "the names do not end");
        for item in items {
            match item {
                Ok(name) => {
                    let length = 2 + name.bytes().len() as u64;
                    left = left.checked_sub(length).expect("a name past the names");
                    digest.bytes(name.bytes());
                }
                Err(error) => {
                    left = 0;
                    digest.bytes(error.name().as_bytes());
                }
            }
        }
        assert_eq!(left, 0, "the names end early, and nothing says so");
        walk_attributes(self.field(24, 8, memory), restart.attributes(), memory, digest);
    }
}
