//! Generic tables: trees of the driver's elements, in the driver's memory, ordered by its compare routine.
//!
//! - Both kinds, splay and AVL, are one here: a tree that turns a new element to its root, so that it stays usable in any
//!   order of insertion. The structures are opaque by their pages; what the headers declare of them is kept where it
//!   is: links, the root, the number of elements.
//! - The compare, allocate and free routines run in the image, and nothing is held meanwhile.
#![allow(non_snake_case, reason = "Windows names")]

mod tree;

use std::ffi::c_void;
use std::mem::transmute;

use crate::door::crossing::cross;
use crate::door::exports::exports;
use crate::machine::raw::{self, pointer};
use tree::{AVL, Place, SPLAY, Table};

exports! {
    RtlDeleteElementGenericTable: le DISPATCH, fails FALSE, since 2195,
        "ddi:ntddk/nf-ntddk-rtldeleteelementgenerictable";
    RtlDeleteElementGenericTableAvl: le DISPATCH, fails FALSE, since 2600,
        "ddi:ntddk/nf-ntddk-rtldeleteelementgenerictableavl";
    RtlEnumerateGenericTable: le DISPATCH, fails NULL, since 2195,
        "ddi:ntddk/nf-ntddk-rtlenumerategenerictable";
    RtlEnumerateGenericTableAvl: le DISPATCH, fails NULL, since 2600,
        "ddi:ntddk/nf-ntddk-rtlenumerategenerictableavl";
    RtlEnumerateGenericTableWithoutSplaying: le DISPATCH, fails NULL, since 2195,
        "ddi:ntddk/nf-ntddk-rtlenumerategenerictablewithoutsplaying";
    RtlEnumerateGenericTableWithoutSplayingAvl: le DISPATCH, fails NULL, since 2600,
        "ddi:ntddk/nf-ntddk-rtlenumerategenerictablewithoutsplayingavl";
    RtlGetElementGenericTable: le DISPATCH, fails NULL, since 2195,
        "ddi:ntddk/nf-ntddk-rtlgetelementgenerictable";
    RtlGetElementGenericTableAvl: le DISPATCH, fails NULL, since 2600,
        "ddi:ntddk/nf-ntddk-rtlgetelementgenerictableavl";
    RtlInitializeGenericTable: le DISPATCH, since 2195,
        "ddi:ntddk/nf-ntddk-rtlinitializegenerictable";
    RtlInitializeGenericTableAvl: le DISPATCH, since 2600,
        "ddi:ntddk/nf-ntddk-rtlinitializegenerictableavl";
    RtlInsertElementGenericTable: le DISPATCH, fails NULL, since 2195,
        "ddi:ntddk/nf-ntddk-rtlinsertelementgenerictable";
    RtlInsertElementGenericTableAvl: le DISPATCH, fails NULL, since 2600,
        "ddi:ntddk/nf-ntddk-rtlinsertelementgenerictableavl";
    RtlIsGenericTableEmpty: le DISPATCH, since 2195, "ddi:ntddk/nf-ntddk-rtlisgenerictableempty";
    RtlIsGenericTableEmptyAvl: le DISPATCH, since 2600,
        "ddi:ntddk/nf-ntddk-rtlisgenerictableemptyavl";
    RtlLookupElementGenericTable: le DISPATCH, fails NULL, since 2195,
        "ddi:ntddk/nf-ntddk-rtllookupelementgenerictable";
    RtlLookupElementGenericTableAvl: le DISPATCH, fails NULL, since 2600,
        "ddi:ntddk/nf-ntddk-rtllookupelementgenerictableavl";
    RtlNumberGenericTableElements: le DISPATCH, since 2195,
        "ddi:ntddk/nf-ntddk-rtlnumbergenerictableelements";
    RtlNumberGenericTableElementsAvl: le DISPATCH, since 2600,
        "ddi:ntddk/nf-ntddk-rtlnumbergenerictableelementsavl";
}

type Pointer = *mut c_void;
/// RTL_GENERIC_COMPARE_ROUTINE, RTL_GENERIC_ALLOCATE_ROUTINE, RTL_GENERIC_FREE_ROUTINE, and those of AVL tables.
type Compare = unsafe extern "win64" fn(Pointer, Pointer, Pointer) -> i32;
type Allocate = unsafe extern "win64" fn(Pointer, u32) -> usize;
type Free = unsafe extern "win64" fn(Pointer, Pointer);

/// Where an element like this is in the table, or would be.
fn find(table: Table, element: usize) -> Place {
    // SAFETY: the address that the driver gave for a routine of this type.
    let compare = unsafe { transmute::<usize, Compare>(raw::get(table.compare())) };
    let (address, element) = (pointer(table.address), pointer(element));
    tree::find(table, |node| {
        // SAFETY: the driver's own routine, table and elements.
        unsafe { compare(address, element, pointer(table.data_of(node))) }
    })
}

fn insert(table: Table, element: usize, bytes: u32, is_new: usize) -> usize {
    let place = find(table, element);
    let (node, made) = if let Place::At(node) = place {
        (node, false)
    } else {
        // SAFETY: as in `find`.
        let allocate = unsafe { transmute::<usize, Allocate>(raw::get(table.allocate())) };
        let whole = bytes.saturating_add(u32::try_from(table.kind.header).unwrap_or(0));
        // SAFETY: as in `find`.
        let node = unsafe { allocate(pointer(table.address), whole) };
        if node != 0 {
            raw::write(table.data_of(node), &raw::bytes(element, bytes as usize));
            tree::insert(table, node, place);
        }
        (node, node != 0)
    };
    if is_new != 0 {
        raw::put(is_new, u8::from(made));
    }
    if node == 0 { 0 } else { table.data_of(node) }
}

