//! Score changes from the shards to a webhook and to those who follow, and leads that are scored again.

use plumbline_core::alert::Answered;
use plumbline_core::event::{ScoreChanges, ScoresChanged, shard};
use plumbline_core::rollout::policy::Webhook;
use serde_json::{Value, json};

use super::tests::{NOW, SECRET, control};
use crate::log::{LeadFields, LogShard};
use crate::notice::sign;
use crate::store::memory::Memory;
use crate::store::{Param, Sql, SqlValue};
use crate::{Lifecycle, Request, Response};

const HOOK: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const LEADS: usize = 240;

/// Two shards with leads that version 1 scored, each with its fields; changes go to one webhook.
fn world(is_enabled: bool) -> Lifecycle<Memory> {
    let mut control = control();
    control.own.writeback.enabled = is_enabled;
    if is_enabled {
        let url = "https://crm.example.com/scores".to_owned();
        control.own.writeback.webhooks = vec![Webhook { url, secret: "HOOK".into(), events: Vec::new() }];
    }
    control.settle_policy(NOW).unwrap();
    let shards = [0, 1].map(|_| LogShard::open(Memory::new()).unwrap());
    let mut lifecycle = Lifecycle::new(control, shards.into());
    lifecycle.tick(NOW).unwrap();
    for number in [0, 1] {
        let own: Vec<String> = (0..LEADS).map(|n| format!("lead-{n}")).filter(|lead| shard(lead, 2) == number).collect();
        let row = |lead: &String| {
            json!([NOW, "r", null, 0, 1, lead, "m", "1", "champion", "champion", 200, null, 0.1, 0.4, "cold", 900])
        };
        let rows = Value::from_iter(own.iter().map(row));
        let kept = &mut lifecycle.shards()[number as usize];
        kept.append(&format!("b{number} {} {NOW} {NOW}\n{rows}", own.len())).unwrap();
        let fields = |lead: &String| LeadFields {
            lead_id: lead.clone(),
            at_ms: NOW,
            fields: json!({ "lead_id": lead, "visits": 4 }),
            schema_sha256: String::new(),
        };
        kept.keep_fields(&own.iter().map(fields).collect::<Vec<_>>()).unwrap();
    }
    lifecycle.tick(NOW + 1_000).unwrap();
    lifecycle
}

fn asked(lifecycle: &mut Lifecycle<Memory>, line: &str) -> Response {
    let (method, path) = line.split_once(' ').unwrap();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let bearer = format!("Bearer {SECRET}");
    let request = Request { method, path, query, headers: &[("authorization", &bearer)], body: b"" };
    lifecycle.answer(NOW + 60_000, &request, true)
}

fn document(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}

/// Takes what is due to the webhook, whose answer is `answered`: how many changes it received.
fn delivered(lifecycle: &mut Lifecycle<Memory>, now_ms: i64, answered: Answered) -> Vec<String> {
    let mut leads = Vec::new();
    loop {
        let due = lifecycle.control().lease(now_ms, &|name| (name == "HOOK").then(|| HOOK.to_owned())).unwrap();
        if due.is_empty() {
            return leads;
        }
        for message in due {
            let header = |name: &str| message.headers.iter().find(|(known, _)| known == name).unwrap().1.clone();
            let time: i64 = header("webhook-timestamp").parse().unwrap();
            assert_eq!(header("webhook-signature"), sign(&header("webhook-id"), time, &message.body, HOOK));
            let body: Value = serde_json::from_str(&message.body).unwrap();
            let ScoresChanged { kind, timestamp, data: changes } = serde_json::from_value(body).unwrap();
            assert!(
                kind == "scores.changed" && timestamp == changes.changes.iter().map(|change| change.at.clone()).max().unwrap()
            );
            assert!(changes.format == 1 && changes.changes.len() <= 100);
            if matches!(answered, Answered::Status { status: 200, .. }) {
                leads.extend(changes.changes.into_iter().map(|change| change.lead_id));
            }
            lifecycle.control().settled(now_ms, &message.id, answered, "").unwrap();
        }
    }
}

#[test]
fn changes_reach_the_webhook_once_and_followers_by_their_cursor() {
    let mut lifecycle = world(true);
    // A receiver that fails is tried again later, in order.
    let failed = Answered::Status { status: 500, retry_after_s: None };
    assert_eq!(delivered(&mut lifecycle, NOW + 1_000, failed), Vec::<String>::new());
    let day = 86_400_000;
    let mut leads = delivered(&mut lifecycle, NOW + day, Answered::Status { status: 200, retry_after_s: None });
    leads.sort();
    leads.dedup();
    assert_eq!(leads.len(), LEADS);
    lifecycle.tick(NOW + day + 1_000).unwrap();
    let ok = Answered::Status { status: 200, retry_after_s: None };
    assert_eq!(delivered(&mut lifecycle, NOW + day + 2_000, ok), Vec::<String>::new(), "nothing is sent twice");
    // A follower reads page by page.
    let (mut cursor, mut seen) = (String::new(), Vec::new());
    for _ in 0..100 {
        let page: ScoreChanges =
            serde_json::from_value(document(&asked(&mut lifecycle, &format!("GET /v1/changes?limit=50&after={cursor}"))))
                .unwrap();
        assert!(page.changes.len() <= 50);
        seen.extend(page.changes.into_iter().map(|change| change.lead_id));
        cursor = page.cursor;
        if !page.more {
            break;
        }
    }
    seen.sort();
    assert_eq!((seen.len(), &seen), (LEADS, &leads));
    let wrong = asked(&mut lifecycle, "GET /v1/changes?after=x");
    assert_eq!((wrong.status, document(&wrong)["code"].as_str()), (400, Some("CURSOR_MALFORMED")));
}

