//! Configuration of a filter, and the event log.
#![allow(non_snake_case, reason = "Windows names")]

use driver_abi::ndis::status::NDIS_STATUS_FAILURE;

use super::owner;
use crate::Ndis;
use crate::door::layout::ndis_configuration_object as at;
use journal::KernelFact;
use kernel::door::crossing::{Crossing, cross};
use kernel::door::exports::exports;
use kernel::machine::raw;
use kernel::nt::object;
use kernel::nt::pool::{self, PoolRequest};
use kernel::nt::registry::Registry;
use kernel::nt::registry::Value;
use kernel::world::World;
use kernel::world::owner::Owner;

exports! {
    NdisCloseConfiguration: le PASSIVE, since 2600, "ddi:ndis/nf-ndis-ndiscloseconfiguration";
    NdisOpenConfigurationEx: le PASSIVE, fails NDIS_STATUS_FAILURE | NDIS_STATUS_RESOURCES by call,
        since 6000, "ddi:ndis/nf-ndis-ndisopenconfigurationex";
    NdisOpenConfigurationKeyByIndex: le APC, fails NDIS_STATUS_FAILURE by call, since 2600,
        "ddi:ndis/nf-ndis-ndisopenconfigurationkeybyindex";
    NdisOpenConfigurationKeyByName: le APC, fails NDIS_STATUS_FAILURE by call, since 2600,
        "ddi:ndis/nf-ndis-ndisopenconfigurationkeybyname";
    NdisReadConfiguration: le PASSIVE, fails NDIS_STATUS_FAILURE by allocation, since 2600,
        "ddi:ndis/nf-ndis-ndisreadconfiguration";
    NdisWriteConfiguration: le PASSIVE, fails NDIS_STATUS_FAILURE | NDIS_STATUS_RESOURCES,
        since 2600, "ddi:ndis/nf-ndis-ndiswriteconfiguration";
    NdisWriteEventLogEntry: le DISPATCH, fails NDIS_STATUS_BUFFER_TOO_SHORT | NDIS_STATUS_RESOURCES,
        since 2600, "ddi:ndis/nf-ndis-ndiswriteeventlogentry";
}

/// How a leaked handle is told.
const CONFIGURATION: &str = "configuration handle";
/// NDIS_CONFIGURATION_PARAMETER: ParameterType, then a union of 16 bytes.
const PARAMETER_BYTES: usize = 24;
const PARAMETER_DATA: usize = 8;
/// NdisParameterInteger, NdisParameterHexInteger.
const INTEGER: u32 = 0;
const HEX_INTEGER: u32 = 1;
/// REG_DWORD.
const DWORD: u32 = 4;

/// The key of a module's adapter, or of the driver.
fn path(world: &World, owner: Option<Owner>) -> String {
    let services = "\\Registry\\Machine\\System\\CurrentControlSet\\Services";
    let ndis = world.of::<Ndis>().borrow();
    match owner.and_then(|owner| ndis.module_of(owner)) {
        None => format!("{services}\\filter\\Parameters"),
        Some(module) => {
            let adapter = &ndis.adapters[ndis.modules[module].adapter];
            format!("{services}\\filter\\Parameters\\Adapters\\{}", adapter.guid())
        }
    }
}

extern "win64" fn NdisOpenConfigurationEx(configuration: usize, handle: usize) -> i32 {
    let world = cross();
    if let Some(status) = world.fails() {
        return status;
    }
    let Ok(owner) = owner(&world, world.import(), raw::get(configuration + at::NDIS_HANDLE)) else {
        return NDIS_STATUS_FAILURE.0;
    };
    let path = path(&world, owner);
    let key = {
        let mut registry = world.of::<Registry>().borrow_mut();
        registry.create(&path);
        registry.open(&path).unwrap_or(0)
    };
    raw::put(handle, object::open(&world, CONFIGURATION, key));
    0
}

/// Opens the subkey at `path`, which is there or is not.
fn open_subkey(world: &Crossing, status: usize, path: Option<String>, out: usize) {
    let injected = world.fails();
    let key = match injected {
        Some(_) => None,
        None => path.and_then(|path| world.of::<Registry>().borrow_mut().open(&path)),
    };
    raw::put(out, key.map_or(0, |key| object::open(world, CONFIGURATION, key)));
    let answer = injected.unwrap_or(if key.is_some() { 0 } else { NDIS_STATUS_FAILURE.0 });
    raw::put(status, answer);
}

