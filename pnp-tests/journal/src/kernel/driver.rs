//! The driver's life in the journal.

/// The fate of the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriverFate {
    Loaded,
    Refused {
        status: i32,
    },
    Unloaded,
    /// It was to be unloaded and has no DriverUnload.
    Stays,
}
