//! Mann and Whitney's test: whether values of one sample tend to be larger than those of the other.

use serde::Serialize;

use super::Sample;
use crate::stats::alternative::Alternative;
use crate::stats::error::StatsError;
use crate::stats::normal;

/// The largest product of the sample sizes for which the exact distribution is counted: its work is the square of it.
const EXACT: u64 = 10_000;

/// The statistic with what its distributions need.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MannWhitney {
    /// Pairs in which the first sample's value is the larger; ties count half.
    pub u: f64,
    sizes: [u64; 2],
    /// Σ (t³ − t) over groups of t tied values.
    tie_term: f64,
    /// Values that equal one before them.
    ties: usize,
}

impl MannWhitney {
    /// Compares every value of the first sample with every value of the second, by their ranks.
    pub fn new(first: &Sample<'_>, second: &Sample<'_>) -> MannWhitney {
        // Adding 0 makes −0 and 0 the same value.
        let of = |sample: &Sample<'_>, is_first: bool| sample.values().iter().map(|x| (x + 0.0, is_first)).collect::<Vec<_>>();
        let mut pooled = of(first, true);
        pooled.append(&mut of(second, false));
        pooled.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut u, mut below, mut tie_term, mut ties) = (0.0, 0.0, 0.0, 0);
        for group in pooled.chunk_by(|a, b| a.0 == b.0) {
            let ours = group.iter().filter(|(_, is_first)| *is_first).count() as f64;
            let theirs = group.len() as f64 - ours;
            u += ours * (below + theirs / 2.0);
            below += theirs;
            let t = group.len() as f64;
            tie_term += t * t * t - t;
            ties += group.len() - 1;
        }
        MannWhitney { u, sizes: [first.values().len() as u64, second.values().len() as u64], tie_term, ties }
    }

    /// The share of pairs in which the first sample's value is the larger, ties half: an area under a ROC curve.
    pub fn superiority(&self) -> f64 {
        self.u / self.pairs()
    }

    /// The p-value by the normal approximation with the ties' variance, `corrected` for continuity or not.
    /// [`Alternative::Greater`]: the first sample tends to be larger.
    ///
    /// # Errors
    /// All values tied.
    ///
    /// # Formula
    /// z = (U − nm/2 − ½) / √(nm/12 · (N + 1 − Σ(t³ − t) / (N(N − 1)))), of the larger U when two-sided
    ///
    /// # Source
    /// Mann & Whitney (1947); `scipy.stats.mannwhitneyu(method="asymptotic")` 1.17, which answers 1 or NaN when all values are tied.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::alternative::Alternative;
    /// use plumbline_core::stats::two_sample::{MannWhitney, Sample};
    /// let test = MannWhitney::new(&Sample::new(&[1.0, 2.0, 3.0])?, &Sample::new(&[10.0, 11.0, 12.0, 13.0])?);
    /// assert!((test.exact(Alternative::TwoSided)? - 2.0 / 35.0).abs() < 1e-15);
    /// assert!((test.asymptotic(Alternative::TwoSided, true)? / 0.05182992721790968 - 1.0).abs() < 1e-12);
    /// # Ok::<(), plumbline_core::stats::error::StatsError>(())
    /// ```
    pub fn asymptotic(&self, alternative: Alternative, corrected: bool) -> Result<f64, StatsError> {
        let [n, m] = self.sizes.map(|size| size as f64);
        let all = n + m;
        let variance = n * m / 12.0 * (all + 1.0 - self.tie_term / (all * (all - 1.0)));
        if variance.is_nan() || variance <= 0.0 {
            return Err(StatsError::NoVariation { what: "the pooled sample" });
        }
        let less = self.pairs() - self.u;
        let u = match alternative {
            Alternative::TwoSided => self.u.max(less),
            Alternative::Greater => self.u,
            Alternative::Less => less,
        };
        let excess = u - self.pairs() / 2.0 - if corrected { 0.5 } else { 0.0 };
        let tail = normal::sf(excess / variance.sqrt());
        Ok(if alternative == Alternative::TwoSided { (2.0 * tail).min(1.0) } else { tail })
    }

    /// The p-value by counting all ways in which the ranks could have fallen to the samples.
    ///
    /// # Errors
    /// Ties, under which that distribution is another; samples whose sizes multiply to more than 10,000.
    ///
    /// # Source
    /// Mann & Whitney (1947), their recurrence on probabilities; `scipy.stats.mannwhitneyu(method="exact")` 1.17, which ignores ties.
    pub fn exact(&self, alternative: Alternative) -> Result<f64, StatsError> {
        if self.ties > 0 {
            return Err(StatsError::Tied { ties: self.ties });
        }
        let [n, m] = self.sizes;
        let pairs = n.saturating_mul(m);
        if pairs > EXACT {
            return Err(StatsError::TooLarge { what: "the product of the sample sizes", found: pairs, most: EXACT });
        }
        let (more, less) = (self.u as u64, pairs - self.u as u64);
        // By symmetry every tail is one of these two.
        let (chances, smaller) = (distribution(n as usize, m as usize), more.min(less) as usize);
        let at_most: f64 = chances.iter().take(smaller + 1).sum();
        let at_least: f64 = chances.iter().skip(smaller).rev().sum();
        Ok(match alternative {
            Alternative::TwoSided => (2.0 * at_most).min(1.0),
            Alternative::Greater if more <= less => at_least,
            Alternative::Less if less <= more => at_least,
            _ => at_most,
        })
    }

    fn pairs(&self) -> f64 {
        let [n, m] = self.sizes.map(|size| size as f64);
        n * m
    }
}

