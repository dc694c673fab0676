//! Alerts of the control object, from minutes that a shard sends to messages that arrive.

use plumbline_core::alert::{Alert, Answered, Phase, Rule};
use plumbline_core::rollout::policy::{Contact, Webhook};
use serde_json::Value;

use super::Control;
use super::tests::{NOW, SECRET, ask, code, control};
use crate::log::Minute;
use crate::notice::Outgoing;
use crate::request::{Request, Response};
use crate::store::memory::Memory;
use crate::store::{Param, Sql};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// A control object whose alerts go to Slack and to one webhook.
fn watched() -> Control<Memory> {
    let mut control = control();
    let policy = &mut control.own;
    policy.alerts.notify.slack = "SLACK".into();
    let events = vec!["alert".to_owned()];
    policy.alerts.notify.webhooks = vec![Webhook { url: "https://example.com/hook".into(), secret: "HOOK".into(), events }];
    policy.report.contact =
        ["Ada", "Ben"].map(|name| Contact { role: "ml_lead".into(), name: name.into(), ..Contact::default() }).into();
    control.settle_policy(NOW).unwrap();
    // The day's reviews were made, and its anchor was sent.
    for what in ["reviewed", "anchored"] {
        control.set_kept(what, &NOW.div_euclid(24 * HOUR).to_string()).unwrap();
    }
    control
}

