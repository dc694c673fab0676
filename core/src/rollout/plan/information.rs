//! How much of a test's planned information each of its looks has: what the bounds of the looks are worked out from.

use crate::rollout::Policy;
use crate::rollout::look::TestPlan;
use crate::stats::group_sequential::LEAST_STEP;

impl TestPlan {
    /// Leads per arm at which the planned information is used up, so that no look can follow: what proves the planned lift, but at least
    /// what the first look that may pass holds, and at most what the last one will.
    pub fn full_information(&self, policy: &Policy) -> u64 {
        let first = f64::from(least_weeks(policy)) * self.per_week();
        let least = u64::from(policy.experiment.primary.least_per_arm).max(first as u64);
        self.needed_per_arm.max(least).min(self.planned_per_arm).max(1)
    }

    /// The part of the planned information at each look up to the last, the last being 1. `known`: the parts of the weeks that were judged,
    /// as they really were. The look of `week` has `per_arm` leads in the smaller arm; for a plan before the first look, week 0 and no lead.
    /// A week that was missed between two looks lies on the line between them; later ones come as planned.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::rollout::{Policy, TestPlan};
    /// let plan = TestPlan { weeks: 6, leads_per_day: 2_000, needed_per_arm: 30_000, planned_per_arm: 42_000, sha256: String::new() };
    /// let policy = Policy::default();
    /// assert_eq!(plan.information(&policy, &[], 0, 0), [7.0 / 30.0, 14.0 / 30.0, 0.7, 28.0 / 30.0, 1.0]);
    /// assert_eq!(plan.information(&policy, &[0.3], 2, 15_000), [0.3, 0.5, 22.0 / 30.0, 29.0 / 30.0, 1.0]);
    /// assert_eq!(plan.information(&policy, &[0.3], 2, 31_000), [0.3, 1.0]);
    /// ```
    pub fn information(&self, policy: &Policy, known: &[f64], week: u32, per_arm: u64) -> Vec<f64> {
        let full = self.full_information(policy) as f64;
        let least = f64::from(policy.experiment.primary.least_per_arm);
        let last = self.weeks.max(week).max(1);
        let mut parts: Vec<f64> = known.iter().copied().take(week.saturating_sub(1) as usize).collect();
        for at in parts.len() as u32 + 1..=last {
            let before = parts.last().copied().unwrap_or(0.0);
            let leads = if at < week {
                before * full + (per_arm as f64 - before * full) / f64::from(week - at + 1)
            } else {
                per_arm as f64 + f64::from(at - week) * self.per_week()
            };
            let is_used_up = leads >= full && leads >= least && at >= least_weeks(policy);
            let has_room = before + 3.0 * LEAST_STEP < 1.0;
            if at == last || (at >= week && (is_used_up || !has_room)) {
                parts.push(1.0);
                break;
            }
            parts.push((leads / full).min(1.0 - 2.0 * LEAST_STEP).max(before + LEAST_STEP).min(1.0));
        }
        parts
    }

    fn per_week(&self) -> f64 {
        self.planned_per_arm as f64 / f64::from(self.weeks.max(1))
    }
}

/// Weeks of new leads after which the test may pass at the earliest.
fn least_weeks(policy: &Policy) -> u32 {
    policy.stage.ab_test.min_days.div_ceil(7)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::group_sequential::{GroupSequential, Spending};
    use crate::stats::level::Level;

    #[test]
    fn every_look_has_bounds_however_the_leads_come() {
        let policy = Policy::default();
        let mut random = crate::random::Random::new(7);
        for _ in 0..300 {
            let weeks = 2 + random.below(10) as u32;
            let per_week = 1 + random.below(20_000);
            let plan = TestPlan {
                weeks,
                leads_per_day: 1,
                needed_per_arm: 1 + random.below(100_000),
                planned_per_arm: per_week * u64::from(weeks),
                sha256: String::new(),
            };
            let (mut known, mut per_arm, mut week) = (Vec::new(), 0, 0);
            loop {
                week = (week + 1 + random.below(2) as u32).min(weeks);
                per_arm += random.below(2 * per_week);
                let parts = plan.information(&policy, &known, week, per_arm);
                let design = GroupSequential::new(Spending::OBrienFleming, Level::FIVE_PERCENT, &parts);
                assert!(design.is_ok(), "{plan:?} week {week}, {per_arm}: {parts:?} {design:?}");
                assert_eq!(parts.last(), Some(&1.0));
                known = parts[..week as usize].to_vec();
                if known.len() == parts.len() {
                    assert!(week >= 2, "the first look that may pass is one of the plan");
                    break;
                }
            }
        }
    }
}
