//! Device queues: entries wait in the driver's memory while a device is busy.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::cross;
use crate::door::exports::exports;
use crate::machine::raw;

exports! {
    KeInitializeDeviceQueue: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-keinitializedevicequeue";
    KeInsertByKeyDeviceQueue: at DISPATCH, fails FALSE, since 2195,
        "ddi:wdm/nf-wdm-keinsertbykeydevicequeue";
    KeInsertDeviceQueue: at DISPATCH, fails FALSE, since 2195,
        "ddi:wdm/nf-wdm-keinsertdevicequeue";
    KeRemoveByKeyDeviceQueue: at DISPATCH, fails NULL, since 2195,
        "ddi:wdm/nf-wdm-keremovebykeydevicequeue";
    KeRemoveByKeyDeviceQueueIfBusy: at DISPATCH, fails NULL, since 2600, "undocumented:wdm.h";
    KeRemoveDeviceQueue: at DISPATCH, fails NULL, since 2195,
        "ddi:wdm/nf-wdm-keremovedevicequeue";
    KeRemoveEntryDeviceQueue: le DISPATCH, fails FALSE, since 2195,
        "ddi:wdm/nf-wdm-keremoveentrydevicequeue";
}

/// KDEVICE_QUEUE and KDEVICE_QUEUE_ENTRY (wdm.h, amd64).
mod queue {
    pub const HEAD: usize = 8;
    pub const LOCK: usize = 24;
    pub const BUSY: usize = 32;
    pub const BYTES: u16 = 40;
}
mod entry {
    pub const SORT_KEY: usize = 16;
    pub const INSERTED: usize = 20;
}
/// DeviceQueueObject of KOBJECTS.
const DEVICE_QUEUE: u16 = 20;

extern "win64" fn KeInitializeDeviceQueue(queue: usize) {
    let _ = cross();
    let head = queue + queue::HEAD;
    raw::put(queue, [DEVICE_QUEUE, queue::BYTES]);
    raw::put(head, [head, head]);
    raw::put(queue + queue::LOCK, 0_usize);
    raw::put(queue + queue::BUSY, 0_u8);
}

/// The entries, from the head on.
fn entries(queue: usize) -> impl Iterator<Item = usize> {
    let head = queue + queue::HEAD;
    let all = std::iter::successors(Some(raw::get::<usize>(head)), |entry| Some(raw::get(*entry)));
    all.take_while(move |entry| *entry != head)
}

/// Queues an entry before `after`, if the device is busy; it is from here on.
fn insert(queue: usize, entry: usize, key: u32, after: usize) -> u8 {
    let busy: u8 = raw::get(queue + queue::BUSY);
    raw::put(queue + queue::BUSY, 1_u8);
    raw::put(entry + entry::INSERTED, busy);
    if busy != 0 {
        raw::put(entry + entry::SORT_KEY, key);
        let before: usize = raw::get(after + 8);
        raw::put(entry, [after, before]);
        raw::put(before, entry);
        raw::put(after + 8, entry);
    }
    busy
}

fn unlink(entry: usize) {
    let [after, before]: [usize; 2] = raw::get(entry);
    raw::put(before, after);
    raw::put(after + 8, before);
    raw::put(entry + entry::INSERTED, 0_u8);
}

/// Takes an entry out; without one the device is not busy any more.
fn remove(queue: usize, found: Option<usize>) -> usize {
    match found {
        Some(entry) => unlink(entry),
        None => raw::put(queue + queue::BUSY, 0_u8),
    }
    found.unwrap_or(0)
}

extern "win64" fn KeInsertDeviceQueue(queue: usize, entry: usize) -> u8 {
    let _ = cross();
    insert(queue, entry, 0, queue + queue::HEAD)
}

fn key_of(entry: usize) -> u32 {
    raw::get(entry + entry::SORT_KEY)
}

/// Behind all whose key is not greater.
extern "win64" fn KeInsertByKeyDeviceQueue(queue: usize, entry: usize, key: u32) -> u8 {
    let _ = cross();
    let after = entries(queue).find(|other| key_of(*other) > key);
    insert(queue, entry, key, after.unwrap_or(queue + queue::HEAD))
}

extern "win64" fn KeRemoveDeviceQueue(queue: usize) -> usize {
    let _ = cross();
    remove(queue, entries(queue).next())
}

/// The first entry whose key is not less, or the first of all.
fn by_key(queue: usize, key: u32) -> Option<usize> {
    entries(queue).find(|entry| key_of(*entry) >= key).or_else(|| entries(queue).next())
}

extern "win64" fn KeRemoveByKeyDeviceQueue(queue: usize, key: u32) -> usize {
    let _ = cross();
    remove(queue, by_key(queue, key))
}

extern "win64" fn KeRemoveByKeyDeviceQueueIfBusy(queue: usize, key: u32) -> usize {
    let _ = cross();
    let is_busy = raw::get::<u8>(queue + queue::BUSY) != 0;
    if is_busy { remove(queue, by_key(queue, key)) } else { 0 }
}

extern "win64" fn KeRemoveEntryDeviceQueue(_queue: usize, entry: usize) -> u8 {
    let _ = cross();
    let was_inserted: u8 = raw::get(entry + entry::INSERTED);
    if was_inserted != 0 {
        unlink(entry);
    }
    was_inserted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::world::sample::machine;

    #[test]
    fn entries_wait_while_the_device_is_busy_and_come_out_by_key() {
        machine(0, |_| {
            let queue = Block::with(&[0xAA; 40], false);
            let queue = queue.address();
            let blocks = [(); 5].map(|()| Block::with(&[0xAA; 24], false));
            let [first, five, two, again, nine] = blocks.each_ref().map(Block::address);
            KeInitializeDeviceQueue(queue);
            assert_eq!(KeInsertDeviceQueue(queue, first), 0, "it is not queued: begin");
            for (entry, key) in [(five, 5), (two, 2), (again, 5), (nine, 9)] {
                assert_eq!(KeInsertByKeyDeviceQueue(queue, entry, key), 1);
            }
            assert_eq!(KeRemoveByKeyDeviceQueue(queue, 3), five);
            assert_eq!(KeRemoveEntryDeviceQueue(queue, nine), 1);
            assert_eq!(KeRemoveEntryDeviceQueue(queue, nine), 0);
            assert_eq!(KeRemoveByKeyDeviceQueue(queue, 8), two, "none has as much: the first");
            assert_eq!([KeRemoveDeviceQueue(queue), KeRemoveDeviceQueue(queue)], [again, 0]);
            assert_eq!(KeRemoveByKeyDeviceQueueIfBusy(queue, 0), 0);
            assert_eq!(KeInsertDeviceQueue(queue, first), 0, "it was idle again");
        });
    }
}
