//! Every gate by rows of evidence: what is changed of evidence by which all gates pass, the outcome, and the sentence.

mod ab;
mod data;
mod fb;
mod gov;
mod perf;
mod rel;
mod sys;

use super::*;
use crate::experiment::{Data, Deal, Measured, Observation, analyse};
use crate::math;
use crate::metric::Pairs;
use crate::rollout::evidence::{
    Attention, Capacity, FeatureFigures, Feedback, FieldDistance, Instance, Pace, Planned, Problem, Ratings, Silence, Suite,
    Test, Traffic, Trained, Votes,
};
use crate::rollout::policy::{Claim, HarmRule, Mode};
use crate::rollout::{Comparator, Severity};
use crate::stats::normal;
use crate::table::parse_date;
use crate::window::{Latency, Scores};

fn now() -> i64 {
    parse_date("2026-12-01T09:30:00Z").unwrap()
}

/// Scores of a calibrated model, without chance: quantiles of normal scores of equal variance.
pub(super) fn model(base_rate: f64, auc: f64, leads: u64) -> Scores {
    let apart = std::f64::consts::SQRT_2 * normal::quantile(auc);
    let bought = (leads as f64 * base_rate).round() as u64;
    let mut scores = Scores::default();
    for (count, mean, converted) in [(bought, apart, true), (leads - bought, 0.0, false)] {
        for at in 0..count {
            let x = mean + normal::quantile((at as f64 + 0.5) / count as f64);
            scores.add(math::logistic(math::logit(base_rate) + apart * x - apart * apart / 2.0), Some(converted));
        }
    }
    scores
}

fn latency(counts: &[(u64, u64)]) -> Latency {
    let mut latency = Latency::default();
    counts.iter().for_each(|(ms, count)| (0..*count).for_each(|_| latency.add(ms * 1_000)));
    latency
}

fn field(name: &str, distance: f64, new: Option<u64>) -> FeatureFigures {
    FeatureFigures {
        name: name.to_owned(),
        values: 7_000,
        missing: 70,
        reference_values: 12_000,
        reference_missing: 120,
        new_categories: new,
        distance: Some(FieldDistance { at_least: distance, at_most: distance + 0.01, p_value: Some(1e-9) }),
    }
}

/// The eight counts: called by both, by the champion alone, by the challenger alone, by neither; of those that bought and of the others.
fn pairs(bought: [u64; 4], not: [u64; 4]) -> Pairs {
    let mut pairs = Pairs::default();
    for (counts, converted) in [(bought, true), (not, false)] {
        for (count, (one, two)) in counts.into_iter().zip([(true, true), (true, false), (false, true), (false, false)]) {
            pairs.add(one, two, converted, count);
        }
    }
    pairs
}

/// An arm of the test: leads, how many bought, the value of a deal, its days, and how many of 10 leads came from Partner and bought.
#[derive(Clone, Copy)]
struct Side {
    leads: u64,
    bought: u64,
    value: f64,
    days: f64,
    partner: u64,
}

const CHAMPION: Side = Side { leads: 9_000, bought: 900, value: 18_700.0, days: 21.0, partner: 100 };
const CHALLENGER: Side = Side { leads: 9_000, bought: 1_080, value: 18_400.0, days: 21.4, partner: 120 };

fn test(policy: &Policy, sides: [Side; 2], look: u32) -> Test {
    let information = vec![0.25, 0.5, 0.75, 0.9, 1.0];
    let settings = Test::settings(policy, &information, look).unwrap();
    let mut data = Data::new(&settings);
    for (arm, side) in sides.into_iter().enumerate() {
        for lead in 0..side.leads {
            let bought = lead < side.bought;
            // Of a tenth of the leads, those from Partner, so many bought.
            let partner = if bought { lead < side.partner } else { lead >= side.leads - (side.leads / 10 - side.partner) };
            let score = 0.05 + (lead % 7) as f64 / 100.0;
            let spread = 1.0 + ((lead % 11) as f64 - 5.0) / 10.0;
            let value = if bought { Measured::Value(side.value * spread) } else { Measured::Open };
            let cycle = bought.then_some(Deal::Closed(side.days * spread));
            let metrics = [Measured::Pair(f64::from(u8::from(bought)), score), value];
            let source = Some(if partner { "Partner" } else { "Web" });
            data.push(&settings, &Observation { arm, metrics: &metrics, cycle, segments: &[source, None, Some("EMEA")] })
                .unwrap();
        }
    }
    Test {
        analysis: analyse(&settings, &data).unwrap(),
        information,
        look,
        planned_days: 42,
        attention: Some(Attention { champion_leads: 9_000, champion_hot: 990, challenger_leads: 9_000, challenger_hot: 1_080 }),
    }
}

