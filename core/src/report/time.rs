//! Times as the report writes them.

use crate::table::Civil;

/// The UTC date of a time in milliseconds since 1970, such as `2026-12-22`.
///
/// # Example
/// ```
/// use plumbline_core::report::{day_text, time_text};
/// assert_eq!(day_text(1_798_016_400_000), "2026-12-23");
/// assert_eq!(time_text(1_798_016_400_250), "2026-12-23T09:00:00Z");
/// ```
pub fn day_text(ms: i64) -> String {
    let date = Civil::from_ms(ms);
    format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
}

/// A time in milliseconds since 1970 as RFC 3339 in UTC, whole seconds.
pub fn time_text(ms: i64) -> String {
    let seconds = ms.rem_euclid(86_400_000) / 1_000;
    format!("{}T{:02}:{:02}:{:02}Z", day_text(ms), seconds / 3_600, seconds / 60 % 60, seconds % 60)
}
