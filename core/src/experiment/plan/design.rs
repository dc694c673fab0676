//! The equations of a plan: an effect in standard deviations of one lead, and the number of standard errors it must reach.

use super::{Baseline, Plan};
use crate::experiment::method::Bar;
use crate::stats::effect::Scale;
use crate::stats::level::SettingError;
use crate::stats::power::cohens_h;
use crate::stats::root;

/// A plan that was checked.
#[derive(Debug, Clone)]
pub struct Design {
    baseline: Baseline,
    scale: Scale,
    lift: f64,
    power: f64,
    bar: Bar,
    fixed: Bar,
}

impl Design {
    /// Checks `plan`.
    ///
    /// # Errors
    /// A number that makes no sense.
    pub fn new(plan: &Plan) -> Result<Design, SettingError> {
        match plan.baseline {
            Baseline::Rate(rate) => SettingError::unless(rate > 0.0 && rate < 1.0, "the base rate", rate, "above 0 and below 1")?,
            Baseline::Mean { mean, deviation } => {
                SettingError::unless(mean.is_finite(), "the mean", mean, "finite")?;
                let sound = deviation > 0.0 && deviation.is_finite();
                SettingError::unless(sound, "the standard deviation", deviation, "positive")?;
                let meant = mean != 0.0 || plan.scale == Scale::Absolute;
                SettingError::unless(meant, "the mean", mean, "other than 0 for a relative change")?;
            }
        }
        SettingError::unless(plan.lift != 0.0 && plan.lift.is_finite(), "the lift", plan.lift, "a number other than 0")?;
        let power = plan.power;
        SettingError::unless(power > plan.alpha.alpha() && power < 1.0, "the power", power, "above alpha and below 1")?;
        let treatments = plan.treatments;
        SettingError::unless((1..=100).contains(&treatments), "the number of treatments", treatments.into(), "from 1 to 100")?;
        if let Some(rate) = plan.leads_per_day {
            SettingError::unless(rate > 0.0 && rate.is_finite(), "the number of leads a day", rate, "positive")?;
        }
        let delay = plan.outcome_delay_days;
        SettingError::unless((0.0..=36_525.0).contains(&delay), "the delay of outcomes in days", delay, "from 0 to 36525")?;
        if let Some(per_arm) = plan.per_arm {
            SettingError::unless(per_arm >= 2, "the number of leads per arm", per_arm as f64, "at least 2")?;
        }
        let level = plan.alpha.divided(treatments as usize);
        let (bar, fixed) = (plan.method.bar(level)?, Bar::Once(level));
        let design = Design { baseline: plan.baseline, scale: plan.scale, lift: plan.lift, power, bar, fixed };
        if let Baseline::Rate(_) = plan.baseline {
            let after = design.after(plan.lift);
            SettingError::unless(after > 0.0 && after < 1.0, "the rate after the lift", after, "above 0 and below 1")?;
        }
        Ok(design)
    }

    /// The metric after `lift`.
    fn after(&self, lift: f64) -> f64 {
        let base = match self.baseline {
            Baseline::Rate(rate) => rate,
            Baseline::Mean { mean, .. } => mean,
        };
        match self.scale {
            Scale::Relative => base * (1.0 + lift),
            Scale::Absolute => base + lift,
        }
    }

    /// The change in standard deviations of one lead.
    ///
    /// # Formula
    /// rates: |2 asin √p₂ − 2 asin √p₁|; means: |change| / standard deviation
    ///
    /// # Source
    /// Cohen (1988), chapter 6, as `statsmodels` 0.15 `proportion_effectsize` and `NormalIndPower`.
    pub fn effect_size(&self, lift: f64) -> f64 {
        let after = self.after(lift);
        match self.baseline {
            Baseline::Rate(rate) => cohens_h(after.clamp(0.0, 1.0), rate).abs(),
            Baseline::Mean { mean, deviation } => ((after - mean) / deviation).abs(),
        }
    }

    /// The chance to detect the planned lift with `per_arm` leads in each arm.
    pub fn power(&self, per_arm: f64) -> f64 {
        Self::power_of(&self.bar, self.effect_size(self.lift), per_arm)
    }

    fn power_of(bar: &Bar, size: f64, per_arm: f64) -> f64 {
        bar.power(size * (per_arm / 2.0).sqrt(), 2.0 * per_arm)
    }

    /// Leads per arm for the planned power, not rounded.
    ///
    /// # Formula
    /// The n at which an estimate expected (effect size · √(n/2)) standard errors from 0 clears its bar with the planned power
    pub fn needed(&self) -> f64 {
        self.needed_by(&self.bar)
    }

    fn needed_by(&self, bar: &Bar) -> f64 {
        let size = self.effect_size(self.lift);
        // Starting from the drift (standard errors), so that the search is on the scale of the answer.
        let leads = |drift: f64| 2.0 * (drift / size) * (drift / size);
        leads(root::of_increasing(0.0, 60.0, |drift| Self::power_of(bar, size, leads(drift)) - self.power))
    }

    /// The smallest increase that `per_arm` leads in each arm detect with the planned power; none when no rate below 1 is high enough.
    pub fn detectable(&self, per_arm: f64) -> Option<f64> {
        let drift = root::of_increasing(0.0, 60.0, |drift| self.bar.power(drift, 2.0 * per_arm) - self.power);
        let size = drift / (per_arm / 2.0).sqrt();
        match (self.baseline, self.scale) {
            (Baseline::Mean { mean, deviation }, Scale::Relative) => Some(size * deviation / mean.abs()),
            (Baseline::Mean { deviation, .. }, Scale::Absolute) => Some(size * deviation),
            (Baseline::Rate(rate), scale) => {
                let most = 1.0 - rate;
                let most = if scale == Scale::Relative { most / rate } else { most };
                let found = root::of_increasing(0.0, most, |lift| self.effect_size(lift) - size);
                (self.effect_size(most) >= size).then_some(found)
            }
        }
    }

    /// The leads needed, as a multiple of those of a test with a single look.
    pub fn inflation(&self) -> f64 {
        self.needed() / self.needed_by(&self.fixed)
    }
}
