#![no_std]

use driver_abi::ndis::status::NDIS_STATUS;
use driver_abi::io::DRIVER_OBJECT;
use driver_abi::nt::{NTSTATUS, STATUS_SUCCESS, UNICODE_STRING};
use ndis_filter::condition::{Applied, ConditionCell};
use ndis_filter::event::*;
use ndis_filter::kernel::{pool::Pool, *};
use driver_kit::text::utf16;
use spin::mutex::SpinMutex;

struct Module;

impl FilterModule for Module {
    type Span = ();
    type DeviceSpan = ();
    type PauseSpan = ();

    fn restarted(
            &self,
            _: &RestartParameters<'_>,
            _: Applied,
            _: Applied,
            _: &Requests<'_, Self>,
        ) {
        }
    fn pausing(&self, _: &PauseParameters, _: Applied) {}
        fn paused(&self, _: (), _: Applied) {}
    fn detached(&self, _: Applied) {}

    fn net_pnp_event(
        &self,
        _event: &Result<NetPnpEvent<'_>, DecodeError>,
        _notification: &Notification<'_>,
        _condition: &ConditionCell,
    ) {
    }

    fn net_pnp_event_forwarded(
        &self,
        _: (),
        from_above: NDIS_STATUS,
        _: &ConditionCell,
        _: &Requests<'_, Self>,
    ) -> Completion {
        Completion::from_above(from_above)
    }

    fn device_pnp_event(
        &self,
        _event: &Result<NetDevicePnpEvent, DeviceDecodeError>,
        _notification: &DeviceNotification<'_>,
        _condition: &ConditionCell,
    ) {
    }

    fn device_pnp_event_forwarded(&self, _: (), _: &ConditionCell) {}

    fn status(
        &self,
        _event: &Result<Option<StatusEvent>, StatusDecodeError>,
        _indication: &StatusIndication<'_>,
        _condition: &ConditionCell,
    ) {
    }
}

struct Driver;

static DRIVER: Driver = Driver;
static MODULES: ModuleList<Module> = ModuleList::new();
/// Tried, never waited for: DriverEntry and DriverUnload do not run at the same time.
static REGISTRATION: SpinMutex<Option<Registration>> = SpinMutex::new(None);
/// The INF's NetCfgInstanceId and service.
static UNIQUE: [u16; 38] = utf16(b"{5B1C2C1B-6C52-4C0E-9B57-6F7E1D9A8F10}");
static SERVICE: [u16; 8] = utf16(b"smallest");

impl FilterDriver for Driver {
    type Module = Module;
    type Attach = ();
    const POOL_TAG: [u8; 4] = *b"Smll";

    fn modules(&self) -> &ModuleList<Module> {
        &MODULES
    }

    fn attach_begins(&self, _: &AttachParameters<'_>) {}

    fn attach(&self, _: &AttachParameters<'_>, _: Pool) -> Result<Module, AttachError> {
        Ok(Module)
    }

    fn attach_ends(&self, _: Option<(&AttachParameters<'_>, ())>, _: Result<Applied, AttachError>) {
    }
}

/// # Safety
///
/// Called by the I/O manager only.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn DriverEntry(
    object: *mut DRIVER_OBJECT,
    _registry_path: *mut UNICODE_STRING,
) -> NTSTATUS {
    // SAFETY: the I/O manager passes a live driver object.
    unsafe { (*object).DriverUnload = Some(unload) };
    let names = Names { friendly: &SERVICE, unique: &UNIQUE, service: &SERVICE };
    // SAFETY: `object` is DriverEntry's; the image stays until DriverUnload, which deregisters.
    match unsafe { register(&DRIVER, object, names) } {
        Ok(registration) => {
            if let Some(mut place) = REGISTRATION.try_lock() {
                *place = Some(registration);
            }
            STATUS_SUCCESS
        }
        Err(error) => error.status(),
    }
}

unsafe extern "system" fn unload(_object: *mut DRIVER_OBJECT) {
    if let Some(registration) = REGISTRATION.try_lock().and_then(|mut place| place.take()) {
        // SAFETY: in DriverUnload, which runs once.
        unsafe { registration.deregister() };
    }
}
