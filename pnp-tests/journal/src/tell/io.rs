//! Devices and requests of users, in words.

use std::fmt;

use super::status_of_nt;
use crate::IoFact;

impl fmt::Display for IoFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device { name, created: true } => write!(f, "device {name} created"),
            Self::Device { name, created: false } => write!(f, "device {name} deleted"),
            Self::Dispatched { irp, status } => {
                write!(f, "IRP {irp} dispatched: {}", status_of_nt(*status))
            }
            Self::Completed { irp, status } => {
                write!(f, "IRP {irp} completed: {}", status_of_nt(*status))
            }
            Self::PendingMismatch { irp, marked, status } => {
                let marked = if *marked { "marked" } else { "not marked" };
                write!(f, "IRP {irp} {marked} pending, returned {}", status_of_nt(*status))
            }
            Self::NotCompleted { irp, status } => {
                write!(f, "IRP {irp} not completed, returned {}", status_of_nt(*status))
            }
            Self::TooMuch { irp, information, room } => {
                write!(f, "IRP {irp} has {information} bytes for a buffer of {room}")
            }
            Self::NoSuchRequest => f.write_str("completion of what is no request"),
            Self::Cancelled { irp } => write!(f, "IRP {irp} cancelled by its user"),
            Self::LeftPending { irp } => write!(f, "IRP {irp} is out after its file was closed"),
        }
    }
}
