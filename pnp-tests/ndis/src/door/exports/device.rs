//! Control devices that NDIS makes for a filter.
#![allow(non_snake_case, reason = "Windows names")]

use driver_abi::ndis::status::{NDIS_STATUS_INVALID_PARAMETER, NDIS_STATUS_RESOURCES};

use crate::Ndis;
use crate::door::layout::ndis_device_object_attributes as at;
use crate::register::DRIVER_HANDLE;
use journal::KernelFact;
use kernel::door::crossing::cross;
use kernel::door::exports::exports;
use kernel::door::irp::MAJOR_FUNCTIONS;
use kernel::machine::raw;
use kernel::nt::driver;
use kernel::nt::io::{self, NewDevice};

exports! {
    NdisDeregisterDeviceEx: le PASSIVE, since 6000, "ddi:ndis/nf-ndis-ndisderegisterdeviceex";
    NdisGetDeviceReservedExtension: le ANY, fails NULL, since 6000,
        "ddi:ndis/nf-ndis-ndisgetdevicereservedextension";
    NdisRegisterDeviceEx: le PASSIVE, fails NDIS_STATUS_NOT_SUPPORTED | NTSTATUS by call allocation,
        since 6000, "ddi:ndis/nf-ndis-ndisregisterdeviceex";
}

/// FILE_DEVICE_NETWORK.
const NETWORK: u32 = 0x12;

/// Needs the filter driver's handle, so it comes after the registration
/// (ddi:ndis/nf-ndis-ndisregisterdeviceex).
extern "win64" fn NdisRegisterDeviceEx(
    handle: usize,
    attributes: usize,
    object: usize,
    device_handle: usize,
) -> i32 {
    let world = cross();
    if world.handles.index(handle) != Some(DRIVER_HANDLE)
        || world.of::<Ndis>().borrow().filter.is_none()
    {
        world.record(KernelFact::BadHandle { import: world.import() });
        return NDIS_STATUS_INVALID_PARAMETER.0;
    }
    if let Some(status) = world.fails() {
        return status;
    }
    let table: usize = raw::get(attributes + at::MAJOR_FUNCTIONS);
    let routines = (0..MAJOR_FUNCTIONS).map(|major| raw::get(table + 8 * major)).collect();
    let name = raw::text(raw::get(attributes + at::DEVICE_NAME));
    let link = raw::text(raw::get(attributes + at::SYMBOLIC_NAME));
    let wanted = NewDevice {
        name: name.clone(),
        kind: NETWORK,
        characteristics: 0,
        extension_bytes: raw::get::<u32>(attributes + at::EXTENSION_SIZE) as usize,
        driver: driver::object(&world),
        routines: Some(routines),
    };
    let Ok(device) = io::create_device(&world, wanted) else { return NDIS_STATUS_RESOURCES.0 };
    if !link.is_empty() && io::create_link(&world, &link, &name) < 0 {
        io::delete_device(&world, device);
        return NDIS_STATUS_RESOURCES.0;
    }
    world.of::<Ndis>().borrow_mut().devices.push((device, link));
    raw::put(object, device);
    raw::put(device_handle, device);
    0
}

extern "win64" fn NdisDeregisterDeviceEx(handle: usize) {
    let world = cross();
    let link = {
        let mut ndis = world.of::<Ndis>().borrow_mut();
        let at = ndis.devices.iter().position(|(device, _)| *device == handle);
        at.map(|at| ndis.devices.remove(at).1)
    };
    let Some(link) = link else {
        world.record(KernelFact::BadHandle { import: world.import() });
        return;
    };
    if !link.is_empty() {
        io::delete_link(&world, &link);
    }
    io::delete_device(&world, handle);
}

extern "win64" fn NdisGetDeviceReservedExtension(device: usize) -> usize {
    let world = cross();
    io::extension(&world, device)
}
