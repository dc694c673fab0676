//! The log-rank test that several groups take equally long, and its weighted variants.

use serde::{Deserialize, Serialize};

use super::Durations;
use crate::stats::chi_square;
use crate::stats::error::StatsError;

/// Which times weigh most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weighting {
    /// Equal weights: best when one group's hazard is a multiple of the other's.
    #[default]
    LogRank,
    /// By those at risk: early times (Gehan, Breslow).
    Wilcoxon,
    /// By the root of those at risk: between the two.
    TaroneWare,
    /// By the pooled survival Π (1 − d / (n + 1)), the present time included: early times, regardless of censoring.
    Peto,
}

/// What the test found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LogRank {
    /// Quadratic form of the groups' weighted excesses of ends.
    pub statistic: f64,
    /// Groups less one.
    pub freedom: u64,
    /// From the upper tail of χ².
    pub p_value: f64,
    /// Ends in each group.
    pub observed: Vec<u64>,
    /// Ends in each group if all were alike.
    pub expected: Vec<f64>,
}

impl LogRank {
    /// Compares the groups.
    ///
    /// # Errors
    /// Fewer than two groups; no time at which one of several at risk, of more than one group, ended.
    ///
    /// # Formula
    /// Uⱼ = Σ w (dⱼ − d nⱼ / n), covariance Σ w² d (n − d) / (n − 1) · nⱼ/n (δⱼₖ − nₖ/n); U' V⁻¹ U over all groups but one
    ///
    /// # Source
    /// Mantel (1966), Peto & Peto (1972), Tarone & Ware (1977); `lifelines.statistics.multivariate_logrank_test` 0.30.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::survival::{Duration, Durations, LogRank, Weighting};
    /// let of = |times: [f64; 3]| Durations::new(times.map(|time| Duration { time, ended: true }));
    /// let test = LogRank::new(&[of([1.0, 2.0, 3.0])?, of([4.0, 5.0, 6.0])?], Weighting::LogRank)?;
    /// assert!((test.statistic / 5.051660516605167 - 1.0).abs() < 1e-12 && test.freedom == 1);
    /// # Ok::<(), plumbline_core::stats::error::StatsError>(())
    /// ```
    pub fn new(groups: &[Durations], weighting: Weighting) -> Result<LogRank, StatsError> {
        StatsError::unless_enough(groups.len() as u64, 2, "groups")?;
        let mut sums = Sums::of(groups.len());
        let mut peto = 1.0;
        for (at_risk, ended) in times(groups) {
            let (n, d): (u64, u64) = (at_risk.iter().sum(), ended.iter().sum());
            let (n, d) = (n as f64, d as f64);
            peto *= 1.0 - d / (n + 1.0);
            let weight = match weighting {
                Weighting::LogRank => 1.0,
                Weighting::Wilcoxon => n,
                Weighting::TaroneWare => n.sqrt(),
                Weighting::Peto => peto,
            };
            sums.add(&at_risk, &ended, (n, d), weight);
        }
        let statistic = sums.quadratic_form().ok_or(StatsError::NoVariation { what: "the group in which durations end" })?;
        let freedom = groups.len() as u64 - 1;
        let p_value = chi_square::sf(statistic, freedom as f64);
        Ok(LogRank {
            statistic,
            freedom,
            p_value,
            observed: groups.iter().map(Durations::ended).collect(),
            expected: sums.expected,
        })
    }
}

/// (at risk, ended) by group, at every time at which one ends.
fn times(groups: &[Durations]) -> Vec<(Vec<u64>, Vec<u64>)> {
    let mut ends: Vec<f64> = groups.iter().flat_map(|group| group.moments().filter(|m| m.ended > 0).map(|m| m.time)).collect();
    ends.sort_unstable_by(f64::total_cmp);
    ends.dedup();
    let mut rows = vec![(Vec::with_capacity(groups.len()), Vec::with_capacity(groups.len())); ends.len()];
    for group in groups {
        let mut moments = group.moments().peekable();
        for (time, (at_risk, ended)) in ends.iter().zip(&mut rows) {
            while moments.next_if(|moment| moment.time < *time).is_some() {}
            let (n, d) = moments.peek().map_or((0, 0), |m| (m.at_risk, if m.time == *time { m.ended } else { 0 }));
            at_risk.push(n);
            ended.push(d);
        }
    }
    rows
}

struct Sums {
    /// Uⱼ.
    excess: Vec<f64>,
    expected: Vec<f64>,
    /// V, row by row.
    covariance: Vec<Vec<f64>>,
}

