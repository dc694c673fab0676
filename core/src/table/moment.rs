//! Moments: civil-date arithmetic on the proleptic Gregorian calendar in UTC, no time zones, no leap seconds; and the one parser of dates
//! in data.
//!
//! Tested against every day of four centuries counted one by one.

/// A moment: milliseconds since 1970-01-01T00:00:00Z, and nanoseconds beyond them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Whole milliseconds since 1970.
    pub ms: i64,
    /// Nanoseconds after that millisecond, below 1,000,000.
    pub ns: u32,
}

impl Moment {
    /// The moment `ms` milliseconds after 1970.
    pub fn from_ms(ms: i64) -> Moment {
        Moment { ms, ns: 0 }
    }

    /// The moment `ns` nanoseconds after 1970.
    pub fn from_ns(ns: i64) -> Moment {
        Moment { ms: ns.div_euclid(1_000_000), ns: ns.rem_euclid(1_000_000) as u32 }
    }

    /// The moment `us` microseconds after 1970.
    pub fn from_us(us: i64) -> Moment {
        Moment { ms: us.div_euclid(1000), ns: us.rem_euclid(1000) as u32 * 1000 }
    }
}

/// A moment in civil terms, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    /// Year, such as 2026.
    pub year: i64,
    /// Month, 1–12.
    pub month: u32,
    /// Day of the month, 1–31.
    pub day: u32,
    /// Hour, 0–23.
    pub hour: u32,
    /// Day of the week, Monday 0 to Sunday 6.
    pub weekday: u32,
    /// Day of the year, 1–366.
    pub day_of_year: u32,
}

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;

impl Civil {
    /// The civil terms of `ms` milliseconds since 1970-01-01T00:00:00Z.
    ///
    /// # Source
    /// H. Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`.
    pub fn from_ms(ms: i64) -> Civil {
        let days = ms.div_euclid(DAY_MS);
        let (year, month, day) = civil_from_days(days);
        Civil {
            year,
            month,
            day,
            hour: (ms.rem_euclid(DAY_MS) / 3_600_000) as u32,
            weekday: (days + 3).rem_euclid(7) as u32,
            day_of_year: (days - days_from_civil(year, 1, 1) + 1) as u32,
        }
    }
}

