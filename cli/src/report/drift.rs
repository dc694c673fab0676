//! A comparison of two tables as JSON and as a person reads it.

use plumbline_core::drift::{DriftReport, FeatureDrift, Rate};
use serde_json::{Map, Value, json};

/// One feature, as JSON.
pub fn feature_json(feature: &FeatureDrift) -> Value {
    let rate = |rate: &Rate| json!({ "reference": rate.reference, "current": rate.current, "p_value": rate.p_value });
    let new = feature.new_categories.as_ref().map(|new| json!({ "count": new.count, "rate": rate(&new.rate), "most": new.most }));
    json!({
        "feature": feature.name, "drifted": feature.drifted(), "reasons": feature.reasons.iter().map(|r| r.name()).collect::<Vec<_>>(),
        "importance": feature.importance, "distance": feature.distance, "p_value": feature.p_value,
        "location": feature.location.map(|(at, higher)| json!({ "value": at, "current_higher": higher })),
        "population_stability": feature.population_stability, "jensen_shannon": feature.jensen_shannon,
        "wasserstein": feature.wasserstein, "missing": rate(&feature.missing),
        "outliers": feature.outliers.as_ref().map(rate), "new_categories": new,
    })
}

/// All of it for people.
pub fn page(all: &Map<String, Value>, report: &DriftReport) -> String {
    let number = |value: Option<&Value>| value.and_then(Value::as_f64).map_or("–".to_owned(), |x| format!("{x:.4}"));
    let sentence = all.get("verdict").and_then(|verdict| verdict.get("sentence")).and_then(Value::as_str).unwrap_or_default();
    let mut text = sentence.to_owned();
    let width = report.features.iter().map(|f| f.name.chars().count()).max().unwrap_or(0).max(7);
    text.push_str(&format!("\n\n{:<width$}  distance         p     PSI  missing now  drifted", "feature"));
    let mut features: Vec<&FeatureDrift> = report.features.iter().collect();
    features.sort_by(|a, b| b.drifted().cmp(&a.drifted()).then(b.distance.unwrap_or(1.0).total_cmp(&a.distance.unwrap_or(1.0))));
    for feature in features {
        let p = feature.p_value.map_or("–".to_owned(), |p| if p < 1e-4 { format!("{p:.0e}") } else { format!("{p:.4}") });
        let reasons: Vec<&str> = feature.reasons.iter().map(|reason| reason.name()).collect();
        let verdict = if reasons.is_empty() { "no".to_owned() } else { format!("YES: {}", reasons.join(", ")) };
        text.push_str(&format!(
            "\n{:<width$}  {:>8}  {p:>8}  {:>6}  {:>9.2} %  {verdict}",
            feature.name,
            feature.distance.map_or("–".to_owned(), |distance| format!("{distance:.4}")),
            feature.population_stability.map_or("–".to_owned(), |index| format!("{index:.3}")),
            feature.missing.current * 100.0
        ));
    }
    for (name, reason) in &report.left_out {
        text.push_str(&format!("\n{name}: skipped, {reason}"));
    }
    for (key, what) in [("only_in_reference", "missing from the current leads"), ("only_in_current", "not in the reference")] {
        let names: Vec<&str> = all.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        if !names.is_empty() {
            text.push_str(&format!("\n{what}: {}", names.join(", ")));
        }
    }
    if let Some(found) = all.get("prediction").filter(|found| found.get("percentiles").is_some()) {
        text.push_str(&format!(
            "\n\nscores: distance {}, p {}, PSI {}",
            number(found.get("distance")),
            number(found.get("p_value")),
            number(found.get("population_stability"))
        ));
        for row in found.get("percentiles").and_then(Value::as_array).into_iter().flatten() {
            let q = row.get("q").and_then(Value::as_f64).unwrap_or_default() * 100.0;
            text.push_str(&format!(
                "\n  percentile {q:>3.0}   {}  now {}",
                number(row.get("reference")),
                number(row.get("current"))
            ));
        }
    }
    if let Some(measures) = all.get("performance").and_then(|p| p.get("measures")).and_then(Value::as_object) {
        text.push_str("\n\nmeasure             reference   expected now (95 %)            realised");
        for (name, measure) in measures {
            let expected = measure.get("expected");
            let edge = |i: usize| number(expected.and_then(|e| e.get("interval")).and_then(|interval| interval.get(i)));
            text.push_str(&format!(
                "\n{name:<20}{:>9}   {} ({} to {})   {:>9}",
                number(measure.get("reference")),
                number(expected.and_then(|e| e.get("value"))),
                edge(0),
                edge(1),
                number(measure.get("realised"))
            ));
        }
    }
    if let Some(found) = all.get("false_alarms").filter(|found| found.get("deals").is_some()) {
        let percent = |name: &str| found.get(name).and_then(Value::as_f64).unwrap_or_default() * 100.0;
        text.push_str(&format!(
            "\n\nfalse alarms without drift, from {} shuffles of these rows: any feature {:.1} %, this verdict {:.1} %",
            found.get("deals").and_then(Value::as_u64).unwrap_or_default(),
            percent("any_feature"),
            percent("verdict")
        ));
    }
    text
}
