//! Score changes: which are recorded, how leads are scored again, and who follows.

use plumbline_core::event::{ChangeReason, Event, Outcome};
use plumbline_core::rollout::policy::{Retention, Span};

use super::{DAY, START, batch, line, rules};
use crate::log::{ChangePage, Digest, LeadFields, LogShard, Rescoring, WritebackRules};
use crate::store::memory::Memory;
use crate::store::{Sql, SqlValue};

fn writeback(rescoring: Option<Rescoring>) -> Digest {
    Digest { writeback: Some(WritebackRules { min_change: 0.05, rescoring }), ..rules() }
}

fn again(id: &str, per_second: f64) -> WritebackRules {
    let rescoring =
        Rescoring { id: id.into(), version: "2".into(), per_second, open_from_ms: START - DAY, ..Rescoring::default() };
    WritebackRules { min_change: 0.05, rescoring: Some(rescoring) }
}

/// Lead, probability and what was reported before.
fn listed(page: &ChangePage) -> Vec<(&str, f64, Option<f64>)> {
    let of = page.changes.iter().map(|change| {
        (change.lead_id.as_str(), change.probability, change.previous.as_ref().map(|previous| previous.probability))
    });
    of.collect()
}

fn scored(shard: &mut LogShard<Memory>, name: &str, lead: &str, probability: f64) {
    shard.append(&batch(name, &[line(START, lead, "1", "champion", probability)])).unwrap();
    shard.digest_all(START, &writeback(None)).unwrap();
}

#[test]
fn a_score_that_moved_far_enough_is_a_change_and_each_is_listed_once() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    // What was scored before the setting is not reported.
    shard.append(&batch("old", &[line(START, "z", "1", "champion", 0.9)])).unwrap();
    shard.digest_all(START, &rules()).unwrap();
    shard.digest_all(START, &writeback(None)).unwrap();
    for (at, (lead, probability)) in
        [("a", 0.5), ("b", 0.2), ("a", 0.54), ("a", 0.55), ("a", 0.52), ("a", 0.45)].into_iter().enumerate()
    {
        scored(&mut shard, &format!("b{at}"), lead, probability);
    }
    // Shadows, load tests and pages show nothing to a caller.
    shard.append(&batch("s", &[line(START, "a", "2", "shadow", 0.1), line(START, "a", "1", "load", 0.1)])).unwrap();
    shard.digest_all(START, &writeback(None)).unwrap();
    let page = shard.score_changes(0, 10).unwrap();
    let expected = [("a", 0.5, None), ("b", 0.2, None), ("a", 0.55, Some(0.5)), ("a", 0.45, Some(0.55))];
    assert_eq!((listed(&page), page.more, page.expired), (expected.to_vec(), false, false));
    assert_eq!(page.changes[0].reason, ChangeReason::Scored);
    let first = shard.score_changes(0, 2).unwrap();
    assert_eq!((first.more, listed(&first)), (true, expected[..2].to_vec()));
    let rest = shard.score_changes(first.last, 10).unwrap();
    assert_eq!(listed(&rest), expected[2..]);
    assert_eq!(shard.score_changes(rest.last, 10).unwrap().changes, []);
}