/// Milliseconds since 1970 of a date (`2026-11-23`, midnight UTC) or an RFC 3339 date-time (`2026-11-23T09:15:00.250+01:00`).
/// Taken too, because CRMs and databases write them: a space for the `T`, no seconds, an offset without a colon or without
/// minutes (`+0100`, `+01`), no offset, meaning UTC. A leap second is the second before it. None for anything else. Years 0001
/// to 9999.
///
/// # Example
/// ```
/// use plumbline_core::table::parse_date;
/// assert_eq!(parse_date("1970-01-02"), Some(86_400_000));
/// assert_eq!(parse_date("1970-01-01T01:00:00+01:00"), Some(0));
/// assert_eq!(parse_date("2026-02-29"), None);
/// ```
pub fn parse_date(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| {
        bytes.get(from..to)?.iter().try_fold(0i64, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
    };
    let is = |at: usize, b: u8| bytes.get(at) == Some(&b);
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let dashes = is(4, b'-') && is(7, b'-');
    if !dashes || year < 1 || !(1..=12).contains(&month) || !(1..=i64::from(days_in_month(year, month as u32))).contains(&day) {
        return None;
    }
    let midnight = days_from_civil(year, month as u32, day as u32) * DAY_MS;
    if bytes.len() == 10 {
        return Some(midnight);
    }
    let (hour, minute) = (number(11, 13)?, number(14, 16)?);
    if !matches!(bytes.get(10), Some(b'T' | b't' | b' ')) || !is(13, b':') || hour > 23 || minute > 59 {
        return None;
    }
    let mut ms = midnight + (hour * 60 + minute) * 60_000;
    let mut at = 16;
    if is(16, b':') {
        let second = number(17, 19)?;
        if second > 60 {
            return None;
        }
        // Clocks that count milliseconds since 1970 have no leap seconds.
        ms += second.min(59) * 1000;
        at = 19;
        if is(19, b'.') {
            let digits = bytes.get(20..)?.iter().take_while(|b| b.is_ascii_digit()).count();
            let kept = digits.min(3);
            let fraction = number(20, 20 + kept)?;
            ms += match kept {
                0 => return None,
                1 => fraction * 100,
                2 => fraction * 10,
                _ => fraction,
            };
            at = 20 + digits;
        }
    }
    match bytes.get(at) {
        None => Some(ms),
        Some(b'Z' | b'z') => (bytes.len() == at + 1).then_some(ms),
        Some(sign @ (b'+' | b'-')) => {
            let hours = number(at + 1, at + 3)?;
            let minutes = match bytes.len() - at {
                3 => 0,
                5 => number(at + 3, at + 5)?,
                6 if is(at + 3, b':') => number(at + 4, at + 6)?,
                _ => return None,
            };
            let offset = (hours * 60 + minutes) * 60_000;
            (hours <= 23 && minutes <= 59).then_some(if *sign == b'+' { ms - offset } else { ms + offset })
        }
        Some(_) => None,
    }
}

/// `ms` milliseconds since 1970 as [`parse_date`] reads them: the date alone at midnight UTC, else with the time to the millisecond.
///
/// # Example
/// ```
/// use plumbline_core::table::format_date;
/// assert_eq!(format_date(86_400_000), "1970-01-02");
/// assert_eq!(format_date(-1), "1969-12-31T23:59:59.999Z");
/// ```
pub fn format_date(ms: i64) -> String {
    let Civil { year, month, day, .. } = Civil::from_ms(ms);
    let rest = ms.rem_euclid(DAY_MS);
    if rest == 0 {
        return format!("{year:04}-{month:02}-{day:02}");
    }
    let (hour, minute, second, milli) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60, rest % 1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// Days since 1970-01-01. Source: Hinnant, `days_from_civil`.
pub fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let day_of_year = (153 * ((i64::from(month) + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * shifted + 2) / 5 + 1) as u32;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 } as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The number of days of a month, 28 to 31.
pub fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        2 => 28 + u32::from(year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_centuries_counted_day_by_day() {
        let (mut year, mut month, mut day) = (1850i64, 1u32, 1u32);
        let start = days_from_civil(1850, 1, 1);
        for days in start..start + 146_097 {
            assert_eq!(civil_from_days(days), (year, month, day));
            assert_eq!(days_from_civil(year, month, day), days);
            let text = format!("{year:04}-{month:02}-{day:02}");
            assert_eq!(parse_date(&text), Some(days * DAY_MS), "{text}");
            day += 1;
            if day > days_in_month(year, month) {
                (day, month) = (1, month + 1);
            }
            if month > 12 {
                (month, year) = (1, year + 1);
            }
        }
    }

    #[test]
    fn known_moments() {
        let at = Civil::from_ms(1_795_425_300_250);
        assert_eq!(at, Civil { year: 2026, month: 11, day: 23, hour: 9, weekday: 0, day_of_year: 327 });
        for text in [
            "2026-11-23T09:15:00.250Z",
            "2026-11-23 09:15:00.250",
            "2026-11-23T10:15:00.2509+01:00",
            "2026-11-23t09:15:00.25z",
            "2026-11-23T09:15:00.250+0000",
            "2026-11-23 10:15:00.250+01",
            "2026-11-23T03:45:00.250-0530",
        ] {
            assert_eq!(parse_date(text), Some(1_795_425_300_250), "{text}");
        }
        assert_eq!(parse_date("2026-11-23T09:15"), Some(1_795_425_300_000));
        assert_eq!(parse_date("1969-12-31T23:59:59.999Z"), Some(-1));
        assert_eq!(parse_date("2016-12-31T23:59:60Z"), parse_date("2016-12-31T23:59:59Z"));
        assert_eq!(parse_date("0001-01-01T00:00+23:59"), Some(-62_135_596_800_000 - (23 * 60 + 59) * 60_000));
        assert_eq!(Civil::from_ms(-62_135_596_800_001).year, 0);
        assert_eq!(Civil::from_ms(-1), Civil { year: 1969, month: 12, day: 31, hour: 23, weekday: 2, day_of_year: 365 });
        for text in [
            "",
            "2026",
            "2026-1-2",
            "2026-13-01",
            "2026-00-01",
            "0000-01-01",
            "1900-02-29",
            "2026-11-23T",
            "2026-11-23T24:00Z",
            "2026-11-23T09:15:61Z",
            "2026-11-23T09:15:00.Z",
            "2026-11-23T09:15:00+1",
            "2026-11-23T09:15:00+010",
            "2026-11-23T09:15:00+01:0",
            "2026-11-23T09:15:00+24:00",
            "2026-11-23T09:15:00+01:60",
            "2026-11-23T09:15:00+01:00 ",
            "2026-11-23Z",
            "é026-11-23",
        ] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }
}
