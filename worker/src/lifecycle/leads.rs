//! Leads that are sent so that their fields are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use plumbline_core::ScoreError;
use plumbline_core::event::{MOST_EVENTS, shard};
use plumbline_core::lead::{Form, Limits, Reader, Slots};
use serde_json::json;

use crate::control::{Fault, Sent};
use crate::log::{EventStatus, LeadFields, LogShard};
use crate::problem::Problem;
use crate::scoring::{body_problem, lead_problem};
use crate::store::Sql;
use crate::tally::{Fields, Known, Seen};

/// What becomes of each lead of `body`: `shard`, of a number among so many, keeps the fields of its own. None in the places of the others';
/// a lead that cannot be read is every shard's.
///
/// # Errors
/// The body as a whole cannot be read, or the store failed.
pub(super) fn keep<S: Sql>(
    log: &mut LogShard<S>,
    (number, shards): (u32, u32),
    now_ms: i64,
    sent: &Sent,
    body: &[u8],
) -> Result<Vec<Option<EventStatus>>, Fault> {
    let reader = Reader::new(&sent.schema);
    let known = Arc::new(Known::new(sent.names.clone(), sent.schema_sha256.clone()));
    let fields = Fields { personal: sent.personal.clone(), secret: sent.key.clone().into_bytes() };
    let form = if sent.is_lines { Form::Lines } else { Form::of_json(body) };
    let limits = Limits { batch: MOST_EVENTS as u32, ..Limits::default() };
    let (mut slots, mut statuses, mut places, mut own) = (Slots::default(), Vec::new(), Vec::new(), Vec::new());
    let (mut last, mut doubles) = (BTreeMap::new(), BTreeSet::new());
    let read = reader.read_body(body, form, &limits, &mut slots, &mut |lead| {
        let id = reader.id(lead.slots);
        let status = match lead.read {
            Err(errors) => Some(rejected(lead_problem(&ScoreError::from(errors)))),
            Ok(()) if id.is_empty() => Some(rejected(no_id())),
            Ok(()) => None,
        };
        if status.is_none() && shard(id, shards.max(1)) == number {
            // Of a lead that comes several times the last one counts.
            if let Some(before) = last.insert(id.to_owned(), own.len()) {
                doubles.insert(before);
            }
            places.push(statuses.len());
            own.push(kept(&fields, &known, id, &String::from_utf8_lossy(lead.json), now_ms));
        }
        statuses.push(status);
    });
    read.map_err(|error| body_problem(&error))?;
    let is_last = |at: &usize| !doubles.contains(at);
    let kept: Vec<LeadFields> = (0..own.len()).filter(is_last).filter_map(|at| own.get(at).cloned()).collect();
    let mut stored = if kept.is_empty() { Vec::new() } else { log.ingest_fields(&kept)? }.into_iter();
    let statuses_of_own = (0..own.len()).map(|at| if is_last(&at) { stored.next() } else { Some(later()) });
    for (at, status) in places.into_iter().zip(statuses_of_own.flatten()) {
        if let Some(place) = statuses.get_mut(at) {
            *place = Some(status);
        }
    }
    Ok(statuses)
}

/// What is kept of the lead `id`, which came as `json`.
fn kept(fields: &Fields, known: &Arc<Known>, id: &str, json: &str, now_ms: i64) -> LeadFields {
    let (mut seen, mut text) = (Seen::default(), String::new());
    seen.keep(0, id, json, now_ms, known);
    seen.leads().iter().for_each(|lead| fields.write(&mut text, &seen, lead));
    let bare = |_| LeadFields { lead_id: id.to_owned(), at_ms: now_ms, fields: json!({}), schema_sha256: String::new() };
    serde_json::from_str(&text).unwrap_or_else(bare)
}

fn rejected(problem: Problem) -> EventStatus {
    EventStatus { status: problem.status, code: problem.code.to_owned(), detail: Some(problem.detail) }
}

/// The status of a lead that comes again further down.
fn later() -> EventStatus {
    let detail = "a later lead of this request has the same id, and is the one that is kept".to_owned();
    EventStatus { status: 200, code: "DUPLICATE".to_owned(), detail: Some(detail) }
}

fn no_id() -> Problem {
    Problem::new(422, "LEAD_ID_MISSING", "a lead whose fields are kept needs an id (lead_id)")
}

#[cfg(test)]
mod tests {
    use plumbline_core::rollout::Policy;
    use plumbline_core::rollout::policy::LeadStore;
    use plumbline_core::route::AllocationSettings;
    use serde_json::{Value, json};

    use crate::log::LogShard;
    use crate::request::Request;
    use crate::sample::bytes_of;
    use crate::store::memory::Memory;
    use crate::{Control, Lifecycle};

    const NOW: i64 = 1_700_000_000_000;

