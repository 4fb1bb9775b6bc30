//! Dynamic hash tables: chains of the driver's entries in order of their signatures, in pool memory of the driver's.
//!
//! A table has as many chains as it began with on Windows, and neither grows nor shrinks: the header's inlines read the
//! counters, and nobody reads the directory.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::{Crossing, cross};
use crate::door::exports::exports;
use crate::machine::raw;
use crate::nt::pool::{self, PoolRequest};

exports! {
    RtlContractHashTable: le DISPATCH, fails FALSE, since 7600, "undocumented:ntddk.h";
    RtlCreateHashTable: le DISPATCH, fails FALSE by allocation, since 7600, "undocumented:ntddk.h";
    RtlCreateHashTableEx: le DISPATCH, fails FALSE by allocation, since 9200,
        "undocumented:ntddk.h";
    RtlDeleteHashTable: le DISPATCH, since 7600, "undocumented:ntddk.h";
    RtlEndEnumerationHashTable: le DISPATCH, since 7600, "undocumented:ntddk.h";
    RtlEndStrongEnumerationHashTable = RtlEndWeakEnumerationHashTable: le DISPATCH, since 10240,
        "undocumented:ntddk.h";
    RtlEndWeakEnumerationHashTable: le DISPATCH, since 7600, "undocumented:ntddk.h";
    RtlEnumerateEntryHashTable: le DISPATCH, fails NULL, since 7600, "undocumented:ntddk.h";
    RtlExpandHashTable = RtlContractHashTable: le DISPATCH, fails FALSE, since 7600,
        "undocumented:ntddk.h";
    RtlGetNextEntryHashTable: le DISPATCH, fails NULL, since 7600, "undocumented:ntddk.h";
    RtlInitEnumerationHashTable: le DISPATCH, since 7600, "undocumented:ntddk.h";
    RtlInitStrongEnumerationHashTable = RtlInitWeakEnumerationHashTable: le DISPATCH, since 10240,
        "undocumented:ntddk.h";
    RtlInitWeakEnumerationHashTable: le DISPATCH, since 7600, "undocumented:ntddk.h";
    RtlInsertEntryHashTable: le DISPATCH, since 7600, "undocumented:ntddk.h";
    RtlLookupEntryHashTable: le DISPATCH, fails NULL, since 7600, "undocumented:ntddk.h";
    RtlRemoveEntryHashTable: le DISPATCH, since 7600, "undocumented:ntddk.h";
    RtlStronglyEnumerateEntryHashTable = RtlWeaklyEnumerateEntryHashTable: le DISPATCH, fails NULL,
        since 10240, "undocumented:ntddk.h";
    RtlWeaklyEnumerateEntryHashTable: le DISPATCH, fails NULL, since 7600, "undocumented:ntddk.h";
}

/// RTL_DYNAMIC_HASH_TABLE (ntddk.h).
mod table {
    pub const FLAGS: usize = 0;
    pub const SHIFT: usize = 4;
    pub const SIZE: usize = 8;
    pub const DIVISOR_MASK: usize = 16;
    pub const ENTRIES: usize = 20;
    pub const NON_EMPTY: usize = 24;
    pub const ENUMERATORS: usize = 28;
    pub const DIRECTORY: usize = 32;
    pub const BYTES: usize = 40;
}
/// RTL_DYNAMIC_HASH_TABLE_CONTEXT, _ENUMERATOR: what stands behind the entry or the position.
mod context {
    pub const CHAIN: usize = 0;
    pub const BEFORE: usize = 8;
    pub const SIGNATURE: usize = 16;
}
mod enumerator {
    pub const CHAIN: usize = 24;
    pub const BUCKET: usize = 32;
}
/// RTL_DYNAMIC_HASH_TABLE_ENTRY: Linkage and Signature.
const SIGNATURE: usize = 16;
/// RTL_HASH_ALLOCATED_HEADER, and the signature that enumerators have among the entries.
const ALLOCATED_HEADER: u32 = 1;
const RESERVED: usize = 0;
/// BASE_HASH_TABLE_SIZE.
const CHAINS: u32 = 128;
const LIST_ENTRY: usize = 16;

fn count(table: usize, field: usize, by: i32) {
    raw::put(table + field, raw::get::<u32>(table + field).wrapping_add_signed(by));
}

fn next(linkage: usize) -> usize {
    raw::get(linkage)
}

fn signature(linkage: usize) -> usize {
    raw::get(linkage + SIGNATURE)
}

