//! Registry keys made, written and enumerated by the kernel's names.
#![allow(non_snake_case, reason = "Windows names")]

use super::registry::{INVALID_HANDLE, INVALID_PARAMETER, KEY, NOT_FOUND, path_of, return_buffer};
use crate::door::crossing::{Crossing, cross};
use crate::door::exports::exports;
use crate::machine::raw;
use crate::nt::object;
use crate::nt::registry::{Registry, Value};

exports! {
    ZwCreateKey: le PASSIVE, fails NTSTATUS by call, since 2195, "ddi:wdm/nf-wdm-zwcreatekey";
    ZwDeleteValueKey: le PASSIVE, fails NTSTATUS, since 2195, "ddi:wdm/nf-wdm-zwdeletevaluekey";
    ZwEnumerateKey: le PASSIVE,
        fails STATUS_NO_MORE_ENTRIES | STATUS_BUFFER_OVERFLOW | STATUS_BUFFER_TOO_SMALL |
            STATUS_INVALID_PARAMETER, since 2195, "ddi:wdm/nf-wdm-zwenumeratekey";
    ZwFlushKey: le PASSIVE, fails NTSTATUS, since 2195, "ddi:wdm/nf-wdm-zwflushkey";
    ZwSetValueKey: le PASSIVE, fails NTSTATUS by call, since 2195, "ddi:wdm/nf-wdm-zwsetvaluekey";
}

pub(super) const NO_MORE_ENTRIES: i32 = 0x8000_001A_u32.cast_signed();

/// The number of an open key.
pub(super) fn key(world: &Crossing, handle: usize) -> Option<usize> {
    object::lookup(world, handle).filter(|key| key.kind == KEY).map(|key| key.data)
}

/// Opens the key, which is made if it is not there.
extern "win64" fn ZwCreateKey(
    handle: usize,
    _access: u32,
    attributes: usize,
    _title: u32,
    _class: usize,
    _options: u32,
    disposition: usize,
) -> i32 {
    /// REG_CREATED_NEW_KEY, REG_OPENED_EXISTING_KEY.
    const CREATED: u32 = 1;
    const OPENED: u32 = 2;
    let world = cross();
    if let Some(status) = world.fails() {
        return status;
    }
    let path = path_of(&world, attributes);
    let (was_there, key) = {
        let mut registry = world.of::<Registry>().borrow_mut();
        let was_there = registry.exists(&path);
        registry.create(&path);
        (was_there, registry.open(&path))
    };
    let Some(key) = key else { return NOT_FOUND };
    raw::put(handle, object::open(&world, KEY, key));
    if disposition != 0 {
        raw::put(disposition, if was_there { OPENED } else { CREATED });
    }
    0
}

extern "win64" fn ZwSetValueKey(
    handle: usize,
    name: usize,
    _title: u32,
    kind: u32,
    data: usize,
    length: u32,
) -> i32 {
    let world = cross();
    let Some(key) = key(&world, handle) else { return INVALID_HANDLE };
    if let Some(status) = world.fails() {
        return status;
    }
    let value = Value { kind, data: raw::bytes(data, length as usize) };
    world.of::<Registry>().borrow_mut().set(key, &raw::text(name), value);
    0
}

extern "win64" fn ZwDeleteValueKey(handle: usize, name: usize) -> i32 {
    let world = cross();
    let Some(key) = key(&world, handle) else { return INVALID_HANDLE };
    let removed = world.of::<Registry>().borrow_mut().remove(key, &raw::text(name));
    if removed { 0 } else { NOT_FOUND }
}

extern "win64" fn ZwFlushKey(handle: usize) -> i32 {
    let world = cross();
    if key(&world, handle).is_some() { 0 } else { INVALID_HANDLE }
}

/// The keys below a key by number; KeyBasicInformation and KeyNodeInformation.
extern "win64" fn ZwEnumerateKey(
    handle: usize,
    index: u32,
    class: u32,
    information: usize,
    length: u32,
    needed: usize,
) -> i32 {
    let world = cross();
    let Some(key) = key(&world, handle) else { return INVALID_HANDLE };
    let name = {
        let registry = world.of::<Registry>().borrow();
        registry.subkeys(key).nth(index as usize).map(str::to_owned)
    };
    let Some(name) = name else { return NO_MORE_ENTRIES };
    let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes();
    // LastWriteTime and TitleIndex come first in both.
    let mut answer = vec![0; 12];
    match class {
        0 => {}
        // No class name: its offset is none, its length 0.
        1 => answer.extend([number(u32::MAX as usize), number(0)].concat()),
        _ => return INVALID_PARAMETER,
    }
    answer.extend(number(wide.len()));
    let fixed = answer.len();
    answer.extend(wide);
    return_buffer(information, length, needed, &answer, fixed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::structure::unicode_string;
    use crate::machine::block::Block;
    use crate::world::sample::machine;

    #[test]
    fn a_key_is_made_written_enumerated_and_its_values_deleted() {
        machine(0, |world| {
            let create = |path: &str| {
                let (name, out, how) = (unicode_string(path), Block::of(0_usize), Block::of(0_u32));
                let attributes = Block::of([48, 0, name[0].address(), 0, 0, 0]);
                let at = attributes.address();
                assert_eq!(ZwCreateKey(out.address(), 0, at, 0, 0, 0, how.address()), 0);
                (raw::get::<usize>(out.address()), raw::get::<u32>(how.address()))
            };
            let (key, how) = create("\\Registry\\Machine\\Software\\Net");
            assert_eq!((how, create("\\Registry\\Machine\\SOFTWARE\\net").1), (1, 2));
            create("\\Registry\\Machine\\Software\\Net\\Below");
            let (name, data) = (unicode_string("Level"), Block::of(7_u32));
            let name = name[0].address();
            assert_eq!(ZwSetValueKey(key, name, 0, 4, data.address(), 4), 0);
            let index = object::lookup(world, key).expect("it is open").data;
            let level = world.of::<Registry>().borrow().value(index, "level").cloned();
            assert_eq!(level, Some(Value { kind: 4, data: vec![7, 0, 0, 0] }));
            assert_eq!([ZwDeleteValueKey(key, name), ZwDeleteValueKey(key, name)], [0, NOT_FOUND]);
            let (out, needed) = (Block::with(&[0; 64], false), Block::of(0_u32));
            let (at, size) = (out.address(), needed.address());
            assert_eq!(ZwEnumerateKey(key, 0, 0, at, 64, size), 0);
            assert_eq!((raw::get::<u32>(at + 12), raw::get::<u32>(size)), (10, 26));
            assert_eq!(ZwEnumerateKey(key, 1, 0, at, 64, size), NO_MORE_ENTRIES);
            assert_eq!([ZwFlushKey(key), ZwFlushKey(0)], [0, INVALID_HANDLE]);
        });
    }
}
