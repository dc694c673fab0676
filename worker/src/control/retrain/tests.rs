use plumbline_core::alert::{self, Alert, Figure, Rule};
use plumbline_core::math::logistic;
use plumbline_core::random::Random;
use plumbline_core::rollout::{DAY_MS, Policy, Severity};
use plumbline_core::route::AllocationSettings;
use plumbline_core::sentence::Sentence;
use plumbline_core::training::TrainSettings;
use plumbline_core::window::{Layout, Window};
use serde_json::{Value, json};

use super::{Phase, Trigger};
use crate::access::Scope;
use crate::control::Control;
use crate::lifecycle::Lifecycle;
use crate::log::{Grain, LeadFields, LogShard, ShardWindow};
use crate::notice::Outgoing;
use crate::request::Request;
use crate::store::memory::Memory;
use crate::store::{Param, Sql};
use crate::world::{FIELDS, bundle};

/// 2026-12-01 12:00, a Tuesday.
const NOW: i64 = 1_796_126_400_000;
const SECRET: &str = "0123456789abcdef0123456789abcdef";
const HEADERS: [(&str, &str); 1] = [("authorization", "Bearer 0123456789abcdef0123456789abcdef")];

/// Today's model, trained with few trees: retrainings take its settings.
fn champion() -> Vec<u8> {
    let mut bundle = plumbline_core::Bundle::read(&bundle("1", None, 1).unwrap()).unwrap();
    let settings = json!({ "trees": 12, "learning_rate": 0.3, "depth": 3 });
    for (key, value) in TrainSettings::read(settings).unwrap().hyperparameters() {
        bundle.manifest.provenance.hyperparameters.insert(key, value);
    }
    bundle.write().unwrap()
}

/// A champion on two shards that hold the fields and outcomes of so many leads of the last 30 days.
fn lifecycle(policy: Policy, leads: u32) -> Lifecycle<Memory> {
    let mut control = Control::open(Memory::new(), policy, AllocationSettings::champion_only("")).unwrap();
    control.genesis(NOW - 60 * DAY_MS, &champion(), "test").unwrap();
    control.add_key(NOW, SECRET, "Ada", "ml_lead", &[Scope::Read, Scope::Operate, Scope::Approve], "test").unwrap();
    let shards = [(); 2].map(|()| LogShard::open(Memory::new()).unwrap());
    let mut lifecycle = Lifecycle::new(control, shards.into());
    let bytes = Window::new(&Layout::default()).write();
    let (grain, version, role) = (Grain::Voice, "1".to_owned(), "champion".to_owned());
    let window = ShardWindow { grain, start_ms: NOW, version, role, rev: 1, bytes, business: None };
    for shard in 0..2 {
        lifecycle.control().receive(shard, std::slice::from_ref(&window)).unwrap();
    }
    // The shards learn how long an outcome takes.
    lifecycle.tick(NOW).unwrap();
    let mut random = Random::new(7);
    let mut drawn: [Vec<LeadFields>; 2] = Default::default();
    let mut scores: [Vec<Value>; 2] = Default::default();
    for number in 0..leads {
        let at_ms = NOW - 37 * DAY_MS + i64::from(number) * 30 * DAY_MS / i64::from(leads);
        let mut fields =
            json!({ "lead_id": format!("L{number}"), "lead_source": "Event", "industry": "Media", "region": "North" });
        let mut logit = -0.5;
        for field in &FIELDS {
            let z = random.normal();
            logit += field.weight * z;
            fields[field.name] = json!(field.mean + field.deviation * z);
        }
        let converted = random.unit() < logistic(logit);
        let lead_id = format!("L{number}");
        let shard = number as usize % 2;
        scores[shard].push(json!([plumbline_core::event::lead_number(&lead_id), lead_id, at_ms, converted]));
        drawn[shard].push(LeadFields { lead_id, at_ms, fields, schema_sha256: String::new() });
    }
    for (shard, (leads, rows)) in lifecycle.shards().iter_mut().zip(drawn.iter().zip(&scores)) {
        shard.keep_fields(leads).unwrap();
        let rows = Value::from(rows.clone()).to_string();
        let scored =
            "INSERT INTO lead_scores (lead, version, rollout, lead_id, first_ms, role, probability, explores, backfill, matured)
            SELECT r.value ->> 0, 71, 0, r.value ->> 1, r.value ->> 2, 'champion', 0.5, 0, 0, 1 FROM json_each(?1) AS r";
        shard.sql().execute(scored, &[Param::Text(&rows)]).unwrap();
        let outcomes = "INSERT INTO outcomes (lead, lead_id, converted_ms, events)
            SELECT r.value ->> 0, r.value ->> 1, (r.value ->> 2) + 9, 1 FROM json_each(?1) AS r WHERE r.value ->> 3 = 1";
        shard.sql().execute(outcomes, &[Param::Text(&rows)]).unwrap();
    }
    lifecycle
}

