use std::cell::RefCell;
use std::collections::BTreeMap;

use super::*;
use crate::machine::block::Block;
use crate::world::sample::machine;
use crate::world::thread::Rest;

thread_local! {
    /// Memory of elements, by address; and whether there is any more.
    static MEMORY: RefCell<(BTreeMap<usize, Block>, bool)> = const { RefCell::new((BTreeMap::new(), true)) };
}

extern "win64" fn compares(_table: usize, one: usize, other: usize) -> i32 {
    match raw::get::<u64>(one).cmp(&raw::get::<u64>(other)) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Greater => 1,
        std::cmp::Ordering::Equal => 2,
    }
}

extern "win64" fn allocates(_table: usize, bytes: u32) -> usize {
    MEMORY.with_borrow_mut(|(memory, is_left)| {
        if !*is_left {
            return 0;
        }
        let block = Block::new(bytes as usize, 16);
        let address = block.address();
        memory.insert(address, block);
        address
    })
}

extern "win64" fn frees(_table: usize, node: usize) {
    let freed = MEMORY.with_borrow_mut(|(memory, _)| memory.remove(&node));
    assert!(freed.is_some(), "what was allocated, once");
}

fn routines() -> [usize; 3] {
    [compares as *const () as usize, allocates as *const () as usize, frees as *const () as usize]
}

struct Functions {
    insert: extern "win64" fn(usize, usize, u32, usize) -> usize,
    delete: extern "win64" fn(usize, usize) -> u8,
    lookup: extern "win64" fn(usize, usize) -> usize,
    next: extern "win64" fn(usize, u8) -> usize,
    next_of_key: extern "win64" fn(usize, usize) -> usize,
    number: extern "win64" fn(usize) -> u32,
    is_empty: extern "win64" fn(usize) -> u8,
    element: extern "win64" fn(usize, u32) -> usize,
}

const OF_SPLAY: Functions = Functions {
    insert: RtlInsertElementGenericTable,
    delete: RtlDeleteElementGenericTable,
    lookup: RtlLookupElementGenericTable,
    next: RtlEnumerateGenericTable,
    next_of_key: RtlEnumerateGenericTableWithoutSplaying,
    number: RtlNumberGenericTableElements,
    is_empty: RtlIsGenericTableEmpty,
    element: RtlGetElementGenericTable,
};
const OF_AVL: Functions = Functions {
    insert: RtlInsertElementGenericTableAvl,
    delete: RtlDeleteElementGenericTableAvl,
    lookup: RtlLookupElementGenericTableAvl,
    next: RtlEnumerateGenericTableAvl,
    next_of_key: RtlEnumerateGenericTableWithoutSplayingAvl,
    number: RtlNumberGenericTableElementsAvl,
    is_empty: RtlIsGenericTableEmptyAvl,
    element: RtlGetElementGenericTableAvl,
};

/// Numbers in an order that is neither up nor down.
fn shuffled(count: u64) -> impl Iterator<Item = u64> {
    (0..count).map(move |index| index * 37 % count)
}

fn exercise(table: usize, functions: &Functions, by_insertion: bool) {
    let (element, is_new, key) = (Block::of(0_u64), Block::of(7_u8), Block::of(0_usize));
    let with = |number: u64| {
        raw::put(element.address(), number);
        element.address()
    };
    let insert = |number| (functions.insert)(table, with(number), 8, is_new.address());
    assert_eq!(((functions.is_empty)(table), (functions.next)(table, 1)), (1, 0));
    for number in shuffled(101) {
        let data = insert(number);
        assert_eq!((raw::get::<u64>(data), raw::get::<u8>(is_new.address())), (number, 1));
        assert_eq!(insert(number), data, "no second one");
        assert_eq!(raw::get::<u8>(is_new.address()), 0);
    }
    assert_eq!(((functions.number)(table), (functions.is_empty)(table)), (101, 0));
    let indexed: Vec<u64> = (0..101).map(|at| raw::get((functions.element)(table, at))).collect();
    let in_order: Vec<u64> = (0..101).collect();
    let wanted = if by_insertion { shuffled(101).collect() } else { in_order.clone() };
    assert_eq!((indexed, (functions.element)(table, 101)), (wanted, 0));
    // Every third is deleted on the way.
    let mut seen = Vec::new();
    let mut data = (functions.next)(table, 1);
    while data != 0 {
        let number: u64 = raw::get(data);
        seen.push(number);
        if number.is_multiple_of(3) {
            assert_eq!((functions.delete)(table, with(number)), 1);
            assert_eq!((functions.delete)(table, with(number)), 0);
        }
        data = (functions.next)(table, 0);
    }
    assert_eq!(seen, in_order);
    let mut left = Vec::new();
    while let data @ 1.. = (functions.next_of_key)(table, key.address()) {
        left.push(raw::get::<u64>(data));
    }
    let wanted: Vec<u64> = (0..101).filter(|number| number % 3 != 0).collect();
    assert_eq!(left, wanted);
    assert_eq!((functions.lookup)(table, with(3)), 0);
    assert_eq!(raw::get::<u64>((functions.lookup)(table, with(4))), 4);
    MEMORY.with_borrow_mut(|(_, is_left)| *is_left = false);
    assert_eq!((insert(3), raw::get::<u8>(is_new.address())), (0, 0));
    MEMORY.with_borrow_mut(|(_, is_left)| *is_left = true);
    for number in wanted {
        assert_eq!((functions.delete)(table, with(number)), 1);
    }
    assert_eq!(((functions.is_empty)(table), (functions.number)(table)), (1, 0));
    assert!(MEMORY.with_borrow(|(memory, _)| memory.is_empty()));
}

#[test]
fn elements_are_found_enumerated_in_order_and_deleted_in_both_kinds_of_tables() {
    let (rest, journal) = machine(0, |_| {
        let [compare, allocate, free] = routines();
        let (splay, avl) = (Block::new(72, 8), Block::new(104, 8));
        RtlInitializeGenericTable(splay.address(), compare, allocate, free, 0);
        exercise(splay.address(), &OF_SPLAY, true);
        RtlInitializeGenericTableAvl(avl.address(), compare, allocate, free, 0);
        exercise(avl.address(), &OF_AVL, false);
    });
    assert!(matches!(rest, Rest::Done), "{rest:?}\n{journal}");
}
