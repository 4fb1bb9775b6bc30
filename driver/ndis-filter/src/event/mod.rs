//! Decoding of what NDIS passes to a filter: bytes in, closed enums out.
//!
//! Decoding is total. A code that is not known and a buffer that is not what its event promises
//! are different errors, and both keep the raw numbers. Nothing here allocates or panics. Every
//! byte comes through [`Memory`]: never past `BufferLength`, and of what a buffer points at only
//! the list entries, names and data that the contract describes, each within its own length.

pub(crate) mod bytes;
mod code;
mod device_pnp;
mod error;
mod flags;
mod memory;
mod net_pnp;
mod notification;
mod port;
mod power;
mod restart;
mod status;
mod text;
mod wake;
mod walk;

pub use code::EventCode;
pub use device_pnp::{DeviceDecodeError, DeviceNotification, NetDevicePnpEvent, PowerProfile};
pub use error::{DecodeError, ListError, Malformed};
pub use flags::{PauseReason, WakeUp};
pub use memory::Memory;
pub use net_pnp::{BindFailed, NetPnpEvent};
pub use notification::Notification;
pub use port::{Port, PortIter, PortNumbers, Ports};
pub use power::DevicePowerState;
pub use restart::{
    FilterModules, GeneralAttributes, ProtocolRestart, RestartAttribute, RestartAttributeIter,
    RestartAttributes,
};
pub use status::{
    LinkState, PmCapabilities, StatusDecodeError, StatusEvent, StatusIndication, WakeReason,
};
pub use text::{MultiSz, MultiSzNames, Utf16};
pub use wake::WakeSettings;
