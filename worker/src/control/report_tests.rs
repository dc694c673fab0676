//! The report of a store: what a manager reads of sign-offs, actions, hosts, incidents and the training data.

use plumbline_core::bundle::Baseline;
use plumbline_core::report::Status;
use plumbline_core::rollout::{Comparator, Gate, Outcome, Severity, Stage, State, Verdict};
use plumbline_core::sentence::Sentence;
use plumbline_core::window::{Layout, Window};
use serde_json::Value;

use super::Control;
use super::tests::{NOW, SECRET, ask, control};
use crate::heartbeat::Heartbeat;
use crate::log::{Business, Grain, ShardWindow};
use crate::request::Response;
use crate::store::memory::Memory;
use crate::store::{Param, Sql};

const DAY: i64 = 86_400_000;

fn json(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}

/// A control object with the rollout of 2 in `stage`, changed by `change`.
fn in_stage(stage: Stage, change: impl Fn(&mut State)) -> Control<Memory> {
    let mut control = control();
    assert_eq!(ask(&mut control, "POST /v1/rollout/start", Some(SECRET), "\"v1\"", r#"{"version":"2"}"#).status, 200);
    alter(&mut control, |state| {
        state.rollout.as_mut().unwrap().stage = stage;
        change(state);
    });
    control
}

fn alter(control: &mut Control<Memory>, change: impl FnOnce(&mut State)) {
    let mut state = control.state().unwrap().unwrap();
    change(&mut state);
    let text = serde_json::to_string(&state).unwrap();
    control.sql().execute("UPDATE rollout SET state = ?1", &[Param::Text(&text)]).unwrap();
}

fn at(control: &mut Control<Memory>) -> String {
    format!("\"v{}\"", control.state().unwrap().unwrap().version)
}

#[test]
fn approvals_of_stages_that_were_passed_stay_in_the_report() {
    let mut control = in_stage(Stage::Shadow, |state| {
        let rollout = state.rollout.as_mut().unwrap();
        rollout.days_logged = 14;
        let passed = Gate::ALL.into_iter().filter(|gate| rollout.is_judged(*gate)).map(|gate| (gate, Outcome::Pass));
        rollout.look = Some(plumbline_core::rollout::Judged {
            number: 1,
            at_ms: NOW,
            days_logged: 14,
            evidence_sha256: "e1".into(),
            outcomes: passed.collect(),
            worse_segments: Vec::new(),
        });
    });
    let revision = at(&mut control);
    let ben = format!("{SECRET}2");
    let approved = ask(&mut control, "POST /v1/rollout/approve", Some(&ben), &revision, r#"{"comment":"The figures hold."}"#);
    assert_eq!(approved.status, 200, "{}", String::from_utf8_lossy(&approved.body));
    assert_eq!(control.state().unwrap().unwrap().stage(), Stage::Canary);
    let signed = control.report(NOW + 2).unwrap().rollout.unwrap().sign_offs;
    let [one] = &signed[..] else { panic!("{signed:?}") };
    let found = (one.stage.as_str(), one.by.as_str(), one.role.as_str(), one.comment.as_str(), one.evidence.as_str());
    assert_eq!(found, ("shadow", "Ben", "ml_lead", "The figures hold.", "e1"));
}

#[test]
fn a_resume_names_the_scope_that_it_needs() {
    let hold = r#"{"reason":"quarter end"}"#;
    let resume = |control: &mut Control<Memory>| {
        let rollout = control.report(NOW + 2).unwrap().rollout.unwrap();
        let resume = rollout.actions.into_iter().find(|action| action.id == "resume").unwrap();
        (resume.allowed, resume.needs_scope)
    };
    let mut control = in_stage(Stage::Canary, |_| ());
    assert_eq!(resume(&mut control), (false, "operate".to_owned()));
    assert_eq!(ask(&mut control, "POST /v1/rollout/hold", Some(SECRET), "", hold).status, 200);
    assert_eq!(resume(&mut control), (true, "operate".to_owned()));
    alter(&mut control, |state| {
        let rollout = state.rollout.as_mut().unwrap();
        rollout.holds.iter_mut().for_each(|hold| hold.by = plumbline_core::rollout::HoldBy::Gate { gate: Gate::PerfAuc });
    });
    assert_eq!(resume(&mut control), (true, "approve".to_owned()));
}

#[test]
fn a_hold_that_is_over_already_is_rejected() {
    let mut control = in_stage(Stage::Canary, |_| ());
    let past = format!(r#"{{"reason":"quarter end","until_ms":{NOW}}}"#);
    let answer = ask(&mut control, "POST /v1/rollout/hold", Some(SECRET), "", &past);
    assert_eq!((answer.status, super::tests::code(&answer).as_str()), (422, "HOLD_IS_OVER"));
    let later = format!(r#"{{"reason":"quarter end","until_ms":{}}}"#, NOW + DAY);
    assert_eq!(ask(&mut control, "POST /v1/rollout/hold", Some(SECRET), "", &later).status, 200);
}

#[test]
fn a_kill_switch_is_in_report_rollout_and_metrics_while_it_is_on() {
    let mut control = in_stage(Stage::Canary, |_| ());
    let beat = |instance: &str, epoch, killed| Heartbeat {
        instance: instance.into(),
        at_ms: NOW,
        build: "b".into(),
        epoch,
        heard_epoch: epoch,
        stale: false,
        killed,
        memory_bytes: None,
        rows_made: 0,
        rows_written: 0,
        rows_failed: 0,
        shadows_dropped: 0,
        shadows_failed: 0,
        trouble: None,
    };
    let epoch = control.deployed().unwrap().unwrap().epoch;
    control.heard(NOW, &beat("a", epoch, true)).unwrap();
    control.heard(NOW, &beat("b", epoch - 1, false)).unwrap();
    // Nothing was heard of it for long.
    control.heard(NOW - DAY, &beat("gone", epoch, true)).unwrap();
    let complete = control.report(NOW + 1).unwrap().complete;
    assert_eq!((complete.hosts, complete.hosts_behind, complete.killed), (2, 1, true));
    assert!(control.report(NOW + 1).unwrap().notes.iter().any(|note| note.code == "KILLED"));
    let shown = json(&ask(&mut control, "GET /v1/rollout", Some(SECRET), "", ""));
    assert_eq!((&shown["killed"], &shown["hosts"], &shown["notes"][0]["code"]), (&true.into(), &2.into(), &"KILLED".into()));
    let metrics = control.gauges(NOW + 1).unwrap();
    assert!(["plumbline_hosts 2", "plumbline_hosts_behind 1", "plumbline_killed 1"].iter().all(|line| metrics.contains(line)));
    control.heard(NOW + 2, &beat("a", epoch, false)).unwrap();
    let report = control.report(NOW + 3).unwrap();
    assert!(!report.complete.killed && report.notes.iter().all(|note| note.code != "KILLED"));
    assert!(control.gauges(NOW + 3).unwrap().contains("plumbline_killed 0"));
}

#[test]
fn a_rollback_asks_for_one_post_mortem() {
    let mut control = in_stage(Stage::Canary, |_| ());
    assert_eq!(ask(&mut control, "POST /v1/rollout/rollback", Some(SECRET), "", r#"{"reason":"a drill"}"#).status, 200);
    let listed = json(&ask(&mut control, "GET /v1/incidents", Some(SECRET), "", ""));
    let (mut asked, mut covered) = (Vec::new(), Vec::new());
    for one in listed["incidents"].as_array().unwrap() {
        let id = one["id"].as_str().unwrap().to_owned();
        if one["needs_post_mortem"] == true { asked.push(id) } else { covered.push(id) }
    }
    assert_eq!((asked.len(), covered.len()), (1, 1), "{listed}");
    let close = |control: &mut Control<Memory>, id: &str, body: &str| {
        ask(control, &format!("POST /v1/incidents/{id}/close"), Some(SECRET), "", body).status
    };
    assert_eq!(close(&mut control, &asked[0], r#"{"cause":"a drill"}"#), 422);
    assert_eq!(close(&mut control, &covered[0], r#"{"cause":"a drill"}"#), 200);
    assert_eq!(close(&mut control, &asked[0], r#"{"cause":"a drill","post_mortem":"It was a drill."}"#), 200);
}

#[test]
fn scores_are_shown_next_to_those_of_training() {
    let mut control = control();
    let mut bundle = plumbline_core::Bundle::read(&crate::sample::bytes_of("3", 0.5)).unwrap();
    let percentiles = [0.1, 0.25, 0.5, 0.75, 0.9].map(|part| (part, part / 2.0)).into();
    bundle.baseline = Some(Baseline { percentiles, ..Baseline::default() });
    control.register(NOW, &bundle.write().unwrap(), "test").unwrap();
    alter(&mut control, |state| state.champion = "3".into());
    let mut window = Window::new(&Layout::default());
    window.at(NOW);
    (0..1_000).for_each(|i| window.scores.add((f64::from(i) + 0.5) / 1_000.0, None));
    let sent = ShardWindow {
        grain: Grain::Day,
        start_ms: NOW.div_euclid(DAY) * DAY,
        version: "3".into(),
        role: "champion".into(),
        rev: 1,
        bytes: window.write(),
        business: Some("{}".into()),
    };
    control.receive(0, &[sent]).unwrap();
    let drift = control.report(NOW).unwrap().performance.prediction_drift.unwrap();
    assert_eq!(drift.training, [0.05, 0.125, 0.25, 0.375, 0.45]);
    assert!(drift.ks.is_some_and(|ks| (0.4..0.46).contains(&ks)), "{drift:?}");
}

#[test]
fn a_goal_that_was_reached_late_is_missed() {
    let mut control = in_stage(Stage::Shadow, |_| ());
    let status = |control: &mut Control<Memory>| {
        let goals = control.report(NOW + 40 * DAY).unwrap().goals;
        goals.into_iter().find(|goal| goal.id == "shadow_operational").unwrap()
    };
    assert_eq!(status(&mut control).status, Status::Pass);
    control.sql().execute("UPDATE ledger SET at_ms = at_ms + ?1 WHERE kind = 'transition'", &[Param::Integer(31 * DAY)]).unwrap();
    let goal = status(&mut control);
    assert_eq!(goal.status, Status::Fail);
    assert!(goal.sentence.text.contains("it was due on 14 December"), "{}", goal.sentence.text);
}

#[test]
fn differences_of_the_versions_are_said_in_words() {
    let mut control = in_stage(Stage::Canary, |_| ());
    let verdicts = [Verdict {
        gate: Gate::RelAuc,
        stage: Stage::Canary,
        outcome: Outcome::Pass,
        provisional: false,
        severity: Severity::Info,
        value: Some(1.02),
        baseline: Some(0.86),
        champion: None,
        threshold: Some(0.9),
        comparator: Comparator::Above,
        unit: "ratio".into(),
        n: 900,
        needed_n: None,
        ready_ms: None,
        interval: None,
        method: String::new(),
        waived: None,
        sentence: Sentence::new("PASS", "No worse than today's model: AUC 0.877 against 0.860."),
        evidence_sha256: String::new(),
    }];
    control.set_kept("verdicts", &serde_json::to_string(&verdicts).unwrap()).unwrap();
    let found = control.report(NOW).unwrap().comparison.unwrap().differences;
    assert_eq!((found[0].id.as_str(), &found[0].sentence), ("auc", &verdicts[0].sentence));
}

#[test]
fn the_monthly_review_compares_segments_without_a_test() {
    let mut control = control();
    // 2023-12-01T08:00:00Z.
    let now = 1_701_417_600_000;
    let review = |control: &mut Control<Memory>, now: i64, id: &str| {
        control.make_reviews(now).unwrap();
        let parts = control.review(id).unwrap().parts;
        parts.into_iter().map(|part| (part.id.clone(), part)).collect::<std::collections::BTreeMap<_, _>>()
    };
    let (mut window, mut business) = (Window::new(&Layout::default()), Business::default());
    window.at(now - 3 * DAY);
    let counts = [("Web", [40, 8]), ("Partner", [60, 30])].map(|(value, counts)| (value.to_owned(), counts));
    business.segments = [("lead_source".to_owned(), counts.into())].into();
    let sent = ShardWindow {
        grain: Grain::Mature,
        start_ms: (now - 3 * DAY).div_euclid(DAY) * DAY,
        version: "1".into(),
        role: "champion".into(),
        rev: 1,
        bytes: window.write(),
        business: serde_json::to_string(&business).ok(),
    };
    control.receive(0, &[sent]).unwrap();
    let parts = review(&mut control, now, "monthly-2023-12-01");
    let rows = [("lead_source Partner", "50 % of 60 leads bought"), ("lead_source Web", "20 % of 40 leads bought")];
    assert_eq!(parts["segments"].rows, rows.map(|(label, text)| (label.to_owned(), text.to_owned())));
    assert!(parts["human_scores"].sentence.text.starts_with("No human score is recorded"));
}
