//! Which variant serves a lead: settings are compiled, ids are assigned.

use serde::Serialize;

use super::{AllocationSettings, WHOLE_BP};
use crate::event::{Role, TestArm};
use crate::lead::Value;
use crate::schema::ConfigErrors;

/// The split between variants, compiled once. Immutable and pure.
#[derive(Debug, Clone, PartialEq)]
pub struct Allocation {
    settings: AllocationSettings,
    /// Where each arm begins and ends, in basis points.
    ranges: Vec<(u32, u32)>,
}

/// One lead's result.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Assignment<'a> {
    /// The variant that serves.
    pub variant: &'a str,
    /// The variant's role.
    pub role: Role,
    /// Why.
    pub cause: Cause,
    /// The lead's position, 0 to 9,999 basis points.
    pub bucket_bp: u32,
    /// Whether the lead's score is hidden from ranking.
    pub explores: bool,
    /// The lead stays with the champion whatever experiment runs.
    pub held_out: bool,
}

/// Why a lead has its assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// By its hash.
    Drawn,
    /// The kill switch is on.
    Killed,
    /// The lead is in the holdout.
    HeldOut,
    /// A rule does not admit the lead.
    NotEligible,
    /// The lead has no id to draw with.
    NoId,
}

impl Allocation {
    /// Compiles `settings`.
    ///
    /// # Errors
    /// All problems, each with its path: shares that do not fit, duplicate names, shared salts, rules that no lead can meet.
    pub fn compile(settings: AllocationSettings) -> Result<Allocation, ConfigErrors> {
        let ranges = settings.check()?;
        Ok(Allocation { settings, ranges })
    }

    /// The side of the test that `assignment`, one of this allocation, puts its lead on. None where there is no test: without an arm or
    /// with several, and for leads that are not drawn (held out, not admitted, without an id) or whose score is hidden.
    pub fn test_arm(&self, assignment: &Assignment<'_>) -> Option<TestArm> {
        let is_tested = self.settings.arm.len() == 1 && assignment.cause == Cause::Drawn && !assignment.explores;
        let arm = if assignment.role == Role::Challenger { TestArm::Treatment } else { TestArm::Control };
        is_tested.then_some(arm)
    }

    /// What this was compiled from.
    pub fn settings(&self) -> &AllocationSettings {
        &self.settings
    }

    /// Where each arm of the settings begins and ends, in basis points.
    pub(super) fn ranges(&self) -> &[(u32, u32)] {
        &self.ranges
    }

