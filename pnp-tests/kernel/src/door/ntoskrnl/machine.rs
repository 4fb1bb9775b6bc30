//! Time, and the end of the machine.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::cross;
use crate::machine::fiber::{self, Wait};
use crate::machine::{gate, raw};
use crate::nt::{bugcheck, time};
use journal::KernelFact;

use crate::door::exports::exports;

exports! {
    KeBugCheckEx: le ANY, since 2195, "ddi:wdm/nf-wdm-kebugcheckex";
    KeQueryInterruptTimePrecise: le ANY, since 9600, "ddi:wdm/nf-wdm-kequeryinterrupttimeprecise";
}

extern "win64" fn KeQueryInterruptTimePrecise(counter: usize) -> u64 {
    let world = cross();
    let now = time::read(&world);
    // The performance counter runs at 10 MHz here, as on every Hyper-V guest, so it is the time
    // itself.
    raw::put(counter, now);
    now
}

extern "win64" fn KeBugCheckEx(code: u32, p1: usize, p2: usize, p3: usize, p4: usize) {
    let world = cross();
    let what = format!("KeBugCheckEx by the driver, parameters {p1:#x} {p2:#x} {p3:#x} {p4:#x}");
    let at = bugcheck::place(&world, gate::caller());
    world.record(KernelFact::Bugcheck { code, what, at, freed: false });
    fiber::wait(Wait::Stop);
}
