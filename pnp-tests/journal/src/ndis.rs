//! What NDIS has seen of a filter driver.

pub mod module;
pub mod oid;
pub mod packet;
pub mod register;

use super::kernel::leftover::{Leftover, Registration};
use module::ModuleState;
use oid::OidFact;
use packet::PacketFact;
use register::RegisterFact;

/// The registration as a filter driver, where it was left behind.
pub const FILTER_DRIVER: Registration =
    Registration { name: "FilterRegistration", says: "the registration as a filter driver" };

/// A fact that can happen to a filter driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NdisFact {
    /// An event follows whose code and bytes the scenario gave.
    Scripted { code: u32, device: bool },
    /// NdisFRegisterFilterDriver returns.
    RegisterReturned,
    /// FilterRestart, in which this stands, is passed no restart attributes.
    NoAttributes,
    /// The image changed what it was given to read.
    Wrote { callback: &'static str, module: Option<String> },
    /// The image called an import of ndis.sys that takes part in a conversation.
    Call { import: &'static str, module: Option<String>, status: Option<i32> },
    /// A filter passed an event, a device event or a status on.
    Forward {
        import: &'static str,
        module: String,
        /// The call of the image during which it did; none when it did so on its own.
        during: Option<u32>,
        /// It passed the very structure it was given.
        same: bool,
        /// Nothing of the structure or its buffer had changed.
        unchanged: bool,
    },
    /// What the layers above answered to a forwarded network event.
    Answered { during: Option<u32>, status: i32 },
    /// The driver registered as a filter, or tried to.
    Register(Box<RegisterFact>),
    /// A filter module changed state, as NDIS sees it.
    Module { module: String, adapter: String, state: ModuleState },
    /// A miniport adapter was initialised, paused, restarted, powered, halted.
    Miniport { adapter: String, what: String },
    /// A component other than the image received an event.
    Saw { component: String, adapter: String, code: u32, status: i32, held_100ns: u64 },
    /// What an event came back with at the bottom of the stack.
    Result { adapter: String, code: u32, status: i32 },
    /// Packets.
    Packet(PacketFact),
    /// OID requests.
    Oid(OidFact),
    /// A filter indicates a status of its own.
    OwnStatus { module: String, code: u32, attributes_set: bool },
    /// What is wrong with the restart attributes after a module's FilterRestart.
    RestartAttributes { module: String, what: String },
    /// A module is being told SetPower: it knows the adapter's state.
    PowerTold { module: String, d0: bool },
}

impl NdisFact {
    /// The import of ndis.sys that the filter has called.
    #[must_use]
    pub fn called(&self) -> Option<&'static str> {
        match self {
            Self::Call { import, .. } | Self::Forward { import, .. } => Some(import),
            _ => None,
        }
    }

    /// Whether the driver took with this what it left behind.
    #[must_use]
    pub fn takes(&self, what: &Leftover) -> bool {
        matches!((self, what), (Self::Register(_), Leftover::Registration(left)) if *left == FILTER_DRIVER)
    }
}
