//! Numbers, days and changes in words, as sentences of a rollout print them.

use crate::experiment::words;
use crate::table::Civil;

pub(crate) use words::{count, counted, listed, percent, rounded};

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// The UTC day of `ms`, such as `9 December`; with its year where that is not the year of `now_ms`.
pub(crate) fn day(ms: i64, now_ms: i64) -> String {
    let (at, now) = (Civil::from_ms(ms), Civil::from_ms(now_ms));
    let month = MONTHS.get((at.month as usize).wrapping_sub(1)).copied().unwrap_or_default();
    let year = if at.year == now.year { String::new() } else { format!(" {}", at.year) };
    format!("{} {month}{year}", at.day)
}

/// The UTC time of `ms`, such as `06:10`; with its day where that is not the day of `now_ms`.
pub(crate) fn clock(ms: i64, now_ms: i64) -> String {
    let minutes = ms.rem_euclid(crate::table::DAY_MS) / 60_000;
    let time = format!("{:02}:{:02}", minutes / 60, minutes % 60);
    let same = ms.div_euclid(crate::table::DAY_MS) == now_ms.div_euclid(crate::table::DAY_MS);
    if same { time } else { format!("{time} on {}", day(ms, now_ms)) }
}

/// `0.853` as it is; `0.85` without further zeros.
pub(crate) fn auc(x: f64) -> String {
    rounded(x, 3)
}

/// `0.714` as `71`: how many of a hundred.
pub(crate) fn of_hundred(part: f64) -> String {
    rounded(100.0 * part, 2)
}

/// `0.019` and `0.023` as `1.9 to 2.3 %`.
pub(crate) fn percents(low: f64, high: f64) -> String {
    format!("{} to {}", rounded(100.0 * low, 2), percent(high))
}

/// A ratio of 0.86 as `14 % less`, of 1.5 as `50 % more`, with these words for less and more.
pub(crate) fn changed(ratio: f64, less: &str, more: &str) -> String {
    format!("{} {}", percent((ratio - 1.0).abs()), if ratio < 1.0 { less } else { more })
}

/// `0.086` and `0.33` as `8.6 to 33 % more`, `-0.022` and `0.086` as `2.2 % fewer to 8.6 % more`, with these words for less and more.
pub(crate) fn span(low: f64, high: f64, less: &str, more: &str) -> String {
    if low > 0.0 {
        format!("{} {more}", percents(low, high))
    } else if high < 0.0 {
        format!("{} {less}", percents(-high, -low))
    } else {
        format!("{} to {}", changed(1.0 + low, less, more), changed(1.0 + high, less, more))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::parse_date;

    #[test]
    fn days_times_and_changes_read_well() {
        let at = |text: &str| parse_date(text).unwrap();
        let now = at("2026-12-01T09:30:00Z");
        assert_eq!(day(at("2026-12-09"), now), "9 December");
        assert_eq!(day(at("2027-01-03"), now), "3 January 2027");
        assert_eq!(clock(at("2026-12-01T06:10:59Z"), now), "06:10");
        assert_eq!(clock(at("2026-11-30T23:05:00Z"), now), "23:05 on 30 November");
        let change = |ratio| changed(ratio, "less", "more");
        assert_eq!((change(0.86), change(1.5), change(1.0)), ("14 % less".into(), "50 % more".into(), "0 % more".into()));
        assert_eq!(span(0.086, 0.33, "fewer", "more"), "8.6 to 33 % more");
        assert_eq!(span(-0.33, -0.086, "fewer", "more"), "8.6 to 33 % fewer");
        assert_eq!(span(-0.022, 0.086, "fewer", "more"), "2.2 % fewer to 8.6 % more");
        assert_eq!((percents(0.019, 0.023), of_hundred(0.714), auc(0.85)), ("1.9 to 2.3 %".into(), "71".into(), "0.85".into()));
    }
}