#[test]
fn open_leads_are_scored_again_at_the_rate_and_after_a_restart_it_goes_on() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    shard.digest_all(START, &writeback(None)).unwrap();
    let leads: Vec<String> = (0..500).map(|n| format!("lead-{n}")).collect();
    let rows: Vec<_> = leads.iter().map(|lead| line(START, lead, "1", "champion", 0.5)).collect();
    shard.append(&batch("b", &rows)).unwrap();
    // Of one in five leads no fields are stored, and one in ten has an outcome.
    let fields = leads.iter().enumerate().filter(|(n, _)| n % 5 != 0).map(|(n, lead)| LeadFields {
        lead_id: lead.clone(),
        at_ms: START,
        fields: format!("{{\"n\":{n}}}").parse().unwrap(),
        schema_sha256: String::new(),
    });
    shard.keep_fields(&fields.collect::<Vec<_>>()).unwrap();
    let lost = leads.iter().enumerate().filter(|(n, _)| n % 10 == 1).map(|(_, lead)| {
        Outcome::read(&format!(r#"{{"lead_id":"{lead}","kind":"lost","occurred_at":{START}}}"#), START).unwrap()
    });
    shard.digest_all(START, &writeback(None)).unwrap();
    shard.ingest(START, &lost.collect::<Vec<_>>()).unwrap();
    let reported = shard.score_changes(0, 1_000).unwrap();
    assert_eq!(reported.changes.len(), 500);
    let mut scored = 0;
    // Every second lead moves.
    let mut score = |version: &str, fields: &str, _: i64| {
        scored += 1;
        assert_eq!(version, "2");
        let n: u32 = fields.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
        Some((if n.is_multiple_of(2) { 0.9 } else { 0.51 }, "hot".to_owned()))
    };
    let mut shard = Some(shard);
    let mut passes = 0;
    for second in 0..20 {
        // A process that ends in between forgets all but the store.
        let store = std::mem::replace(shard.as_mut().unwrap().sql(), Memory::new());
        let mut own = LogShard::opened(store);
        let before = own.rescored().unwrap().leads;
        while own.rescore(START + second * 1_000, &again("r1", 60.0), &mut score).unwrap() {}
        let done = own.rescored().unwrap();
        assert!(done.leads - before <= 60, "no more than the rate: {done:?}");
        passes += i64::from(done.leads > before);
        shard = Some(own);
    }
    let mut shard = shard.unwrap();
    let done = shard.rescored().unwrap();
    assert!(done.done && passes >= 8, "{passes} {done:?}");
    assert_eq!((done.share, done.leads, done.closed), (1.0, 500, 50));
    assert_eq!((done.without_fields, done.rescored), (100, 350));
    assert_eq!(scored, 350, "each once");
    let page = shard.score_changes(reported.last, 1_000).unwrap();
    assert_eq!((page.changes.len() as u64, done.changed), (200, 200));
    assert!(page.changes.iter().all(|change| change.reason == ChangeReason::Rescored && change.version == "2"));
    // The same again reports nothing new; another id begins anew.
    assert!(!shard.rescore(START + 90_000, &again("r1", 60.0), &mut |_, _, _| panic!("it is done")).unwrap());
    while shard.rescore(START + 90_000, &again("r2", 1e6), &mut |_, _, _| Some((0.9, "hot".to_owned()))).unwrap() {}
    let second = shard.rescored().unwrap();
    assert_eq!((second.rescored, second.changed), (350, 150), "{second:?}");
}

#[test]
fn after_a_test_only_leads_that_show_the_challenger_s_score_are_scored_again_unless_all_were_on_their_way() {
    let of_challenger = |id: &str, per_second: f64| {
        let mut rules = again(id, per_second);
        let rescoring = rules.rescoring.as_mut().unwrap();
        (rescoring.version, rescoring.reported_by) = ("1".into(), "2".into());
        rules
    };
    let world = || {
        let mut shard = LogShard::open(Memory::new()).unwrap();
        shard.digest_all(START, &writeback(None)).unwrap();
        let leads: Vec<String> = (0..40).map(|n| format!("lead-{n}")).collect();
        let role = |n: usize| if n.is_multiple_of(4) { ("2", "challenger") } else { ("1", "champion") };
        let rows = leads.iter().enumerate().map(|(n, lead)| line(START, lead, role(n).0, role(n).1, 0.5));
        shard.append(&batch("b", &rows.collect::<Vec<_>>())).unwrap();
        let fields = leads.iter().map(|lead| LeadFields {
            lead_id: lead.clone(),
            at_ms: START,
            fields: "{}".parse().unwrap(),
            schema_sha256: String::new(),
        });
        shard.keep_fields(&fields.collect::<Vec<_>>()).unwrap();
        shard.digest_all(START, &writeback(None)).unwrap();
        shard
    };
    let mut score = |version: &str, _: &str, _: i64| Some((if version == "1" { 0.2 } else { 0.9 }, "cold".to_owned()));
    let mut shard = world();
    let before = shard.score_changes(0, 100).unwrap();
    while shard.rescore(START, &of_challenger("r1", 1e6), &mut score).unwrap() {}
    let done = shard.rescored().unwrap();
    assert_eq!((done.done, done.leads, done.rescored, done.changed), (true, 10, 10, 10), "{done:?}");
    let page = shard.score_changes(before.last, 100).unwrap();
    let is_back = |change: &plumbline_core::event::ScoreChange| {
        change.version == "1" && change.previous.as_ref().is_some_and(|previous| previous.version == "2")
    };
    assert!(page.changes.len() == 10 && page.changes.iter().all(is_back), "{page:?}");
    // All leads were being scored again by the champion when the test began: they are, after it.
    let mut shard = world();
    let mut all = again("all", 10.0);
    all.rescoring.as_mut().unwrap().version = "1".into();
    shard.rescore(START, &all, &mut score).unwrap();
    assert_eq!(shard.rescored().unwrap().leads, 10);
    let mut rest = of_challenger("r1", 1e6);
    rest.rescoring.as_mut().unwrap().whole = "all".into();
    while shard.rescore(START, &rest, &mut score).unwrap() {}
    let done = shard.rescored().unwrap();
    assert_eq!((done.done, done.leads, done.rescored), (true, 40, 40), "{done:?}");
    // So are those of a shard that was away while they were; afterwards, each test has leads of its own.
    let mut shard = world();
    while shard.rescore(START, &rest, &mut score).unwrap() {}
    assert_eq!(shard.rescored().unwrap().leads, 40);
    shard.append(&batch("late", &[line(START, "lead-3", "2", "challenger", 0.9)])).unwrap();
    shard.digest_all(START, &writeback(None)).unwrap();
    rest.rescoring.as_mut().unwrap().id = "r2".into();
    while shard.rescore(START, &rest, &mut score).unwrap() {}
    assert_eq!(shard.rescored().unwrap().leads, 1);
}

#[test]
fn a_rescoring_that_replaces_an_unfinished_one_reaches_its_leads_too() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    shard.digest_all(START, &writeback(None)).unwrap();
    let leads: Vec<String> = (0..60).map(|n| format!("lead-{n}")).collect();
    let version = |n: usize| ["1", "2", "3"][n % 3];
    shard
        .append(&batch(
            "b",
            &leads.iter().enumerate().map(|(n, lead)| line(START, lead, version(n), "champion", 0.5)).collect::<Vec<_>>(),
        ))
        .unwrap();
    leads.iter().for_each(|lead| keeps(&mut shard, lead, 1));
    shard.digest_all(START, &writeback(None)).unwrap();
    let of = |id: &str, reported_by: &str, also: &[&str], per_second: f64| {
        let mut rules = again(id, per_second);
        let rescoring = rules.rescoring.as_mut().unwrap();
        (rescoring.version, rescoring.reported_by) = ("1".into(), reported_by.into());
        rescoring.also = also.iter().map(|version| (*version).to_owned()).collect();
        rules
    };
    let mut score = |_: &str, _: &str, _: i64| Some((0.2, "cold".to_owned()));
    let before = shard.score_changes(0, 100).unwrap().last;
    shard.rescore(START, &of("r1", "2", &[], 7.0), &mut score).unwrap();
    assert_eq!(shard.rescored().unwrap().leads, 7);
    // Slices of five, so that the leads of both versions are taken in one order.
    let rest = of("r2", "3", &["2"], 5.0);
    for second in 0..8 {
        while shard.rescore(START + second * 1_000, &rest, &mut score).unwrap() {}
    }
    let done = shard.rescored().unwrap();
    assert_eq!((done.done, done.leads, done.changed), (true, 33, 33), "{done:?}");
    let page = shard.score_changes(before, 100).unwrap();
    let mut found: Vec<&str> = page.changes.iter().map(|change| change.lead_id.as_str()).collect();
    found.sort_unstable();
    found.dedup();
    assert_eq!((page.changes.len(), found.len()), (40, 40), "each lead of both tests once");
}

