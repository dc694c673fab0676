//! What a rollout waits for, in words.

use serde::{Deserialize, Serialize};

use super::due::next_look_ms;
use super::state::Rollout;
use super::verdict::{Outcome, Verdict};
use super::{DAY_MS, Family, Gate, Policy, Stage, State, phrase, words};
use crate::experiment::words::count;
use crate::sentence::Sentence;

/// What comes next in a rollout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RolloutNext"))]
pub struct Next {
    /// All of it in one or two sentences.
    pub sentence: Sentence,
    /// What is missing, one by one.
    pub missing: Vec<Missing>,
    /// The earliest end of the stage, milliseconds since 1970, if every day until then counts and no gate turns; none where a person
    /// has to decide first.
    pub earliest_ms: Option<i64>,
}

/// One thing that is missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RolloutMissing"))]
pub struct Missing {
    /// A gate's id, `approval:` and a role, `look`, `resume`, or `plan`.
    pub id: String,
    /// It in words, as a part of a sentence.
    pub sentence: Sentence,
}

/// What the rollout waits for at `now_ms`. `verdicts` are today's, provisional ones included; without them the last look's outcomes are
/// named.
///
/// # Example: a store without a rollout
/// ```
/// use plumbline_core::rollout::{Policy, State, explain};
/// let next = explain(&Policy::default(), &State::genesis("2026-11-16.1", 0), &[], 0);
/// assert_eq!(next.sentence.text, "No rollout is under way. 2026-11-16.1 serves all leads.");
/// ```
pub fn explain(policy: &Policy, state: &State, verdicts: &[Verdict], now_ms: i64) -> Next {
    let Some(rollout) = &state.rollout else {
        let text = format!("No rollout is under way. {} serves all leads.", state.champion);
        let sentence = Sentence::new("NO_ROLLOUT", text).with("champion", state.champion.clone());
        return Next { sentence, missing: Vec::new(), earliest_ms: None };
    };
    let now = state.time(now_ms);
    let gates = missing_gates(policy, rollout, verdicts);
    let is_ready = rollout.look.is_some() && rollout.open_gates(policy).is_empty() && !is_old(policy, rollout, now);
    let mut missing = Vec::new();
    if rollout.is_held(now) {
        missing.push(Missing { id: "resume".to_owned(), sentence: Sentence::new("RESUME_MISSING", "a person who resumes") });
    }
    if !is_ready {
        missing.extend(gates);
    }
    missing.extend(missing_approvals(policy, rollout));
    let ready_ms =
        verdicts.iter().filter(|verdict| !is_met(policy, rollout, verdict)).filter_map(|verdict| verdict.ready_ms).max();
    let earliest_ms = if is_ready { Some(now) } else { earliest(policy, state, rollout, ready_ms, now) };
    let last_ms = last_look_ms(policy, state, rollout, now).filter(|_| !is_ready);
    let is_late = earliest_ms.zip(last_ms).is_some_and(|(earliest, last)| earliest > last);
    let earliest_ms = earliest_ms.filter(|_| !rollout.is_held(now) && !is_late);
    let sentence = said(rollout, is_ready, (earliest_ms, last_ms.filter(|_| is_late)), &missing, now);
    Next { sentence, missing, earliest_ms }
}

/// Whether the last look is too old to be approved. The last look of a test never is.
fn is_old(policy: &Policy, rollout: &Rollout, now: i64) -> bool {
    let valid_ms = i64::from(policy.gates.rules.approval_days) * DAY_MS;
    rollout.stage != Stage::AbTest && rollout.look.as_ref().is_some_and(|look| now > look.at_ms + valid_ms)
}

fn is_met(policy: &Policy, rollout: &Rollout, verdict: &Verdict) -> bool {
    !rollout.must_pass(verdict.gate) || rollout.is_met(policy, verdict.gate, verdict.outcome)
}

