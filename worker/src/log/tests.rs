//! A shard from its batches and events to its windows.

mod inquiry;
mod judged;
mod lead;
mod page;
mod test;
mod writeback;

use plumbline_core::Timestamp;
use plumbline_core::event::{Event, Exposure, Feedback, Outcome};
use plumbline_core::window::{Layout, Window};

use super::*;
use crate::sample::ask;
use crate::store::memory::{Failing, Memory};
use crate::{Journal, Settings};

pub(super) const DAY: i64 = 86_400_000;
/// 2026-11-28T10:00:00Z.
pub(super) const START: i64 = 1_795_860_000_000;

/// A row of the log as a journal writes it.
#[derive(Clone)]
pub(super) struct Line {
    pub at: i64,
    pub lead: String,
    pub version: &'static str,
    pub role: &'static str,
    pub probability: f64,
    pub epoch: Option<i64>,
    pub arm: Option<&'static str>,
    pub segments: Option<&'static str>,
    pub status: u16,
    pub duration_us: Option<u32>,
}

pub(super) fn line(at: i64, lead: &str, version: &'static str, role: &'static str, probability: f64) -> Line {
    let (lead, none) = (lead.to_owned(), None);
    Line { at, lead, version, role, probability, epoch: Some(1), arm: None, segments: none, status: 200, duration_us: Some(900) }
}

/// The text of a batch.
pub(super) fn batch(name: &str, lines: &[Line]) -> String {
    let rows: Vec<serde_json::Value> = lines
        .iter()
        .map(|l| {
            let probability = (l.status == 200).then_some(l.probability);
            serde_json::json!([
                l.at,
                "r",
                null_text(),
                0,
                1,
                l.lead,
                "m",
                l.version,
                l.version,
                l.role,
                l.status,
                null_text(),
                probability,
                probability,
                "hot",
                l.duration_us,
                0,
                null_text(),
                null_text(),
                l.epoch,
                l.arm,
                l.segments,
                null_text()
            ])
        })
        .collect();
    let times = lines.iter().map(|line| line.at);
    let (first, last) = (times.clone().min().unwrap_or(0), times.max().unwrap_or(0));
    format!("{name} {} {first} {last}\n{}", rows.len(), serde_json::Value::from(rows))
}

fn null_text() -> Option<&'static str> {
    None
}

pub(super) fn outcome(json: &str) -> Outcome {
    Outcome::read(json, i64::MAX / 2).unwrap()
}

