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
const ARRIVED: Answered = Answered::Status { status: 200, retry_after_s: None };
const FAILED: Answered = Answered::Status { status: 500, retry_after_s: None };

fn secret(name: &str) -> Option<String> {
    name.ends_with("HOOK").then(|| HOOK.to_owned())
}

/// A webhook of a CRM's host.
fn hook(host: &str, secret: &str) -> Webhook {
    Webhook { url: format!("https://{host}/scores"), secret: secret.into(), events: Vec::new() }
}

/// Two shards with leads that version 1 scored, each with its fields; changes go to one webhook.
fn world(is_enabled: bool) -> Lifecycle<Memory> {
    world_of(is_enabled, if is_enabled { vec![hook("crm.example.com", "HOOK")] } else { Vec::new() })
}

fn world_of(is_enabled: bool, webhooks: Vec<Webhook>) -> Lifecycle<Memory> {
    let mut control = control();
    control.own.writeback.enabled = is_enabled;
    control.own.writeback.webhooks = webhooks;
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
    sent(lifecycle, line, "")
}

fn sent(lifecycle: &mut Lifecycle<Memory>, line: &str, body: &str) -> Response {
    let (method, path) = line.split_once(' ').unwrap();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let bearer = format!("Bearer {SECRET}");
    let request = Request { method, path, query, headers: &[("authorization", &bearer)], body: body.as_bytes() };
    lifecycle.answer(NOW + 60_000, &request, true)
}

fn document(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}

/// Takes what is due to the webhook, whose answer is `answered`: the leads of which it received changes.
fn delivered(lifecycle: &mut Lifecycle<Memory>, now_ms: i64, answered: Answered) -> Vec<String> {
    received(lifecycle, now_ms, &|_| answered).into_iter().map(|(_, lead)| lead).collect()
}

/// Takes what is due to webhooks, each of which answers by its URL: the URL and lead of each change that was taken.
fn received(lifecycle: &mut Lifecycle<Memory>, now_ms: i64, answers: &dyn Fn(&str) -> Answered) -> Vec<(String, String)> {
    let mut leads = Vec::new();
    loop {
        let due = lifecycle.control().lease(now_ms, &secret).unwrap();
        if due.is_empty() {
            return leads;
        }
        for message in due {
            let answered = answers(&message.url);
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
                leads.extend(changes.changes.into_iter().map(|change| (message.url.clone(), change.lead_id)));
            }
            lifecycle.control().settled(now_ms, &message.id, answered, "").unwrap();
        }
    }
}

/// The leads of all changes after a cursor, read in pages of at most `limit`.
fn followed(lifecycle: &mut Lifecycle<Memory>, after: &str, limit: usize) -> Vec<String> {
    let (mut cursor, mut seen) = (after.to_owned(), Vec::new());
    for _ in 0..=LEADS {
        let answer = asked(lifecycle, &format!("GET /v1/changes?limit={limit}&after={cursor}"));
        let page: ScoreChanges = serde_json::from_value(document(&answer)).unwrap();
        assert!(page.changes.len() <= limit, "{} of {limit}", page.changes.len());
        seen.extend(page.changes.into_iter().map(|change| change.lead_id));
        cursor = page.cursor;
        if !page.more {
            break;
        }
    }
    seen
}