/// The gates that are open by today's verdicts, and otherwise by the last look.
fn missing_gates(policy: &Policy, rollout: &Rollout, verdicts: &[Verdict]) -> Vec<Missing> {
    let of = |gate: Gate| verdicts.iter().find(|verdict| verdict.gate == gate);
    let at_look = rollout.open_gates(policy);
    let mut missing: Vec<Missing> = Gate::ALL
        .into_iter()
        .filter_map(|gate| {
            let detail = match of(gate) {
                Some(verdict) if is_met(policy, rollout, verdict) && verdict.outcome != Outcome::Fail => return None,
                Some(verdict) if rollout.is_judged(gate) => in_verdict(policy, rollout, verdict),
                _ => {
                    let (_, outcome) = at_look.iter().find(|(open, _)| *open == gate)?;
                    in_outcome(policy, rollout, gate, *outcome)
                }
            };
            Some(Missing { id: gate.id().to_owned(), sentence: detail.with("gate", gate.id()) })
        })
        .collect();
    if rollout.stage == Stage::Full {
        // Only a failure or an open incident keeps the challenger from becoming champion; the date says how many days are missing.
        let is_failed = |one: &Missing| one.sentence.code == "GATE_FAILS" || one.id == Gate::GovIncidents.id();
        missing.retain(is_failed);
    } else if missing.is_empty() {
        missing.push(Missing { id: "look".to_owned(), sentence: Sentence::new("LOOK_MISSING", "the next look") });
    }
    missing
}

fn in_verdict(policy: &Policy, rollout: &Rollout, verdict: &Verdict) -> Sentence {
    let name = words::gate(verdict.gate);
    match (verdict.outcome, verdict.needed_n) {
        (Outcome::InsufficientData | Outcome::Inconclusive, Some(needed))
            if needed > verdict.n && verdict.gate.family() != Family::Gov =>
        {
            let more = needed - verdict.n;
            let text = format!("{name} (needs {} more {})", count(more), words::counted(verdict.gate));
            Sentence::new("GATE_NEEDS_MORE", text).with("more", more)
        }
        (outcome, _) => in_outcome(policy, rollout, verdict.gate, Some(outcome)),
    }
}

fn in_outcome(policy: &Policy, rollout: &Rollout, gate: Gate, outcome: Option<Outcome>) -> Sentence {
    let name = words::gate(gate);
    let (code, detail) = match (gate, outcome) {
        (Gate::GovDays, _) => ("GATE_DAYS", format!("{} of {}", rollout.days_logged, words::days(rollout.least_days(policy)))),
        (Gate::GovIncidents, _) => ("GATE_INCIDENTS", "not closed".to_owned()),
        (_, None) => ("GATE_NOT_JUDGED", "not judged yet".to_owned()),
        (_, Some(Outcome::Fail)) => ("GATE_FAILS", "fails".to_owned()),
        (_, Some(Outcome::Error)) => ("GATE_ERROR", "could not be judged".to_owned()),
        (_, Some(Outcome::InsufficientData)) => ("GATE_TOO_LITTLE", "too little data".to_owned()),
        (_, Some(Outcome::Inconclusive | Outcome::Pass)) => ("GATE_OPEN", "too close to call".to_owned()),
    };
    Sentence::new(code, format!("{name} ({detail})"))
}

/// The roles that have not approved yet; where all have but only the person who started, another person in any of them.
fn missing_approvals(policy: &Policy, rollout: &Rollout) -> Vec<Missing> {
    let missing =
        |id: &str, text: String| Missing { id: format!("approval:{id}"), sentence: Sentence::new("APPROVAL_MISSING", text) };
    let roles = policy.stage.approvers(rollout.stage);
    let open = roles.iter().filter(|role| rollout.approvals.iter().all(|one| one.role != **role));
    let mut list: Vec<Missing> = open.map(|role| missing(role, words::approval_of(role))).collect();
    if roles.is_empty() && rollout.stage != Stage::Full {
        list.push(missing("person", "the approval of a person".to_owned()));
    }
    list
}

/// The first look at which the stage may pass, given that its gates are ready at `ready_ms`.
fn earliest(policy: &Policy, state: &State, rollout: &Rollout, ready_ms: Option<i64>, now: i64) -> Option<i64> {
    let next = next_look_ms(policy, state, now)?;
    let (first, step_days) = match (rollout.stage, &rollout.test) {
        (Stage::AbTest, Some(test)) => {
            let least = u64::from(policy.experiment.primary.least_per_arm);
            let week = test.plan.weeks_for(least).max(policy.stage.ab_test.min_days.div_ceil(7)).max(rollout.looks + 1);
            (rollout.test_look_ms(policy, week, now)?, 7)
        }
        (stage, _) => (next, policy.stage.extension(stage).map_or(1, |(_, extend, _)| i64::from(extend.max(1)))),
    };
    let step_ms = step_days * DAY_MS;
    let late_ms = ready_ms.map_or(0, |ready| (ready - first).max(0));
    Some(first + (late_ms + step_ms - 1) / step_ms * step_ms)
}