/// Rules that a model of few trees meets.
fn policy() -> Policy {
    let mut policy = Policy::default();
    let what = &mut policy.retrain.what;
    (what.promote_auc, what.alert_auc, what.margin) = (0.84, 0.8, 0.05);
    policy
}

fn ask(lifecycle: &mut Lifecycle<Memory>, now_ms: i64) -> (u16, Value) {
    let request = Request { method: "POST", path: "/v1/retrain", query: "", headers: &HEADERS, body: b"" };
    let answer = lifecycle.answer(now_ms, &request, true);
    (answer.status, serde_json::from_slice(&answer.body).unwrap())
}

/// Works until the run ends; how many calls of so many steps it took.
fn work(lifecycle: &mut Lifecycle<Memory>, now_ms: i64, steps: u32) -> u32 {
    for call in 1..100_000 {
        let mut left = steps;
        let mut goes_on = || {
            left = left.wrapping_sub(1);
            left < steps
        };
        if !lifecycle.retrain_while(now_ms, &mut goes_on).unwrap() {
            return call;
        }
    }
    panic!("the run does not end");
}

#[test]
fn a_person_asks_and_the_model_is_queued_for_shadow() {
    let mut lifecycle = lifecycle(policy(), 1_600);
    let (status, run) = ask(&mut lifecycle, NOW);
    assert_eq!((status, &run["trigger"], &run["state"]), (200, &json!("manual"), &json!("waiting")));
    let (status, problem) = ask(&mut lifecycle, NOW + 1_000);
    assert_eq!((status, &problem["code"]), (409, &json!("RETRAIN_RUNNING")));
    assert!(work(&mut lifecycle, NOW, 4) > 5);
    let control = lifecycle.control();
    let run = control.retrainings(1).unwrap().remove(0);
    assert_eq!((run.state, run.decision.as_deref(), run.rows), (Phase::Ended, Some("queued"), Some(1_600)), "{run:?}");
    assert_eq!((run.version.as_deref(), run.tested), (Some("2026-12-01.1"), Some(320)));
    assert!(run.auc.unwrap() > run.champion_auc.unwrap() - 0.05, "{run:?}");
    let model = control.model("2026-12-01.1").unwrap().unwrap();
    assert_eq!(model.status, "queued");
    // The bundle has all that a rollout needs, and says what it is made of.
    let bundle = plumbline_core::Bundle::read(&control.bundle(&model.digest).unwrap().unwrap()).unwrap();
    let provenance = &bundle.manifest.provenance;
    assert_eq!((provenance.rows, provenance.window.as_str()), (Some(1_600), "2026-10-25/2026-11-24"));
    assert_eq!(bundle.baseline.as_ref().unwrap().held_out.as_ref().unwrap().rows, 320);
    assert!(bundle.reference.is_some() && provenance.snapshot_sha256.len() == 64);
    // Nothing of it serves, and nothing of the leads is left in control.
    assert_eq!(control.state().unwrap().unwrap().champion, "1");
    let left = control.sql().query("SELECT count(*) FROM retraining_parts", &[]).unwrap();
    assert_eq!(left[0][0].as_integer(), Some(0));
    let entries = control.entries(i64::MAX, 10).unwrap();
    let codes: Vec<&str> = entries.iter().map(|entry| entry.sentence.code.as_str()).collect();
    assert!(codes.contains(&"RETRAINED_QUEUED") && codes.contains(&"RETRAIN_ASKED"), "{codes:?}");
}

