//! Devices and requests.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::{ANY, APC, DISPATCH, PASSIVE, cross};
use crate::door::exports::exports;
use crate::door::irp;
use crate::machine::raw;
use crate::nt::io::{self, Wanted};

exports![
    IoAcquireCancelSpinLock,
    IoCreateDevice,
    IoCreateSymbolicLink,
    IoCreateUnprotectedSymbolicLink = IoCreateSymbolicLink,
    IoDeleteDevice,
    IoDeleteSymbolicLink,
    IoGetCurrentIrpStackLocation,
    IoIs32bitProcess,
    IoMarkIrpPending,
    IoReleaseCancelSpinLock,
    IoSetCancelRoutine,
    IofCompleteRequest,
    IoCompleteRequest = IofCompleteRequest,
    ProbeForRead,
    ProbeForWrite,
];

extern "win64" fn IoCreateDevice(
    driver: usize,
    extension_bytes: u32,
    name: usize,
    kind: u32,
    characteristics: u32,
    _exclusive: u8,
    device: usize,
) -> i32 {
    let world = cross("IoCreateDevice", APC);
    let wanted = Wanted {
        name: raw::text(name),
        kind,
        characteristics,
        extension_bytes: extension_bytes as usize,
        driver,
        routines: None,
    };
    match io::create_device(&world, wanted) {
        Ok(address) => {
            raw::put(device, address);
            0
        }
        Err(status) => status,
    }
}

extern "win64" fn IoDeleteDevice(device: usize) {
    let world = cross("IoDeleteDevice", APC);
    io::delete_device(&world, device);
}

extern "win64" fn IoCreateSymbolicLink(link: usize, target: usize) -> i32 {
    let world = cross("IoCreateSymbolicLink", PASSIVE);
    io::create_link(&world, &raw::text(link), &raw::text(target))
}

extern "win64" fn IoDeleteSymbolicLink(link: usize) -> i32 {
    let world = cross("IoDeleteSymbolicLink", PASSIVE);
    io::delete_link(&world, &raw::text(link))
}

extern "win64" fn IofCompleteRequest(request: usize, _boost: i8) {
    let world = cross("IofCompleteRequest", DISPATCH);
    io::complete(&world, request);
}

extern "win64" fn IoAcquireCancelSpinLock(irql: usize) {
    let world = cross("IoAcquireCancelSpinLock", DISPATCH);
    raw::put(irql, io::acquire_cancel_lock(&world));
}

extern "win64" fn IoReleaseCancelSpinLock(irql: u8) {
    let world = cross("IoReleaseCancelSpinLock", DISPATCH);
    io::release_cancel_lock(&world, irql);
}

// The next four are inline in the headers; some drivers import them all the same.

extern "win64" fn IoGetCurrentIrpStackLocation(request: usize) -> usize {
    let _ = cross("IoGetCurrentIrpStackLocation", ANY);
    irp::current_location(request)
}

extern "win64" fn IoMarkIrpPending(request: usize) {
    let _ = cross("IoMarkIrpPending", DISPATCH);
    irp::mark_pending(request);
}

extern "win64" fn IoSetCancelRoutine(request: usize, routine: usize) -> usize {
    let _ = cross("IoSetCancelRoutine", DISPATCH);
    irp::set_cancel_routine(request, routine)
}

/// Every user here is a 64-bit process.
extern "win64" fn IoIs32bitProcess(_request: usize) -> u8 {
    let _ = cross("IoIs32bitProcess", ANY);
    0
}

/// Users here pass buffers that are there; a probe that would raise an exception cannot happen.
extern "win64" fn ProbeForRead(_address: usize, _length: usize, _alignment: u32) {
    let _ = cross("ProbeForRead", APC);
}

extern "win64" fn ProbeForWrite(_address: usize, _length: usize, _alignment: u32) {
    let _ = cross("ProbeForWrite", APC);
}
