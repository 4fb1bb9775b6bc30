//! Packets are lent for the length of a call: a module can keep neither a chain nor a walk over it,
//! so there is nothing left to use once the layer has passed them on.
#![no_std]
mod support;
use core::cell::Cell;
use support::*;

struct Module {
    tap: Tap,
    chain: Cell<Option<Packets<'static>>>,
    walk: Cell<Option<Lengths<'static>>>,
    bytes: Cell<u64>,
}

impl FilterModule for Module {
    quiet!(everything);
}

impl DataPath for Module {
    fn tap(&self) -> &Tap {
        &self.tap
    }

    fn wants_packets(&self) -> bool {
        true
    }

    fn sending(&self, packets: Packets<'_>) {
        self.chain.set(Some(packets)); //~- E0521
        self.bytes.set(packets.count().bytes);
    }

    fn received(&self, packets: Packets<'_>) {
        self.walk.set(Some(packets.lengths())); //~- E0521
        self.bytes.set(packets.count().bytes);
    }
}