fn insert_behind(before: usize, linkage: usize) {
    let after = next(before);
    raw::put(linkage, [after, before]);
    raw::put(after + 8, linkage);
    raw::put(before, linkage);
}

fn unlink(linkage: usize) {
    let [after, before]: [usize; 2] = raw::get(linkage);
    raw::put(before, after);
    raw::put(after + 8, before);
}

/// The entries of a chain, without enumerators.
fn entries(chain: usize) -> impl Iterator<Item = usize> {
    let all = std::iter::successors(Some(next(chain)), |linkage| Some(next(*linkage)));
    all.take_while(move |linkage| *linkage != chain)
        .filter(|linkage| signature(*linkage) != RESERVED)
}

fn chain(table: usize, bucket: u32) -> usize {
    raw::get::<usize>(table + table::DIRECTORY) + LIST_ENTRY * bucket as usize
}

/// The chain of a signature, which may not be the reserved one.
fn chain_of(table: usize, signature: usize) -> usize {
    let shift: u32 = raw::get(table + table::SHIFT);
    let shifted = signature.checked_shr(shift).unwrap_or(0) as u64;
    // Spread by Fibonacci hashing; which chain it is nobody sees.
    let spread = shifted.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    chain(table, u32::try_from(spread % u64::from(CHAINS)).unwrap_or(0))
}

/// Fills a context: the chain, and what stands before the first entry of at least this signature.
fn populate(table: usize, signature: usize) -> [usize; 3] {
    let chain = chain_of(table, signature);
    let before = entries(chain).take_while(|entry| self::signature(*entry) < signature).last();
    [chain, before.unwrap_or(chain), signature]
}

fn usable(signature: usize) -> usize {
    if signature == RESERVED { RESERVED + 1 } else { signature }
}

fn memory(world: &Crossing, bytes: usize) -> Option<usize> {
    let ask = PoolRequest { bytes, tag: *b"HTab", zeroed: true, paged: false, owner: None };
    pool::allocate(world, ask)
}

/// Where the caller's variable is NULL the header is allocated, too.
fn create(world: &Crossing, out: usize, shift: u32) -> u8 {
    let own: usize = raw::get(out);
    let header = if own == 0 { memory(world, table::BYTES) } else { Some(own) };
    let Some(header) = header else { return 0 };
    let Some(directory) = memory(world, LIST_ENTRY * CHAINS as usize) else {
        if own == 0 {
            pool::free(world, header, None);
        }
        return 0;
    };
    raw::fill(header, 0, table::BYTES);
    raw::put(header + table::FLAGS, if own == 0 { ALLOCATED_HEADER } else { 0 });
    raw::put(header + table::SHIFT, shift);
    raw::put(header + table::SIZE, CHAINS);
    raw::put(header + table::DIVISOR_MASK, CHAINS - 1);
    raw::put(header + table::DIRECTORY, directory);
    for bucket in 0..CHAINS {
        let chain = chain(header, bucket);
        raw::put(chain, [chain, chain]);
    }
    raw::put(out, header);
    1
}

extern "win64" fn RtlCreateHashTable(out: usize, shift: u32, _flags: u32) -> u8 {
    let world = cross();
    create(&world, out, shift)
}

extern "win64" fn RtlCreateHashTableEx(out: usize, _size: u32, shift: u32, _flags: u32) -> u8 {
    let world = cross();
    create(&world, out, shift)
}

extern "win64" fn RtlDeleteHashTable(table: usize) {
    let world = cross();
    pool::free(&world, raw::get(table + table::DIRECTORY), None);
    if raw::get::<u32>(table + table::FLAGS) & ALLOCATED_HEADER != 0 {
        pool::free(&world, table, None);
    }
}

/// The number of chains stays.
extern "win64" fn RtlContractHashTable(_table: usize) -> u8 {
    let _ = cross();
    0
}

extern "win64" fn RtlInsertEntryHashTable(
    table: usize,
    entry: usize,
    signature: usize,
    of_caller: usize,
) -> u8 {
    let _ = cross();
    let signature = usable(signature);
    let known = of_caller != 0 && raw::get::<usize>(of_caller + context::CHAIN) != 0;
    let [chain, before, _]: [usize; 3] =
        if known { raw::get(of_caller) } else { populate(table, signature) };
    if of_caller != 0 && !known {
        raw::put(of_caller, [chain, before, signature]);
    }
    if entries(chain).next().is_none() {
        count(table, table::NON_EMPTY, 1);
    }
    raw::put(entry + SIGNATURE, signature);
    insert_behind(before, entry);
    count(table, table::ENTRIES, 1);
    1
}

