//! The kernel's facilities, one a file, in safe Rust: the meaning of the exports of ntoskrnl.exe.
//!
//! - A facility's state is a slot of the world, made by [`slots`]; nothing of it outlives the machine.
//! - The image's memory is read and written through [`door`](crate::door) and [`machine`](crate::machine) only.
//! - No facility knows a kind of driver.

pub mod bugcheck;
mod control_code;
pub mod coverage;
pub mod dispatcher;
pub mod dpc;
pub mod driver;
pub mod etw;
pub mod exception;
pub mod executive;
pub mod extension;
pub mod format;
pub mod io;
pub mod irp;
pub mod later;
pub mod object;
pub mod pool;
pub mod program;
pub mod race;
pub mod registry;
pub mod spin;
pub mod thread;
pub mod time;
pub mod timer;
pub mod user;
pub mod version;
pub mod work;

use std::rc::Rc;

use crate::world::slots::Slots;

/// The state of every facility in a machine that was just switched on, with `program` to be loaded.
pub fn slots(program: Rc<driver::DriverFile>) -> Slots {
    Slots::default()
        .with(pool::Pool::default())
        .with(later::Deferred::default())
        .with(io::Io::default())
        .with(irp::Own::default())
        .with(etw::Etw::default())
        .with(object::Objects::default())
        .with(dispatcher::Dispatcher::default())
        .with(executive::Executive::default())
        .with(extension::Extensions::default())
        .with(registry::Registry::default())
        .with(time::Polling::default())
        .with(exception::Dispatching::default())
        .with(driver::Loaded::None)
        .with(user::Visitors::default())
        .with(race::Race::default())
        .with(program)
}
