//! Pool memory in the journal. Blocks are numbered in order of allocation.

/// A fact about pool memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PoolFact {
    Allocated {
        block: u32,
        bytes: usize,
        tag: [u8; 4],
        /// Whose handle it was asked with.
        owner: Option<String>,
    },
    Refused {
        bytes: usize,
        tag: [u8; 4],
    },
    Freed {
        block: u32,
    },
    /// The wrong free or the end of the machine that follows is about this block.
    Touched {
        block: u32,
    },
    /// A wrong free: unknown address, twice, or with another tag.
    BadFree {
        what: String,
    },
    /// Bytes around the block were overwritten.
    Overrun {
        block: u32,
    },
}
