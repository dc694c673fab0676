//! Leads for the demo model: the committed samples, crossed and spoilt.

use serde_json::{Map, Value, json};

use super::Draw;
use crate::project_root;

/// The moment the leads are scored at: 2026-11-16T00:00:00Z.
pub const NOW_MS: i64 = 1_794_787_200_000;

/// `count` leads, one JSON object to a line. Each takes every field from some sample lead; some miss fields, some carry
/// extremes, texts in other scripts, or values that are refused (a refusal is an answer like another).
pub fn demo_leads(count: usize) -> String {
    let samples = std::fs::read_to_string(project_root().join("worker/demo/leads.ndjson")).expect("the demo's leads");
    let samples: Vec<Map<String, Value>> =
        samples.lines().map(|line| serde_json::from_str(line).expect("a lead is JSON")).collect();
    let fields: Vec<String> = samples[0].keys().cloned().collect();
    let mut draw = Draw::new(6);
    let mut lines = String::new();
    for i in 0..count {
        let mut lead = Map::new();
        for field in &fields {
            let from = draw.pick(&samples);
            if let Some(value) = from.get(field).filter(|_| draw.below(8) > 0) {
                lead.insert(field.clone(), spoilt(&mut draw, value));
            }
        }
        lead.insert("lead_id".into(), json!(format!("G-{i:04}")));
        lines += &serde_json::to_string(&lead).expect("a lead is JSON");
        lines.push('\n');
    }
    lines
}

/// `value`, or now and then something else of its kind or of another.
fn spoilt(draw: &mut Draw, value: &Value) -> Value {
    match (value, draw.below(40)) {
        (Value::Number(_), 0) => json!(draw.pick(&[0.0, -0.0, 5e-324, 1e15, 0.1 + 0.2, 1e-7, 123_456.789_012_345_67])),
        (Value::Number(_), 1) => json!((draw.unit() - 0.5) * 1e4),
        (Value::Number(_), 2) => json!("seven"),
        (Value::String(_), 3) => json!(draw.pick(&["", "Ünïcøde – 漢字", "\"quoted\"\t", "other"])),
        (Value::Array(_), 4) => json!(["newsletter", "", "漢字"]),
        (Value::Array(_), 5) => json!([1, 2]),
        (_, 6) => Value::Null,
        _ => value.clone(),
    }
}
