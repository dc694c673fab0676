//! Moments and ages as users write them, and which outcomes are final.

use clap::Args;
use plumbline_core::metric::{Label, Maturity};
use plumbline_core::table::{Cell, Mismatch};

use crate::clock;

/// When an outcome is final.
#[derive(Debug, Default, Args)]
pub struct Ripeness {
    /// The age from which outcomes are final, such as 30d or 12h: a younger lead is open, an older one without outcome did not convert
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub matured_after: Option<i64>,
    /// The column with when each lead converted, empty when it did not; a conversion after --matured-after does not count
    #[arg(long, value_name = "COLUMN", requires = "matured_after")]
    pub converted_at: Option<String>,
    /// The time at which outcomes are judged [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub now: Option<i64>,
}

impl Ripeness {
    /// The time at which outcomes are judged.
    pub fn now_ms(&self) -> i64 {
        self.now.unwrap_or_else(|| clock::now().0)
    }

    /// The rule, when there is one.
    pub fn rule(&self) -> Option<Maturity> {
        self.matured_after.map(|after_ms| Maturity { after_ms })
    }

    /// Whether a lead converted as seen at `now_ms`; none while that is open. `converted` is what the outcome's column says.
    pub fn label(&self, scored_ms: i64, converted: Option<bool>, converted_ms: Option<i64>, now_ms: i64) -> Option<bool> {
        let Some(rule) = self.rule() else { return converted };
        // Without its moment a conversion is taken to have come at once.
        let at = if self.converted_at.is_some() { converted_ms } else { (converted == Some(true)).then_some(scored_ms) };
        match rule.label(scored_ms, at, now_ms) {
            Label::Converted => Some(true),
            Label::NotConverted => Some(false),
            Label::Open => None,
        }
    }

    /// The rule in words, for the reader of the figures.
    pub fn sentence(&self) -> Option<String> {
        let days = self.rule()?.after_ms as f64 / 86_400_000.0;
        Some(format!("a lead counts once it is {days} days old; a conversion after that age does not count"))
    }
}

/// `30d`, `12h`, `90m` or `45s` in milliseconds.
pub fn age(text: &str) -> Result<i64, String> {
    const WANTED: &str = "expected an age such as 30d, 12h, 90m or 45s";
    let split = text.len().saturating_sub(1);
    let (number, unit) = (text.get(..split).unwrap_or_default(), text.get(split..).unwrap_or_default());
    let unit = match unit {
        "d" => 86_400_000.0,
        "h" => 3_600_000.0,
        "m" => 60_000.0,
        "s" => 1_000.0,
        _ => return Err(WANTED.to_owned()),
    };
    match number.parse::<f64>() {
        Ok(n) if (0.0..=36_500.0 * 86_400_000.0).contains(&(n * unit)) => Ok((n * unit) as i64),
        _ => Err(WANTED.to_owned()),
    }
}

/// A date, a date with a time, or milliseconds since 1970.
pub fn moment(text: &str) -> Result<i64, String> {
    let wanted = || "expected a date (2026-11-23), a date with a time, or milliseconds since 1970".to_owned();
    match Cell::Text(text).read_moment() {
        Err(Mismatch::Epoch(unit)) => Err(format!("not {unit}")),
        read => read.ok().flatten().ok_or_else(wanted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_moments_are_read() {
        for (text, ms) in [("30d", 2_592_000_000), ("1.5h", 5_400_000), ("90m", 5_400_000), ("45s", 45_000), ("0d", 0)] {
            assert_eq!(age(text), Ok(ms), "{text}");
        }
        for bad in ["", "d", "30", "-1d", "NaNd", "1e99d", "5 €", "€"] {
            assert!(age(bad).is_err(), "{bad}");
        }
        for (text, ms) in [("1970-01-02", 86_400_000), ("1970-01-01T01:00:00+01:00", 0), ("1700000000000", 1_700_000_000_000)] {
            assert_eq!(moment(text), Ok(ms), "{text}");
        }
        assert!(moment("soon").is_err() && moment("1e300").is_err() && moment("NaN").is_err());
        assert!(moment("1700000000").is_err_and(|why| why.contains("looks like seconds")));
    }
}
