//! Times of the report, which are RFC 3339 in UTC, as the reader's calendar and clock show them.

use plumbline_core::table::DAY_MS;
use serde_json::Value;

use crate::read::field;

/// Days of the months before, in a year that is not a leap year.
const BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
/// Months as the service's sentences name them.
const LONG: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const MINUTE_MS: i64 = 60_000;

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
    /// The minutes that the clock is ahead of UTC now.
    ahead: i64,
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
            ahead: 0,
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
            ahead: field::<Option<f64>>(value, "ahead").unwrap_or_default() as i64,
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

    /// `text` with its times, which the service writes in UTC as `06:10` or `23:05 on 30 November`, on the reader's clock.
    pub fn localized(&self, text: &str) -> String {
        if self.ahead == 0 && self.offsets.iter().all(|(_, minutes)| *minutes == 0) {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len() + 8);
        // What was written so far, and what was looked at.
        let (mut written, mut seen) = (0, 0);
        while let Some(place) = text.get(seen..).and_then(|rest| Some(seen + rest.find(':')?)) {
            seen = place + 1;
            if let Some((from, words, end)) = self.one(text, place) {
                out.push_str(text.get(written..from).unwrap_or_default());
                out.push_str(&words);
                (written, seen) = (end, end);
            }
        }
        out.push_str(text.get(written..).unwrap_or_default());
        out
    }

    /// The time around the colon at `place`: where it begins, its words on the reader's clock, and where it ends.
    fn one(&self, text: &str, place: usize) -> Option<(usize, String, usize)> {
        let from = place.checked_sub(2)?;
        let mut end = place + 3;
        let pair = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<i64>().ok()).flatten();
        let (hour, minute) = (pair(text.get(from..place)?)?, pair(text.get(place + 1..end)?)?);
        let is_part = |c: char| c.is_ascii_digit() || c == ':';
        let is_alone = !text.get(..from)?.ends_with(is_part) && !text.get(end..)?.starts_with(is_part);
        if !is_alone || hour > 23 || minute > 59 || text.get(end..)?.starts_with(" UTC") {
            return None;
        }
        let of_day = hour * 60 + minute;
        let dated = text.get(end..)?.strip_prefix(" on ").and_then(|after| {
            let (day, after) = after.split_once(' ')?;
            let month = LONG.iter().position(|name| after.starts_with(name))?;
            let words = 4 + day.len() + 1 + LONG.get(month)?.len();
            Some((pair(day)?, month, words))
        });
        let Some((day, month, words)) = dated else {
            let local = (of_day + self.ahead).rem_euclid(1_440);
            return Some((from, clock(local * MINUTE_MS), end));
        };
        end += words;
        // A year of those whose changes of the clock are known.
        let known = self.offsets.first().map_or(0, |(from, _)| *from) + 180 * DAY_MS;
        let mut year = 1970 + known.div_euclid(DAY_MS) * 400 / 146_097;
        if day_of(&format!("{year}-{:02}-{day:02}", month + 1)).is_some_and(|day| day * DAY_MS < known - 180 * DAY_MS) {
            year += 1;
        }
        let ms = day_of(&format!("{year}-{:02}-{day:02}", month + 1))? * DAY_MS + of_day * MINUTE_MS;
        let local = self.local(ms);
        let (month, day) = civil(local.div_euclid(DAY_MS));
        Some((from, format!("{} on {day} {}", clock(local), LONG.get(month)?), end))
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
        let spring = ms_of("2026-03-29T01:00:00Z").unwrap();
        let since = vec![(ms_of("2025-10-26T01:00:00Z").unwrap(), 60), (spring, 120), (change, 60)];
        let berlin = Calendar { ahead: 60, offsets: since, ..berlin };
        assert_eq!(berlin.localized("by 22:30 on 30 June"), "by 00:30 on 1 July");
        assert_eq!(berlin.localized("Due at 23:30 on 30 November, since 06:10."), "Due at 00:30 on 1 December, since 07:10.");
        assert_eq!(berlin.localized("x: 1:2, 10:20:30, 02:00 UTC, 25:00"), "x: 1:2, 10:20:30, 02:00 UTC, 25:00");
        assert_eq!(Calendar::default().localized("Due at 23:30 on 30 November"), "Due at 23:30 on 30 November");
        assert_eq!(berlin.moment("2026-11-29"), "Sun 29 Nov", "a day of UTC has no hour to move");
        let german = serde_json::json!({
            "months": ["Jan.", "", "", "", "", "", "", "", "", "", "", ""], "weekdays": ["Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"],
            "date": "{d}. {m}", "moment": "{w}., {d}. {m}, {t}", "zone": "MEZ", "offsets": [[0.0, 60.0]]
        });
        assert_eq!(Calendar::of(&german).moment("1970-01-01T13:00:00Z"), "Do., 1. Jan., 14:00");
        assert_eq!(Calendar::of(&Value::Null), Calendar::default());
    }
}
