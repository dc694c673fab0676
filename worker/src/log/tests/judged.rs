//! Priorities that people gave leads, next to the model's score: which of several, and up to when.

use plumbline_core::event::{Event, Feedback};

use super::{DAY, START, batch, converted, line, outcome, rules};
use crate::log::LogShard;
use crate::store::memory::Memory;

const HOUR: i64 = 3_600_000;

#[test]
fn the_newest_priority_before_the_outcome_counts_and_none_after_it() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    let leads = ["open", "won", "lost", "late"];
    let rows: Vec<_> = leads.iter().map(|lead| line(START, lead, "1", "champion", 0.5)).collect();
    shard.append(&batch("b", &rows)).unwrap();
    shard.digest_all(START, &rules()).unwrap();
    let at = START + 5 * HOUR;
    let lost = outcome(&format!(r#"{{"lead_id":"lost","kind":"lost","occurred_at":{at}}}"#));
    shard.ingest(at, &[converted("won", at), lost]).unwrap();
    let priority = |lead: &str, at: i64, rating: u32| {
        let id = format!("{lead}-{rating}");
        let text = format!(r#"{{"event_id":"{id}","lead_id":"{lead}","kind":"priority","occurred_at":{at},"rating":{rating}}}"#);
        Feedback::read(&text, i64::MAX / 2).unwrap()
    };
    let mut given = Vec::new();
    for lead in ["open", "won", "lost"] {
        given.extend([priority(lead, START + HOUR, 3), priority(lead, START + 2 * HOUR, 4), priority(lead, START + 6 * HOUR, 9)]);
    }
    // After the outcome counts, seven days after the score, it is too late.
    given.extend([priority("open", START + 8 * DAY, 10), priority("late", START + 8 * DAY, 10)]);
    shard.ingest_feedback(&given).unwrap();
    shard.digest_all(START + 9 * DAY, &rules()).unwrap();
    let judged = shard.judged_by_people(START, 10).unwrap();
    let mut found: Vec<_> = judged.iter().map(|lead| (lead.priority.unwrap(), lead.converted)).collect();
    found.sort_by(|a, b| a.partial_cmp(b).unwrap());
    assert_eq!(found, [(4.0, false), (4.0, true), (9.0, false)], "lost, won, open");
}