#[test]
fn a_process_that_dies_at_any_step_leaves_a_run_that_ends_with_the_same_bytes() {
    let digest = |lifecycle: &mut Lifecycle<Memory>| {
        let control = lifecycle.control();
        let version = control.retrainings(1).unwrap().remove(0).version;
        control.model(&version.unwrap()).unwrap().unwrap().digest
    };
    let mut whole = lifecycle(policy(), 1_100);
    ask(&mut whole, NOW);
    let steps = work(&mut whole, NOW, 1);
    let expected = digest(&mut whole);
    // Reading, binning, growing, describing and deciding are all among these.
    for died in [1, 2, 4, 6, 9, steps - 14, steps - 8, steps - 4, steps - 2, steps - 1] {
        let mut broken = lifecycle(policy(), 1_100);
        ask(&mut broken, NOW);
        for _ in 0..died {
            let mut once = true;
            assert!(broken.retrain_while(NOW, &mut || std::mem::take(&mut once)).unwrap(), "{died}");
        }
        broken.forget();
        // Another process takes the run over once the lease of the dead one has ended.
        assert!(broken.retrain_while(NOW + 61_000, &mut || false).unwrap(), "{died}");
        work(&mut broken, NOW + 61_000, 1_000);
        assert_eq!(digest(&mut broken), expected, "died after step {died}");
    }
}

#[test]
fn what_was_interrupted_too_often_is_given_up_with_a_reason() {
    let mut lifecycle = lifecycle(policy(), 1_100);
    ask(&mut lifecycle, NOW);
    for life in 0..7 {
        let mut left = 12;
        let mut some = || {
            left -= 1;
            left > 0
        };
        lifecycle.retrain_while(NOW + life * 61_000, &mut some).unwrap();
        lifecycle.forget();
    }
    let run = lifecycle.control().retrainings(1).unwrap().remove(0);
    assert_eq!((run.decision.as_deref(), run.problem.as_deref()), (Some("failed"), Some("RETRAIN_INTERRUPTED")), "{run:?}");
}

#[test]
fn the_schedule_runs_once_late_and_too_few_leads_end_the_run() {
    let mut lifecycle = lifecycle(policy(), 900);
    work(&mut lifecycle, NOW, 10);
    assert_eq!(lifecycle.control().retrainings(5).unwrap(), []);
    let next = lifecycle.control().next_retraining(NOW).unwrap();
    assert_eq!(next.map(plumbline_core::report::time_text).as_deref(), Some("2026-12-06T02:00:00Z"));
    // The service was away for three Sundays.
    let late = NOW + 20 * DAY_MS;
    work(&mut lifecycle, late, 10);
    work(&mut lifecycle, late + 120_000, 10);
    let runs = lifecycle.control().retrainings(5).unwrap();
    let [run] = &runs[..] else { panic!("{runs:?}") };
    assert_eq!((run.trigger, run.due_ms, run.started_ms), (Trigger::Schedule, next.unwrap(), Some(late)));
    assert_eq!((run.decision.as_deref(), run.problem.as_deref()), (Some("insufficient"), Some("RETRAIN_INSUFFICIENT")));
    let next = lifecycle.control().next_retraining(late).unwrap();
    assert_eq!(next.map(plumbline_core::report::time_text).as_deref(), Some("2026-12-27T02:00:00Z"));
}

/// An alert that fires on `subject` since `fired_ms`.
fn fires(lifecycle: &mut Lifecycle<Memory>, rule: Rule, subject: &str, fired_ms: i64) {
    let alert = Alert {
        id: format!("{}-{subject}-{fired_ms}", rule.name()),
        rule,
        subject: subject.to_owned(),
        severity: Severity::Yellow,
        state: alert::Phase::Firing,
        stale: false,
        figure: Figure::default(),
        sentence: Sentence::new("TEST", "It fires."),
        since_ms: fired_ms,
        fired_ms: Some(fired_ms),
        resolved_ms: None,
        inside_ms: None,
        incident: None,
        repeats: 0,
        said_ms: None,
    };
    let body = serde_json::to_string(&alert).unwrap();
    let insert = "INSERT INTO alerts (id, rule, subject, severity, state, since_ms, fired_ms, body) VALUES (?1, ?2, ?3, 'yellow', 'firing', ?4, ?4, ?5)";
    let given =
        [Param::Text(&alert.id), Param::Text(rule.name()), Param::Text(subject), Param::Integer(fired_ms), Param::Text(&body)];
    lifecycle.control().sql.execute(insert, &given).unwrap();
}