fn secret(name: &str) -> Option<String> {
    match name {
        "SLACK" => Some("https://hooks.slack.com/services/T/B/secret".into()),
        "HOOK" => Some("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()),
        _ => None,
    }
}

/// Minutes of version 1 up to `now_ms`, of which so many of a hundred requests failed.
fn minutes(control: &mut Control<Memory>, now_ms: i64, failed: u64) {
    minutes_of(control, ("1", "champion"), now_ms, failed);
}

fn minutes_of(control: &mut Control<Memory>, (version, role): (&str, &str), now_ms: i64, failed: u64) {
    let minute = Minute {
        minute_ms: now_ms.div_euclid(MINUTE) * MINUTE,
        version: version.into(),
        role: role.into(),
        requests: 1_000,
        failed,
        over_200: 0,
        over_500: 0,
    };
    control.receive_minutes(0, &[minute]).unwrap();
    control.tick(now_ms).unwrap();
}

fn alerts(control: &mut Control<Memory>) -> Vec<(Rule, Phase)> {
    let mut found: Vec<(Rule, Phase)> =
        control.active().unwrap().into_iter().map(|alert: Alert| (alert.rule, alert.state)).collect();
    found.sort_by_key(|(rule, _)| *rule);
    found
}

fn json(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}

fn arrived() -> Answered {
    Answered::Status { status: 200, retry_after_s: None }
}

/// Everything that is due, answered with `answered`; ids in the order of sending.
fn deliver(control: &mut Control<Memory>, now_ms: i64, answered: Answered) -> Vec<Outgoing> {
    let mut sent = Vec::new();
    loop {
        let due = control.lease(now_ms, &secret).unwrap();
        if due.is_empty() {
            return sent;
        }
        for request in due {
            control.settled(now_ms, &request.id, answered, "").unwrap();
            sent.push(request);
        }
    }
}

#[test]
fn failing_requests_are_an_alert_that_a_person_takes_and_that_ends() {
    let mut control = watched();
    for minute in 0..=10 {
        minutes(&mut control, NOW + minute * MINUTE, 20);
        let expected = if minute < 10 { Phase::Pending } else { Phase::Firing };
        assert_eq!(alerts(&mut control), [(Rule::Errors, expected)], "minute {minute}");
    }
    let fired = NOW + 10 * MINUTE;
    let listed = json(&ask(&mut control, "GET /v1/alerts", Some(SECRET), "", ""));
    let alert = &listed["alerts"][0];
    assert_eq!((&alert["rule"], &alert["subject"], &alert["owner_role"]), (&"errors".into(), &"1".into(), &"ml_lead".into()));
    assert!(alert["sentence"]["text"].as_str().unwrap().contains("2 % (220 of 11,000)"), "{alert}");
    // Both channels hear of it, in messages with ids of their own.
    let sent = deliver(&mut control, fired, arrived());
    let id = alert["id"].as_str().unwrap();
    assert_eq!(sent.iter().map(|request| request.id.rsplit('/').next().unwrap()).collect::<Vec<_>>()[0], "slack");
    assert!(sent.len() == 2 && sent.iter().all(|request| request.id.starts_with(&format!("{id}/firing/0/"))), "{sent:?}");
    assert!(deliver(&mut control, fired, arrived()).is_empty());
    // The report says what fires and who acts.
    let report = control.report(fired).unwrap();
    assert_eq!((report.alerts.len(), report.incidents.len(), report.verdict.status.as_str()), (1, 1, "attention"));
    assert!(report.answers.who_acts.sentence.text.starts_with("Ada acts, by "), "{}", report.answers.who_acts.sentence.text);
    // A reader may not take it, a person may, and is named.
    assert_eq!(code(&ask(&mut control, &format!("POST /v1/alerts/{id}/ack"), None, "", "")), "SCOPE_MISSING");
    let taken = json(&ask(&mut control, &format!("POST /v1/alerts/{id}/ack"), Some(SECRET), "", ""));
    assert_eq!((&taken["taken_by"], &taken["state"]), (&"Ada".into(), &"taken".into()));
    assert_eq!(code(&ask(&mut control, "POST /v1/alerts/none/ack", Some(SECRET), "", "")), "NO_SUCH_ALERT");
    // Well again for half an hour: resolved, and said once.
    for minute in 71..=101 {
        minutes(&mut control, NOW + minute * MINUTE, 0);
    }
    assert_eq!(alerts(&mut control), []);
    let sent = deliver(&mut control, NOW + 101 * MINUTE, arrived());
    assert!(sent.len() == 2 && sent.iter().all(|request| request.id.starts_with(&format!("{id}/resolved/0/"))), "{sent:?}");
    // The incident is closed by a person, with its cause.
    let incident = taken["id"].as_str().unwrap();
    let close = format!("POST /v1/incidents/{incident}/close");
    assert_eq!(code(&ask(&mut control, &close, Some(SECRET), "", "{}")), "CAUSE_REQUIRED");
    let closed = json(&ask(&mut control, &close, Some(SECRET), "", r#"{"cause":"A bad release of the CRM"}"#));
    assert_eq!((&closed["state"], &closed["cause"]), (&"closed".into(), &"A bad release of the CRM".into()));
    assert_eq!(code(&ask(&mut control, &close, Some(SECRET), "", r#"{"cause":"again"}"#)), "INCIDENT_CLOSED");
    let kinds: Vec<String> = control.entries(i64::MAX, 100).unwrap().into_iter().map(|entry| entry.kind).collect();
    let count = |kind: &str| kinds.iter().filter(|found| *found == kind).count();
    assert_eq!((count("alert"), count("incident")), (2, 3), "{kinds:?}");
    assert_eq!(plumbline_core::rollout::ledger::verify(&control.chain().unwrap(), &[]).fault, None);
}

#[test]
fn red_pages_at_once_and_goes_to_the_next_contact_when_no_one_acts() {
    let mut control = watched();
    minutes(&mut control, NOW, 600);
    assert_eq!(alerts(&mut control), [(Rule::Errors, Phase::Pending), (Rule::RedErrors, Phase::Firing)]);
    let sent = deliver(&mut control, NOW, arrived());
    let slack: Value = serde_json::from_str(&sent[0].body).unwrap();
    assert_eq!(slack["blocks"][0]["text"]["text"], "🔴 Act now: Many failed requests: 1");
    let report = control.report(NOW).unwrap();
    assert_eq!(report.verdict.status, "act");
    // An hour later no one has acted.
    control.tick(NOW + HOUR).unwrap();
    let sent = deliver(&mut control, NOW + HOUR, arrived());
    let late: Vec<&Outgoing> = sent.iter().filter(|request| request.id.contains("/escalated/")).collect();
    assert_eq!(late.len(), 2, "{sent:?}");
    assert!(late[0].body.contains("It is now with Ben"), "{}", late[0].body);
    // Closing takes a post-mortem, which is kept.
    let incident =
        control.open_incidents().unwrap().into_iter().find(|i| i.severity == plumbline_core::rollout::Severity::Red).unwrap();
    let close = format!("POST /v1/incidents/{}/close", incident.id);
    assert_eq!(code(&ask(&mut control, &close, Some(SECRET), "", r#"{"cause":"A bad build"}"#)), "POST_MORTEM_REQUIRED");
    let body = r#"{"cause":"A bad build","post_mortem":"Rolled out on a Friday. We no longer do."}"#;
    let closed = json(&ask(&mut control, &close, Some(SECRET), "", body));
    let kept = control.document(closed["post_mortem"].as_str().unwrap()).unwrap().unwrap();
    assert!(kept.contains("We no longer do."));
}

#[test]
fn the_head_of_the_ledger_is_sent_to_every_channel_once_a_day() {
    let mut control = watched();
    let anchors = |control: &mut Control<Memory>, now: i64| {
        control.tick(now).unwrap();
        let sent = control.sql.query("SELECT target, body FROM outbox WHERE id LIKE 'anchor-%'", &[]).unwrap();
        sent.iter().map(|row| (super::text(row, 0), super::text(row, 1))).collect::<Vec<_>>()
    };
    assert!(anchors(&mut control, NOW).is_empty());
    let sent = anchors(&mut control, NOW + 24 * HOUR);
    let targets: Vec<&str> = sent.iter().map(|(target, _)| target.as_str()).collect();
    assert_eq!(targets, ["slack:SLACK", "webhook:https://example.com/hook"], "the webhook hears of alerts only, and of this");
    assert_eq!(anchors(&mut control, NOW + 25 * HOUR).len(), 2);
    let found = plumbline_core::rollout::ledger::Anchor::find(&sent[0].1);
    assert_eq!(found.len(), 1, "{}", sent[0].1);
    assert_eq!(control.verified(&found).unwrap().anchors, 1);
    // The end of the ledger is cut: the chain is whole, and the message shows it.
    control.sql.execute("DELETE FROM ledger WHERE seq >= ?1", &[crate::store::Param::Integer(found[0].seq as i64)]).unwrap();
    assert!(control.verified(&found).unwrap().fault.is_some());
}

#[test]
fn a_message_is_sent_again_under_its_id_until_it_arrives_and_in_order() {
    let mut control = watched();
    control.own.alerts.notify.webhooks.clear();
    control.settle_policy(NOW).unwrap();
    minutes(&mut control, NOW, 600);
    let first = control.lease(NOW, &secret).unwrap();
    assert_eq!(first.len(), 1);
    // Leased: no one else gets it. A sender that ended loses it after 30 seconds, to one that sends it under the same id.
    assert!(control.lease(NOW + 29_999, &secret).unwrap().is_empty());
    let again = control.lease(NOW + 30_000, &secret).unwrap();
    assert_eq!(again, first);
    // Later messages about the same alert wait for it.
    minutes(&mut control, NOW + MINUTE, 0);
    for minute in 62..=80 {
        minutes(&mut control, NOW + minute * MINUTE, 0);
    }
    let now = NOW + 80 * MINUTE;
    let waiting = |control: &mut Control<Memory>| {
        let rows = control.sql().query("SELECT id FROM outbox WHERE state = 'waiting' AND ordering = (SELECT ordering FROM outbox WHERE id = ?1) ORDER BY place", &[Param::Text(&first[0].id)]);
        rows.unwrap().len()
    };
    assert_eq!(waiting(&mut control), 2, "firing and resolved");
    let status = |status, retry_after_s| Answered::Status { status, retry_after_s };
    control.settled(now, &first[0].id, status(429, Some(300)), "slow down").unwrap();
    let early = deliver(&mut control, now + 299_999, arrived());
    assert!(early.iter().all(|request| !request.id.starts_with(&first[0].id[..64])), "{early:?}");
    let third = control.lease(now + 300_000, &secret).unwrap();
    assert!(third.iter().any(|request| request.id == first[0].id), "{third:?}");
    control.settled(now + 300_000, &first[0].id, arrived(), "ok").unwrap();
    // Settled again by a sender that came late: nothing changes.
    control.settled(now + 300_000, &first[0].id, status(500, None), "late").unwrap();
    assert_eq!(waiting(&mut control), 1);
    // A receiver that does not want it ends it, and that is shown.
    let gone = deliver(&mut control, now + 300_001, status(410, None));
    assert!(gone.iter().any(|request| request.id.starts_with(&format!("{}/resolved", &first[0].id[..64]))), "{gone:?}");
    let shown = control.undelivered(10).unwrap();
    assert!(!shown.is_empty() && shown.iter().all(|message| message.state == "dead"), "{shown:?}");
    assert!(control.report(now + 300_001).unwrap().notes.iter().any(|note| note.code == "UNDELIVERED"));
}

#[test]
fn a_secret_that_is_missing_and_an_address_that_is_private_send_nothing() {
    let mut control = watched();
    control.own.alerts.notify.webhooks.clear();
    control.settle_policy(NOW).unwrap();
    minutes(&mut control, NOW, 600);
    assert!(control.lease(NOW, &|_| None).unwrap().is_empty());
    let shown = control.undelivered(10).unwrap();
    assert_eq!((shown[0].state.as_str(), shown[0].answer.as_str()), ("waiting", "the host has no secret named SLACK"));
    assert!(control.lease(NOW + HOUR, &|_| Some("http://169.254.169.254/".into())).unwrap().is_empty());
    assert_eq!(control.undelivered(10).unwrap()[0].state, "dead");
}

#[test]
fn notes_are_kept_with_their_author() {
    let mut control = watched();
    let body = r#"{"kind":"retraining_decision","text":"Wait another month.","about":"monthly-2026-11"}"#;
    let note = json(&ask(&mut control, "POST /v1/notes", None, "", body));
    assert_eq!((&note["id"], &note["by"], &note["about"]), (&1.into(), &"local".into(), &"monthly-2026-11".into()));
    for (body, expected) in [
        (r#"{"kind":"Retrain now","text":"x"}"#, "NOTE_KIND"),
        (r#"{"kind":"log_gap","text":"Nothing is missing."}"#, "NOTE_KIND"),
        (r#"{"kind":"comment","text":" "}"#, "NOTE_TEXT"),
        (r#"{"kind":"comment"}"#, "BODY_MALFORMED"),
    ] {
        assert_eq!(code(&ask(&mut control, "POST /v1/notes", None, "", body)), expected);
    }
    let listed = json(&ask(&mut control, "GET /v1/notes", None, "", ""));
    assert_eq!(listed["notes"].as_array().unwrap().len(), 1);
}

#[test]
fn each_review_is_made_once_and_sent_to_slack() {
    let mut control = watched();
    // 2023-12-01 was a Friday, 2023-12-04 a Monday.
    let morning = |day: i64| (NOW.div_euclid(24 * HOUR) + day) * 24 * HOUR + 8 * HOUR;
    for day in 17..=20 {
        control.tick(morning(day) - 1).unwrap();
        control.tick(morning(day)).unwrap();
        control.tick(morning(day) + HOUR).unwrap();
    }
    let listed = json(&ask(&mut control, "GET /v1/reviews", None, "", ""));
    let ids: Vec<&str> = listed["reviews"].as_array().unwrap().iter().map(|review| review["id"].as_str().unwrap()).collect();
    assert_eq!(
        ids,
        [
            "daily-2023-12-04",
            "weekly-2023-12-04",
            "daily-2023-12-03",
            "daily-2023-12-02",
            "daily-2023-12-01",
            "monthly-2023-12-01"
        ]
    );
    let monthly = json(&ask(&mut control, "GET /v1/reviews/monthly-2023-12-01", None, "", ""));
    assert!(monthly["question"]["text"].as_str().unwrap().starts_with("Retrain the model?"), "{monthly}");
    assert_eq!(code(&ask(&mut control, "GET /v1/reviews/monthly-2023-11-01", None, "", "")), "NO_SUCH_REVIEW");
    let sent = deliver(&mut control, morning(20) + HOUR, arrived());
    let reviews = sent.iter().filter(|request| request.id.starts_with("review/")).count();
    assert_eq!(reviews, 6, "{sent:?}");
}

#[test]
fn a_challenger_that_fails_in_shadow_is_one_incident_for_as_long_as_it_fails() {
    let mut control = watched();
    let revision = format!("\"v{}\"", control.state().unwrap().unwrap().version);
    let started = ask(&mut control, "POST /v1/rollout/start", Some(SECRET), &revision, r#"{"version":"2"}"#);
    assert_eq!(started.status, 200, "{}", String::from_utf8_lossy(&started.body));
    for quarter in 0..4 * 72 {
        let now = NOW + HOUR + quarter * 15 * MINUTE;
        for minute in 0..2 {
            minutes_of(&mut control, ("2", "shadow"), now + minute * MINUTE, 300);
        }
    }
    let fails = |rule: &Rule| matches!(rule, Rule::RedErrors);
    assert!(control.active().unwrap().iter().any(|alert| fails(&alert.rule) && alert.subject == "2"));
    let all = control.incidents(1_000).unwrap();
    let of_alerts: Vec<&str> =
        all.iter().filter(|i| i.sentence.text.contains("requests failed") && i.alert.is_some()).map(|i| i.id.as_str()).collect();
    assert_eq!(of_alerts.len(), 1, "{of_alerts:?}");
}

#[test]
fn a_day_on_which_a_host_was_switched_to_the_champion_is_no_day_of_the_rollout() {
    let mut control = watched();
    let mut beat = crate::heartbeat::Heartbeat {
        instance: "a".into(),
        at_ms: NOW,
        build: "b".into(),
        epoch: 1,
        heard_epoch: 1,
        stale: false,
        killed: true,
        memory_bytes: None,
        rows_made: 0,
        rows_written: 0,
        rows_failed: 0,
        shadows_dropped: 0,
        shadows_failed: 0,
        trouble: None,
    };
    let day = NOW.div_euclid(24 * HOUR);
    let noted = |control: &mut Control<Memory>, day: i64| control.kept(&super::evidence::killed(day)).unwrap().is_some();
    control.heard(NOW, &beat).unwrap();
    beat.killed = false;
    control.heard(NOW + 24 * HOUR, &beat).unwrap();
    assert_eq!([day, day + 1].map(|day| noted(&mut control, day)), [true, false]);
}

#[test]
fn a_follower_that_falls_silent_is_an_alert_and_one_that_asks_once_is_not() {
    let mut lifecycle = crate::Lifecycle::new(watched(), vec![crate::LogShard::open(Memory::new()).unwrap()]);
    let follow = |lifecycle: &mut crate::Lifecycle<Memory>, now_ms: i64, query: &str| {
        let request = Request { method: "GET", path: "/v1/export", query, headers: &[], body: b"" };
        assert_eq!(lifecycle.answer(now_ms, &request, true).status, 200);
    };
    let stuck = |lifecycle: &mut crate::Lifecycle<Memory>, now_ms: i64| {
        minutes(lifecycle.control(), now_ms, 0);
        alerts(lifecycle.control()).iter().any(|(rule, phase)| (*rule, *phase) == (Rule::ExportStuck, Phase::Firing))
    };
    follow(&mut lifecycle, NOW, "part=control&follower=nightly");
    assert!(!stuck(&mut lifecycle, NOW + 5 * HOUR));
    follow(&mut lifecycle, NOW + 5 * HOUR, "part=control&follower=copy&continuous=true");
    assert!(!stuck(&mut lifecycle, NOW + 9 * HOUR - MINUTE));
    assert!(stuck(&mut lifecycle, NOW + 9 * HOUR + MINUTE));
    follow(&mut lifecycle, NOW + 9 * HOUR + 2 * MINUTE, "part=control&follower=copy&continuous=true");
    assert!(!stuck(&mut lifecycle, NOW + 10 * HOUR));
}
