//! The challenger's figure as a ratio to the champion's: no worse by a part d.
//!
//! Pass: the ratio as observed is above 1 − d and the lower end of its interval above 1 − 2d. Fail: the upper end is below 1 − d.
//! Mirrored where less is better. An equal model then passes in most cases, which it would not if the lower end had to be above 1 − d.

use super::Case;
use super::draft::{Draft, Forecast, Unit};
use super::limit::decided;
use crate::math;
use crate::rollout::{Comparator, Outcome, phrase};

/// Which way is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Better {
    More,
    Less,
}

/// A ratio with its interval.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ratio {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    pub better: Better,
    /// The part by which it may be worse.
    pub by: f64,
}

impl Ratio {
    pub fn outcome(&self) -> Outcome {
        let Ratio { value, low, high, by, .. } = *self;
        match self.better {
            Better::More => decided(value > 1.0 - by && low > 1.0 - 2.0 * by, high < 1.0 - by),
            Better::Less => decided(value < 1.0 + by && high < 1.0 + 2.0 * by, low > 1.0 + by),
        }
    }

    /// The ratio that is too much.
    pub fn line(&self) -> f64 {
        if self.better == Better::More { 1.0 - self.by } else { 1.0 + self.by }
    }

    pub fn comparator(&self) -> Comparator {
        if self.better == Better::More { Comparator::Above } else { Comparator::Below }
    }

    /// When it will be decided, if the ratio stays; on the scale of logarithms.
    pub fn forecast(&self, case: &Case<'_>, unit: Unit, n: u64) -> Forecast {
        let Ratio { value, low, high, by, .. } = *self;
        // An end at 0 is as far as the other one.
        let low = if low > 0.0 { low } else { value * value / high };
        let far = |a: f64, b: f64| math::ln(a / b);
        let (reach, distance) = match (self.better, (value > 1.0 - by), (value < 1.0 + by)) {
            (Better::More, true, _) => (far(value, low), far(value, 1.0 - 2.0 * by)),
            (Better::More, false, _) => (far(high, value), far(1.0 - by, value)),
            (Better::Less, _, true) => (far(high, value), far(1.0 + 2.0 * by, value)),
            (Better::Less, _, false) => (far(value, low), far(value, 1.0 + by)),
        };
        case.growing(unit, n, reach, distance)
    }
}

/// The words of one comparison.
#[derive(Debug)]
pub(super) struct Wording {
    /// How a pass and a failure begin: `No slower`, `Slower`.
    pub titles: [&'static str; 2],
    /// Both figures: `180 ms against 120 ms for the slowest hundredth`.
    pub figures: String,
    /// Words for a ratio below and above 1: `less`, `more`.
    pub change: [&'static str; 2],
    /// What the change is against, where that is not the champion's figure: ` than the 40 ms that are always accepted`.
    pub than: String,
}

/// The draft of a ratio of `unit`s, of which there are `n`.
pub(super) fn draft(case: &Case<'_>, ratio: Ratio, wording: Wording, unit: Unit, n: u64) -> Draft {
    let Wording { titles: [no_worse, worse], figures, change: [less, more], than } = wording;
    let change = |ratio: f64| phrase::changed(ratio, less, more);
    let (outcome, forecast) = (ratio.outcome(), ratio.forecast(case, unit, n));
    let allowed = phrase::percent(ratio.by);
    let direction = if ratio.better == Better::More { "fall" } else { "rise" };
    let changed = format!("{}{than}", change(ratio.value));
    let text = match outcome {
        Outcome::Pass => format!("{no_worse} than today's model: {figures}; a {direction} of {allowed} would be too much."),
        Outcome::Fail => format!("{worse} than today's model: {figures}, {changed}; {allowed} is allowed."),
        _ => format!(
            "Too close to call: {figures}, {changed} ({}), {allowed} is allowed; {}",
            phrase::span(ratio.low - 1.0, ratio.high - 1.0, less, more),
            case.more(unit, n, forecast)
        ),
    };
    let draft = Draft::new(outcome, text).figure(ratio.value, "ratio", ratio.comparator(), ratio.line()).n(n);
    let draft = draft.interval(ratio.low, ratio.high, case.confidence());
    if outcome == Outcome::Inconclusive { draft.needed(forecast) } else { draft }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_worse_by_a_tenth() {
        for (better, value, low, high, outcome) in [
            (Better::More, 1.0, 0.85, 1.15, Outcome::Pass),
            (Better::More, 0.91, 0.81, 1.02, Outcome::Pass),
            (Better::More, 0.89, 0.85, 0.93, Outcome::Inconclusive),
            (Better::More, 1.0, 0.79, 1.2, Outcome::Inconclusive),
            (Better::More, 0.85, 0.81, 0.89, Outcome::Fail),
            (Better::Less, 1.0, 0.9, 1.15, Outcome::Pass),
            (Better::Less, 1.05, 0.9, 1.21, Outcome::Inconclusive),
            (Better::Less, 1.5, 1.2, 1.8, Outcome::Fail),
        ] {
            assert_eq!(Ratio { value, low, high, better, by: 0.1 }.outcome(), outcome, "{better:?} {value}");
        }
    }
}
