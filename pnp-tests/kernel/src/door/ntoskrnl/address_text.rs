//! Addresses of IPv4 and IPv6 as text.
#![allow(non_snake_case, reason = "Windows names")]

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::door::crossing::cross;
use crate::door::exports::exports;
use crate::machine::raw;

exports! {
    RtlIpv4AddressToStringA: le ANY, since 6000, "undocumented:ip2string.h";
    RtlIpv4AddressToStringExA: le ANY, fails STATUS_INVALID_PARAMETER, since 6000,
        "undocumented:ip2string.h";
    RtlIpv4AddressToStringExW: le ANY, fails STATUS_INVALID_PARAMETER, since 6000,
        "undocumented:ip2string.h";
    RtlIpv4AddressToStringW: le ANY, since 6000, "undocumented:ip2string.h";
    RtlIpv6AddressToStringA: le ANY, since 6000, "undocumented:ip2string.h";
    RtlIpv6AddressToStringExA: le ANY, fails STATUS_INVALID_PARAMETER, since 6000,
        "undocumented:ip2string.h";
    RtlIpv6AddressToStringExW: le ANY, fails STATUS_INVALID_PARAMETER, since 6000,
        "undocumented:ip2string.h";
    RtlIpv6AddressToStringW: le ANY, since 6000, "undocumented:ip2string.h";
}

const INVALID_PARAMETER: i32 = 0xC000_000D_u32.cast_signed();

/// Bytes of a character.
#[derive(Clone, Copy)]
enum Width {
    Narrow = 1,
    Wide = 2,
}

/// Writes the text and a terminator; where the terminator is.
fn write(buffer: usize, text: &str, width: Width) -> usize {
    for (index, byte) in text.bytes().chain([0]).enumerate() {
        match width {
            Width::Narrow => raw::put(buffer + index, byte),
            Width::Wide => raw::put(buffer + 2 * index, u16::from(byte)),
        }
    }
    buffer + text.len() * width as usize
}

/// Writes the text if it fits with its terminator; the length with it, in characters, either way.
fn fit(buffer: usize, length: usize, text: &str, width: Width) -> i32 {
    let needed = u32::try_from(text.len() + 1).unwrap_or(u32::MAX);
    let room: u32 = raw::get(length);
    raw::put(length, needed);
    if room < needed {
        return INVALID_PARAMETER;
    }
    write(buffer, text, width);
    0
}

fn v4(address: usize) -> String {
    Ipv4Addr::from(raw::get::<[u8; 4]>(address)).to_string()
}

fn v6(address: usize) -> String {
    Ipv6Addr::from(raw::get::<[u8; 16]>(address)).to_string()
}

/// A port travels in the network's order; 0 is none.
fn v4_with(address: usize, port: u16) -> String {
    match u16::from_be(port) {
        0 => v4(address),
        port => format!("{}:{port}", v4(address)),
    }
}

fn v6_with(address: usize, scope: u32, port: u16) -> String {
    let scope = if scope == 0 { String::new() } else { format!("%{scope}") };
    match u16::from_be(port) {
        0 => format!("{}{scope}", v6(address)),
        port => format!("[{}{scope}]:{port}", v6(address)),
    }
}

extern "win64" fn RtlIpv4AddressToStringA(address: usize, buffer: usize) -> usize {
    let _ = cross();
    write(buffer, &v4(address), Width::Narrow)
}

extern "win64" fn RtlIpv4AddressToStringW(address: usize, buffer: usize) -> usize {
    let _ = cross();
    write(buffer, &v4(address), Width::Wide)
}

extern "win64" fn RtlIpv6AddressToStringA(address: usize, buffer: usize) -> usize {
    let _ = cross();
    write(buffer, &v6(address), Width::Narrow)
}

extern "win64" fn RtlIpv6AddressToStringW(address: usize, buffer: usize) -> usize {
    let _ = cross();
    write(buffer, &v6(address), Width::Wide)
}

extern "win64" fn RtlIpv4AddressToStringExA(
    address: usize,
    port: u16,
    buffer: usize,
    length: usize,
) -> i32 {
    let _ = cross();
    fit(buffer, length, &v4_with(address, port), Width::Narrow)
}

extern "win64" fn RtlIpv4AddressToStringExW(
    address: usize,
    port: u16,
    buffer: usize,
    length: usize,
) -> i32 {
    let _ = cross();
    fit(buffer, length, &v4_with(address, port), Width::Wide)
}

extern "win64" fn RtlIpv6AddressToStringExA(
    address: usize,
    scope: u32,
    port: u16,
    buffer: usize,
    length: usize,
) -> i32 {
    let _ = cross();
    fit(buffer, length, &v6_with(address, scope, port), Width::Narrow)
}

extern "win64" fn RtlIpv6AddressToStringExW(
    address: usize,
    scope: u32,
    port: u16,
    buffer: usize,
    length: usize,
) -> i32 {
    let _ = cross();
    fit(buffer, length, &v6_with(address, scope, port), Width::Wide)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::world::sample::machine;

    #[test]
    fn addresses_are_written_with_port_and_scope_and_only_as_far_as_there_is_room() {
        machine(0, |_| {
            let (four, buffer) = (Block::of([192_u8, 168, 0, 1]), Block::with(&[0; 96], false));
            let mut bytes = [0_u8; 16];
            (bytes[0], bytes[1], bytes[15]) = (0xFE, 0x80, 1);
            let (six, at) = (Block::of(bytes), buffer.address());
            let end = RtlIpv4AddressToStringW(four.address(), at);
            assert_eq!(
                (end, String::from_utf16_lossy(&raw::wide(at))),
                (at + 22, "192.168.0.1".into())
            );
            RtlIpv6AddressToStringA(six.address(), at);
            assert_eq!(raw::narrow(at), b"fe80::1");
            let length = Block::of(46_u32);
            let port = 8080_u16.to_be();
            let six = six.address();
            assert_eq!(RtlIpv6AddressToStringExA(six, 5, port, at, length.address()), 0);
            assert_eq!(raw::narrow(at), b"[fe80::1%5]:8080");
            raw::put(length.address(), 11_u32);
            let status = RtlIpv4AddressToStringExA(four.address(), 0, at, length.address());
            assert_eq!((status, raw::get(length.address())), (INVALID_PARAMETER, 12_u32));
        });
    }
}
