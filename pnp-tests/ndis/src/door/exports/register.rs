//! Registration of the filter driver and of its modules.
#![allow(non_snake_case, reason = "Windows names")]

use std::ptr;

use driver_abi::ndis::filter as abi;
use driver_abi::ndis::filter::NDIS_FILTER_DRIVER_CHARACTERISTICS;
use driver_abi::ndis::object::NDIS_OBJECT_HEADER;
use driver_abi::ndis::status::{NDIS_STATUS_FAILURE, NDIS_STATUS_INVALID_PARAMETER};
use driver_abi::nt::UNICODE_STRING;

use super::module;
use crate::Ndis;
use crate::door::handlers::{Characteristics, Handlers, PathHandlers};
use crate::register::DRIVER_HANDLE;
use journal::{KernelFact, NdisFact};
use kernel::door::crossing::cross;
use kernel::machine::raw;

use kernel::door::exports::exports;

exports! {
    NdisFDeregisterFilterDriver: le PASSIVE, calls back, since 6000,
        "ddi:ndis/nf-ndis-ndisfderegisterfilterdriver";
    NdisFRegisterFilterDriver: le PASSIVE,
        fails NDIS_STATUS_BAD_VERSION | NDIS_STATUS_BAD_CHARACTERISTICS |
            NDIS_STATUS_INVALID_PARAMETER | NDIS_STATUS_RESOURCES | NDIS_STATUS_FAILURE by call,
        calls back, since 6000, "ddi:ndis/nf-ndis-ndisfregisterfilterdriver";
    NdisFSetAttributes: le PASSIVE, fails NDIS_STATUS_RESOURCES | NDIS_STATUS_FAILURE by call,
        since 6000, "ddi:ndis/nf-ndis-ndisfsetattributes";
    NdisGetVersion: le DISPATCH, since 2600, "ddi:ndis/nf-ndis-ndisgetversion";
}

extern "win64" fn NdisGetVersion() -> u32 {
    let world = cross();
    let (major, minor) = world.of::<Ndis>().borrow().runtime;
    u32::from(major) << 16 | u32::from(minor)
}

/// # Safety
///
/// By the image, with arguments as ddi:ndis/nf-ndis-ndisfregisterfilterdriver demands; so for all
/// thunks here.
unsafe extern "win64" fn NdisFRegisterFilterDriver(
    _object: usize,
    context: usize,
    characteristics: *const NDIS_FILTER_DRIVER_CHARACTERISTICS,
    handle: usize,
) -> i32 {
    let world = cross();
    // SAFETY: the image passes characteristics.
    let read = unsafe { read_characteristics(characteristics) };
    let Some(read) = read else { return NDIS_STATUS_INVALID_PARAMETER.0 };
    let mut status = crate::register::admit(&world, &read, world.fails());
    if status.0 == 0 {
        raw::put(handle, world.handles.of(DRIVER_HANDLE));
        status = crate::register::begin(&world, context, &read);
        if status.0 != 0 {
            let (import, status) = (world.import(), Some(status.0));
            world.record(NdisFact::Call { import, module: None, status });
        }
    }
    world.record(NdisFact::RegisterReturned);
    status.0
}

/// # Safety
///
/// `address` is NULL or names characteristics of at least the size their header says.
unsafe fn read_characteristics(
    address: *const NDIS_FILTER_DRIVER_CHARACTERISTICS,
) -> Option<Characteristics> {
    if address.is_null() {
        return None;
    }
    // SAFETY: every structure of NDIS begins with a header.
    let header = unsafe { address.cast::<NDIS_OBJECT_HEADER>().read_unaligned() };
    let size = usize::from(header.Size).min(size_of::<NDIS_FILTER_DRIVER_CHARACTERISTICS>());
    if header.Size < abi::NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_1 {
        return None;
    }
    let mut whole = [0_u64; size_of::<NDIS_FILTER_DRIVER_CHARACTERISTICS>() / 8];
    // SAFETY: `size` bytes are there by the header's word, and fit the copy.
    unsafe {
        ptr::copy_nonoverlapping(address.cast::<u8>(), whole.as_mut_ptr().cast::<u8>(), size);
    }
    // SAFETY: as large and as aligned as the structure; zero is a valid value of every field, and
    // the handlers are optional addresses, for which any bits are valid.
    let c = unsafe { whole.as_ptr().cast::<NDIS_FILTER_DRIVER_CHARACTERISTICS>().read() };
    Some(Characteristics {
        header,
        version: (c.MajorNdisVersion, c.MinorNdisVersion),
        flags: c.Flags,
        unique_name: counted(&c.UniqueName),
        service_name: counted(&c.ServiceName),
        handlers: Handlers {
            set_options: c.SetOptionsHandler.map_or(0, |handler| handler as usize),
            set_module_options: c.SetFilterModuleOptionsHandler,
            attach: c.AttachHandler,
            detach: c.DetachHandler,
            restart: c.RestartHandler,
            pause: c.PauseHandler,
            net_pnp_event: c.NetPnPEventHandler,
            device_pnp_event: c.DevicePnPEventNotifyHandler,
            status: c.StatusHandler,
            path: PathHandlers {
                send: c.SendNetBufferListsHandler.addr(),
                send_complete: c.SendNetBufferListsCompleteHandler.addr(),
                cancel_send: c.CancelSendNetBufferListsHandler.addr(),
                receive: c.ReceiveNetBufferListsHandler.addr(),
                return_lists: c.ReturnNetBufferListsHandler.addr(),
            },
            oid_request: c.OidRequestHandler.map_or(0, |handler| handler as usize),
            oid_request_complete: c.OidRequestCompleteHandler.map_or(0, |handler| handler as usize),
            cancel_oid_request: c.CancelOidRequestHandler.map_or(0, |handler| handler as usize),
            direct_oid_request: c.DirectOidRequestHandler.addr(),
            direct_oid_request_complete: c.DirectOidRequestCompleteHandler.addr(),
            cancel_direct_oid_request: c.CancelDirectOidRequestHandler.addr(),
            synchronous_oid_request: c.SynchronousOidRequestHandler.addr(),
            synchronous_oid_request_complete: c.SynchronousOidRequestCompleteHandler.addr(),
        },
    })
}

/// The text of a counted string that the driver passes.
fn counted(string: &UNICODE_STRING) -> String {
    let bytes = raw::bytes(string.Buffer.addr(), usize::from(string.Length) & !1);
    let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    char::decode_utf16(units).map(|unit| unit.unwrap_or('\u{FFFD}')).collect()
}

extern "win64" fn NdisFDeregisterFilterDriver(handle: usize) {
    let world = cross();
    let import = world.import();
    if world.handles.index(handle) != Some(DRIVER_HANDLE) {
        world.record(KernelFact::BadHandle { import });
        return;
    }
    world.record(NdisFact::Call { import, module: None, status: None });
    crate::register::deregister(&world);
}

extern "win64" fn NdisFSetAttributes(handle: usize, context: usize, attributes: usize) -> i32 {
    let world = cross();
    let Some(module) = module(&world, world.import(), handle) else {
        return NDIS_STATUS_FAILURE.0;
    };
    if context == 0 || attributes == 0 {
        return NDIS_STATUS_INVALID_PARAMETER.0;
    }
    crate::attach::set_attributes(&world, module, context, world.fails()).0
}
