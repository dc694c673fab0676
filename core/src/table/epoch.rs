//! Units in which files and databases write a moment as a number, and which of them a number is most likely in.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::moment::{DAY_MS, days_from_civil, days_in_month};

/// The unit of a moment that is written as a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Epoch {
    /// Milliseconds since 1970, as JavaScript counts.
    #[default]
    Milliseconds,
    /// Seconds since 1970, as Unix counts.
    Seconds,
    /// Microseconds since 1970.
    Microseconds,
    /// Nanoseconds since 1970: more than a double holds exactly, so that a field cannot declare it.
    #[serde(skip)]
    Nanoseconds,
    /// Days since 1899-12-30, as spreadsheets count.
    SpreadsheetDays,
    /// The digits of a date: 20261123.
    Yyyymmdd,
}

impl Epoch {
    /// The word that declares it.
    pub fn as_str(self) -> &'static str {
        match self {
            Epoch::Milliseconds => "milliseconds",
            Epoch::Seconds => "seconds",
            Epoch::Microseconds => "microseconds",
            Epoch::Nanoseconds => "nanoseconds",
            Epoch::SpreadsheetDays => "spreadsheet_days",
            Epoch::Yyyymmdd => "yyyymmdd",
        }
    }

    /// The unit in which `x` is a moment of our time, if as milliseconds since 1970 it would be one of no record: of the first weeks of
    /// 1970, or after the year 5138. A whole day of 1970 is taken as one, because people were born then.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::table::Epoch;
    /// assert_eq!(Epoch::suspected(1_763_900_000.0), Some(Epoch::Seconds));
    /// assert_eq!(Epoch::suspected(20_261_123.0), Some(Epoch::Yyyymmdd));
    /// assert_eq!(Epoch::suspected(1_763_900_000_000.0), None);
    /// ```
    pub fn suspected(x: f64) -> Option<Epoch> {
        // 1990 to 2100, in seconds.
        let is_recent = |seconds: f64| (631_152_000.0..4_102_444_800.0).contains(&seconds);
        match x {
            x if is_recent(x / 1e3) => None,
            x if is_recent(x) => Some(Epoch::Seconds).filter(|_| x % DAY_MS as f64 != 0.0),
            x if is_recent(x / 1e6) => Some(Epoch::Microseconds),
            x if is_recent(x / 1e9) => Some(Epoch::Nanoseconds),
            // 1927 to 2100.
            x if (10_000.0..73_051.0).contains(&x) => Some(Epoch::SpreadsheetDays),
            x if (19_000_101.0..21_001_231.0).contains(&x) && Epoch::Yyyymmdd.to_ms(x).is_some() => Some(Epoch::Yyyymmdd),
            _ => None,
        }
    }

    /// Milliseconds since 1970 of `x` in this unit, without a fraction of a millisecond; none when it is no moment.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::table::Epoch;
    /// assert_eq!(Epoch::SpreadsheetDays.to_ms(25_569.5), Some(43_200_000.0));
    /// assert_eq!(Epoch::Yyyymmdd.to_ms(19_700_102.0), Some(86_400_000.0));
    /// assert_eq!(Epoch::Yyyymmdd.to_ms(19_700_132.0), None);
    /// ```
    pub fn to_ms(self, x: f64) -> Option<f64> {
        let day = DAY_MS as f64;
        Some(match self {
            Epoch::Milliseconds => x,
            Epoch::Seconds => (x * 1e3).round(),
            Epoch::Microseconds => (x / 1e3).floor(),
            Epoch::Nanoseconds => (x / 1e6).floor(),
            Epoch::SpreadsheetDays => ((x - 25_569.0) * day).round(),
            Epoch::Yyyymmdd => {
                let digits = x as u32;
                let (year, month, of_month) = (i64::from(digits / 10_000), digits / 100 % 100, digits % 100);
                let is_date = f64::from(digits) == x && year > 0 && year <= 9999 && (1..=12).contains(&month);
                if !is_date || !(1..=days_in_month(year, month)).contains(&of_month) {
                    return None;
                }
                days_from_civil(year, month, of_month) as f64 * day
            }
        })
    }
}

impl fmt::Display for Epoch {
    /// What a number in this unit is, where milliseconds are expected.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Epoch::Milliseconds => "milliseconds since 1970",
            Epoch::Seconds => "milliseconds since 1970: it looks like seconds; multiply by 1,000, or write a date",
            Epoch::Microseconds => "milliseconds since 1970: it looks like microseconds; divide by 1,000, or write a date",
            Epoch::Nanoseconds => "milliseconds since 1970: it looks like nanoseconds; divide by 1,000,000, or write a date",
            Epoch::SpreadsheetDays => "milliseconds since 1970: it looks like the days of a spreadsheet; write a date",
            Epoch::Yyyymmdd => "milliseconds since 1970: it looks like the digits of a date; write 2026-11-23",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_another_unit_is_suspected_and_no_date_of_our_time_is() {
        let rows = [
            (1_795_425_300.0, Some(Epoch::Seconds)),
            (700_000_000.0, Some(Epoch::Seconds)),
            (166_000_000.0, None),
            (1_795_425_300_000_000.0, Some(Epoch::Microseconds)),
            (1_795_392_000_000_000.0, Some(Epoch::Microseconds)),
            (1_795_425_300_000_000_000.0, Some(Epoch::Nanoseconds)),
            (46_349.0, Some(Epoch::SpreadsheetDays)),
            (46_349.25, Some(Epoch::SpreadsheetDays)),
            (20_261_101.0, Some(Epoch::Yyyymmdd)),
            (20_261_301.0, None),
            (0.0, None),
            (1.0, None),
            (-1.0, None),
            (1_795_425_300_000.0, None),
            (166_000_000_000.0, None),
            (-2_208_988_800_000.0, None),
            // 1970-01-21, a birthday.
            (20.0 * 86_400_000.0, None),
            // The end of time of many databases.
            (253_402_300_799_000.0, None),
            (f64::NAN, None),
            (f64::INFINITY, None),
        ];
        for (x, unit) in rows {
            assert_eq!(Epoch::suspected(x), unit, "{x}");
            let seen = unit.and_then(|unit| unit.to_ms(x));
            assert!(seen.is_none_or(|ms| Epoch::suspected(ms).is_none()), "{x} is {seen:?} ms");
        }
        assert_eq!(Epoch::Seconds.to_ms(1_795_425_300.25), Some(1_795_425_300_250.0));
        assert_eq!(Epoch::Yyyymmdd.to_ms(20_240_229.0), Some(1_709_164_800_000.0));
        for bad in [20_230_229.0, 20_260_010.0, -20_260_101.0, 20_260_101.5, f64::NAN, 1e300] {
            assert_eq!(Epoch::Yyyymmdd.to_ms(bad), None, "{bad}");
        }
    }
}
