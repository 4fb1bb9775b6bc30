//! Packets, in words.

use std::fmt;

use super::status_of_ndis;
use crate::{Direction, ModuleState, PacketFact};

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Send => "send",
            Self::Receive => "receive",
        })
    }
}

impl fmt::Display for ModuleState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Detached => "detached",
            Self::Attaching => "attaching",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::Running => "running",
            Self::Pausing => "pausing",
        })
    }
}

/// `list 4`, `lists 4, 5 and 6`; of more than eight, the first ones.
#[must_use]
pub fn lists(numbers: &[u32]) -> String {
    const TOLD: usize = 8;
    let text = |numbers: &[u32]| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    match numbers {
        [] => "no list".to_owned(),
        [one] => format!("list {one}"),
        [first @ .., last] if numbers.len() <= TOLD => format!("lists {} and {last}", text(first)),
        many => format!("lists {} and {} more", text(&many[..TOLD]), many.len() - TOLD),
    }
}

impl fmt::Display for PacketFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offered { lists: numbers, module, way, state, resources, packets, bytes } => {
                let lists = lists(numbers);
                write!(f, "{way} {lists} to {module}, {state}: {packets} packets, {bytes} bytes")?;
                f.write_str(if *resources { ", with RESOURCES" } else { "" })
            }
            Self::Originated { module, way, state } => {
                write!(f, "{module}, {state}, begins a {way} of its own")
            }
            Self::PassedWhilePaused { list, module } => {
                write!(f, "list {list} passed on by {module}, which got it paused")
            }
            Self::RejectedWhilePaused { list, module, status } => {
                let status = status_of_ndis(*status);
                write!(f, "list {list} completed by {module}, which got it paused: {status}")
            }
            Self::RefusedForPower { list, module } => {
                write!(f, "list {list} completed by {module} for want of power")
            }
            Self::ReturnedResources { list, module } => {
                write!(f, "list {list}, indicated with RESOURCES, returned by {module}")
            }
            Self::Misused { module, what } => write!(f, "{module}: {what}"),
            Self::WrongFlag { import } => write!(f, "{import} says DISPATCH_LEVEL below it"),
            Self::Finished { list, way, status, changed } => {
                write!(f, "{way} list {list} is back: {}", status_of_ndis(*status))?;
                f.write_str(if *changed { ", with other buffers" } else { "" })
            }
            Self::Owed { module, own, foreign, at_detach } => {
                let when = if *at_detach { "detached" } else { "paused" };
                write!(f, "{module} {when}: {own} lists of its own out, {foreign} of others held")
            }
            Self::Overwrote { list, module, member } => {
                write!(f, "{member} of list {list} overwritten by {module}")
            }
            Self::Held { module, list, own: true } => {
                write!(f, "list {list}, made by {module}, is out")
            }
            Self::Held { module, list, own: false } => write!(f, "list {list} is held by {module}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_told_by_number_and_many_of_them_cut() {
        assert_eq!(lists(&[]), "no list");
        assert_eq!(lists(&[4]), "list 4");
        assert_eq!(lists(&[4, 5, 6]), "lists 4, 5 and 6");
        let many: Vec<u32> = (1..=11).collect();
        assert_eq!(lists(&many), "lists 1, 2, 3, 4, 5, 6, 7, 8 and 3 more");
    }
}
