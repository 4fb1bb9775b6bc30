//! Loading, starting and unloading the driver, as the I/O manager does it.

use std::ops::Range;
use std::rc::Rc;

use crate::door::call;
use crate::door::emulate;
use crate::door::exports::ExportTables;
use crate::door::structure::{self, DriverObject};
use crate::machine::breakpoint;
use crate::machine::trap::{self, Dispatcher};
use crate::machine::unwind::Functions;
use crate::nt::etw::Etw;
use crate::nt::pool::Pool;
use crate::nt::registry::{Registry, Value};
use crate::nt::{coverage, exception, extension, io, later, pool, user};
use crate::world::World;
use image::{Image, ImageFile, Section};
use journal::{DriverFate, KernelFact, Leftover};

use super::program::program;
pub use super::program::{Driver, DriverFile, Loaded, is_loaded, object};

fn service_key(world: &World) -> String {
    let program = program(world);
    let name = program.file.name();
    format!("\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Services\\{name}")
}

/// Makes the service's key and its `Parameters`, with the program's and these. Before the driver is
/// loaded.
pub fn install(world: &World, parameters: &[(String, u32)]) {
    const REG_DWORD: u32 = 4;
    let path = format!("{}\\Parameters", service_key(world));
    let program = program(world);
    let mut registry = world.of::<Registry>().borrow_mut();
    registry.create(&path);
    let key = registry.open(&path).expect("made on the line above");
    for (name, number) in program.parameters.iter().chain(parameters) {
        let data = number.to_le_bytes().to_vec();
        registry.set(key, name, Value { kind: REG_DWORD, data });
    }
}

/// Loads a fresh copy of the image and calls DriverEntry. On failure everything is taken away. A driver
/// that could not be unloaded is still there: nothing happens.
pub fn load(world: &World) {
    if super::program::is_loaded(world) {
        return;
    }
    let image = match Image::load(&program(world).file, &ExportTables(world.subsystems)) {
        Ok(image) => image,
        // It loaded when the run was set up; nothing has changed since.
        Err(error) => unreachable!("{error}"),
    };
    trap::emulate_with(emulate::step);
    trap::dispatch_with(Dispatcher {
        may_handle: exception::may_handle,
        dispatch: exception::dispatch,
    });
    trap::watch(image.base(), image.size());
    coverage::loaded(world, image.base());
    world.image.set((image.base(), image.base() + image.size()));
    world.image_is_gone.set(false);
    *world.paged_code.borrow_mut() = paged_code(&program(world).file, image.base());
    user::open_house(world);
    let service = service_key(world);
    let registry_path = structure::unicode_string(&service);
    let object = DriverObject::new();
    let (entry, object_address, path) =
        (image.entry(), object.address(), registry_path[0].address());
    let functions = Rc::new(Functions::of(image.base(), image.size()));
    *world.of::<Loaded>().borrow_mut() =
        Some(Driver { image, functions, object, _registry_path: registry_path });
    let status = call::driver_entry(world, entry, object_address, path);
    if status >= 0 {
        world.record(KernelFact::Driver { what: DriverFate::Loaded });
        io::driver_started(world);
        if let Some(driver) = world.of::<Loaded>().borrow().as_ref() {
            driver.image.discard_init().expect("the host can protect pages it mapped");
        }
        world.subsystems.iter().for_each(|subsystem| subsystem.driver_started(world));
    } else {
        world.record(KernelFact::Driver { what: DriverFate::Refused { status } });
        take_away(world);
    }
}

/// Calls DriverUnload and takes the image away. Windows does so when the last handle to a device of
/// the driver's is closed. A driver without DriverUnload stays, with everything that it has.
pub fn unload(world: &World) {
    user::leave(world);
    let target = world
        .of::<Loaded>()
        .borrow()
        .as_ref()
        .map(|driver| (driver.object.unload(), driver.object.address()));
    let Some((unload, object)) = target else { return };
    let Some(unload) = unload else {
        world.record(KernelFact::Driver { what: DriverFate::Stays });
        return;
    };
    call::driver_unload(world, unload, object);
    world.record(KernelFact::Driver { what: DriverFate::Unloaded });
    take_away(world);
}

/// What is left of the driver now will never be given back: say so, then unmap.
fn take_away(world: &World) {
    user::leave(world);
    later::drain(world);
    let mut left: Vec<Leftover> = Vec::new();
    // By number: addresses differ from run to run.
    let mut blocks: Vec<_> = world.of::<Pool>().borrow().live().collect();
    blocks.sort_unstable();
    for (block, tag, bytes) in blocks {
        left.push(Leftover::Pool { block, bytes, tag: pool::text(tag) });
    }
    left.extend(world.of::<Etw>().borrow().registered().map(|_| Leftover::EtwRegistration));
    let mut resources: Vec<_> = world.resources.borrow().live().collect();
    resources.sort_unstable_by_key(|(_, number)| *number);
    for (kind, number) in resources {
        left.push(Leftover::Resource { kind, number });
    }
    left.extend(world.subsystems.iter().flat_map(|subsystem| subsystem.left_behind(world)));
    for what in left {
        world.record(KernelFact::Leak { what });
    }
    later::abandon(world);
    breakpoint::forget();
    io::forget(world);
    world.subsystems.iter().for_each(|subsystem| subsystem.driver_gone(world));
    extension::forget(world);
    *world.of::<Loaded>().borrow_mut() = None;
    world.image.set((0, 0));
    world.image_is_gone.set(true);
    trap::watch(0, 0);
    world.paged_code.borrow_mut().clear();
}

/// The sections whose names say that their code is pageable (docs:kernel/making-drivers-pageable).
fn paged_code(file: &ImageFile, base: usize) -> Vec<Range<usize>> {
    let pageable = file.sections().iter().filter(|s| s.execute && s.name.starts_with("PAGE"));
    let range = |section: &Section| {
        let start = base + section.rva as usize;
        start..start + section.virtual_size as usize
    };
    pageable.map(range).collect()
}