fn figures(version: &str, auc: f64, p99_ms: u64) -> Figures {
    let traffic = Traffic {
        requests: 140_000,
        failed: 3,
        leads: 7_000,
        scored: 6_990,
        latency: latency(&[(30, 19_500), (p99_ms, 480), (400, 20)]),
    };
    let since_start = Traffic { requests: 300_000, failed: 20, latency: Latency::default(), ..traffic.clone() };
    Figures {
        version: version.to_owned(),
        recent: Some(traffic),
        since_start: Some(since_start),
        probes: Some(latency(&[(31, 10_080)])),
        outcomes: Some(model(0.1, auc, 7_000)),
        explored: None,
        test_outcomes: Some(model(0.1, auc, 18_000)),
        features: Some(vec![field("visits_30d", 0.08, None), field("lead_source", 0.02, Some(7))]),
        trained: Some(Trained { auc: Some(0.91), calibration_error: Some(0.01) }),
    }
}

/// Evidence by which every gate of `stage` passes.
pub(super) fn sound(policy: &Policy, stage: Stage) -> Evidence {
    let mut evidence = Evidence::new("2026-12-01.1-r1", stage, "2026-11-16.1", "2026-12-01.1", now());
    evidence.shards.all = 24;
    evidence.look = 1;
    evidence.champion = figures("2026-11-16.1", 0.88, 140);
    evidence.challenger = figures("2026-12-01.1", 0.90, 141);
    evidence.pairs = Some(pairs([400, 60, 70, 170], [150, 40, 45, 6_065]));
    evidence.service.capacity = Some(Capacity { build: "b".into(), at_ms: now() - 86_400_000, per_s: 2_050.0 });
    let instance = |id: &str, mb: u64| Instance { id: id.into(), memory_bytes: vec![mb << 20, mb << 20] };
    evidence.service.instances = vec![instance("a", 310), instance("b", 290)];
    evidence.suite = Some(Suite { name: "leads".into(), at_ms: evidence.at_ms, leads: 1_000, critical: 41, ..Suite::default() });
    let mut ratings = Ratings::default();
    (0..60).for_each(|at| ratings.add(if at % 3 == 0 { 8.0 } else { 9.0 }));
    let votes = |down| Votes { up: 210 - down, down };
    evidence.feedback = Some(Feedback { challenger: votes(25), champion: votes(29), ratings, ..Feedback::default() });
    evidence.governance.days_logged = 14;
    evidence.pace =
        Pace { requests: 20_000.0, latencies: 4_000.0, leads: 1_000.0, outcomes: 500.0, test_outcomes: 600.0, votes: 4.0 };
    evidence.planned = Planned { outcomes: 7_000, requests: 300_000 };
    if stage == Stage::AbTest {
        evidence.test = Some(test(policy, [CHAMPION, CHALLENGER], 3));
    }
    evidence
}

/// One row: the stage, the gate, what is changed, the outcome and the sentence.
struct Row {
    stage: Stage,
    gate: Gate,
    change: fn(&mut Evidence, &mut Policy),
    outcome: Outcome,
    text: &'static str,
}

fn row(stage: Stage, gate: Gate, change: fn(&mut Evidence, &mut Policy), outcome: Outcome, text: &'static str) -> Row {
    Row { stage, gate, change, outcome, text }
}

