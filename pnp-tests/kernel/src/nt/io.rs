//! The I/O manager: control devices, links to them, files that a user has open, requests.

use std::collections::BTreeMap;

use crate::door::irp::{DeviceObject, File, Irp, Parameters};
use crate::door::irp_stack;
use crate::world::{World, resource};
use journal::{IoFact, KernelFact};

use super::{irp, object};

/// STATUS_PENDING and errors of the I/O manager's.
pub const PENDING: i32 = 0x103;
/// STATUS_OBJECT_NAME_COLLISION.
pub const NAME_COLLISION: i32 = 0xC000_0035_u32.cast_signed();
/// STATUS_OBJECT_NAME_NOT_FOUND.
pub const NOT_FOUND: i32 = 0xC000_0034_u32.cast_signed();
/// STATUS_INSUFFICIENT_RESOURCES.
pub const NO_RESOURCES: i32 = 0xC000_009A_u32.cast_signed();
/// STATUS_NO_SUCH_DEVICE.
pub const NO_SUCH_DEVICE: i32 = 0xC000_000E_u32.cast_signed();
const INVALID_REQUEST: i32 = 0xC000_0010_u32.cast_signed();

/// IRP_MJ_ codes.
pub const CREATE: u8 = 0;
/// IRP_MJ_CLOSE.
pub const CLOSE: u8 = 2;
/// IRP_MJ_READ.
pub const READ: u8 = 3;
/// IRP_MJ_WRITE.
pub const WRITE: u8 = 4;
/// IRP_MJ_DEVICE_CONTROL.
pub const DEVICE_CONTROL: u8 = 14;
/// IRP_MJ_INTERNAL_DEVICE_CONTROL.
pub const INTERNAL_DEVICE_CONTROL: u8 = 15;
/// IRP_MJ_CLEANUP.
pub const CLEANUP: u8 = 18;

/// The bits of a control code that say how buffers are passed, and one of their values.
const METHOD: u32 = 3;
const METHOD_BUFFERED: u32 = 0;

/// The state of the I/O manager.
#[derive(Debug, Default)]
pub struct Io {
    devices: Vec<Device>,
    /// Link to device, both in capitals.
    links: BTreeMap<String, String>,
    irps: BTreeMap<usize, Pending>,
    next_irp: u32,
    /// Files that the driver has opened and holds by a reference.
    opened: BTreeMap<usize, Handle>,
}

#[derive(Debug)]
struct Device {
    /// In capitals; empty for a device without a name.
    name: String,
    object: DeviceObject,
    driver: usize,
    /// Of a device that NDIS made: its routines by major function.
    routines: Option<Vec<usize>>,
}

#[derive(Debug)]
struct Pending {
    number: u32,
    file: usize,
    irp: Irp,
    /// How much the I/O manager copies to the user at most; none where it copies nothing.
    room: Option<usize>,
    completed: Option<Completed>,
    /// The answer of the highest driver, for a request that was with a lower one then.
    answered: Option<i32>,
}

/// What a request said when it was completed; it cannot be looked at later.
#[derive(Clone, Copy, Debug)]
struct Completed {
    marked_pending: bool,
}

/// The properties of a device that is to be created.
pub struct NewDevice {
    /// The device's name; empty for a device without one.
    pub name: String,
    /// The FILE_DEVICE_ code.
    pub kind: u32,
    /// The FILE_ characteristics.
    pub characteristics: u32,
    /// The size of the device extension, bytes.
    pub extension_bytes: usize,
    /// The address of the DRIVER_OBJECT.
    pub driver: usize,
    /// The routines by major function, where the device has its own; `None` for those of the driver object.
    pub routines: Option<Vec<usize>>,
}

fn record(world: &World, fact: IoFact) {
    world.record(KernelFact::Io(fact));
}

/// A name as the object manager compares it: capitals, `\??\` for `\DosDevices\`.
fn canonical(name: &str) -> String {
    let name = name.to_uppercase();
    match name.strip_prefix("\\DOSDEVICES\\") {
        Some(rest) => format!("\\??\\{rest}"),
        None => name,
    }
}

