//! What a shard answers for the diagnosis: missing values by source, and how soon leads are contacted.

use super::*;

const HOUR: i64 = 3_600_000;

#[test]
fn missing_values_are_counted_by_source_and_contacts_by_band() {
    let mut shard = LogShard::open(Memory::new()).unwrap();
    let now = START + 10 * DAY;
    let fields = |lead: &str, at_ms: i64, source: &str, budget: Option<f64>| LeadFields {
        lead_id: lead.into(),
        at_ms,
        fields: serde_json::json!({ "lead_source": source, "budget": budget }),
        schema_sha256: "s".into(),
    };
    let mut kept = Vec::new();
    for n in 0..20 {
        let source = if n % 2 == 0 { "Web" } else { "Partner" };
        kept.push(fields(&format!("old-{n}"), now - 3 * DAY, source, Some(5.0)));
        // Of the last day's leads those from Partner come without.
        kept.push(fields(&format!("new-{n}"), now - HOUR, source, (n % 2 == 0).then_some(5.0)));
    }
    shard.keep_fields(&kept).unwrap();
    // Four hot leads, four others: all hot ones are seen after an hour, of the others one after ten.
    let lines: Vec<Line> =
        (0..8).map(|n| line(START + n, &format!("lead-{n}"), "1", "champion", if n < 4 { 0.8 } else { 0.2 })).collect();
    shard.append(&batch("b", &lines)).unwrap();
    shard.digest_all(START, &rules()).unwrap();
    let seen = |lead: i64, at_ms: i64| {
        let text = format!(r#"{{"lead_id":"lead-{lead}","version":"1","occurred_at":{at_ms}}}"#);
        Exposure::read(&text, at_ms).unwrap()
    };
    let exposures: Vec<Exposure> = (0..4).map(|n| seen(n, START + n + HOUR)).chain([seen(5, START + 5 + 10 * HOUR)]).collect();
    shard.ingest_exposures(&exposures).unwrap();
    let question = Question {
        at_ms: now,
        fields: vec!["budget".into()],
        segments: vec!["lead_source".into(), "region".into()],
        version: "1".into(),
        hot: Some(0.6),
    };
    let answer = shard.inquire(&question).unwrap();
    let found: Vec<_> = answer
        .sources
        .iter()
        .map(|s| (s.value.as_str(), s.day.values, s.day.missing, s.before.values, s.before.missing))
        .collect();
    assert_eq!(answer.sources.iter().map(|s| s.segment.as_str()).collect::<Vec<_>>(), ["lead_source"; 2], "no lead has a region");
    assert!(found.contains(&("Web", 10, 0, 10, 0)) && found.contains(&("Partner", 10, 10, 10, 0)), "{found:?}");
    let worked = answer.worked.unwrap();
    assert_eq!((worked.hot.leads, worked.hot.contacted, worked.other.leads, worked.other.contacted), (4, 4, 4, 1));
    assert!((worked.hot.mean_hours.unwrap() - 1.0).abs() < 1e-9 && (worked.other.mean_hours.unwrap() - 10.0).abs() < 1e-9);
    assert_eq!(worked.stale, [5, 1], "one of five was seen later than four hours");
    let mut both = answer.clone();
    both.merge(&answer);
    let worked = both.worked.unwrap();
    assert_eq!((worked.hot.leads, worked.hot.mean_hours, worked.stale), (8, Some(1.0), [10, 2]));
    assert_eq!((both.sources.len(), both.sources[0].day.values), (2, 20));
}
