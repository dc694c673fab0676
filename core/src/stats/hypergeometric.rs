//! The hypergeometric distribution: marked leads among those drawn without replacement.

use super::saddle::binomial_term;

/// Draws of `draws` from `total`, of which `marked` are marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Urn {
    total: u64,
    marked: u64,
    draws: u64,
}

impl Urn {
    /// The urn; `None` when more are marked or drawn than there are.
    pub fn new(total: u64, marked: u64, draws: u64) -> Option<Urn> {
        (marked <= total && draws <= total).then_some(Urn { total, marked, draws })
    }

    /// The least and the largest possible number of marked draws.
    pub fn support(&self) -> (u64, u64) {
        ((self.marked + self.draws).saturating_sub(self.total), self.marked.min(self.draws))
    }

    /// The likeliest number of marked draws.
    pub fn mode(&self) -> u64 {
        let (least, most) = self.support();
        let mode = u128::from(self.draws + 1) * u128::from(self.marked + 1) / u128::from(self.total + 2);
        u64::try_from(mode).unwrap_or(most).clamp(least, most)
    }

    /// P(X = k).
    ///
    /// # Source
    /// Loader (2000): a product of three binomial probabilities at the same p.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::hypergeometric::Urn;
    /// let urn = Urn::new(8, 4, 4).unwrap();
    /// assert!((urn.pmf(3) / (16.0 / 70.0) - 1.0).abs() < 1e-13);
    /// ```
    pub fn pmf(&self, k: u64) -> f64 {
        let (least, most) = self.support();
        if k < least || k > most {
            return 0.0;
        }
        if self.draws == 0 || self.draws == self.total {
            return 1.0;
        }
        let (total, marked, draws, k) = (self.total as f64, self.marked as f64, self.draws as f64, k as f64);
        let (p, q) = (draws / total, (total - draws) / total);
        let plain = total - marked;
        binomial_term(k, marked - k, p, q) * binomial_term(draws - k, plain - (draws - k), p, q)
            / binomial_term(draws, total - draws, p, q)
    }

    /// P(X ≤ k).
    pub fn cdf(&self, k: u64) -> f64 {
        let (least, most) = self.support();
        if k >= most {
            return 1.0;
        }
        if k < least {
            return 0.0;
        }
        if self.is_low(k) { self.sum_down(k) } else { 1.0 - self.sum_up(k + 1) }
    }

    /// P(X ≥ k), exact in the far tail.
    pub fn at_least(&self, k: u64) -> f64 {
        let (least, most) = self.support();
        if k <= least {
            return 1.0;
        }
        if k > most {
            return 0.0;
        }
        if self.is_low(k) { 1.0 - self.sum_down(k - 1) } else { self.sum_up(k) }
    }

    fn is_low(&self, k: u64) -> bool {
        (k as f64) < self.draws as f64 * (self.marked as f64 / self.total as f64)
    }

    /// Σ P(X = i) for i from k down, by the ratio of neighbours; k below the mean, so the terms fall.
    fn sum_down(&self, k: u64) -> f64 {
        let (least, _) = self.support();
        let (mut term, mut i) = (1.0, k);
        let mut sum = 1.0;
        while i > least && term > sum * 1e-18 {
            let (above, below) = self.ratio(i);
            term *= below / above;
            sum += term;
            i -= 1;
        }
        sum * self.pmf(k)
    }

    fn sum_up(&self, k: u64) -> f64 {
        let (_, most) = self.support();
        let (mut term, mut i) = (1.0, k);
        let mut sum = 1.0;
        while i < most && term > sum * 1e-18 {
            i += 1;
            let (above, below) = self.ratio(i);
            term *= above / below;
            sum += term;
        }
        sum * self.pmf(k)
    }

    /// P(X = i) : P(X = i − 1) as two products.
    fn ratio(&self, i: u64) -> (f64, f64) {
        let rest = self.total - self.marked - (self.draws - i);
        ((self.marked - i + 1) as f64 * (self.draws - i + 1) as f64, i as f64 * rest as f64)
    }
}
