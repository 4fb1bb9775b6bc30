//! Interlocked doubly linked lists.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::cross;
use crate::door::exports::exports;
use crate::machine::raw;

exports! {
    ExInterlockedInsertHeadList: le ANY, since 2195, "ddi:wdm/nf-wdm-exinterlockedinsertheadlist";
    ExInterlockedInsertTailList: le ANY, since 2195, "ddi:wdm/nf-wdm-exinterlockedinserttaillist";
    ExInterlockedRemoveHeadList: le ANY, since 2195, "ddi:wdm/nf-wdm-exinterlockedremoveheadlist";
}

/// LIST_ENTRY: Flink, Blink.
const FLINK: usize = 0;
const BLINK: usize = 8;

/// Links `entry` between two neighbours.
fn link(before: usize, entry: usize, after: usize) {
    raw::put(entry + FLINK, after);
    raw::put(entry + BLINK, before);
    raw::put(before + FLINK, entry);
    raw::put(after + BLINK, entry);
}

/// The first entry before the insertion; NULL if the list was empty.
extern "win64" fn ExInterlockedInsertHeadList(head: usize, entry: usize, _lock: usize) -> usize {
    let _ = cross();
    let first: usize = raw::get(head + FLINK);
    link(head, entry, first);
    if first == head { 0 } else { first }
}

/// The last entry before the insertion; NULL if the list was empty.
extern "win64" fn ExInterlockedInsertTailList(head: usize, entry: usize, _lock: usize) -> usize {
    let _ = cross();
    let last: usize = raw::get(head + BLINK);
    link(last, entry, head);
    if last == head { 0 } else { last }
}

extern "win64" fn ExInterlockedRemoveHeadList(head: usize, _lock: usize) -> usize {
    let _ = cross();
    let first: usize = raw::get(head + FLINK);
    if first == head {
        return 0;
    }
    let second: usize = raw::get(first + FLINK);
    raw::put(head + FLINK, second);
    raw::put(second + BLINK, head);
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::world::sample::machine;

    #[test]
    fn entries_come_out_of_a_list_in_their_order() {
        machine(0, |_| {
            let memory = Block::with(&[0; 64], false);
            let (head, a, b) = (memory.address(), memory.address() + 16, memory.address() + 32);
            raw::put(head + FLINK, head);
            raw::put(head + BLINK, head);
            assert_eq!(ExInterlockedInsertTailList(head, a, 0), 0, "it was empty");
            assert_eq!(ExInterlockedInsertTailList(head, b, 0), a);
            assert_eq!(ExInterlockedRemoveHeadList(head, 0), a);
            assert_eq!(ExInterlockedInsertHeadList(head, a, 0), b);
            assert_eq!(ExInterlockedRemoveHeadList(head, 0), a);
            assert_eq!(ExInterlockedRemoveHeadList(head, 0), b);
            assert_eq!(ExInterlockedRemoveHeadList(head, 0), 0);
        });
    }
}
