//! What is in a registry key: its values by number, and what the key itself is.
#![allow(non_snake_case, reason = "Windows names")]

use super::registry::{INVALID_HANDLE, INVALID_PARAMETER, return_buffer, value_answer};
use super::registry_write::{NO_MORE_ENTRIES, key};
use crate::door::crossing::cross;
use crate::door::exports::exports;
use crate::nt::registry::Registry;

exports! {
    ZwEnumerateValueKey: le PASSIVE,
        fails STATUS_NO_MORE_ENTRIES | STATUS_BUFFER_OVERFLOW | STATUS_BUFFER_TOO_SMALL |
            STATUS_INVALID_PARAMETER, since 2195, "ddi:wdm/nf-wdm-zwenumeratevaluekey";
    ZwQueryKey: le PASSIVE,
        fails STATUS_BUFFER_OVERFLOW | STATUS_BUFFER_TOO_SMALL | STATUS_INVALID_PARAMETER,
        since 2195, "ddi:wdm/nf-wdm-zwquerykey";
}

extern "win64" fn ZwEnumerateValueKey(
    handle: usize,
    index: u32,
    class: u32,
    information: usize,
    length: u32,
    needed: usize,
) -> i32 {
    let world = cross();
    let Some(key) = key(&world, handle) else { return INVALID_HANDLE };
    let found = {
        let registry = world.of::<Registry>().borrow();
        let value = registry.values(key).nth(index as usize);
        value.map(|(name, value)| (name.to_owned(), value.clone()))
    };
    let Some((name, value)) = found else { return NO_MORE_ENTRIES };
    value_answer(&name, &value, class, information, length, needed)
}

/// KeyBasicInformation, KeyNodeInformation, KeyFullInformation, KeyNameInformation. No key has a class.
extern "win64" fn ZwQueryKey(
    handle: usize,
    class: u32,
    information: usize,
    length: u32,
    needed: usize,
) -> i32 {
    const BASIC: u32 = 0;
    const NODE: u32 = 1;
    const FULL: u32 = 2;
    const NAME: u32 = 3;
    const NO_CLASS: u32 = u32::MAX;
    let world = cross();
    let Some(key) = key(&world, handle) else { return INVALID_HANDLE };
    let registry = world.of::<Registry>().borrow();
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes();
    let bytes_of = |text: &str| 2 * text.encode_utf16().count();
    let path = registry.path(key).unwrap_or_default();
    let name = if class == NAME { path } else { path.rsplit('\\').next().unwrap_or_default() };
    let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    // LastWriteTime and TitleIndex.
    let time = vec![0; 12];
    let (mut answer, has_name) = match class {
        BASIC => (time, true),
        NODE => ([time, NO_CLASS.to_le_bytes().to_vec(), vec![0; 4]].concat(), true),
        FULL => {
            let longest = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0);
            let numbers = [
                registry.subkeys(key).count(),
                longest(&mut registry.subkeys(key).map(bytes_of)),
                0,
                registry.values(key).count(),
                longest(&mut registry.values(key).map(|(name, _)| bytes_of(name))),
                longest(&mut registry.values(key).map(|(_, value)| value.data.len())),
            ];
            let mut answer = time;
            answer.extend(NO_CLASS.to_le_bytes());
            answer.extend([0; 4]);
            answer.extend(numbers.into_iter().flat_map(number));
            (answer, false)
        }
        NAME => (Vec::new(), true),
        _ => return INVALID_PARAMETER,
    };
    if has_name {
        answer.extend(number(wide.len()));
    }
    let fixed = answer.len();
    if has_name {
        answer.extend(wide);
    }
    drop(registry);
    return_buffer(information, length, needed, &answer, fixed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::machine::raw;
    use crate::nt::object;
    use crate::nt::registry::Value;
    use crate::world::sample::machine;

    #[test]
    fn values_come_by_number_and_a_key_says_how_many_it_has() {
        machine(0, |world| {
            let handle = {
                let mut registry = world.of::<Registry>().borrow_mut();
                registry.create("\\Registry\\Machine\\Net\\Below");
                let key = registry.open("\\Registry\\Machine\\Net").expect("it is there");
                registry.set(key, "A", Value { kind: 4, data: vec![7, 0, 0, 0] });
                registry.set(key, "Longer", Value { kind: 3, data: vec![1; 9] });
                drop(registry);
                object::open(world, super::super::registry::KEY, key)
            };
            let (out, size) = (Block::with(&[0xFF; 64], false), Block::of(0_u32));
            let (at, size) = (out.address(), size.address());
            // KeyValuePartialInformation.
            assert_eq!(ZwEnumerateValueKey(handle, 1, 2, at, 64, size), 0);
            assert_eq!((raw::get::<u32>(at + 4), raw::get::<u32>(at + 8)), (3, 9));
            assert_eq!(ZwEnumerateValueKey(handle, 2, 2, at, 64, size), NO_MORE_ENTRIES);
            assert_eq!(ZwQueryKey(handle, 2, at, 64, size), 0);
            assert_eq!(raw::get::<[u32; 6]>(at + 20), [1, 10, 0, 2, 12, 9]);
            assert_eq!(raw::get::<u32>(size), 44);
            assert_eq!(ZwQueryKey(handle, 3, at, 64, size), 0);
            assert_eq!((raw::get::<u32>(at), raw::get::<u16>(at + 4)), (42, 0x5C));
            assert_eq!(ZwQueryKey(handle, 0, at, 16, size), 0x8000_0005_u32.cast_signed());
            assert_eq!(ZwQueryKey(handle, 9, at, 64, size), INVALID_PARAMETER);
            assert_eq!(ZwQueryKey(0, 0, at, 64, size), INVALID_HANDLE);
        });
    }
}
