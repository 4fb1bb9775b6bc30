//! Where packets are in memory is not for a module to know: it could keep that instead of them.
#![no_std]
mod support;
use support::*;

pub fn address(packets: Packets<'_>) -> u64 {
    packets.first //~- E0616
    //= packets.count().packets
}
