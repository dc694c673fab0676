//! Each cause is injected into a healthy history; the step that is about it must name it, and no other may.

use super::*;
use crate::random::Random;
use crate::window::{HOUR_MS, Latency, Scores};

/// Noon of a day.
const NOW: i64 = 1_800_014_400_000;
const DAY: i64 = 24 * HOUR_MS;

fn latency(requests: u64, median_us: u64, slow: u64) -> Latency {
    let mut latency = Latency::default();
    (0..requests).for_each(|n| latency.add(median_us + n * 20));
    (0..slow).for_each(|n| latency.add(300_000 + 1_000 * n));
    latency
}

/// Scores of `n` leads of which those with more convert more often; `bend` moves their outcomes away from what the scores promise.
fn scores(n: u64, seed: u64, bend: f64) -> Scores {
    let mut random = Random::new(seed);
    let mut scores = Scores::default();
    for _ in 0..n {
        let score = random.unit();
        let truth = (1.0 - bend) * score + bend * 0.5;
        scores.add(score, Some(random.unit() < truth));
    }
    scores
}

fn counts(values: u64, missing: u64, new: u64) -> Counts {
    Counts { values, missing, new }
}

fn field(name: &str, importance: f64) -> Field {
    let hours =
        (0..192).map(|hour| FieldHour { start_ms: NOW - (192 - hour) * HOUR_MS, counts: counts(40, (hour % 4 == 0).into(), 0) });
    Field {
        name: name.into(),
        importance,
        distance: Some(0.03),
        p_value: Some(0.4),
        week: counts(6_720, 42, 0),
        before: counts(26_880, 168, 0),
        hours: hours.collect(),
    }
}

/// A company where nothing is wrong: 40 leads an hour, half of whom convert.
fn healthy() -> Facts {
    let hours = (0..192).map(|hour| {
        let start_ms = NOW - (192 - hour) * HOUR_MS;
        let leads = if hour % 24 < 6 { 30 } else { 45 };
        Hour {
            start_ms,
            calls: leads,
            leads,
            scored: leads,
            failed: 0,
            latency: latency(leads, 3_000, 0),
            codes: [("LEAD_INVALID".to_owned(), 1)].into(),
            versions: [("1".to_owned(), leads)].into(),
        }
    });
    let month = scores(24_000, 1, 0.0);
    let mix =
        |value: &str, week: [u64; 2], before: [u64; 2]| Mix { field: "lead_source".into(), value: value.into(), week, before };
    Facts {
        at_ms: NOW,
        version: "1".into(),
        newest_row_ms: Some(NOW - 60_000),
        hours: hours.collect(),
        performance: Performance { week: scores(6_000, 2, 0.0), month },
        training: Some(Training {
            auc: Some(0.833),
            is_held_out: true,
            bands: vec![("cold".into(), 0.0, 0.5), ("warm".into(), 0.5, 0.3), ("hot".into(), 0.8, 0.2)],
        }),
        fields: vec![field("visits", 0.4), field("budget", 0.3), field("region", 0.2), field("phone", 0.1)],
        scores: scores(6_700, 3, 0.0),
        segments: vec![
            mix("Web", [3_000, 1_500], [12_000, 6_000]),
            mix("Partner", [2_000, 1_400], [8_000, 5_600]),
            mix("Fair", [1_000, 200], [4_000, 800]),
        ],
        cycle_days: [Some(20.0), Some(21.0)],
        sources: Vec::new(),
        worked: Some(Worked {
            hot: Contact { leads: 1_300, contacted: 1_100, mean_hours: Some(3.0) },
            other: Contact { leads: 5_000, contacted: 2_500, mean_hours: Some(14.0) },
            stale: [3_600, 100],
        }),
        seen: (1..8)
            .map(|day| Seen { day_ms: NOW - day * DAY, scored: 950, exposures: 800, waits: 800, wait_ms: 800.0 * 60.0 })
            .rev()
            .collect(),
        notes: vec![Note { at_ms: NOW - 40 * DAY, kind: "change".into(), text: "visits are counted anew".into() }],
        served: vec![
            Served { version: "1".into(), trees: 100, columns: 20, bytes: 80_000 },
            Served { version: "2".into(), trees: 900, columns: 60, bytes: 700_000 },
        ],
    }
}

