//! Times of the report, which are RFC 3339 in UTC, as the reader's calendar and clock show them.

use serde_json::Value;

use crate::read::field;

/// Days of the months before, in a year that is not a leap year.
const BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

/// How a reader writes dates, and the clock of the place where the reader is. The page asks `Intl` once; files that the command prints
/// are in English and UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// January to December.
    months: Vec<String>,
    /// Monday to Sunday.
    weekdays: Vec<String>,
    /// A date, with `{d}` and `{m}`.
    date: String,
    /// A moment, with `{w}`, `{d}`, `{m}` and `{t}`.
    moment: String,
    /// The name of the zone.
    pub zone: String,
    /// Since when, in ms since 1970, the clock is how many minutes ahead of UTC; in order of time.
    offsets: Vec<(i64, i64)>,
}

impl Default for Calendar {
    fn default() -> Calendar {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect();
        Calendar {
            months: words("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
            weekdays: words("Mon Tue Wed Thu Fri Sat Sun"),
            date: "{d} {m}".into(),
            moment: "{w} {d} {m}, {t}".into(),
            zone: "UTC".into(),
            offsets: Vec::new(),
        }
    }
}

impl Calendar {
    /// The calendar that `value` describes; the default one for what it lacks.
    pub fn of(value: &Value) -> Calendar {
        let (months, weekdays): (Vec<String>, Vec<String>) = (field(value, "months"), field(value, "weekdays"));
        if months.len() != 12 || weekdays.len() != 7 {
            return Calendar::default();
        }
        let offsets: Vec<(f64, f64)> = field(value, "offsets");
        Calendar {
            months,
            weekdays,
            date: field(value, "date"),
            moment: field(value, "moment"),
            zone: field(value, "zone"),
            offsets: offsets.into_iter().map(|(from, minutes)| (from as i64, minutes as i64)).collect(),
        }
    }

    /// `ms` of the reader's clock: as if that clock were UTC's.
    fn local(&self, ms: i64) -> i64 {
        let known = self.offsets.iter().rev().find(|(from, _)| *from <= ms).or(self.offsets.first());
        ms + known.map_or(0, |(_, minutes)| minutes * MINUTE_MS)
    }

    /// `18 Nov` of a day since 1970.
    pub fn day(&self, day: i64) -> String {
        self.filled(&self.date, day, "")
    }

    /// `18 Nov, 14:00` of the hour that begins at `ms`.
    pub fn hour(&self, ms: i64) -> String {
        let local = self.local(ms);
        format!("{}, {}", self.day(local.div_euclid(DAY_MS)), clock(local))
    }

    /// `Wed 18 Nov, 14:05` of an RFC 3339 time; a date alone, which is a day of UTC, without the hour; any other text as it is.
    pub fn moment(&self, text: &str) -> String {
        match (ms_of(text), day_of(text)) {
            (Some(ms), _) => self.at(ms),
            (None, Some(day)) => self.filled(&format!("{{w}} {}", self.date), day, ""),
            _ => text.to_owned(),
        }
    }

    /// `Wed 18 Nov, 14:05` of a time in ms since 1970.
    pub fn at(&self, ms: i64) -> String {
        let local = self.local(ms);
        self.filled(&self.moment, local.div_euclid(DAY_MS), &clock(local))
    }

    fn filled(&self, pattern: &str, day: i64, clock: &str) -> String {
        let (month, date) = civil(day);
        let word = |words: &[String], place: usize| words.get(place).cloned().unwrap_or_default();
        let weekday = word(&self.weekdays, usize::try_from((day + 3).rem_euclid(7)).unwrap_or_default());
        let (month, date) = (word(&self.months, month), date.to_string());
        super::filled(pattern, &[("w", &weekday), ("d", &date), ("m", &month), ("t", clock)])
    }
}

/// `14:05` of a time in ms.
fn clock(ms: i64) -> String {
    let minute = ms.div_euclid(MINUTE_MS).rem_euclid(1_440);
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

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
    Some(((day * 24 + part(0)?) * 60 + part(3)?) * MINUTE_MS + part(6)? * 1_000)
}

/// Month from 0 and day of the month.
fn civil(day: i64) -> (usize, i64) {
    // Howard Hinnant's algorithm: years begin in March.
    let of_era = (day + 719_468).rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    (usize::try_from((month + 2) % 12).unwrap_or_default(), day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written() {
        let utc = Calendar::default();
        assert_eq!((day_of("1970-01-01"), day_of("2026-11-29T10:00:00Z"), day_of("soon")), (Some(0), Some(20_786), None));
        assert_eq!(utc.moment("2026-11-29T14:05:09Z"), "Sun 29 Nov, 14:05");
        assert_eq!((utc.moment("2024-02-29"), utc.moment("soon")), ("Thu 29 Feb".into(), "soon".into()));
        assert_eq!((utc.day(20_786), utc.day(0), utc.day(59)), ("29 Nov".into(), "1 Jan".into(), "1 Mar".into()));
    }

    #[test]
    fn the_clock_is_the_readers_on_both_sides_of_a_change() {
        let change = ms_of("2026-10-25T01:00:00Z").unwrap();
        let berlin = Calendar { offsets: vec![(0, 120), (change, 60)], ..Calendar::default() };
        assert_eq!(berlin.moment("2026-10-25T00:30:00Z"), "Sun 25 Oct, 02:30");
        assert_eq!(berlin.moment("2026-10-25T01:30:00Z"), "Sun 25 Oct, 02:30");
        assert_eq!(berlin.moment("2026-11-29T23:30:00Z"), "Mon 30 Nov, 00:30");
        assert_eq!(berlin.hour(ms_of("2026-11-29T23:00:00Z").unwrap()), "30 Nov, 00:00");
        assert_eq!(berlin.moment("2026-11-29"), "Sun 29 Nov", "a day of UTC has no hour to move");
        let german = serde_json::json!({
            "months": ["Jan.", "", "", "", "", "", "", "", "", "", "", ""], "weekdays": ["Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"],
            "date": "{d}. {m}", "moment": "{w}., {d}. {m}, {t}", "zone": "MEZ", "offsets": [[0.0, 60.0]]
        });
        assert_eq!(Calendar::of(&german).moment("1970-01-01T13:00:00Z"), "Do., 1. Jan., 14:00");
        assert_eq!(Calendar::of(&Value::Null), Calendar::default());
    }
}
