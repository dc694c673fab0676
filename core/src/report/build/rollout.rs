//! The rollout's part of the report.

use super::{Facts, LISTED};
use crate::alert::IncidentKind;
use crate::report::alert::IncidentPart;
use crate::report::document::{ActionPart, Effect, GatePart, OddPart, RolloutPart, Serving, SignOff, StagePart};
use crate::report::time::time_text;
use crate::report::value::{Estimate, Target};
use crate::rollout::{Comparator, Outcome, Rollout, Stage, Verdict};
use crate::sentence::Sentence;

impl Facts<'_> {
    /// The verdicts of gates that must pass before the stage is left.
    pub(super) fn required(&self) -> Vec<&Verdict> {
        let Some(rollout) = &self.state.rollout else { return Vec::new() };
        self.verdicts.iter().filter(|verdict| rollout.must_pass(verdict.gate)).collect()
    }

    /// The part of leads that the challenger serves in `stage`.
    fn share(&self, stage: Stage) -> f64 {
        let bp = match stage {
            Stage::Idle | Stage::Shadow => 0,
            Stage::Canary => self.policy.stage.canary.share_bp,
            Stage::AbTest => self.policy.stage.ab_test.share_bp,
            Stage::Full => 10_000,
        };
        f64::from(bp) / 1e4
    }

    /// The part of leads that the challenger serves now.
    fn share_now(&self) -> f64 {
        let is_serving = |rollout: &&crate::rollout::Rollout| rollout.suspended.is_none();
        self.state.rollout.as_ref().filter(is_serving).map_or(0.0, |rollout| self.share(rollout.stage))
    }

    /// What `action` changes: which part of leads the challenger serves afterwards, and how many leads a day that is.
    fn effect(&self, action: &str, stage: Stage) -> Effect {
        let today = self.now_ms.div_euclid(super::DAY_MS);
        let answered = |row: &&crate::report::DayRow| {
            let day = row.day_ms.div_euclid(super::DAY_MS);
            matches!(row.role.as_str(), "champion" | "challenger") && day >= today - 7 && day < today
        };
        let leads: u64 = self.days.iter().filter(answered).map(|row| row.leads).sum();
        let leads_per_day = (leads > 0).then_some(leads as f64 / 7.0);
        let share_before = self.share_now();
        let share_after = match action {
            "approve" => Stage::ACTIVE.into_iter().find(|next| *next > stage).map_or(1.0, |next| self.share(next)),
            "resume" => self.share(stage),
            "rollback" => 0.0,
            _ => share_before,
        };
        let version = self.state.challenger().unwrap_or_default();
        let percent = |share: f64| (share * 1e4).round() / 1e2;
        let moved = leads_per_day.map(|leads| (leads * (share_after - share_before)).round());
        let text = match (share_after == share_before, moved) {
            (true, _) => format!("No lead moves: {version} serves {} % of leads.", percent(share_before)),
            (false, None) => {
                format!("{version} would serve {} % of leads, {} % now.", percent(share_after), percent(share_before))
            }
            (false, Some(moved)) => {
                let way = if moved < 0.0 { "fewer" } else { "more" };
                let (after, before) = (percent(share_after), percent(share_before));
                format!("{version} would serve {after} % of leads, {before} % now: about {} leads a day {way}.", moved.abs())
            }
        };
        Effect { leads_per_day, share_before, share_after, sentence: Sentence::new("ACTION_EFFECT", text) }
    }

    /// Which version serves which share of leads.
    pub(super) fn serving(&self) -> Vec<Serving> {
        let share = self.share_now();
        let of = |version: &str, role: &str, share: f64| Serving { version: version.to_owned(), role: role.to_owned(), share };
        let champion = of(&self.state.champion, "champion", 1.0 - share);
        let challenger = self.state.challenger().map(|version| of(version, "challenger", share));
        std::iter::once(champion).chain(challenger).filter(|serving| serving.share > 0.0).collect()
    }

    /// The rollout; none while idle.
    pub(super) fn rollout(&self) -> Option<RolloutPart> {
        let rollout = self.state.rollout.as_ref()?;
        let stage = rollout.stage;
        let stages = Stage::ACTIVE.into_iter().map(|id| {
            let from = self.entered.iter().find(|(entered, _)| *entered == id).map(|(_, ms)| *ms);
            let to = self.entered.iter().find(|(entered, _)| *entered > id).map(|(_, ms)| *ms).filter(|_| from.is_some());
            let state = match id.cmp(&stage) {
                std::cmp::Ordering::Less => "done",
                std::cmp::Ordering::Equal => "now",
                std::cmp::Ordering::Greater => "open",
            };
            StagePart {
                id: id.name().to_owned(),
                state: state.to_owned(),
                share: self.share(id),
                days: if id == stage { Some(rollout.days_logged) } else { from.zip(to).map(|(from, to)| days(from, to)) },
                min_days: match id {
                    Stage::Full => self.policy.stage.full.watch_days,
                    _ => self.policy.stage.extension(id).map_or(0, |(least, _, _)| least),
                },
                from: from.map(time_text),
                to: to.map(time_text),
            }
        });
        let extensions = self.policy.stage.extension(stage).map_or(0, |(_, _, most)| most);
        let pending = rollout.approvals.iter().map(|approval| SignOff {
            stage: stage.name().to_owned(),
            role: approval.role.clone(),
            by: approval.name.clone(),
            at: time_text(approval.at_ms),
            comment: approval.comment.clone(),
            evidence: approval.evidence_sha256.clone(),
        });
        let is_held = rollout.is_held(self.now_ms);
        let only_approvals = self.missing.iter().all(|id| id.starts_with("approval:"));
        let action = |id: &str, allowed: bool, scope: &str| ActionPart {
            id: id.to_owned(),
            allowed,
            needs_scope: scope.to_owned(),
            effect: self.effect(id, stage),
        };
        Some(RolloutPart {
            id: rollout.id.clone(),
            revision: self.state.version,
            stage: stage.name().to_owned(),
            held: rollout.active_holds(self.now_ms).next().map(|hold| hold.reason.clone()),
            suspended: rollout.suspended.is_some(),
            extensions: (rollout.extensions, extensions + rollout.granted),
            earliest_at: self.earliest_ms.map(time_text),
            next: self.next.clone(),
            missing: self.missing.clone(),
            stages: stages.collect(),
            serving: self.serving(),
            gates: self.verdicts.iter().map(|verdict| gate(verdict, rollout)).collect(),
            sign_offs: self.passed.iter().cloned().chain(pending).collect(),
            odd_reports: self.odd.iter().map(|(at_ms, id)| OddPart { id: id.clone(), at: time_text(*at_ms) }).collect(),
            actions: vec![
                action("approve", stage != Stage::Full && !is_held && only_approvals, "approve"),
                action("hold", true, "operate"),
                action("resume", is_held, if rollout.resume_needs_approval(self.now_ms) { "approve" } else { "operate" }),
                action("rollback", true, "operate"),
            ],
            ledger_total: self.ledger_total,
            post_mortems: self
                .incidents
                .iter()
                .filter(|incident| incident.kind == IncidentKind::PostMortem)
                .take(LISTED)
                .map(|incident| IncidentPart::new(self.policy, incident))
                .collect(),
        })
    }
}

