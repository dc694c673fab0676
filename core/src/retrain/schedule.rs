//! When a schedule is due: the five fields of cron, in UTC.

use crate::table::{DAY_MS, days_in_month, format_date};

const MINUTE_MS: i64 = 60_000;
/// A schedule that is due on no day of so many is due on none: 29 February of a leap year, on any weekday, is within them.
const DAYS: i64 = 366 * 28;
/// What each field is called, and its least and largest value; Sunday is 0, and 7 too.
const FIELDS: [(&str, u32, u32); 5] = [("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7)];

/// A schedule such as `0 2 * * 0`: minute, hour, day of the month, month, weekday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// The values of each field, a bit each.
    fields: [u64; 5],
    /// Whether the day of the month, and the weekday, are restricted: where both are, either is enough, as in cron.
    restricted: [bool; 2],
}

impl Schedule {
    /// The schedule that `text` says: five fields with blanks between, each `*`, a number, `a-b`, several with commas, and `/n` for
    /// every n-th.
    ///
    /// # Errors
    /// A sentence that names the field.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::retrain::Schedule;
    /// let sundays = Schedule::read("0 2 * * 0").unwrap();
    /// // 2026-12-01 12:00 is a Tuesday; the Sunday after is 2026-12-06.
    /// assert_eq!(sundays.next(1_796_126_400_000), Some(1_796_522_400_000));
    /// assert!(Schedule::read("0 25 * * 0").unwrap_err().contains("hour"));
    /// ```
    pub fn read(text: &str) -> Result<Schedule, String> {
        let parts: Vec<&str> = text.split_ascii_whitespace().collect();
        if parts.len() != FIELDS.len() {
            return Err(format!(
                "has {} fields; minute, hour, day, month and weekday are needed, such as \"0 2 * * 0\"",
                parts.len()
            ));
        }
        let mut fields = [0; 5];
        for ((found, part), (name, least, most)) in fields.iter_mut().zip(&parts).zip(FIELDS) {
            *found = bits(part, least, most).ok_or_else(|| format!("{name} is {part:?}; allowed are {least} to {most}"))?;
        }
        let [_, _, days, _, weekdays] = &mut fields;
        *weekdays = (*weekdays | *weekdays >> 7) & 0x7f;
        let restricted = [*days != bits("*", 1, 31).unwrap_or_default(), *weekdays != 0x7f];
        let schedule = Schedule { fields, restricted };
        schedule.next(0).map(|_| schedule).ok_or_else(|| "is due on no day".to_owned())
    }

    /// The first moment after `after_ms` at which it is due, in milliseconds since 1970.
    pub fn next(&self, after_ms: i64) -> Option<i64> {
        let from = (after_ms.div_euclid(MINUTE_MS) + 1) * MINUTE_MS;
        let first = from.div_euclid(DAY_MS);
        for day in (first..first + DAYS).filter(|day| self.is_on(*day)) {
            let start = if day == first { from.rem_euclid(DAY_MS) / MINUTE_MS } else { 0 };
            let is_due = |minute: &i64| self.has(1, (minute / 60) as u32) && self.has(0, (minute % 60) as u32);
            if let Some(minute) = (start..24 * 60).find(is_due) {
                return Some(day * DAY_MS + minute * MINUTE_MS);
            }
        }
        None
    }

    fn has(&self, field: usize, value: u32) -> bool {
        self.fields.get(field).is_some_and(|bits| bits >> value & 1 == 1)
    }

    /// Whether it is due on a day, counted from 1970-01-01.
    fn is_on(&self, day: i64) -> bool {
        let date = format_date(day * DAY_MS);
        let number = |from: usize, to: usize| date.get(from..to).and_then(|text| text.parse().ok()).unwrap_or(0);
        let (month, of_month) = (number(5, 7), number(8, 10));
        // 1970-01-01 was a Thursday.
        let weekday = (day + 4).rem_euclid(7) as u32;
        let on = [self.has(2, of_month), self.has(4, weekday)];
        let is_day = match self.restricted {
            [true, true] => on.contains(&true),
            _ => on == [true, true],
        };
        self.has(3, month) && is_day && of_month <= days_in_month(number(0, 4).into(), month)
    }
}

/// The values that a field names, a bit each; none where it names none, or one out of range.
fn bits(text: &str, least: u32, most: u32) -> Option<u64> {
    let mut all = 0u64;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<u32>().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (least, most),
            Some((from, to)) => (from.parse().ok()?, to.parse().ok()?),
            None if part.contains('/') => (range.parse().ok()?, most),
            None => (range.parse().ok()?, range.parse().ok()?),
        };
        if from < least || to > most || from > to {
            return None;
        }
        all |= (from..=to).step_by(step as usize).fold(0, |bits, value| bits | 1 << value);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::parse_date;

    fn after(schedule: &str, moment: &str) -> String {
        let next = Schedule::read(schedule).unwrap().next(parse_date(moment).unwrap()).unwrap();
        format_date(next).chars().take(16).collect()
    }

    #[test]
    fn a_schedule_is_due_as_cron_says() {
        for (schedule, from, due) in [
            ("0 2 * * 0", "2026-12-01T12:00:00Z", "2026-12-06T02:00"),
            ("0 2 * * 7", "2026-12-06T01:59:59Z", "2026-12-06T02:00"),
            ("0 2 * * 0", "2026-12-06T02:00:00Z", "2026-12-13T02:00"),
            ("*/15 9-17 * * 1-5", "2026-12-04T17:50:00Z", "2026-12-07T09:00"),
            ("30 4 1,15 * *", "2026-12-01T04:30:00Z", "2026-12-15T04:30"),
            ("0 0 29 2 *", "2026-12-01T00:00:00Z", "2028-02-29"),
            // Both days restricted: either.
            ("0 0 13 * 5", "2026-12-01T00:00:00Z", "2026-12-04"),
        ] {
            assert_eq!(after(schedule, from), due, "{schedule}");
        }
        for wrong in
            ["", "0 2 * *", "60 2 * * 0", "0 2 * * 8", "0 2 0 * *", "a 2 * * 0", "0 2 5-1 * *", "*/0 * * * *", "0 0 31 2 *"]
        {
            assert!(Schedule::read(wrong).is_err(), "{wrong}");
        }
    }
}