fn delete(table: Table, element: usize) -> u8 {
    let Place::At(node) = find(table, element) else { return 0 };
    tree::remove(table, node);
    // SAFETY: as in `find`.
    let free = unsafe { transmute::<usize, Free>(raw::get(table.free())) };
    // SAFETY: the driver's own routine and memory, which is out of the table.
    unsafe { free(pointer(table.address), pointer(node)) };
    1
}

fn lookup(table: Table, element: usize) -> usize {
    match find(table, element) {
        Place::At(node) => table.data_of(node),
        _ => 0,
    }
}

/// The element behind the one that the key names, which it then names.
fn enumerate(table: Table, key: usize) -> usize {
    let last: usize = raw::get(key);
    let next = if last == 0 { tree::first(table) } else { tree::successor(last) };
    if next == 0 {
        return 0;
    }
    raw::put(key, next);
    table.data_of(next)
}

fn enumerate_in_table(table: Table, restart: u8) -> usize {
    let key = table.key();
    if restart != 0 {
        raw::put(key, 0_usize);
    }
    enumerate(table, key)
}

fn initialise(table: Table, routines: [usize; 4]) {
    tree::initialise(table);
    raw::put(table.compare(), routines);
}

/// A splay table at an address.
fn splay(address: usize) -> Table {
    Table { address, kind: &SPLAY }
}

/// An AVL table at an address.
fn avl(address: usize) -> Table {
    Table { address, kind: &AVL }
}

extern "win64" fn RtlInsertElementGenericTable(
    table: usize,
    element: usize,
    bytes: u32,
    is_new: usize,
) -> usize {
    let _ = cross();
    insert(splay(table), element, bytes, is_new)
}

extern "win64" fn RtlInsertElementGenericTableAvl(
    table: usize,
    element: usize,
    bytes: u32,
    is_new: usize,
) -> usize {
    let _ = cross();
    insert(avl(table), element, bytes, is_new)
}

extern "win64" fn RtlDeleteElementGenericTable(table: usize, element: usize) -> u8 {
    let _ = cross();
    delete(splay(table), element)
}

extern "win64" fn RtlDeleteElementGenericTableAvl(table: usize, element: usize) -> u8 {
    let _ = cross();
    delete(avl(table), element)
}

extern "win64" fn RtlLookupElementGenericTable(table: usize, element: usize) -> usize {
    let _ = cross();
    lookup(splay(table), element)
}

extern "win64" fn RtlLookupElementGenericTableAvl(table: usize, element: usize) -> usize {
    let _ = cross();
    lookup(avl(table), element)
}

extern "win64" fn RtlEnumerateGenericTable(table: usize, restart: u8) -> usize {
    let _ = cross();
    enumerate_in_table(splay(table), restart)
}

extern "win64" fn RtlEnumerateGenericTableAvl(table: usize, restart: u8) -> usize {
    let _ = cross();
    enumerate_in_table(avl(table), restart)
}

extern "win64" fn RtlEnumerateGenericTableWithoutSplaying(table: usize, key: usize) -> usize {
    let _ = cross();
    enumerate(splay(table), key)
}

extern "win64" fn RtlEnumerateGenericTableWithoutSplayingAvl(table: usize, key: usize) -> usize {
    let _ = cross();
    enumerate(avl(table), key)
}

extern "win64" fn RtlNumberGenericTableElements(table: usize) -> u32 {
    let _ = cross();
    number(splay(table))
}

extern "win64" fn RtlNumberGenericTableElementsAvl(table: usize) -> u32 {
    let _ = cross();
    number(avl(table))
}

extern "win64" fn RtlIsGenericTableEmpty(table: usize) -> u8 {
    let _ = cross();
    is_empty(splay(table))
}

extern "win64" fn RtlIsGenericTableEmptyAvl(table: usize) -> u8 {
    let _ = cross();
    is_empty(avl(table))
}

extern "win64" fn RtlGetElementGenericTable(table: usize, index: u32) -> usize {
    let _ = cross();
    element(splay(table), index)
}

extern "win64" fn RtlGetElementGenericTableAvl(table: usize, index: u32) -> usize {
    let _ = cross();
    element(avl(table), index)
}

fn number(table: Table) -> u32 {
    table.number()
}

fn is_empty(table: Table) -> u8 {
    u8::from(table.number() == 0)
}

/// In the order of insertion in a splay table, in order in an AVL table.
fn element(table: Table, index: u32) -> usize {
    if index >= table.number() {
        return 0;
    }
    let node = (0..index).fold(tree::eldest(table), |node, _| tree::younger(table, node));
    table.data_of(node)
}

extern "win64" fn RtlInitializeGenericTable(
    table: usize,
    compare: usize,
    allocate: usize,
    free: usize,
    context: usize,
) {
    let _ = cross();
    initialise(splay(table), [compare, allocate, free, context]);
}

extern "win64" fn RtlInitializeGenericTableAvl(
    table: usize,
    compare: usize,
    allocate: usize,
    free: usize,
    context: usize,
) {
    let _ = cross();
    initialise(avl(table), [compare, allocate, free, context]);
}

#[cfg(test)]
mod tests;
