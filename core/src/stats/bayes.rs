//! Bayesian analysis of arms: the chance of being best and the expected loss of choosing an arm.
//!
//! Chances here are of the effect given the data and the prior; they are not p-values, and repeated looks do not invalidate them, but a
//! rule that stops on them errs more often than its chance suggests.

use serde::{Deserialize, Serialize};

use super::effect::Effect;
use super::level::{Interval, Level, SettingError};
use super::{beta, normal};
use crate::math::{self, gauss_legendre};

/// The prior of an effect.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Prior {
    /// Flat.
    #[default]
    Flat,
    /// A normal distribution.
    Normal {
        /// Its mean.
        mean: f64,
        /// Its variance, positive.
        variance: f64,
    },
}

impl Prior {
    /// A normal prior.
    ///
    /// # Errors
    /// A mean that is not finite, a variance that is not positive and finite.
    pub fn normal(mean: f64, variance: f64) -> Result<Prior, SettingError> {
        SettingError::unless(mean.is_finite(), "the prior's mean", mean, "finite")?;
        SettingError::unless(variance > 0.0 && variance.is_finite(), "the prior's variance", variance, "positive")?;
        Ok(Prior::Normal { mean, variance })
    }

    /// The prior of the absolute effect when this one is of the effect relative to `baseline`.
    pub fn relative_to(self, baseline: f64) -> Prior {
        match self {
            Prior::Flat => Prior::Flat,
            Prior::Normal { mean, variance } => {
                Prior::Normal { mean: mean * baseline.abs(), variance: variance * (baseline * baseline) }
            }
        }
    }
}

/// The posterior of an effect: a normal distribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Posterior {
    /// Its mean.
    pub mean: f64,
    /// Its standard deviation.
    pub deviation: f64,
}

/// The expected loss of choosing an arm compared with knowing the better one, in the unit of the effect.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ExpectedLoss"))]
pub struct Loss {
    /// Of keeping the control: E max(effect, 0).
    pub control: f64,
    /// Of taking the treatment: E max(−effect, 0).
    pub treatment: f64,
}

impl Posterior {
    /// `prior` after `effect` was seen.
    ///
    /// # Formula
    /// precision 1/σ² = 1/s² + 1/prior variance; mean = (effect/s² + prior mean/prior variance) σ²
    ///
    /// # Source
    /// GrowthBook gbstats 0.8.0, `EffectBayesianABTest`.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::bayes::{Posterior, Prior};
    /// use plumbline_core::stats::effect::{Effect, Scale};
    /// use plumbline_core::stats::estimate::Estimate;
    /// let [a, b] = [Estimate::proportion(100, 800).unwrap(), Estimate::proportion(114, 820).unwrap()];
    /// let effect = Effect::between(&a, &b, Scale::Relative).unwrap();
    /// let posterior = Posterior::new(&effect, Prior::Flat);
    /// assert!((posterior.chance_to_win() - 0.7852573047036775).abs() < 1e-13);
    /// assert!((posterior.loss().treatment - 0.017370857175068095).abs() < 1e-13);
    /// ```
    pub fn new(effect: &Effect, prior: Prior) -> Posterior {
        let variance = effect.standard_error * effect.standard_error;
        match prior {
            Prior::Flat => Posterior { mean: effect.value, deviation: effect.standard_error },
            Prior::Normal { mean, variance: before } => {
                let precision = 1.0 / variance + 1.0 / before;
                Posterior { mean: (effect.value / variance + mean / before) / precision, deviation: (1.0 / precision).sqrt() }
            }
        }
    }

    /// P(effect > 0).
    pub fn chance_to_win(&self) -> f64 {
        normal::sf(-self.mean / self.deviation)
    }

    /// P(effect < 0): the chance to win where less is better.
    pub fn chance_to_lose(&self) -> f64 {
        normal::sf(self.mean / self.deviation)
    }

    /// Where the effect lies with probability 1 − α, equal tails.
    pub fn interval(&self, level: Level) -> Interval {
        Interval::around(self.mean, normal::quantile(1.0 - level.alpha() / 2.0) * self.deviation)
    }

