//! The leads of an A/B test, and leads of a rollout that were scored before it began.

use plumbline_core::experiment::{Cycle, Demand, Guardrail, Kind, Metric, Settings};
use plumbline_core::rollout::evidence::{Attention, Test};

use super::*;

fn settings() -> Settings {
    let primary = Metric { adjusted: true, ..Metric::new("conversion", Kind::Rate) };
    let guardrail = |name| Guardrail { metric: Metric::new(name, Kind::Mean), demand: Demand::Margin(0.1) };
    Settings {
        guardrails: vec![guardrail(Test::DEAL_SIZE)],
        cycle: Some(Cycle { name: "cycle".into(), margin: 0.1, horizon: None }),
        segments: vec!["source".into()],
        ..Settings::new(&["A", "B"], primary)
    }
}

fn tested() -> RolloutSpan {
    let span =
        RolloutSpan { id: "r1".into(), challenger: "2".into(), champion: "1".into(), from_epoch: 1, ..RolloutSpan::default() };
    RolloutSpan { test_from_ms: Some(START), test_pauses: vec![(START + 1000, START + 2000)], ..span }
}

fn both(at: i64, lead: &str, arm: Option<&'static str>, scores: [f64; 2]) -> [Line; 2] {
    let [champion, challenger] = if arm == Some("B") { ["shadow", "challenger"] } else { ["champion", "shadow"] };
    let segments = Some(r#"{"source":"Partner"}"#);
    let line = |version, role, score| Line { arm, segments, ..line(at, lead, version, role, score) };
    [line("1", champion, scores[0]), line("2", challenger, scores[1])]
}

#[test]
fn leads_of_the_test_are_summed_by_their_arm() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    let lines = [
        both(START - 1, "old", Some("B"), [0.5, 0.5]),
        both(START, "a", Some("A"), [0.9, 0.2]),
        both(START + 10, "b", Some("B"), [0.3, 0.9]),
        both(START + 20, "explored", None, [0.3, 0.9]),
        both(START + 1500, "paused", Some("B"), [0.3, 0.9]),
        both(START + DAY, "buyer", Some("A"), [0.3, 0.9]),
        both(START + 2 * DAY, "young", Some("A"), [0.3, 0.1]),
    ];
    shard.append(&batch("b", &lines.concat())).unwrap();
    let rules = Digest { rollouts: vec![tested()], ..rules() };
    shard.digest_all(START + 3 * DAY, &rules).unwrap();
    let event = |lead: &str, kind: &str, at: i64, value: &str| {
        outcome(&format!(r#"{{"lead_id":"{lead}","kind":"{kind}","occurred_at":{at}{value}}}"#))
    };
    let events = [
        event("b", "converted", START + DAY, ""),
        event("b", "deal_opened", START + DAY, ""),
        event("b", "deal_closed", START + 3 * DAY, ",\"value\":500"),
        event("a", "deal_opened", START + DAY, ",\"value\":700"),
        event("buyer", "converted", START, ""),
        // After the look.
        event("a", "deal_closed", START + 9 * DAY, ""),
    ];
    shard.ingest(START + 10 * DAY, &events).unwrap();
    let population = Population {
        rollout: tested(),
        until_ms: START + 8 * DAY + DAY / 2,
        mature_ms: 7 * DAY,
        baseline: 0.1,
        hot_from: Some((0.8, 0.8)),
        settings: settings(),
    };
    let found = shard.experiment(&population).unwrap();
    assert_eq!((found.data.leads(), found.open, found.before_score), (2, 1, 1));
    let attention = Attention { champion_leads: 3, champion_hot: 1, challenger_leads: 1, challenger_hot: 1 };
    assert_eq!(found.attention, attention);
    let written: serde_json::Value = serde_json::from_slice(&found.data.write()).unwrap();
    assert_eq!(
        (&written["leads"], &written["cycles"]),
        (&serde_json::json!([1, 1]), &serde_json::json!([[[180, false, 1]], [[48, true, 1]]]))
    );
    let mean = |metric: usize, arm: usize| written["metrics"][metric][arm]["moments"]["x"].clone();
    assert_eq!((mean(0, 1)["mean"].as_f64(), mean(0, 0)["mean"].as_f64()), (Some(1.0), Some(0.0)));
    assert_eq!((mean(1, 0)["count"].as_u64(), mean(1, 1)["mean"].as_f64()), (Some(0), Some(500.0)));
    assert_eq!(written["metrics"][0][0]["moments"]["y"]["mean"].as_f64(), Some(0.9));
    assert!(written["segments"][0]["Partner"].is_array());
    // As another shard sends it.
    let mut merged = Tested::new(&settings());
    merged.merge(&Tested::read(&found.write(), &settings()).unwrap());
    assert_eq!(merged, found);
    assert!(Tested::read(b"{}", &settings()).is_err());
    // The same leads in outcome windows.
    shard.digest_all(START + 20 * DAY, &rules).unwrap();
    let windows = windows(&mut shard);
    let leads = |role: &str| -> u64 {
        let of = windows.iter().filter(|((grain, _, version, r), _)| *grain == Grain::Mature && version == "2" && r == role);
        of.map(|(_, (window, _))| window.counters.leads).sum()
    };
    let of_partner = |role: &str| -> [u64; 2] {
        let of = windows.iter().filter(|((grain, _, version, r), _)| *grain == Grain::Mature && version == "1" && r == role);
        let counts = of.filter_map(|(_, (_, business))| business.as_ref()?.segments.get("source")?.get("Partner").copied());
        counts.fold([0; 2], |sum, more| [sum[0] + more[0], sum[1] + more[1]])
    };
    assert_eq!((of_partner("shadow"), of_partner(PAIRED)), ([3, 1], [0, 0]));
    assert_eq!((leads(TESTED), leads(PAIRED), leads("shadow"), leads("challenger")), (3, 6, 3, 3));
}

#[test]
fn leads_from_before_the_rollout_get_both_scores_from_their_stored_fields() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    let before = |at: i64, lead: &str| Line { epoch: None, ..line(at, lead, "0", "champion", 0.5) };
    let rows =
        batch("b", &[before(START - 9 * DAY, "too old"), before(START, "a"), before(START + 1, "b"), before(START + 2, "bare")]);
    let fields = |lead: &str, at: i64, visits: u32| LeadFields {
        lead_id: lead.into(),
        at_ms: at,
        fields: serde_json::json!({ "visits": visits }),
        schema_sha256: String::new(),
    };
    let carried = [fields("too old", START - 9 * DAY, 1), fields("a", START, 2), fields("a", START + 5, 9)];
    shard.append(&format!("{rows}\n{}", serde_json::to_string(&carried).unwrap())).unwrap();
    shard.append(&format!("{rows}\n{}", serde_json::to_string(&carried).unwrap())).unwrap();
    shard.keep_fields(&[fields("b", START - DAY, 4), fields("b", START + 3 * DAY, 8)]).unwrap();
    let rollout = RolloutSpan { trained_ms: START - DAY, ..tested() };
    let rules = Digest { rollouts: vec![rollout.clone()], ..rules() };
    shard.digest_all(START + DAY, &rules).unwrap();
    let mut asked = Vec::new();
    let mut score = |version: &str, fields: &str| {
        asked.push(format!("{version} {fields}"));
        let visits = serde_json::from_str::<serde_json::Value>(fields).unwrap()["visits"].as_f64()?;
        Some(if version == "1" { visits / 10.0 } else { visits / 20.0 })
    };
    let filled = shard.backfill(&rollout, &mut score).unwrap();
    assert_eq!((filled.leads, filled.scores, filled.more), (4, 4, false));
    assert_eq!(shard.backfill(&rollout, &mut score).unwrap(), Filled::default());
    asked.sort_unstable();
    assert_eq!(asked, [r#"1 {"visits":2}"#, r#"1 {"visits":4}"#, r#"2 {"visits":2}"#, r#"2 {"visits":4}"#]);
    // Scored again in the rollout: the lead's outcome counts by its first score.
    shard.append(&batch("c", &both(START + 2 * DAY, "a", Some("A"), [0.7, 0.7]))).unwrap();
    shard.append(&batch("d", &both(START + 2 * DAY, "bare", Some("A"), [0.7, 0.7]))).unwrap();
    shard.ingest(START + 3 * DAY, &[converted("a", START + DAY), converted("bare", START + DAY)]).unwrap();
    shard.digest_all(START + 20 * DAY, &rules).unwrap();
    let windows = windows(&mut shard);
    let of = |version: &str, role: &str| -> [u64; 3] {
        let of = windows.iter().filter(|((grain, _, v, r), _)| *grain == Grain::Mature && v == version && r == role);
        of.map(|(_, (window, _))| window.scores.counts()).fold([0; 3], |sum, more| std::array::from_fn(|i| sum[i] + more[i]))
    };
    assert_eq!((of("2", BACKFILL), of("1", BACKFILL), of("2", PAIRED)), ([1, 1, 0], [1, 1, 0], [1, 1, 0]));
    assert_eq!((of("2", "shadow"), of("1", "champion"), of("0", "champion")), ([0; 3], [0; 3], [2, 2, 0]));
}
