//! Leads as JSON: what is accepted is JSON to others too, and a lead scores whatever it says.

use std::sync::OnceLock;

use plumbline_core::lead::{Form, Limits, Reader, Slots};
use plumbline_core::schema::Schema;
use plumbline_core::{Bundle, Options, Scorer, Timestamp, Workspace};
use serde::de::IgnoredAny;

const NOW: Timestamp = Timestamp(1_794_787_200_000);

const SCHEMA: &str = r#"{"fields": [
    {"name": "key", "kind": "text", "role": "id"}, {"name": "n", "min": 0, "max": 10},
    {"name": "plan", "kind": "category", "categories": ["free", "paid"]}, {"name": "code", "kind": "category"},
    {"name": "flag", "kind": "flag"}, {"name": "tags", "kind": "list"}, {"name": "day", "kind": "date"},
    {"name": "note", "kind": "text"}, {"name": "a/b~c", "kind": "text"}]}"#;

/// The demo's scorer.
pub(super) fn demo() -> &'static Scorer {
    static DEMO: OnceLock<Scorer> = OnceLock::new();
    DEMO.get_or_init(|| {
        let bytes = include_bytes!("../../../worker/demo/demo.plumb");
        Scorer::new(Bundle::read(bytes).expect("the demo is sound")).expect("the demo fits its schema")
    })
}

pub(super) fn lead_json(data: &[u8]) {
    static READER: OnceLock<Reader> = OnceLock::new();
    let reader = READER.get_or_init(|| Reader::new(&serde_json::from_str::<Schema>(SCHEMA).expect("a schema")));
    let tight = Limits { body_bytes: 4096, batch: 5, nesting: 4, string_bytes: 20, list_items: 3, id_bytes: 10 };
    let mut slots = Slots::default();
    for limits in [Limits::default(), tight] {
        if reader.read_json(data, &limits, &mut slots).is_ok() {
            // A byte order mark is skipped, which serde_json does not.
            let json = data.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(data);
            serde_json::from_slice::<IgnoredAny>(json).expect("an accepted lead is JSON");
            assert!(slots.unknown_fields().len() <= 50);
        }
        for form in [Form::One, Form::Array, Form::Lines, Form::of(data)] {
            let mut seen = 0;
            let count = reader.read_body(data, form, &limits, &mut slots, &mut |lead| {
                assert_eq!(lead.position, seen);
                seen += 1;
                if let Err(problems) = lead.read {
                    assert!(problems.iter().all(|p| !p.code().is_empty() && !p.to_string().is_empty()) && !problems.is_empty());
                }
            });
            assert!(seen <= limits.batch);
            if let Ok(count) = count {
                assert_eq!(count, seen);
            }
        }
    }
    scored(data);
}

/// The demo answers; with reasons the points add up.
fn scored(data: &[u8]) {
    let mut work = Workspace::default();
    let Ok(score) = demo().score_bytes(data, NOW, &Options::with_reasons(5), &mut work) else { return };
    assert!((0.0..=1.0).contains(&score.probability) && score.score <= 100, "{score:?}");
    let points: i32 = score.reasons.iter().map(|r| r.points).sum();
    assert_eq!(score.base.zip(score.rest).map(|(base, rest)| base + points + rest), Some(i32::from(score.score)));
    let mut out = Vec::new();
    score.write_json(&mut out);
    let read: serde_json::Value = serde_json::from_slice(&out).expect("a score is JSON");
    assert_eq!(read.pointer("/probability").and_then(|p| p.as_f64()).map(f64::to_bits), Some(score.probability.to_bits()));
}
