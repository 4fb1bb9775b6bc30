//! Writes the events of `events` to ETW, and their records to the recorder.
//!
//! Every span and point has a number of its own, made here; the activity id is that number behind a
//! prefix. While a network event is above a module, the id of its CallUp is the thread's activity.
//! The next module of this driver up the stack, called on the same thread, finds it there and names
//! it as its related activity: so neighbouring layers nest, and what a foreign driver traces
//! meanwhile without an activity of its own carries ours.

mod device_pnp;
mod driver;
mod lifecycle;
mod net_pnp;
mod payload;
mod point;
mod rundown;
mod span;
mod wake;

use driver_abi::nt::GUID;
use driver_kit::kernel::etw::{Provider, Sessions, traits, traits_length};

use crate::events;

pub use device_pnp::{DeviceSpan, device_pnp_start, device_pnp_stop};
pub use driver::{load, load_failed, unload};
pub use lifecycle::{
    Attach, Pause, attach_failed, attach_start, attach_stop, detach, pause_start, pause_stop,
    restart,
};
pub use net_pnp::{Span, net_pnp_start, net_pnp_stop};
pub use point::{condition_anomaly, net_pnp_anomaly, status};
pub use wake::{NoAnswer, no_answer, wake_hardware, wake_settings};

static TRAITS: [u8; traits_length(events::PROVIDER)] = traits(events::PROVIDER);

/// `{b4d39adf-672a-5f7e-841e-83a329f9bbe0}`: the hash of the provider's name, as TraceLogging has it.
const GUID_OF_NAME: GUID = GUID {
    Data1: 0xb4d3_9adf,
    Data2: 0x672a,
    Data3: 0x5f7e,
    Data4: [0x84, 0x1e, 0x83, 0xa3, 0x29, 0xf9, 0xbb, 0xe0],
};

static SESSIONS: Sessions = Sessions::new();
static PROVIDER: Provider = Provider::new(GUID_OF_NAME, &TRAITS, rundown::write, &SESSIONS);

/// Registers the provider. PASSIVE_LEVEL, in DriverEntry, before anything can
/// trace.
pub fn open() {
    span::begin_numbers();
    PROVIDER.register();
}

/// Unregisters the provider. PASSIVE_LEVEL, when no module traces any more.
pub fn close() {
    PROVIDER.unregister();
}

/// Bits per second as megabits per second; 0 when NDIS does not know the speed, which it says with
/// all bits set.
fn link_mbps(bits_per_second: u64) -> u64 {
    if bits_per_second == u64::MAX { 0 } else { bits_per_second / 1_000_000 }
}
