//! Requests that a driver makes and sends to devices.
#![allow(non_snake_case, reason = "Windows names")]

use super::mdl;
use crate::door::crossing::{Crossing, cross};
use crate::door::exports::exports;
use crate::door::irp::DeviceObject;
use crate::door::irp_stack::{self, Completion};
use crate::door::layout::{device_object as dev, io_stack_location as loc, irp as at};
use crate::machine::raw;
use crate::nt::irp::{self, Maker};
use crate::nt::pool::{self, PoolRequest};
use crate::nt::{io, thread};

exports! {
    IoAllocateIrp: le DISPATCH, fails NULL by allocation, since 2195, "ddi:wdm/nf-wdm-ioallocateirp";
    IoBuildAsynchronousFsdRequest: le APC, fails NULL by allocation, since 2195,
        "ddi:wdm/nf-wdm-iobuildasynchronousfsdrequest";
    IoBuildDeviceIoControlRequest: le APC, fails NULL by allocation, since 2195,
        "ddi:wdm/nf-wdm-iobuilddeviceiocontrolrequest";
    IoBuildSynchronousFsdRequest: le APC, fails NULL by allocation, since 2195,
        "ddi:wdm/nf-wdm-iobuildsynchronousfsdrequest";
    IoCallDriver = IofCallDriver: le DISPATCH, calls back, since 2195,
        "ddi:wdm/nf-wdm-iocalldriver";
    IoCancelIrp: le DISPATCH, fails FALSE, calls back, since 2195, "ddi:wdm/nf-wdm-iocancelirp";
    IoFreeIrp: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-iofreeirp";
    IoInitializeIrp: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-ioinitializeirp";
    IoReuseIrp: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-ioreuseirp";
    IoSetCompletionRoutineEx: le DISPATCH, fails STATUS_INSUFFICIENT_RESOURCES by allocation,
        since 2600, "ddi:wdm/nf-wdm-iosetcompletionroutineex";
    IofCallDriver: le DISPATCH, calls back, since 2195, "ddi:wdm/nf-wdm-iofcalldriver";
}

extern "win64" fn IoAllocateIrp(count: i8, _charge_quota: u8) -> usize {
    let world = cross();
    irp::allocate(&world, count, Maker::Driver).unwrap_or(0)
}

extern "win64" fn IoInitializeIrp(irp: usize, bytes: u16, count: i8) {
    let world = cross();
    irp::initialise(&world, irp, usize::from(bytes), count);
}

extern "win64" fn IoReuseIrp(irp: usize, status: i32) {
    let _ = cross();
    irp_stack::reuse(irp, status);
}

extern "win64" fn IoFreeIrp(irp: usize) {
    let world = cross();
    irp::free(&world, irp);
}

extern "win64" fn IofCallDriver(device: usize, irp: usize) -> i32 {
    let world = cross();
    irp::call(&world, device, irp)
}

extern "win64" fn IoCancelIrp(irp: usize) -> u8 {
    let world = cross();
    u8::from(irp::cancel(&world, irp))
}

extern "win64" fn IoSetCompletionRoutineEx(
    _device: usize,
    irp: usize,
    routine: usize,
    context: usize,
    on_success: u8,
    on_error: u8,
    on_cancel: u8,
) -> i32 {
    let world = cross();
    if world.faults.next_allocation_fails() {
        return io::NO_RESOURCES;
    }
    let when = [on_success, on_error, on_cancel].map(|when| when != 0);
    irp_stack::set_completion(irp, Completion { routine, context }, when);
    0
}

/// A request for a device, and its stack location for the device's driver.
struct New<'a> {
    world: &'a Crossing,
    irp: usize,
    location: usize,
}

impl<'a> New<'a> {
    fn for_device(world: &'a Crossing, device: usize, major: u8, maker: Maker) -> Option<Self> {
        let irp = irp::allocate(world, raw::get(device + dev::STACK_SIZE), maker)?;
        let location = irp_stack::next(irp);
        raw::put(location + loc::MAJOR_FUNCTION, major);
        let thread = thread::with_current(world, |thread| thread.object);
        raw::put(irp + at::THREAD, thread);
        Some(Self { world, irp, location })
    }

    /// A buffer of the system's that begins with `input`, and is copied to `output` if that is not NULL.
    fn buffer(&self, input: &[u8], length: usize, output: usize) -> Option<()> {
        if length == 0 {
            return Some(());
        }
        let ask =
            PoolRequest { bytes: length, tag: *b"Io  ", zeroed: false, paged: false, owner: None };
        let buffer = pool::allocate(self.world, ask)?;
        raw::write(buffer, input);
        raw::put(self.irp + at::SYSTEM_BUFFER, buffer);
        raw::put(self.irp + at::USER_BUFFER, output);
        let copied = if output == 0 { 0 } else { irp::INPUT };
        raw::put(self.irp + at::FLAGS, irp::BUFFERED | copied);
        Some(())
    }

