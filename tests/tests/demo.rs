//! The committed demo: its bundle, its sample leads and its schema fit each other and the size they may have.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly anywhere"
)]

use plumbline_core::lead::Form;
use plumbline_core::{Bundle, Options, Scorer, Timestamp, Workspace};
use plumbline_tests::project_root;

/// 2026-11-16T00:00:00Z, when the sample leads were seen.
const NOW: Timestamp = Timestamp(1_794_787_200_000);

fn demo(file: &str) -> Vec<u8> {
    std::fs::read(project_root().join("worker/demo").join(file)).expect(file)
}

#[test]
fn the_bundle_is_small_and_says_where_it_comes_from() {
    let bytes = demo("demo.plumb");
    assert!(bytes.len() <= 200_000, "{} bytes", bytes.len());
    let bundle = Bundle::read(&bytes).expect("the bundle is sound");
    assert_eq!(bundle.goldens().len(), 20);
    let provenance = &bundle.manifest.provenance;
    assert!(provenance.rows > Some(10_000) && provenance.snapshot_sha256.len() == 64, "{provenance:?}");
    let auc = provenance.baseline.get("auc").copied().unwrap_or(0.0);
    assert!((0.87..0.90).contains(&auc), "AUC {auc}");
    assert_ne!(bundle.manifest.calibration, plumbline_core::model::Calibration::None);
}

#[test]
fn every_sample_lead_is_scored_with_reasons_that_add_up() {
    let scorer = Scorer::new(Bundle::read(&demo("demo.plumb")).expect("the bundle is sound")).expect("it compiles");
    let (mut bands, mut hot) = (std::collections::BTreeSet::new(), 0);
    let each = &mut |i: u32, result: Result<plumbline_core::Score, plumbline_core::ScoreError>| {
        let score = result.unwrap_or_else(|e| panic!("lead {i}: {e}"));
        assert_eq!(score.reasons.len(), 3, "lead {i}");
        assert!(score.unknown_fields.is_empty() && score.lead_id.is_some(), "lead {i}");
        let shown: i32 = score.reasons.iter().map(|r| r.points).sum();
        assert_eq!(score.base.unwrap_or(0) + shown + score.rest.unwrap_or(0), i32::from(score.score), "lead {i}");
        hot += u32::from(score.band == "hot");
        bands.insert(score.band);
    };
    let mut work = Workspace::default();
    let leads = scorer.score_body(&demo("leads.ndjson"), Form::Lines, NOW, &Options::with_reasons(3), &mut work, each);
    assert_eq!(leads, Ok(50));
    assert_eq!(bands.len(), 3, "all bands occur");
    assert!(hot < 20, "hot is not the rule");
}