/// The triggers of all runs, the newest first, once the service has looked at `now_ms`; a run that is due then ends for want of leads.
fn triggers(lifecycle: &mut Lifecycle<Memory>, now_ms: i64) -> Vec<Trigger> {
    work(lifecycle, now_ms, 10);
    lifecycle.control().retrainings(9).unwrap().iter().map(|run| run.trigger).collect()
}

#[test]
fn an_auc_that_is_too_low_and_more_than_two_drifted_fields_do_not_wait_for_sunday() {
    const HOUR_MS: i64 = 3_600_000;
    let mut policy = policy();
    policy.retrain.when.schedule.clear();
    let mut lifecycle = lifecycle(policy, 10);
    // Another version's alert, and two drifted fields, are none; a third that someone announced is expected.
    fires(&mut lifecycle, Rule::Auc, "0", NOW);
    fires(&mut lifecycle, Rule::Drift, "age", NOW);
    fires(&mut lifecycle, Rule::Drift, "region", NOW);
    fires(&mut lifecycle, Rule::Drift, "industry", NOW);
    let note = "INSERT INTO notes (at_ms, kind, actor, text, about) VALUES (?1, 'note', 'Ada', 'a fair', 'industry')";
    lifecycle.control().sql.execute(note, &[Param::Integer(NOW)]).unwrap();
    assert_eq!(triggers(&mut lifecycle, NOW + HOUR_MS), []);
    fires(&mut lifecycle, Rule::Drift, "visits", NOW);
    assert_eq!(triggers(&mut lifecycle, NOW + 2 * HOUR_MS), [Trigger::Drift]);
    // Nothing for three days; then only what fired since the last run.
    let auc = NOW + 3 * HOUR_MS;
    fires(&mut lifecycle, Rule::Auc, "1", auc);
    assert_eq!(triggers(&mut lifecycle, NOW + 70 * HOUR_MS), [Trigger::Drift]);
    assert_eq!(triggers(&mut lifecycle, NOW + 75 * HOUR_MS), [Trigger::Auc, Trigger::Drift]);
    assert_eq!(triggers(&mut lifecycle, NOW + 150 * HOUR_MS), [Trigger::Auc, Trigger::Drift], "both were answered");
}

#[test]
fn half_of_a_weeks_votes_against_the_scores_retrain_at_once_and_once() {
    const HOUR_MS: i64 = 3_600_000;
    let mut policy = policy();
    policy.retrain.when.schedule.clear();
    let mut lifecycle = lifecycle(policy, 10);
    let day = (NOW + 20 * DAY_MS).div_euclid(DAY_MS) * DAY_MS;
    let vote = |lifecycle: &mut Lifecycle<Memory>, up: u64, unhelpful: u64, rev: i64| {
        let said = json!({ "up": up, "unhelpful": unhelpful, "down": 5 }).to_string();
        let (grain, version, role) = (Grain::Voice, "1".to_owned(), "champion".to_owned());
        let bytes = Window::new(&Layout::default()).write();
        let window = ShardWindow { grain, start_ms: day - DAY_MS, version, role, rev, bytes, business: Some(said) };
        lifecycle.control().receive(0, std::slice::from_ref(&window)).unwrap();
        lifecycle.control().merge_windows().unwrap();
    };
    vote(&mut lifecycle, 9, 5, 1);
    assert_eq!(triggers(&mut lifecycle, day + HOUR_MS), [], "19 votes are too few");
    vote(&mut lifecycle, 11, 5, 2);
    assert_eq!(triggers(&mut lifecycle, day + 2 * HOUR_MS), [], "10 of 21 are less than half");
    vote(&mut lifecycle, 10, 5, 3);
    assert_eq!(triggers(&mut lifecycle, day + 3 * HOUR_MS), [Trigger::Unhelpful]);
    assert_eq!(triggers(&mut lifecycle, day + 79 * HOUR_MS), [Trigger::Unhelpful], "these votes are answered");
}