fn run(facts: &Facts) -> Diagnosis {
    let found = diagnose(&Policy::default(), facts);
    for step in found.checks.iter().flat_map(|check| &check.steps) {
        let text = &step.sentence.text;
        assert!(text.ends_with(['.', '"']) && !text.contains("NaN") && !text.contains("{"), "{}: {text}", step.id);
        assert!(!step.sentence.code.is_empty());
        assert_eq!(step.action.is_some(), step.status >= Judgement::Suspect || step.sentence.code == "NO_BASELINE", "{step:?}");
    }
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Diagnosis>(&json).unwrap(), found);
    found
}

/// The steps that are not fine, as `id status code`.
fn odd(facts: &Facts) -> Vec<String> {
    let found = run(facts);
    let steps = found.checks.iter().flat_map(|check| &check.steps).filter(|step| step.status != Judgement::Fine);
    steps.map(|step| format!("{} {} {}", step.id, step.status, step.sentence.code)).collect()
}

/// The sentence of step `id`.
fn text(facts: &Facts, id: &str) -> String {
    let found = run(facts);
    let mut steps = found.checks.iter().flat_map(|check| &check.steps);
    steps.find(|step| step.id == id).unwrap().sentence.text.clone()
}

/// The answers of the last `hours` hours are slow.
fn slow(facts: &mut Facts, hours: usize) -> std::ops::Range<usize> {
    let from = facts.hours.len() - hours;
    for hour in facts.hours.get_mut(from..).unwrap() {
        hour.latency = latency(hour.leads, 60_000, 12);
    }
    from..facts.hours.len()
}

#[test]
fn where_nothing_is_wrong_every_step_is_fine() {
    let facts = healthy();
    assert_eq!(odd(&facts), [""; 0]);
    let found = run(&facts);
    let ids: Vec<&str> = found.checks.iter().flat_map(|check| &check.steps).map(|step| step.id.as_str()).collect();
    assert_eq!(ids, ["D1.1", "D1.2", "D1.3", "D1.4", "D1.5", "D1.6", "D2", "D2.1", "D2.2", "D2.3", "D2.4", "D3"]);
    assert!(found.checks.iter().all(|check| check.finding.code == "DIAGNOSIS_FINE" && check.status() == Judgement::Fine));
}

#[test]
fn a_store_without_facts_is_unknown_and_not_fine() {
    let facts = Facts { at_ms: NOW, version: "1".into(), ..Facts::default() };
    let found = run(&facts);
    assert!(found.checks.iter().all(|check| check.status() == Judgement::Unknown), "{found:?}");
    assert_eq!(found.checks[0].finding.code, "DIAGNOSIS_UNKNOWN");
}

#[test]
fn a_service_that_fails_refuses_or_is_silent_is_named_with_its_code() {
    let mut facts = healthy();
    for hour in facts.hours.iter_mut().rev().take(12) {
        (hour.failed, hour.scored) = (4, hour.leads - 4);
        hour.codes.insert("MODEL_PANICKED".into(), 4);
    }
    assert_eq!(odd(&facts), ["D1.1 cause SERVICE_FAILS"]);
    assert!(text(&facts, "D1.1").contains("MODEL_PANICKED (48 leads)"), "{}", text(&facts, "D1.1"));
    let mut facts = healthy();
    for hour in facts.hours.iter_mut().rev().take(24) {
        hour.scored = hour.leads - 8;
        hour.codes.insert("FIELD_MISSING".into(), 8);
    }
    assert_eq!(odd(&facts), ["D1.1 cause LEADS_REFUSED"]);
    assert!(text(&facts, "D1.1").contains("FIELD_MISSING"));
    let mut facts = healthy();
    facts.newest_row_ms = Some(NOW - 10 * HOUR_MS);
    assert_eq!(odd(&facts), ["D1.1 cause SILENT"]);
    assert!(text(&facts, "D1.1").starts_with("No lead was scored for 10 hours; a week before, "));
    // A night in which no leads ever come is no failure.
    facts.hours.retain(|hour| hour.start_ms > NOW - 6 * DAY);
    assert_eq!(odd(&facts), [""; 0]);
}