#[test]
fn open_leads_are_scored_again_when_another_version_serves_all_and_by_hand() {
    let mut lifecycle = world(true);
    let state = document(&asked(&mut lifecycle, "GET /v1/rescore"));
    assert_eq!(state["state"], "none", "the first version that serves is no promotion");
    // Another version begins to serve all leads.
    lifecycle.control().set_kept("rescoring serves", "0").unwrap();
    lifecycle.tick(NOW + 2_000).unwrap();
    lifecycle.tick(NOW + 3_000).unwrap();
    let state = document(&asked(&mut lifecycle, "GET /v1/rescore"));
    assert_eq!((state["state"].as_str(), state["by"].as_str()), (Some("running"), Some("promotion")), "{state}");
    for second in 0..10 {
        lifecycle.tick(NOW + 4_000 + second * 1_000).unwrap();
    }
    let state = document(&asked(&mut lifecycle, "GET /v1/rescore"));
    assert_eq!((state["state"].as_str(), state["leads"].as_u64(), state["share"].as_f64()), (Some("done"), Some(240), Some(1.0)));
    assert_eq!((state["rescored"].as_u64(), state["rejected"].as_u64()), (Some(240), Some(0)), "{state}");
    let by_hand = asked(&mut lifecycle, "POST /v1/rescore");
    assert_eq!((by_hand.status, document(&by_hand)["by"].as_str()), (200, Some("Ada")));
    assert_eq!(document(&asked(&mut lifecycle, "GET /v1/rescore"))["leads"], 0);
}

#[test]
fn without_the_setting_nothing_is_recorded_and_the_way_forward_is_named() {
    let mut lifecycle = world(false);
    for line in ["GET /v1/changes", "GET /v1/rescore", "POST /v1/rescore"] {
        let answer = asked(&mut lifecycle, line);
        assert_eq!((answer.status, document(&answer)["code"].as_str()), (409, Some("WRITEBACK_OFF")), "{line}");
    }
    assert_eq!(lifecycle.shards()[0].score_changes(0, 10).unwrap().changes, []);
}

#[test]
fn where_changes_cannot_be_read_the_rest_of_the_tick_goes_on() {
    let mut lifecycle = world(true);
    lifecycle.shards()[0].sql().execute("DROP TABLE score_changes", &[]).unwrap();
    lifecycle.tick(NOW + 120_000).unwrap();
}

#[test]
fn an_erased_lead_is_in_no_message_and_what_was_sent_is_not_kept() {
    let mut lifecycle = world(true);
    let bodies = |lifecycle: &mut Lifecycle<Memory>, like: &str| {
        let query = "SELECT count(*) FROM outbox WHERE body LIKE ?1";
        lifecycle.control().sql.query(query, &[Param::Text(like)]).unwrap()[0][0].clone()
    };
    assert_eq!(bodies(&mut lifecycle, "%\"lead-7\"%"), SqlValue::Integer(1));
    lifecycle.control().seed([7; 32]);
    let erased = asked(&mut lifecycle, "DELETE /v1/leads/lead-7");
    assert_eq!(erased.status, 200);
    assert_eq!(bodies(&mut lifecycle, "%\"lead-7\"%"), SqlValue::Integer(0));
    let leads = delivered(&mut lifecycle, NOW + 1_000, Answered::Status { status: 200, retry_after_s: None });
    assert!(leads.len() == LEADS - 1 && !leads.contains(&"lead-7".to_owned()));
    assert_eq!(bodies(&mut lifecycle, "%lead%"), SqlValue::Integer(0), "what was sent is not kept");
}

#[test]
fn an_alert_does_not_wait_behind_score_changes() {
    let mut lifecycle = world(true);
    let insert = "INSERT INTO outbox (id, target, ordering, body, created_ms, due_ms, lease_ms, tries, state, place) \
        SELECT 'alert', target, 'webhook alert', body, created_ms, due_ms, 0, 0, 'waiting', 1000000 FROM outbox LIMIT 1";
    lifecycle.control().sql.execute(insert, &[]).unwrap();
    let due = lifecycle.control().lease(NOW + 1_000, &|name| (name == "HOOK").then(|| HOOK.to_owned())).unwrap();
    assert_eq!(due[0].id, "alert");
}
