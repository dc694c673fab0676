use std::sync::Arc;

use super::*;
use crate::bundle::{Band, Baseline, Distribution};
use crate::lead::{Lead, Limits, Slots, Timestamp, Value};
use crate::model::{Arithmetic, Body, Column, Linear, Link, Model};
use crate::random::Random;
use crate::schema::{Field, FieldKind, Role, Schema};
use crate::{Bundle, Manifest, Scorer};

/// A logistic regression on two numbers; a category and an id that it does not read.
fn scorer() -> Scorer {
    let field = |name: &str, kind: FieldKind| Field { name: name.into(), kind, ..Field::default() };
    let id = Field { role: Role::Id, ..field("lead_id", FieldKind::Text) };
    let source = Field { categories: ["web", "fair"].map(str::to_owned).into(), ..field("source", FieldKind::Category) };
    let fields = vec![
        id,
        field("visits", FieldKind::Number),
        field("revenue", FieldKind::Number),
        source,
        field("note", FieldKind::Text),
        field("is_vip", FieldKind::Flag),
    ];
    let columns = ["visits", "revenue"].map(|name| Column { name: name.into(), categorical: false });
    let weights = vec![0.3, 1e-6];
    let linear = Linear { arithmetic: Arithmetic::F64, base: vec![-2.5], weights, means: Vec::new() };
    let model = Model { columns: columns.into(), body: Body::Linear(linear), link: Link::Logistic { scale: 1.0 }, outputs: 1 };
    let bands = [("cold", 0.0), ("hot", 0.5)].map(|(name, from)| Band { name: name.into(), from }).into();
    let manifest = Manifest { name: "m".into(), version: "1".into(), schema: Schema { fields }, bands, ..Manifest::default() };
    Scorer::new(Bundle::new(manifest, model)).unwrap()
}

fn lead(number: u64, random: &mut Random) -> (Lead, f64) {
    let visits = (10.0 * random.unit()).floor();
    let mut lead = Lead::default();
    lead.set("lead_id", Value::Text(format!("lead-{number}")));
    lead.set("visits", Value::Number(visits));
    if !number.is_multiple_of(20) {
        lead.set("revenue", Value::Number(1e6 * random.unit()));
    }
    lead.set("source", Value::Text(if number.is_multiple_of(4) { "fair" } else { "web" }.into()));
    lead.set("note", Value::Text(format!("called at {number}")));
    lead.set("is_vip", Value::Flag(number.is_multiple_of(10)));
    (lead, visits)
}

fn gathered(leads: u64) -> Gathered {
    gathering(leads).finish().unwrap()
}

fn gathering(leads: u64) -> Gathering {
    let scorer = Arc::new(scorer());
    let mut gathering = Gathering::new(&scorer, 0.5);
    let (mut random, mut slots) = (Random::new(7), Slots::default());
    for number in 0..leads {
        let (lead, visits) = lead(number, &mut random);
        scorer.reader().read_lead(&lead, &Limits::default(), &mut slots).unwrap();
        let converted = random.unit() < visits / 10.0;
        gathering.add(&slots, Timestamp(0), converted, Some(1_000 * number as i64)).unwrap();
    }
    gathering
}

#[test]
fn a_field_that_is_permuted_costs_what_the_ranking_owes_to_it() {
    let losses = gathering(4_000).permutation();
    let [(visits, lost), (revenue, little)] = &losses[..] else { panic!("the fields that the model reads: {losses:?}") };
    assert_eq!((visits.as_str(), revenue.as_str()), ("visits", "revenue"));
    // Without visits, which alone decide, the model ranks like a coin; revenue is noise, and costs it some of its rank.
    assert!((0.28..0.38).contains(lost) && (-0.05..0.01).contains(little), "{losses:?}");
    assert_eq!(gathering(4_000).permutation(), losses);
    assert!(gathering(0).permutation().is_empty());
}

