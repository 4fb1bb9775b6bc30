use super::*;
use crate::machine::block::Block;
use crate::world::sample::machine;
use crate::world::thread::Rest;

fn counters(table: usize) -> [u32; 3] {
    raw::get(table + table::ENTRIES)
}

#[test]
fn entries_are_found_by_signature_one_after_another_and_enumerated_once() {
    let (rest, journal) = machine(0, |world| {
        let (out, held) = (Block::of(0_usize), Block::of([0_usize; 3]));
        let (context, enumerator) = (held.address(), Block::of([0_usize; 5]));
        assert_eq!(RtlCreateHashTable(out.address(), 0, 0), 1);
        let table: usize = raw::get(out.address());
        assert_eq!(RtlContractHashTable(table), 0);
        let entries: Vec<Block> = (0..300).map(|_| Block::of([0_usize; 3])).collect();
        for (index, entry) in entries.iter().enumerate() {
            // Signature 0 is another one's, and every hundredth has a twin.
            assert_eq!(RtlInsertEntryHashTable(table, entry.address(), index % 200, 0), 1);
        }
        assert_eq!((counters(table)[0], counters(table)[2]), (300, 0));
        let (first, second) = (entries[7].address(), entries[207].address());
        assert_eq!(RtlLookupEntryHashTable(table, 7, context), second);
        assert_eq!(RtlGetNextEntryHashTable(table, context), first);
        assert_eq!(RtlGetNextEntryHashTable(table, context), 0);
        assert_eq!(RtlLookupEntryHashTable(table, 1_000, context), 0);
        assert_eq!(raw::get::<usize>(entries[0].address() + SIGNATURE), 1);
        // One is taken out while it is enumerated.
        let at = enumerator.address();
        assert_eq!(RtlInitEnumerationHashTable(table, at), 1);
        assert_eq!(counters(table)[2], 1);
        let mut seen = 0;
        while let entry @ 1.. = RtlEnumerateEntryHashTable(table, at) {
            seen += 1;
            assert_eq!(RtlRemoveEntryHashTable(table, entry, 0), 1);
        }
        RtlEndEnumerationHashTable(table, at);
        assert_eq!((seen, counters(table)), (300, [0, 0, 0]));
        for entry in &entries[..3] {
            RtlInsertEntryHashTable(table, entry.address(), 9, 0);
        }
        assert_eq!(counters(table), [3, 1, 0]);
        assert_eq!(RtlInitWeakEnumerationHashTable(table, at), 1);
        let weakly = [(); 4].map(|()| RtlWeaklyEnumerateEntryHashTable(table, at));
        RtlEndWeakEnumerationHashTable(table, at);
        assert_eq!(weakly, [entries[2].address(), entries[1].address(), entries[0].address(), 0]);
        RtlDeleteHashTable(table);
        assert_eq!(world.of::<pool::Pool>().borrow().live().count(), 0);
    });
    assert!(matches!(rest, Rest::Done), "{rest:?}\n{journal}");
}
