//! The structures that the I/O manager hands to the image, built byte by byte in memory that ends
//! where they end.

use std::ptr;

use driver_abi::io::{DRIVER_OBJECT, DRIVER_UNLOAD};
use driver_abi::nt::UNICODE_STRING;

use super::layout::mdl;
use crate::machine::block::Block;
use crate::machine::raw::pointer;

/// MDL_SOURCE_IS_NONPAGED_POOL (wdm.h): MappedSystemVa is valid, so MmGetSystemAddressForMdlSafe
/// reads it inline.
const NONPAGED: u16 = 4;

/// A UNICODE_STRING and its text, not terminated.
pub fn unicode_string(text: &str) -> [Block; 2] {
    counted(text, &[])
}

/// A UNICODE_STRING whose text has a NUL behind its Length, as the strings of NDIS have.
pub fn terminated_string(text: &str) -> [Block; 2] {
    counted(text, &[0, 0])
}

/// A UNICODE_STRING over a text and what stands in the same memory behind it, which ends there.
fn counted(text: &str, behind: &[u8]) -> [Block; 2] {
    let mut bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let length = u16::try_from(bytes.len()).expect("names are short");
    bytes.extend(behind);
    let room = u16::try_from(bytes.len()).expect("names are short");
    let buffer = Block::with(&bytes, false);
    let string =
        UNICODE_STRING { Length: length, MaximumLength: room, Buffer: pointer(buffer.address()) };
    [Block::of(string), buffer]
}

/// A DRIVER_OBJECT.
#[derive(Debug)]
pub struct DriverObject {
    block: Block,
}

impl DriverObject {
    /// A driver object without devices and routines.
    #[expect(clippy::new_without_default, reason = "it maps memory: not a default of anything")]
    pub fn new() -> Self {
        let empty = UNICODE_STRING { Length: 0, MaximumLength: 0, Buffer: ptr::null_mut() };
        let object = DRIVER_OBJECT {
            Type: 4,
            Size: 336,
            DeviceObject: ptr::null_mut(),
            Flags: 0,
            DriverStart: ptr::null_mut(),
            DriverSize: 0,
            DriverSection: ptr::null_mut(),
            DriverExtension: ptr::null_mut(),
            DriverName: empty,
            HardwareDatabase: ptr::null_mut(),
            FastIoDispatch: ptr::null_mut(),
            DriverInit: None,
            DriverStartIo: ptr::null_mut(),
            DriverUnload: None,
            MajorFunction: [ptr::null_mut(); 28],
        };
        Self { block: Block::of(object) }
    }

    /// The address of the DRIVER_OBJECT.
    pub fn address(&self) -> usize {
        self.block.address()
    }

    /// The routine that the driver left in DriverUnload.
    pub fn unload(&self) -> Option<DRIVER_UNLOAD> {
        let object: *const DRIVER_OBJECT = pointer(self.block.address());
        // SAFETY: our own block, which holds a DRIVER_OBJECT; the image may have written fields but
        // any bits are a valid optional address.
        unsafe { (*object).DriverUnload }
    }
}

/// An MDL over non-paged memory of the host's, in a block of its own.
pub fn mdl_over(address: usize, length: usize, next: usize) -> Block {
    Block::with(&mdl_bytes(address, length, next), false)
}

/// The bytes of an MDL over non-paged memory of the host's.
pub fn mdl_bytes(address: usize, length: usize, next: usize) -> [u8; mdl::SIZEOF] {
    const PAGE: usize = 4096;
    let mut bytes = [0; mdl::SIZEOF];
    let mut write = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
    write(mdl::NEXT, &next.to_le_bytes());
    write(mdl::SIZE, &(48_u16).to_le_bytes());
    write(mdl::MDL_FLAGS, &NONPAGED.to_le_bytes());
    write(mdl::MAPPED_SYSTEM_VA, &address.to_le_bytes());
    write(mdl::START_VA, &(address & !(PAGE - 1)).to_le_bytes());
    let count = u32::try_from(length).expect("buffers are small");
    write(mdl::BYTE_COUNT, &count.to_le_bytes());
    let offset = u32::try_from(address % PAGE).expect("within a page");
    write(mdl::BYTE_OFFSET, &offset.to_le_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::raw;

    #[test]
    fn a_string_of_ndis_is_terminated_behind_its_length_and_its_memory_ends_there() {
        let lengths = |[string, text]: [Block; 2]| {
            let field = |offset| raw::get::<u16>(string.address() + offset);
            (field(0), field(2), text.len())
        };
        assert_eq!(lengths(unicode_string("eth0")), (8, 8, 8));
        let made = terminated_string("eth0");
        assert_eq!(raw::get::<u16>(made[1].address() + 8), 0);
        assert_eq!(lengths(made), (8, 10, 10));
    }
}