pub(super) fn converted(lead: &str, at: i64) -> Outcome {
    outcome(&format!(r#"{{"lead_id":"{lead}","kind":"converted","occurred_at":{at}}}"#))
}

pub(super) fn rules() -> Digest {
    let span =
        RolloutSpan { id: "r1".into(), challenger: "2".into(), champion: "1".into(), from_epoch: 1, ..RolloutSpan::default() };
    Digest { rollouts: vec![span], ..Digest::default() }
}

pub(super) fn codes(answers: &[EventStatus]) -> Vec<&str> {
    answers.iter().map(|answer| answer.code.as_str()).collect()
}

pub(super) type Found = std::collections::BTreeMap<(Grain, i64, String, String), (Window, Option<Business>)>;

/// All windows, whether sent or not.
pub(super) fn windows<S: Sql>(shard: &mut LogShard<S>) -> Found {
    shard.sql().execute("UPDATE shard_windows SET sent_rev = 0", &[]).unwrap();
    let read = |window: ShardWindow| {
        let business = window.business.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let counts = match window.grain {
            Grain::Voice => Window::new(&Layout::default()),
            _ => Window::read(&window.bytes, &Layout::default()).unwrap(),
        };
        ((window.grain, window.start_ms, window.version, window.role), (counts, business))
    };
    shard.unsent(10_000).unwrap().into_iter().map(read).collect()
}

#[test]
fn leads_of_a_load_test_are_in_the_log_and_count_nowhere() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    let load = |lead: &str, status| Line { status, ..line(START, lead, "1", "load", 0.9) };
    shard.append(&batch("b", &[load("capacity-1", 200), load("capacity-2", 500)])).unwrap();
    let mut effects = ask("POST /v1/capacity/score", &[], r#"{"lead_id":"capacity-3","visits":4}"#).effects;
    effects.predictions[0].timestamp_ms = START;
    let mut journal = Journal::new(&Settings { shards: 1, ..Settings::default() }, "x");
    journal.push(Timestamp(START), &effects);
    shard.append(&journal.flush()[0].text).unwrap();
    shard.digest_all(START + DAY, &rules()).unwrap();
    assert_eq!((shard.count(), windows(&mut shard).len(), shard.minutes(START).unwrap()), (Ok(3), 0, vec![]));
    assert_eq!(shard.sql().query("SELECT lead_id FROM lead_scores", &[]).unwrap().len(), 0);
    assert_eq!(codes(&shard.ingest(START + DAY, &[converted("capacity-1", START + 9)]).unwrap()), ["ORPHAN"]);
}

#[test]
fn a_lead_meets_its_outcome_on_the_day_it_matures() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    let mut lines = Vec::new();
    for i in 0..500 {
        let (at, lead) = (START + i * 1000, format!("lead-{i}"));
        lines.push(line(at, &lead, "1", "champion", if i % 2 == 0 { 0.9 } else { 0.2 }));
        lines.push(line(at, &lead, "2", "shadow", if i % 5 == 0 { 0.9 } else { 0.2 }));
    }
    lines.push(Line { status: 422, ..line(START, "odd", "1", "champion", 0.0) });
    lines.push(Line { lead: "r/0".into(), ..line(START, "", "1", "champion", 0.7) });
    for (i, part) in lines.chunks(150).enumerate() {
        shard.append(&batch(&format!("b-{i}"), part)).unwrap();
    }
    let done = shard.digest_all(START + DAY, &rules()).unwrap();
    assert_eq!((done.rows, done.scores, done.matured), (1002, 1000, 0));
    let found = windows(&mut shard);
    let day = START - START % DAY;
    let (traffic, _) = &found[&(Grain::Day, day, "1".into(), "champion".into())];
    assert_eq!((traffic.counters.requests, traffic.counters.leads, traffic.counters.scored), (502, 502, 501));
    assert_eq!((traffic.latency.count(), traffic.scores.counts()), (502, [0, 0, 501]));
    let (hour, _) = &found[&(Grain::Hour, START, "2".into(), "shadow".into())];
    assert_eq!((hour.counters.leads, hour.latency.count()), (500, 0));
    assert_eq!(shard.minutes(START).unwrap().iter().map(|minute| minute.requests).sum::<u64>(), 1002);

    let events: Vec<Outcome> = (0..500).step_by(4).map(|i| converted(&format!("lead-{i}"), START + 2 * DAY)).collect();
    assert_eq!(codes(&shard.ingest(START + 3 * DAY, &events).unwrap()), vec!["ACCEPTED"; 125]);
    assert_eq!(shard.digest_all(START + 6 * DAY, &rules()).unwrap().matured, 0);
    let done = shard.digest_all(START + 8 * DAY, &rules()).unwrap();
    assert_eq!((done.matured, done.windows), (1000, 4));
    let found = windows(&mut shard);
    let of = |version: &str, role: &str| found[&(Grain::Mature, day + 7 * DAY, version.into(), role.into())].clone();
    assert_eq!(of("1", "champion").0.scores.counts(), [125, 375, 0]);
    let (window, business) = of("2", "paired");
    let business = business.unwrap();
    assert_eq!((window.scores.counts(), business.converted, business.leads), ([125, 375, 0], 125, 500));
    // Every fourth lead converted; the champion called every second, the challenger every fifth.
    let pairs = business.pairs.unwrap();
    let counts = [
        (true, true, true),
        (true, false, true),
        (false, true, true),
        (true, true, false),
        (true, false, false),
        (false, false, false),
    ];
    assert_eq!(counts.map(|(a, b, c)| pairs.count(|x, y, z| (x, y, z) == (a, b, c))), [25, 100, 0, 25, 100, 200]);

    assert_eq!(of("1", "champion").1.unwrap().segments, Default::default());

    // A late outcome changes the day at once.
    let late = shard.ingest(START + 8 * DAY, &[converted("lead-1", START + DAY), converted("lead-2", START + 8 * DAY)]).unwrap();
    assert_eq!(codes(&late), ["ACCEPTED", "AFTER_MATURITY"]);
    assert_eq!(shard.digest_all(START + 8 * DAY + 1, &rules()).unwrap().windows, 4);
    assert_eq!(shard.digest_all(START + 8 * DAY + 5_000, &rules()).unwrap().windows, 0);
    let found = windows(&mut shard);
    assert_eq!(found[&(Grain::Mature, day + 7 * DAY, "1".into(), "champion".into())].0.scores.counts(), [126, 374, 0]);
}

#[test]
fn every_event_is_stored_once_and_says_what_became_of_it() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    shard.append(&batch("b", &[line(START, "a", "1", "champion", 0.5), line(START, "b", "1", "champion", 0.5)])).unwrap();
    shard.digest_all(START, &rules()).unwrap();
    let event = |text: &str| outcome(&format!(r#"{{"lead_id":"a",{text}}}"#));
    let won = event(r#""kind":"converted","occurred_at":"2026-11-29T10:00:00Z","event_id":"e1""#);
    let other = event(r#""kind":"converted","occurred_at":"2026-11-30T10:00:00Z","event_id":"e1""#);
    let corrected = event(r#""kind":"converted","occurred_at":"2026-11-30T10:00:00Z","event_id":"e2","replaces":"e1""#);
    let before = event(r#""kind":"converted","occurred_at":"2026-11-28T09:00:00Z""#);
    let retracted = event(r#""kind":"retract","occurred_at":"2026-11-30T10:00:00Z","replaces":"e2""#);
    let orphan = converted("nobody", START);
    let all = [won.clone(), won.clone(), other, corrected, before.clone(), retracted, orphan.clone()];
    let now = START + 3 * DAY;
    let answers = shard.ingest(now, &all).unwrap();
    let expected = ["ACCEPTED", "DUPLICATE", "OUTCOME_CONFLICT", "CORRECTED", "BEFORE_SCORE", "CORRECTED", "ORPHAN"];
    assert_eq!((codes(&answers), answers[2].status), (expected.into(), 409));
    let again = shard.ingest(now, &all).unwrap();
    assert_eq!(codes(&again).iter().filter(|code| **code == "DUPLICATE").count(), 6);
    let rows = shard.sql().query("SELECT converted_ms, events FROM outcomes ORDER BY lead_id", &[]).unwrap();
    assert_eq!(rows.iter().map(|row| row[0].as_integer()).collect::<Vec<_>>(), [Some(before.occurred_ms), Some(START)]);
    assert_eq!(codes(&shard.ingest(START + 200 * DAY, &[converted("b", START + DAY)]).unwrap()), ["TOO_LATE"]);
    let counts = meta::under(shard.sql(), "count:").unwrap();
    let count = |name: &str| counts.iter().find(|(key, _)| key == name).map(|(_, n)| n.as_str());
    assert_eq!(
        (count("outcome.accepted"), count("outcome.duplicate"), count("outcome.conflict")),
        (Some("1"), Some("7"), Some("2"))
    );
    // The lead is scored after its outcome came, and joined.
    shard.append(&batch("c", &[line(START - DAY, "nobody", "1", "champion", 0.5)])).unwrap();
    shard.digest_all(START + 10 * DAY, &rules()).unwrap();
    let day = (START - DAY + 7 * DAY) / DAY * DAY;
    assert_eq!(windows(&mut shard)[&(Grain::Mature, day, "1".into(), "champion".into())].0.scores.counts(), [1, 0, 0]);
}

#[test]
fn a_row_that_is_sent_again_with_corrections_takes_the_place_of_the_one_before() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    shard.append(&batch("b", &[line(START, "a", "1", "champion", 0.5)])).unwrap();
    shard.digest_all(START, &rules()).unwrap();
    let of = |kind: &str, day: u32, value: &str| {
        let at = format!("2026-11-{day}T10:00:00Z");
        outcome(&format!(r#"{{"lead_id":"a","event_id":"row/deal","revise":true,"kind":"{kind}","occurred_at":"{at}"{value}}}"#))
    };
    let (won, more) = (of("deal_closed", 29, r#","value":5"#), of("deal_closed", 29, r#","value":6"#));
    let mut send = |event: &Outcome, code: &str, value: Option<f64>, events: i64| {
        assert_eq!(codes(&shard.ingest(START + 3 * DAY, std::slice::from_ref(event)).unwrap()), [code], "{event:?}");
        let row = &shard.sql().query("SELECT deal_value, events FROM outcomes", &[]).unwrap()[0];
        assert_eq!((cell::real(row, 0), cell::integer(row, 1)), (value, Some(events)), "{event:?}");
    };
    // What an earlier import sent without an id is the same row.
    send(
        &outcome(r#"{"lead_id":"a","kind":"deal_closed","occurred_at":"2026-11-29T10:00:00Z","value":4}"#),
        "ACCEPTED",
        Some(4.0),
        1,
    );
    send(&won, "CORRECTED", Some(5.0), 1);
    send(&won, "DUPLICATE", Some(5.0), 1);
    send(&more, "CORRECTED", Some(6.0), 1);
    send(&more, "DUPLICATE", Some(6.0), 1);
    send(&won, "CORRECTED", Some(5.0), 1);
    for code in ["CORRECTED", "NOTHING_TO_RETRACT"] {
        send(&of("retract", 30, ""), code, None, 0);
    }
    send(&more, "CORRECTED", Some(6.0), 1);
    let other = outcome(r#"{"lead_id":"a","event_id":"row/lost","revise":true,"kind":"retract","occurred_at":1795860000000}"#);
    send(&other, "NOTHING_TO_RETRACT", Some(6.0), 1);
    let (both, code) = (shard.ingest(START + 3 * DAY, &[won.clone(), more]).unwrap(), ["CORRECTED", "CORRECTED"]);
    assert_eq!(codes(&both), code, "two in one request");
    let ids = shard.sql().query("SELECT event_id FROM outcome_events WHERE event_id LIKE 'row/deal%' ORDER BY 1", &[]).unwrap();
    let ids: Vec<_> = ids.iter().map(|row| cell::text(row, 0).unwrap().to_owned()).collect();
    assert_eq!(ids, ["row/deal", "row/deal#2", "row/deal#3", "row/deal#4", "row/deal#5", "row/deal#6", "row/deal#7"]);
}

#[test]
fn deals_of_months_move_the_sums_of_a_day_as_working_it_out_again_does() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    let lines: Vec<Line> = (0..20)
        .flat_map(|i| {
            let lead = format!("lead-{i}");
            [line(START, &lead, "1", "champion", 0.9), line(START, &lead, "2", "shadow", 0.4)]
        })
        .collect();
    shard.append(&batch("b", &lines)).unwrap();
    let opened =
        |i: i64| outcome(&format!(r#"{{"lead_id":"lead-{i}","kind":"deal_opened","occurred_at":{START},"event_id":"o"}}"#));
    shard.digest_all(START, &rules()).unwrap();
    shard.ingest(START, &(0..6).map(opened).collect::<Vec<_>>()).unwrap();
    shard.digest_all(START + 8 * DAY, &rules()).unwrap();
    let business = |shard: &mut LogShard<Memory>| -> Vec<Business> {
        windows(shard).into_values().filter_map(|(_, business)| business.filter(|business| business.leads > 0)).collect()
    };
    assert_eq!(business(&mut shard).iter().map(|day| day.open_deals).collect::<Vec<_>>(), [6; 4]);
    let event = |i: i64, kind: &str, days: i64, rest: &str| {
        let at = START + days * DAY;
        outcome(&format!(r#"{{"lead_id":"lead-{i}","kind":"{kind}","occurred_at":{at}{rest}}}"#))
    };
    let events = [
        event(0, "deal_closed", 20, ",\"value\":100.5,\"event_id\":\"c\""),
        event(0, "deal_closed", 22, ",\"value\":80.25,\"replaces\":\"c\""),
        event(1, "lost", 15, ""),
        event(2, "deal_opened", 1, ",\"replaces\":\"o\""),
        event(9, "deal_closed", 30, ",\"value\":7"),
        // Too late to count as converted: the lead counts as before.
        event(3, "converted", 30, ""),
    ];
    for event in &events {
        shard.ingest(START + 40 * DAY, std::slice::from_ref(event)).unwrap();
    }
    assert_eq!(shard.digest(START + 40 * DAY, &rules()).unwrap().windows, 4);
    let moved = business(&mut shard);
    let marked = meta::under(shard.sql(), "day:").unwrap();
    assert_eq!(
        (marked, shard.digest_all(START + 40 * DAY, &rules()).unwrap().windows),
        (vec![], 0),
        "no day has to be worked out again"
    );
    for day in &moved {
        assert_eq!((day.deals, day.deal_sum, day.lost, day.open_deals, day.cycles, day.cycle_days), (2, 87.25, 1, 4, 2, 37.0));
    }
    // Other rules work every day out again.
    let done = shard.digest_all(START + 40 * DAY, &Digest { threshold: 0.3, ..rules() }).unwrap();
    assert_eq!(done.windows, 1, "only the pairs differ");
    let known = |all: Vec<Business>| all.into_iter().map(|day| Business { pairs: None, ..day }).collect::<Vec<_>>();
    assert_eq!(known(business(&mut shard)), known(moved));
    // A day that is marked is worked out with what was reported meanwhile.
    shard.ingest(START + 41 * DAY, &[event(5, "converted", 1, "")]).unwrap();
    shard.ingest(START + 41 * DAY, &[event(5, "deal_closed", 41, ",\"value\":1")]).unwrap();
    shard.digest_all(START + 41 * DAY, &rules()).unwrap();
    assert!(business(&mut shard).iter().all(|day| (day.converted, day.deals) == (1, 3)));
}

#[test]
fn what_sales_says_is_counted_once_and_closed_by_a_person() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    shard.append(&batch("b", &[line(START, "a", "1", "champion", 0.5), line(START, "a", "2", "shadow", 0.5)])).unwrap();
    shard.digest_all(START, &rules()).unwrap();
    let say = |text: &str| Feedback::read(&format!(r#"{{"lead_id":"a","occurred_at":{START},{text}}}"#), START).unwrap();
    let said = [
        say(r#""kind":"thumb","rating":1"#),
        say(r#""kind":"thumb","rating":1"#),
        say(r#""kind":"satisfaction","rating":8,"version":"2""#),
        say(r#""kind":"odd","text":"no such lead","event_id":"o","version":"2""#),
        say(r#""kind":"odd","text":"other","event_id":"o","version":"2""#),
    ];
    let answers = shard.ingest_feedback(&said).unwrap();
    assert_eq!(codes(&answers), ["ACCEPTED", "DUPLICATE", "ACCEPTED", "ACCEPTED", "FEEDBACK_CONFLICT"]);
    let seen = format!(r#"{{"lead_id":"a","version":"1","occurred_at":{START},"client_ms":40}}"#);
    let seen = Exposure::read(&seen, START).unwrap();
    assert_eq!(codes(&shard.ingest_exposures(&[seen.clone(), seen]).unwrap()), ["ACCEPTED", "DUPLICATE"]);
    let mut voices = || {
        shard.digest_all(START, &rules()).unwrap();
        let windows = shard.unsent(100).unwrap().into_iter().filter(|window| window.grain == Grain::Voice);
        windows.map(|window| serde_json::from_str(window.business.as_deref().unwrap()).unwrap()).collect::<Vec<Voice>>()
    };
    // A thumb without a version is on the score that was shown.
    let [one, two] = <[Voice; 2]>::try_from(voices()).unwrap();
    assert_eq!(one, Voice { up: 1, exposures: 1, waits: 1, wait_ms: 40.0, ..Voice::default() });
    let mut ratings = [0; 10];
    ratings[7] = 1;
    assert_eq!(two, Voice { odd_open: 1, odd: vec![(START, "o".into())], ratings, ..Voice::default() });
    let open = shard.odd_reports(true, 10).unwrap();
    let [report] = &open[..] else { panic!("{open:?}") };
    assert_eq!((report.id.as_str(), report.lead_id.as_str(), report.version.as_deref()), ("o", "a", Some("2")));
    assert_eq!((report.text.as_deref(), report.counts, &report.confirmed), (Some("no such lead"), true, &None));
    assert_eq!((shard.close_feedback("o", "kim", true), shard.close_feedback("x", "kim", true)), (Ok(true), Ok(false)));
    shard.digest_all(START, &rules()).unwrap();
    let windows = shard.unsent(100).unwrap();
    let two = windows.iter().find(|window| window.grain == Grain::Voice && window.version == "2").unwrap();
    let two: Voice = serde_json::from_str(two.business.as_deref().unwrap()).unwrap();
    assert_eq!((two.odd_open, two.odd_confirmed, two.odd.len()), (0, 1, 0));
    assert_eq!(shard.odd_reports(true, 10), Ok(vec![]));
    let closed = shard.odd_reports(false, 10).unwrap().remove(0);
    assert_eq!((closed.closed_by.as_deref(), closed.confirmed), (Some("kim"), Some(true)));
}

#[test]
fn what_is_said_of_a_lead_counts_once_its_version_has_scored_it() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    shard.append(&batch("b", &[line(START, "a", "1", "champion", 0.5)])).unwrap();
    shard.digest_all(START, &rules()).unwrap();
    let say = |lead: &str, id: &str, version: &str| {
        let text = format!(r#"{{"lead_id":"{lead}","event_id":"{id}","occurred_at":{START},"kind":"odd","text":"?"{version}}}"#);
        Feedback::read(&text, START).unwrap()
    };
    let two = r#","version":"2""#;
    let said = [say("a", "known", r#","version":"1""#), say("a", "other", two), say("b", "named", two), say("b", "unnamed", "")];
    assert_eq!(codes(&shard.ingest_feedback(&said).unwrap()), ["ACCEPTED", "ORPHAN", "ORPHAN", "ORPHAN"]);
    assert_eq!(codes(&shard.ingest_feedback(&said).unwrap()), ["DUPLICATE"; 4]);
    assert_eq!(shard.counts().unwrap()["feedback.orphan"], 3);
    let seen = format!(r#"{{"lead_id":"b","version":"2","occurred_at":{START}}}"#);
    assert_eq!(codes(&shard.ingest_exposures(&[Exposure::read(&seen, START).unwrap()]).unwrap()), ["ORPHAN"]);
    let open = |shard: &mut LogShard<Memory>| {
        shard.digest_all(START, &rules()).unwrap();
        let voices = shard.unsent(100).unwrap().into_iter().filter(|window| window.grain == Grain::Voice);
        let of = |text: Option<String>| serde_json::from_str::<Voice>(&text.unwrap_or_default()).unwrap();
        voices.map(|window| (window.version, of(window.business).odd_open)).filter(|(_, n)| *n > 0).collect::<Vec<_>>()
    };
    assert_eq!(open(&mut shard), [("1".to_owned(), 1)]);
    // The lead is scored: what was said of it counts, also where no version was named.
    shard.append(&batch("c", &[line(START, "b", "2", "challenger", 0.5)])).unwrap();
    assert_eq!(open(&mut shard), [("1".to_owned(), 1), ("2".to_owned(), 2)]);
}

#[test]
fn control_sees_each_change_until_it_has_stored_it() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    shard.append(&batch("b", &[line(START, "a", "1", "champion", 0.5)])).unwrap();
    shard.digest_all(START, &rules()).unwrap();
    let first = shard.unsent(10).unwrap();
    assert_eq!(first.iter().map(|window| window.grain).collect::<Vec<_>>(), [Grain::Day, Grain::Hour]);
    shard.append(&batch("c", &[line(START, "b", "1", "champion", 0.5)])).unwrap();
    shard.digest_all(START, &rules()).unwrap();
    let second = shard.unsent(10).unwrap();
    assert_eq!(second.iter().map(|window| window.rev).collect::<Vec<_>>(), [2, 2]);
    // An acknowledgement of what has changed since leaves it to be sent.
    shard.acknowledge(&first).unwrap();
    assert_eq!(shard.unsent(10).unwrap(), second);
    shard.acknowledge(&second).unwrap();
    shard.acknowledge(&first).unwrap();
    assert_eq!(shard.unsent(10).unwrap(), []);
    // Digesting again changes nothing.
    shard.digest_all(START + 1000, &rules()).unwrap();
    assert_eq!(shard.unsent(10).unwrap(), []);
}

type Work<'a> = &'a mut dyn FnMut(&mut LogShard<Failing<Memory>>) -> Result<(), SqlError>;

#[test]
fn a_shard_that_dies_at_any_statement_comes_to_the_same_windows() {
    let story = |left: Option<u32>| {
        let mut shard = LogShard::open(Failing { inner: Memory::new(), left: None }).unwrap();
        let rules = Digest { slice: 3, round: 8, ..rules() };
        let mut lives = left.into_iter().cycle().take(if left.is_some() { 5_000 } else { 0 });
        let mut deaths = 0;
        let mut live = |shard: &mut LogShard<Failing<Memory>>, work: Work<'_>| loop {
            // Each life is a little longer, so that it gets on in the end.
            shard.sql().left = lives.next().map(|left| left + deaths);
            match work(shard) {
                Ok(()) => break,
                Err(_) => {
                    deaths += 1;
                    // Memory dies too.
                    let store = std::mem::replace(&mut shard.sql().inner, Memory::sqlite());
                    *shard = LogShard::opened(Failing { inner: store, left: None });
                }
            }
        };
        for i in 0..12i64 {
            let at = START + i * 3_600_000;
            let lines: Vec<Line> = (0..3)
                .flat_map(|k| {
                    let lead = format!("lead-{}", (i * 3 + k) % 20);
                    [line(at, &lead, "1", "champion", 0.3 + 0.05 * i as f64), line(at, &lead, "2", "shadow", 0.6)]
                })
                .collect();
            live(&mut shard, &mut |shard| shard.append(&batch(&format!("b-{i}"), &lines)));
            live(&mut shard, &mut |shard| shard.digest_all(at, &rules).map(drop));
            let events = [converted(&format!("lead-{i}"), at + 1000), converted(&format!("lead-{}", i + 1), at + 2000)];
            live(&mut shard, &mut |shard| shard.ingest(at + 5000, &events).map(drop));
            let thumb = format!(r#"{{"lead_id":"lead-{i}","kind":"thumb","rating":1,"occurred_at":{at}}}"#);
            let feedback = [Feedback::read(&thumb, i64::MAX / 2).unwrap()];
            live(&mut shard, &mut |shard| shard.ingest_feedback(&feedback).map(drop));
        }
        live(&mut shard, &mut |shard| shard.digest_all(START + 20 * DAY, &rules).map(drop));
        shard.sql().left = None;
        let texts: Vec<Option<String>> = shard.unsent(10_000).unwrap().into_iter().map(|window| window.business).collect();
        ((windows(&mut shard), texts), deaths)
    };
    let (expected, deaths) = story(None);
    assert_eq!(deaths, 0);
    assert!(expected.0.len() > 20);
    for left in [0, 1, 2, 3, 5, 8, 13, 21] {
        let (found, deaths) = story(Some(left));
        assert!(deaths > 0);
        assert!(found == expected, "dying after {left} statements");
    }
}

#[test]
fn layouts_are_kept_and_counts_from_before_them_stay() {
    use plumbline_core::histogram::Bins;
    use plumbline_core::window::FeatureLayout;
    let mut shard = LogShard::open(Memory::new()).unwrap();
    let send = |shard: &mut LogShard<Memory>, name: &str, rules: &Digest| {
        shard.append(&batch(name, &[line(START, name, "1", "champion", 0.5)])).unwrap();
        shard.digest_all(START, rules).unwrap();
    };
    assert_eq!(shard.rules(), Ok(None));
    send(&mut shard, "a", &rules());
    let layout = Layout::new(vec![FeatureLayout::Number { name: "visits".into(), bins: Bins::new(vec![5.0]).unwrap() }]);
    let known = Digest { layouts: [("1".to_owned(), layout.clone())].into(), ..rules() };
    send(&mut shard, "b", &known);
    // Rules without the layout, as after a restart of control, and a shard that starts anew.
    send(&mut shard, "c", &rules());
    let mut shard = LogShard::opened(std::mem::replace(shard.sql(), Memory::sqlite()));
    send(&mut shard, "d", &rules());
    assert_eq!(shard.rules().unwrap().unwrap().layouts["1"], layout);
    let windows = shard.unsent(10).unwrap();
    assert_eq!(Window::read(&windows[0].bytes, &layout).unwrap().counters.leads, 4);
}
