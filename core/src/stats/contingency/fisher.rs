//! Fisher's exact test.

use super::TwoByTwo;
use crate::stats::alternative::Alternative;
use crate::stats::error::StatsError;
use crate::stats::hypergeometric::Urn;

/// Tables as likely as the observed one up to rounding count as equally likely.
const EQUAL: f64 = 1.0 + 1e-12;

impl TwoByTwo {
    /// The p-value of Fisher's exact test: given all four totals, how often chance draws a table as extreme as this one.
    /// [`Alternative::Greater`]: an odds ratio above 1.
    ///
    /// # Errors
    /// A row or column without a lead.
    ///
    /// # Formula
    /// With X hypergeometric: P(X ≤ a), P(X ≥ a), or the sum of all P(X = k) that are at most P(X = a).
    ///
    /// # Source
    /// Fisher (1935); `scipy.stats.fisher_exact` 1.17, which answers 1 for an empty row.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::alternative::Alternative;
    /// use plumbline_core::stats::contingency::TwoByTwo;
    /// let p = TwoByTwo::new([[3, 1], [1, 3]])?.fisher(Alternative::TwoSided)?;
    /// assert!((p / (34.0 / 70.0) - 1.0).abs() < 1e-13);
    /// # Ok::<(), plumbline_core::stats::error::StatsError>(())
    /// ```
    pub fn fisher(&self, alternative: Alternative) -> Result<f64, StatsError> {
        self.check_margins()?;
        let [[a, b], [c, d]] = self.counts();
        let Some(urn) = Urn::new(a + b + c + d, a + b, a + c) else { return Ok(f64::NAN) };
        Ok(match alternative {
            Alternative::Less => urn.cdf(a),
            Alternative::Greater => urn.at_least(a),
            Alternative::TwoSided => two_sided(&urn, a),
        })
    }
}

fn two_sided(urn: &Urn, a: u64) -> f64 {
    let (least, most) = urn.support();
    let bar = urn.pmf(a) * EQUAL;
    let mode = urn.mode();
    if urn.pmf(mode) <= bar {
        return 1.0;
    }
    // The probabilities rise to the mode and fall from it: on the far side those at most the bar begin where a bisection says.
    let p = if a < mode {
        urn.cdf(a) + urn.at_least(first(mode, most + 1, |k| urn.pmf(k) <= bar))
    } else {
        let above = first(least, mode, |k| urn.pmf(k) > bar);
        urn.at_least(a) + if above > least { urn.cdf(above - 1) } else { 0.0 }
    };
    p.min(1.0)
}

/// The first of [low, high] for which `holds`, which turns true once; `high` when it never does.
fn first(mut low: u64, mut high: u64, holds: impl Fn(u64) -> bool) -> u64 {
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sided_is_the_sum_of_all_tables_at_most_as_likely() {
        for table in
            [[[3, 1], [1, 3]], [[0, 10], [5, 8]], [[10, 0], [5, 8]], [[7, 12], [4, 40]], [[1, 2], [3, 4]], [[40, 3], [2, 2]]]
        {
            let [[a, b], [c, d]] = table;
            let urn = Urn::new(a + b + c + d, a + b, a + c).unwrap();
            let (least, most) = urn.support();
            let brute: f64 = (least..=most).map(|k| urn.pmf(k)).filter(|p| *p <= urn.pmf(a) * EQUAL).sum();
            let ours = TwoByTwo::new(table).unwrap().fisher(Alternative::TwoSided).unwrap();
            assert!((ours / brute - 1.0).abs() < 1e-12, "{table:?}: {ours} {brute}");
            // The other direction of each axis is the same question.
            let turned = TwoByTwo::new([[c, d], [a, b]]).unwrap().fisher(Alternative::TwoSided).unwrap();
            assert!((ours / turned - 1.0).abs() < 1e-12, "{table:?}");
        }
    }

    #[test]
    fn an_empty_row_gives_no_answer() {
        for alternative in [Alternative::TwoSided, Alternative::Less, Alternative::Greater] {
            let empty = TwoByTwo::new([[0, 0], [5, 8]]).unwrap().fisher(alternative).unwrap_err();
            assert!(empty.is_silence() && empty.code() == "INSUFFICIENT_DATA");
        }
    }
}
