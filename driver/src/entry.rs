//! DriverEntry and DriverUnload: where Windows comes in and goes out.
#![allow(unsafe_code, reason = "the two functions that the I/O manager calls")]

use core::sync::atomic::{AtomicBool, Ordering};

use driver_abi::io::DRIVER_OBJECT;
use driver_abi::nt::{NTSTATUS, STATUS_SUCCESS, UNICODE_STRING};
use driver_kit::kernel::settings;
use driver_kit::text::utf16;
use ndis_filter::condition::Applied;
use ndis_filter::kernel::pool::Pool;
use ndis_filter::kernel::{
    AttachError, AttachParameters, FilterDriver, ModuleList, Names, Registration, register,
};
use spin::mutex::SpinMutex;

use crate::module::Module;
use crate::trace;

/// The INF's NetCfgInstanceId; `inf/netpnplwf.inx` must say the same.
static UNIQUE_NAME: [u16; 38] = utf16(b"{6F0D3B1E-52C4-4C0E-9C57-3B7E1D9A8F24}");
/// The name of the INF's service.
static SERVICE_NAME: [u16; 9] = utf16(b"netpnplwf");
static FRIENDLY_NAME: [u16; 30] = utf16(b"NetPnP Event Monitoring Filter");
/// A REG_DWORD under the service's key `Parameters`. If it is not 0, the lowest module of each adapter asks
/// the adapter what wakes it. Read once, since NDIS fixes the OID handlers at registration.
static QUERY_WAKE_SETTINGS: [u16; 17] = utf16(b"QueryWakeSettings");

/// Whether modules send queries. Written in DriverEntry before anything is registered.
static ASKS: AtomicBool = AtomicBool::new(false);

/// The driver. All its data is per module, but for the recorder.
struct NetPnpLwf;

static DRIVER: NetPnpLwf = NetPnpLwf;

/// The filter modules that are attached.
pub static MODULES: ModuleList<Module> = ModuleList::new();

/// The registration with NDIS, written in DriverEntry and taken in DriverUnload, never at the same time:
/// the lock is tried, not waited for. (`spin::Once` has a panic for a poisoned one.) FilterAttach may run
/// before it is written and does not need it.
static REGISTRATION: SpinMutex<Option<Registration>> = SpinMutex::new(None);

impl FilterDriver for NetPnpLwf {
    type Module = Module;
    type Attach = trace::Attach;

    const POOL_TAG: [u8; 4] = *b"NPnp";

    fn sends_requests(&self) -> bool {
        // Relaxed: registration, which comes after the store, orders everything that NDIS calls.
        ASKS.load(Ordering::Relaxed)
    }

    fn modules(&self) -> &ModuleList<Module> {
        &MODULES
    }

    fn attach_begins(&self, parameters: &AttachParameters<'_>) -> trace::Attach {
        trace::attach_start(parameters)
    }

    fn attach(&self, parameters: &AttachParameters<'_>, pool: Pool) -> Result<Module, AttachError> {
        Module::new(parameters, pool)
    }

    fn attach_ends(
        &self,
        begun: Option<(&AttachParameters<'_>, trace::Attach)>,
        result: Result<Applied, AttachError>,
    ) {
        if let Some((parameters, attach)) = begun {
            trace::attach_stop(parameters, &attach, result);
        }
        if let Err(error) = result {
            trace::attach_failed(error);
        }
    }
}

/// `DriverEntry`: PASSIVE_LEVEL, called once by the I/O manager. Synchronous; a failure unloads the
/// image, so everything is given back first. Source: docs:network/initializing-a-filter-driver.
///
/// # Safety
///
/// Called by the I/O manager only.
// SAFETY: nothing calls it later. What it calls and others call too is in .text; what is inlined into it
// is a copy. `netpnp inspect` looks for ways from other callbacks into this section.
#[unsafe(link_section = "INIT")]
#[unsafe(no_mangle)]
pub unsafe extern "system" fn DriverEntry(
    object: *mut DRIVER_OBJECT,
    registry_path: *mut UNICODE_STRING,
) -> NTSTATUS {
    // Tracing first: FilterAttach may run before `register` returns and wants to trace.
    trace::open();
    // SAFETY: the I/O manager passes a live driver object; DriverEntry is the place to fill it in.
    unsafe { (*object).DriverUnload = Some(driver_unload) };
    // SAFETY: DriverEntry's own path.
    let asks = unsafe { settings::parameter(registry_path, &QUERY_WAKE_SETTINGS) };
    ASKS.store(asks.is_some_and(|asks| asks != 0), Ordering::Relaxed);
    let names = Names { friendly: &FRIENDLY_NAME, unique: &UNIQUE_NAME, service: &SERVICE_NAME };
    // SAFETY: `object` is DriverEntry's; the image stays until DriverUnload, which deregisters.
    match unsafe { register(&DRIVER, object, names) } {
        Ok(registration) => {
            trace::load(registration.version);
            if let Some(mut place) = REGISTRATION.try_lock() {
                *place = Some(registration);
            }
            STATUS_SUCCESS
        }
        Err(error) => {
            trace::load_failed(error);
            trace::close();
            error.status()
        }
    }
}

/// `DriverUnload`: PASSIVE_LEVEL, called once by the I/O manager.
///
/// Deregistering detaches every module; only then does no module trace any more.
/// Source: docs:network/unloading-a-filter-driver.
unsafe extern "system" fn driver_unload(_object: *mut DRIVER_OBJECT) {
    if let Some(registration) = REGISTRATION.try_lock().and_then(|mut place| place.take()) {
        // SAFETY: in DriverUnload, which runs once.
        unsafe { registration.deregister() };
    }
    trace::unload();
    trace::close();
}
