//! Registrations of filter drivers in the journal.

/// A registration of a filter driver, and the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterFact {
    /// Header of the characteristics.
    pub kind: u8,
    pub revision: u8,
    pub size: u16,
    /// Declared NDIS version.
    pub major: u8,
    pub minor: u8,
    /// The NDIS version of the machine.
    pub runtime: (u8, u8),
    pub flags: u32,
    /// Handlers that are not NULL, by callback name.
    pub handlers: Vec<&'static str>,
    pub unique_name: String,
    pub service_name: String,
    pub status: i32,
}
