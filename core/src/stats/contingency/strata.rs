//! Two arms in several strata: one effect over all, and whether the strata agree on it.

use serde::Serialize;

use super::two_by_two::Ratio;
use crate::math;
use crate::stats::alternative::Outcome;
use crate::stats::chi_square;
use crate::stats::error::StatsError;
use crate::stats::level::Level;

/// A 2 × 2 table per stratum. A stratum in which a row or a column is empty says nothing about the arms' difference and is left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Strata {
    tables: Vec<Cells>,
}

/// One stratum's counts.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cells {
    a: f64,
    b: f64,
    c: f64,
    d: f64,
}

/// Whether the odds ratio is the same in all strata.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Homogeneity {
    /// The statistic.
    pub statistic: f64,
    /// Strata that tell something, less one.
    pub freedom: u64,
    /// From the upper tail of χ².
    pub p_value: f64,
}

impl Cells {
    fn first(&self) -> f64 {
        self.a + self.b
    }

    fn converted(&self) -> f64 {
        self.a + self.c
    }

    fn total(&self) -> f64 {
        self.a + self.b + self.c + self.d
    }
}

impl Strata {
    /// The strata with these tables, each [[a, b], [c, d]].
    ///
    /// # Errors
    /// No stratum in which every row and column holds a lead.
    pub fn new(tables: &[[[u64; 2]; 2]]) -> Result<Strata, StatsError> {
        let tells = |[[a, b], [c, d]]: &&[[u64; 2]; 2]| (a + b).min(c + d).min(a + c).min(b + d) > 0;
        let cells = |table: &[[u64; 2]; 2]| {
            let [[a, b], [c, d]] = table.map(|row| row.map(|count| count as f64));
            Cells { a, b, c, d }
        };
        let tables: Vec<Cells> = tables.iter().filter(tells).map(cells).collect();
        StatsError::unless_enough(tables.len() as u64, 1, "strata with leads in every row and column")?;
        Ok(Strata { tables })
    }

    /// Cochran, Mantel and Haenszel's test that the arms do not differ in any stratum; `corrected` for continuity or not.
    ///
    /// # Formula
    /// (|Σ (a − E a)| − ½)² / Σ (a+b)(c+d)(a+c)(b+d) / (n² (n − 1)), against χ² with one degree of freedom; the correction never
    /// takes more than there is.
    ///
    /// # Source
    /// Mantel & Haenszel (1959); `statsmodels.stats.contingency_tables.StratifiedTable.test_null_odds` 0.15.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::contingency::Strata;
    /// let test = Strata::new(&[[[30, 70], [45, 55]], [[3, 1], [1, 3]]])?.mantel_haenszel(false);
    /// assert!((test.statistic / 3.421311165690535 - 1.0).abs() < 1e-12);
    /// # Ok::<(), plumbline_core::stats::error::StatsError>(())
    /// ```
    pub fn mantel_haenszel(&self, corrected: bool) -> Outcome {
        let excess = self.sum(|t| t.a - t.first() * t.converted() / t.total()).abs();
        let variance = self.sum(|t| {
            let (n, second, others) = (t.total(), t.c + t.d, t.b + t.d);
            t.first() / n * (second / n) * t.converted() * others / (n - 1.0)
        });
        let excess = if corrected { (excess - 0.5).max(0.0) } else { excess };
        let statistic = excess * excess / variance;
        Outcome { statistic, p_value: chi_square::sf(statistic, 1.0) }
    }

    /// The common odds ratio, with the interval of Robins, Breslow and Greenland.
    ///
    /// # Errors
    /// No conversion of one arm beside a lead of the other that did not convert, over all strata: the ratio is 0 or infinite.
    ///
    /// # Formula
    /// R / S with R = Σ ad / n, S = Σ bc / n; the logarithm's variance is Σ PR / 2R² + Σ (PS + QR) / 2RS + Σ QS / 2S² with
    /// P = (a + d) / n, Q = 1 − P of each stratum
    ///
    /// # Source
    /// Mantel & Haenszel (1959), Robins, Breslow & Greenland (1986); `StratifiedTable` of statsmodels 0.15.
    pub fn odds_ratio(&self, level: Level) -> Result<Ratio, StatsError> {
        let up = |t: &Cells| t.a * t.d / t.total();
        let down = |t: &Cells| t.b * t.c / t.total();
        let (ups, downs) = (self.sum(up), self.sum(down));
        if ups == 0.0 || downs == 0.0 {
            return Err(StatsError::NoVariation { what: "the association between arm and outcome across all strata" });
        }
        let share = |t: &Cells| (t.a + t.d) / t.total();
        let variance = self.sum(|t| share(t) * up(t)) / (ups * ups)
            + self.sum(|t| share(t) * down(t) + (1.0 - share(t)) * up(t)) / (ups * downs)
            + self.sum(|t| (1.0 - share(t)) * down(t)) / (downs * downs);
        Ok(Ratio::new(math::ln(ups / downs), (variance / 2.0).sqrt(), level))
    }