/// Makes a device; its object's address, or a status.
pub fn create_device(world: &World, wanted: NewDevice) -> Result<usize, i32> {
    let name = canonical(&wanted.name);
    let taken = world.of::<Io>().borrow().devices.iter().any(|device| device.name == name);
    if taken && !name.is_empty() {
        return Err(NAME_COLLISION);
    }
    if world.faults.next_allocation_fails() {
        return Err(NO_RESOURCES);
    }
    let NewDevice { kind, characteristics, extension_bytes, driver, routines, .. } = wanted;
    let object = DeviceObject::new(driver, kind, characteristics, extension_bytes);
    if routines.is_some() {
        object.finish();
    }
    let address = object.address();
    world.of::<Io>().borrow_mut().devices.push(Device { name, object, driver, routines });
    resource::take(world, "device", address, None);
    record(world, IoFact::Device { name: wanted.name, created: true });
    Ok(address)
}

/// Takes a device away; false when there is none of this address.
pub fn delete_device(world: &World, address: usize) -> bool {
    if !resource::give(world, "device", address) {
        return false;
    }
    let device = {
        let mut io = world.of::<Io>().borrow_mut();
        let at = io.devices.iter().position(|device| device.object.address() == address);
        at.map(|at| io.devices.remove(at))
    };
    if let Some(device) = device {
        device.object.unlink(device.driver);
        record(world, IoFact::Device { name: device.name, created: false });
    }
    true
}

/// The extension of a device.
pub fn extension(world: &World, address: usize) -> usize {
    let io = world.of::<Io>().borrow();
    let device = io.devices.iter().find(|device| device.object.address() == address);
    device.map_or(0, |device| device.object.extension())
}

/// IoCreateSymbolicLink.
pub fn create_link(world: &World, link: &str, target: &str) -> i32 {
    let (name, target) = (canonical(link), canonical(target));
    if world.of::<Io>().borrow().links.contains_key(&name) {
        return NAME_COLLISION;
    }
    if let Some(status) = world.faults.next_call_fails("IoCreateSymbolicLink") {
        return status;
    }
    world.of::<Io>().borrow_mut().links.insert(name.clone(), target);
    resource::take(world, "symbolic link", link_key(&name), None);
    0
}

/// IoDeleteSymbolicLink.
pub fn delete_link(world: &World, link: &str) -> i32 {
    let name = canonical(link);
    if world.of::<Io>().borrow_mut().links.remove(&name).is_none() {
        return NOT_FOUND;
    }
    resource::give(world, "symbolic link", link_key(&name));
    0
}

