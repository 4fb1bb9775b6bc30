//! Files, and devices of others: there are none, and a driver is told so. Its own devices it can open.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::{Crossing, cross};
use crate::door::exports::exports;
use crate::machine::raw;
use crate::nt::io::{self, NOT_FOUND};

exports! {
    IoGetDeviceObjectPointer: le PASSIVE, fails NTSTATUS by call, calls back, since 2195,
        "ddi:wdm/nf-wdm-iogetdeviceobjectpointer";
    ZwCreateFile: le PASSIVE, fails NTSTATUS by call, since 2195, "ddi:wdm/nf-wdm-zwcreatefile";
    ZwOpenFile: le PASSIVE, fails NTSTATUS by call, since 2195, "ddi:wdm/nf-wdm-zwopenfile";
    ZwQueryInformationFile: le PASSIVE, fails NTSTATUS, since 2195,
        "ddi:wdm/nf-wdm-zwqueryinformationfile";
    ZwReadFile: le PASSIVE, fails NTSTATUS, since 2195, "ddi:wdm/nf-wdm-zwreadfile";
    ZwSetInformationFile: le PASSIVE, fails NTSTATUS, since 2195,
        "ddi:wdm/nf-wdm-zwsetinformationfile";
    ZwWriteFile: le PASSIVE, fails NTSTATUS, since 2195, "ddi:wdm/nf-wdm-zwwritefile";
}

const INVALID_HANDLE: i32 = 0xC000_0008_u32.cast_signed();

/// What the output holds when nothing is found: no handle, no object.
fn nothing(world: &Crossing, out: usize) -> i32 {
    raw::put(out, 0_usize);
    world.fails().unwrap_or(NOT_FOUND)
}

/// Only the driver's own devices have names here.
extern "win64" fn IoGetDeviceObjectPointer(
    name: usize,
    _access: u32,
    file: usize,
    device: usize,
) -> i32 {
    let world = cross();
    raw::put(device, 0_usize);
    raw::put(file, 0_usize);
    if let Some(status) = world.fails() {
        return status;
    }
    match io::open_by_name(&world, &raw::text(name)) {
        Ok((opened, highest)) => {
            raw::put(file, opened);
            raw::put(device, highest);
            0
        }
        Err(status) => status,
    }
}

/// The eleven arguments behind the handle do not matter: no name leads anywhere.
extern "win64" fn ZwCreateFile(handle: usize) -> i32 {
    let world = cross();
    nothing(&world, handle)
}

extern "win64" fn ZwOpenFile(handle: usize) -> i32 {
    let world = cross();
    nothing(&world, handle)
}

/// No handle names a file.
extern "win64" fn ZwReadFile(_handle: usize) -> i32 {
    let _ = cross();
    INVALID_HANDLE
}

extern "win64" fn ZwWriteFile(_handle: usize) -> i32 {
    let _ = cross();
    INVALID_HANDLE
}

extern "win64" fn ZwQueryInformationFile(_handle: usize) -> i32 {
    let _ = cross();
    INVALID_HANDLE
}

extern "win64" fn ZwSetInformationFile(_handle: usize) -> i32 {
    let _ = cross();
    INVALID_HANDLE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::world::sample::machine;

    #[test]
    fn nothing_is_found_and_outputs_say_so() {
        machine(0, |_| {
            let out = Block::of([1_usize, 1]);
            let (file, device) = (out.address(), out.address() + 8);
            assert_eq!(IoGetDeviceObjectPointer(0, 0, file, device), NOT_FOUND);
            assert_eq!(raw::get::<[usize; 2]>(file), [0, 0]);
            assert_eq!(ZwCreateFile(file), NOT_FOUND);
            assert_eq!(ZwReadFile(4), INVALID_HANDLE);
        });
    }
}