    /// The expected loss of either choice.
    ///
    /// # Formula
    /// E max(δ, 0) = σφ(μ/σ) + μΦ(μ/σ)
    pub fn loss(&self) -> Loss {
        let z = self.mean / self.deviation;
        let density = math::exp(-0.5 * z * z) / SQRT_TAU;
        // Of the two, the one on the far side of the mean is a small difference of nearly equal numbers, and never negative.
        let above = (self.deviation * density + self.mean * normal::cdf(z)).max(0.0);
        let below = (self.deviation * density - self.mean * normal::sf(z)).max(0.0);
        Loss { control: above, treatment: below }
    }
}

/// The posterior of one arm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Belief {
    /// A rate: Beta(a, b).
    Rate {
        /// Successes, with the prior's.
        a: f64,
        /// Failures, with the prior's.
        b: f64,
    },
    /// A mean: normal.
    Mean {
        /// The mean.
        mean: f64,
        /// Its standard deviation.
        deviation: f64,
    },
}

/// How an arm compares with the others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Standing {
    /// The chance of being the best of all.
    pub best: f64,
    /// The expected loss of choosing it compared with the best, in the metric's unit.
    pub expected_loss: f64,
}

impl Belief {
    /// A rate after `successes` of `units`, from the prior Beta(`prior.0`, `prior.1`); (1, 1) is flat, (0.5, 0.5) Jeffreys'.
    ///
    /// # Errors
    /// A prior below 0.5, more successes than units.
    pub fn rate(prior: (f64, f64), successes: u64, units: u64) -> Result<Belief, SettingError> {
        for part in [prior.0, prior.1] {
            SettingError::unless(part >= 0.5 && part.is_finite(), "the prior of a rate", part, "at least 0.5")?;
        }
        SettingError::unless(successes <= units, "the number of successes", successes as f64, "at most that of the leads")?;
        Ok(Belief::Rate { a: prior.0 + successes as f64, b: prior.1 + (units - successes) as f64 })
    }

    /// A mean with a standard error, under a flat prior.
    ///
    /// # Errors
    /// A mean that is not finite, an error that is not positive and finite.
    pub fn mean(mean: f64, deviation: f64) -> Result<Belief, SettingError> {
        SettingError::unless(mean.is_finite(), "a mean", mean, "finite")?;
        SettingError::unless(deviation > 0.0 && deviation.is_finite(), "a standard error", deviation, "positive")?;
        Ok(Belief::Mean { mean, deviation })
    }

    fn moments(&self) -> (f64, f64) {
        match *self {
            Belief::Rate { a, b } => (a / (a + b), (a * b / (a + b + 1.0)).sqrt() / (a + b)),
            Belief::Mean { mean, deviation } => (mean, deviation),
        }
    }

    fn ends(&self) -> (f64, f64) {
        match *self {
            Belief::Rate { a, b } => (beta::quantile(a, b, NOTHING), beta::upper_quantile(a, b, NOTHING)),
            Belief::Mean { mean, deviation } => (mean - 9.0 * deviation, mean + 9.0 * deviation),
        }
    }

    fn cdf(&self, x: f64) -> f64 {
        match *self {
            Belief::Rate { a, b } => beta::lower(a, b, x.clamp(0.0, 1.0)),
            Belief::Mean { mean, deviation } => normal::cdf((x - mean) / deviation),
        }
    }

    /// The density up to a factor, 1 at the mean.
    fn density(&self, x: f64) -> f64 {
        match *self {
            Belief::Rate { .. } if !(x > 0.0 && x < 1.0) => 0.0,
            Belief::Rate { a, b } => {
                let (up, down) = (a / (a + b), b / (a + b));
                // ln(x / mean): by its distance where the two are close, by itself where that would round to ln 0.
                let ln = |part: f64, mean: f64| match part > 0.5 * mean {
                    true => math::ln_1p((part - mean) / mean),
                    false => math::ln(part / mean),
                };
                math::exp((a - 1.0) * ln(x, up) + (b - 1.0) * ln(1.0 - x, down))
            }
            Belief::Mean { mean, deviation } => {
                let z = (x - mean) / deviation;
                math::exp(-0.5 * z * z)
            }
        }
    }
}