    /// An MDL over locked pages of the caller's.
    fn describe(&self, buffer: usize, length: u32) -> Option<()> {
        let mdl = Some(mdl::allocate(self.world, buffer, length)).filter(|mdl| *mdl != 0)?;
        mdl::lock(mdl);
        raw::put(self.irp + at::MDL_ADDRESS, mdl);
        Some(())
    }

    /// Where the I/O manager says what came of it.
    fn report_to(&self, block: usize, event: usize) {
        raw::put(self.irp + at::USER_IOSB, block);
        raw::put(self.irp + at::USER_EVENT, event);
    }

    /// The request, or NULL after a part of it was not to be had.
    fn whole(self, made: Option<()>) -> usize {
        if made.is_some() {
            return self.irp;
        }
        let buffer: usize = raw::get(self.irp + at::SYSTEM_BUFFER);
        if buffer != 0 {
            pool::free(self.world, buffer, None);
        }
        irp::discard(self.world, self.irp);
        0
    }
}

extern "win64" fn IoBuildDeviceIoControlRequest(
    code: u32,
    device: usize,
    input: usize,
    input_length: u32,
    output: usize,
    output_length: u32,
    internal: u8,
    event: usize,
    status_block: usize,
) -> usize {
    /// The low bits of a control code.
    const BUFFERED: u32 = 0;
    const NEITHER: u32 = 3;
    let world = cross();
    let major = if internal == 0 { io::DEVICE_CONTROL } else { io::INTERNAL_DEVICE_CONTROL };
    let Some(new) = New::for_device(&world, device, major, Maker::Thread) else { return 0 };
    raw::put(new.location + loc::OUTPUT_BUFFER_LENGTH, output_length);
    raw::put(new.location + loc::INPUT_BUFFER_LENGTH, input_length);
    raw::put(new.location + loc::IO_CONTROL_CODE, code);
    new.report_to(status_block, event);
    let (room, data) = (output_length as usize, input_length as usize);
    let made = match code & 3 {
        BUFFERED => new.buffer(&raw::bytes(input, data), data.max(room), output),
        NEITHER => {
            raw::put(new.irp + at::USER_BUFFER, output);
            raw::put(new.location + loc::TYPE3_INPUT_BUFFER, input);
            Some(())
        }
        _ => {
            let has_input =
                if input == 0 { Some(()) } else { new.buffer(&raw::bytes(input, data), data, 0) };
            has_input.and_then(|()| {
                if output == 0 { Some(()) } else { new.describe(output, output_length) }
            })
        }
    };
    new.whole(made)
}

/// What is passed on to a device for a read or write, and where.
struct Transfer {
    buffer: usize,
    length: u32,
    offset: usize,
}

/// Where its outcome goes: the status block, the event.
type Outcome = [usize; 2];

fn build(
    world: &Crossing,
    major: u32,
    device: usize,
    transfer: &Transfer,
    [block, event]: Outcome,
    maker: Maker,
) -> usize {
    let major = u8::try_from(major).unwrap_or(u8::MAX);
    let Some(new) = New::for_device(world, device, major, maker) else { return 0 };
    new.report_to(block, event);
    let Transfer { buffer, length, offset } = *transfer;
    if ![io::READ, io::WRITE].contains(&major) {
        return new.irp;
    }
    raw::put(new.location + loc::OUTPUT_BUFFER_LENGTH, length);
    if offset != 0 {
        raw::put(new.location + loc::BYTE_OFFSET, raw::get::<i64>(offset));
    }
    let made = if DeviceObject::is_buffered(device) {
        let bytes = length as usize;
        if major == io::WRITE {
            new.buffer(&raw::bytes(buffer, bytes), bytes, 0)
        } else {
            new.buffer(&[], bytes, buffer)
        }
    } else if DeviceObject::is_direct(device) {
        new.describe(buffer, length)
    } else {
        raw::put(new.irp + at::USER_BUFFER, buffer);
        Some(())
    };
    new.whole(made)
}

extern "win64" fn IoBuildAsynchronousFsdRequest(
    major: u32,
    device: usize,
    buffer: usize,
    length: u32,
    offset: usize,
    status_block: usize,
) -> usize {
    let world = cross();
    let transfer = Transfer { buffer, length, offset };
    build(&world, major, device, &transfer, [status_block, 0], Maker::Driver)
}

extern "win64" fn IoBuildSynchronousFsdRequest(
    major: u32,
    device: usize,
    buffer: usize,
    length: u32,
    offset: usize,
    event: usize,
    status_block: usize,
) -> usize {
    let world = cross();
    let transfer = Transfer { buffer, length, offset };
    build(&world, major, device, &transfer, [status_block, event], Maker::Thread)
}

#[cfg(test)]
mod tests;
