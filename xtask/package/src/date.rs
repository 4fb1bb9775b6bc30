//! A moment in UTC as the places that want one spell it.

/// Days of a year from March on, so that the day which leap years have comes last.
const DAYS_BEFORE: [u64; 12] = [0, 31, 61, 92, 122, 153, 184, 214, 245, 275, 306, 337];
const DAYS_OF_400_YEARS: u64 = 146_097;
/// From 1 March 1600 to 1 January 1970.
const DAYS_BEFORE_1970: u64 = 135_080;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    pub year: u64,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
}

impl Date {
    /// Of seconds since 1970, as git and `SOURCE_DATE_EPOCH` count.
    pub fn new(seconds: u64) -> Self {
        let days = seconds / 86_400 + DAYS_BEFORE_1970;
        let (era, mut day) = (days / DAYS_OF_400_YEARS, days % DAYS_OF_400_YEARS);
        let century = (day / 36_524).min(3);
        day -= century * 36_524;
        let (leap, rest) = (day / 1_461, day % 1_461);
        let year = (rest / 365).min(3);
        day = rest - year * 365;
        let month = DAYS_BEFORE.iter().rposition(|before| *before <= day).unwrap_or_default();
        let day = day - DAYS_BEFORE[month] + 1;
        // January and February belong to the year after.
        let (month, wraps) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        let time = seconds % 86_400;
        Self {
            year: 1600 + era * 400 + century * 100 + leap * 4 + year + wraps,
            month: small(month as u64),
            day: small(day),
            hour: small(time / 3_600),
            minute: small(time / 60 % 60),
            second: small(time % 60),
        }
    }

    /// As DriverVer wants it.
    pub fn driver_ver(self) -> String {
        format!("{:02}/{:02}/{:04}", self.month, self.day, self.year)
    }

    pub fn day(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    /// ISO 8601.
    pub fn time(self) -> String {
        format!("{}T{:02}:{:02}:{:02}Z", self.day(), self.hour, self.minute, self.second)
    }
}

/// Everything but the year is below 62.
fn small(number: u64) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::Date;

    #[test]
    fn moments_are_those_that_date_prints() {
        // date -u -d @SECONDS +%FT%TZ
        let known = [
            (0, "1970-01-01T00:00:00Z"),
            (68_169_599, "1972-02-28T23:59:59Z"),
            (68_169_600, "1972-02-29T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
        ];
        for (seconds, text) in known {
            assert_eq!(Date::new(seconds).time(), text);
        }
    }

    #[test]
    fn every_day_of_a_hundred_and_forty_years_follows_the_one_before() {
        let mut before = Date::new(0);
        for day in 1..140 * 366 {
            let now = Date::new(day * 86_400);
            let same_month = now.month == before.month && now.day == before.day + 1;
            let next = now.day == 1
                && before.day >= 28
                && now.month == before.month % 12 + 1
                && now.year == before.year + u64::from(now.month == 1);
            assert!(same_month || next, "{before:?} {now:?}");
            before = now;
        }
    }

    #[test]
    fn driver_ver_puts_the_month_first() {
        assert_eq!(Date::new(951_782_400).driver_ver(), "02/29/2000");
    }
}
