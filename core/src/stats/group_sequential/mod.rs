//! Bounds for a few planned looks: how far the statistic must go at each, so that all looks together have the error rate of one.
//!
//! Tighter than an always-valid interval, as long as the plan is kept. If looks take place on other days than planned, the spending
//! functions still hold: the bounds are recomputed from the actual information.

mod recursion;
mod spending;

use serde::Serialize;

use super::effect::Effect;
use super::level::{Interval, Level, SettingError};
use super::{normal, root};
use recursion::Walk;
pub use spending::Spending;

/// The most looks of one design.
pub const MOST_LOOKS: usize = 60;
/// Between two looks at least this part of the information must come in.
pub const LEAST_STEP: f64 = 1e-3;

/// One look of a design.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Look {
    /// The part of the full information (leads) that is in, in (0, 1].
    pub information: f64,
    /// How many standard errors from the null the estimate must be, either way; infinite (JSON: null) when no α may be spent yet.
    pub bound: f64,
    /// The α spent up to and with this look, both sides together.
    pub spent: f64,
    /// The two-sided p-value that belongs to the bound.
    pub nominal_p: f64,
}

/// A two-sided test at several looks, symmetric in its sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupSequential {
    /// The looks, in order.
    pub looks: Vec<Look>,
    #[serde(skip)]
    level: Level,
}

impl GroupSequential {
    /// Bounds that spend `level` as `spending` says over looks at these parts of the full information.
    ///
    /// # Errors
    /// No look or more than [`MOST_LOOKS`], parts that do not rise by at least [`LEAST_STEP`] or leave (0, 1].
    ///
    /// # Formula
    /// The bound cₖ solves P(|Z₁| < c₁, …, |Zₖ₋₁| < cₖ₋₁, |Zₖ| ≥ cₖ) = α(tₖ) − α(tₖ₋₁), each side spending half.
    ///
    /// # Source
    /// Lan & DeMets (1983); the recursion of Armitage, McPherson & Rowe (1969) as in Jennison & Turnbull (2000), chapter 19, with
    /// Gauss–Legendre for Simpson's rule.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::group_sequential::{GroupSequential, Spending};
    /// use plumbline_core::stats::level::Level;
    /// let design = GroupSequential::new(Spending::OBrienFleming, Level::FIVE_PERCENT, &[0.2, 0.4, 0.6, 0.8, 1.0])?;
    /// let bounds: Vec<String> = design.looks.iter().map(|look| format!("{:.3}", look.bound)).collect();
    /// assert_eq!(bounds, ["4.877", "3.357", "2.680", "2.290", "2.031"]);
    /// # Ok::<(), plumbline_core::stats::level::SettingError>(())
    /// ```
    pub fn new(spending: Spending, level: Level, information: &[f64]) -> Result<GroupSequential, SettingError> {
        check(information)?;
        let mut walk = Walk::start(0.0);
        let (mut looks, mut before) = (Vec::with_capacity(information.len()), 0.0);
        for (at, t) in information.iter().enumerate() {
            // Each side is a one-sided test at α/2 with a spending function of its own, as in the published tables.
            let spent = 2.0 * spending.spent(level.alpha() / 2.0, *t);
            let side = (spent - before) / 2.0;
            let bound = walk.bound(*t, side);
            walk.pass(*t, bound, information.get(at + 1).copied());
            looks.push(Look { information: *t, bound, spent, nominal_p: 2.0 * normal::sf(bound) });
            before = spent;
        }
        Ok(GroupSequential { looks, level })
    }

