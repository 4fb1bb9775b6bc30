//! What an unloaded driver left behind, in the journal.

use std::fmt;

/// A thing of the driver that existed when the driver was unloaded.
#[derive(Clone, PartialEq, Eq)]
pub enum Leftover {
    Pool {
        block: u32,
        bytes: usize,
        tag: String,
    },
    Resource {
        kind: &'static str,
        number: u32,
    },
    EtwRegistration,
    /// A registration with a subsystem.
    Registration(Registration),
}

/// A registration with a subsystem, in the subsystem's words.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Registration {
    /// The registration's name in a journal.
    pub name: &'static str,
    /// The registration's name in a sentence.
    pub says: &'static str,
}

impl fmt::Debug for Leftover {
    /// As derived, but that a registration is a word like the others.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pool { block, bytes, tag } => f
                .debug_struct("Pool")
                .field("block", block)
                .field("bytes", bytes)
                .field("tag", tag)
                .finish(),
            Self::Resource { kind, number } => {
                f.debug_struct("Resource").field("kind", kind).field("number", number).finish()
            }
            Self::EtwRegistration => f.write_str("EtwRegistration"),
            Self::Registration(registration) => f.write_str(registration.name),
        }
    }
}

impl fmt::Display for Leftover {
    /// `pool block 1: 24 bytes, tag leak`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pool { block, bytes, tag } => {
                write!(f, "pool block {block}: {bytes} bytes, tag {tag}")
            }
            Self::Resource { kind, number } => write!(f, "{kind} {number}"),
            Self::EtwRegistration => f.write_str("an ETW registration"),
            Self::Registration(registration) => f.write_str(registration.says),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_print_as_a_derived_debug_would() {
        let pool = Leftover::Pool { block: 1, bytes: 24, tag: "leak".to_owned() };
        assert_eq!(format!("{pool:?}"), "Pool { block: 1, bytes: 24, tag: \"leak\" }");
        assert_eq!(pool.to_string(), "pool block 1: 24 bytes, tag leak");
        let timer = Leftover::Resource { kind: "timer", number: 2 };
        assert_eq!(format!("{timer:?}"), "Resource { kind: \"timer\", number: 2 }");
        assert_eq!(timer.to_string(), "timer 2");
        assert_eq!(format!("{:?}", Leftover::EtwRegistration), "EtwRegistration");
    }
}
