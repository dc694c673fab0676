//! A table of two arms by converted or not.

use serde::Serialize;

use crate::math;
use crate::stats::error::StatsError;
use crate::stats::level::{Interval, Level};
use crate::stats::normal;

/// [[a, b], [c, d]]: the first arm's conversions and others, then the second's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TwoByTwo {
    counts: [[u64; 2]; 2],
}

/// A ratio with its interval, which is symmetric on the logarithm's scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Ratio {
    /// The ratio's natural logarithm.
    pub log: f64,
    /// The logarithm's standard error.
    pub log_error: f64,
    /// The interval of the ratio itself.
    pub interval: Interval,
}

impl Ratio {
    pub(super) fn new(log: f64, log_error: f64, level: Level) -> Ratio {
        let half = -normal::quantile(level.alpha() / 2.0) * log_error;
        Ratio { log, log_error, interval: Interval { lower: math::exp(log - half), upper: math::exp(log + half) } }
    }

    /// The ratio.
    pub fn value(&self) -> f64 {
        math::exp(self.log)
    }
}

impl TwoByTwo {
    /// The table with these rows.
    ///
    /// # Errors
    /// A table without a lead.
    pub fn new(counts: [[u64; 2]; 2]) -> Result<TwoByTwo, StatsError> {
        StatsError::unless_enough(counts.iter().flatten().sum(), 1, "leads in the table")?;
        Ok(TwoByTwo { counts })
    }

    /// The counts.
    pub fn counts(&self) -> [[u64; 2]; 2] {
        self.counts
    }

    /// The sample's odds ratio a·d / (b·c); infinite when only the denominator is 0.
    ///
    /// # Errors
    /// A row or column without a lead.
    pub fn odds_ratio(&self) -> Result<f64, StatsError> {
        self.check_margins()?;
        let [[a, b], [c, d]] = self.counts.map(|row| row.map(|count| count as f64));
        Ok(a * d / (b * c))
    }

    /// The log odds ratio with Woolf's interval; ½ is added to every cell when one is empty.
    ///
    /// # Errors
    /// A row or column without a lead.
    ///
    /// # Formula
    /// ln(ad / bc) ± z √(1/a + 1/b + 1/c + 1/d)
    ///
    /// # Source
    /// Woolf (1955), Haldane (1956); `statsmodels.stats.contingency_tables.Table2x2` 0.15, which documents the same and adds the half to
    /// empty cells only.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::{contingency::TwoByTwo, level::Level};
    /// let odds = TwoByTwo::new([[30, 70], [45, 55]])?.log_odds_ratio(Level::FIVE_PERCENT)?;
    /// assert!((odds.value() - 0.5238095238095238).abs() < 1e-15);
    /// # Ok::<(), plumbline_core::stats::error::StatsError>(())
    /// ```
    pub fn log_odds_ratio(&self, level: Level) -> Result<Ratio, StatsError> {
        self.check_margins()?;
        let [[a, b], [c, d]] = self.shifted();
        let log = math::ln(a) - math::ln(b) - math::ln(c) + math::ln(d);
        Ok(Ratio::new(log, (1.0 / a + 1.0 / b + 1.0 / c + 1.0 / d).sqrt(), level))
    }

    /// The log ratio of the arms' conversion rates, with ½ added to every cell when one is empty.
    ///
    /// # Errors
    /// A row or column without a lead.
    ///
    /// # Formula
    /// ln(p₁ / p₂) ± z √((1 − p₁) / (n₁ p₁) + (1 − p₂) / (n₂ p₂))
    ///
    /// # Source
    /// Katz et al. (1978); `statsmodels.stats.contingency_tables.Table2x2` 0.15.
    pub fn log_risk_ratio(&self, level: Level) -> Result<Ratio, StatsError> {
        self.check_margins()?;
        let [[a, b], [c, d]] = self.shifted();
        let log = math::ln(a / (a + b) / (c / (c + d)));
        Ok(Ratio::new(log, (b / (a * (a + b)) + d / (c * (c + d))).sqrt(), level))
    }

    fn shifted(&self) -> [[f64; 2]; 2] {
        let shift = if self.counts.iter().flatten().any(|count| *count == 0) { 0.5 } else { 0.0 };
        self.counts.map(|row| row.map(|count| count as f64 + shift))
    }

    pub(super) fn check_margins(&self) -> Result<(), StatsError> {
        let [[a, b], [c, d]] = self.counts;
        let least = (a + b).min(c + d).min(a + c).min(b + d);
        StatsError::unless_enough(least, 1, "leads in a row or column of the table")
    }
}