    fn open(store: LeadStore) -> Lifecycle<Memory> {
        let mut policy = Policy::default();
        policy.leads.store = store;
        policy.leads.personal = vec!["plan".into()];
        let mut control = Control::open(Memory::new(), policy, AllocationSettings::champion_only("")).unwrap();
        control.hash_personal("secret");
        control.genesis(NOW, &bytes_of("1", 0.5), "test").unwrap();
        let shards = [0, 1].map(|_| LogShard::open(Memory::new()).unwrap());
        Lifecycle::new(control, shards.into())
    }

    fn send(lifecycle: &mut Lifecycle<Memory>, now: i64, kind: &str, body: &str) -> (u16, Value) {
        let headers = [("content-type", kind)];
        let request = Request { method: "POST", path: "/v1/leads", query: "", headers: &headers, body: body.as_bytes() };
        let response = lifecycle.answer(now, &request, true);
        (response.status, serde_json::from_slice(&response.body).unwrap())
    }

    fn fields(lifecycle: &mut Lifecycle<Memory>, lead: &str) -> Value {
        let path = format!("/v1/leads/{lead}");
        let request = Request { method: "GET", path: &path, query: "", headers: &[], body: b"" };
        serde_json::from_slice::<Value>(&lifecycle.answer(NOW, &request, true).body).unwrap()["fields"].take()
    }

    #[test]
    fn leads_are_kept_each_once_and_again_where_they_changed() {
        let mut lifecycle = open(LeadStore::Ingested);
        let body = "{\"lead_id\":\"a\",\"visits\":4,\"plan\":\"gold\",\"email\":\"x@y.example\"}\n{\"lead_id\":\"b\",\"visits\":\"x\"}\n\
            {\"visits\":1}\n{\"lead_id\":\"c\",\"visits\":2}\n{\"lead_id\":\"c\",\"visits\":3}\n{";
        let (status, answer) = send(&mut lifecycle, NOW, "application/x-ndjson", body);
        let codes = |answer: &Value| -> Vec<String> {
            answer["events"].as_array().unwrap().iter().map(|event| event["code"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!((status, &answer["accepted"], &answer["rejected"]), (200, &json!(3), &json!(3)), "{answer}");
        let expected = ["ACCEPTED", "LEAD_WRONG_TYPE", "LEAD_ID_MISSING", "DUPLICATE", "ACCEPTED", "LEAD_MALFORMED"];
        assert_eq!(codes(&answer), expected, "{answer}");
        let kept = fields(&mut lifecycle, "a");
        assert_eq!((kept[0][0].as_i64(), kept[0][1]["visits"].as_i64()), (Some(NOW), Some(4)), "{kept}");
        assert!(kept[0][1]["plan"].as_str().unwrap().len() == 32 && kept[0][1].get("email").is_none(), "{kept}");
        assert_eq!(fields(&mut lifecycle, "c"), json!([[NOW, { "visits": 3 }]]), "of two leads with an id the last one");
        let (_, answer) = send(&mut lifecycle, NOW + 1_000, "application/x-ndjson", body);
        assert_eq!(
            (codes(&answer)[0].as_str(), codes(&answer)[4].as_str()),
            ("DUPLICATE", "DUPLICATE"),
            "sending it again changes nothing"
        );
        // Sent again, by another form of the body: nothing is new but what changed.
        let again = json!([{ "lead_id": "a", "visits": 4, "plan": "gold" }, { "lead_id": "c", "visits": 2 }]).to_string();
        let (_, answer) = send(&mut lifecycle, NOW + 5_000, "application/json", &again);
        assert_eq!(codes(&answer), ["DUPLICATE", "ACCEPTED"]);
        assert_eq!(fields(&mut lifecycle, "c")[0][0].as_i64(), Some(NOW + 5_000));
        // Erased leads stay erased.
        for shard in &mut lifecycle.shards {
            shard.erase(NOW, "a", &"0".repeat(32)).unwrap();
        }
        let (_, answer) = send(&mut lifecycle, NOW + 6_000, "", r#"{"lead_id":"a","visits":9}"#);
        assert_eq!(codes(&answer), ["ERASED"]);
    }

    #[test]
    fn a_body_that_cannot_be_read_and_settings_that_keep_nothing_are_problems() {
        let mut lifecycle = open(LeadStore::Ingested);
        for (kind, body, status, code) in [
            ("", "", 400, "LEAD_BODY_EMPTY"),
            ("application/json", "[{}", 400, "LEAD_MALFORMED"),
            ("text/xml", "{}", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ] {
            let (found, answer) = send(&mut lifecycle, NOW, kind, body);
            assert_eq!((found, answer["code"].as_str()), (status, Some(code)), "{answer}");
        }
        for (store, code) in [(LeadStore::Scored, "LEADS_KEPT_WHEN_SCORED"), (LeadStore::None, "LEADS_NOT_KEPT")] {
            let (status, answer) = send(&mut open(store), NOW, "", r#"{"lead_id":"a"}"#);
            assert_eq!((status, answer["code"].as_str()), (409, Some(code)));
        }
    }
}
