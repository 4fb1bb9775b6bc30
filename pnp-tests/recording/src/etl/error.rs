//! What is wrong with a file as a whole. The caller adds the file's name.

/// Why a file is not a log that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EtlError {
    /// A file of no bytes.
    #[error("the file is empty; expected an event trace log (.etl)")]
    Empty,
    /// A file of another format.
    #[error("not an event trace log (.etl): {what}")]
    NotEtl {
        /// What it has that a log has not.
        what: String,
    },
    /// A log whose every event is compressed.
    #[error(
        "all {buffers} buffers of the event trace log are compressed, which is not read here; \
         record it again without compression"
    )]
    Compressed {
        /// How many buffers there are.
        buffers: u64,
    },
}