#[test]
fn an_erased_lead_is_not_listed_and_old_changes_are_forgotten() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    shard.digest_all(START, &writeback(None)).unwrap();
    for (name, lead) in [("b1", "a"), ("b2", "b"), ("b3", "c")] {
        scored(&mut shard, name, lead, 0.5);
    }
    shard.erase(START, "b", "0123456789abcdef0123456789abcdef").unwrap();
    let page = shard.score_changes(0, 10).unwrap();
    assert_eq!(page.changes.iter().map(|change| change.lead_id.as_str()).collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(page.last, 3, "its number is not given again");
    shard.expire(START + 91 * DAY, &Retention::default(), None).unwrap();
    assert_eq!(shard.score_changes(0, 10).unwrap().changes.len(), 1);
    let is_expired = [0, 1, 2].map(|after| shard.score_changes(after, 10).unwrap().expired);
    assert_eq!(is_expired, [true, true, false], "a follower that was away for too long, or begins, is informed");
    scored(&mut shard, "b4", "d", 0.5);
    assert_eq!(shard.score_changes(3, 10).unwrap().last, 4);
}

/// The fields of `lead` as of START with `visits`.
fn keeps(shard: &mut LogShard<Memory>, lead: &str, visits: u32) {
    let fields = format!("{{\"visits\":{visits}}}").parse().unwrap();
    shard.keep_fields(&[LeadFields { lead_id: lead.into(), at_ms: START, fields, schema_sha256: String::new() }]).unwrap();
}