    /// The assignment of the lead `id`, when no rule depends on fields.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::event::Role;
    /// use plumbline_core::route::{Allocation, AllocationSettings, Arm};
    ///
    /// let mut settings = AllocationSettings::champion_only("v1");
    /// settings.experiment = "2026-12".into();
    /// settings.arm.push(Arm { variant: "v2".into(), share_bp: 5_000, room_bp: None });
    /// let allocation = Allocation::compile(settings)?;
    /// let assignment = allocation.assign("L-000009");
    /// assert_eq!((assignment.variant, assignment.role, assignment.bucket_bp), ("v1", Role::Champion, 7_219));
    /// # Ok::<(), plumbline_core::ConfigErrors>(())
    /// ```
    pub fn assign(&self, id: &str) -> Assignment<'_> {
        self.assign_lead(id, |_| Value::Missing)
    }

    /// The assignment of the lead `id` with the field values returned by `field`.
    pub fn assign_lead(&self, id: &str, field: impl Fn(&str) -> Value) -> Assignment<'_> {
        let settings = &self.settings;
        let drawn = |salt: &str| settings.hash.bucket(salt, id, WHOLE_BP);
        let champion = |cause, bucket_bp| Assignment {
            variant: &settings.champion,
            role: Role::Champion,
            cause,
            bucket_bp,
            explores: false,
            held_out: false,
        };
        if id.is_empty() {
            return champion(Cause::NoId, 0);
        }
        let bucket = drawn(&settings.experiment);
        let explores = settings.exploration_bp > 0 && drawn(&settings.exploration_salt) < settings.exploration_bp;
        let held_out = settings.holdout_bp > 0 && drawn(&settings.holdout_salt) < settings.holdout_bp;
        let arm = self.ranges.iter().position(|(start, end)| (*start..*end).contains(&bucket));
        let stays = |cause| Assignment { explores, held_out, ..champion(cause, bucket) };
        if settings.killed {
            stays(Cause::Killed)
        } else if held_out {
            stays(Cause::HeldOut)
        } else if !settings.rule.iter().all(|rule| rule.admits(&field(&rule.field))) {
            stays(Cause::NotEligible)
        } else {
            match arm.and_then(|arm| settings.arm.get(arm)) {
                Some(arm) => Assignment { variant: &arm.variant, role: Role::Challenger, ..stays(Cause::Drawn) },
                None => stays(Cause::Drawn),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Arm, Rule};
    use super::*;

    fn arm(variant: &str, share_bp: u32, room_bp: Option<u32>) -> Arm {
        Arm { variant: variant.to_owned(), share_bp, room_bp }
    }

    fn settings(arms: Vec<Arm>) -> AllocationSettings {
        AllocationSettings { experiment: "e".to_owned(), arm: arms, ..AllocationSettings::champion_only("v1") }
    }

    #[test]
    fn what_comes_before_the_draw() {
        let all = settings(vec![arm("v2", 10_000, None)]);
        let rule = Rule { field: "region".to_owned(), present: Some(true), ..Rule::default() };
        let rows = [
            (all.clone(), "L-1", "v2", Cause::Drawn),
            (all.clone(), "", "v1", Cause::NoId),
            (AllocationSettings { killed: true, ..all.clone() }, "L-1", "v1", Cause::Killed),
            (AllocationSettings { holdout_bp: 10_000, ..all.clone() }, "L-1", "v1", Cause::HeldOut),
            (AllocationSettings { rule: vec![rule], ..all }, "L-1", "v1", Cause::NotEligible),
        ];
        for (settings, id, variant, cause) in rows {
            let allocation = Allocation::compile(settings).unwrap();
            let assignment = allocation.assign(id);
            assert_eq!((assignment.variant, assignment.cause), (variant, cause));
        }
    }

    #[test]
    fn only_drawn_leads_that_do_not_explore_are_on_a_side_of_the_test() {
        let half = settings(vec![arm("v2", 5_000, Some(10_000))]);
        let side = |settings: &AllocationSettings, id: &str| {
            let allocation = Allocation::compile(settings.clone()).unwrap();
            let assignment = allocation.assign(id);
            (assignment.role, allocation.test_arm(&assignment))
        };
        let ids: Vec<String> = (0..40).map(|i| format!("L-{i}")).collect();
        for id in &ids {
            let expected = match side(&half, id) {
                (Role::Challenger, arm) => (arm, TestArm::Treatment),
                (_, arm) => (arm, TestArm::Control),
            };
            assert_eq!(expected.0, Some(expected.1), "{id}");
            let rule = Rule { field: "region".to_owned(), present: Some(true), ..Rule::default() };
            for outside in [
                AllocationSettings { killed: true, ..half.clone() },
                AllocationSettings { holdout_bp: 10_000, ..half.clone() },
                AllocationSettings { exploration_bp: 10_000, ..half.clone() },
                AllocationSettings { rule: vec![rule], ..half.clone() },
                settings(vec![arm("v2", 5_000, Some(5_000)), arm("v3", 5_000, Some(5_000))]),
                AllocationSettings { exploration_bp: 0, ..AllocationSettings::champion_only("v1") },
            ] {
                assert_eq!(side(&outside, id).1, None, "{outside:?}");
            }
        }
        assert_eq!(side(&half, "").1, None);
        assert!(ids.iter().any(|id| side(&half, id).0 == Role::Challenger));
    }

    #[test]
    fn a_variant_may_be_an_arm_and_a_shadow_but_not_champion_and_shadow() {
        let shadows = |names: &[&str]| {
            let shadow = names.iter().map(|name| (*name).to_owned()).collect();
            Allocation::compile(AllocationSettings { shadow, ..settings(vec![arm("v2", 1_000, None)]) }).map(drop)
        };
        assert_eq!(shadows(&["v2", "v3"]), Ok(()));
        assert_eq!(shadows(&["v1"]).unwrap_err().problems[0].code, "VARIANT_DUPLICATE");
        assert_eq!(shadows(&["v3", "v3"]).unwrap_err().problems[0].path, "shadow[1]");
    }

    #[test]
    fn every_problem_is_told_with_its_path() {
        let mut wrong = settings(vec![arm("v1", 9_000, Some(6_000)), arm("", 1, Some(6_000))]);
        wrong.exploration_bp = 10_001;
        wrong.holdout_salt = "e".to_owned();
        wrong.rule.push(Rule::default());
        let problems = Allocation::compile(wrong).unwrap_err().problems;
        let told: Vec<(&str, &str)> = problems.iter().map(|problem| (problem.code, problem.path.as_str())).collect();
        let expected = [
            ("VARIANT_DUPLICATE", "arm[0].variant"),
            ("VARIANT_WITHOUT_NAME", "arm[1].variant"),
            ("SALT_SHARED", "holdout_salt"),
            ("SHARE_ABOVE_WHOLE", "exploration_bp"),
            ("RULE_WITHOUT_FIELD", "rule[0].field"),
            ("RULE_EMPTY", "rule[0]"),
            ("ROOM_ABOVE_WHOLE", "arm"),
            ("SHARE_ABOVE_ROOM", "arm[0].share_bp"),
        ];
        assert_eq!(told, expected);
    }
}
