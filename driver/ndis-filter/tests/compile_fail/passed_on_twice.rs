//! The layer passes packets on. A module that wants to do so itself has no handle to do it with.
#![no_std]
mod support;
use support::*;

pub fn resend(packets: Packets<'_>) -> u64 {
    let _ = ndis_filter::kernel::import::NdisFSendNetBufferLists; //~- E0603
    packets.count().packets
}