#[test]
fn drift_of_an_important_feature_is_the_cause_and_of_a_light_one_not() {
    let mut facts = healthy();
    (facts.fields[0].distance, facts.fields[0].p_value) = (Some(0.31), Some(1e-12));
    assert_eq!(odd(&facts), ["D1.3 cause IMPORTANT_DRIFT"]);
    assert_eq!(text(&facts, "D1.3"), "Leads changed where the model looks: visits by 0.31, 40 % of the model's importance.");
    // It lowers the ranking as well: both are named, the cause is the drift.
    facts.performance = Performance { week: scores(6_000, 2, 0.4), month: scores(24_000, 1, 0.4) };
    assert_eq!(odd(&facts), ["D1.2 suspect DEGRADED", "D1.3 cause IMPORTANT_DRIFT"]);
    let mut facts = healthy();
    (facts.fields[3].distance, facts.fields[3].p_value) = (Some(0.31), Some(1e-12));
    assert_eq!(odd(&facts), ["D1.3 suspect MINOR_DRIFT"]);
}

#[test]
fn concept_change_is_a_worse_ranking_without_drift() {
    let mut facts = healthy();
    facts.performance = Performance { week: scores(6_000, 2, 0.5), month: scores(24_000, 1, 0.5) };
    assert_eq!(odd(&facts), ["D1.2 suspect DEGRADED", "D1.3 cause CONCEPT_DRIFT"]);
    assert!(text(&facts, "D1.3").contains("the scores promise AUC 0.8"), "{}", text(&facts, "D1.3"));
    // Where the scores themselves promise less, it is not the concept.
    let mut flat = Scores::default();
    (0..6_000u32).for_each(|n| flat.add(0.4 + 0.2 * f64::from(n % 100) / 100.0, None));
    facts.scores = flat;
    let odd = odd(&facts);
    assert!(odd.contains(&"D1.2 suspect DEGRADED".to_owned()) && !odd.iter().any(|step| step.contains("CONCEPT")), "{odd:?}");
}

#[test]
fn one_source_with_missing_values_is_named_with_its_hour() {
    let mut facts = healthy();
    let since = facts.fields[1].hours.len() - 9;
    for hour in &mut facts.fields[1].hours[since..] {
        hour.counts.missing = 14;
    }
    facts.fields[1].week.missing += 9 * 14;
    let hour_ms = facts.fields[1].hours[since].start_ms;
    let of = |value: &str, day: Counts, before: Counts| Sourced {
        field: "budget".into(),
        segment: "lead_source".into(),
        value: value.into(),
        day,
        before,
    };
    facts.sources = vec![
        of("Web", counts(480, 3, 0), counts(3_000, 20, 0)),
        of("Partner", counts(320, 126, 0), counts(2_000, 12, 0)),
        of("Fair", counts(160, 2, 0), counts(1_000, 6, 0)),
    ];
    assert_eq!(odd(&facts), ["D1.4 cause MORE_MISSING"]);
    let said = text(&facts, "D1.4");
    assert!(
        said.starts_with("budget is missing in ") && said.contains("since ") && said.contains("from Partner (lead_source)"),
        "{said}"
    );
    let finding = &run(&facts).checks[0].steps[3];
    assert_eq!((&finding.sentence.values["since_ms"], &finding.sentence.values["source"]), (&hour_ms.into(), &"Partner".into()));
    assert!(finding.action.as_ref().unwrap().text.starts_with("Have Partner fixed; hold retraining"));
}

#[test]
fn values_training_did_not_have_are_named() {
    let mut facts = healthy();
    facts.fields[2].week.new = 400;
    facts.fields[2].hours.iter_mut().skip(100).for_each(|hour| hour.counts.new = 4);
    assert_eq!(odd(&facts), ["D1.4 cause NEW_VALUES"]);
    assert!(text(&facts, "D1.4").contains("of the values of region did not occur in training since "));
}

#[test]
fn a_shift_in_mix_that_explains_conversion_is_a_cause() {
    let mut facts = healthy();
    // Fair leads, who buy least, are now half of all; each source converts as before.
    (facts.segments[0].week, facts.segments[1].week, facts.segments[2].week) = ([1_500, 750], [1_000, 700], [2_500, 500]);
    assert_eq!(odd(&facts), ["D1.5 cause MIX_EXPLAINS"]);
    let said = text(&facts, "D1.5");
    assert!(
        said.contains("the share of Fair (lead_source) rose from 17 % to 50 %") && said.contains("instead of 52 %"),
        "{said}"
    );
    // The same shift while conversion stays.
    facts.segments[2].week = [2_500, 1_900];
    assert_eq!(odd(&facts), ["D1.5 suspect MIX_CHANGED"]);
    // The same mix, and one source converts worse.
    let mut facts = healthy();
    facts.segments[1].week = [2_000, 900];
    assert_eq!(odd(&facts), ["D1.5 suspect SEGMENT_CONVERTS_LESS"]);
}

