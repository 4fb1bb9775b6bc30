//! The machine's time, all of it derived from the virtual clock.

use crate::world::World;

/// System time when a machine boots: 1 January 2026, in units of 100 ns since 1601.
pub const BOOT: u64 = 134_116_992_000_000_000;
/// One tick: 15.625 ms, as KeQueryTimeIncrement says on a PC.
pub const TICK: u64 = 156_250;

/// Readings of a clock that stands still, until it begins to move.
const PATIENCE: u32 = 1024;
/// By this part of the time that a driver has been reading already the clock moves with each reading.
const PACE: u64 = 64;
/// The most that it moves: a second.
const PACE_MAX: u64 = 10_000_000;

/// A callback that reads the clock again and again, while nobody waits.
#[derive(Debug, Default)]
pub struct Polling {
    /// The number of the callback's call; 0 outside one.
    call: u32,
    /// The clock after the latest reading, and at the first of these readings.
    at: u64,
    began: u64,
    readings: u32,
}

/// The clock as the driver reads it, which takes time: a driver that waits for a time by reading the clock
/// comes to an end, and the longer it has been at it, the sooner.
pub fn read(world: &World) -> u64 {
    let now = world.clock.get();
    let call = world.threads.current().open.borrow().last().map_or(0, |open| open.call);
    let mut polling = world.of::<Polling>().borrow_mut();
    if (polling.call, polling.at) != (call, now) {
        *polling = Polling { call, at: now, began: now, readings: 0 };
    }
    polling.readings = polling.readings.saturating_add(1);
    if polling.readings > PATIENCE {
        polling.at = now + 1 + ((now - polling.began) / PACE).min(PACE_MAX);
        world.clock.set(polling.at);
    }
    polling.at
}

/// System time as the driver reads it.
pub fn system(world: &World) -> u64 {
    BOOT + read(world)
}

/// The virtual time that a due time means: negative is from now on, positive is a system time; one
/// that is past is now.
pub fn due(world: &World, time: i64) -> u64 {
    let now = world.clock.get();
    if time < 0 {
        now.saturating_add(time.unsigned_abs())
    } else {
        time.unsigned_abs().saturating_sub(BOOT).max(now)
    }
}

/// Year, month, day, hour, minute, second, milliseconds, weekday of a system time, as
/// RtlTimeToTimeFields gives them (ddi:wdm/nf-wdm-rtltimetotimefields).
pub fn fields(time: u64) -> [u16; 8] {
    const DAY: u64 = 864_000_000_000;
    let (mut days, rest) = (time / DAY, time % DAY);
    // 1 January 1601 was a Monday.
    let weekday = (days + 1) % 7;
    let mut year = 1601;
    while days >= year_days(year) {
        days -= year_days(year);
        year += 1;
    }
    let february = if year_days(year) == 366 { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let milliseconds = rest / 10_000;
    let (seconds, minutes) = (milliseconds / 1000, milliseconds / 60_000);
    let hours = minutes / 60;
    [year, month, days + 1, hours, minutes % 60, seconds % 60, milliseconds % 1000, weekday]
        .map(|field| u16::try_from(field).unwrap_or(u16::MAX))
}

fn year_days(year: u64) -> u64 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    if leap { 366 } else { 365 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_time_has_the_fields_of_its_date() {
        assert_eq!(fields(0), [1601, 1, 1, 0, 0, 0, 0, 1]);
        // A Thursday.
        assert_eq!(fields(BOOT), [2026, 1, 1, 0, 0, 0, 0, 4]);
        let leap_day = 128_487_168_000_000_000;
        assert_eq!(fields(leap_day + 12_345_678), [2008, 2, 29, 0, 0, 1, 234, 5]);
    }
}