#[test]
fn a_lead_scored_since_with_other_fields_is_not_scored_again_by_the_old_ones() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    shard.digest_all(START, &writeback(None)).unwrap();
    for lead in ["moved", "same", "once"] {
        scored(&mut shard, &format!("first-{lead}"), lead, 0.2);
        keeps(&mut shard, lead, 1);
    }
    // A day later with nine visits; the second does not move.
    let later = [line(START + DAY, "moved", "1", "champion", 0.8), line(START + DAY, "same", "1", "champion", 0.2)];
    shard.append(&batch("later", &later)).unwrap();
    shard.digest_all(START + DAY, &writeback(None)).unwrap();
    let reported = shard.score_changes(0, 10).unwrap();
    assert_eq!(listed(&reported)[3..], [("moved", 0.8, Some(0.2))]);
    let mut asked = Vec::new();
    let mut score = |_: &str, fields: &str, _: i64| {
        asked.push(fields.to_owned());
        Some((0.3, "cold".to_owned()))
    };
    while shard.rescore(START + DAY, &again("r", 1e6), &mut score).unwrap() {}
    let done = shard.rescored().unwrap();
    assert_eq!((done.leads, done.outdated, done.rescored, asked.len()), (3, 2, 1, 1), "{done:?}");
    let page = shard.score_changes(reported.last, 10).unwrap();
    assert_eq!(listed(&page), [("once", 0.3, Some(0.2))], "0.8 stays");
    // Being scored again is no score of a caller: the next model scores the same lead.
    while shard.rescore(START + 2 * DAY, &again("r2", 1e6), &mut |_, _, _| Some((0.5, "warm".to_owned()))).unwrap() {}
    assert_eq!(shard.rescored().unwrap().rescored, 1);
}

#[test]
fn a_lead_that_is_scored_daily_is_open_though_its_score_stays() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    shard.digest_all(START, &writeback(None)).unwrap();
    for day in 0..5 {
        let rows = [line(START + day * DAY, "daily", "1", "champion", 0.5), line(START, "old", "1", "champion", 0.5)];
        shard.append(&batch(&format!("b{day}"), &rows)).unwrap();
        shard.digest_all(START + day * DAY, &writeback(None)).unwrap();
    }
    let rescoring =
        Rescoring { id: "r".into(), version: "2".into(), per_second: 1e6, open_from_ms: START + 3 * DAY, ..Rescoring::default() };
    let rules = WritebackRules { min_change: 0.05, rescoring: Some(rescoring) };
    while shard.rescore(START + 5 * DAY, &rules, &mut |_, _, _| None).unwrap() {}
    let done = shard.rescored().unwrap();
    assert_eq!((done.leads, done.closed, done.without_fields), (2, 1, 1), "{done:?}");
}

#[test]
fn an_older_score_never_takes_the_place_of_a_newer_one() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    shard.digest_all(START, &writeback(None)).unwrap();
    // In one stretch, and in a later one.
    let rows = [line(START + 2_000, "a", "1", "champion", 0.7), line(START + 1_000, "a", "1", "champion", 0.3)];
    shard.append(&batch("b1", &rows)).unwrap();
    shard.digest_all(START, &writeback(None)).unwrap();
    scored(&mut shard, "b2", "a", 0.1);
    assert_eq!(listed(&shard.score_changes(0, 10).unwrap()), [("a", 0.7, None)]);
}