#[test]
fn hot_leads_that_are_not_worked_scores_that_are_not_seen_and_bands_that_moved() {
    let mut facts = healthy();
    facts.worked.as_mut().unwrap().hot = Contact { leads: 1_300, contacted: 620, mean_hours: Some(20.0) };
    assert_eq!(odd(&facts), ["D1.6 cause HOT_NOT_WORKED"]);
    let mut facts = healthy();
    facts.seen.iter_mut().for_each(|day| (day.exposures, day.waits, day.wait_ms) = (200, 200, 12_000.0));
    assert_eq!(odd(&facts), ["D1.6 cause NOT_SEEN"]);
    let mut facts = healthy();
    facts.worked.as_mut().unwrap().stale = [3_600, 1_800];
    assert_eq!(odd(&facts), ["D1.6 suspect SHOWN_LATE"]);
    let mut facts = healthy();
    facts.training.as_mut().unwrap().bands = vec![("cold".into(), 0.0, 0.9), ("hot".into(), 0.8, 0.05)];
    assert_eq!(odd(&facts), ["D1.6 suspect BANDS_MOVED"]);
    let action = run(&facts).checks[0].steps[5].action.clone().unwrap().text;
    assert!(action.contains("the top band would have to begin at 0.95"), "{action}");
}

#[test]
fn latency_from_batches_the_model_the_load_or_the_way_is_told_apart() {
    let spike = |change: &dyn Fn(&mut Facts, std::ops::Range<usize>)| {
        let mut facts = healthy();
        let range = slow(&mut facts, 30);
        change(&mut facts, range);
        odd(&facts)
    };
    let batches = spike(&|facts, range| {
        facts.hours[range].iter_mut().for_each(|hour| (hour.leads, hour.scored) = (20 * hour.calls, 20 * hour.calls))
    });
    assert_eq!(batches, ["D2 suspect SLOWER", "D2.1 cause BATCHES_GREW"]);
    let model = spike(&|facts, range| {
        facts.hours[range].iter_mut().for_each(|hour| hour.versions = [("2".to_owned(), hour.leads)].into());
    });
    assert_eq!(model, ["D2 suspect SLOWER", "D2.2 cause MODEL_GREW"]);
    let load = spike(&|facts, range| {
        for hour in &mut facts.hours[range] {
            (hour.calls, hour.leads, hour.scored) = (8 * hour.calls, 8 * hour.leads, 8 * hour.scored);
        }
    });
    assert_eq!(load, ["D2 suspect SLOWER", "D2.3 cause LOAD_GREW"]);
    let way = spike(&|facts, _| facts.seen.last_mut().unwrap().wait_ms = 800.0 * 900.0);
    assert_eq!(way, ["D2 suspect SLOWER", "D2.4 cause NETWORK_GREW"]);
    // None of the four: the host itself.
    assert_eq!(spike(&|_, _| {}), ["D2 cause SLOWER"]);
    let mut facts = healthy();
    let range = slow(&mut facts, 30);
    let since_ms = facts.hours[range.start].start_ms;
    assert_eq!(run(&facts).checks[1].steps[0].sentence.values["since_ms"], since_ms);
    assert!(text(&facts, "D2").starts_with("Answers got slower since "), "{}", text(&facts, "D2"));
}

#[test]
fn drift_in_several_fields_is_urgent_unless_a_note_explains_it() {
    let mut facts = healthy();
    for field in &mut facts.fields[1..] {
        (field.distance, field.p_value) = (Some(0.2), Some(1e-9));
    }
    let found = odd(&facts);
    assert_eq!(found, ["D1.3 cause IMPORTANT_DRIFT", "D3 cause DRIFT_UNEXPECTED"]);
    facts.notes.push(Note { at_ms: NOW - 3 * DAY, kind: "change".into(), text: "New form: budget is asked in steps".into() });
    let found = odd(&facts);
    assert_eq!(found, ["D1.3 cause IMPORTANT_DRIFT", "D3 suspect DRIFT_EXPECTED"]);
    assert!(text(&facts, "D3").contains("New form: budget is asked in steps"));
    // A note of something else, or an old one, explains nothing.
    facts.notes.last_mut().unwrap().text = "Office moved".into();
    assert!(odd(&facts).contains(&"D3 cause DRIFT_UNEXPECTED".to_owned()));
}