/// How each arm compares with the others; higher is better.
///
/// # Formula
/// P(best) = ∫ fᵢ Πⱼ≠ᵢ Fⱼ dx; expected loss = E maxⱼ xⱼ − E xᵢ = ∫ Fᵢ (1 − Πⱼ≠ᵢ Fⱼ) dx, by composite Gauss–Legendre over panels
/// of one standard deviation of each arm
///
/// # Source
/// Stucchio (2015) for the loss; the integrals are ours.
///
/// # Example
/// ```
/// use plumbline_core::stats::bayes::{Belief, standings};
/// // Beta(1, 2) against Beta(2, 1): the second is better with probability 5/6.
/// let arms = [Belief::rate((1.0, 1.0), 0, 1)?, Belief::rate((1.0, 1.0), 1, 1)?];
/// let [_, second] = standings(&arms)[..] else { unreachable!() };
/// assert!((second.best - 5.0 / 6.0).abs() < 1e-12);
/// # Ok::<(), plumbline_core::stats::level::SettingError>(())
/// ```
pub fn standings(arms: &[Belief]) -> Vec<Standing> {
    let nodes = nodes(arms);
    let below: Vec<Vec<f64>> = nodes.iter().map(|(x, _)| arms.iter().map(|arm| arm.cdf(*x)).collect()).collect();
    let others = |below: &[f64], at: usize| -> f64 {
        below.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, cdf)| cdf).product()
    };
    let stand = |(at, arm): (usize, &Belief)| {
        let (mut best, mut whole, mut expected_loss) = (0.0, 0.0, 0.0);
        for ((x, weight), below) in nodes.iter().zip(&below) {
            let (density, others) = (arm.density(*x) * weight, others(below, at));
            whole += density;
            best += density * others;
            expected_loss += weight * below.get(at).copied().unwrap_or_default() * (1.0 - others);
        }
        Standing { best: best / whole, expected_loss }
    };
    arms.iter().enumerate().map(stand).collect()
}

/// Nodes and weights over everything the arms may be.
fn nodes(arms: &[Belief]) -> Vec<(f64, f64)> {
    let rule = gauss_legendre(16);
    let mut cuts = Vec::with_capacity(arms.len() * 24);
    for arm in arms {
        let ((low, high), (mean, deviation)) = (arm.ends(), arm.moments());
        cuts.extend([low, high]);
        let steps = (-9..=9).map(|k| mean + f64::from(k) * deviation);
        cuts.extend(steps.filter(|x| *x > low && *x < high));
        // A rate near 0 or 1 has a long tail and, with few leads, a steep end.
        cuts.extend((1..=8).map(|k| high - (high - mean) / f64::from(1 << k)).filter(|x| *x > mean));
    }
    cuts.sort_unstable_by(f64::total_cmp);
    let rates = arms.iter().all(|arm| matches!(arm, Belief::Rate { .. }));
    let mut nodes = Vec::new();
    for pair in cuts.windows(2) {
        let &[from, to] = pair else { continue };
        let width = to - from;
        if width <= 1e-15 * to.abs() {
            continue;
        }
        // x = u² towards an end of [0, 1]: a density that goes like 1/√x there becomes a polynomial.
        let (first, last) = (rates && from < 1e-6 * width, rates && 1.0 - to < 1e-6 * width);
        nodes.extend(rule.iter().map(|(u, weight)| match (first, last) {
            (true, _) => (from + width * u * u, 2.0 * u * width * weight),
            (_, true) => (from + width * (1.0 - (1.0 - u) * (1.0 - u)), 2.0 * (1.0 - u) * width * weight),
            _ => (from + width * u, width * weight),
        }));
    }
    nodes
}

