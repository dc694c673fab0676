//! Rows 5 to 11: a look, and a failure by a daily bound.
//!
//! Of several rows that match, the worst decides: a rollback for the challenger's own fault (9), a broken draw (11a), harm or no lift in
//! the test (10a), other failures (9, held; at the last look 10b), and only then extensions (6, 8), waiting (7, 10c) and completion (5).
//! Harm comes before a failure that only holds: a test that shows harm must not run on because the data drifted, too.

use super::Step;
use crate::rollout::due::due;
use crate::rollout::event::LookEvent;
use crate::rollout::hold::{HoldBy, SuspensionCause};
use crate::rollout::look::Judged;
use crate::rollout::policy::HarmRule;
use crate::rollout::state::End;
use crate::rollout::verdict::{Outcome, Severity, Verdict};
use crate::rollout::{Action, Audience, Family, Gate, Stage, TransitionError, words};
use crate::sentence::Sentence;

/// Gates with a bound that holds on any day.
const DAILY: [Gate; 6] = [Gate::SysErrors, Gate::PerfAuc, Gate::RelAuc, Gate::RelPrecision, Gate::RelRecall, Gate::RelErrors];

impl Step<'_> {
    pub(super) fn look(&mut self, look: &LookEvent) -> Result<(), TransitionError> {
        let (policy, now) = (self.policy, self.now);
        let rollout = self.judged(&look.rollout, look.stage)?;
        let run = rollout.test.as_ref().map_or(1, |test| test.run);
        if look.run < run || (look.run == run && look.number <= rollout.looks) {
            return Ok(());
        }
        let Some(due) = due(policy, &self.state, now).filter(|due| due.run == look.run && due.number == look.number) else {
            return Err(TransitionError::NotDue(format!("Look {} of {} is not due.", look.number, look.stage.name())));
        };
        let rollout = self.judged(&look.rollout, look.stage)?;
        let outcome = |gate: Gate| look.verdicts.iter().find(|verdict| verdict.gate == gate).map(|verdict| verdict.outcome);
        let unjudged = Gate::ALL.into_iter().find(|gate| match outcome(*gate) {
            None => rollout.must_pass(*gate),
            Some(outcome) => rollout.is_judged(*gate) && outcome == Outcome::Error,
        });
        if let Some(gate) = unjudged {
            let found = look.verdicts.iter().find(|verdict| verdict.gate == gate);
            self.count_error(gate, found);
            return Ok(());
        }
        let outcomes =
            look.verdicts.iter().filter(|verdict| rollout.is_judged(verdict.gate)).map(|verdict| (verdict.gate, verdict.outcome));
        let judged = Judged {
            number: look.number,
            at_ms: now,
            days_logged: rollout.days_logged,
            evidence_sha256: look.evidence_sha256.clone(),
            outcomes: outcomes.collect(),
            worse_segments: look.worse_segments.clone(),
        };
        if rollout.look.as_ref().is_none_or(|last| last.outcomes != judged.outcomes) {
            rollout.approvals.clear();
        }
        rollout.waivers.retain(|waiver| judged.outcomes.get(&waiver.gate) == Some(&waiver.outcome));
        rollout.looks = look.number;
        rollout.look = Some(judged);
        rollout.look_errors = 0;
        rollout.is_look_forced = false;
        rollout.daily_fail = None;
        self.decide(look, due.is_last || look.is_last);
        Ok(())
    }

    pub(super) fn daily(&mut self, id: &str, stage: Stage, verdicts: &[Verdict], evidence: &str) -> Result<(), TransitionError> {
        let rollout = self.judged(id, stage)?;
        let is_failure = |verdict: &&Verdict| {
            verdict.outcome == Outcome::Fail && DAILY.contains(&verdict.gate) && rollout.is_judged(verdict.gate)
        };
        let failed: Vec<&Verdict> = verdicts.iter().filter(is_failure).collect();
        // Days and incidents are facts, not samples: they count as they are now, also after the last look of a test.
        if let Some(look) = &mut rollout.look {
            for verdict in verdicts.iter().filter(|verdict| verdict.gate.family() == Family::Gov) {
                look.outcomes.insert(verdict.gate, verdict.outcome);
            }
        }
        let Some(first) = failed.first() else { return Ok(()) };
        rollout.daily_fail = Some(first.gate);
        rollout.approvals.clear();
        if stage == Stage::Shadow {
            self.hold_by_gate(8, first);
        } else if let Some(verdict) = failed.iter().find(|verdict| is_own_fault(verdict)) {
            self.end(9, End::RolledBack, verdict.sentence.clone(), evidence);
        } else {
            self.hold_by_gate(9, first);
        }
        Ok(())
    }

    /// A look that could not be judged is not recorded; it is tried again until the limit, and then the rollout waits for a person.
    fn count_error(&mut self, gate: Gate, verdict: Option<&Verdict>) {
        let (limit, now) = (self.policy.gates.rules.error_limit, self.now);
        let due_ms = now + self.policy.alerts.timing.investigate_within.0;
        let Some(rollout) = &mut self.state.rollout else { return };
        if rollout.has_hold(&HoldBy::Errors) {
            return;
        }
        rollout.look_errors += 1;
        if rollout.look_errors < limit {
            return;
        }
        let why = verdict.map_or_else(
            || format!("{} was not judged.", words::capital(words::gate(gate))),
            |verdict| verdict.sentence.text.clone(),
        );
        let text = format!("The look that is due could not be judged in {limit} tries, so the rollout waits. {why}");
        let sentence = Sentence::new("LOOK_NOT_JUDGED", text).with("gate", gate.id()).with("tries", limit);
        self.add_hold(HoldBy::Errors, sentence.clone(), None);
        self.actions.push(Action::OpenIncident { severity: Severity::Yellow, due_ms, sentence });
    }

    fn decide(&mut self, look: &LookEvent, is_last: bool) {
        let policy = self.policy;
        let Some(rollout) = &self.state.rollout else { return };
        let stage = rollout.stage;
        // Days and incidents do not fail a model: they only keep the stage from being left.
        let is_failure = |verdict: &&Verdict| {
            verdict.outcome == Outcome::Fail && rollout.is_judged(verdict.gate) && verdict.gate.family() != Family::Gov
        };
        let failed: Vec<&Verdict> = look.verdicts.iter().filter(is_failure).collect();
        let open = rollout.open_gates(policy);
        if stage != Stage::Shadow
            && let Some(verdict) = failed.iter().find(|verdict| is_own_fault(verdict))
        {
            return self.end(9, End::RolledBack, verdict.sentence.clone(), &look.evidence_sha256);
        }
        match stage {
            Stage::Idle => {}
            Stage::Shadow | Stage::Canary => {
                let row = if stage == Stage::Shadow { 8 } else { 9 };
                match failed.first() {
                    Some(verdict) => self.hold_by_gate(row, verdict),
                    None => self.extend(&open),
                }
            }
            Stage::AbTest => self.decide_test(look, &failed, &open, is_last),
            Stage::Full => match failed.first() {
                Some(verdict) => self.hold_by_gate(9, verdict),
                None => {
                    // Too few requests do not keep a model from becoming champion; an open red incident does.
                    let is_blocked = |verdict: &Verdict| verdict.gate.family() == Family::Gov && verdict.outcome != Outcome::Pass;
                    if rollout.why_held(self.now).is_none() && !look.verdicts.iter().any(is_blocked) {
                        self.complete();
                    }
                }
            },
        }
    }

    fn decide_test(&mut self, look: &LookEvent, failed: &[&Verdict], open: &[(Gate, Option<Outcome>)], is_last: bool) {
        let of = |gate: Gate| look.verdicts.iter().find(|verdict| verdict.gate == gate);
        if let Some(draw) = failed.iter().find(|verdict| verdict.gate == Gate::AbSampleRatio) {
            return self.suspend(11, SuspensionCause::SampleRatio, draw.sentence.clone());
        }
        let is_harm = |verdict: &&&Verdict| verdict.gate.family() == Family::Ab && verdict.gate != Gate::AbSegments;
        if let Some(verdict) = failed.iter().find(is_harm) {
            // The summary is of conversion; harm to deals or ratings has its own sentence.
            let summary = look.summary.as_ref().filter(|_| verdict.gate == Gate::AbConversion);
            let sentence = summary.unwrap_or(&verdict.sentence).clone();
            return self.end(10, End::RolledBack, sentence, &look.evidence_sha256);
        }
        let is_other = |verdict: &&&Verdict| verdict.gate != Gate::AbSegments;
        let conversion = of(Gate::AbConversion).filter(|verdict| verdict.outcome == Outcome::Pass);
        if let Some(verdict) = failed.iter().find(is_other) {
            return if is_last { self.stop_test(look, verdict) } else { self.hold_by_gate(9, verdict) };
        }
        match (open.is_empty(), conversion) {
            (true, _) => self.await_people(7, &[], look.summary.as_ref()),
            (false, Some(_)) if is_last => self.await_people(10, open, look.summary.as_ref()),
            (false, None) if is_last => {
                if let Some(verdict) = of(Gate::AbConversion) {
                    return self.stop_test(look, verdict);
                }
            }
            (false, _) => {
                let missing = missing(open);
                let text = format!("The A/B test goes on to its next look. Open: {}.", words::list(&missing));
                self.message(Severity::Info, Audience::Channels, Sentence::new("TEST_GOES_ON", text).with("missing", ids(open)));
            }
        }
        self.hold_by_segments(&look.worse_segments, of(Gate::AbSegments));
    }

    /// Row 10b.
    fn stop_test(&mut self, look: &LookEvent, verdict: &Verdict) {
        let weeks = self.state.rollout.as_ref().and_then(|rollout| rollout.test.as_ref()).map_or(0, |test| test.plan.weeks);
        let summary = look.summary.as_ref().filter(|_| verdict.gate == Gate::AbConversion);
        let sentence = summary.cloned().unwrap_or_else(|| {
            let why = &verdict.sentence.text;
            let text =
                format!("Ended without proof after the planned {weeks} weeks: {why} Today's model serves all leads again.");
            Sentence { text, ..Sentence::new("TEST_NO_PROOF", "") }
        });
        self.end(10, End::Stopped, sentence.with("gate", verdict.gate.id()), &look.evidence_sha256);
    }

    /// Rows 7 and 10c: no look follows; people decide.
    fn await_people(&mut self, row: u8, open: &[(Gate, Option<Outcome>)], summary: Option<&Sentence>) {
        let now = self.now;
        let Some(rollout) = &mut self.state.rollout else { return };
        rollout.waiting_ms = Some(now);
        rollout.is_escalated = false;
        if let Some(test) = &mut rollout.test {
            test.is_final = true;
        }
        let won = summary.map_or("The A/B test is passed.", |summary| &summary.text);
        let (severity, sentence) = if open.is_empty() {
            let text = format!("{won} {} is ready to approve for all leads.", rollout.challenger);
            (Severity::Info, Sentence::new("READY_TO_APPROVE", text))
        } else {
            let points = words::list(&missing(open));
            let won = summary.map_or("More leads bought.", |summary| &summary.text);
            let text = format!("{won} The test ended with open points: {points}. Waive them by name, or roll back.");
            (Severity::Yellow, Sentence::new("WAIVE_OR_ROLL_BACK", text).with("missing", ids(open)))
        };
        self.transition(row, Stage::AbTest, &sentence);
        self.message(severity, Audience::Channels, sentence);
    }

    /// Row 11b: each segment that fares worse holds once.
    fn hold_by_segments(&mut self, worse: &[String], verdict: Option<&Verdict>) {
        let Some(rollout) = &self.state.rollout else { return };
        let new: Vec<String> = worse.iter().filter(|segment| !rollout.accepted_segments.contains(segment)).cloned().collect();
        if new.is_empty() || self.policy.experiment.segments.harm == HarmRule::Report {
            return;
        }
        let wording = verdict.filter(|verdict| verdict.outcome != Outcome::Pass).map(|verdict| verdict.sentence.text.clone());
        let text = wording.unwrap_or_else(|| {
            format!("Worse for leads from {}. On hold: a person with the scope approve has to resume.", words::list(&new))
        });
        let sentence = Sentence::new("SEGMENT_WORSE", text).with("segments", new.clone());
        self.add_hold(HoldBy::Segment { segments: new }, sentence, Some((11, Severity::Yellow)));
    }

    /// Rows 6 and 8.
    fn extend(&mut self, open: &[(Gate, Option<Outcome>)]) {
        let Some(rollout) = &mut self.state.rollout else { return };
        let stage = rollout.stage;
        let most = self.policy.stage.extension(stage).map_or(0, |(_, _, most)| most).saturating_add(rollout.granted);
        if open.is_empty() {
            let text = format!("{} is passed. {} is ready to approve.", stage.title(), rollout.challenger);
            return self.message(
                Severity::Info,
                Audience::Channels,
                Sentence::new("READY_TO_APPROVE", text).with("stage", stage.name()),
            );
        }
        let missing = words::list(&missing(open));
        if rollout.extensions < most {
            rollout.extensions += 1;
            let text = format!("{} is extended ({} of {most}). Missing: {missing}.", stage.title(), rollout.extensions);
            let sentence =
                Sentence::new("STAGE_EXTENDED", text).with("missing", ids(open)).with("extensions", rollout.extensions);
            self.transition(6, stage, &sentence);
            return self.message(Severity::Yellow, Audience::Channels, sentence);
        }
        let text =
            format!("{} has used all its extensions. Still missing: {missing}. Retrain, or stop the rollout.", stage.title());
        let sentence = Sentence::new("EXTENSIONS_SPENT", text).with("missing", ids(open));
        if self.add_hold(HoldBy::Extensions, sentence.clone(), None) {
            self.transition(8, stage, &sentence);
            self.message(Severity::Yellow, Audience::LastContact, sentence);
        }
    }

    fn hold_by_gate(&mut self, row: u8, verdict: &Verdict) {
        let next = match self.state.stage() {
            Stage::Shadow => "Retrain, or stop the rollout.",
            _ => "On hold: a person with the scope approve has to resume.",
        };
        let text = format!("{} {next}", verdict.sentence.text);
        let sentence = Sentence { text, ..verdict.sentence.clone() }.with("gate", verdict.gate.id());
        self.add_hold(HoldBy::Gate { gate: verdict.gate }, sentence, Some((row, Severity::Yellow)));
    }
}

/// Whether a failure is the challenger's own: of the service, against the champion, or by what sales reports, and not shared by the
/// champion.
fn is_own_fault(verdict: &Verdict) -> bool {
    matches!(verdict.gate.family(), Family::Sys | Family::Rel | Family::Fb) && verdict.champion != Some(Outcome::Fail)
}

fn missing(open: &[(Gate, Option<Outcome>)]) -> Vec<String> {
    open.iter().map(|(gate, _)| words::gate(*gate).to_owned()).collect()
}

fn ids(open: &[(Gate, Option<Outcome>)]) -> Vec<&'static str> {
    open.iter().map(|(gate, _)| gate.id()).collect()
}
