//! Points in time and spans of time as text; both count units of 100 ns.

const MICROSECOND: u64 = 10;
const MILLISECOND: u64 = 1000 * MICROSECOND;
const SECOND: u64 = 1000 * MILLISECOND;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// A time since the start: `12.345678`, and from an hour on `8h00m12.345s`.
#[must_use]
pub fn time(at_100ns: u64) -> String {
    if at_100ns < HOUR {
        return format!("{}.{:06}", at_100ns / SECOND, at_100ns % SECOND / MICROSECOND);
    }
    let (hours, minutes) = (at_100ns / HOUR, at_100ns % HOUR / MINUTE);
    let (seconds, thousandths) = (at_100ns % MINUTE / SECOND, at_100ns % SECOND / MILLISECOND);
    format!("{hours}h{minutes:02}m{seconds:02}.{thousandths:03}s")
}

/// A duration with its unit, three digits or so: `0`, `800ns`, `42.1us`, `40.0ms`, `2.50s`,
/// `1m05.2s`, `8h00m12s`. Digits beyond are cut off, so that 999.99us does not become 1000.0us.
#[must_use]
pub fn duration(took_100ns: u64) -> String {
    let tenths = |unit: u64| (took_100ns / unit, took_100ns % unit * 10 / unit);
    let (hours, minutes) = (took_100ns / HOUR, took_100ns % HOUR / MINUTE);
    let seconds = took_100ns % MINUTE / SECOND;
    if took_100ns == 0 {
        "0".to_owned()
    } else if took_100ns < MICROSECOND {
        format!("{}ns", took_100ns * 100)
    } else if took_100ns < MILLISECOND {
        let (whole, tenth) = tenths(MICROSECOND);
        format!("{whole}.{tenth}us")
    } else if took_100ns < SECOND {
        let (whole, tenth) = tenths(MILLISECOND);
        format!("{whole}.{tenth}ms")
    } else if took_100ns < MINUTE {
        format!("{seconds}.{:02}s", took_100ns % SECOND / (SECOND / 100))
    } else if took_100ns < HOUR {
        format!("{minutes}m{seconds:02}.{}s", took_100ns % SECOND / (SECOND / 10))
    } else {
        format!("{hours}h{minutes:02}m{seconds:02}s")
    }
}

/// `500ms`, in units of 100 ns, or what would have been right.
pub fn parse_duration(text: &str) -> Result<u64, String> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (count, unit) = text.split_at(digits);
    let length = match unit {
        "us" => MICROSECOND,
        "ms" => MILLISECOND,
        "s" => SECOND,
        "m" => MINUTE,
        _ => return Err(format!("`{text}` is no time, such as 500ms, 4s or 2m")),
    };
    let count: u64 = count.parse().map_err(|_| format!("`{text}` is no time, such as 500ms"))?;
    count.checked_mul(length).ok_or_else(|| format!("`{text}` is too long"))
}

#[cfg(test)]
mod tests {
    use super::{HOUR, MINUTE, SECOND, duration, time};

    #[test]
    fn times_are_seconds_with_microseconds_until_an_hour_has_passed() {
        let times = [0, 123_456_789, HOUR - 1, HOUR, 8 * HOUR + 123_450_000, u64::MAX];
        let expected = [
            "0.000000",
            "12.345678",
            "3599.999999",
            "1h00m00.000s",
            "8h00m12.345s",
            "512409557h36m10.955s",
        ];
        assert_eq!(times.map(time), expected);
    }

    #[test]
    fn durations_choose_the_unit_that_keeps_them_short() {
        let short = [0, 8, 421, 400_000, 9_999_999].map(duration);
        assert_eq!(short, ["0", "800ns", "42.1us", "40.0ms", "999.9ms"]);
        let long = [25_000_000, MINUTE + 52_000_000, 8 * HOUR + 12 * SECOND].map(duration);
        assert_eq!(long, ["2.50s", "1m05.2s", "8h00m12s"]);
    }
}