/// The tail omitted from integrals.
const NOTHING: f64 = 1e-17;
/// √(2π)
const SQRT_TAU: f64 = 2.506_628_274_631_000_2;

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(successes: u64, units: u64) -> Belief {
        Belief::rate((1.0, 1.0), successes, units).unwrap()
    }

    /// P(B > A) for whole parameters: Σ B(αA + i, βA + βB) / ((βB + i) B(1 + i, βB) B(αA, βA)), i < αB (Miller 2014), by products.
    fn by_the_sum(a: (u32, u32), b: (u32, u32)) -> f64 {
        let ln_beta = |x: u32, y: u32| {
            let ln_factorial = |n: u32| (1..=n).map(|k| math::ln(f64::from(k))).sum::<f64>();
            ln_factorial(x - 1) + ln_factorial(y - 1) - ln_factorial(x + y - 1)
        };
        let term = |i: u32| {
            let ln = ln_beta(a.0 + i, a.1 + b.1) - ln_beta(1 + i, b.1) - ln_beta(a.0, a.1);
            math::exp(ln) / f64::from(b.1 + i)
        };
        (0..b.0).map(term).sum()
    }

    #[test]
    fn the_chance_of_rates_is_that_of_the_closed_sum() {
        for (a, b) in [((0, 3), (2, 2)), ((5, 100), (9, 100)), ((100, 800), (114, 820)), ((1, 2_000), (40, 400))] {
            let expected = by_the_sum((a.0 + 1, a.1 - a.0 + 1), (b.0 + 1, b.1 - b.0 + 1));
            let found = standings(&[rate(a.0.into(), a.1.into()), rate(b.0.into(), b.1.into())]);
            assert!((found[1].best - expected).abs() < 1e-11, "{a:?} {b:?}: {} for {expected}", found[1].best);
            assert!((found[0].best + found[1].best - 1.0).abs() < 1e-11);
        }
    }

    #[test]
    fn losses_are_those_of_the_textbook() {
        // Two uniform rates: E max = 2/3. Three: 3/4.
        for (arms, expected) in [(2, 2.0 / 3.0 - 0.5), (3, 0.75 - 0.5)] {
            for standing in standings(&vec![rate(0, 0); arms]) {
                assert!((standing.expected_loss - expected).abs() < 1e-12, "{standing:?}");
                assert!((standing.best - 1.0 / arms as f64).abs() < 1e-12);
            }
        }
        // Two normals: what the closed form of their difference says.
        let arms = [Belief::mean(1.0, 0.3).unwrap(), Belief::mean(1.5, 0.4).unwrap()];
        let (found, difference) = (standings(&arms), Posterior { mean: 0.5, deviation: 0.5 });
        assert!((found[1].best - difference.chance_to_win()).abs() < 1e-12);
        assert!((found[0].expected_loss - difference.loss().control).abs() < 1e-12);
        assert!((found[1].expected_loss - difference.loss().treatment).abs() < 1e-12);
    }

    #[test]
    fn steep_and_narrow_beliefs_still_sum_to_one() {
        let jeffreys = |successes, units| Belief::rate((0.5, 0.5), successes, units).unwrap();
        let cases = [
            vec![jeffreys(0, 10), jeffreys(10, 10), jeffreys(0, 0)],
            vec![rate(0, 1_000_000), rate(1, 1_000_000)],
            vec![rate(500_000, 1_000_000), rate(3, 7)],
            vec![Belief::mean(0.0, 1e-6).unwrap(), Belief::mean(0.0, 1e3).unwrap()],
        ];
        for arms in cases {
            let found = standings(&arms);
            let sum: f64 = found.iter().map(|s| s.best).sum();
            assert!((sum - 1.0).abs() < 1e-7, "{arms:?}: {sum}");
            assert!(found.iter().all(|s| s.expected_loss >= 0.0 && s.expected_loss.is_finite()), "{found:?}");
        }
        assert!(standings(&[]).is_empty());
        assert!((standings(&[rate(1, 2)])[0].best - 1.0).abs() < 1e-12);
    }

    #[test]
    fn beliefs_are_checked() {
        assert!(Belief::rate((0.4, 1.0), 1, 2).is_err() && Belief::rate((1.0, 1.0), 3, 2).is_err());
        assert!(Belief::mean(f64::NAN, 1.0).is_err() && Belief::mean(0.0, 0.0).is_err());
        assert!(Prior::normal(0.0, 0.0).is_err() && Prior::normal(f64::INFINITY, 1.0).is_err());
    }
}