impl Sums {
    fn of(groups: usize) -> Sums {
        Sums { excess: vec![0.0; groups], expected: vec![0.0; groups], covariance: vec![vec![0.0; groups]; groups] }
    }

    fn add(&mut self, at_risk: &[u64], ended: &[u64], (n, d): (f64, f64), weight: f64) {
        let factor = if n > 1.0 { weight * weight * d * (n - d) / (n - 1.0) } else { 0.0 };
        let rows =
            self.excess.iter_mut().zip(&mut self.expected).zip(&mut self.covariance).zip(at_risk.iter().zip(ended)).enumerate();
        for (j, (((excess, expected), row), (here, ends))) in rows {
            let share = *here as f64 / n;
            *excess += weight * (*ends as f64 - d * share);
            *expected += d * share;
            for (k, (cell, other)) in row.iter_mut().zip(at_risk).enumerate() {
                let own = if j == k { 1.0 } else { 0.0 };
                *cell += factor * share * (own - *other as f64 / n);
            }
        }
    }

    /// U' V⁻¹ U without the last group, by Cholesky's factors; `None` when V is singular.
    fn quadratic_form(&self) -> Option<f64> {
        let k = self.excess.len() - 1;
        let largest = self.covariance.iter().enumerate().filter_map(|(i, row)| row.get(i)).fold(0.0f64, |a, b| a.max(*b));
        let mut factor: Vec<Vec<f64>> = Vec::with_capacity(k);
        let mut solved: Vec<f64> = Vec::with_capacity(k);
        for (row, excess) in self.covariance.iter().zip(&self.excess).take(k) {
            let mut line: Vec<f64> = Vec::with_capacity(k);
            for (above, cell) in factor.iter().zip(row) {
                let dot: f64 = above.iter().zip(&line).map(|(a, b)| a * b).sum();
                line.push((cell - dot) / above.last()?);
            }
            let pivot = row.get(line.len())? - line.iter().map(|x| x * x).sum::<f64>();
            if pivot.is_nan() || pivot <= 1e-12 * largest {
                return None;
            }
            let rest = excess - line.iter().zip(&solved).map(|(a, b)| a * b).sum::<f64>();
            solved.push(rest / pivot.sqrt());
            line.push(pivot.sqrt());
            factor.push(line);
        }
        Some(solved.iter().map(|x| x * x).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::survival::Duration;

    fn of(rows: &[(f64, bool)]) -> Durations {
        Durations::new(rows.iter().map(|(time, ended)| Duration { time: *time, ended: *ended })).unwrap()
    }

    #[test]
    fn groups_that_are_alike_do_not_differ_and_order_does_not_matter() {
        let rows = [(1.0, true), (2.0, false), (2.0, true), (5.0, true), (9.0, false)];
        let other = [(3.0, true), (4.0, true), (4.5, false), (8.0, true)];
        let third = [(2.0, true), (2.5, true), (7.0, true)];
        for weighting in [Weighting::LogRank, Weighting::Wilcoxon, Weighting::TaroneWare, Weighting::Peto] {
            let same = LogRank::new(&[of(&rows), of(&rows)], weighting).unwrap();
            assert!(same.statistic < 1e-25 && (same.p_value - 1.0).abs() < 1e-12, "{same:?}");
            let one = LogRank::new(&[of(&rows), of(&other), of(&third)], weighting).unwrap();
            let two = LogRank::new(&[of(&third), of(&rows), of(&other)], weighting).unwrap();
            assert!((one.statistic / two.statistic - 1.0).abs() < 1e-12 && one.freedom == 2, "{one:?} {two:?}");
            let ends: f64 = one.expected.iter().sum();
            assert!((ends - one.observed.iter().sum::<u64>() as f64).abs() < 1e-12);
        }
    }

    #[test]
    fn where_nothing_can_be_compared_there_is_no_answer() {
        let code = |groups: &[Durations]| LogRank::new(groups, Weighting::LogRank).unwrap_err().code();
        assert_eq!(code(&[of(&[(1.0, true)])]), "INSUFFICIENT_DATA");
        assert_eq!(code(&[of(&[(1.0, false)]), of(&[(2.0, false)])]), "NO_VARIATION");
        // The first group was gone before the second's first end.
        assert_eq!(code(&[of(&[(1.0, false)]), of(&[(2.0, true), (3.0, true)])]), "NO_VARIATION");
    }
}
