//! Exports of ndis.sys: thunks under their Windows names.
#![allow(non_snake_case, reason = "Windows names")]

use std::ptr;

use ndis_abi::ndis::filter as abi;
use ndis_abi::ndis::filter::NDIS_FILTER_DRIVER_CHARACTERISTICS;
use ndis_abi::ndis::object::NDIS_OBJECT_HEADER;
use ndis_abi::ndis::status::{NDIS_STATUS_FAILURE, NDIS_STATUS_INVALID_PARAMETER};

use super::call::{Characteristics, Handlers};
use super::ntoskrnl::cross;
use crate::journal::Fact;
use crate::ndis::register::DRIVER_HANDLE;
use crate::ndis::{self, ModuleId};
use crate::nt::pool;
use crate::world::World;
use crate::world::thread::{DISPATCH, PASSIVE};

/// Every export of this file.
pub(super) fn exports() -> [(&'static str, usize); 11] {
    [
        (
            "NdisAllocateMemoryWithTagPriority",
            NdisAllocateMemoryWithTagPriority as *const () as usize,
        ),
        ("NdisFDeregisterFilterDriver", NdisFDeregisterFilterDriver as *const () as usize),
        ("NdisFDevicePnPEventNotify", NdisFDevicePnPEventNotify as *const () as usize),
        ("NdisFIndicateStatus", NdisFIndicateStatus as *const () as usize),
        ("NdisFNetPnPEvent", NdisFNetPnPEvent as *const () as usize),
        ("NdisFPauseComplete", NdisFPauseComplete as *const () as usize),
        ("NdisFRegisterFilterDriver", NdisFRegisterFilterDriver as *const () as usize),
        ("NdisFRestartComplete", NdisFRestartComplete as *const () as usize),
        ("NdisFSetAttributes", NdisFSetAttributes as *const () as usize),
        ("NdisFreeMemoryWithTagPriority", NdisFreeMemoryWithTagPriority as *const () as usize),
        ("NdisGetVersion", NdisGetVersion as *const () as usize),
    ]
}

/// The live module behind a handle; a handle that names none is recorded.
fn module(world: &World, import: &'static str, handle: usize) -> Option<ModuleId> {
    let id = world.handles.index(handle).filter(|&id| {
        let ndis = world.ndis.borrow();
        id < ndis.modules.len() && ndis.layer_of(id).is_some()
    });
    if id.is_none() {
        world.record(Fact::BadHandle { import });
    }
    id
}

extern "win64" fn NdisGetVersion() -> u32 {
    let world = cross("NdisGetVersion", DISPATCH);
    let (major, minor) = world.ndis.borrow().runtime;
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
    handle: *mut usize,
) -> i32 {
    let world = cross("NdisFRegisterFilterDriver", PASSIVE);
    // SAFETY: the image passes characteristics.
    let read = unsafe { read_characteristics(characteristics) };
    let Some(read) = read else { return NDIS_STATUS_INVALID_PARAMETER.0 };
    let status = ndis::register::register(&world, context, &read);
    if status.0 == 0 {
        // Written last: FilterAttach may have run already, and must not need it.
        // SAFETY: the image passes a writable handle.
        unsafe { handle.write_unaligned(world.handles.of(DRIVER_HANDLE)) };
    }
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
        handlers: Handlers {
            set_module_options: c.SetFilterModuleOptionsHandler,
            attach: c.AttachHandler,
            detach: c.DetachHandler,
            restart: c.RestartHandler,
            pause: c.PauseHandler,
            net_pnp_event: c.NetPnPEventHandler,
            device_pnp_event: c.DevicePnPEventNotifyHandler,
            status: c.StatusHandler,
        },
    })
}

extern "win64" fn NdisFDeregisterFilterDriver(handle: usize) {
    let world = cross("NdisFDeregisterFilterDriver", PASSIVE);
    let import = "NdisFDeregisterFilterDriver";
    if world.handles.index(handle) != Some(DRIVER_HANDLE) {
        world.record(Fact::BadHandle { import });
        return;
    }
    world.record(Fact::Call { import, module: None, status: None });
    ndis::register::deregister(&world);
}

extern "win64" fn NdisFSetAttributes(handle: usize, context: usize, attributes: usize) -> i32 {
    let world = cross("NdisFSetAttributes", PASSIVE);
    let Some(module) = module(&world, "NdisFSetAttributes", handle) else {
        return NDIS_STATUS_FAILURE.0;
    };
    if context == 0 || attributes == 0 {
        return NDIS_STATUS_INVALID_PARAMETER.0;
    }
    ndis::attach::set_attributes(&world, module, context).0
}

