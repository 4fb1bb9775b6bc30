//! Devices and requests.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::cross;
use crate::door::exports::exports;
use crate::machine::raw;
use crate::nt::io::{self, NewDevice};

exports! {
    IoAcquireCancelSpinLock: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-ioacquirecancelspinlock";
    IoCreateDevice: le APC,
        fails STATUS_INSUFFICIENT_RESOURCES | STATUS_OBJECT_NAME_COLLISION by allocation,
        since 2195, "ddi:wdm/nf-wdm-iocreatedevice";
    IoCreateSymbolicLink: le PASSIVE, fails NTSTATUS by call, since 2195,
        "ddi:wdm/nf-wdm-iocreatesymboliclink";
    IoCreateUnprotectedSymbolicLink = IoCreateSymbolicLink: le PASSIVE, fails NTSTATUS by call,
        since 2195, "ddi:wdm/nf-wdm-iocreateunprotectedsymboliclink";
    IoDeleteDevice: le APC, since 2195, "ddi:wdm/nf-wdm-iodeletedevice";
    IoDeleteSymbolicLink: le PASSIVE, fails NTSTATUS, since 2195,
        "ddi:wdm/nf-wdm-iodeletesymboliclink";
    IoIs32bitProcess: le ANY, since 3790, "ddi:wdm/nf-wdm-iois32bitprocess";
    IoReleaseCancelSpinLock: at DISPATCH, since 2195, "ddi:wdm/nf-wdm-ioreleasecancelspinlock";
    IofCompleteRequest: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-iocompleterequest";
    IoCompleteRequest = IofCompleteRequest: le DISPATCH, since 2195,
        "ddi:wdm/nf-wdm-iocompleterequest";
}

extern "win64" fn IoCreateDevice(
    driver: usize,
    extension_bytes: u32,
    name: usize,
    kind: u32,
    characteristics: u32,
    _exclusive: u8,
    device: usize,
) -> i32 {
    let world = cross();
    let wanted = NewDevice {
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
    let world = cross();
    io::delete_device(&world, device);
}

extern "win64" fn IoCreateSymbolicLink(link: usize, target: usize) -> i32 {
    let world = cross();
    io::create_link(&world, &raw::text(link), &raw::text(target))
}

extern "win64" fn IoDeleteSymbolicLink(link: usize) -> i32 {
    let world = cross();
    io::delete_link(&world, &raw::text(link))
}

extern "win64" fn IofCompleteRequest(request: usize, _boost: i8) {
    let world = cross();
    io::complete(&world, request);
}

extern "win64" fn IoAcquireCancelSpinLock(irql: usize) {
    let world = cross();
    raw::put(irql, io::acquire_cancel_lock(&world));
}

extern "win64" fn IoReleaseCancelSpinLock(irql: u8) {
    let world = cross();
    io::release_cancel_lock(&world, irql);
}

/// Every user here is a 64-bit process.
extern "win64" fn IoIs32bitProcess(_request: usize) -> u8 {
    let _ = cross();
    0
}
