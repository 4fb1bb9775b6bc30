//! OID requests in the journal. Requests are numbered in the order in which NDIS issues them.

/// A fact about OID requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OidFact {
    /// NDIS, or a protocol through it, sends a request down an adapter's stack.
    Issued { request: u32, oid: u32, set: bool, adapter: String },
    /// A filter passed a request on that it was handed: a clone of it, or the original itself. Those of
    /// NDIS have a number, those of a module above have none.
    PassedOn { request: Option<u32>, module: String, original: bool },
    /// A filter sends a request of its own. `attributes_set`: NdisFSetAttributes has succeeded.
    Own { module: String, oid: u32, set: bool, attributes_set: bool },
    /// A request of a filter's own that has no header of a request.
    Headerless { module: String, kind: u8, revision: u8, size: u16 },
    /// A filter's own set of the packet filter takes away bits that the layers above have set.
    Narrowed { module: String, above: u32, own: u32 },
    /// What a filter sent on its own came back.
    OwnDone { module: String },
    /// The miniport has the request. `unchanged`: its buffer is as NDIS filled it.
    AtMiniport { request: Option<u32>, oid: u32, unchanged: bool },
    /// A filter completed a request of NDIS's that was outstanding.
    Completed {
        request: u32,
        module: String,
        /// Clones of it that were not freed yet.
        clones: usize,
        /// Byte counts are those that came back from below; true when nothing came back.
        copied: bool,
        /// The same for SupportedRevision alone.
        revision_copied: bool,
        /// NDIS's own part of the request was left alone.
        reserved_intact: bool,
    },
    /// A filter completed something that was not outstanding: its own request, one already
    /// completed, one it had answered at once.
    NotOutstanding { module: String, own: bool },
    /// A filter has kept a request although nothing below it is outstanding.
    NeverCompleted { request: u32 },
    /// NDIS has its answer.
    Answered { request: u32, status: i32 },
    /// NDIS cancels a request.
    Cancelled { request: u32 },
    /// A filter passed a cancellation on. `known`: something of that id is outstanding below it.
    CancelPassedOn { module: String, known: bool },
    /// Requests of a module's own that were out when it was detached.
    OutAtDetach { module: String, count: usize },
}
