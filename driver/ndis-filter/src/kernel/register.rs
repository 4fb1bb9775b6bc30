//! Registration with NDIS, from DriverEntry, and its end.

use core::ptr;

use driver_abi::io::DRIVER_OBJECT;
use driver_abi::ndis::filter::NDIS_FILTER_DRIVER_CHARACTERISTICS;
use driver_abi::ndis::object::{
    NDIS_HANDLE, NDIS_OBJECT_HEADER, NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS,
};
use driver_abi::ndis::status::{
    NDIS_STATUS, NDIS_STATUS_BAD_CHARACTERISTICS, NDIS_STATUS_BAD_VERSION, NDIS_STATUS_SUCCESS,
};
use driver_abi::nt::{NTSTATUS, STATUS_NOT_SUPPORTED};

use super::callback;
use super::data_path::DataPath;
use super::filter::FilterDriver;
use super::import::{NdisFDeregisterFilterDriver, NdisFRegisterFilterDriver, NdisGetVersion};
use super::module_options;
use super::oid;
use crate::version::{self, Declaration};
use driver_kit::text::counted;

/// The three names of a filter driver, UTF-16 without terminator. Static, because NDIS does not
/// say how long it needs them.
#[derive(Clone, Copy)]
pub struct Names {
    /// The name that people see.
    pub friendly: &'static [u16],
    /// The INF's NetCfgInstanceId, braces included.
    pub unique: &'static [u16],
    /// The name of the INF's service.
    pub service: &'static [u16],
}

/// A live registration. Ends with [`Registration::deregister`], not by drop: the moment matters.
#[derive(Debug)]
pub struct Registration {
    handle: NDIS_HANDLE,
    /// The NDIS version that was agreed on: `(6, 89)`.
    pub version: (u8, u8),
}

// SAFETY: the handle is a name for NDIS, which takes it on any thread.
unsafe impl Send for Registration {}
// SAFETY: as for Send.
unsafe impl Sync for Registration {}

/// The reason why a registration failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterError {
    /// The system's NDIS, whose NdisGetVersion answered this, is older than 6.30.
    Runtime(u32),
    /// NDIS refused the registration, with this status.
    Refused(NDIS_STATUS),
}

impl RegisterError {
    /// The status that DriverEntry returns.
    pub const fn status(self) -> NTSTATUS {
        match self {
            Self::Runtime(_) => STATUS_NOT_SUPPORTED,
            Self::Refused(status) => NTSTATUS(status.0),
        }
    }
}

/// Registers `driver` under the highest NDIS version that both it and the system know.
///
/// PASSIVE_LEVEL, in DriverEntry only. FilterAttach may run, on other threads, before this
/// returns. Where NDIS answers BAD_VERSION or BAD_CHARACTERISTICS, the next lower version is
/// tried. Source: ddi:ndis/nf-ndis-ndisfregisterfilterdriver.
///
/// # Safety
///
/// `object` is what DriverEntry received, and DriverEntry has not returned. The image must stay
/// loaded until [`Registration::deregister`] has returned.
pub unsafe fn register<D: FilterDriver>(
    driver: &'static D,
    object: *mut DRIVER_OBJECT,
    names: Names,
) -> Result<Registration, RegisterError> {
    // SAFETY: the same conditions.
    unsafe { register_adding(driver, object, names, |_| {}) }
}

/// Registers `driver`, whose modules see packets while they want to. Otherwise as [`register`].
///
/// The handlers of the data path stay NULL here, which makes bypass the default; FilterSetModuleOptions,
/// which must be registered for it, sets them module by module (docs:network/data-bypass-mode).
///
/// # Safety
///
/// The conditions of [`register`].
pub unsafe fn register_with_data_path<D: FilterDriver>(
    driver: &'static D,
    object: *mut DRIVER_OBJECT,
    names: Names,
) -> Result<Registration, RegisterError>
where
    D::Module: DataPath,
{
    let add = |characteristics: &mut NDIS_FILTER_DRIVER_CHARACTERISTICS| {
        characteristics.SetFilterModuleOptionsHandler =
            Some(module_options::filter_set_module_options::<D::Module>);
        characteristics.RestartHandler = Some(module_options::filter_restart::<D>);
        characteristics.NetPnPEventHandler = Some(module_options::filter_net_pnp_event::<D>);
    };
    // SAFETY: the same conditions.
    unsafe { register_adding(driver, object, names, add) }
}