#[test]
fn a_lead_that_is_erased_is_not_trained_on() {
    let mut lifecycle = lifecycle(policy(), 1_100);
    lifecycle.control().seed([7; 32]);
    ask(&mut lifecycle, NOW);
    let mut left = 8;
    let mut some = || {
        left -= 1;
        left > 0
    };
    assert!(lifecycle.retrain_while(NOW, &mut some).unwrap());
    let erase = Request { method: "DELETE", path: "/v1/leads/L7", query: "", headers: &HEADERS, body: b"" };
    assert_eq!(lifecycle.answer(NOW, &erase, true).status, 200);
    let left = lifecycle.control().sql().query("SELECT count(*) FROM retraining_parts", &[]).unwrap();
    assert_eq!(left[0][0].as_integer(), Some(0));
    work(&mut lifecycle, NOW, 1_000);
    assert_eq!(lifecycle.control().retrainings(1).unwrap()[0].rows, Some(1_099));
}

fn send(lifecycle: &mut Lifecycle<Memory>, now_ms: i64, method: &str, path: &str, query: &str, body: &[u8]) -> (u16, Value) {
    let request = Request { method, path, query, headers: &HEADERS, body };
    let answer = lifecycle.answer(now_ms, &request, true);
    (answer.status, serde_json::from_slice(&answer.body).unwrap())
}

/// Rules by which more than a thousand leads are trained on elsewhere.
fn elsewhere() -> Policy {
    use plumbline_core::rollout::policy::{RetrainPlace, Webhook};
    let mut policy = policy();
    (policy.retrain.what.max_rows, policy.retrain.what.place) = (1_000, RetrainPlace::Webhook);
    assert!(policy.problems().iter().any(|problem| problem.path == "retrain.what.where"), "no webhook hears of it");
    policy.alerts.notify.webhooks =
        vec![Webhook { url: "https://trainer.example/hook".into(), secret: "HOOK".into(), events: vec!["retrain".into()] }];
    assert_eq!(policy.problems().len(), 0);
    policy
}

/// The messages that are due, each received.
fn sent(lifecycle: &mut Lifecycle<Memory>, now_ms: i64) -> Vec<Outgoing> {
    let mut sent = Vec::new();
    loop {
        // A receiver gets one message after the other.
        let due = lifecycle.control().lease(now_ms, &|name| Some(format!("secret of {name}"))).unwrap();
        let arrived = alert::Answered::Status { status: 200, retry_after_s: None };
        due.iter().for_each(|message| lifecycle.control().settled(now_ms, &message.id, arrived, "").unwrap());
        if due.is_empty() {
            return sent;
        }
        sent.extend(due);
    }
}

