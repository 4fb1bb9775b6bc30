//! Linked lists and packed names: cyclic, endless, torn.

mod support;

use ndis_filter::event::{ListError, NetPnpEvent, Port, RestartAttributes};
use support::{AT, Map, chain, describe, header, port, port_at, structure, utf16};

fn check(map: &Map, length: u32, expected: &str) {
    assert_eq!(describe(&NetPnpEvent::decode(&map.event(10, AT, length))), expected);
}

/// `PortActivation 0 1 .. n-1`, then `end`.
fn numbered(ports: u32, end: &str) -> String {
    let numbers = (0..ports).map(|number| number.to_string()).collect::<Vec<_>>().join(" ");
    format!("PortActivation {numbers} {end}").trim_end().to_owned()
}

#[test]
fn ports_are_counted_by_their_links_and_not_by_the_length() {
    check(&chain(3, 0), 96, "PortActivation 0 1 2");
    check(&chain(1, 0), 960, "PortActivation 0");
}

#[test]
fn a_port_is_read_field_by_field() {
    let map = Map::of(&port(9, 0));
    let Ok(NetPnpEvent::PortActivation(ports)) = NetPnpEvent::decode(&map.event(10, AT, 96)) else {
        panic!("it decodes");
    };
    let expected = Port {
        number: 9,
        kind: 3,
        media_connect_state: 1,
        send_control_state: 2,
        rcv_control_state: 1,
    };
    assert_eq!(ports.iter().collect::<Vec<_>>(), [Ok(expected)]);
    assert_eq!(map.refused(), []);
}

#[test]
fn less_than_one_port_is_short() {
    for length in [1, 95] {
        let expected = "PortActivation malformed: short-buffer of 96";
        check(&chain(1, 0), length, expected);
    }
    check(&chain(1, 0), 0, "PortActivation malformed: null-buffer");
    check(&Map::default(), 96, "PortActivation malformed: unreadable");
}

#[test]
fn a_cycle_ends_the_walk() {
    check(&chain(1, AT), 96, "PortActivation 0 cyclic");
    check(&chain(2, AT), 96, "PortActivation 0 1 cyclic");
    // Into the middle: some ports come twice before it shows.
    check(&chain(3, port_at(1)), 96, "PortActivation 0 1 2 1 cyclic");
    check(&chain(3, port_at(2)), 96, "PortActivation 0 1 2 cyclic");
}

#[test]
fn a_link_to_nowhere_ends_the_walk() {
    check(&chain(2, 0xDEAD), 96, "PortActivation 0 1 unreadable");
    check(&chain(2, u64::MAX), 96, "PortActivation 0 1 unreadable");
}

#[test]
fn a_port_with_a_foreign_header_ends_the_walk_and_one_that_says_64_bytes_does_not() {
    let with_header = |bytes: [u8; 4]| {
        let mut port = port(1, 0);
        port[32..36].copy_from_slice(&bytes);
        chain(1, 0x9000).with(0x9000, &port)
    };
    check(&with_header(header(0x80, 1, 64)), 96, "PortActivation 0 1");
    check(&with_header(header(0x80, 1, 59)), 96, "PortActivation 0 damaged");
    check(&with_header(header(0x81, 1, 60)), 96, "PortActivation 0 damaged");
}

#[test]
fn the_256th_port_is_the_last_that_is_looked_at() {
    check(&chain(256, 0), 96, &numbered(256, ""));
    check(&chain(257, 0), 96, &numbered(256, "too-long"));
}

/// NDIS_RESTART_ATTRIBUTES with its data.
fn attribute(next: u64, oid: u32, claimed: u32, data: &[u8]) -> Vec<u8> {
    let mut bytes = structure(
        16,
        &[(0, &next.to_le_bytes()), (8, &oid.to_le_bytes()), (12, &claimed.to_le_bytes())],
    );
    bytes.extend(data);
    bytes
}

/// NDIS_RESTART_GENERAL_ATTRIBUTES.
fn general(revision: u8, size: u16) -> Vec<u8> {
    let fields: &[(usize, &[u8])] = &[
        (0, &header(0xA2, revision, size)),
        (4, &1500_u32.to_le_bytes()),
        (8, &10_u64.to_le_bytes()),
        (16, &20_u64.to_le_bytes()),
        (24, &128_u32.to_le_bytes()),
        (28, &3_u32.to_le_bytes()),
        (32, &0x0B_u32.to_le_bytes()),
        (48, &2_i32.to_le_bytes()),
        (56, &1_i32.to_le_bytes()),
        (84, &256_u32.to_le_bytes()),
    ];
    structure(88, fields)
}

const GENERAL: u32 = 0x0001_021D;

#[test]
fn general_attributes_are_found_behind_foreign_ones_and_read_by_their_revision() {
    for (revision, size, accessed) in [(1, 84, None), (2, 88, Some(256)), (9, 200, Some(256))] {
        let map = Map::of(&attribute(0x9000, 0xABCD, 0, &[]))
            .with(0x9000, &attribute(0, GENERAL, 88, &general(revision, size)));
        let read = RestartAttributes::at(AT, &map).general().unwrap();
        assert_eq!((read.mtu_size, read.lookahead_size, read.mac_options), (1500, 128, 3));
        assert_eq!((read.max_xmit_link_speed, read.max_rcv_link_speed), (10, 20));
        assert_eq!(read.supported_packet_filters, 0x0B);
        assert_eq!((read.access_type, read.connection_type), (2, 1));
        assert_eq!(read.max_lookahead_size_accessed, accessed);
        assert_eq!(map.refused(), []);
    }
}