extern "win64" fn NdisOpenConfigurationKeyByName(
    status: usize,
    handle: usize,
    name: usize,
    out: usize,
) {
    let world = cross();
    let key = object::lookup(&world, handle).filter(|key| key.kind == CONFIGURATION);
    let path = key.and_then(|key| {
        let registry = world.of::<Registry>().borrow();
        registry.path(key.data).map(|path| format!("{path}\\{}", raw::text(name)))
    });
    open_subkey(&world, status, path, out);
}

/// The name goes into the caller's string, as far as there is room.
extern "win64" fn NdisOpenConfigurationKeyByIndex(
    status: usize,
    handle: usize,
    index: u32,
    name: usize,
    out: usize,
) {
    let world = cross();
    let key = object::lookup(&world, handle).filter(|key| key.kind == CONFIGURATION);
    let found = key.and_then(|key| {
        let registry = world.of::<Registry>().borrow();
        let name = registry.subkeys(key.data).nth(index as usize)?.to_owned();
        Some((format!("{}\\{name}", registry.path(key.data)?), name))
    });
    if let Some((_, subkey)) = &found {
        let room = usize::from(raw::get::<u16>(name + 2)) / 2;
        let units: Vec<u16> = subkey.encode_utf16().take(room).collect();
        let bytes: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        raw::put(name, u16::try_from(bytes.len()).unwrap_or(0));
        raw::write(raw::get(name + 8), &bytes);
    }
    open_subkey(&world, status, found.map(|(path, _)| path), out);
}

extern "win64" fn NdisCloseConfiguration(handle: usize) {
    let world = cross();
    if object::close(&world, handle).is_none() {
        world.record(KernelFact::BadHandle { import: world.import() });
    }
    let parameters = std::mem::take(&mut world.of::<Ndis>().borrow_mut().parameters);
    for parameter in parameters {
        pool::free(&world, parameter, None);
    }
}

/// The parameter's memory is NDIS's until the configuration is closed.
extern "win64" fn NdisReadConfiguration(
    status: usize,
    value: usize,
    handle: usize,
    keyword: usize,
    kind: u32,
) {
    let world = cross();
    let key = object::lookup(&world, handle).filter(|key| key.kind == CONFIGURATION);
    let found = key.and_then(|key| {
        world.of::<Registry>().borrow().value(key.data, &raw::text(keyword)).cloned()
    });
    let number = found.filter(|value| {
        value.kind == DWORD && value.data.len() == 4 && matches!(kind, INTEGER | HEX_INTEGER)
    });
    let Some(number) = number else {
        raw::put(status, NDIS_STATUS_FAILURE.0);
        return;
    };
    let tag = *b"NDcf";
    let ask = PoolRequest { bytes: PARAMETER_BYTES, tag, zeroed: true, paged: false, owner: None };
    let address = pool::allocate(&world, ask).unwrap_or(0);
    if address == 0 {
        raw::put(status, NDIS_STATUS_FAILURE.0);
        return;
    }
    raw::put(address, kind);
    raw::write(address + PARAMETER_DATA, &number.data);
    world.of::<Ndis>().borrow_mut().parameters.push(address);
    raw::put(value, address);
    raw::put(status, 0_i32);
}

extern "win64" fn NdisWriteConfiguration(
    status: usize,
    handle: usize,
    keyword: usize,
    value: usize,
) {
    let world = cross();
    let key = object::lookup(&world, handle).filter(|key| key.kind == CONFIGURATION);
    let kind: u32 = raw::get(value);
    match key {
        Some(key) if matches!(kind, INTEGER | HEX_INTEGER) => {
            let data = raw::bytes(value + PARAMETER_DATA, 4);
            let value = Value { kind: DWORD, data };
            world.of::<Registry>().borrow_mut().set(key.data, &raw::text(keyword), value);
            raw::put(status, 0_i32);
        }
        _ => raw::put(status, NDIS_STATUS_FAILURE.0),
    }
}

extern "win64" fn NdisWriteEventLogEntry(
    _log: usize,
    code: u32,
    _unique: u32,
    _count: u16,
    _strings: usize,
    _size: u32,
    _data: usize,
) -> i32 {
    let world = cross();
    world.record(KernelFact::EventLog { code });
    0
}
