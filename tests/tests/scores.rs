//! What holds for every score of the demo: points rise with the margin, bands follow their thresholds, contributions add up.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::LazyLock;

use plumbline_core::schema::FieldKind;
use plumbline_core::{Bundle, Lead, Options, Score, Scorer, Timestamp, Value, Workspace};
use plumbline_tests::project_root;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_794_787_200_000);

static DEMO: LazyLock<Scorer> = LazyLock::new(|| {
    let bytes = std::fs::read(project_root().join("worker/demo/demo.plumb")).expect("the demo");
    Scorer::new(Bundle::read(&bytes).expect("the demo is sound")).expect("the demo fits its schema")
});

/// A lead that fills some of the demo's fields, whatever they are.
fn lead() -> impl Strategy<Value = Lead> {
    let count = DEMO.bundle().manifest.schema.fields.len();
    prop::collection::vec((any::<bool>(), any::<u16>()), count).prop_map(|draws| {
        let mut lead = Lead::default();
        for (field, (known, draw)) in DEMO.bundle().manifest.schema.fields.iter().zip(draws) {
            let pick =
                |texts: &[String]| texts.get(usize::from(draw) % (texts.len() + 1)).cloned().unwrap_or("unheard of".into());
            let value = match field.kind {
                _ if !known => Value::Missing,
                FieldKind::Number => {
                    Value::Number(f64::from(draw % 400).clamp(field.min.unwrap_or(0.0), field.max.unwrap_or(400.0)))
                }
                FieldKind::Category => Value::Text(pick(&field.categories)),
                FieldKind::Flag => Value::Flag(draw % 2 == 0),
                FieldKind::List => Value::List(vec!["newsletter".into(), format!("t{}", draw % 9)]),
                FieldKind::Date => Value::Number((NOW.0 - i64::from(draw) * 600_000) as f64),
                _ => Value::Text(format!("x{draw}@company{}.example", draw % 7)),
            };
            lead.set(field.name.clone(), value);
        }
        lead
    })
}

fn score(lead: &Lead, reasons: usize) -> Score {
    DEMO.score(lead, NOW, &Options::with_reasons(reasons)).expect("a sound lead is scored")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_higher_margin_never_has_fewer_points(a in lead(), b in lead()) {
        let (a, b) = (score(&a, 0), score(&b, 0));
        let (low, high) = if a.margin <= b.margin { (a, b) } else { (b, a) };
        prop_assert!(low.probability <= high.probability && low.score <= high.score, "{low:?} {high:?}");
        let bands = &DEMO.bundle().manifest.bands;
        let from = |band: &str| bands.iter().find(|b| b.name == band).map(|b| b.from);
        prop_assert!(from(&low.band) <= from(&high.band));
    }

    #[test]
    fn the_band_is_the_highest_one_reached(lead in lead()) {
        let score = score(&lead, 0);
        let bands = &DEMO.bundle().manifest.bands;
        prop_assert!(bands.len() >= 2);
        let own = bands.iter().find(|band| band.name == score.band).expect("a declared band");
        prop_assert!(own.from <= score.probability);
        prop_assert!(!bands.iter().any(|band| band.from > own.from && band.from <= score.probability), "{score:?}");
        for band in bands {
            prop_assert_eq!(DEMO.band(band.from), &band.name);
            if band.from > 0.0 {
                prop_assert_ne!(DEMO.band(band.from.next_down()), &band.name);
            }
        }
    }

    #[test]
    fn contributions_add_up_to_the_margin(lead in lead()) {
        let mut work = Workspace::default();
        let row = DEMO.features(&lead, NOW).expect("a sound lead");
        let sum: f64 = DEMO.contributions(&row, &mut work).expect("trees are explained").iter().sum();
        let score = score(&lead, 1000);
        prop_assert!((sum - score.margin).abs() < 1e-4, "{sum} {}", score.margin);
        // What the reasons tell is what the columns tell, put together by field.
        let (base, rest) = (score.base.expect("explained"), score.rest.expect("explained"));
        prop_assert_eq!(base + score.reasons.iter().map(|r| r.points).sum::<i32>() + rest, i32::from(score.score));
        let sum: f64 = score.reasons.iter().map(|r| r.contribution).sum();
        let bias = DEMO.contributions(&row, &mut work).and_then(|all| all.last().copied()).expect("a bias");
        prop_assert!((sum + bias - score.margin).abs() < 1e-4, "{sum} {bias} {}", score.margin);
    }

    #[test]
    fn what_a_lead_does_not_say_does_not_matter(lead in lead(), extra in "[a-z]{12}") {
        let plain = score(&lead, 3);
        let mut more = lead.clone();
        more.set(extra.clone(), Value::Text("anything".into()));
        let other = score(&more, 3);
        prop_assert_eq!(&other.unknown_fields, &vec![extra]);
        prop_assert_eq!(Score { unknown_fields: Vec::new(), ..other }, plain);
    }
}