/// P(U = 0), P(U = 1), …: the largest value belongs to the first sample with probability n / (n + m), and then beats all m others:
/// p(n, m, u) = n/(n + m) · p(n − 1, m, u − m) + m/(n + m) · p(n, m − 1, u).
fn distribution(n: usize, m: usize) -> Vec<f64> {
    // Row `j` holds the distribution of (i, j) for the `i` reached so far.
    let mut rows: Vec<Vec<f64>> = (0..=m).map(|_| vec![1.0]).collect();
    for i in 1..=n {
        let mut previous = vec![1.0];
        for (j, row) in rows.iter_mut().enumerate().skip(1) {
            let mut next = vec![0.0; i * j + 1];
            let share = i as f64 / (i + j) as f64;
            for (place, p) in next.iter_mut().skip(j).zip(row.iter()) {
                *place += share * p;
            }
            for (place, p) in next.iter_mut().zip(&previous) {
                *place += (1.0 - share) * p;
            }
            previous.clone_from(&next);
            *row = next;
        }
    }
    rows.pop().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(xs: &[f64], ys: &[f64]) -> MannWhitney {
        MannWhitney::new(&Sample::new(xs).unwrap(), &Sample::new(ys).unwrap())
    }

    #[test]
    fn the_exact_distribution_is_the_count_of_all_arrangements() {
        let (n, m) = (4usize, 5usize);
        let mut counts = vec![0u32; n * m + 1];
        for arrangement in 0..1u32 << (n + m) {
            if arrangement.count_ones() as usize == n {
                let ours = (0..n + m).filter(|i| arrangement >> i & 1 == 1);
                counts[ours.map(|i| i - (0..i).filter(|j| arrangement >> j & 1 == 1).count()).sum::<usize>()] += 1;
            }
        }
        for (count, p) in counts.iter().zip(distribution(n, m)) {
            assert!((f64::from(*count) / 126.0 - p).abs() < 1e-15);
        }
    }

    #[test]
    fn the_sides_are_those_of_the_samples() {
        let test = of(&[1.0, 2.0, 3.0, 6.5], &[5.0, 6.0, 7.0]);
        let (less, greater) = (test.exact(Alternative::Less).unwrap(), test.exact(Alternative::Greater).unwrap());
        assert!(less < 0.2 && greater > 0.8 && less + greater > 1.0, "{less} {greater}");
        let turned = of(&[5.0, 6.0, 7.0], &[1.0, 2.0, 3.0, 6.5]);
        let other = (turned.exact(Alternative::Greater).unwrap(), turned.exact(Alternative::Less).unwrap());
        assert!((other.0 / less - 1.0).abs() < 1e-14 && (other.1 / greater - 1.0).abs() < 1e-14, "{other:?}");
        assert!((test.superiority() - 2.0 / 12.0).abs() < 1e-15);
        assert!(test.asymptotic(Alternative::Less, true).unwrap() < 0.2);
    }

    #[test]
    fn ties_and_large_samples_are_not_exact_and_all_tied_tells_nothing() {
        let tied = of(&[1.0, 2.0], &[2.0, -0.0, 0.0]);
        assert_eq!(tied.exact(Alternative::TwoSided).unwrap_err(), StatsError::Tied { ties: 2 });
        assert_eq!(tied.u, 4.5);
        let constant = of(&[2.0; 4], &[2.0; 3]);
        for corrected in [false, true] {
            assert_eq!(constant.asymptotic(Alternative::TwoSided, corrected).unwrap_err().code(), "NO_VARIATION");
        }
        let (xs, ys): (Vec<f64>, Vec<f64>) = ((0..101).map(f64::from).collect(), (200..300).map(f64::from).collect());
        assert_eq!(of(&xs, &ys).exact(Alternative::TwoSided).unwrap_err().code(), "TOO_LARGE");
    }
}
