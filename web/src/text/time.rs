//! Times of the report, which are RFC 3339 in UTC, as people read them.

/// Days of the months before, in a year that is not a leap year.
const BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Year, month and day of a date such as `2026-11-29`, with which a time may begin.
fn parts(text: &str) -> Option<(u64, usize, u64)> {
    let date = text.get(..10)?;
    let mut parts = date.split('-');
    let year: u64 = parts.next()?.parse().ok()?;
    let month: usize = parts.next()?.parse().ok()?;
    let day: u64 = parts.next()?.parse().ok()?;
    ((1..=12).contains(&month) && (1..=31).contains(&day) && (1970..10_000).contains(&year)).then_some((year, month, day))
}

/// Days since 1970 of the date at the beginning of `text`.
pub fn day_of(text: &str) -> Option<i64> {
    let (year, month, day) = parts(text)?;
    let leaps = |year: u64| year / 4 - year / 100 + year / 400;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let before = BEFORE.get(month - 1)? + u64::from(is_leap && month > 2);
    let days = 365 * (year - 1970) + leaps(year - 1) - leaps(1969) + before + day - 1;
    i64::try_from(days).ok()
}

/// Milliseconds since 1970 of an RFC 3339 time in UTC.
pub fn ms_of(text: &str) -> Option<i64> {
    let (day, clock) = (day_of(text)?, text.get(11..19)?);
    let part = |at: usize| clock.get(at..at + 2)?.parse::<i64>().ok();
    Some(((day * 24 + part(0)?) * 60 + part(3)?) * 60_000 + part(6)? * 1_000)
}

/// `18 Nov` of a day since 1970.
pub fn date_of(day: i64) -> String {
    let (month, day) = civil(day);
    format!("{day} {}", MONTHS.get(month).copied().unwrap_or_default())
}

/// Month from 0 and day of the month.
fn civil(day: i64) -> (usize, i64) {
    // Howard Hinnant's algorithm: years begin in March.
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let _ = era;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    (usize::try_from((month + 2) % 12).unwrap_or_default(), day)
}

/// `Wed 18 Nov, 14:05` of an RFC 3339 time; a date alone without the hour; any other text as it is.
pub fn moment(text: &str) -> String {
    let Some(day) = day_of(text) else { return text.to_owned() };
    let weekday = DAYS.get(usize::try_from((day + 3).rem_euclid(7)).unwrap_or_default()).copied().unwrap_or_default();
    let date = date_of(day);
    match text.get(11..16) {
        Some(clock) => format!("{weekday} {date}, {clock}"),
        None => format!("{weekday} {date}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written() {
        assert_eq!((day_of("1970-01-01"), day_of("2026-11-29T10:00:00Z"), day_of("soon")), (Some(0), Some(20_786), None));
        assert_eq!(moment("2026-11-29T14:05:09Z"), "Sun 29 Nov, 14:05");
        assert_eq!(moment("2024-02-29"), "Thu 29 Feb");
        assert_eq!((date_of(20_786), date_of(0), date_of(59)), ("29 Nov".into(), "1 Jan".into(), "1 Mar".into()));
    }
}
