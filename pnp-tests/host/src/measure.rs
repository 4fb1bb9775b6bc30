//! Calling one callback of an image many times, for the benches.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;

use driver_abi::ndis::status::{NDIS_STATUS, NDIS_STATUS_SUCCESS};

use crate::scenario::ast::Scenario;
use crate::scenario::play;
use journal::{Fact, NdisFact};
use kernel::nt::driver::Loaded;
use kernel::nt::driver::{self, DriverFile};
use kernel::world::thread::Rest;
use kernel::world::{self, World};
use ndis::ModuleId;
use ndis::Ndis;
use ndis::door::{call, structure};
use ndis::flight::InFlight;
use ndis::given::RawBuffer;
use ndis::net_pnp;

/// A callback to measure, with its code and buffer.
#[derive(Clone, Debug)]
pub enum Callback {
    /// FilterNetPnPEvent.
    NetPnp(u32, Vec<u8>),
    /// FilterDevicePnPEventNotify.
    Device(u32, Vec<u8>),
    /// FilterStatus.
    Status(u32, Vec<u8>),
}

/// Loads the driver into the machine of `scenario`, and lets `body` have a callback of the lowest
/// module called, as often as it asks for, with the same structure each time. The journal
/// stands still meanwhile; one event before it does proves that the driver forwards what is about
/// to be measured.
///
/// # Errors
///
/// When the driver attached no module, did not forward the event once and unchanged, stopped the
/// machine, or answered anything but success even once.
pub fn callback(
    program: &Rc<DriverFile>,
    scenario: &Scenario,
    callback: Callback,
    body: impl FnOnce(&dyn Fn(u32)) + 'static,
) -> Result<Range<usize>, String> {
    let world = play::set_up(program, scenario, &play::Options::default(), None);
    // Holds until something was measured: a thread that returns early has measured nothing.
    let outcome = Rc::new(RefCell::new(Err("the driver attached no module".to_owned())));
    let told = Rc::clone(&outcome);
    let rest = world::run(&world, move |world| {
        driver::load(world);
        let lowest = world.of::<Ndis>().borrow().modules_of(0).first().copied();
        if let Some(module) = lowest {
            let at = world.of::<Loaded>().borrow().as_ref().map(|driver| {
                let base = driver.image.base();
                base..base + driver.image.size()
            });
            let driven = drive(world, module, &callback, body);
            *told.borrow_mut() = driven.map(|()| at.unwrap_or_default());
        }
        driver::unload(world);
    });
    match rest {
        Rest::Done => outcome.replace(Ok(0..0)),
        rest => Err(format!("the driver did not get through: {rest:?}")),
    }
}

fn drive(
    world: &World,
    module: ModuleId,
    callback: &Callback,
    body: impl FnOnce(&dyn Fn(u32)),
) -> Result<(), String> {
    let (raw, code) = match callback {
        Callback::NetPnp(code, bytes) => {
            (structure::scripted_event(*code, &RawBuffer::Bytes(bytes.clone())), *code)
        }
        Callback::Device(code, bytes) => {
            (structure::device_pnp_event(*code, &RawBuffer::Bytes(bytes.clone())), *code)
        }
        Callback::Status(code, bytes) => {
            let status = NDIS_STATUS(code.cast_signed());
            (structure::scripted_status(status, &RawBuffer::Bytes(bytes.clone())), *code)
        }
    };
    let raw = Rc::new(raw);
    let address = raw.address();
    net_pnp::launch(world, InFlight { raw, code, adapter: 0, directed: false });
    let failures = Cell::new(0_u32);
    let once = || {
        let passed = match callback {
            Callback::NetPnp(..) => {
                call::filter_net_pnp_event(world, module, address, code)
                    == Some(NDIS_STATUS_SUCCESS)
            }
            Callback::Device(..) => call::filter_device_pnp_event(world, module, address, code),
            Callback::Status(..) => call::filter_status(world, module, address, code),
        };
        failures.set(failures.get() + u32::from(!passed));
    };
    drop(world.take_journal());
    once();
    let forwarded = forwards(world);
    if forwarded == Ok(()) {
        world.recording.set(false);
        body(&|times| (0..times).for_each(|_| once()));
        world.recording.set(true);
    }
    net_pnp::land(world, address);
    forwarded?;
    match failures.get() {
        0 => Ok(()),
        failures => Err(format!("{failures} events came back without success")),
    }
}

/// What the journal says of the one event in it.
fn forwards(world: &World) -> Result<(), String> {
    let journal = world.take_journal();
    let mut forwards = journal.entries().iter().filter_map(|entry| match entry.fact {
        Fact::Ndis(NdisFact::Forward { same, unchanged, .. }) => Some(same && unchanged),
        _ => None,
    });
    match (forwards.next(), forwards.next()) {
        (Some(true), None) => Ok(()),
        (Some(false), None) => Err("the driver changed the event".to_owned()),
        (None, _) => Err("the driver did not forward the event".to_owned()),
        (Some(_), Some(_)) => Err("the driver forwarded the event more than once".to_owned()),
    }
}