#[test]
fn a_baseline_has_bins_figures_and_importance() {
    let Gathered { reference, baseline } = gathered(4_000);
    let names: Vec<&str> = reference.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["visits", "revenue", "source", "is_vip"], "an id and free text are not compared");
    let Distribution::Number(visits) = &reference.fields[0].distribution else { panic!("a number") };
    assert_eq!((visits.bins().count(), visits.counts().iter().sum::<u64>(), visits.missing()), (10, 4_000, 0));
    let Distribution::Number(revenue) = &reference.fields[1].distribution else { panic!("a number") };
    assert_eq!((revenue.bins().count(), revenue.missing()), (50, 200));
    let Distribution::Category(source) = &reference.fields[2].distribution else { panic!("a category") };
    assert_eq!((source.known(), source.counts()), (&["fair".to_owned(), "web".to_owned()][..], &[1_000, 3_000][..]));
    let Distribution::Category(vip) = &reference.fields[3].distribution else { panic!("a flag is counted as a category") };
    assert_eq!(vip.known(), ["false", "true"]);
    assert_eq!(reference.score.counts().iter().sum::<u64>(), 4_000);
    assert_eq!((baseline.data.rows, baseline.data.span_ms), (4_000, Some((0, 3_999_000))));
    let auc = baseline.figure("auc").unwrap();
    let (low, high) = auc.interval.unwrap();
    assert!(low < auc.value && auc.value < high && (0.78..0.88).contains(&auc.value) && high - low < 0.03, "{auc:?}");
    for id in ["precision", "recall", "conversion", "brier", "calibration_error"] {
        let figure = baseline.figure(id).unwrap();
        let (low, high) = figure.interval.unwrap();
        assert!(low < figure.value && figure.value < high && high - low < 0.1, "{figure:?}");
    }
    // Visits spread by 2.9 × 0.3 from their mean, revenue by 0.29e6 × 1e-6.
    let weights: Vec<(&str, f64)> = baseline.importance.iter().map(|w| (w.field.as_str(), w.share)).collect();
    assert_eq!(weights[0].0, "visits");
    assert!((weights[0].1 - 0.75).abs() < 0.02 && (weights[0].1 + weights[1].1 - 1.0).abs() < 1e-9, "{weights:?}");
    assert_eq!((baseline.share("visits"), baseline.share("source")), (weights[0].1, 0.0));
    let shares: f64 = baseline.bands.iter().map(|band| band.share).sum();
    assert!((shares - 1.0).abs() < 1e-12 && baseline.bands[1].conversion > baseline.bands[0].conversion, "{:?}", baseline.bands);
    assert!(baseline.percentiles.windows(2).all(|pair| pair[0].1 <= pair[1].1));
}

#[test]
fn a_bundle_carries_its_baseline_and_scoring_leaves_it_unread() {
    let Gathered { reference, baseline } = gathered(200);
    let mut bundle = scorer().bundle().clone();
    let plain = bundle.write().unwrap();
    (bundle.reference, bundle.baseline) = (Some(reference), Some(baseline));
    let bytes = bundle.write().unwrap();
    let read = Bundle::read(&bytes).unwrap();
    assert_eq!((read.baseline.as_ref(), &read), (bundle.baseline.as_ref(), &bundle));
    assert_eq!(Bundle::read_for_scoring(&bytes).unwrap().baseline, None);
    assert_eq!(Bundle::read(&plain).unwrap().baseline, None);
    assert_eq!(read.write().unwrap(), bytes, "the same content has the same bytes");
    for wrong in [
        Baseline { threshold: f64::NAN, ..Baseline::default() },
        Baseline { percentiles: vec![(0.5, 1.5)], ..Baseline::default() },
    ] {
        bundle.baseline = Some(wrong);
        assert_eq!(bundle.write().unwrap_err().code(), "BUNDLE_MALFORMED");
    }
}

#[test]
fn no_leads_have_no_baseline() {
    assert_eq!(Gathering::new(&Arc::new(scorer()), 0.5).finish().unwrap_err().code(), "INSUFFICIENT_DATA");
}

#[cfg(feature = "quality")]
#[test]
fn the_training_data_meets_its_own_suite_and_a_changed_field_does_not() {
    use crate::quality::{ResultFormat, Suite, Validation};
    use crate::table::{Cell, Column as Values, Kind};
    let suite = Suite::read(&gathered(1_000).baseline.suite).unwrap();
    let names = ["visits", "revenue", "source", "is_vip"].map(str::to_owned);
    let mut random = Random::new(7);
    let mut columns = [Kind::Float, Kind::Float, Kind::Text, Kind::Text].map(Values::new);
    let mut changed = columns.clone();
    for number in 0..1_000 {
        let (lead, visits) = lead(number, &mut random);
        let _ = random.unit();
        for (at, (name, column)) in names.iter().zip(&mut columns).enumerate() {
            let text;
            let cell = match lead.value(name) {
                Value::Number(x) => Cell::Float(*x),
                Value::Flag(flag) => Cell::Text(if *flag { "true" } else { "false" }),
                Value::Text(found) => {
                    text = found.clone();
                    Cell::Text(&text)
                }
                _ => Cell::Missing,
            };
            column.push(cell);
            changed[at].push(match at {
                0 => Cell::Float(visits + 100.0),
                2 if number % 10 == 0 => Cell::Text("podcast"),
                1 if number % 5 == 0 => Cell::Missing,
                _ => cell,
            });
        }
    }
    let judged = |columns: &[Values]| {
        let kinds: Vec<Kind> = columns.iter().map(Values::kind).collect();
        let mut validation = Validation::new(&suite, &names, &kinds, &ResultFormat::default());
        validation.push(columns);
        validation.finish().document(None)
    };
    let met = judged(&columns);
    assert!(met.success, "{}", serde_json::to_string(&met).unwrap());
    let text = serde_json::to_value(judged(&changed)).unwrap();
    let missed: Vec<String> = text["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|result| result["success"] == false)
        .map(|result| format!("{} {}", result["expectation_config"]["type"], result["expectation_config"]["kwargs"]["column"]))
        .collect();
    assert_eq!(
        missed,
        [
            r#""expect_column_values_to_be_between" "visits""#,
            r#""expect_column_values_to_not_be_null" "revenue""#,
            r#""expect_column_values_to_be_in_set" "source""#
        ]
    );
}
