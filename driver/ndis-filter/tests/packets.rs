//! Chains of packets: counted to their end, and ended where they have none.
#![allow(missing_docs, reason = "tests: the names are the documentation")]

mod support;

use ndis_filter::packet::{Count, Packets, STRUCTURES_MAX};
use proptest::prelude::*;
use support::Map;

/// A list's or a packet's leading 48 bytes.
fn structure(next: u64, second: u64, length: u32) -> Vec<u8> {
    let mut bytes = vec![0xEE; 48];
    bytes[..8].copy_from_slice(&next.to_le_bytes());
    bytes[8..16].copy_from_slice(&second.to_le_bytes());
    bytes[24..28].copy_from_slice(&length.to_le_bytes());
    bytes
}

fn list(next: u64, first: u64) -> Vec<u8> {
    structure(next, first, 0xDEAD)
}

fn packet(next: u64, length: u32) -> Vec<u8> {
    structure(next, 0xDEAD, length)
}

fn count(map: &Map, first: u64) -> Count {
    Packets::at(first, map).count()
}

#[test]
fn no_chain_is_no_packet() {
    assert_eq!(count(&Map::default(), 0), Count { packets: 0, bytes: 0, cut: false });
}

#[test]
fn every_packet_of_every_list_is_counted_in_order() {
    let map = Map::default()
        .with(0x1000, &list(0x2000, 0x1100))
        .with(0x1100, &packet(0x1200, 60))
        .with(0x1200, &packet(0, 1500))
        .with(0x2000, &list(0x3000, 0))
        .with(0x3000, &list(0, 0x3100))
        .with(0x3100, &packet(0, u32::MAX));
    let lengths: Vec<u32> = Packets::at(0x1000, &map).lengths().collect();
    assert_eq!(lengths, [60, 1500, u32::MAX]);
    let bytes = 1560 + u64::from(u32::MAX);
    assert_eq!(count(&map, 0x1000), Count { packets: 3, bytes, cut: false });
    assert!(map.refused().is_empty());
}

#[test]
fn what_cannot_be_read_ends_the_walk_and_is_said() {
    let map = Map::default()
        .with(0x1000, &list(0x2000, 0x1100))
        .with(0x1100, &packet(0x1200, 60))
        .with(0x2000, &list(0, 0x1100));
    let mut lengths = Packets::at(0x1000, &map).lengths();
    assert_eq!((lengths.next(), lengths.next(), lengths.next()), (Some(60), None, None));
    assert!(lengths.was_cut());
    assert_eq!(count(&map, 0x1000), Count { packets: 1, bytes: 60, cut: true });
}

#[test]
fn cycles_of_lists_and_of_packets_end() {
    let map = Map::default().with(0x1000, &list(0x1000, 0));
    assert_eq!(count(&map, 0x1000), Count { packets: 0, bytes: 0, cut: true });
    let map = Map::default().with(0x1000, &list(0, 0x1100)).with(0x1100, &packet(0x1100, 1));
    let counted = u64::from(STRUCTURES_MAX - 1);
    assert_eq!(count(&map, 0x1000), Count { packets: counted, bytes: counted, cut: true });
}

proptest! {
    /// Whatever the links say: it ends, says so, and counts nothing twice without saying so.
    #[test]
    fn any_web_of_links_ends(links in prop::collection::vec((0_u64..8, 0_u64..8, any::<u32>()), 7)) {
        let at = |number: u64| number * 0x100;
        let mut map = Map::default();
        for (number, (next, first, length)) in (1_u64..).zip(&links) {
            map = map.with(at(number), &structure(at(*next), at(*first), *length));
        }
        let counted = count(&map, at(1));
        prop_assert!(counted.packets <= u64::from(STRUCTURES_MAX));
        prop_assert!(counted.cut || counted.packets <= 49);
    }
}
