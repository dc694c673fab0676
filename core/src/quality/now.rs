//! Bounds relative to the time of validation: `now()`, and `now()` plus or minus a `timedelta(…)`.

use super::moment::iso;
use crate::table::Moment;

/// Milliseconds of each argument of `timedelta`.
const UNITS: [(&str, f64); 5] = [("weeks", 6.048e8), ("days", 8.64e7), ("hours", 3.6e6), ("minutes", 6e4), ("seconds", 1e3)];
/// The end of the year 9999.
const LAST_MS: f64 = 2.534e14;

/// Whether `expression` is about the time of validation.
pub(super) fn is_of_now(expression: &str) -> bool {
    expression.trim_start().starts_with("now()")
}

/// The moment that `expression` names when it is `now_ms` (milliseconds since 1970, UTC), as text; none when it is written otherwise.
///
/// # Source
/// Great Expectations 1.24, `core/suite_parameters.py`, as far as suites use it: one sum, whose numbers may be products.
pub(super) fn moment(expression: &str, now_ms: i64) -> Option<String> {
    let rest = expression.trim().strip_prefix("now()")?.trim();
    let sign = match rest.chars().next() {
        None => 0.0,
        Some('+') => 1.0,
        Some('-') => -1.0,
        Some(_) => return None,
    };
    let arguments = rest.get(1..).map(|span| span.trim().strip_prefix("timedelta(")?.strip_suffix(')'));
    let mut span_ms = 0.0;
    if let Some(arguments) = arguments {
        for argument in arguments?.split(',') {
            let (name, value) = argument.split_once('=')?;
            let (_, unit) = UNITS.into_iter().find(|(unit, _)| *unit == name.trim())?;
            span_ms += value.split('*').try_fold(unit, |product, factor| Some(product * factor.trim().parse::<f64>().ok()?))?;
        }
    }
    let at = now_ms as f64 + sign * span_ms;
    (0.0..LAST_MS).contains(&at.abs()).then(|| iso(Moment::from_ms(at as i64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_validation_may_be_moved() {
        // 2026-06-01T12:00:00
        let now = 1_780_315_200_000;
        for (expression, expected) in [
            ("now()", Some("2026-06-01T12:00:00")),
            ("now() - timedelta(weeks=52)", Some("2025-06-02T12:00:00")),
            ("now() - timedelta(days = 1, hours=2)", Some("2026-05-31T10:00:00")),
            ("now()+timedelta(minutes=30*2)", Some("2026-06-01T13:00:00")),
            ("now() - timedelta(months=1)", None),
            ("now() - 5", None),
            ("now() * 2", None),
            ("now() - timedelta(weeks=1e9)", None),
        ] {
            assert_eq!(moment(expression, now).as_deref(), expected, "{expression}");
            assert!(is_of_now(expression));
        }
        assert!(!is_of_now("nowhere"));
    }
}
