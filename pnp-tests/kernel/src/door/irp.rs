//! Devices, files and requests of the I/O manager in memory.

use super::irp_stack;
use super::layout::{
    device_object as dev, driver_object as drv, io_stack_location as loc, irp as at,
};
use crate::machine::block::Block;
use crate::machine::raw;

/// DO_DEVICE_INITIALIZING: nobody may open the device yet.
const INITIALIZING: u32 = 0x80;
/// DO_BUFFERED_IO, DO_DIRECT_IO.
const BUFFERED: u32 = 4;
const DIRECT: u32 = 0x10;
/// sizeof(FILE_OBJECT) on 64-bit Windows, and the fields that every file has (wdm.h).
const FILE_SIZE: usize = 216;
const FILE_DEVICE: usize = 8;
/// IO_TYPE_DEVICE, IO_TYPE_FILE.
const TYPE_DEVICE: u16 = 3;
const TYPE_FILE: u16 = 5;
/// More stack locations than any stack of devices has.
const MOST_LOCATIONS: i8 = 32;
/// SL_PENDING_RETURNED.
const PENDING_RETURNED: u8 = 1;
/// Number of IRP_MJ_ functions.
pub const MAJOR_FUNCTIONS: usize = 28;

fn zeroed(length: usize) -> Block {
    let mut block = Block::new(length, 16);
    block.write(0, &vec![0; length]);
    block
}

/// A DEVICE_OBJECT with its extension.
#[derive(Debug)]
pub struct DeviceObject {
    block: Block,
    _extension: Option<Block>,
    extension: usize,
}

impl DeviceObject {
    /// A device of the driver object at `driver`, first in the driver's list. `kind` is a FILE_DEVICE_ code.
    pub fn new(driver: usize, kind: u32, characteristics: u32, extension_bytes: usize) -> Self {
        let mut block = zeroed(dev::SIZEOF);
        let extension = (extension_bytes > 0).then(|| zeroed(extension_bytes));
        let address = extension.as_ref().map_or(0, Block::address);
        let size = u16::try_from(dev::SIZEOF + extension_bytes).unwrap_or(u16::MAX);
        block.write(dev::TYPE, &TYPE_DEVICE.to_le_bytes());
        block.write(dev::SIZE, &size.to_le_bytes());
        block.write(dev::DRIVER_OBJECT, &driver.to_le_bytes());
        block.write(dev::FLAGS, &INITIALIZING.to_le_bytes());
        block.write(dev::CHARACTERISTICS, &characteristics.to_le_bytes());
        block.write(dev::DEVICE_EXTENSION, &address.to_le_bytes());
        block.write(dev::DEVICE_TYPE, &kind.to_le_bytes());
        block.write(dev::STACK_SIZE, &[1]);
        let first: usize = raw::get(driver + drv::DEVICE_OBJECT);
        block.write(dev::NEXT_DEVICE, &first.to_le_bytes());
        raw::put(driver + drv::DEVICE_OBJECT, block.address());
        Self { block, _extension: extension, extension: address }
    }

    /// The address of the DEVICE_OBJECT.
    pub fn address(&self) -> usize {
        self.block.address()
    }

    /// The address of the device extension, 0 without one.
    pub fn extension(&self) -> usize {
        self.extension
    }

    /// Lets users in, as the I/O manager does after DriverEntry and NDIS for its devices at once.
    pub fn finish(&self) {
        let flags: u32 = raw::get(self.address() + dev::FLAGS);
        raw::put(self.address() + dev::FLAGS, flags & !INITIALIZING);
    }

    /// Whether nobody may open a device yet.
    pub fn is_initializing(device: usize) -> bool {
        raw::get::<u32>(device + dev::FLAGS) & INITIALIZING != 0
    }

    /// Whether a device's reads and writes go through a buffer of the system's.
    pub fn is_buffered(device: usize) -> bool {
        raw::get::<u32>(device + dev::FLAGS) & BUFFERED != 0
    }

    /// Whether a device's reads and writes are described by an MDL.
    pub fn is_direct(device: usize) -> bool {
        raw::get::<u32>(device + dev::FLAGS) & DIRECT != 0
    }

    /// The DRIVER_OBJECT of a device.
    pub fn driver(device: usize) -> usize {
        raw::get(device + dev::DRIVER_OBJECT)
    }

    /// The driver's routine for a major function, out of its driver object.
    pub fn routine(driver: usize, major: u8) -> usize {
        raw::get(driver + drv::MAJOR_FUNCTION + usize::from(major) * 8)
    }

    /// Takes the device out of the driver's list.
    pub fn unlink(&self, driver: usize) {
        let next: usize = raw::get(self.address() + dev::NEXT_DEVICE);
        let mut link = driver + drv::DEVICE_OBJECT;
        loop {
            match raw::get::<usize>(link) {
                0 => return,
                device if device == self.address() => return raw::put(link, next),
                device => link = device + dev::NEXT_DEVICE,
            }
        }
    }
}

/// A FILE_OBJECT.
#[derive(Debug)]
pub struct File {
    block: Block,
}

impl File {
    /// A file that is open on the DEVICE_OBJECT at `device`.
    pub fn new(device: usize) -> Self {
        let mut block = zeroed(FILE_SIZE);
        block.write(0, &TYPE_FILE.to_le_bytes());
        block.write(2, &u16::try_from(FILE_SIZE).unwrap_or(0).to_le_bytes());
        block.write(FILE_DEVICE, &device.to_le_bytes());
        Self { block }
    }

    /// The device of the FILE_OBJECT at `file`.
    pub fn device(file: usize) -> usize {
        raw::get(file + FILE_DEVICE)
    }

    /// The address of the FILE_OBJECT.
    pub fn address(&self) -> usize {
        self.block.address()
    }
}

