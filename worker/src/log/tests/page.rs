//! Scores that pages worked out: rows of the log that count nowhere until the service scores the lead itself.

use plumbline_core::event::{Event, Exposure};

use super::{DAY, START, batch, codes, line, rules};
use crate::log::{Grain, LogShard};
use crate::store::memory::Memory;
use crate::store::{Sql, SqlValue};

/// An exposure with a score of `probability`, whose shadow is by version 2.
fn seen(id: &str, lead: &str, probability: f64) -> Exposure {
    let json = format!(
        r#"{{"event_id":"{id}","lead_id":"{lead}","version":"1","occurred_at":{START},"score":{{"variant":"champion/1","role":"champion",
        "epoch":4,"probability":{probability},"margin":0.25,"band":"hot","arm":"A",
        "shadows":[{{"version":"2","variant":"shadow/2","probability":0.5}}]}}}}"#
    );
    Exposure::read(&json, START).unwrap()
}

fn logged(shard: &mut LogShard<Memory>, query: &str) -> Vec<Vec<SqlValue>> {
    shard.sql().query(query, &[]).unwrap()
}

#[test]
fn a_score_of_a_page_is_logged_once_with_its_variant_epoch_and_shadow() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    let all = [seen("e1", "a", 0.75), seen("e2", "b", 0.5), seen("e1", "a", 0.75), seen("e1", "a", 0.76)];
    assert_eq!(codes(&shard.ingest_exposures(&all).unwrap()), ["ORPHAN", "ORPHAN", "DUPLICATE", "EXPOSURE_CONFLICT"]);
    // The page sends again what it does not know to have arrived.
    assert_eq!(codes(&shard.ingest_exposures(&all).unwrap()), ["DUPLICATE", "DUPLICATE", "DUPLICATE", "EXPOSURE_CONFLICT"]);
    let columns =
        "source, lead_id, request_id, version, variant, role, epoch, probability, margin, band, arm, status, timestamp_ms";
    let rows = logged(&mut shard, &format!("SELECT {columns} FROM prediction_logs ORDER BY id"));
    assert_eq!(rows.len(), 4, "{rows:?}");
    let text = |cell: &SqlValue| cell.as_text().unwrap_or_default().to_owned();
    assert_eq!(rows[0][..6].iter().map(text).collect::<Vec<_>>(), ["page", "a", "e1", "1", "champion/1", "champion"]);
    assert_eq!(rows[0][6..9], [SqlValue::Integer(4), SqlValue::Real(0.75), SqlValue::Real(0.25)]);
    assert_eq!([text(&rows[0][9]), text(&rows[0][10])], ["hot", "A"]);
    assert_eq!(rows[0][11..], [SqlValue::Integer(200), SqlValue::Integer(START)]);
    assert_eq!(rows[1][1..6].iter().map(text).collect::<Vec<_>>(), ["a", "e1", "2", "shadow/2", "shadow"]);
    assert_eq!(shard.counts().unwrap()["page_scores"], 2);
    let served = shard.served("a", START, START, 9).unwrap();
    assert_eq!((served.len(), served[0].source.as_str()), (2, "page"));
}

#[test]
fn a_forged_score_counts_nowhere_and_the_service_s_own_does() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    shard.ingest_exposures(&[seen("e1", "a", 1.0), seen("e2", "b", 1.0)]).unwrap();
    let done = shard.digest_all(START + DAY, &rules()).unwrap();
    assert_eq!((done.rows, done.scores), (4, 0));
    let counted = |shard: &mut LogShard<Memory>| {
        let unsent = shard.unsent(100).unwrap().into_iter();
        unsent.filter(|window| window.grain != Grain::Voice).map(|window| window.version).collect::<Vec<_>>()
    };
    assert_eq!(counted(&mut shard), Vec::<String>::new(), "no window of traffic or outcomes knows of them");
    assert_eq!(logged(&mut shard, "SELECT count(*) FROM minute_tallies"), [[SqlValue::Integer(0)]]);
    // The service scores one of them: its own figure counts, the page's stays out.
    shard.append(&batch("b", &[line(START, "a", "1", "champion", 0.25)])).unwrap();
    shard.digest_all(START + DAY, &rules()).unwrap();
    let scores = logged(&mut shard, "SELECT lead_id, probability FROM lead_scores");
    assert_eq!(scores, [[SqlValue::Text("a".into()), SqlValue::Real(0.25)]]);
    assert!(counted(&mut shard).iter().all(|version| version == "1"));
}

#[test]
fn an_erased_lead_s_page_score_loses_its_id() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    shard.ingest_exposures(&[seen("e1", "a", 0.75), seen("e2", "b", 0.5)]).unwrap();
    let erased = shard.erase(START, "a", "0123456789abcdef0123456789abcdef").unwrap();
    assert_eq!((erased.rows, erased.deleted), (2, 1));
    let left = "SELECT count(*) FROM prediction_logs WHERE lead_id = 'a' OR request_id = 'e1'";
    assert_eq!(logged(&mut shard, left), [[SqlValue::Integer(0)]]);
    assert_eq!(codes(&shard.ingest_exposures(&[seen("e3", "a", 0.75)]).unwrap()), ["ERASED"]);
    assert_eq!(logged(&mut shard, "SELECT count(*) FROM prediction_logs"), [[SqlValue::Integer(4)]]);
}

#[test]
fn a_score_that_a_page_brings_days_later_is_found_at_its_own_time() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    let at = |id: &str, at_ms: i64| Exposure { occurred_ms: at_ms, ..seen(id, "a", 0.75) };
    let brought = [at("e1", START - 5 * DAY), at("e2", START), at("e3", START - 2 * DAY)];
    shard.ingest_exposures(&brought).unwrap();
    for exposure in &brought {
        let from = exposure.occurred_ms - 3_600_000;
        let served = shard.served("a", from, from + 7_200_000, 9).unwrap();
        assert_eq!(served.iter().map(|row| row.at_ms).collect::<Vec<_>>(), [exposure.occurred_ms; 2]);
    }
}

#[test]
fn rows_of_pages_leave_room_for_those_of_the_service() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    let forged: Vec<Exposure> = (0..30).map(|n| seen(&format!("e{n}"), "a", 1.0)).collect();
    shard.ingest_exposures(&forged).unwrap();
    shard.append(&batch("b", &[line(START + 1_000, "a", "1", "champion", 0.25)])).unwrap();
    let served = shard.served("a", START - DAY, START + DAY, 20).unwrap();
    assert_eq!((served.len(), served[19].source.as_str(), served[19].probability), (20, "service", Some(0.25)));
}
