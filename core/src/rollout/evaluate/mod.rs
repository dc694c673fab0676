//! The judgement of every gate of a stage: [`evaluate`] at looks, [`daily`] on the days between.
//!
//! Pass is decided at looks only. On other days verdicts are provisional, and a gate whose figure adds up since Start may fail by a bound
//! that holds on all days together. Not here: what a verdict leads to, and red (`red.rs`), which is judged every minute.
//!
//! One file per family of gates; `draft` is what verdicts have in common, `limit` and `ratio` the two ways figures are held against a
//! limit. Tested by rows of evidence per gate with the sentences they give, and by simulation of the daily looks.

mod ab;
mod data;
mod draft;
mod fb;
mod gov;
mod limit;
mod perf;
mod ratio;
mod rel;
#[cfg(test)]
mod simulation;
mod sys;
#[cfg(test)]
mod tests;

pub use ab::{summary, worse_segments};
use draft::{Draft, Unit};

use super::evidence::Figures;
use super::{Evidence, Family, Gate, Modes, Outcome, Policy, Stage, Verdict, phrase};
use crate::stats::level::Level;

/// The verdicts of a look: one per gate of `stage` that must pass or may fail there, in the order of [`Gate::ALL`].
///
/// # Example
/// ```
/// use plumbline_core::rollout::evaluate::evaluate;
/// use plumbline_core::rollout::{Evidence, Gate, Outcome, Policy, Stage};
/// let mut evidence = Evidence::new("r1", Stage::Full, "old", "new", 0);
/// evidence.governance.days_logged = 7;
/// let verdicts = evaluate(&Policy::default(), Stage::Full, &evidence, 0);
/// let days = verdicts.iter().find(|verdict| verdict.gate == Gate::GovDays).expect("judged in every stage");
/// assert_eq!((days.outcome, days.sentence.text.as_str()), (Outcome::Pass, "Full has logged 7 days; 7 are needed."));
/// // No log shard answered, so nothing that rests on the log passes.
/// assert!(verdicts.iter().any(|verdict| verdict.gate == Gate::SysErrors && verdict.outcome == Outcome::Error));
/// ```
pub fn evaluate(policy: &Policy, stage: Stage, evidence: &Evidence, now_ms: i64) -> Vec<Verdict> {
    let case = Case { policy, stage, evidence, now_ms };
    gates(stage, evidence.modes).map(|gate| case.judge(gate).verdict(gate, &case, false)).collect()
}

/// The provisional verdicts of a day without a look. A failure among them is one by the always-valid bound and counts; a gate that would
/// fail at a look only is inconclusive.
pub fn daily(policy: &Policy, stage: Stage, evidence: &Evidence, now_ms: i64) -> Vec<Verdict> {
    let case = Case { policy, stage, evidence, now_ms };
    gates(stage, evidence.modes).map(|gate| case.judge(gate).on_a_day(&case).verdict(gate, &case, true)).collect()
}

/// The gates that are judged in `stage`. Of precision and recall in Shadow, the absolute or the relative gate, as `modes` says.
pub fn gates(stage: Stage, modes: Modes) -> impl Iterator<Item = Gate> {
    Gate::ALL.into_iter().filter(move |gate| (gate.must_pass(stage) || gate.may_fail(stage)) && modes.applies(*gate, stage))
}

/// What is judged.
#[derive(Debug, Clone, Copy)]
struct Case<'a> {
    policy: &'a Policy,
    stage: Stage,
    evidence: &'a Evidence,
    now_ms: i64,
}

impl Case<'_> {
    fn judge(&self, gate: Gate) -> Draft {
        if let Some(error) = self.error().filter(|_| rests_on_the_log(gate)) {
            return error;
        }
        match gate.family() {
            Family::Sys => sys::judge(gate, self),
            Family::Perf => perf::judge(gate, self),
            Family::Data => data::judge(gate, self),
            Family::Rel => rel::judge(gate, self),
            Family::Fb => fb::judge(self),
            Family::Ab => ab::judge(gate, self),
            Family::Gov => gov::judge(gate, self),
        }
    }

    /// The judgement of the challenger's figures, and how the champion does by the same rule.
    fn of_both(&self, of: fn(&Case<'_>, &Figures) -> Draft) -> Draft {
        let champion = of(self, self.champion());
        let mut draft = of(self, self.challenger());
        (draft.champion, draft.baseline) = (Some(champion.outcome), champion.value);
        draft
    }

    /// Why the figures cannot be trusted, if they cannot.
    fn error(&self) -> Option<Draft> {
        let shards = &self.evidence.shards;
        let what = match shards.silent.as_slice() {
            _ if shards.all == 0 => "no log shard was asked".to_owned(),
            [] => self.evidence.problems.first()?.what.clone(),
            [one] => {
                let since = phrase::clock(one.since_ms, self.now_ms);
                format!("log shard {} of {} did not answer since {since}", one.shard, shards.all)
            }
            several => {
                let first = several.iter().map(|silence| silence.since_ms).min().unwrap_or(self.now_ms);
                let since = phrase::clock(first, self.now_ms);
                format!("{} of {} log shards did not answer, the first since {since}", several.len(), shards.all)
            }
        };
        let text = format!("Not judged: {what}. The rollout waits; nothing was promoted.");
        let draft = Draft::new(Outcome::Error, text).with("shards", shards.all).with("answered", shards.answered());
        Some(match self.evidence.problems.first() {
            Some(problem) => draft.with("problem", problem.code.as_str()),
            None => draft,
        })
    }

    /// The level of intervals at looks.
    fn level(&self) -> Level {
        Level::new(1.0 - self.confidence()).unwrap_or(Level::FIVE_PERCENT)
    }

    /// Its confidence, such as 0.95.
    fn confidence(&self) -> f64 {
        let confidence = self.policy.gates.rules.confidence;
        if confidence > 0.5 && confidence < 1.0 { confidence } else { 0.95 }
    }

    /// The level of a daily bound, and the one it is tuned at: a one-sided width is tuned at twice its level.
    fn daily_levels(&self) -> Option<(Level, Level)> {
        let alpha = self.policy.gates.rules.daily_alpha;
        Level::new(alpha).ok().zip(Level::new(2.0 * alpha).ok())
    }

    fn champion(&self) -> &Figures {
        &self.evidence.champion
    }

    fn challenger(&self) -> &Figures {
        &self.evidence.challenger
    }

    fn outcomes(&self) -> Unit {
        let per_day =
            if self.stage == Stage::AbTest { 2.0 * self.evidence.pace.test_outcomes } else { self.evidence.pace.outcomes };
        Unit { has: ["lead has an outcome", "leads have an outcome"], more: "leads", per_day }
    }

    fn requests(&self) -> Unit {
        Unit { has: ["request came", "requests came"], more: "requests", per_day: self.evidence.pace.requests }
    }

    fn timed(&self) -> Unit {
        Unit { has: ["request was timed", "requests were timed"], more: "requests", per_day: self.evidence.pace.latencies }
    }

    fn leads(&self) -> Unit {
        Unit { has: ["lead came", "leads came"], more: "leads", per_day: self.evidence.pace.leads }
    }
}

/// Days, incidents and load tests are known without the log.
fn rests_on_the_log(gate: Gate) -> bool {
    gate.family() != Family::Gov && gate != Gate::SysThroughput
}
