//! Rows 2, 3 and 4: a person approves; the approval that completes the set is the promotion.

use super::{Step, in_role, is_same_person};
use crate::rollout::clock::DAY_MS;
use crate::rollout::event::Approve;
use crate::rollout::look::{Approval, TestPlan};
use crate::rollout::model::{Alias, ModelStatus};
use crate::rollout::state::Test;
use crate::rollout::verdict::Severity;
use crate::rollout::{Action, Audience, Stage, TransitionError, words};
use crate::sentence::Sentence;

impl Step<'_> {
    pub(super) fn approve(&mut self, approve: &Approve) -> Result<(), TransitionError> {
        let (policy, now) = (self.policy, self.now);
        let rules = &policy.gates.rules;
        let by = &approve.by;
        let rollout = self.active("Approve")?;
        let stage = rollout.stage;
        if stage == Stage::Full {
            let why = "Full rollout needs no approval: it completes by itself once it has been watched long enough.";
            return Err(TransitionError::NotInStage(why.to_owned()));
        }
        let roles = policy.stage.approvers(stage);
        in_role(by, roles, "Approve")?;
        if let Some(reason) = rollout.why_held(now) {
            return Err(TransitionError::Held(reason.text.clone()));
        }
        let gates = rollout.open_gates(policy);
        let Some(look) = rollout.look.as_ref().filter(|_| gates.is_empty()) else {
            return Err(TransitionError::GatesNotMet { stage: stage.title(), gates });
        };
        // The last look of a test is final; the others grow old.
        let valid_ms = i64::from(rules.approval_days) * DAY_MS;
        if stage != Stage::AbTest && now > look.at_ms + valid_ms {
            let why = format!("The last look is more than {} old. Wait for the next one.", words::days(rules.approval_days));
            return Err(TransitionError::LookStale(why));
        }
        if look.evidence_sha256 != approve.evidence_sha256 {
            let why = "The approval names other evidence than that of the last look. Read the last look and approve that.";
            return Err(TransitionError::LookStale(why.to_owned()));
        }
        let plan = if stage == Stage::Canary { Some(self.check_plan(approve)?) } else { None };
        let approval = Approval {
            name: by.name.clone(),
            role: by.role.clone(),
            evidence_sha256: approve.evidence_sha256.clone(),
            plan: plan.clone(),
            comment: approve.comment.clone(),
            at_ms: now,
        };
        let rollout = self.active("Approve")?;
        let mut approvals = std::mem::take(&mut rollout.approvals);
        approvals.retain(|one| {
            let is_same = is_same_person(&one.name, &approval.name) && one.role == approval.role;
            !is_same && one.plan == approval.plan && now < one.at_ms + valid_ms
        });
        approvals.push(approval);
        let missing: Vec<String> = roles.iter().filter(|role| approvals.iter().all(|one| one.role != **role)).cloned().collect();
        let is_alone = approvals.iter().all(|one| is_same_person(&one.name, &rollout.started_by));
        if missing.is_empty() && rules.four_eyes && is_alone {
            return Err(TransitionError::FourEyes(format!(
                "{} started this rollout; another person has to approve it as well.",
                by.name
            )));
        }
        rollout.approvals = approvals;
        if missing.is_empty() {
            self.promote(plan);
        } else {
            let missing = words::list(&missing.iter().map(|role| words::role(role)).collect::<Vec<_>>());
            let text = format!("{} approved that {} goes on. Still to approve: {missing}.", by.name, stage.title());
            self.message(
                Severity::Info,
                Audience::Channels,
                Sentence::new("APPROVAL_RECORDED", text).with("by", by.name.clone()),
            );
        }
        Ok(())
    }

    /// The plan of the test, if the test can hold enough leads by it.
    fn check_plan(&self, approve: &Approve) -> Result<TestPlan, TransitionError> {
        let none = || TransitionError::NotInStage("The A/B test needs a plan. Approve with the plan that was shown.".to_owned());
        let plan = approve.plan.as_ref().filter(|plan| plan.weeks > 0).ok_or_else(none)?;
        let least = u64::from(self.policy.experiment.primary.least_per_arm);
        let least_weeks = self.policy.stage.ab_test.min_days.div_ceil(7);
        if plan.planned_per_arm < least || plan.weeks < least_weeks {
            let needed = plan.weeks_for(least).max(least_weeks);
            return Err(TransitionError::TestTooShort { weeks: plan.weeks, planned: plan.planned_per_arm, least, needed });
        }
        Ok(plan.clone())
    }

    fn promote(&mut self, plan: Option<TestPlan>) {
        let (now, policy) = (self.now, self.policy);
        let Some(rollout) = &mut self.state.rollout else { return };
        let (from, version) = (rollout.stage, rollout.challenger.clone());
        let names: Vec<String> = rollout.approvals.iter().map(|one| one.name.clone()).collect();
        let (row, to, status, share) = match from {
            Stage::Shadow => (2, Stage::Canary, ModelStatus::Canary, policy.stage.canary.share_bp),
            Stage::Canary => (3, Stage::AbTest, ModelStatus::AbTest, policy.stage.ab_test.share_bp),
            _ => (4, Stage::Full, ModelStatus::Full, 10_000),
        };
        rollout.enter(to, now);
        rollout.test = plan.map(|plan| Test { plan, run: 1, from_ms: now, paused_ms: 0, is_final: false });
        let test = rollout.test.as_ref().map(|test| (rollout.id.clone(), test.plan.sha256.clone()));
        let share = words::share(share);
        let text = format!("{} begins: {version} serves {share} of the leads. Approved by {}.", to.title(), words::list(&names));
        let sentence =
            Sentence::new("PROMOTED", text).with("version", version.clone()).with("stage", to.name()).with("by", names);
        self.transition(row, from, &sentence);
        self.deploy();
        if from == Stage::Shadow {
            self.actions.push(Action::RemoveAlias { alias: Alias::Shadow });
            self.actions.push(Action::SetAlias { alias: Alias::Challenger, version: version.clone() });
        }
        self.actions.push(Action::Status { version, status });
        if let Some((rollout, plan_sha256)) = test {
            self.actions.push(Action::StartTest { rollout, run: 1, plan_sha256 });
        }
        self.message(Severity::Info, Audience::Channels, sentence);
    }
}
