//! DriverEntry and DriverUnload: where Windows comes in and goes out.
#![allow(unsafe_code, reason = "the two functions that the I/O manager calls")]

use ndis_abi::nt::{DRIVER_OBJECT, NTSTATUS, STATUS_SUCCESS, UNICODE_STRING};
use ndis_filter::condition::Applied;
use ndis_filter::kernel::pool::Pool;
use ndis_filter::kernel::{
    AttachError, AttachParameters, FilterDriver, ModuleList, Names, Registration, register,
};
use ndis_filter::text::utf16;
use spin::Once;

use crate::module::Module;
use crate::trace;

/// The INF's NetCfgInstanceId; `inf/netpnplwf.inx` must say the same.
static UNIQUE_NAME: [u16; 38] = utf16(b"{6F0D3B1E-52C4-4C0E-9C57-3B7E1D9A8F24}");
/// The INF's service.
static SERVICE_NAME: [u16; 9] = utf16(b"netpnplwf");
static FRIENDLY_NAME: [u16; 30] = utf16(b"NetPnP Event Monitoring Filter");

/// The driver. What it keeps is per module, but for the recorder.
struct NetPnpLwf;

static DRIVER: NetPnpLwf = NetPnpLwf;

/// The filter modules that are attached.
pub static MODULES: ModuleList<Module> = ModuleList::new();

/// Written once in DriverEntry, read once in DriverUnload. FilterAttach may run before it is
/// written and does not need it.
static REGISTRATION: Once<Registration> = Once::new();

impl FilterDriver for NetPnpLwf {
    type Module = Module;
    type Attach = trace::Attach;

    const POOL_TAG: [u8; 4] = *b"NPnp";

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
#[unsafe(no_mangle)]
pub unsafe extern "system" fn DriverEntry(
    object: *mut DRIVER_OBJECT,
    _registry_path: *mut UNICODE_STRING,
) -> NTSTATUS {
    // Tracing first: FilterAttach may run before `register` returns and wants to trace.
    trace::open();
    // SAFETY: the I/O manager passes a live driver object; DriverEntry is the place to fill it in.
    unsafe { (*object).DriverUnload = Some(driver_unload) };
    let names = Names { friendly: &FRIENDLY_NAME, unique: &UNIQUE_NAME, service: &SERVICE_NAME };
    // SAFETY: `object` is DriverEntry's; the image stays until DriverUnload, which deregisters.
    match unsafe { register(&DRIVER, object, names) } {
        Ok(registration) => {
            trace::load(registration.version);
            REGISTRATION.call_once(|| registration);
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
/// Deregistering detaches every module; only then is nobody left who traces.
/// Source: docs:network/unloading-a-filter-driver.
unsafe extern "system" fn driver_unload(_object: *mut DRIVER_OBJECT) {
    if let Some(registration) = REGISTRATION.get() {
        // SAFETY: in DriverUnload, which runs once.
        unsafe { registration.deregister() };
    }
    trace::unload();
    trace::close();
}
