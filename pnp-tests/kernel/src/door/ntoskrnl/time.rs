//! Time, all of it the virtual clock.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::cross;
use crate::machine::raw;
use crate::nt::time;

use crate::door::exports::exports;

exports! {
    ExSystemTimeToLocalTime: le ANY, since 2195, "ddi:wdm/nf-wdm-exsystemtimetolocaltime";
    KeQueryInterruptTime: le ANY, since 2195, "ddi:wdm/nf-wdm-kequeryinterrupttime";
    KeQueryPerformanceCounter: le ANY, since 2195, "ddi:wdm/nf-wdm-kequeryperformancecounter";
    KeQuerySystemTime: le ANY, since inline, "ddi:wdm/nf-wdm-kequerysystemtime~r1";
    KeQuerySystemTimePrecise: le ANY, since 9200, "ddi:wdm/nf-wdm-kequerysystemtimeprecise";
    KeQueryTickCount: le ANY, since inline, "ddi:wdm/nf-wdm-kequerytickcount";
    KeQueryTimeIncrement: le ANY, since 2195, "ddi:wdm/nf-wdm-kequerytimeincrement";
    KeQueryUnbiasedInterruptTime = KeQueryInterruptTime: le ANY, since 7600,
        "ddi:wdm/nf-wdm-kequeryunbiasedinterrupttime";
    KeQueryUnbiasedInterruptTimePrecise: le ANY, since 10240, "undocumented:wdm.h";
    RtlTimeToTimeFields: le ANY, since 2195, "ddi:wdm/nf-wdm-rtltimetotimefields";
}

/// Of the performance counter: 10 MHz, as on every Hyper-V guest, so that it is the time itself.
const FREQUENCY: i64 = 10_000_000;

extern "win64" fn KeQueryPerformanceCounter(frequency: usize) -> u64 {
    let world = cross();
    if frequency != 0 {
        raw::put(frequency, FREQUENCY);
    }
    time::read(&world)
}

extern "win64" fn KeQuerySystemTime(out: usize) {
    let world = cross();
    raw::put(out, time::system(&world));
}

extern "win64" fn KeQuerySystemTimePrecise(out: usize) {
    let world = cross();
    raw::put(out, time::system(&world));
}

extern "win64" fn KeQueryInterruptTime() -> u64 {
    time::read(&cross())
}

extern "win64" fn KeQueryUnbiasedInterruptTimePrecise(counter: usize) -> u64 {
    let world = cross();
    let now = time::read(&world);
    raw::put(counter, now);
    now
}

extern "win64" fn KeQueryTickCount(out: usize) {
    let world = cross();
    raw::put(out, time::read(&world) / time::TICK);
}

extern "win64" fn KeQueryTimeIncrement() -> u32 {
    let _world = cross();
    u32::try_from(time::TICK).unwrap_or(u32::MAX)
}

/// The machine is in Greenwich, in winter.
extern "win64" fn ExSystemTimeToLocalTime(system: usize, local: usize) {
    let _world = cross();
    raw::put(local, raw::get::<u64>(system));
}

extern "win64" fn RtlTimeToTimeFields(time: usize, fields: usize) {
    let _world = cross();
    raw::put(fields, time::fields(raw::get(time)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::world::sample::machine;
    use crate::world::thread::Rest;

    #[test]
    fn every_clock_shows_the_virtual_time() {
        let (rest, _) = machine(0, |world| {
            world.sleep(3 * time::TICK + 1);
            let (now, out) = (world.clock.get(), Block::of(0_u64));
            let read = || raw::get::<u64>(out.address());
            KeQuerySystemTimePrecise(out.address());
            assert_eq!(read(), time::BOOT + now);
            KeQueryTickCount(out.address());
            assert_eq!(read(), 3);
            assert_eq!(KeQueryPerformanceCounter(out.address()), now);
            assert_eq!(read(), FREQUENCY.unsigned_abs());
            assert_eq!(KeQueryUnbiasedInterruptTimePrecise(out.address()), KeQueryInterruptTime());
        });
        assert!(matches!(rest, Rest::Done), "{rest:?}");
    }
}
