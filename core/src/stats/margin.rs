//! Claims with a margin: that a figure did not decline, did not increase, or barely changed. "Not significantly worse" proves nothing;
//! here the interval itself must lie on the right side of a margin that was fixed in advance.

use serde::{Deserialize, Serialize};

use super::alternative::Alternative;
use super::effect::Effect;
use super::level::{Interval, Level, SettingError};

/// A claim about an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Claim {
    /// It is above −margin (non-inferiority where more is better).
    NoDecline,
    /// It is below +margin (non-inferiority where less is better).
    NoIncrease,
    /// It is between −margin and +margin (equivalence).
    NoChange,
}

/// What the data say about a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Finding {
    /// It holds.
    Shown,
    /// Its opposite does: the figure moved by more than the margin.
    Refuted,
    /// Neither is shown yet.
    Open,
}

/// A claim, tested.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MarginTest {
    /// The p-value of the claim.
    pub p_value: f64,
    /// The two-sided interval at 1 − 2α: a claim is shown exactly when it lies within the margins.
    pub interval: Interval,
    /// What follows.
    pub finding: Finding,
}

impl Claim {
    /// What an `interval` of the effect says. `margin` is positive, in the effect's unit.
    pub fn judge(self, interval: &Interval, margin: f64) -> Finding {
        let (above, below) = (interval.lower > -margin, interval.upper < margin);
        let (declined, increased) = (interval.upper < -margin, interval.lower > margin);
        let (shown, refuted) = match self {
            Claim::NoDecline => (above, declined),
            Claim::NoIncrease => (below, increased),
            Claim::NoChange => (above && below, declined || increased),
        };
        match (shown, refuted) {
            (true, _) => Finding::Shown,
            (_, true) => Finding::Refuted,
            _ => Finding::Open,
        }
    }
}

impl Effect {
    /// Tests `claim` with a `margin` in the effect's own unit (0.02: two per cent, when the effect is relative).
    ///
    /// # Errors
    /// A margin that is not positive and finite.
    ///
    /// # Formula
    /// One-sided t tests against the margins at α; for [`Claim::NoChange`] the larger of the two p-values (TOST).
    ///
    /// # Source
    /// Schuirmann (1987).
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::effect::{Effect, Scale};
    /// use plumbline_core::stats::estimate::Estimate;
    /// use plumbline_core::stats::level::Level;
    /// use plumbline_core::stats::margin::{Claim, Finding};
    /// let [a, b] = [Estimate::proportion(5_000, 50_000).unwrap(), Estimate::proportion(4_990, 50_000).unwrap()];
    /// let effect = Effect::between(&a, &b, Scale::Relative).unwrap();
    /// let test = effect.claim(Claim::NoDecline, 0.05, Level::FIVE_PERCENT)?;
    /// assert_eq!(test.finding, Finding::Shown);
    /// assert!(effect.claim(Claim::NoDecline, 0.01, Level::FIVE_PERCENT)?.finding == Finding::Open);
    /// # Ok::<(), plumbline_core::stats::level::SettingError>(())
    /// ```
    pub fn claim(&self, claim: Claim, margin: f64, level: Level) -> Result<MarginTest, SettingError> {
        SettingError::unless(margin > 0.0 && margin.is_finite(), "the margin", margin, "a positive number")?;
        let lower = self.t_test(-margin, Alternative::Greater, level);
        let upper = self.t_test(margin, Alternative::Less, level);
        let interval = Interval { lower: lower.interval.lower, upper: upper.interval.upper };
        let p_value = match claim {
            Claim::NoDecline => lower.p_value,
            Claim::NoIncrease => upper.p_value,
            Claim::NoChange => lower.p_value.max(upper.p_value),
        };
        Ok(MarginTest { p_value, interval, finding: claim.judge(&interval, margin) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::effect::Scale;
    use crate::stats::estimate::Estimate;

    #[test]
    fn an_interval_decides_each_claim() {
        let rows = [
            ((-0.01, 0.03), Finding::Shown, Finding::Open, Finding::Open),
            ((-0.01, 0.01), Finding::Shown, Finding::Shown, Finding::Shown),
            ((-0.09, 0.09), Finding::Open, Finding::Open, Finding::Open),
            ((-0.09, -0.05), Finding::Refuted, Finding::Shown, Finding::Refuted),
            ((0.05, 0.09), Finding::Shown, Finding::Refuted, Finding::Refuted),
            ((f64::NEG_INFINITY, f64::INFINITY), Finding::Open, Finding::Open, Finding::Open),
        ];
        for ((lower, upper), decline, increase, change) in rows {
            let interval = Interval { lower, upper };
            let judged = [Claim::NoDecline, Claim::NoIncrease, Claim::NoChange].map(|claim| claim.judge(&interval, 0.02));
            assert_eq!(judged, [decline, increase, change], "{interval:?}");
        }
    }

    #[test]
    fn p_value_and_finding_agree() {
        let control = Estimate::proportion(500, 5_000).unwrap();
        for treated in (300..=700).step_by(10) {
            let effect = Effect::between(&control, &Estimate::proportion(treated, 5_000).unwrap(), Scale::Relative).unwrap();
            for claim in [Claim::NoDecline, Claim::NoIncrease, Claim::NoChange] {
                let test = effect.claim(claim, 0.1, Level::FIVE_PERCENT).unwrap();
                assert_eq!(test.p_value < 0.05, test.finding == Finding::Shown, "{treated} {claim:?} {test:?}");
            }
        }
        let effect = Effect::between(&control, &Estimate::proportion(501, 5_000).unwrap(), Scale::Relative).unwrap();
        for bad in [0.0, -0.1, f64::NAN, f64::INFINITY] {
            assert!(effect.claim(Claim::NoDecline, bad, Level::FIVE_PERCENT).is_err());
        }
    }
}
