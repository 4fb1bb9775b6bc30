//! Devices and a user's requests in the journal. Requests are numbered in order.

/// A fact about devices and requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IoFact {
    /// A control device was created or deleted.
    Device { name: String, created: bool },
    /// A request was handed to the driver, which returned.
    Dispatched { irp: u32, status: i32 },
    /// The driver completed a request.
    Completed { irp: u32, status: i32 },
    /// PENDING was returned for a request not marked pending, or the other way round.
    PendingMismatch { irp: u32, marked: bool, status: i32 },
    /// A request was completed with more bytes for the user than its buffer has.
    TooMuch { irp: u32, information: u64, room: u64 },
    /// The dispatch routine returned something else than PENDING and did not complete the request.
    NotCompleted { irp: u32, status: i32 },
    /// IofCompleteRequest for something that is no request, or is completed already.
    NoSuchRequest,
    /// The user cancelled a request.
    Cancelled { irp: u32 },
    /// A request was out when the driver had been told that its file is closed.
    LeftPending { irp: u32 },
}
