//! Why a file is not a log that can be read. The caller adds the file's name.

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EtlError {
    #[error("the file is empty; expected an event trace log (.etl)")]
    Empty,
    #[error("not an event trace log (.etl): {what}")]
    NotEtl { what: String },
    #[error(
        "all {buffers} buffers of the event trace log are compressed, which is not read here; \
         record it again without compression"
    )]
    Compressed { buffers: u64 },
}