#[test]
fn what_was_reported_of_a_lead_is_forgotten_with_its_predictions() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    shard.digest_all(START, &writeback(None)).unwrap();
    let rows: Vec<_> = (0..4_100).map(|n| line(START, &format!("lead-{n}"), "1", "champion", 0.5)).collect();
    for (at, rows) in rows.chunks(1_000).enumerate() {
        shard.append(&batch(&format!("b{at}"), rows)).unwrap();
    }
    shard.append(&batch("young", &[line(START + 9 * DAY, "young", "1", "champion", 0.5)])).unwrap();
    shard.digest_all(START + 9 * DAY, &writeback(None)).unwrap();
    let mut count = |now: i64, keep_days: i64| {
        let kept = Span(keep_days * DAY);
        let retention = Retention { predictions: kept, features: kept, ..Retention::default() };
        while shard.expire(now, &retention, None).unwrap().more {}
        shard.sql().query("SELECT count(*) FROM current_scores", &[]).unwrap()[0][0].clone()
    };
    assert_eq!(count(START + 10 * DAY, 30), SqlValue::Integer(4_101));
    assert_eq!(count(START + 12 * DAY, 10), SqlValue::Integer(1), "the lead that was scored since stays");
}

#[test]
fn a_late_score_is_not_forgotten_before_its_followers_had_it() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    shard.digest_all(START, &writeback(None)).unwrap();
    for (at, lead) in [(START + 99 * DAY, "young"), (START, "late"), (START + 100 * DAY, "newest")] {
        shard.append(&batch(&format!("b-{lead}"), &[line(at, lead, "1", "champion", 0.5)])).unwrap();
        shard.digest_all(at, &writeback(None)).unwrap();
    }
    shard.expire(START + 100 * DAY, &Retention::default(), None).unwrap();
    let page = shard.score_changes(0, 10).unwrap();
    assert_eq!(page.changes.iter().map(|change| change.lead_id.as_str()).collect::<Vec<_>>(), ["young", "late", "newest"]);
}

/// The rows of `table` in an export after `cursor`, and where it goes on.
fn exported(shard: &mut LogShard<Memory>, cursor: &str, table: &str) -> (Vec<serde_json::Value>, String) {
    let page = shard.export(cursor.parse().unwrap(), "f").unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&page.rows).unwrap();
    (rows.into_iter().filter(|row| row["table"] == table).map(|row| row["row"].clone()).collect(), page.cursor)
}

#[test]
fn followers_have_each_change_and_the_score_that_was_last_reported_and_erase_them() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    shard.digest_all(START, &writeback(None)).unwrap();
    for (name, lead, probability) in [("b1", "a", 0.5), ("b2", "b", 0.5), ("b3", "a", 0.8)] {
        scored(&mut shard, name, lead, probability);
    }
    let of = |rows: &[serde_json::Value]| -> Vec<(String, f64)> {
        rows.iter().map(|row| (row["lead_id"].as_str().unwrap().to_owned(), row["probability"].as_f64().unwrap())).collect()
    };
    let (moved, _) = exported(&mut shard, "", "score_changes");
    assert_eq!(of(&moved), [("a".into(), 0.5), ("b".into(), 0.5), ("a".into(), 0.8)]);
    assert_eq!((&moved[2]["was_probability"], &moved[2]["reason"]), (&0.5.into(), &"scored".into()));
    let (current, cursor) = exported(&mut shard, "", "current_scores");
    let mut current = of(&current);
    current.sort_by(|a, b| a.0.cmp(&b.0));
    current.dedup();
    assert_eq!(current, [("a".into(), 0.8), ("b".into(), 0.5)]);
    // Only what is new follows.
    scored(&mut shard, "b4", "b", 0.1);
    let (moved, _) = exported(&mut shard, &cursor, "score_changes");
    let (current, cursor) = exported(&mut shard, &cursor, "current_scores");
    assert_eq!((of(&moved), of(&current)), (vec![("b".into(), 0.1)], vec![("b".into(), 0.1)]));
    // An erased lead is taken out of both.
    shard.erase(START, "a", "0123456789abcdef0123456789abcdef").unwrap();
    let (moved, _) = exported(&mut shard, &cursor, "score_changes");
    assert_eq!(of(&moved), [(String::new(), 0.5), (String::new(), 0.8)]);
    let (gone, _) = exported(&mut shard, &cursor, "gone_current");
    assert_eq!(gone, [serde_json::json!({ "lead": plumbline_core::event::lead_number("a") })]);
}
