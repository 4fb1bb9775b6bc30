//! Interrupt request levels: how urgent is what a processor does.

/// PASSIVE_LEVEL.
pub const PASSIVE: u8 = 0;
/// APC_LEVEL.
pub const APC: u8 = 1;
/// DISPATCH_LEVEL.
pub const DISPATCH: u8 = 2;
/// HIGH_LEVEL: what is callable up to here is callable at any IRQL.
pub const ANY: u8 = 15;

/// The name of an IRQL.
pub fn level(irql: u8) -> &'static str {
    match irql {
        PASSIVE => "PASSIVE_LEVEL",
        APC => "APC_LEVEL",
        DISPATCH => "DISPATCH_LEVEL",
        _ => "HIGH_LEVEL",
    }
}
