//! Registry keys, read by the kernel's names.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::cross;
use crate::door::exports::exports;
use crate::machine::raw;
use crate::nt::object;
use crate::nt::registry::{Registry, Value};
use crate::world::World;

exports! {
    RtlCheckRegistryKey: le PASSIVE, fails NTSTATUS, since 2195,
        "ddi:wdm/nf-wdm-rtlcheckregistrykey";
    ZwOpenKey: le PASSIVE, fails STATUS_INVALID_HANDLE | STATUS_ACCESS_DENIED by call, since 2195,
        "ddi:wdm/nf-wdm-zwopenkey";
    ZwQueryValueKey: le PASSIVE,
        fails STATUS_OBJECT_NAME_NOT_FOUND | STATUS_BUFFER_OVERFLOW | STATUS_BUFFER_TOO_SMALL |
            STATUS_INVALID_PARAMETER, since 2195, "ddi:wdm/nf-wdm-zwqueryvaluekey";
}

pub(super) const NOT_FOUND: i32 = 0xC000_0034_u32.cast_signed();
pub(super) const INVALID_HANDLE: i32 = 0xC000_0008_u32.cast_signed();
pub(super) const INVALID_PARAMETER: i32 = 0xC000_000D_u32.cast_signed();
const BUFFER_OVERFLOW: i32 = 0x8000_0005_u32.cast_signed();
const BUFFER_TOO_SMALL: i32 = 0xC000_0023_u32.cast_signed();
/// How a leaked key handle is told.
pub(super) const KEY: &str = "registry key";

/// OBJECT_ATTRIBUTES: RootDirectory, ObjectName.
const ROOT: usize = 8;
const NAME: usize = 16;

/// The path that an OBJECT_ATTRIBUTES names.
pub(super) fn path_of(world: &World, attributes: usize) -> String {
    let name = raw::text(raw::get(attributes + NAME));
    let root: usize = raw::get(attributes + ROOT);
    match object::lookup(world, root).filter(|root| root.kind == KEY) {
        Some(root) => {
            let registry = world.of::<Registry>().borrow();
            format!("{}\\{name}", registry.path(root.data).unwrap_or_default())
        }
        None => name,
    }
}

/// Writes as much of an answer as there is room for, and how long it is; `fixed` bytes must fit.
pub(super) fn return_buffer(
    information: usize,
    length: u32,
    needed: usize,
    answer: &[u8],
    fixed: usize,
) -> i32 {
    raw::put(needed, u32::try_from(answer.len()).unwrap_or(u32::MAX));
    let room = length as usize;
    if room < fixed {
        return BUFFER_TOO_SMALL;
    }
    raw::write(information, &answer[..answer.len().min(room)]);
    if room < answer.len() { BUFFER_OVERFLOW } else { 0 }
}

extern "win64" fn ZwOpenKey(handle: usize, _access: u32, attributes: usize) -> i32 {
    let world = cross();
    if let Some(status) = world.fails() {
        return status;
    }
    let path = path_of(&world, attributes);
    let opened = world.of::<Registry>().borrow_mut().open(&path);
    match opened {
        None => NOT_FOUND,
        Some(key) => {
            raw::put(handle, object::open(&world, KEY, key));
            0
        }
    }
}

/// KeyValueBasicInformation, KeyValueFullInformation, KeyValuePartialInformation.
const BASIC: u32 = 0;
const FULL: u32 = 1;
const PARTIAL: u32 = 2;

extern "win64" fn ZwQueryValueKey(
    handle: usize,
    name: usize,
    class: u32,
    information: usize,
    length: u32,
    needed: usize,
) -> i32 {
    let world = cross();
    let Some(key) = object::lookup(&world, handle).filter(|key| key.kind == KEY) else {
        return INVALID_HANDLE;
    };
    let name = raw::text(name);
    let value = world.of::<Registry>().borrow().value(key.data, &name).cloned();
    let Some(value) = value else { return NOT_FOUND };
    value_answer(&name, &value, class, information, length, needed)
}

/// A value as one of the KEY_VALUE_..._INFORMATION structures.
pub(super) fn value_answer(
    name: &str,
    value: &Value,
    class: u32,
    information: usize,
    length: u32,
    needed: usize,
) -> i32 {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes();
    let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    // TitleIndex and Type come first in all three.
    let mut answer = [0; 4].to_vec();
    answer.extend(value.kind.to_le_bytes());
    let fixed = match class {
        BASIC => {
            answer.extend(number(wide.len()));
            answer.extend(&wide);
            12
        }
        FULL => {
            let data_at = (20 + wide.len()).next_multiple_of(8);
            answer.extend(number(data_at));
            answer.extend(number(value.data.len()));
            answer.extend(number(wide.len()));
            answer.extend(&wide);
            answer.resize(data_at, 0);
            answer.extend(&value.data);
            20
        }
        PARTIAL => {
            answer.extend(number(value.data.len()));
            answer.extend(&value.data);
            12
        }
        _ => return INVALID_PARAMETER,
    };
    return_buffer(information, length, needed, &answer, fixed)
}

/// RTL_REGISTRY_ABSOLUTE, RTL_REGISTRY_SERVICES, RTL_REGISTRY_CONTROL.
extern "win64" fn RtlCheckRegistryKey(relative_to: u32, path: usize) -> i32 {
    let world = cross();
    let path = String::from_utf16_lossy(&raw::wide(path));
    let set = "\\Registry\\Machine\\System\\CurrentControlSet";
    let path = match relative_to & 0xFF {
        0 => path,
        1 => format!("{set}\\Services\\{path}"),
        2 => format!("{set}\\Control\\{path}"),
        _ => return INVALID_PARAMETER,
    };
    if world.of::<Registry>().borrow().exists(&path) { 0 } else { NOT_FOUND }
}
