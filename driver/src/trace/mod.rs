//! The ETW provider `NetPnpLwf`: the only place that names an ETW event or field.
//!
//! TraceLogging: every event carries its own schema, so no manifest is installed. The provider's
//! GUID is the hash of its name. With nobody listening an event costs the test of two numbers.
//!
//! Every event of a module starts with the same five fields: `IfIndex` and `LowerIfIndex` (this
//! module and the layer below it as interfaces), `MiniportIfIndex`, `MiniportLuid` (the key that
//! stays the same across detach and attach) and `Adapter`. `docs/events.md` describes them all.

mod lifecycle;
mod net_pnp;
mod notice;
mod payload;

use tracelogging::define_provider;

pub use lifecycle::{attach, attach_failed, detach, load, load_failed, pause, restart, unload};
pub use net_pnp::{Span, net_pnp_start, net_pnp_stop};
pub use notice::{condition_anomaly, device_pnp, event_anomaly, status};

define_provider!(PROVIDER, "NetPnpLwf");

/// Keywords: what a session can ask for. User keywords are the low 48 bits.
mod keyword {
    /// Load, attach, restart, pause, detach, unload.
    pub const LIFECYCLE: u64 = 0x01;
    /// SetPower, QueryPower.
    pub const POWER: u64 = 0x02;
    /// Removal, capabilities, NDK, switch and device events.
    pub const PNP: u64 = 0x04;
    /// Binding and protocol configuration.
    pub const BINDING: u64 = 0x08;
    /// Port activation and deactivation.
    pub const PORTS: u64 = 0x10;
    /// Status indications.
    pub const STATUS: u64 = 0x20;
    /// What should not have happened.
    pub const ANOMALY: u64 = 0x40;
}

/// Registers the provider. PASSIVE_LEVEL, in DriverEntry, before anything can trace.
///
/// A failure leaves the provider disabled, and the driver works without a trace.
#[allow(unsafe_code, reason = "the crate's condition, met in one place")]
pub fn open() {
    // SAFETY: `close` is called on every path out of the driver: DriverUnload and a failing
    // DriverEntry. The provider is a static, so it does not move.
    let _ = unsafe { PROVIDER.register() };
}

/// Whether nobody listens for network events or anomalies. Two loads and two comparisons; may err
/// on the side of a listener who wants something else.
#[inline]
pub fn is_off() -> bool {
    let any = keyword::POWER | keyword::PNP | keyword::BINDING | keyword::PORTS | keyword::ANOMALY;
    !PROVIDER.enabled(tracelogging::Level::Warning, any)
}

/// Unregisters the provider. PASSIVE_LEVEL, when nobody is left who traces.
pub fn close() {
    let _ = PROVIDER.unregister();
}

/// A counted UTF-16 field: byte count, then bytes. `raw_data` takes the two in this order. Bytes,
/// because what NDIS hands over need not be aligned.
struct Counted<'a> {
    length: [u8; 2],
    bytes: &'a [u8],
}

/// Bits per second as megabits per second; 0 when NDIS does not know the speed, which it says with
/// all bits set.
fn link_mbps(bits_per_second: u64) -> u64 {
    if bits_per_second == u64::MAX { 0 } else { bits_per_second / 1_000_000 }
}

/// The most bytes of one text that an event carries: 4 KiB, as the contract caps copies.
const TEXT_MAX_BYTES: usize = 4096;

fn counted(bytes: &[u8]) -> Counted<'_> {
    let bytes = bytes.get(..TEXT_MAX_BYTES).unwrap_or(bytes);
    // At most 4096, so the conversion holds.
    let length = u16::try_from(bytes.len()).unwrap_or(0).to_le_bytes();
    Counted { length, bytes }
}
