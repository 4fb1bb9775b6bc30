//! The closed sum of what can happen: one variant for the kernel and one for each subsystem, so that
//! a forgotten kind does not compile.

use std::fmt;

use super::{KernelFact, Leftover, NdisFact, WskFact};

/// A fact: something that can happen in a run.
#[derive(Clone, PartialEq, Eq)]
pub enum Fact {
    Kernel(KernelFact),
    Ndis(NdisFact),
    Wsk(WskFact),
}

impl Fact {
    /// The kernel's fact, if the kernel has seen it.
    #[must_use]
    pub fn kernel(&self) -> Option<&KernelFact> {
        match self {
            Self::Kernel(fact) => Some(fact),
            Self::Ndis(_) | Self::Wsk(_) => None,
        }
    }

    /// NDIS's fact, if NDIS has seen it.
    #[must_use]
    pub fn ndis(&self) -> Option<&NdisFact> {
        match self {
            Self::Ndis(fact) => Some(fact),
            Self::Kernel(_) | Self::Wsk(_) => None,
        }
    }

    /// The import that the driver has called, where a subsystem notes its part in a conversation.
    #[must_use]
    pub fn called(&self) -> Option<&'static str> {
        match self {
            Self::Ndis(fact) => fact.called(),
            Self::Kernel(_) | Self::Wsk(_) => None,
        }
    }

    /// Whether the driver took with this what it left behind.
    #[must_use]
    pub fn takes(&self, what: &Leftover) -> bool {
        match self {
            Self::Kernel(fact) => fact.takes(what),
            Self::Ndis(fact) => fact.takes(what),
            Self::Wsk(fact) => fact.takes(what),
        }
    }
}

impl From<KernelFact> for Fact {
    fn from(fact: KernelFact) -> Self {
        Self::Kernel(fact)
    }
}

impl From<NdisFact> for Fact {
    fn from(fact: NdisFact) -> Self {
        Self::Ndis(fact)
    }
}

impl From<WskFact> for Fact {
    fn from(fact: WskFact) -> Self {
        Self::Wsk(fact)
    }
}

impl fmt::Debug for Fact {
    /// As the kind's own: a journal does not tell who has seen a fact.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kernel(fact) => fact.fmt(f),
            Self::Ndis(fact) => fact.fmt(f),
            Self::Wsk(fact) => fact.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ndis::FILTER_DRIVER;

    #[test]
    fn facts_of_every_kind_print_without_their_kind() {
        let import = Fact::from(KernelFact::Import { import: "DbgPrint" });
        assert_eq!(format!("{import:?}"), "Import { import: \"DbgPrint\" }");
        let returned = Fact::from(NdisFact::RegisterReturned);
        assert_eq!(format!("{returned:?}"), "RegisterReturned");
        let what = Leftover::Registration(FILTER_DRIVER);
        let leak = Fact::from(KernelFact::Leak { what });
        assert_eq!(format!("{leak:?}"), "Leak { what: FilterRegistration }");
    }
}