    /// The common ratio of conversion rates; infinite when the second arm never converted.
    ///
    /// # Formula
    /// Σ a (c + d) / n over Σ c (a + b) / n
    ///
    /// # Source
    /// Mantel & Haenszel's weights; `StratifiedTable.riskratio_pooled` of statsmodels 0.15.
    pub fn risk_ratio(&self) -> f64 {
        self.sum(|t| t.a * (t.c + t.d) / t.total()) / self.sum(|t| t.c * t.first() / t.total())
    }

    /// Breslow and Day's test that the odds ratio is the same in all strata, `adjusted` by Tarone or not. It needs large strata.
    ///
    /// # Errors
    /// Fewer than two strata that tell something; a common odds ratio of 0 or infinity.
    ///
    /// # Formula
    /// Σ (a − e)² / v, where e solves e (d − a + e) = ψ (a + b − e)(a + c − e) at the common odds ratio ψ and 1/v is the sum of the
    /// reciprocals of the four cells so fitted; Tarone subtracts (Σ (a − e))² / Σ v.
    ///
    /// # Source
    /// Breslow & Day (1980) 4.30, Tarone (1985); `StratifiedTable.test_equal_odds` of statsmodels 0.15.
    pub fn breslow_day(&self, adjusted: bool) -> Result<Homogeneity, StatsError> {
        StatsError::unless_enough(self.tables.len() as u64, 2, "strata with leads in every row and column")?;
        let common = self.odds_ratio(Level::FIVE_PERCENT)?;
        let psi = self.sum(|t| t.a * t.d / t.total()) / self.sum(|t| t.b * t.c / t.total());
        debug_assert!((math::ln(psi) - common.log).abs() < 1e-9);
        let (mut statistic, mut excess, mut variance) = (0.0, 0.0, 0.0);
        for t in &self.tables {
            let e = t.fitted(psi);
            let v = 1.0 / (1.0 / e + 1.0 / (t.converted() - e) + 1.0 / (t.first() - e) + 1.0 / (t.d - t.a + e));
            statistic += (t.a - e) * (t.a - e) / v;
            excess += t.a - e;
            variance += v;
        }
        if adjusted {
            statistic -= excess * excess / variance;
        }
        let freedom = self.tables.len() as u64 - 1;
        Ok(Homogeneity { statistic, freedom, p_value: chi_square::sf(statistic.max(0.0), freedom as f64) })
    }

    fn sum(&self, part: impl Fn(&Cells) -> f64) -> f64 {
        self.tables.iter().map(part).sum()
    }
}

impl Cells {
    /// The first cell, given the totals and the odds ratio ψ: the root of (1 − ψ) e² + (ψ (a + b + a + c) + d − a) e − ψ (a + b)(a + c)
    /// that leaves no cell negative, in the form that does not cancel.
    fn fitted(&self, psi: f64) -> f64 {
        let quadratic = 1.0 - psi;
        let linear = psi * (self.first() + self.converted()) + self.d - self.a;
        let constant = -psi * self.first() * self.converted();
        let root = (linear * linear - 4.0 * quadratic * constant).max(0.0).sqrt();
        if linear >= 0.0 { -2.0 * constant / (linear + root) } else { (root - linear) / (2.0 * quadratic) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strata_that_tell_nothing_are_left_out() {
        let informative = [[30, 70], [45, 55]];
        let alone = Strata::new(&[informative]).unwrap();
        let among = Strata::new(&[[[0, 0], [5, 8]], informative, [[0, 4], [0, 9]], [[0, 0], [0, 0]]]).unwrap();
        assert_eq!(alone, among);
        assert_eq!(Strata::new(&[[[0, 0], [5, 8]]]).unwrap_err().code(), "INSUFFICIENT_DATA");
        assert_eq!(alone.breslow_day(false).unwrap_err().code(), "INSUFFICIENT_DATA");
        let lopsided = Strata::new(&[[[5, 3], [0, 7]], [[4, 2], [0, 9]]]).unwrap();
        assert_eq!(lopsided.odds_ratio(Level::FIVE_PERCENT).unwrap_err().code(), "NO_VARIATION");
        assert_eq!(lopsided.breslow_day(true).unwrap_err().code(), "NO_VARIATION");
    }

    #[test]
    fn the_correction_takes_no_more_than_there_is() {
        // The excess is 0.1, less than the half that is taken off: nothing is left, where squaring the rest would give 0.16.
        let strata = Strata::new(&[[[4, 6], [5, 10]]]).unwrap();
        assert_eq!((strata.mantel_haenszel(true).statistic, strata.mantel_haenszel(true).p_value), (0.0, 1.0));
    }

    #[test]
    fn strata_of_one_odds_ratio_are_homogeneous() {
        // Odds ratio 1 makes the quadratic a line; 4 and 1/4 take its two branches.
        for tables in [
            [[[10, 10], [20, 20]], [[5, 15], [10, 30]]],
            [[[20, 10], [10, 20]], [[40, 20], [20, 40]]],
            [[[10, 20], [20, 10]], [[20, 40], [40, 20]]],
        ] {
            let test = Strata::new(&tables).unwrap().breslow_day(true).unwrap();
            assert!(test.statistic.abs() < 1e-12 && (test.p_value - 1.0).abs() < 1e-5, "{tables:?} {test:?}");
        }
    }
}
