//! What Winsock Kernel has seen of a client.

use super::kernel::leftover::{Leftover, Registration};

/// The registration as a WSK client, where it was left behind.
pub const CLIENT: Registration =
    Registration { name: "WskRegistration", says: "the registration as a WSK client" };

/// An event in the life of a WSK client. Registrations are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WskFact {
    /// WskRegister succeeded; `version` is the client's, major in the high byte.
    Registered { registration: u32, version: u16 },
    /// WskRegister failed.
    RegisterFailed { status: i32 },
    /// WskCaptureProviderNPI gave the provider, or did not.
    Captured { registration: u32, status: i32 },
    /// WskReleaseProviderNPI.
    Released { registration: u32 },
    /// WskDeregister waits until this many captures are released.
    DeregisterWaits { registration: u32, captured: u32 },
    /// WskDeregister returns.
    Deregistered { registration: u32 },
}

impl WskFact {
    /// Whether the client took with this what it left behind.
    #[must_use]
    pub fn takes(&self, what: &Leftover) -> bool {
        matches!((self, what), (Self::Registered { .. }, Leftover::Registration(left)) if *left == CLIENT)
    }
}