#[test]
fn changes_reach_the_webhook_once_and_followers_by_their_cursor() {
    let mut lifecycle = world(true);
    // A receiver that fails is tried again later, in order.
    assert_eq!(delivered(&mut lifecycle, NOW + 1_000, FAILED), Vec::<String>::new());
    let day = 86_400_000;
    let mut leads = delivered(&mut lifecycle, NOW + day, ARRIVED);
    leads.sort();
    leads.dedup();
    assert_eq!(leads.len(), LEADS);
    lifecycle.tick(NOW + day + 1_000).unwrap();
    assert_eq!(delivered(&mut lifecycle, NOW + day + 2_000, ARRIVED), Vec::<String>::new(), "nothing is sent twice");
    // A follower reads page by page, of which none is longer than asked for, whatever the number of shards.
    for limit in [1, 50, 239] {
        let mut seen = followed(&mut lifecycle, "", limit);
        seen.sort();
        assert_eq!((seen.len(), &seen), (LEADS, &leads), "{limit}");
    }
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
    let entries = |lifecycle: &mut Lifecycle<Memory>| {
        let query = "SELECT at_ms, body FROM ledger WHERE kind = 'rescore' ORDER BY seq";
        lifecycle.control().sql.query(query, &[]).unwrap()
    };
    assert!(entries(&mut lifecycle).is_empty(), "a promotion is an entry of its own");
    let by_hand = asked(&mut lifecycle, "POST /v1/rescore");
    assert_eq!((by_hand.status, document(&by_hand)["by"].as_str()), (200, Some("Ada")));
    assert_eq!(document(&asked(&mut lifecycle, "GET /v1/rescore"))["leads"], 0);
    // The ledger says who had which version score leads again, and when.
    let [entry] = &entries(&mut lifecycle)[..] else { panic!("one entry") };
    let (at_ms, body) = (super::integer(entry, 0), serde_json::from_str::<Value>(&super::text(entry, 1)).unwrap());
    let id = document(&by_hand)["id"].clone();
    assert_eq!((at_ms, &body["actor"]["name"], &body["version"]), (NOW + 60_000, &json!("Ada"), &json!("1")));
    assert_eq!((&body["rescoring"], body["sentence"]["code"].as_str()), (&id, Some("LEADS_RESCORED")));
    assert_eq!(document(&asked(&mut lifecycle, "GET /v1/ledger/verify"))["valid"], true);
}

