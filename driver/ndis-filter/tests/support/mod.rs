//! Memory that holds what a test put there, and notes every read of anything else.
#![allow(dead_code, reason = "every test crate uses its own part of it")]

use std::cell::RefCell;

use ndis_filter::event::{
    DecodeError, DeviceNotification, ListError, Malformed, Memory, NetPnpEvent, Notification,
    StatusIndication, Utf16,
};

/// Where the buffer of an event stands. Odd, because nobody promises alignment.
pub const AT: u64 = 0x1001;

/// Blocks of bytes at addresses; everything between them is not readable.
#[derive(Debug, Default)]
pub struct Map {
    blocks: Vec<(u64, Vec<u8>)>,
    refused: RefCell<Vec<(u64, usize)>>,
}

impl Map {
    /// With the buffer of an event in it.
    pub fn of(buffer: &[u8]) -> Self {
        Self::default().with(AT, buffer)
    }

    pub fn with(mut self, address: u64, bytes: &[u8]) -> Self {
        self.blocks.push((address, bytes.to_vec()));
        self
    }

    /// Every read that was refused.
    pub fn refused(&self) -> Vec<(u64, usize)> {
        self.refused.borrow().clone()
    }

    fn find(&self, address: u64, length: usize) -> Option<&[u8]> {
        self.blocks.iter().find_map(|(start, bytes)| {
            let offset = usize::try_from(address.checked_sub(*start)?).ok()?;
            bytes.get(offset..offset.checked_add(length)?)
        })
    }

    pub fn event(&self, code: u32, buffer_address: u64, buffer_length: u32) -> Notification<'_> {
        Notification { code, port_number: 0, flags: 0, buffer_address, buffer_length, memory: self }
    }

    pub fn device(&self, code: u32, address: u64, length: u32) -> DeviceNotification<'_> {
        DeviceNotification {
            code,
            port_number: 0,
            buffer_address: address,
            buffer_length: length,
            memory: self,
        }
    }

    pub fn status(&self, code: i32, address: u64, length: u32) -> StatusIndication<'_> {
        StatusIndication {
            code,
            port_number: 0,
            buffer_address: address,
            buffer_length: length,
            memory: self,
        }
    }
}

impl Memory for Map {
    fn read(&self, address: u64, length: usize) -> Option<&[u8]> {
        let found = self.find(address, length);
        if found.is_none() {
            self.refused.borrow_mut().push((address, length));
        }
        found
    }
}

/// An NDIS object header.
pub fn header(kind: u8, revision: u8, size: u16) -> [u8; 4] {
    let [low, high] = size.to_le_bytes();
    [kind, revision, low, high]
}

/// `text` as UTF-16LE.
pub fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

pub fn string(text: Utf16<'_>) -> String {
    String::from_utf16_lossy(&text.units().collect::<Vec<_>>())
}

/// Bytes with values put in at offsets.
pub fn structure(size: usize, fields: &[(usize, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0; size];
    for (offset, value) in fields {
        bytes[*offset..*offset + value.len()].copy_from_slice(value);
    }
    bytes
}

/// An NDIS_PORT.
pub fn port(number: u32, next: u64) -> Vec<u8> {
    structure(
        96,
        &[
            (0, &next.to_le_bytes()),
            (32, &header(0x80, 1, 60)),
            (36, &number.to_le_bytes()),
            (44, &3_i32.to_le_bytes()),
            (48, &1_i32.to_le_bytes()),
            (76, &2_i32.to_le_bytes()),
            (80, &1_i32.to_le_bytes()),
        ],
    )
}

/// Port `n` of [`chain`].
pub fn port_at(index: u32) -> u64 {
    AT + u64::from(index) * 0x100
}

/// Ports 0 to `length - 1`, each linked to the next, the last to `last_next`.
pub fn chain(length: u32, last_next: u64) -> Map {
    (0..length).fold(Map::default(), |map, index| {
        let next = if index + 1 == length { last_next } else { port_at(index + 1) };
        map.with(port_at(index), &port(index, next))
    })
}

/// Items joined by blanks, an error by its name.
fn list<T>(
    items: impl Iterator<Item = Result<T, ListError>>,
    name: impl Fn(T) -> String,
) -> String {
    items.map(|item| item.map_or_else(|e| e.name().to_owned(), &name)).collect::<Vec<_>>().join(" ")
}

fn problem(reason: Malformed) -> String {
    match reason {
        Malformed::Short { needed } => format!("{} of {needed}", reason.name()),
        Malformed::PowerState { value } => format!("{} {value}", reason.name()),
        Malformed::StringLength { length, maximum } => {
            format!("{} {length} of {maximum}", reason.name())
        }
        Malformed::Null
        | Malformed::OddLength
        | Malformed::Header
        | Malformed::PowerProfile { .. }
        | Malformed::Bounds
        | Malformed::Unreadable => reason.name().to_owned(),
    }
}

/// The outcome of decoding as text, every list walked to its end.
pub fn describe(event: &Result<NetPnpEvent<'_>, DecodeError>) -> String {
    use NetPnpEvent as E;
    let event = match event {
        Ok(event) => event,
        Err(DecodeError::Unknown { code, length }) => return format!("unknown {code} {length}"),
        Err(DecodeError::Malformed { code, reason, .. }) => {
            return format!("{} malformed: {}", code.name(), problem(*reason));
        }
    };
    let payload = match event {
        E::SetPower(state) | E::QueryPower(state) => state.name().to_owned(),
        E::Reconfigure(bytes) | E::UploadGftFlowEntries(bytes) => format!("{} bytes", bytes.len()),
        E::BindList(names) => {
            let joined = names.names().map(string).collect::<Vec<_>>().join("|");
            format!("[{joined}] {}", if names.is_terminated() { "terminated" } else { "open" })
        }
        E::PnpCapabilities(wake) => format!("{:#x}", wake.bits()),
        E::Pause(reason) => format!("{:#x}", reason.bits()),
        E::Restart(None) => "unchanged".to_owned(),
        E::Restart(Some(restart)) => format!(
            "{} {:#x} modules [{}] attributes [{}]",
            restart.bound_if_index,
            restart.bound_if_luid,
            list(restart.filter_modules(), string),
            list(restart.attributes().iter(), |a| format!("{:#x}:{}", a.oid, a.data.len())),
        ),
        E::PortActivation(ports) => list(ports.iter(), |port| port.number.to_string()),
        E::PortDeactivation(ports) => {
            let numbers = ports.iter().map(|number| number.to_string()).collect::<Vec<_>>();
            format!("{}: {}", ports.len(), numbers.join(" "))
        }
        E::ImReEnableDevice(name) => format!("[{}]", string(*name)),
        E::BindFailed(failed) => format!("{:#x}", failed.miniport_luid),
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
        | E::RequirePause => String::new(),
    };
    format!("{} {payload}", event.code().name()).trim_end().to_owned()
}