/// Records a forward, and says which event code went on.
fn forwarded(
    world: &World,
    import: &'static str,
    callback: &str,
    module: ModuleId,
    subject: usize,
) -> Option<u32> {
    let thread = world.threads.current();
    let open = thread
        .open
        .borrow()
        .iter()
        .rev()
        .find(|open| open.callback == callback && open.module == Some(module))
        .cloned();
    let ndis = world.ndis.borrow();
    let flight = ndis.in_flight.iter().find(|flight| flight.raw.address() == subject);
    let fact = Fact::Forward {
        import,
        module: ndis.modules[module].name.clone(),
        during: open.as_ref().map(|open| open.call),
        same: open.as_ref().is_some_and(|open| open.subject == subject),
        unchanged: open.zip(flight).is_some_and(|(open, flight)| open.hash == flight.raw.hash()),
    };
    let code = flight.map(|flight| flight.code);
    drop(ndis);
    world.record(fact);
    code
}

extern "win64" fn NdisFNetPnPEvent(handle: usize, notification: usize) -> i32 {
    const IMPORT: &str = "NdisFNetPnPEvent";
    let world = cross(IMPORT, PASSIVE);
    let Some(module) = module(&world, IMPORT, handle) else { return NDIS_STATUS_FAILURE.0 };
    match forwarded(&world, IMPORT, "FilterNetPnPEvent", module, notification) {
        Some(code) => {
            let thread = world.threads.current();
            let during = thread.open.borrow().last().map(|open| open.call);
            let status = ndis::net_pnp::forward(&world, module, notification, code).0;
            world.record(Fact::Answered { during, status });
            status
        }
        // An event of the filter's own making goes nowhere (contract a.3: never originate one).
        None => NDIS_STATUS_INVALID_PARAMETER.0,
    }
}

extern "win64" fn NdisFDevicePnPEventNotify(handle: usize, event: usize) {
    const IMPORT: &str = "NdisFDevicePnPEventNotify";
    let world = cross(IMPORT, PASSIVE);
    let Some(module) = module(&world, IMPORT, handle) else { return };
    if let Some(code) = forwarded(&world, IMPORT, "FilterDevicePnPEventNotify", module, event) {
        ndis::device_pnp::forward(&world, module, event, code);
    }
}

extern "win64" fn NdisFIndicateStatus(handle: usize, indication: usize) {
    const IMPORT: &str = "NdisFIndicateStatus";
    let world = cross(IMPORT, DISPATCH);
    let Some(module) = module(&world, IMPORT, handle) else { return };
    if let Some(code) = forwarded(&world, IMPORT, "FilterStatus", module, indication) {
        ndis::status::forward(&world, module, indication, code);
    }
}

extern "win64" fn NdisFPauseComplete(handle: usize) {
    const IMPORT: &str = "NdisFPauseComplete";
    let world = cross(IMPORT, DISPATCH);
    let Some(module) = module(&world, IMPORT, handle) else { return };
    let (name, done) = {
        let ndis = world.ndis.borrow();
        (ndis.modules[module].name.clone(), ndis.modules[module].pause_done.clone())
    };
    world.record(Fact::Call { import: IMPORT, module: Some(name), status: None });
    done.set(true);
}

extern "win64" fn NdisFRestartComplete(handle: usize, status: i32) {
    const IMPORT: &str = "NdisFRestartComplete";
    let world = cross(IMPORT, PASSIVE);
    let Some(module) = module(&world, IMPORT, handle) else { return };
    let (name, done) = {
        let mut ndis = world.ndis.borrow_mut();
        ndis.modules[module].restart_status = status;
        (ndis.modules[module].name.clone(), ndis.modules[module].restart_done.clone())
    };
    world.record(Fact::Call { import: IMPORT, module: Some(name), status: Some(status) });
    done.set(true);
}

extern "win64" fn NdisAllocateMemoryWithTagPriority(
    handle: usize,
    length: u32,
    tag: u32,
    _priority: i32,
) -> usize {
    const IMPORT: &str = "NdisAllocateMemoryWithTagPriority";
    let world = cross(IMPORT, DISPATCH);
    if world.handles.index(handle) != Some(DRIVER_HANDLE)
        && module(&world, IMPORT, handle).is_none()
    {
        return 0;
    }
    pool::allocate(&world, length as usize, tag.to_le_bytes(), false).unwrap_or(0)
}

extern "win64" fn NdisFreeMemoryWithTagPriority(handle: usize, address: usize, tag: u32) {
    const IMPORT: &str = "NdisFreeMemoryWithTagPriority";
    let world = cross(IMPORT, DISPATCH);
    if world.handles.index(handle) != Some(DRIVER_HANDLE) {
        let _ = module(&world, IMPORT, handle);
    }
    pool::free(&world, address, Some(tag.to_le_bytes()));
}