#[test]
fn a_rescoring_after_a_second_test_takes_up_what_the_first_did_not_reach() {
    let mut lifecycle = world(true);
    // Two challengers were tried one after the other, each on some leads.
    let shown = |lifecycle: &mut Lifecycle<Memory>, version: &str| {
        let query = "SELECT count(*) FROM current_scores WHERE version = ?1";
        let count =
            |shard: &mut LogShard<Memory>| super::integer(&shard.sql().query(query, &[Param::Text(version)]).unwrap()[0], 0);
        lifecycle.shards().iter_mut().map(count).sum::<i64>()
    };
    for (version, rest) in [("2", 1), ("3", 2)] {
        let update = "UPDATE current_scores SET version = ?1, band = 'none' WHERE lead % 3 = ?2";
        for shard in lifecycle.shards() {
            shard.sql().execute(update, &[Param::Text(version), Param::Integer(rest)]).unwrap();
        }
    }
    assert!(shown(&mut lifecycle, "2") > 40 && shown(&mut lifecycle, "3") > 40);
    let rate = |lifecycle: &mut Lifecycle<Memory>, per_second: u32, now_ms: i64| {
        lifecycle.control().own.writeback.rescore_per_second = per_second;
        lifecycle.control().settle_policy(now_ms).unwrap();
    };
    rate(&mut lifecycle, 10, NOW + 2_000);
    // An earlier release kept one name.
    lifecycle.control().set_kept("rescoring tried", "2").unwrap();
    for second in 2..5 {
        lifecycle.tick(NOW + second * 1_000).unwrap();
    }
    let first = document(&asked(&mut lifecycle, "GET /v1/rescore"));
    assert_eq!((&first["state"], &first["reported_by"]), (&json!("running"), &json!("2")), "{first}");
    assert!(shown(&mut lifecycle, "2") > 20);
    // The second test ends while the first rescoring is under way.
    lifecycle.control().set_kept("rescoring tried", r#"["3"]"#).unwrap();
    lifecycle.tick(NOW + 5_000).unwrap();
    assert!(shown(&mut lifecycle, "2") > 20);
    rate(&mut lifecycle, 10_000, NOW + 6_000);
    for second in 6..9 {
        lifecycle.tick(NOW + second * 1_000).unwrap();
    }
    let second = document(&asked(&mut lifecycle, "GET /v1/rescore"));
    assert_eq!((&second["state"], &second["reported_by"]), (&json!("done"), &json!("3")), "{second}");
    assert_eq!(
        (shown(&mut lifecycle, "2"), shown(&mut lifecycle, "3")),
        (0, 0),
        "no lead keeps a score of a model that serves none"
    );
    // By hand all leads are scored again; a test that ends meanwhile leaves it at that.
    rate(&mut lifecycle, 10, NOW + 10_000);
    assert_eq!(asked(&mut lifecycle, "POST /v1/rescore").status, 200);
    lifecycle.tick(NOW + 61_000).unwrap();
    lifecycle.control().set_kept("rescoring tried", r#"["2"]"#).unwrap();
    lifecycle.tick(NOW + 62_000).unwrap();
    rate(&mut lifecycle, 10_000, NOW + 63_000);
    for second in 63..66 {
        lifecycle.tick(NOW + second * 1_000).unwrap();
    }
    let all = document(&asked(&mut lifecycle, "GET /v1/rescore"));
    assert_eq!((&all["state"], &all["leads"]), (&json!("done"), &json!(LEADS)), "{all}");
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
    let leads = delivered(&mut lifecycle, NOW + 1_000, ARRIVED);
    assert!(leads.len() == LEADS - 1 && !leads.contains(&"lead-7".to_owned()));
    assert_eq!(bodies(&mut lifecycle, "%lead%"), SqlValue::Integer(0), "what was sent is not kept");
}

#[test]
fn an_alert_does_not_wait_behind_score_changes() {
    let mut lifecycle = world(true);
    let control = lifecycle.control();
    control.own.alerts.notify.webhooks = vec![hook("alerts.example.com", "HOOK")];
    control.settle_policy(NOW).unwrap();
    let policy = control.policy().clone();
    super::outbox::anchor(&mut control.sql, &policy, NOW + 1_000).unwrap();
    let due = control.lease(NOW + 1_000, &secret).unwrap();
    assert_eq!(due.iter().map(|message| message.url.contains("alerts")).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_webhook_that_fails_delays_no_other() {
    let hooks = vec![hook("fails.example.com", "FIRST_HOOK"), hook("works.example.com", "SECOND_HOOK")];
    let mut lifecycle = world_of(true, hooks);
    // While the first has not answered, the second gets one message after the other.
    let due = lifecycle.control().lease(NOW + 1_000, &secret).unwrap();
    assert_eq!(due.iter().map(|message| message.url.contains("fails")).collect::<Vec<_>>(), [true, false]);
    lifecycle.control().settled(NOW + 1_000, &due[1].id, ARRIVED, "").unwrap();
    let next = lifecycle.control().lease(NOW + 1_001, &secret).unwrap();
    assert!(next.len() == 1 && next[0].url.contains("works"), "{next:?}");
    lifecycle.control().settled(NOW + 1_001, &next[0].id, FAILED, "").unwrap();
    lifecycle.control().settled(NOW + 1_001, &due[0].id, FAILED, "").unwrap();
    // Each backs off by itself, and has all changes once it answers.
    let answers = |url: &str| if url.contains("fails") { FAILED } else { ARRIVED };
    let day = 86_400_000;
    let early = received(&mut lifecycle, NOW + day, &answers);
    assert!(early.iter().all(|(url, _)| url == "https://works.example.com/scores"));
    // While many messages wait for the first, further changes reach the second alone.
    let full = "INSERT INTO outbox (id, target, ordering, body, created_ms, due_ms, lease_ms, tries, state, place)
        SELECT ?1, target, ordering, body, created_ms, due_ms, 0, 0, 'waiting', place + 1 FROM outbox
        WHERE target = 'scores:FIRST_HOOK' ORDER BY place DESC LIMIT 1";
    for n in 0..20 {
        lifecycle.control().sql.execute(full, &[Param::Text(&format!("full-{n}"))]).unwrap();
    }
    let news = json!([[NOW, "r", null, 0, 1, "news", "m", "1", "champion", "champion", 200, null, 0.1, 0.4, "cold", 900]]);
    lifecycle.shards()[shard("news", 2) as usize].append(&format!("n 1 {NOW} {NOW}\n{news}")).unwrap();
    lifecycle.tick(NOW + day + 1_000).unwrap();
    let late = received(&mut lifecycle, NOW + day + 2_000, &answers);
    assert_eq!(late, [("https://works.example.com/scores".to_owned(), "news".to_owned())]);
    // Once its messages are gone, the first goes on where it was.
    lifecycle.control().sql.execute("DELETE FROM outbox WHERE id LIKE 'full-%'", &[]).unwrap();
    lifecycle.tick(NOW + 2 * day).unwrap();
    let rest = received(&mut lifecycle, NOW + 2 * day, &|_| ARRIVED);
    assert!(rest.iter().all(|(url, _)| url == "https://fails.example.com/scores"));
    let mut leads: Vec<&String> = rest.iter().map(|(_, lead)| lead).collect();
    leads.sort();
    leads.dedup();
    assert_eq!((leads.len(), leads.contains(&&"news".to_owned())), (LEADS + 1, true));
}

#[test]
fn a_webhook_whose_address_changes_gets_the_messages_that_wait() {
    let mut lifecycle = world(true);
    assert_eq!(delivered(&mut lifecycle, NOW + 1_000, FAILED), Vec::<String>::new());
    lifecycle.control().own.writeback.webhooks = vec![hook("new.example.com", "HOOK")];
    lifecycle.control().settle_policy(NOW + 2_000).unwrap();
    lifecycle.tick(NOW + 3_000).unwrap();
    let mut leads = received(&mut lifecycle, NOW + 86_400_000, &|_| ARRIVED);
    assert!(leads.iter().all(|(url, _)| url == "https://new.example.com/scores"));
    leads.sort();
    leads.dedup();
    assert_eq!(leads.len(), LEADS, "each once");
    assert_eq!(lifecycle.control().undelivered(10).unwrap(), []);
}

#[test]
fn a_follower_that_begins_or_comes_late_is_informed_that_older_changes_expired() {
    let mut lifecycle = world(true);
    let all = document(&asked(&mut lifecycle, "GET /v1/changes"));
    assert_eq!((all["changes"].as_array().unwrap().len(), all.get("expired")), (LEADS, None));
    let page = document(&asked(&mut lifecycle, "GET /v1/changes?limit=10"));
    lifecycle.expire(NOW + 91 * 86_400_000).unwrap();
    for after in ["", "0.0", "0"] {
        let answer = document(&asked(&mut lifecycle, &format!("GET /v1/changes?limit=1&after={after}")));
        assert_eq!((answer["expired"].as_bool(), answer["more"].as_bool()), (Some(true), Some(true)), "{answer}");
        let cursor = answer["cursor"].as_str().unwrap();
        assert_eq!(followed(&mut lifecycle, cursor, 1).len(), 1, "the newest of the other shard");
        let next = document(&asked(&mut lifecycle, &format!("GET /v1/changes?after={cursor}")));
        assert_eq!(next.get("expired"), None, "once is enough");
    }
    // Of the second shard this follower had seen nothing.
    for after in [page["cursor"].as_str().unwrap(), "119.0"] {
        let late = asked(&mut lifecycle, &format!("GET /v1/changes?after={after}"));
        assert_eq!((late.status, document(&late)["code"].as_str()), (409, Some("CHANGES_EXPIRED")), "{after}");
    }
    let newest = all["cursor"].as_str().unwrap();
    assert_eq!(document(&asked(&mut lifecycle, &format!("GET /v1/changes?after={newest}")))["changes"], json!([]));
}

const GONE: Answered = Answered::Status { status: 410, retry_after_s: None };
const ALL: &str = r#"{"to":"scores:HOOK"}"#;

fn resent(lifecycle: &mut Lifecycle<Memory>, body: &str) -> Value {
    document(&sent(lifecycle, "POST /v1/messages/resend", body))
}

/// The messages that are due, by their ids and bodies, each answered with `answered`.
fn drained(lifecycle: &mut Lifecycle<Memory>, now_ms: i64, answered: Answered) -> Vec<(String, String)> {
    let mut messages = Vec::new();
    while let Some(message) = lifecycle.control().lease(now_ms, &secret).unwrap().into_iter().next() {
        lifecycle.control().settled(now_ms, &message.id, answered, "gone").unwrap();
        messages.push((message.id, message.body));
    }
    messages
}

/// A caller has a lead scored at `at_ms`, with this probability.
fn scored(lifecycle: &mut Lifecycle<Memory>, lead: &str, at_ms: i64, probability: f64) {
    let row = json!([[at_ms, "r", null, 0, 1, lead, "m", "1", "champion", "champion", 200, null, 0.2, probability, "b", 900]]);
    lifecycle.shards()[shard(lead, 2) as usize].append(&format!("{lead}-{at_ms} 1 {at_ms} {at_ms}\n{row}")).unwrap();
    lifecycle.tick(at_ms + 1_000).unwrap();
}

#[test]
fn messages_that_were_given_up_are_sent_again_in_order_under_their_ids() {
    let mut lifecycle = world(true);
    // The receiver wants no messages, so each is given up at once.
    let messages = drained(&mut lifecycle, NOW + 2_000, GONE);
    assert!(messages.len() >= 4, "{}", messages.len());
    let leads = lifecycle.control().sql.query("SELECT count(*) FROM outbox WHERE body LIKE '%lead%'", &[]).unwrap();
    assert_eq!(leads[0][0], SqlValue::Integer(0), "no lead is kept in what was given up");
    let listed = document(&asked(&mut lifecycle, "GET /v1/messages?to=scores:HOOK"));
    assert_eq!(listed["receivers"], json!([{ "to": "scores:HOOK", "given_up": messages.len(), "waiting": 0 }]));
    let shown: Vec<&str> = listed["messages"].as_array().unwrap().iter().map(|message| message["id"].as_str().unwrap()).collect();
    assert_eq!(shown, messages.iter().rev().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), "the newest first");
    assert_eq!((&listed["messages"][0]["answer"], &listed["messages"][0]["can_resend"]), (&json!("gone"), &json!(true)));
    assert_eq!(document(&asked(&mut lifecycle, "GET /v1/messages?to=slack:OTHER"))["messages"], json!([]));
    // One, then all of them; a second time there is nothing to do.
    let one = json!({ "id": messages[0].0 }).to_string();
    assert_eq!(resent(&mut lifecycle, &one)["resent"], 1);
    assert_eq!(resent(&mut lifecycle, &one)["resent"], 0);
    assert_eq!(resent(&mut lifecycle, ALL)["resent"], messages.len() - 1);
    let nothing = json!({ "resent": 0, "messages": [], "obsolete": 0, "left": 0, "not_kept": 0 });
    assert_eq!(resent(&mut lifecycle, ALL), nothing);
    // They do not count as stuck, and a message that is written later is not sent before them.
    let waiting = lifecycle.control().sql.query("SELECT min(created_ms) FROM outbox WHERE state = 'waiting'", &[]).unwrap();
    assert!(super::integer(&waiting[0], 0) >= NOW + 60_000);
    scored(&mut lifecycle, "news", NOW + 61_000, 0.9);
    let mut again = drained(&mut lifecycle, NOW + 63_000, ARRIVED);
    assert!(again.pop().unwrap().1.contains("\"news\""));
    assert_eq!(again, messages, "the same messages under the same ids, in the same order");
    assert_eq!(resent(&mut lifecycle, ALL), nothing, "what arrived is not sent again");
    let notes = lifecycle.control().notes(10).unwrap();
    assert_eq!((notes.len(), notes[0].kind.as_str(), notes[0].by.as_str()), (2, "messages_resent", "Ada"));
}

#[test]
fn a_message_sent_again_brings_no_score_that_has_a_newer_one() {
    let mut lifecycle = world(true);
    delivered(&mut lifecycle, NOW + 2_000, GONE);
    // The receiver takes messages again, and with them a newer score of one lead; another is erased.
    scored(&mut lifecycle, "lead-7", NOW + 30_000, 0.9);
    assert_eq!(delivered(&mut lifecycle, NOW + 32_000, ARRIVED), ["lead-7"]);
    lifecycle.control().seed([7; 32]);
    assert_eq!(asked(&mut lifecycle, "DELETE /v1/leads/lead-8").status, 200);
    assert!(resent(&mut lifecycle, ALL)["resent"].as_u64().unwrap() >= 4);
    // A lead that is erased while they wait is left out too, and they can be given up and sent again as before.
    assert_eq!(asked(&mut lifecycle, "DELETE /v1/leads/lead-9").status, 200);
    delivered(&mut lifecycle, NOW + 62_000, GONE);
    assert!(resent(&mut lifecycle, ALL)["resent"].as_u64().unwrap() >= 4);
    let mut leads = delivered(&mut lifecycle, NOW + 63_000, ARRIVED);
    leads.sort();
    let without = ["lead-7", "lead-8", "lead-9"];
    let mut expected: Vec<String> =
        (0..LEADS).map(|n| format!("lead-{n}")).filter(|lead| !without.contains(&lead.as_str())).collect();
    expected.sort();
    assert_eq!(leads, expected, "each once");
    // A message of which every lead has a newer score is not sent.
    scored(&mut lifecycle, "lead-1", NOW + 70_000, 0.8);
    assert_eq!(drained(&mut lifecycle, NOW + 72_000, GONE).len(), 1);
    scored(&mut lifecycle, "lead-1", NOW + 80_000, 0.5);
    let answer = resent(&mut lifecycle, ALL);
    let counts = ["resent", "obsolete", "left"].map(|name| answer[name].as_u64());
    assert_eq!(counts, [Some(0), Some(1), Some(0)], "{answer}");
    let rest = drained(&mut lifecycle, NOW + 82_000, ARRIVED);
    assert!(rest.len() == 1 && rest[0].1.contains("0.5"), "{rest:?}");
}

#[test]
fn what_cannot_be_sent_again_is_rejected_with_the_way_forward() {
    let mut lifecycle = world(true);
    delivered(&mut lifecycle, NOW + 2_000, GONE);
    let rows = lifecycle.control().sql.query("SELECT id FROM outbox ORDER BY place LIMIT 1", &[]).unwrap();
    let first = super::text(&rows[0], 0);
    // Earlier releases kept nothing of what they gave up.
    lifecycle.control().sql.execute("UPDATE outbox SET body = '' WHERE id = ?1", &[Param::Text(&first)]).unwrap();
    let one = json!({ "id": first }).to_string();
    for (body, status, code) in [
        ("{}", 422, "RECEIVER_REQUIRED"),
        (r#"{"to":"a","id":"b"}"#, 422, "RECEIVER_OR_MESSAGE"),
        (r#"{"all":true}"#, 400, "BODY_MALFORMED"),
        (r#"{"to":"scores:OTHER"}"#, 404, "NO_SUCH_RECEIVER"),
        (r#"{"id":"none"}"#, 404, "NO_SUCH_MESSAGE"),
        (one.as_str(), 409, "MESSAGE_NOT_KEPT"),
    ] {
        let answer = sent(&mut lifecycle, "POST /v1/messages/resend", body);
        assert_eq!((answer.status, document(&answer)["code"].as_str()), (status, Some(code)), "{body}");
    }
    let listed = document(&asked(&mut lifecycle, "GET /v1/messages"));
    let can = listed["messages"].as_array().unwrap().iter().filter(|message| message["can_resend"] == true).count() as u64;
    let answer = resent(&mut lifecycle, ALL);
    assert_eq!((answer["resent"].as_u64(), &answer["not_kept"]), (Some(can), &json!(1)), "{answer}");
    // A receiver that the settings no longer name gets none.
    delivered(&mut lifecycle, NOW + 62_000, GONE);
    lifecycle.control().own.writeback.webhooks = vec![hook("new.example.com", "NEW_HOOK")];
    lifecycle.control().settle_policy(NOW + 63_000).unwrap();
    let other = lifecycle.control().sql.query("SELECT id FROM outbox WHERE state = 'dead' AND body <> '' LIMIT 1", &[]).unwrap();
    let gone = sent(&mut lifecycle, "POST /v1/messages/resend", &json!({ "id": super::text(&other[0], 0) }).to_string());
    assert_eq!((gone.status, document(&gone)["code"].as_str()), (409, Some("RECEIVER_GONE")));
    let request = Request { method: "POST", path: "/v1/messages/resend", query: "", headers: &[], body: ALL.as_bytes() };
    let answer = lifecycle.answer(NOW + 64_000, &request, true);
    assert_eq!((answer.status, document(&answer)["code"].as_str()), (403, Some("SCOPE_MISSING")));
}