#[test]
fn more_leads_than_the_service_trains_on_are_trained_on_elsewhere_and_the_bundle_is_taken_once() {
    let mut lifecycle = lifecycle(elsewhere(), 1_600);
    let (_, run) = ask(&mut lifecycle, NOW);
    let id = run["id"].as_str().unwrap().to_owned();
    work(&mut lifecycle, NOW, 1_000);
    let run = lifecycle.control().retraining(&id).unwrap().unwrap();
    assert_eq!((run.state, run.sentence.code.as_str()), (Phase::Elsewhere, "RETRAIN_ELSEWHERE"), "{run:?}");
    // The program behind the webhook hears which run it is, in a signed message.
    let sent = sent(&mut lifecycle, NOW);
    let of = |message: &Outgoing| serde_json::from_str::<Value>(&message.body).unwrap();
    let message = sent.iter().find(|message| of(message)["type"] == "retrain.elsewhere").unwrap();
    let body = of(message);
    assert_eq!(message.url, "https://trainer.example/hook");
    assert_eq!(body["data"]["sentence"]["values"]["run"], json!(id), "{body}");
    assert!(message.headers.iter().any(|(name, value)| name == "webhook-signature" && value.starts_with("v1,")), "{message:?}");
    // It reads the same leads, page by page, of both shards.
    let (mut leads, mut after) = (std::collections::BTreeSet::new(), String::new());
    loop {
        let query = format!("run={id}&limit=300&after={after}");
        let (status, page) = send(&mut lifecycle, NOW + 5_000, "GET", "/v1/retrain/leads", &query, b"");
        assert_eq!((status, &page["run"]["version"]), (200, &json!("2026-12-01.1")), "{page}");
        for lead in page["leads"].as_array().unwrap() {
            assert!(lead["converted"].is_boolean() && lead["fields"]["industry"] == "Media", "{lead}");
            assert!(leads.insert(lead["lead_id"].as_str().unwrap().to_owned()), "a lead comes twice");
        }
        match page["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(leads.len(), 1_600);
    for (query, code) in [
        ("after=1_2", "LEADS_MALFORMED"),
        ("days=0", "BAD_PARAMETER"),
        ("days=401", "LEADS_MALFORMED"),
        ("limit=x", "BAD_PARAMETER"),
        ("run=no", "NO_SUCH_RUN"),
    ] {
        assert_eq!(send(&mut lifecycle, NOW, "GET", "/v1/retrain/leads", query, b"").1["code"], json!(code));
    }
    // It hands the bundle in. What is not of this run is rejected, and the run goes on waiting.
    let path = format!("/v1/retrain/{id}");
    let figures = "rows=1600&tested=320&converted=700&auc=0.86&auc_low=0.84&auc_high=0.88&champion_auc=0.85";
    let mut bundle = plumbline_core::Bundle::read(&champion()).unwrap();
    let other = champion();
    bundle.manifest.version = "2026-12-01.1".to_owned();
    let bundle = bundle.write().unwrap();
    let hand_in = |lifecycle: &mut Lifecycle<Memory>, query: &str, body: &[u8]| {
        let headers = [HEADERS[0], ("content-type", "application/octet-stream")];
        let request = Request { method: "POST", path: &path, query, headers: &headers, body };
        let answer = lifecycle.answer(NOW + 9_000, &request, true);
        (answer.status, serde_json::from_slice::<Value>(&answer.body).unwrap())
    };
    for (query, body, code) in [
        (figures, &other[..], "RETRAIN_OTHER_VERSION"),
        ("rows=1600&tested=320&converted=700&auc=1.5&champion_auc=0.85", &bundle, "RETRAIN_FIGURES"),
        ("rows=1600&tested=1700&converted=700&auc=0.8&champion_auc=0.85", &bundle, "RETRAIN_FIGURES"),
        ("rows=1600", &bundle, "RETRAIN_FIGURES"),
    ] {
        let (status, problem) = hand_in(&mut lifecycle, query, body);
        assert_eq!((status, &problem["code"]), (422, &json!(code)), "{problem}");
    }
    let (status, ended) = hand_in(&mut lifecycle, figures, &bundle);
    assert_eq!((status, &ended["decision"], &ended["auc"]), (200, &json!("queued"), &json!(0.86)), "{ended}");
    assert_eq!(hand_in(&mut lifecycle, figures, &bundle), (200, ended), "the answer was lost");
    assert_eq!(lifecycle.control().model("2026-12-01.1").unwrap().unwrap().status, "queued");
    let mut changed = plumbline_core::Bundle::read(&bundle).unwrap();
    changed.manifest.provenance.notes.push("another".to_owned());
    let (status, problem) = hand_in(&mut lifecycle, figures, &changed.write().unwrap());
    assert_eq!((status, &problem["code"]), (409, &json!("RETRAIN_NOT_AWAITED")));
}

#[test]
fn a_program_that_does_not_answer_within_six_hours_fails_the_run() {
    let mut lifecycle = lifecycle(elsewhere(), 1_200);
    ask(&mut lifecycle, NOW);
    work(&mut lifecycle, NOW, 1_000);
    work(&mut lifecycle, NOW + 6 * 3_600_000 - 60_000, 10);
    assert_eq!(lifecycle.control().retraining_under_way().unwrap().unwrap().state, Phase::Elsewhere);
    work(&mut lifecycle, NOW + 6 * 3_600_000 + 60_000, 10);
    let run = lifecycle.control().retrainings(1).unwrap().remove(0);
    assert_eq!((run.decision.as_deref(), run.problem.as_deref()), (Some("failed"), Some("RETRAIN_NO_ANSWER")), "{run:?}");
    assert!(lifecycle.control().retraining_trouble().unwrap().flatten().is_some(), "the alert fires");
}

#[test]
fn people_are_alerted_below_an_auc_of_0_85_and_a_model_is_queued_from_0_87() {
    const MINUTE_MS: i64 = 60_000;
    let mut policy = elsewhere();
    let usual = Policy::default().retrain.what;
    (policy.retrain.what.promote_auc, policy.retrain.what.alert_auc) = (usual.promote_auc, usual.alert_auc);
    policy.alerts.notify.webhooks[0].events.push("alert".into());
    let mut lifecycle = lifecycle(policy, 1_100);
    sent(&mut lifecycle, NOW);
    for (number, (auc, decision, status, fires, messages)) in [
        ("0.8499", "below", "registered", true, &["retrain.below", "alert.firing"][..]),
        ("0.850", "kept", "registered", false, &["retrain.kept", "alert.resolved"]),
        ("0.8699", "kept", "registered", false, &["retrain.kept"]),
        ("0.870", "queued", "queued", false, &["retrain.queued"]),
        ("0.8499", "below", "registered", true, &["retrain.below", "alert.firing"]),
    ]
    .into_iter()
    .enumerate()
    {
        let now_ms = NOW + (number as i64 + 1) * 10 * MINUTE_MS;
        let (_, run) = ask(&mut lifecycle, now_ms);
        let id = run["id"].as_str().unwrap().to_owned();
        work(&mut lifecycle, now_ms, 1_000);
        sent(&mut lifecycle, now_ms);
        let mut bundle = plumbline_core::Bundle::read(&champion()).unwrap();
        let version = format!("2026-12-01.{}", number + 1);
        bundle.manifest.version.clone_from(&version);
        let (path, body) = (format!("/v1/retrain/{id}"), bundle.write().unwrap());
        let query = format!("rows=1100&tested=220&converted=500&auc={auc}&champion_auc=0.84");
        let headers = [HEADERS[0], ("content-type", "application/octet-stream")];
        let request = Request { method: "POST", path: &path, query: &query, headers: &headers, body: &body };
        assert_eq!(lifecycle.answer(now_ms, &request, true).status, 200, "{auc}");
        lifecycle.tick(now_ms + MINUTE_MS).unwrap();
        // What a receiver gets: figure and limit, and who is asked to act.
        let received = sent(&mut lifecycle, now_ms + MINUTE_MS);
        let received: Vec<Value> = received.iter().map(|message| serde_json::from_str(&message.body).unwrap()).collect();
        let kinds: Vec<&str> = received.iter().filter_map(|message| message["type"].as_str()).collect();
        assert_eq!(kinds, messages, "{auc}: {received:#?}");
        let (data, asks) = (&received[0]["data"], &json!([["Asked to act", "the ML lead"]]));
        let severity = if fires { "yellow" } else { "info" };
        assert_eq!((&data["severity"], &data["fields"] == asks), (&json!(severity), decision != "kept"), "{auc}: {data}");
        let text = data["sentence"]["text"].as_str().unwrap();
        let limit = if fires { "below 0.85".to_owned() } else { format!("{} is needed", usual.promote_auc) };
        assert!(text.contains(&format!("AUC {auc}")) && text.contains(&limit), "{text}");
        // What the report shows.
        let (_, report) = send(&mut lifecycle, now_ms + MINUTE_MS, "GET", "/v1/report", "", b"");
        let shown = &report["retraining"]["runs"][0];
        assert_eq!((&shown["result"], &shown["version"]), (&json!(decision), &json!(version)), "{shown}");
        let alerts = report["alerts"].as_array().unwrap().iter();
        let firing: Vec<&Value> = alerts.filter(|a| a["rule"] == "retraining" && a["state"] == "firing").collect();
        assert_eq!(firing.len(), usize::from(fires), "{auc}: {firing:?}");
        assert!(firing.iter().all(|a| a["severity"] == "yellow" && a["sentence"]["text"].as_str() == Some(text)), "{firing:?}");
        assert_eq!(lifecycle.control().model(&version).unwrap().unwrap().status, status, "{auc}");
    }
}
