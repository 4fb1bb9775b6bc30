//! Devices one above the other.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::cross;
use crate::door::exports::exports;
use crate::door::irp::{DeviceObject, File};
use crate::door::irp_stack;
use crate::machine::raw;
use crate::nt::{io, object};

exports! {
    IoAttachDevice: le PASSIVE, fails NTSTATUS by call, calls back, since 2195,
        "ddi:wdm/nf-wdm-ioattachdevice";
    IoAttachDeviceToDeviceStack: le DISPATCH, fails NULL, since 2195,
        "ddi:wdm/nf-wdm-ioattachdevicetodevicestack";
    IoAttachDeviceToDeviceStackSafe: le DISPATCH, fails STATUS_NO_SUCH_DEVICE, since 2600,
        "ddi:ntddk/nf-ntddk-ioattachdevicetodevicestacksafe";
    IoDetachDevice: le PASSIVE, since 2195, "ddi:wdm/nf-wdm-iodetachdevice";
    IoGetAttachedDevice: le DISPATCH, since 2195, "ddi:ntifs/nf-ntifs-iogetattacheddevice";
    IoGetAttachedDeviceReference: le DISPATCH, since 2195,
        "ddi:wdm/nf-wdm-iogetattacheddevicereference";
    IoGetRelatedDeviceObject: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-iogetrelateddeviceobject";
}

/// Puts a device above another, unless nobody may open that one yet.
fn attach(device: usize, target: usize) -> Option<usize> {
    let is_ready = !DeviceObject::is_initializing(irp_stack::highest(target));
    is_ready.then(|| irp_stack::attach(device, target))
}

/// The target is opened, and closed again when the attachment holds it.
extern "win64" fn IoAttachDevice(device: usize, target: usize, attached_to: usize) -> i32 {
    let world = cross();
    raw::put(attached_to, 0_usize);
    if let Some(status) = world.fails() {
        return status;
    }
    let (file, highest) = match io::open_by_name(&world, &raw::text(target)) {
        Ok(opened) => opened,
        Err(status) => return status,
    };
    let below = attach(device, highest);
    raw::put(attached_to, below.unwrap_or(0));
    object::dereference(&world, file);
    io::unreferenced(&world, file);
    if below.is_some() { 0 } else { io::NO_SUCH_DEVICE }
}

extern "win64" fn IoAttachDeviceToDeviceStack(device: usize, target: usize) -> usize {
    let _ = cross();
    attach(device, target).unwrap_or(0)
}

extern "win64" fn IoAttachDeviceToDeviceStackSafe(
    device: usize,
    target: usize,
    attached_to: usize,
) -> i32 {
    let _ = cross();
    match attach(device, target) {
        Some(below) => {
            raw::put(attached_to, below);
            0
        }
        None => io::NO_SUCH_DEVICE,
    }
}

extern "win64" fn IoDetachDevice(below: usize) {
    let _ = cross();
    irp_stack::detach(below);
}

extern "win64" fn IoGetAttachedDevice(device: usize) -> usize {
    let _ = cross();
    irp_stack::highest(device)
}

extern "win64" fn IoGetAttachedDeviceReference(device: usize) -> usize {
    let world = cross();
    let highest = irp_stack::highest(device);
    object::reference(&world, highest);
    highest
}

extern "win64" fn IoGetRelatedDeviceObject(file: usize) -> usize {
    let _ = cross();
    irp_stack::highest(File::device(file))
}