    /// The classical bounds at `looks` equally spaced looks: cₖ = c · (k/K)^(shape − 1/2). A shape of 1/2 is Pocock's constant bound, 0
    /// O'Brien and Fleming's.
    ///
    /// # Errors
    /// No look or more than [`MOST_LOOKS`]; a shape outside [0, 1/2].
    ///
    /// # Source
    /// Wang & Tsiatis (1987); Jennison & Turnbull (2000), §2.7 and tables 2.1, 2.3.
    pub fn classical(shape: f64, level: Level, looks: usize) -> Result<GroupSequential, SettingError> {
        SettingError::unless((0.0..=0.5).contains(&shape), "the shape of the bounds", shape, "in [0, 0.5]")?;
        let information: Vec<f64> = (1..=looks).map(|k| k as f64 / looks as f64).collect();
        check(&information)?;
        let bounds = |c: f64| information.iter().map(|t| c * crate::math::pow(*t, shape - 0.5)).collect::<Vec<f64>>();
        // The whole error falls as c rises: from one look's quantile on, looks can only add to it.
        let one = normal::quantile(1.0 - level.alpha() / 2.0);
        let crossed = |c: f64| crossings(&information, &bounds(c), 0.0).iter().map(|(up, down)| up + down).sum::<f64>();
        let bounds = bounds(root::of_increasing(one, one + 4.0, |c| level.alpha() - crossed(c)));
        let (crossed, mut spent) = (crossings(&information, &bounds, 0.0), 0.0);
        let looks = information.iter().zip(&bounds).zip(crossed).map(|((t, bound), (up, down))| {
            spent += up + down;
            Look { information: *t, bound: *bound, spent, nominal_p: 2.0 * normal::sf(*bound) }
        });
        Ok(GroupSequential { looks: looks.collect(), level })
    }

    /// The probability that the bounds are crossed on the side of the effect, by the last look, when the estimate at full
    /// information is expected `drift` standard errors from the null.
    pub fn power(&self, drift: f64) -> f64 {
        self.crossings(drift).iter().map(|(up, _)| up).sum()
    }

    /// The drift that has this `power`, in (0, 1).
    pub fn drift(&self, power: f64) -> f64 {
        root::of_increasing(0.0, 20.0, |drift| self.power(drift) - power)
    }

    /// How many times the leads of a test with one look are needed at most, for the same `power`.
    ///
    /// # Formula
    /// (drift / (z₁₋α⸝₂ + z_power))²
    ///
    /// # Source
    /// Jennison & Turnbull (2000), §2.3: the ratio R of the tables.
    pub fn inflation(&self, power: f64) -> f64 {
        let ratio = self.drift(power) / (normal::quantile(1.0 - self.level.alpha() / 2.0) + normal::quantile(power));
        (ratio * ratio).max(1.0)
    }

    /// The expected part of the full information at which the test ends, for a drift.
    pub fn expected_information(&self, drift: f64) -> f64 {
        let (mut going, mut expected, mut last) = (1.0, 0.0, 0.0);
        for (look, (up, down)) in self.looks.iter().zip(self.crossings(drift)) {
            expected += (up + down) * look.information;
            going -= up + down;
            last = look.information;
        }
        expected + going.max(0.0) * last
    }

    /// The probabilities to cross first at each look, above and below.
    pub fn crossings(&self, drift: f64) -> Vec<(f64, f64)> {
        let (information, bounds): (Vec<f64>, Vec<f64>) = self.looks.iter().map(|look| (look.information, look.bound)).unzip();
        crossings(&information, &bounds, drift)
    }
}

impl Look {
    /// The interval of `effect` that is valid jointly with those of the other looks: as many standard errors as the bound.
    ///
    /// # Source
    /// Jennison & Turnbull (1989), repeated confidence intervals.
    pub fn interval(&self, effect: &Effect) -> Interval {
        effect.within(self.bound)
    }
}

fn check(information: &[f64]) -> Result<(), SettingError> {
    let count = information.len();
    SettingError::unless((1..=MOST_LOOKS).contains(&count), "the number of looks", count as f64, "from 1 to 60")?;
    let mut before = 0.0;
    for t in information {
        let rises = *t <= 1.0 && t - before >= LEAST_STEP * (1.0 - 1e-9);
        SettingError::unless(rises, "the information at a look", *t, "in (0, 1] and at least 0.001 above the previous look")?;
        before = *t;
    }
    Ok(())
}

fn crossings(information: &[f64], bounds: &[f64], drift: f64) -> Vec<(f64, f64)> {
    let mut walk = Walk::start(drift);
    let mut found = Vec::with_capacity(bounds.len());
    for (at, (t, bound)) in information.iter().zip(bounds).enumerate() {
        found.push((walk.above(*t, *bound), walk.below(*t, -bound)));
        walk.pass(*t, *bound, information.get(at + 1).copied());
    }
    found
}

#[cfg(test)]
mod tests;
