//! What Winsock Kernel has seen, in words.

use std::fmt;

use super::status_of_nt;
use crate::WskFact;

impl fmt::Display for WskFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registered { registration, version } => {
                let (major, minor) = (version >> 8, version & 0xFF);
                write!(f, "registration {registration} as a WSK client of version {major}.{minor}")
            }
            Self::RegisterFailed { status } => {
                write!(f, "no registration as a WSK client: {}", status_of_nt(*status))
            }
            Self::Captured { registration, status } => {
                write!(
                    f,
                    "registration {registration} captures the provider: {}",
                    status_of_nt(*status)
                )
            }
            Self::Released { registration } => {
                write!(f, "registration {registration} releases the provider")
            }
            Self::DeregisterWaits { registration, captured } => {
                write!(f, "registration {registration} waits for {captured} captures to end")
            }
            Self::Deregistered { registration } => {
                write!(f, "registration {registration} as a WSK client ended")
            }
        }
    }
}