#[test]
fn revision_2_attributes_in_revision_1_space_are_read_as_far_as_they_go() {
    let map = Map::of(&attribute(0, GENERAL, 84, &general(2, 88)[..84]));
    let read = RestartAttributes::at(AT, &map).general().unwrap();
    assert_eq!((read.mtu_size, read.max_lookahead_size_accessed), (1500, None));
}

#[test]
fn general_attributes_that_are_short_or_foreign_are_none() {
    for data in [general(1, 83), general(0, 84), general(1, 84)[..50].to_vec(), vec![]] {
        let length = u32::try_from(data.len()).unwrap();
        let map = Map::of(&attribute(0, GENERAL, length, &data));
        assert_eq!(RestartAttributes::at(AT, &map).general(), None);
    }
    let map = Map::default();
    assert_eq!(RestartAttributes::at(0, &map).general(), None);
    assert_eq!(RestartAttributes::at(0, &map).iter().count(), 0);
    assert_eq!(map.refused(), []);
}

#[test]
fn an_attribute_whose_data_cannot_be_read_is_the_last_item() {
    let map =
        Map::of(&attribute(AT + 0x100, 1, 40, &[0; 8])).with(AT + 0x100, &attribute(0, 2, 0, &[]));
    let items: Vec<_> = RestartAttributes::at(AT, &map).iter().collect();
    assert_eq!(items, [Err(ListError::Unreadable)]);
}

#[test]
fn no_more_than_4096_bytes_of_an_attribute_are_read() {
    let map = Map::of(&attribute(0, 1, u32::MAX, &[0; 4096]));
    let items: Vec<_> = RestartAttributes::at(AT, &map).iter().collect();
    assert_eq!(items.iter().map(|item| item.map(|a| a.data.len())).collect::<Vec<_>>(), [Ok(4096)]);
}

/// NDIS_PROTOCOL_RESTART_PARAMETERS, 56 bytes.
fn parameters(first: [u8; 4], names: (u64, u32), attributes: u64) -> Vec<u8> {
    structure(
        56,
        &[
            (0, &first),
            (8, &names.0.to_le_bytes()),
            (16, &names.1.to_le_bytes()),
            (24, &attributes.to_le_bytes()),
            (32, &5_u32.to_le_bytes()),
            (40, &0x77_u64.to_le_bytes()),
        ],
    )
}

fn restart(map: &Map, length: u32, expected: &str) {
    assert_eq!(describe(&NetPnpEvent::decode(&map.event(9, AT, length))), expected);
}

#[test]
fn a_protocol_restart_without_a_buffer_changes_nothing() {
    let map = Map::default();
    assert_eq!(describe(&NetPnpEvent::decode(&map.event(9, 0, 0))), "Restart unchanged");
    restart(&map, 0, "Restart unchanged");
    let claimed = NetPnpEvent::decode(&map.event(9, 0, 52));
    assert_eq!(describe(&claimed), "Restart malformed: null-buffer");
    assert_eq!(map.refused(), []);
}

#[test]
fn a_protocol_restart_is_52_bytes_behind_its_own_header() {
    let good = Map::of(&parameters(header(0xA3, 1, 52), (0, 0), 0));
    for length in [52, 56] {
        restart(&good, length, "Restart 5 0x77 modules [] attributes []");
    }
    restart(&good, 51, "Restart malformed: short-buffer of 52");
    for first in [header(0x80, 1, 52), header(0xA3, 0, 52), header(0xA3, 1, 51)] {
        let map = Map::of(&parameters(first, (0, 0), 0));
        restart(&map, 52, "Restart malformed: foreign-header");
    }
}

fn with_names(names: &[u8], claimed: u32, expected: &str) {
    let map = Map::of(&parameters(header(0xA3, 1, 52), (0x9000, claimed), 0)).with(0x9000, names);
    restart(&map, 52, &format!("Restart 5 0x77 modules [{expected}] attributes []"));
}

#[test]
fn filter_names_are_counted_and_a_count_that_runs_over_ends_them() {
    let names = [&[4, 0][..], &utf16("ab"), &[2, 0], &utf16("c")].concat();
    let length = u32::try_from(names.len()).unwrap();
    with_names(&names, length, "ab c");
    with_names(&names, length - 1, "ab damaged");
    with_names(&names, length - 3, "ab damaged");
    with_names(&names, length + 1, "unreadable");
    with_names(&[3, 0, b'a', 0, b'b'], 5, "damaged");
    with_names(&[0xFF, 0xFF], 2, "damaged");
    with_names(&[9], 1, "damaged");
}

#[test]
fn the_256th_filter_name_is_the_last_that_is_looked_at() {
    let names = [2, 0, b'x', 0].repeat(257);
    with_names(&names[..1024], 1024, ["x"; 256].join(" ").as_str());
    with_names(&names, 1028, &format!("{} too-long", ["x"; 256].join(" ")));
}

#[test]
fn a_cyclic_attribute_list_ends() {
    let map = Map::of(&parameters(header(0xA3, 1, 52), (0, 0), 0x9001))
        .with(0x9001, &attribute(0x9001, 0xA, 0, &[]));
    restart(&map, 52, "Restart 5 0x77 modules [] attributes [0xa:0 cyclic]");
}
