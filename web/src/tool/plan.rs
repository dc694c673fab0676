//! How many leads an A/B test needs and how long it takes, by the function behind `plumbline experiment plan`.

use plumbline_core::experiment::{Baseline, Plan};
use serde::Serialize;

/// What is asked; rates and parts in [0, 1].
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The conversion rate without the change.
    pub base: f64,
    /// The smallest relative lift worth having.
    pub lift: f64,
    /// The chance to find it.
    pub power: f64,
    /// New leads a day in both arms.
    pub a_day: f64,
    /// Days until an outcome is known.
    pub delay_days: f64,
    /// Leads per arm whose chance is asked for besides.
    pub given: u64,
}

/// What it takes.
#[derive(Debug, Serialize)]
pub struct Needed {
    /// Leads in each arm.
    pub per_arm: u64,
    /// Days until enough leads came.
    pub enrol_days: u64,
    /// Days until the last outcome is known.
    pub days: u64,
    /// The chance with the given leads per arm.
    pub chance: f64,
    /// The smallest lift that they find with the power asked for; none where there is none.
    pub detectable: Option<f64>,
}

/// What `wanted` takes.
///
/// # Errors
/// Which number makes no sense.
pub fn plan(wanted: Wanted) -> Result<Needed, String> {
    let Wanted { base, lift, power, a_day, delay_days, given } = wanted;
    let plan = Plan {
        power,
        per_arm: Some(given),
        leads_per_day: Some(a_day),
        outcome_delay_days: delay_days,
        ..Plan::new(Baseline::Rate(base), lift)
    };
    let planned = plan.work_out().map_err(|e| e.to_string())?;
    let (duration, found) = (planned.duration, planned.given);
    Ok(Needed {
        per_arm: planned.needed.per_arm,
        enrol_days: duration.map_or(0, |duration| duration.enrolment_days),
        days: duration.map_or(0, |duration| duration.days),
        chance: found.map_or(0.0, |found| found.power),
        detectable: found.and_then(|found| found.detectable),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_the_commands() {
        let wanted = Wanted { base: 0.1, lift: 0.05, power: 0.8, a_day: 1_000.0, delay_days: 7.0, given: 5_000 };
        let needed = plan(wanted).unwrap();
        assert_eq!((needed.per_arm, needed.enrol_days, needed.days), (57_756, 116, 123));
        assert!((needed.chance - 0.13).abs() < 0.005, "{}", needed.chance);
        assert!(plan(Wanted { base: 1.2, ..wanted }).is_err());
    }
}