/// Registers `driver` with the characteristics of any filter and what `add` adds to them.
///
/// # Safety
///
/// The conditions of [`register`]; what `add` adds are handlers for modules of `D`.
unsafe fn register_adding<D: FilterDriver>(
    driver: &'static D,
    object: *mut DRIVER_OBJECT,
    names: Names,
    add: impl Fn(&mut NDIS_FILTER_DRIVER_CHARACTERISTICS),
) -> Result<Registration, RegisterError> {
    let sends = driver.sends_requests();
    // SAFETY: at most DISPATCH_LEVEL, no arguments.
    let runtime = unsafe { NdisGetVersion() };
    let mut error = RegisterError::Runtime(runtime);
    for declaration in version::declarations(runtime) {
        let mut characteristics = characteristics::<D>(declaration, names, sends);
        add(&mut characteristics);
        let mut handle: NDIS_HANDLE = ptr::null_mut();
        let context = ptr::from_ref(driver).cast_mut().cast();
        // SAFETY: PASSIVE_LEVEL in DriverEntry (caller); the characteristics are complete and live
        // for the call, `driver` and the names for ever; `handle` is writable for the call.
        let status = unsafe {
            NdisFRegisterFilterDriver(object, context, &raw mut characteristics, &raw mut handle)
        };
        if status == NDIS_STATUS_SUCCESS {
            let version = (declaration.major, declaration.minor);
            return Ok(Registration { handle, version });
        }
        error = RegisterError::Refused(status);
        if status != NDIS_STATUS_BAD_VERSION && status != NDIS_STATUS_BAD_CHARACTERISTICS {
            break;
        }
    }
    Err(error)
}

impl Registration {
    /// Detaches every module and ends the registration. PASSIVE_LEVEL, from DriverUnload only,
    /// once. FilterPause and FilterDetach run inside, on other threads too; no callback runs after
    /// it. Source: ddi:ndis/nf-ndis-ndisfderegisterfilterdriver.
    ///
    /// # Safety
    ///
    /// Called once, in DriverUnload.
    pub unsafe fn deregister(&self) {
        // SAFETY: a live handle out of NdisFRegisterFilterDriver, in DriverUnload, once (caller).
        unsafe { NdisFDeregisterFilterDriver(self.handle) };
    }
}

/// The characteristics of a filter without data path: NDIS bypasses it for every packet, and, unless it
/// sends requests of its own, for every request. Source:
/// ddi:ndis/ns-ndis-_ndis_filter_driver_characteristics.
fn characteristics<D: FilterDriver>(
    declaration: Declaration,
    names: Names,
    sends: bool,
) -> NDIS_FILTER_DRIVER_CHARACTERISTICS {
    NDIS_FILTER_DRIVER_CHARACTERISTICS {
        Header: NDIS_OBJECT_HEADER {
            Type: NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS,
            Revision: declaration.revision,
            Size: declaration.size,
        },
        MajorNdisVersion: declaration.major,
        MinorNdisVersion: declaration.minor,
        MajorDriverVersion: 0,
        MinorDriverVersion: 1,
        Flags: 0,
        FriendlyName: counted(names.friendly),
        UniqueName: counted(names.unique),
        ServiceName: counted(names.service),
        SetOptionsHandler: None,
        SetFilterModuleOptionsHandler: None,
        AttachHandler: Some(callback::filter_attach::<D>),
        DetachHandler: Some(callback::filter_detach::<D>),
        RestartHandler: Some(callback::filter_restart::<D>),
        PauseHandler: Some(callback::filter_pause::<D>),
        SendNetBufferListsHandler: ptr::null_mut(),
        SendNetBufferListsCompleteHandler: ptr::null_mut(),
        CancelSendNetBufferListsHandler: ptr::null_mut(),
        ReceiveNetBufferListsHandler: ptr::null_mut(),
        ReturnNetBufferListsHandler: ptr::null_mut(),
        OidRequestHandler: sends.then_some(oid::filter_oid_request::<D>),
        OidRequestCompleteHandler: sends.then_some(oid::filter_oid_request_complete::<D>),
        CancelOidRequestHandler: sends.then_some(oid::filter_cancel_oid_request::<D>),
        DevicePnPEventNotifyHandler: Some(callback::filter_device_pnp_event_notify::<D>),
        NetPnPEventHandler: Some(callback::filter_net_pnp_event::<D>),
        StatusHandler: Some(callback::filter_status::<D>),
        DirectOidRequestHandler: ptr::null_mut(),
        DirectOidRequestCompleteHandler: ptr::null_mut(),
        CancelDirectOidRequestHandler: ptr::null_mut(),
        SynchronousOidRequestHandler: ptr::null_mut(),
        SynchronousOidRequestCompleteHandler: ptr::null_mut(),
    }
}
