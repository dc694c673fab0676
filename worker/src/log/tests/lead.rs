//! One lead: what is shown of it, how it is erased, and what expires.

use plumbline_core::rollout::policy::Retention;

use super::*;
use crate::Param;

fn texts(shard: &mut LogShard<Memory>) -> String {
    let tables = match shard.sql() {
        Memory::Sqlite(_) => "SELECT name FROM sqlite_master WHERE type = 'table'",
        #[cfg(feature = "postgres")]
        Memory::Postgres(_) => "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()",
    };
    let tables = shard.sql().query(tables, &[]).unwrap();
    let mut all = String::new();
    for table in tables.iter().filter_map(|row| row[0].as_text()) {
        all += &format!("{:?}", shard.sql().query(&format!("SELECT * FROM \"{table}\""), &[]).unwrap());
    }
    all
}

fn story(shard: &mut LogShard<Memory>) {
    let segments = Some(r#"{"source":"kim@example.com's friend"}"#);
    let lines = [
        Line { segments, ..line(START, "kim@example.com", "1", "champion", 0.5) },
        Line { segments, ..line(START, "kim@example.com", "2", "shadow", 0.9) },
        line(START + 1, "b \"quoted\"", "1", "champion", 0.123_456_789_012_345_68),
    ];
    shard.append(&batch("b", &lines)).unwrap();
    shard
        .keep_fields(&[LeadFields {
            lead_id: "kim@example.com".into(),
            at_ms: START,
            fields: serde_json::json!({"mail": "kim@example.com"}),
            schema_sha256: "s".into(),
        }])
        .unwrap();
    shard.digest_all(START, &rules()).unwrap();
    shard.ingest(START + DAY, &[converted("kim@example.com", START + DAY)]).unwrap();
    let odd = format!(r#"{{"lead_id":"kim@example.com","kind":"odd","text":"kim@example.com again","occurred_at":{START}}}"#);
    shard.ingest_feedback(&[Feedback::read(&odd, START).unwrap()]).unwrap();
    let seen = format!(r#"{{"lead_id":"kim@example.com","version":"1","occurred_at":{START}}}"#);
    shard.ingest_exposures(&[Exposure::read(&seen, START).unwrap()]).unwrap();
}

#[test]
fn an_erased_lead_leaves_no_trace_and_every_count() {
    let (mut kept, mut erased) = (LogShard::open(Memory::new()).unwrap(), LogShard::open(Memory::new()).unwrap());
    story(&mut kept);
    story(&mut erased);
    // Rows that the digest has not read yet.
    for shard in [&mut kept, &mut erased] {
        shard.append(&batch("late", &[line(START + DAY, "kim@example.com", "1", "champion", 0.5)])).unwrap();
    }
    assert!(texts(&mut erased).contains("kim@example.com"));
    let done = erased.erase(START + 2 * DAY, "kim@example.com", "0123456789abcdef0123456789abcdef").unwrap();
    assert_eq!(done, Erased { rows: 3, scores: 2, deleted: 4 });
    assert!(!texts(&mut erased).contains("kim"), "{}", texts(&mut erased));
    // Other rows keep every digit.
    let rows = |shard: &mut LogShard<Memory>| {
        let rows = shard.sql().query("SELECT predictions FROM prediction_batches WHERE name = 'b'", &[]).unwrap();
        let text = rows[0][0].as_text().unwrap().to_owned();
        text[text.rfind('[').unwrap()..].to_owned()
    };
    assert!(rows(&mut kept).contains(r#""b \"quoted\"""#));
    assert_eq!(rows(&mut erased), rows(&mut kept));
    for shard in [&mut kept, &mut erased] {
        shard.digest_all(START + 20 * DAY, &rules()).unwrap();
    }
    let mature = |shard: &mut LogShard<Memory>| -> Vec<_> {
        let counted = windows(shard).into_iter().filter(|((grain, ..), _)| *grain != Grain::Voice);
        // Segments say who a lead is: its own are gone.
        let without = |business: Business| Business { segments: Default::default(), ..business };
        counted.map(|(key, (window, business))| (key, window.write(), business.map(without))).collect()
    };
    assert_eq!(mature(&mut erased), mature(&mut kept));
    // Late events are dropped, and nothing of a second erasure is left to do.
    assert_eq!(codes(&erased.ingest(START + 21 * DAY, &[converted("kim@example.com", START)]).unwrap()), ["ERASED"]);
    erased.append(&batch("again", &[line(START + 21 * DAY, "kim@example.com", "1", "champion", 0.5)])).unwrap();
    erased.digest_all(START + 21 * DAY, &rules()).unwrap();
    assert_eq!(erased.lead("kim@example.com"), Ok(None));
    assert_eq!((erased.is_erased("kim@example.com"), erased.is_erased("nobody")), (Ok(true), Ok(false)));
    let again = erased.erase(START + 22 * DAY, "kim@example.com", "1123456789abcdef0123456789abcdef").unwrap();
    assert_eq!(again, Erased { rows: 1, scores: 0, deleted: 0 });
    assert!(!texts(&mut erased).contains("kim"));
}

#[test]
fn a_lead_may_have_the_name_that_takes_the_place_of_erased_ones() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    shard.append(&batch("b", &["kim", "erased"].map(|lead| line(START, lead, "1", "champion", 0.5)))).unwrap();
    shard.digest_all(START, &rules()).unwrap();
    assert_eq!(shard.erase(START + 1, "kim", "0123456789abcdef0123456789abcdef").unwrap().rows, 1);
    let answers = shard.ingest(START + DAY, &[converted("erased", START + DAY)]).unwrap();
    assert_eq!(codes(&answers), ["ACCEPTED"]);
    assert_eq!(shard.lead("erased").unwrap().unwrap().lead.scores.len(), 1);
    assert_eq!(shard.served("erased", START - 1, START + 1, 10).unwrap().len(), 1);
    // It alone is erased, and rows that were erased before are not written again.
    let done = shard.erase(START + 2 * DAY, "erased", "1123456789abcdef0123456789abcdef").unwrap();
    assert_eq!(done, Erased { rows: 1, scores: 1, deleted: 1 });
    assert_eq!(shard.served("erased", START - 1, START + 1, 10).unwrap(), []);
}

#[test]
fn a_lead_is_shown_with_everything_about_it() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    story(&mut shard);
    let record = shard.lead("kim@example.com").unwrap().unwrap();
    let scores: Vec<(&str, &str, f64)> =
        record.lead.scores.iter().map(|score| (score.version.as_str(), score.role.as_str(), score.probability)).collect();
    assert_eq!(scores, [("1", "champion", 0.5), ("2", "shadow", 0.9)]);
    assert_eq!(record.lead.outcome.unwrap().converted_ms, Some(START + DAY));
    assert_eq!((record.events.len(), record.feedback.len(), record.exposures.len(), record.fields.len()), (1, 1, 1, 1));
    let list = shard.leads(None, 10).unwrap();
    let mut ids: Vec<&str> = list.iter().map(|lead| lead.lead_id.as_str()).collect();
    let last = list.last().unwrap();
    assert_eq!(shard.leads(None, 1).unwrap(), list[..1]);
    assert_eq!(shard.leads(Some(list[0].cursor.min(last.cursor)), 10).unwrap().len(), if last.scores.len() == 2 { 1 } else { 0 });
    ids.sort_unstable();
    assert_eq!(ids, ["b \"quoted\"", "kim@example.com"]);
    assert_eq!(shard.lead("nobody"), Ok(None));
    let served = shard.served("kim@example.com", START - 1000, START + 1000, 10).unwrap();
    assert_eq!(served.iter().map(|row| (row.version.as_str(), row.epoch)).collect::<Vec<_>>(), [("1", Some(1)), ("2", Some(1))]);
    assert_eq!(shard.served("kim@example.com", START + 1, START + 1000, 10).unwrap(), []);
    // Rows that the digest has not read are found, too.
    shard.append(&batch("late", &[line(START + DAY, "kim@example.com", "1", "champion", 0.5)])).unwrap();
    assert_eq!(shard.served("kim@example.com", START + 1, START + 2 * DAY, 10).unwrap().len(), 1);
}

#[test]
fn old_records_expire_once_they_are_archived() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    story(&mut shard);
    shard.ingest(START, &[converted("never scored", START)]).unwrap();
    shard.append(&batch("new", &[line(START + 399 * DAY, "new", "1", "champion", 0.5)])).unwrap();
    shard.digest_all(START + 399 * DAY, &rules()).unwrap();
    let young =
        LeadFields { lead_id: "new".into(), at_ms: START + 399 * DAY, fields: serde_json::json!({}), schema_sha256: "s".into() };
    shard.keep_fields(&[young]).unwrap();
    let sent = shard.unsent(1000).unwrap();
    shard.acknowledge(&sent).unwrap();
    let (now, retention) = (START + 401 * DAY, Retention::default());
    let first = shard.expire(now, &retention, None).unwrap();
    assert_eq!((first.batches, first.scores, first.fields, first.orphans), (0, 0, 0, 1));
    let hours = sent.iter().filter(|window| window.grain == Grain::Hour && window.start_ms < START + 300 * DAY).count() as u64;
    assert_eq!(first.windows, hours);
    let all = crate::log::Cursor { batch: 100, score: 100, fields: 100, change: 100, ..Default::default() };
    let second = shard.expire(now, &retention, Some(all)).unwrap();
    assert_eq!((second.batches, second.scores, second.fields, second.more), (1, 3, 1, false));
    assert_eq!(shard.count(), Ok(1));
    let third = shard.expire(now + 1000 * DAY, &retention, Some(all)).unwrap();
    assert_eq!(third.batches, 0, "the newest batch stays");
    let left = shard.sql().query("SELECT count(*) FROM batch_leads WHERE batch > ?1", &[Param::Integer(0)]).unwrap();
    assert_eq!(left[0][0].as_integer(), Some(1));
}

#[test]
fn stored_fields_come_with_what_became_of_their_lead() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    let fields = |lead: &str, at_ms: i64| LeadFields {
        lead_id: lead.into(),
        at_ms,
        fields: serde_json::json!({"visits": 1}),
        schema_sha256: "s".into(),
    };
    let leads = ["bought", "lost", "buyer", "unscored"];
    shard.keep_fields(&leads.map(|lead| fields(lead, START))).unwrap();
    // More than one statement takes.
    let long = LeadFields { fields: serde_json::json!({"text": "x".repeat(600_000)}), ..fields("long", START + DAY) };
    shard.keep_fields(&[long.clone(), LeadFields { lead_id: "longer".into(), ..long }]).unwrap();
    shard.append(&batch("b", &["bought", "lost", "buyer"].map(|lead| line(START, lead, "1", "champion", 0.5)))).unwrap();
    shard.digest_all(START, &rules()).unwrap();
    shard.ingest(START + DAY, &[converted("bought", START + 5), converted("buyer", START - 5)]).unwrap();
    let mut at = |now: i64| {
        let found = shard.stored_leads(now, (START, START + 10), None, 100).unwrap();
        found.into_iter().map(|stored| (stored.lead.lead_id, stored.converted)).collect::<Vec<_>>()
    };
    let all = |of: [Option<bool>; 4]| -> Vec<_> {
        ["bought", "buyer", "lost", "unscored"].into_iter().map(str::to_owned).zip(of).collect()
    };
    assert_eq!(at(START + DAY), all([None; 4]));
    assert_eq!(at(START + 8 * DAY), all([Some(true), None, Some(false), None]));
    let rest = shard.stored_leads(START, (START, START + 2 * DAY), Some((START, "buyer")), 3).unwrap();
    assert_eq!(rest.iter().map(|stored| stored.lead.lead_id.as_str()).collect::<Vec<_>>(), ["lost", "unscored", "long"]);
}
