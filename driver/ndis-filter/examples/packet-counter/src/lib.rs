//! `packet-counter.sys`: an NDIS filter that counts the packets of every adapter while an ETW
//! session listens, and costs the data path nothing while nobody does.
//!
//! How a driver like this is written, in the order in which Windows meets it:
//!
//! 1. `DriverEntry` registers the trace provider, then the filter. FilterAttach may run before
//!    the registration has returned, so everything that a module needs is there first.
//! 2. `PacketCounter` implements `FilterDriver`: one value for the image. Its `attach` makes a
//!    module for every adapter's stack, out of parameters that are borrowed for the call; what is
//!    to stay is copied into pool memory.
//! 3. `Module` implements `FilterModule`: what to do when the module is restarted, paused or
//!    detached, and when an event goes by. A counter does next to nothing there. The layer forwards
//!    every event exactly once whatever these methods do.
//! 4. `Module` also implements `DataPath`: whether it wants packets now, and what it does with
//!    those that go by. It is lent a chain for the length of a call, and can read lengths out of
//!    it; the layer passes the chain on afterwards. A send that comes while the module is paused
//!    never gets here: the layer completes it with NDIS_STATUS_PAUSED.
//!
//! Bypass. `register_with_data_path` registers no data handlers at all, so NDIS leads packets past
//! the module. At each restart NDIS calls FilterSetModuleOptions; there the layer asks
//! `wants_packets` and sets the handlers of this module, all of them or none
//! (docs:network/data-bypass-mode). A module wants packets while a session listens, which is one
//! load and a comparison. Only a restart can change the handlers. So when a session comes or goes, ETW's
//! callback has `ModuleList::restart_changed` ask NDIS to restart each module that changed its
//! mind. That call returns at once; the restart comes later, on another thread of NDIS's, and
//! nobody waits for it (the callback may run inside a call of ours, and a stack that waits for its
//! own restart waits for ever). NDIS may refuse, as while a module is paused; then the module's
//! next restart or network event asks again.
//!
//! Counting. The four counters of a module are relaxed atomics: `sending` and `received` run on
//! several processors at once, at up to DISPATCH_LEVEL, and a lock there would cost more than the
//! count. They are added to before the chain is passed on, since afterwards it is someone else's.
//! They are never reset: a reader takes differences. Packets that went by while nobody listened are
//! not in them.
//!
//! Telling. Counted is written for each module when it pauses and when a session asks for the state
//! (EVENT_CONTROL_CODE_CAPTURE_STATE). The pause that follows the end of the last session writes to
//! nobody, so a session asks for the state before it ends.
//!
//! Leaving. `DriverEntry`'s counterpart deregisters the filter, in which NDIS pauses and detaches
//! every module, and then the provider; the other way round, modules would trace into nothing, and
//! a callback of ETW could find the image gone.
//!
//! All `unsafe` is in the two functions that the I/O manager calls.
#![cfg_attr(image, no_std)]
#![cfg(image)]
#![deny(unsafe_code)]

mod events;
mod module;

use driver_abi::io::DRIVER_OBJECT;
use driver_abi::nt::{NTSTATUS, STATUS_SUCCESS, UNICODE_STRING};
use driver_kit::kernel::etw::{Control, Provider, Sessions};
use driver_kit::text::utf16;
use ndis_filter::condition::Applied;
use ndis_filter::kernel::pool::Pool;
use ndis_filter::kernel::{
    AttachError, AttachParameters, FilterDriver, ModuleList, Names, Registration,
    register_with_data_path,
};
use spin::mutex::SpinMutex;

use module::Module;

/// The NetCfgInstanceId that an INF of this driver would say.
static UNIQUE_NAME: [u16; 38] = utf16(b"{85F1A4C7-7458-4E73-A416-3612A293E47B}");
static SERVICE_NAME: [u16; 13] = utf16(b"packetcounter");
static FRIENDLY_NAME: [u16; 21] = utf16(b"Packet Counter Filter");

static SESSIONS: Sessions = Sessions::new();
static PROVIDER: Provider =
    Provider::new(events::GUID_OF_NAME, &events::TRAITS, on_control, &SESSIONS);
static MODULES: ModuleList<Module> = ModuleList::new();
/// Written in DriverEntry, taken in DriverUnload, never at the same time: tried, not waited for.
static REGISTRATION: SpinMutex<Option<Registration>> = SpinMutex::new(None);

/// ETW's control callback: a session came, went, or asks for the state. PASSIVE_LEVEL.
fn on_control(control: Control) {
    match control {
        Control::Enable | Control::Disable => MODULES.restart_changed(),
        Control::CaptureState => {
            MODULES.visit(|module, _condition| module.write());
        }
    }
}

/// The driver. What it keeps is per module.
struct PacketCounter;

static DRIVER: PacketCounter = PacketCounter;

impl FilterDriver for PacketCounter {
    type Module = Module;
    type Attach = ();

    const POOL_TAG: [u8; 4] = *b"PktC";

    fn modules(&self) -> &ModuleList<Module> {
        &MODULES
    }

    fn attach_begins(&self, _parameters: &AttachParameters<'_>) {}

    fn attach(&self, parameters: &AttachParameters<'_>, pool: Pool) -> Result<Module, AttachError> {
        Module::new(parameters, pool)
    }

    fn attach_ends(
        &self,
        _begun: Option<(&AttachParameters<'_>, ())>,
        _result: Result<Applied, AttachError>,
    ) {
    }
}

/// `DriverEntry`: PASSIVE_LEVEL, called once by the I/O manager.
///
/// # Safety
///
/// Called by the I/O manager only.
#[unsafe(no_mangle)]
#[allow(unsafe_code, reason = "what the I/O manager calls")]
pub unsafe extern "system" fn DriverEntry(
    object: *mut DRIVER_OBJECT,
    _registry_path: *mut UNICODE_STRING,
) -> NTSTATUS {
    PROVIDER.register();
    // SAFETY: the I/O manager passes a live driver object; DriverEntry is the place to fill it in.
    unsafe { (*object).DriverUnload = Some(driver_unload) };
    let names = Names { friendly: &FRIENDLY_NAME, unique: &UNIQUE_NAME, service: &SERVICE_NAME };
    // SAFETY: `object` is DriverEntry's; the image stays until DriverUnload, which deregisters.
    match unsafe { register_with_data_path(&DRIVER, object, names) } {
        Ok(registration) => {
            if let Some(mut place) = REGISTRATION.try_lock() {
                *place = Some(registration);
            }
            STATUS_SUCCESS
        }
        Err(error) => {
            PROVIDER.unregister();
            error.status()
        }
    }
}

/// `DriverUnload`: PASSIVE_LEVEL, called once by the I/O manager.
#[allow(unsafe_code, reason = "what the I/O manager calls")]
unsafe extern "system" fn driver_unload(_object: *mut DRIVER_OBJECT) {
    if let Some(registration) = REGISTRATION.try_lock().and_then(|mut place| place.take()) {
        // SAFETY: in DriverUnload, which runs once.
        unsafe { registration.deregister() };
    }
    PROVIDER.unregister();
}