extern "win64" fn RtlRemoveEntryHashTable(table: usize, entry: usize, of_caller: usize) -> u8 {
    let _ = cross();
    let signature = signature(entry);
    unlink(entry);
    count(table, table::ENTRIES, -1);
    if entries(chain_of(table, signature)).next().is_none() {
        count(table, table::NON_EMPTY, -1);
    }
    if of_caller != 0 && raw::get::<usize>(of_caller + context::CHAIN) == 0 {
        raw::put(of_caller, populate(table, signature));
    }
    1
}

extern "win64" fn RtlLookupEntryHashTable(
    table: usize,
    signature: usize,
    of_caller: usize,
) -> usize {
    let _ = cross();
    let signature = usable(signature);
    let found @ [chain, ..] = populate(table, signature);
    if of_caller != 0 {
        raw::put(of_caller, found);
    }
    entries(chain).find(|entry| self::signature(*entry) == signature).unwrap_or(0)
}

/// The entry behind the one that the context stands before, if it has the same signature.
extern "win64" fn RtlGetNextEntryHashTable(_table: usize, of_caller: usize) -> usize {
    let _ = cross();
    let chain: usize = raw::get(of_caller + context::CHAIN);
    let before: usize = raw::get(of_caller + context::BEFORE);
    let wanted: usize = raw::get(of_caller + context::SIGNATURE);
    let behind = |from: usize| {
        let all = std::iter::successors(Some(next(from)), |linkage| Some(next(*linkage)));
        all.take_while(move |linkage| *linkage != chain)
            .find(|linkage| signature(*linkage) != RESERVED)
    };
    let Some(current) = behind(before) else { return 0 };
    match behind(current).filter(|entry| signature(*entry) == wanted) {
        Some(entry) => {
            raw::put(of_caller + context::BEFORE, current);
            entry
        }
        None => 0,
    }
}

fn begin(table: usize, enumerator: usize) -> usize {
    let first = chain(table, 0);
    raw::put(enumerator + enumerator::CHAIN, first);
    raw::put(enumerator + enumerator::BUCKET, 0_u32);
    count(table, table::ENUMERATORS, 1);
    first
}

/// The next entry behind a position, on its chain or on a later one; the enumerator says on which.
fn advance(table: usize, enumerator: usize, position: usize) -> usize {
    let mut bucket: u32 = raw::get(enumerator + enumerator::BUCKET);
    let mut at = position;
    loop {
        let chain = chain(table, bucket);
        at = next(at);
        if at != chain {
            if signature(at) != RESERVED {
                raw::put(enumerator + enumerator::CHAIN, chain);
                raw::put(enumerator + enumerator::BUCKET, bucket);
                return at;
            }
            continue;
        }
        bucket += 1;
        if bucket == CHAINS {
            return 0;
        }
        at = self::chain(table, bucket);
    }
}

/// The enumerator stands in a chain, so that entries may come and go.
extern "win64" fn RtlInitEnumerationHashTable(table: usize, enumerator: usize) -> u8 {
    let _ = cross();
    let first = begin(table, enumerator);
    raw::put(enumerator + SIGNATURE, RESERVED);
    insert_behind(first, enumerator);
    1
}

extern "win64" fn RtlEnumerateEntryHashTable(table: usize, enumerator: usize) -> usize {
    let _ = cross();
    let entry = advance(table, enumerator, enumerator);
    if entry != 0 {
        unlink(enumerator);
        insert_behind(entry, enumerator);
    }
    entry
}

extern "win64" fn RtlEndEnumerationHashTable(table: usize, enumerator: usize) {
    let _ = cross();
    unlink(enumerator);
    count(table, table::ENUMERATORS, -1);
}

/// The enumerator only points into a chain.
extern "win64" fn RtlInitWeakEnumerationHashTable(table: usize, enumerator: usize) -> u8 {
    let _ = cross();
    let first = begin(table, enumerator);
    raw::put(enumerator, first);
    1
}

extern "win64" fn RtlWeaklyEnumerateEntryHashTable(table: usize, enumerator: usize) -> usize {
    let _ = cross();
    let entry = advance(table, enumerator, raw::get(enumerator));
    if entry != 0 {
        raw::put(enumerator, entry);
    }
    entry
}

extern "win64" fn RtlEndWeakEnumerationHashTable(table: usize, _enumerator: usize) {
    let _ = cross();
    count(table, table::ENUMERATORS, -1);
}

#[cfg(test)]
mod tests;