fn gate(verdict: &Verdict, rollout: &Rollout) -> GatePart {
    let op = match verdict.comparator {
        Comparator::Above => ">",
        Comparator::AtLeast => ">=",
        Comparator::Below => "<",
        Comparator::AtMost => "<=",
    };
    let estimate = Estimate::of(verdict.value).within(verdict.interval.map(|interval| (interval.low, interval.high)));
    GatePart {
        id: verdict.gate.id().to_owned(),
        estimate: Estimate { n_needed: verdict.needed_n, ..estimate.from_cases(verdict.n) },
        baseline: verdict.baseline,
        target: verdict.threshold.map(|value| Target::new(op, value)),
        status: verdict.outcome.into(),
        required: rollout.must_pass(verdict.gate),
        provisional: verdict.provisional,
        waived: verdict.waived.clone(),
        // What is shown and what is waived are the same: undecided then and now.
        waivable: verdict.waived.is_none()
            && matches!(verdict.outcome, Outcome::Inconclusive | Outcome::InsufficientData)
            && rollout.may_waive(verdict.gate).is_ok(),
        ready_at: verdict.ready_ms.map(time_text),
        sentence: verdict.sentence.clone(),
        evidence: verdict.evidence_sha256.clone(),
    }
}

fn days(from_ms: i64, to_ms: i64) -> u32 {
    u32::try_from((to_ms - from_ms).div_euclid(86_400_000)).unwrap_or_default()
}