/// The parameters of a request.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    /// The major function, IRP_MJ_.
    pub major: u8,
    /// IoControlCode.
    pub code: u32,
    /// The caller's data: the input of an IOCTL, the content of a write.
    pub input: Vec<u8>,
    /// The length of the caller's output buffer, bytes.
    pub output_length: usize,
}

/// How buffers are passed: the low bits of an IOCTL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Buffered,
    Direct,
    Neither,
}

/// An IRP of a user's and its buffers: a stack location for each device that it may pass, the highest of them filled.
#[derive(Debug)]
pub struct Irp {
    block: Block,
    buffers: Vec<Block>,
    location: usize,
}

impl Irp {
    /// A request for the DEVICE_OBJECT at `device` on the FILE_OBJECT at `file`; `buffered` says whether reads and
    /// writes go through a buffer of the system's.
    pub fn new(device: usize, file: usize, parameters: &Parameters, buffered: bool) -> Self {
        /// IRP_MJ_DEVICE_CONTROL.
        const DEVICE_CONTROL: u8 = 14;
        // As many as the device says, which a driver may have raised.
        let count = raw::get::<i8>(device + dev::STACK_SIZE).clamp(1, MOST_LOCATIONS);
        let bytes = irp_stack::size(count);
        let mut block = zeroed(bytes);
        irp_stack::initialise(block.address(), bytes, count);
        irp_stack::enter_next(block.address());
        let location = irp_stack::current(block.address());
        // UserMode.
        block.write(at::REQUESTOR_MODE, &[1]);
        block.write(at::ORIGINAL_FILE_OBJECT, &file.to_le_bytes());
        let filled = location - block.address();
        let mut place = |offset: usize, bytes: &[u8]| block.write(filled + offset, bytes);
        place(loc::MAJOR_FUNCTION, &[parameters.major]);
        place(loc::DEVICE_OBJECT, &device.to_le_bytes());
        place(loc::FILE_OBJECT, &file.to_le_bytes());
        let (input, output) = (parameters.input.len(), parameters.output_length);
        let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
        let is_control = parameters.major == DEVICE_CONTROL;
        if is_control {
            place(loc::OUTPUT_BUFFER_LENGTH, &length(output));
            place(loc::INPUT_BUFFER_LENGTH, &length(input));
            place(loc::IO_CONTROL_CODE, &parameters.code.to_le_bytes());
        } else {
            // Parameters.Read and .Write begin with the length.
            place(loc::OUTPUT_BUFFER_LENGTH, &length(input.max(output)));
        }
        let method = match (is_control, parameters.code & 3) {
            (true, 0) => Method::Buffered,
            (true, 1 | 2) => Method::Direct,
            (false, _) if buffered => Method::Buffered,
            _ => Method::Neither,
        };
        let mut irp = Self { block, buffers: Vec::new(), location };
        irp.attach(method, &parameters.input, output);
        irp
    }

    fn attach(&mut self, method: Method, input: &[u8], output: usize) {
        let mut buffer = |contents: &[u8], length: usize| {
            if length == 0 {
                return 0;
            }
            let mut block = match method {
                Method::Neither => Block::of_user(length, 16),
                Method::Buffered | Method::Direct => Block::new(length, 16),
            };
            block.write(0, &vec![0; length]);
            block.write(0, contents);
            let address = block.address();
            self.buffers.push(block);
            address
        };
        match method {
            Method::Buffered => {
                let address = buffer(input, input.len().max(output));
                self.block.write(at::SYSTEM_BUFFER, &address.to_le_bytes());
            }
            Method::Direct => {
                let system = buffer(input, input.len());
                let target = buffer(&[], output);
                self.block.write(at::SYSTEM_BUFFER, &system.to_le_bytes());
                if output > 0 {
                    let mdl = super::structure::mdl_over(target, output, 0);
                    self.block.write(at::MDL_ADDRESS, &mdl.address().to_le_bytes());
                    self.buffers.push(mdl);
                }
            }
            Method::Neither => {
                let (source, target) = (buffer(input, input.len()), buffer(&[], output));
                self.block.write(at::USER_BUFFER, &target.to_le_bytes());
                raw::put(self.location + loc::TYPE3_INPUT_BUFFER, source);
            }
        }
    }

    /// The address of the IRP.
    pub fn address(&self) -> usize {
        self.block.address()
    }

    /// The status that the driver left in IoStatus.
    pub fn status(&self) -> i32 {
        raw::get(self.address() + at::IO_STATUS)
    }

    /// The Information that the driver left in IoStatus.
    pub fn information(&self) -> usize {
        raw::get(self.address() + at::IO_STATUS + 8)
    }

    /// IoMarkIrpPending was called by the highest driver.
    pub fn is_marked_pending(&self) -> bool {
        raw::get::<u8>(self.location + loc::CONTROL) & PENDING_RETURNED != 0
    }

    /// The highest driver has it, and none below.
    pub fn is_at_the_top(&self) -> bool {
        irp_stack::current(self.address()) == self.location
    }

    /// Makes the IRP inaccessible: it is completed, and nobody may touch it from here on.
    pub fn seal(&self) {
        self.block.seal();
    }
}

/// The mark of IoMarkIrpPending, set.
pub fn mark_pending(irp: usize) {
    let location: usize = raw::get(irp + at::CURRENT_STACK_LOCATION);
    let control = location + loc::CONTROL;
    raw::put(control, raw::get::<u8>(control) | PENDING_RETURNED);
}

/// IoSetCancelRoutine: gives the routine that was set before.
pub fn set_cancel_routine(irp: usize, routine: usize) -> usize {
    let before = raw::get(irp + at::CANCEL_ROUTINE);
    raw::put(irp + at::CANCEL_ROUTINE, routine);
    before
}
