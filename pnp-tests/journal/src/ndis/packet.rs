//! Packets in the journal. Lists are numbered in the order in which they are first seen.

use super::module::ModuleState;

/// The direction of a list; its completion or return goes the other way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Send,
    Receive,
}

/// A fact about packets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PacketFact {
    /// A module is handed lists of someone else's, which hold so many packets and bytes.
    Offered {
        lists: Vec<u32>,
        module: String,
        way: Direction,
        state: ModuleState,
        resources: bool,
        packets: u64,
        bytes: u64,
    },
    /// A module sends or indicates a list of its own.
    Originated { module: String, way: Direction, state: ModuleState },
    /// A module passed a list on that it was handed while it was paused.
    PassedWhilePaused { list: u32, module: String },
    /// A module completed a list that it was sent while it was paused and that it had not passed on.
    RejectedWhilePaused { list: u32, module: String, status: i32 },
    /// A module completed a list with LOW_POWER_STATE that it was sent while it was running and that it had not passed on.
    RefusedForPower { list: u32, module: String },
    /// A module gave a list back by call that was its own for the indication only.
    ReturnedResources { list: u32, module: String },
    /// A module used a list that it does not hold, in a way that does not fit, or with another count.
    Misused { module: String, what: String },
    /// A module wrote a member of another's list that is not for filters.
    Overwrote { list: u32, module: String, member: &'static str },
    /// A flag says DISPATCH_LEVEL and the IRQL is lower.
    WrongFlag { import: &'static str },
    /// A list is back where it came from. `changed`: its buffers are not what they were.
    Finished { list: u32, way: Direction, status: i32, changed: bool },
    /// A list that the module of the Owed that follows holds, or, of its own, has out.
    Held { module: String, list: u32, own: bool },
    /// A module has paused, or is gone: lists of its own that are out, others' that it holds.
    Owed { module: String, own: usize, foreign: usize, at_detach: bool },
}