/// The last look of a stage that has one, with all its extensions.
fn last_look_ms(policy: &Policy, state: &State, rollout: &Rollout, now: i64) -> Option<i64> {
    match (rollout.stage, &rollout.test) {
        (Stage::AbTest, Some(test)) => rollout.test_look_ms(policy, test.plan.weeks, now),
        (Stage::Shadow | Stage::Canary, _) => {
            let (_, extend_days, most) = policy.stage.extension(rollout.stage)?;
            let left = i64::from(most.saturating_sub(rollout.extensions)) * i64::from(extend_days);
            Some(next_look_ms(policy, state, now)? + left * DAY_MS)
        }
        _ => None,
    }
}

/// `late_ms`: the last look, where the stage cannot be passed by then.
fn said(
    rollout: &Rollout,
    is_ready: bool,
    (earliest_ms, late_ms): (Option<i64>, Option<i64>),
    missing: &[Missing],
    now: i64,
) -> Sentence {
    let title = rollout.stage.title();
    let stage = if rollout.stage == Stage::AbTest { "The A/B test" } else { title };
    let parts: Vec<String> = missing.iter().map(|one| one.sentence.text.clone()).collect();
    let list = words::list(&parts);
    let sentence = if let Some(reason) = rollout.why_held(now) {
        Sentence { text: format!("{stage} is on hold. {}", reason.text), ..Sentence::new("NEXT_HELD", "") }
    } else if is_ready && rollout.stage != Stage::Full {
        Sentence::new("NEXT_APPROVAL", format!("{stage} is passed. Missing: {list}."))
    } else if rollout.waiting_ms.is_some() {
        Sentence::new(
            "NEXT_WAIVE",
            format!("{stage} is over with open points: waive them by name, or roll back. Missing: {list}."),
        )
    } else if let Some(last) = late_ms {
        let on = phrase::day(last, now);
        let text = format!("{stage} has its last look on {on}, and not all it needs can be there by then. Missing: {list}.");
        Sentence::new("NEXT_TOO_LATE", text).with("last_look_ms", last)
    } else {
        match (rollout.stage, earliest_ms) {
            (Stage::Full, Some(at)) => {
                let open = if parts.is_empty() { String::new() } else { format!(" Open: {list}.") };
                let text = format!("Full rollout completes by itself on {} at the earliest.{open}", phrase::day(at, now));
                Sentence::new("NEXT_COMPLETES", text)
            }
            (_, Some(at)) => Sentence::new(
                "NEXT_EARLIEST",
                format!("{stage} ends on {} at the earliest. Missing: {list}.", phrase::day(at, now)),
            ),
            (_, None) => Sentence::new("NEXT_MISSING", format!("{stage} goes on. Missing: {list}.")),
        }
    };
    let ids: Vec<String> = missing.iter().map(|one| one.id.clone()).collect();
    let sentence = sentence.with("stage", rollout.stage.name()).with("missing", ids);
    match earliest_ms {
        Some(at) => sentence.with("earliest_ms", at),
        None => sentence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollout::Event;
    use crate::rollout::step::tests::{NINE, World, ada, bo, operator, pia, red, red_minute, start, verdict};

    fn next(world: &World, verdicts: &[Verdict]) -> (String, Vec<String>, Option<i64>) {
        let next = explain(&world.policy, &world.state, verdicts, world.now);
        let ids = next.missing.into_iter().map(|one| one.id).collect();
        (next.sentence.text, ids, next.earliest_ms.map(|at| (at - NINE).div_euclid(DAY_MS)))
    }

    #[test]
    fn shadow_says_what_is_missing_and_until_when() {
        let mut world = World::in_stage(Stage::Shadow);
        let thin =
            Verdict { n: 80, needed_n: Some(200), ..verdict(Gate::RelPrecision, Stage::Shadow, Outcome::InsufficientData) };
        let pass = Gate::ALL.into_iter().filter(|gate| *gate != Gate::RelPrecision);
        let mut verdicts: Vec<Verdict> = pass.map(|gate| verdict(gate, Stage::Shadow, Outcome::Pass)).collect();
        verdicts.push(thin);
        // 14 days from 4 October 2024 on: the midnight after the 17th.
        let (text, ids, day) = next(&world, &verdicts);
        assert_eq!(
            text,
            "Shadow ends on 18 October at the earliest. Missing: precision against today's model (needs 120 more called leads) and \
             the ML lead's approval."
        );
        assert_eq!((ids, day), (vec!["rel.precision".to_owned(), "approval:ml_lead".to_owned()], Some(13)));
        // Leads that arrive later move the end to the first look after them.
        let at = verdicts.len() - 1;
        verdicts[at].ready_ms = Some(NINE + 15 * DAY_MS);
        assert_eq!(next(&world, &verdicts).2, Some(20));
        // Leads that arrive after the last look move nothing: the stage cannot be passed.
        verdicts[at].ready_ms = Some(NINE + 29 * DAY_MS);
        let (text, _, day) = next(&world, &verdicts);
        assert!(text.starts_with("Shadow has its last look on 1 November, and not all it needs can be there by then."), "{text}");
        assert_eq!(day, None);

        world.look(&[]);
        assert_eq!(next(&world, &[]).0, "Shadow is passed. Missing: the ML lead's approval.");
        world.ok(Event::Hold { by: operator(), reason: "quarter end".to_owned(), until_ms: None });
        let (text, ids, day) = next(&world, &[]);
        assert_eq!(text, "Shadow is on hold. ops holds the rollout. Reason: quarter end.");
        assert_eq!((ids, day), (vec!["resume".to_owned(), "approval:ml_lead".to_owned()], None));
    }

    #[test]
    fn each_stage_has_its_sentence() {
        let mut world = World::new();
        assert_eq!(next(&world, &[]).0, "No rollout is under way. 1 serves all leads.");
        world.ok(Event::Start(start("2")));
        assert_eq!(
            next(&world, &[]).0,
            "Shadow ends on 18 October at the earliest. Missing: the next look and the ML lead's approval."
        );
        let mut world = World::in_stage(Stage::AbTest);
        // 5,000 leads per arm take three weeks of new leads, and the last of them seven days to mature.
        assert_eq!(next(&world, &[]).2, Some(21 + 28));
        for _ in 0..5 {
            world.look(&[(Gate::AbCycle, Outcome::InsufficientData)]);
        }
        let (text, _, day) = next(&world, &[]);
        assert!(
            text.contains("sales cycle (too little data), the ML lead's approval and the product manager's approval"),
            "{text}"
        );
        assert_eq!(day, Some(21 + 49));
        world.look(&[(Gate::AbCycle, Outcome::InsufficientData)]);
        assert!(next(&world, &[]).0.starts_with("The A/B test is over with open points: waive them by name, or roll back."));
        let mut world = World::in_stage(Stage::AbTest);
        world.look(&[(Gate::GovDays, Outcome::InsufficientData)]);
        world.look(&[]);
        world.approve(bo());
        assert_eq!(next(&world, &[]).0, "The A/B test is passed. Missing: the product manager's approval.");
        world.approve(pia());
        assert_eq!(next(&world, &[]).0, "Full rollout completes by itself on 22 November at the earliest.");
        let today =
            [Gate::SysLatency, Gate::GovDays, Gate::GovIncidents].map(|gate| verdict(gate, Stage::Full, Outcome::Inconclusive));
        assert_eq!(
            next(&world, &today).0,
            "Full rollout completes by itself on 22 November at the earliest. Open: red incidents (not closed)."
        );
        world.ok(red_minute(vec![red("2", true), red("1", true)]));
        let (text, ids, day) = next(&world, &[]);
        assert!(text.starts_with("Full is on hold. 11 % of the requests failed"), "{text}");
        assert_eq!((ids[0].as_str(), day), ("resume", None));
        world.resume(ada());
    }

    #[test]
    fn a_failure_of_today_is_named() {
        let world = World::in_stage(Stage::Canary);
        let verdicts =
            [verdict(Gate::FbSales, Stage::Canary, Outcome::Fail), verdict(Gate::GovDays, Stage::Canary, Outcome::Error)];
        let (text, ids, _) = next(&world, &verdicts);
        assert!(text.contains("what sales reports (fails), days logged (0 of 7 days)"), "{text}");
        assert_eq!(ids, ["fb.sales", "gov.days", "approval:ml_lead"]);
    }
}