fn check(rows: &[Row]) {
    let mut wrong = Vec::new();
    let mut bases: Vec<(Stage, Evidence)> = Vec::new();
    for Row { stage, gate, change, outcome, text } in rows {
        if !bases.iter().any(|(of, _)| of == stage) {
            bases.push((*stage, sound(&Policy::default(), *stage)));
        }
        let mut policy = Policy::default();
        let mut evidence = bases.iter().find(|(of, _)| of == stage).unwrap().1.clone();
        change(&mut evidence, &mut policy);
        let verdicts = evaluate(&policy, *stage, &evidence, now());
        match evidence.freeze() {
            Ok(document) => {
                let frozen: Evidence = serde_json::from_str(&document).unwrap();
                assert_eq!(
                    evaluate(&policy, *stage, &frozen, now()),
                    verdicts,
                    "a frozen document gives the same verdicts: {gate}"
                );
            }
            Err(problem) => assert_eq!((problem.code.as_str(), *outcome), ("EVIDENCE_NOT_FINITE", Error)),
        }
        let Some(verdict) = verdicts.into_iter().find(|verdict| verdict.gate == *gate) else {
            wrong.push(format!("{stage:?} {gate}: not judged"));
            continue;
        };
        if (verdict.outcome, verdict.sentence.text.as_str()) != (*outcome, *text) {
            wrong.push(format!(
                "{stage:?} {gate}: {:?} {:?}\n      not {outcome:?} {text:?}",
                verdict.outcome, verdict.sentence.text
            ));
        }
        let json = serde_json::to_string(&verdict).unwrap();
        assert_eq!(serde_json::from_str::<Verdict>(&json).unwrap(), verdict, "{json}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

use Gate::*;
use Outcome::{Error, Fail, Inconclusive, InsufficientData, Pass};
use Stage::{AbTest, Canary, Full, Shadow};

fn nothing(_: &mut Evidence, _: &mut Policy) {}

#[test]
fn everything_passes_where_all_is_well() {
    let policy = Policy::default();
    for stage in Stage::ACTIVE {
        for verdict in evaluate(&policy, stage, &sound(&policy, stage), now()) {
            assert_eq!(verdict.outcome, Pass, "{stage:?} {verdict:?}");
            assert_eq!((verdict.severity, verdict.provisional, verdict.stage), (Severity::Info, false, stage));
            assert!(verdict.sentence.code.starts_with(&verdict.gate.id().replace('.', "_").to_uppercase()), "{verdict:?}");
        }
        for verdict in daily(&policy, stage, &sound(&policy, stage), now()) {
            assert!(verdict.outcome == Pass && verdict.provisional, "{verdict:?}");
        }
    }
    assert_eq!(evaluate(&policy, Stage::Idle, &sound(&policy, Shadow), now()), []);
}

#[test]
fn each_stage_judges_its_gates() {
    let relative = Modes { precision: Mode::Relative, recall: Mode::Relative };
    let absolute = Modes { precision: Mode::Absolute, recall: Mode::Absolute };
    assert_eq!(Stage::ACTIVE.map(|stage| gates(stage, relative).count()), [17, 18, 25, 17]);
    assert!(gates(Shadow, absolute).any(|gate| gate == PerfRecall) && !gates(Shadow, absolute).any(|gate| gate == RelRecall));
    assert!(!gates(Shadow, relative).any(|gate| gate == PerfRecall) && gates(Canary, absolute).any(|gate| gate == RelRecall));
}

#[test]
fn what_did_not_arrive_is_an_error() {
    let silent = |shard| Silence { shard, since_ms: parse_date("2026-12-01T06:10:00Z").unwrap() };
    let policy = Policy::default();
    let mut evidence = sound(&policy, Shadow);
    evidence.shards.silent = vec![silent(7)];
    assert_eq!(evidence.shards.answered(), 23);
    for verdict in evaluate(&policy, Shadow, &evidence, now()) {
        let rests = !matches!(verdict.gate, SysThroughput | GovDays | GovIncidents);
        assert_eq!(verdict.outcome, if rests { Error } else { Pass }, "{verdict:?}");
        if rests {
            let text = "Not judged: log shard 7 of 24 did not answer since 06:10. The rollout waits; nothing was promoted.";
            assert_eq!((verdict.sentence.text.as_str(), verdict.severity), (text, Severity::Yellow));
        }
    }
    let text = |evidence: &Evidence| {
        let verdicts = evaluate(&policy, Shadow, evidence, now());
        let auc = verdicts.into_iter().find(|verdict| verdict.gate == PerfAuc).unwrap();
        assert_eq!(auc.outcome, Error);
        auc.sentence.text
    };
    evidence.shards.silent.push(silent(9));
    let wording =
        "Not judged: 2 of 24 log shards did not answer, the first since 06:10. The rollout waits; nothing was promoted.";
    assert_eq!(text(&evidence), wording);
    evidence.shards.silent.clear();
    evidence.problems.push(Problem { code: "STORE_FAILED".into(), what: "the store did not answer".into() });
    assert_eq!(text(&evidence), "Not judged: the store did not answer. The rollout waits; nothing was promoted.");
    evidence.problems.clear();
    evidence.shards.all = 0;
    assert_eq!(text(&evidence), "Not judged: no log shard was asked. The rollout waits; nothing was promoted.");
}

#[test]
fn a_verdict_holds_all_its_figures() {
    let policy = Policy::default();
    let mut evidence = sound(&policy, Canary);
    evidence.challenger.outcomes = Some(model(0.1, 0.855, 7_000));
    let verdicts = evaluate(&policy, Shadow, &evidence, now());
    let auc = verdicts.iter().find(|verdict| verdict.gate == PerfAuc).unwrap();
    assert_eq!((auc.sentence.code.as_str(), auc.comparator, auc.threshold), ("PERF_AUC_OPEN", Comparator::AtLeast, Some(0.85)));
    let interval = auc.interval.unwrap();
    assert!(interval.low < 0.85 && interval.high > 0.86 && interval.level == 0.95 && auc.n == 7_000, "{auc:?}");
    assert!(auc.needed_n.unwrap() > 50_000 && auc.ready_ms.unwrap() > now(), "{auc:?}");
    assert_eq!(auc.sentence.values["n"], 7_000);
    assert_eq!((auc.champion, auc.waived.as_deref(), auc.evidence_sha256.as_str()), (Some(Pass), None, ""));
    assert!((auc.baseline.unwrap() - 0.88).abs() < 0.01);
    // What the champion fails by the same rule is not the challenger's fault.
    let failing = latency(&[(30, 19_000), (250, 1_000)]);
    evidence.challenger.recent.as_mut().unwrap().latency = failing.clone();
    let latency_of = |evidence: &Evidence| {
        let verdicts = evaluate(&policy, Canary, evidence, now());
        verdicts.into_iter().find(|verdict| verdict.gate == SysLatency).unwrap()
    };
    let alone = latency_of(&evidence);
    assert_eq!((alone.outcome, alone.champion, alone.severity), (Fail, Some(Pass), Severity::Red));
    evidence.champion.recent.as_mut().unwrap().latency = failing;
    assert_eq!(latency_of(&evidence).champion, Some(Fail));
}

#[test]
fn on_a_day_without_a_look_only_a_certain_failure_counts() {
    let policy = Policy::default();
    let of = |gate: Gate, evidence: &Evidence| {
        let verdicts = daily(&policy, Shadow, evidence, now());
        verdicts.into_iter().find(|verdict| verdict.gate == gate).unwrap()
    };
    let mut evidence = sound(&policy, Shadow);
    // At a look 0.83 of 7,000 leads fails; on a day it is not certain enough.
    evidence.challenger.outcomes = Some(model(0.1, 0.833, 7_000));
    let open = of(PerfAuc, &evidence);
    assert_eq!((open.outcome, open.sentence.code.as_str()), (Inconclusive, "PERF_AUC_DAY_FAIL"));
    assert!(
        open.sentence.text.starts_with("By today's figures it would fail; the next look decides. Ranks too poorly: AUC 0.83")
    );
    evidence.challenger.outcomes = Some(model(0.1, 0.78, 7_000));
    let certain = of(PerfAuc, &evidence);
    assert_eq!((certain.outcome, certain.method.as_str(), certain.provisional), (Fail, "always-valid bound", true));
    // Fewer than 1,000 leads never fail on a day.
    evidence.challenger.outcomes = Some(model(0.1, 0.6, 990));
    assert_eq!(of(PerfAuc, &evidence).outcome, Inconclusive);
    evidence.challenger.since_start.as_mut().unwrap().failed = 900;
    assert_eq!(of(SysErrors, &evidence).outcome, Fail);
    evidence.pairs = Some(pairs([300, 160, 40, 200], [150, 40, 45, 6_065]));
    assert_eq!(of(RelRecall, &evidence).outcome, Fail);
    // Coverage is of the last seven days: it fails at looks only.
    evidence.challenger.recent.as_mut().unwrap().scored = 3_000;
    assert_eq!(of(DataCoverage, &evidence).outcome, Inconclusive);
}

#[test]
fn the_end_of_a_test_has_a_sentence() {
    let policy = Policy::default();
    let mut evidence = sound(&policy, AbTest);
    let mut text = |sides: [Side; 2], look| {
        evidence.test = Some(test(&policy, sides, look));
        summary(&policy, &evidence).unwrap()
    };
    let large = |side: Side, bought| Side { leads: 40_000, bought, ..side };
    for (sides, look, code, words) in [
        (
            [CHAMPION, CHALLENGER],
            3,
            "TEST_WON",
            "The test is won: 20 % more leads bought (8.6 to 33 % more, five looks allowed for).",
        ),
        (
            [CHAMPION, Side { bought: 700, partner: 80, ..CHALLENGER }],
            3,
            "TEST_HARM",
            "The test found harm: 22 % fewer leads bought (13 to 31 % fewer, five looks allowed for). Today's model serves all leads again.",
        ),
        (
            [large(CHAMPION, 4_000), large(CHALLENGER, 3_960)],
            5,
            "TEST_NO_LIFT",
            "No lift: 1 % fewer leads bought (5.3 % fewer to 3.5 % more, five looks allowed for); 5 % more is excluded. Today's model serves all leads again.",
        ),
        (
            [CHAMPION, Side { bought: 928, ..CHALLENGER }],
            5,
            "TEST_NO_PROOF",
            "Ended without proof: 3.1 % more leads bought (6 % fewer to 13 % more) after the planned six weeks. Today's model serves all leads again.",
        ),
    ] {
        let found = text(sides, look);
        assert_eq!((found.code.as_str(), found.text.as_str()), (code, words));
    }
    let mut worse = sound(&policy, AbTest);
    worse.test = Some(test(&policy, [Side { partner: 300, ..CHAMPION }, Side { partner: 200, ..CHALLENGER }], 3));
    assert_eq!(worse_segments(&worse), ["lead_source=Partner"]);
}