/// A number for a name, the same every time (FNV-1a).
fn link_key(name: &str) -> usize {
    name.bytes().fold(0xCBF2_9CE4_8422_2325, |hash: usize, byte| {
        (hash ^ usize::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// DriverEntry has succeeded: its devices may be opened.
pub fn driver_started(world: &World) {
    for device in &world.of::<Io>().borrow().devices {
        device.object.finish();
    }
}

/// The driver is gone, and its devices with it: what is left of them nobody can open.
pub fn forget(world: &World) {
    *world.of::<Io>().borrow_mut() = Io::default();
    irp::forget(world);
}

/// The first device that a user can name.
pub fn reachable(world: &World) -> Option<usize> {
    let io = world.of::<Io>().borrow();
    io.links.values().find_map(|target| {
        let device = io.devices.iter().find(|device| device.name == *target)?;
        Some(device.object.address())
    })
}

/// The routine of a device's driver for a major function; 0 where it has none.
pub(super) fn routine(world: &World, device: usize, major: u8) -> usize {
    let own = {
        let io = world.of::<Io>().borrow();
        let found = io.devices.iter().find(|found| found.object.address() == device);
        let routines = found.and_then(|found| found.routines.as_ref());
        routines.map(|routines| routines.get(usize::from(major)).copied().unwrap_or(0))
    };
    own.unwrap_or_else(|| DeviceObject::routine(DeviceObject::driver(device), major))
}

/// Hands a request to the highest driver above a device; its status, which may be PENDING.
pub fn request(world: &World, device: usize, file: usize, parameters: &Parameters) -> i32 {
    let is_there = |io: &Io| io.devices.iter().any(|known| known.object.address() == device);
    if !is_there(&world.of::<Io>().borrow()) {
        return NOT_FOUND;
    }
    let device = irp_stack::highest(device);
    if routine(world, device, parameters.major) == 0 {
        return INVALID_REQUEST;
    }
    let buffered = DeviceObject::is_buffered(device);
    let room = match parameters.major {
        DEVICE_CONTROL if parameters.code & METHOD == METHOD_BUFFERED => {
            Some(parameters.output_length)
        }
        READ if buffered => Some(parameters.input.len().max(parameters.output_length)),
        _ => None,
    };
    let irp = Irp::new(device, file, parameters, buffered);
    let address = irp.address();
    let number = {
        let mut io = world.of::<Io>().borrow_mut();
        io.next_irp += 1;
        let number = io.next_irp;
        let completed = None;
        let pending = Pending { number, file, irp, room, completed, answered: None };
        io.irps.insert(address, pending);
        number
    };
    let status = irp::dispatch(world, device, address);
    record(world, IoFact::Dispatched { irp: number, status });
    judge(world, address, number, status);
    status
}

/// Whether what the dispatch routine returned fits what it did with the request.
fn judge(world: &World, irp: usize, number: u32, status: i32) {
    let (marked, completed) = {
        let mut io = world.of::<Io>().borrow_mut();
        let Some(pending) = io.irps.get_mut(&irp) else { return };
        // A completed request cannot be looked at any more; it was when it was completed. One that a driver below has
        // can be marked on its way up.
        let marked = match pending.completed {
            Some(completed) => Some(completed.marked_pending),
            None if pending.irp.is_at_the_top() => Some(pending.irp.is_marked_pending()),
            None => None,
        };
        if marked.is_none() {
            pending.answered = Some(status);
        }
        (marked, pending.completed.is_some())
    };
    if !completed && status != PENDING {
        record(world, IoFact::NotCompleted { irp: number, status });
    } else if let Some(marked) = marked.filter(|marked| *marked != (status == PENDING)) {
        record(world, IoFact::PendingMismatch { irp: number, marked, status });
    }
    if completed {
        world.of::<Io>().borrow_mut().irps.remove(&irp);
    }
}

/// IofCompleteRequest.
pub fn complete(world: &World, irp: usize) {
    let of_user = {
        let io = world.of::<Io>().borrow();
        io.irps.get(&irp).map(|pending| pending.completed.is_none())
    };
    let is_out = of_user.unwrap_or_else(|| irp::is_own(world, irp));
    if !is_out || irp_stack::is_past_the_end(irp) {
        return record(world, IoFact::NoSuchRequest);
    }
    let Some(marked_pending) = irp::ascend(world, irp) else { return };
    if of_user.is_none() {
        return irp::finish(world, irp, marked_pending);
    }
    let completed = {
        let mut io = world.of::<Io>().borrow_mut();
        io.irps.get_mut(&irp).map(|pending| {
            let (status, information) = (pending.irp.status(), pending.irp.information());
            pending.completed = Some(Completed { marked_pending });
            // A later touch of the request is a touch of freed memory.
            pending.irp.seal();
            // Nothing is copied for an error.
            let room = pending.room.filter(|_| status.cast_unsigned() >> 30 != 3);
            (pending.number, status, information, room, pending.answered)
        })
    };
    let Some((irp, status, information, room, answered)) = completed else { return };
    if let Some(answered) = answered.filter(|_| !marked_pending) {
        record(world, IoFact::PendingMismatch { irp, marked: false, status: answered });
    }
    if let Some(room) = room.filter(|room| information > *room) {
        let (information, room) = (information as u64, room as u64);
        record(world, IoFact::TooMuch { irp, information, room });
    }
    record(world, IoFact::Completed { irp, status });
}

/// Whether a request of a user's is out.
pub fn is_busy(world: &World) -> bool {
    world.of::<Io>().borrow().irps.values().any(|pending| pending.completed.is_none())
}

/// The user cancels what is out of a file: the oldest request first, as many as asked for.
pub fn cancel(world: &World, file: usize, most: usize) {
    let out: Vec<(usize, u32)> = {
        let io = world.of::<Io>().borrow();
        let of_file = io.irps.iter().filter(|(_, p)| p.file == file && p.completed.is_none());
        let mut out: Vec<_> = of_file.map(|(irp, p)| (*irp, p.number)).collect();
        out.sort_by_key(|(_, number)| *number);
        out
    };
    for (irp, number) in out.into_iter().take(most) {
        record(world, IoFact::Cancelled { irp: number });
        let io = world.of::<Io>().borrow();
        let is_out = io.irps.get(&irp).is_some_and(|pending| pending.completed.is_none());
        drop(io);
        if is_out {
            irp::cancel(world, irp);
        }
        world.of::<Io>().borrow_mut().irps.retain(|_, pending| pending.completed.is_none());
    }
}

/// IoAcquireCancelSpinLock: the IRQL before.
pub fn acquire_cancel_lock(world: &World) -> u8 {
    world.threads.current().irql.replace(crate::world::thread::DISPATCH)
}

/// IoReleaseCancelSpinLock.
pub fn release_cancel_lock(world: &World, irql: u8) {
    world.threads.current().irql.set(irql);
}

/// A file that a user has open.
#[derive(Debug)]
pub struct Handle {
    /// The address of the DEVICE_OBJECT.
    pub device: usize,
    file: File,
}

/// Opens a device; None when the driver refuses.
pub fn open(world: &World, device: usize) -> Option<Handle> {
    let file = File::new(device);
    let create = Parameters { major: CREATE, ..Parameters::default() };
    let status = request(world, device, file.address(), &create);
    (status == 0).then_some(Handle { device, file })
}

impl Handle {
    /// Sends a request on this file. Returns its status, or [`PENDING`].
    pub fn request(&self, world: &World, parameters: &Parameters) -> i32 {
        request(world, self.device, self.file.address(), parameters)
    }

    /// Cancels at most `most` pending requests of this file.
    pub fn cancel(&self, world: &World, most: usize) {
        cancel(world, self.file.address(), most);
    }

    /// Cleanup, then close. What is out after the cleanup will never come back.
    pub fn close(self, world: &World) {
        let _ = self.request(world, &Parameters { major: CLEANUP, ..Parameters::default() });
        let left: Vec<u32> = {
            let io = world.of::<Io>().borrow();
            let file = self.file.address();
            let out = io.irps.values().filter(|p| p.file == file && p.completed.is_none());
            out.map(|pending| pending.number).collect()
        };
        for irp in left {
            record(world, IoFact::LeftPending { irp });
        }
        let _ = self.request(world, &Parameters { major: CLOSE, ..Parameters::default() });
        let file = self.file.address();
        world.of::<Io>().borrow_mut().irps.retain(|_, pending| pending.file != file);
    }
}

/// IoGetDeviceObjectPointer: the file, which the driver holds until it gives up its last reference, and the highest device
/// above the one of this name.
pub fn open_by_name(world: &World, name: &str) -> Result<(usize, usize), i32> {
    let device = {
        let io = world.of::<Io>().borrow();
        let name = canonical(name);
        let target = io.links.get(&name).unwrap_or(&name);
        let device = io.devices.iter().find(|device| !name.is_empty() && device.name == *target);
        device.map(|device| device.object.address()).ok_or(NOT_FOUND)?
    };
    if DeviceObject::is_initializing(device) {
        return Err(NO_SUCH_DEVICE);
    }
    let file = File::new(device);
    let create = Parameters { major: CREATE, ..Parameters::default() };
    let status = request(world, device, file.address(), &create);
    if status != 0 {
        return Err(if status == PENDING { INVALID_REQUEST } else { status });
    }
    // The handle through which it was opened is closed at once.
    let cleanup = Parameters { major: CLEANUP, ..Parameters::default() };
    let _ = request(world, device, file.address(), &cleanup);
    let address = file.address();
    world.of::<Io>().borrow_mut().opened.insert(address, Handle { device, file });
    object::reference(world, address);
    Ok((address, irp_stack::highest(device)))
}

/// The last reference to an object is gone: a file is closed.
pub fn unreferenced(world: &World, object: usize) {
    let file = world.of::<Io>().borrow_mut().opened.remove(&object);
    if let Some(Handle { device, file }) = file {
        let close = Parameters { major: CLOSE, ..Parameters::default() };
        let _ = request(world, device, file.address(), &close);
    }
}
