use proptest::prelude::*;

use super::*;
use crate::bundle::Declaration;
use crate::lead::{Limits, Reader, Slots, Timestamp};
use crate::model::Column;

/// 2026-11-23T12:00:00Z.
const NOW: Timestamp = Timestamp(1_795_435_200_000);

const FIELDS: &str = r#"
    {"name": "n"}, {"name": "m"}, {"name": "flag", "kind": "flag"}, {"name": "day", "kind": "date"},
    {"name": "cat", "kind": "category", "categories": ["a", "b", "c"]}, {"name": "code", "kind": "category"},
    {"name": "mail", "kind": "text"}, {"name": "tags", "kind": "list"}, {"name": "key", "kind": "text", "role": "id"}"#;

fn declaration(features: &str) -> Declaration {
    serde_json::from_str(&format!(r#"{{"field": [{FIELDS}], "feature": [{features}]}}"#)).unwrap()
}

fn compile(features: &str) -> Pipeline {
    let declared = declaration(features);
    let columns = declared.feature.iter().flat_map(|t| t.columns(&declared.schema()));
    let columns: Vec<Column> = columns.map(|name| Column { name, categorical: false }).collect();
    Pipeline::compile(&declared.schema(), &declared.feature, &columns).unwrap()
}

fn apply(pipeline: &Pipeline, lead: &str) -> FeatureVector {
    let (mut slots, mut row) = (Slots::default(), FeatureVector::new());
    Reader::new(&declaration("").schema()).read_json(lead.as_bytes(), &Limits::default(), &mut slots).unwrap();
    pipeline.apply(&slots, NOW, &mut row);
    row
}

/// The columns `feature` makes of `lead`; NaN equals NaN.
fn check(feature: &str, lead: &str, expected: &[f64]) {
    let made = apply(&compile(feature), lead);
    let same = made.len() == expected.len()
        && made.iter().zip(expected).all(|(a, b)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan());
    assert!(same, "{feature} of {lead}: {made:?}, expected {expected:?}");
}

#[test]
fn every_transform_on_known_missing_and_unknown_values() {
    const NA: f64 = f64::NAN;
    let value = |from: &str| format!(r#"{{"name": "x", "from": "{from}"}}"#);
    let make = |from: &str, make: &str| format!(r#"{{"name": "x", "from": "{from}", "make": {make}}}"#);
    let spread = |from: &str, make: &str| format!(r#"{{"name": "x", "from": "{from}", "make": {make}, "one_hot": true}}"#);
    let then = |steps: &str| format!(r#"{{"name": "x", "from": "n", "then": [{steps}]}}"#);
    let rows: Vec<(String, &str, Vec<f64>)> = vec![
        (value("n"), r#"{"n": -2.5}"#, vec![-2.5]),
        (value("n"), "{}", vec![NA]),
        (value("n"), r#"{"n": null}"#, vec![NA]),
        (value("flag"), r#"{"flag": true}"#, vec![1.0]),
        (value("flag"), r#"{"flag": 0}"#, vec![0.0]),
        (value("day"), r#"{"day": "1970-01-03"}"#, vec![2.0]),
        (value("cat"), r#"{"cat": "b"}"#, vec![1.0]),
        // Where texts are listed, a number is not a code.
        (value("cat"), r#"{"cat": 2}"#, vec![NA]),
        (value("cat"), r#"{"cat": "unheard"}"#, vec![NA]),
        (value("cat"), r#"{"cat": 3}"#, vec![NA]),
        (value("cat"), r#"{"cat": ""}"#, vec![NA]),
        (value("code"), r#"{"code": 17}"#, vec![17.0]),
        (spread("cat", r#""value""#), r#"{"cat": "b"}"#, vec![0.0, 1.0, 0.0]),
        (spread("cat", r#""value""#), r#"{"cat": "unheard"}"#, vec![0.0, 0.0, 0.0]),
        (spread("cat", r#""value""#), r#"{"cat": 9}"#, vec![0.0, 0.0, 0.0]),
        (spread("cat", r#""value""#), "{}", vec![NA, NA, NA]),
        (make("cat", r#"{"ordinal": ["c", "a"]}"#), r#"{"cat": "a"}"#, vec![1.0]),
        (make("cat", r#"{"ordinal": ["c", "a"]}"#), r#"{"cat": "b"}"#, vec![NA]),
        (spread("cat", r#"{"ordinal": ["c", "a"]}"#), r#"{"cat": "c"}"#, vec![1.0, 0.0]),
        (spread("cat", r#"{"ordinal": ["c", "a"]}"#), r#"{"cat": "b"}"#, vec![0.0, 0.0]),
        (make("cat", r#"{"target": {"values": {"a": 0.5}, "default": 0.1}}"#), r#"{"cat": "a"}"#, vec![0.5]),
        (make("cat", r#"{"target": {"values": {"a": 0.5}, "default": 0.1}}"#), r#"{"cat": "b"}"#, vec![0.1]),
        (make("cat", r#"{"target": {"values": {"a": 0.5}, "default": 0.1}}"#), "{}", vec![0.1]),
        (make("n", r#""missing""#), r#"{"n": 0}"#, vec![0.0]),
        (make("n", r#""missing""#), "{}", vec![1.0]),
        (make("mail", r#""missing""#), r#"{"mail": "x"}"#, vec![0.0]),
        (make("cat", r#""missing""#), r#"{"cat": "unheard"}"#, vec![0.0]),
        (make("n", r#"{"bucket": [0, 10]}"#), r#"{"n": -1}"#, vec![0.0]),
        (make("n", r#"{"bucket": [0, 10]}"#), r#"{"n": 0}"#, vec![1.0]),
        (make("n", r#"{"bucket": [0, 10]}"#), r#"{"n": 10}"#, vec![2.0]),
        (make("n", r#"{"bucket": [0, 10]}"#), "{}", vec![NA]),
        (make("day", r#"{"bucket": [2]}"#), r#"{"day": "1970-01-03"}"#, vec![1.0]),
        (spread("n", r#"{"bucket": [0]}"#), r#"{"n": 5}"#, vec![0.0, 1.0]),
        (make("tags", r#"{"multi_hot": ["p", "q"]}"#), r#"{"tags": ["q", "r", "q"]}"#, vec![0.0, 1.0]),
        (make("tags", r#"{"multi_hot": ["p", "q"]}"#), r#"{"tags": []}"#, vec![0.0, 0.0]),
        (make("tags", r#"{"multi_hot": ["p", "q"]}"#), "{}", vec![NA, NA]),
        (make("tags", r#""count""#), r#"{"tags": ["q", "r", "q"]}"#, vec![3.0]),
        (make("mail", r#""count""#), r#"{"mail": "héé"}"#, vec![3.0]),
        (make("day", r#"{"date_part": "weekday"}"#), r#"{"day": "2026-11-23"}"#, vec![0.0]),
        (make("day", r#"{"date_part": "quarter"}"#), r#"{"day": "2026-11-23"}"#, vec![4.0]),
        (make("day", r#"{"date_part": "hour"}"#), r#"{"day": "2026-11-23T23:30:00-01:00"}"#, vec![0.0]),
        (make("day", r#"{"date_part": "day_of_year"}"#), r#"{"day": "2024-12-31"}"#, vec![366.0]),
        (make("day", r#"{"date_part": "year"}"#), r#"{"day": -1}"#, vec![1969.0]),
        (make("day", r#""days_since""#), r#"{"day": "2026-11-20"}"#, vec![3.5]),
        (make("day", r#""days_since""#), r#"{"day": "2026-11-24"}"#, vec![-0.5]),
        (make("day", r#""days_since""#), "{}", vec![NA]),
        (make("n", r#"{"ratio": "m"}"#), r#"{"n": 1, "m": 4}"#, vec![0.25]),
        (make("n", r#"{"ratio": "m"}"#), r#"{"n": 1, "m": 0}"#, vec![NA]),
        (make("n", r#"{"ratio": "m"}"#), r#"{"n": 1}"#, vec![NA]),
        (then(r#"{"impute": {"constant": 7}}"#), "{}", vec![7.0]),
        (then(r#"{"impute": {"mean": 7}}, {"clip": {"min": 0, "max": 5}}"#), "{}", vec![5.0]),
        (then(r#"{"clip": {"min": 0, "max": 5}}"#), r#"{"n": -3}"#, vec![0.0]),
        (then(r#""log1p""#), r#"{"n": 0}"#, vec![0.0]),
        (then(r#""log1p""#), r#"{"n": -1}"#, vec![NA]),
        (then(r#""log1p", {"impute": {"constant": 0}}"#), r#"{"n": -5}"#, vec![0.0]),
        (then(r#"{"standard": {"mean": 2, "std": 4}}"#), r#"{"n": 4}"#, vec![0.5]),
        (then(r#"{"standard": {"mean": 2, "std": 1e-300}}"#), r#"{"n": 1e300}"#, vec![NA]),
        (then(r#"{"min_max": {"min": 2, "max": 4}}"#), r#"{"n": 3}"#, vec![0.5]),
    ];
    for (feature, lead, expected) in rows {
        check(&feature, lead, &expected);
    }
}

#[test]
fn domains_of_addresses_fall_into_classes() {
    let feature = r#"{"name": "x", "from": "mail", "make": {"email_domain": [
        {"name": "free", "domains": ["gmail.com"]}, {"name": "education", "domains": [".edu", ".ac.uk"]}]}}"#;
    let rows = [
        ("a@gmail.com", 0.0),
        ("A@GMail.COM", 0.0),
        ("a@mail.gmail.com", 2.0),
        ("a@cs.stanford.edu", 1.0),
        ("a@ox.ac.uk", 1.0),
        ("a@edu", 3.0),
        ("a@acme.io", 2.0),
        ("a@b@acme.io", 2.0),
        ("nobody", 3.0),
        ("@acme.io", 3.0),
        ("a@.edu", 3.0),
        ("a@acme.", 3.0),
        ("a@acme..io", 3.0),
        ("a b@ acme.io", 3.0),
        ("Jane <jane@gmail.com>", 3.0),
        ("a@gmail.com, b@gmail.com", 0.0),
        (" a@gmail.com ", 0.0),
        ("a@müller.de", 2.0),
    ];
    for (mail, class) in rows {
        check(feature, &format!(r#"{{"mail": "{mail}"}}"#), &[class]);
    }
    check(feature, "{}", &[f64::NAN]);
}

#[test]
fn columns_are_bound_by_name_in_any_order() {
    let declared = declaration(r#"{"name": "x", "from": "cat", "one_hot": true}, {"name": "y", "from": "n", "then": ["log1p"]}"#);
    let column = |name: &str| Column { name: name.into(), categorical: false };
    let columns = ["y", "m", "x=c", "cat", "x=a", "x=b"].map(column);
    let pipeline = Pipeline::compile(&declared.schema(), &declared.feature, &columns).unwrap();
    assert_eq!(apply(&pipeline, r#"{"n": 0, "m": 5, "cat": "c"}"#), [0.0, 5.0, 1.0, 2.0, 0.0, 0.0]);
    assert_eq!((0..6).map(|i| pipeline.source(i)).collect::<Vec<_>>(), [Some(0), Some(1), Some(4), Some(4), Some(4), Some(4)]);
}

#[test]
fn every_problem_is_reported_with_its_path() {
    let declared = declaration(
        r#"{"name": "a", "from": "nope"}, {"name": "b", "from": "key"}, {"name": "b", "from": "mail", "make": {"bucket": [2, 1]}},
           {"name": "c", "from": "n", "one_hot": true, "then": [{"standard": {"mean": 0, "std": 0}}]},
           {"name": "d", "from": "cat", "make": {"ordinal": ["z"]}}, {"name": "e", "from": "n", "make": {"ratio": "tags"}},
           {"name": "f", "from": "n"}"#,
    );
    let columns = ["f", "mail", "ghost"].map(|name| Column { name: name.into(), categorical: false });
    let errors = Pipeline::compile(&declared.schema(), &declared.feature, &columns).unwrap_err();
    let found: Vec<(&str, &str)> = errors.problems.iter().map(|p| (p.code, p.path.as_str())).collect();
    for expected in [
        ("FEATURE_FIELD_UNKNOWN", "feature[0].from"),
        ("FEATURE_ROLE", "feature[1].from"),
        ("FEATURE_NAME", "feature[2].name"),
        ("FEATURE_KIND", "feature[2].make"),
        ("BUCKET_EDGES", "feature[2].make.bucket"),
        ("FEATURE_ONE_HOT", "feature[3].one_hot"),
        ("STEP_INVALID", "feature[3].then[0]"),
        ("CATEGORY_UNKNOWN", "feature[4].make.ordinal"),
        ("FEATURE_KIND", "feature[5].make.ratio"),
        ("FEATURE_NOT_READ", "feature[3].name"),
        ("COLUMN_UNMADE", "model.column[1]"),
        ("COLUMN_UNMADE", "model.column[2]"),
    ] {
        assert!(found.contains(&expected), "{expected:?} is missing from {found:?}");
    }
}

proptest! {
    /// Whatever numbers, texts and moments a lead brings, each column is finite or missing.
    #[test]
    fn the_pipeline_is_total(n: f64, m: f64, day in -10i64.pow(15)..10i64.pow(15), now: i64, mail: String, code: i32) {
        prop_assume!(n.is_finite() && m.is_finite());
        let pipeline = compile(
            r#"{"name": "a", "from": "n", "make": {"ratio": "m"}, "then": ["log1p", {"standard": {"mean": 1, "std": 1e-9}}]},
               {"name": "b", "from": "day", "make": "days_since"}, {"name": "c", "from": "day", "make": {"date_part": "month"}},
               {"name": "d", "from": "mail", "make": {"email_domain": [{"name": "x", "domains": [".a"]}]}, "one_hot": true},
               {"name": "e", "from": "cat", "make": {"target": {"values": {}, "default": 2}}}, {"name": "f", "from": "cat", "one_hot": true},
               {"name": "g", "from": "n", "make": {"bucket": [0]}, "one_hot": true}, {"name": "h", "from": "mail", "make": "count"},
               {"name": "i", "from": "n", "then": [{"min_max": {"min": 0, "max": 1e-300}}]}"#,
        );
        let lead = serde_json::json!({"n": n, "m": m, "day": day, "mail": mail, "cat": code});
        let (mut slots, mut row) = (Slots::default(), FeatureVector::new());
        let reader = Reader::new(&declaration("").schema());
        // A day that is of our time only in another unit is rejected.
        if let Err(problems) = reader.read_lead(&serde_json::from_value(lead).unwrap(), &Limits::default(), &mut slots) {
            prop_assert!(problems.iter().all(|problem| problem.code() == "LEAD_OTHER_EPOCH"), "{:?}", problems);
            return Ok(());
        }
        pipeline.apply(&slots, Timestamp(now), &mut row);
        prop_assert_eq!(row.len(), pipeline.width());
        prop_assert!(row.iter().all(|x| x.is_finite() || x.is_nan()), "{:?}", row);
    }
}
