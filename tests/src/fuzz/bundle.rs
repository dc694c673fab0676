//! Bundles: past the digest and past the golden leads, what is read evaluates, is written, and reads back as it was.

use plumbline_core::harness::{read_unverified, sealed};
use plumbline_core::{Bundle, Options, Scorer, Timestamp, Workspace};

use super::import::{evaluators_agree, size};

const NOW: Timestamp = Timestamp(1_794_787_200_000);

pub(super) fn bundle(data: &[u8]) {
    if let Err(error) = Bundle::read(data) {
        assert!(error.code().starts_with("BUNDLE_") && !error.to_string().is_empty(), "{error}");
    }
    let Some(sealed) = sealed(data) else { return };
    if let Ok(bundle) = Bundle::read(&sealed) {
        scores(bundle);
    }
    let Ok(bundle) = read_unverified(&sealed) else { return };
    if size(bundle.model()) > 2000 {
        return;
    }
    evaluators_agree(bundle.model());
    let written = bundle.write().expect("what was read is written");
    let again = Bundle::read(&written).expect("what was written is read");
    assert!(again == bundle, "a bundle is not what it was before it was written");
    assert_eq!(again.write().expect("what was read is written"), written, "writing is not the inverse of reading");
    scores(again);
}

/// No lead makes a bundle that was read fail.
fn scores(bundle: Bundle) {
    let Ok(scorer) = Scorer::new(bundle) else { return };
    let mut work = Workspace::default();
    let fields = &scorer.bundle().manifest.schema.fields;
    let members: Vec<String> = fields.iter().map(|f| format!("{}: 1", serde_json::to_string(&f.name).expect("JSON"))).collect();
    for lead in ["{}".to_owned(), format!("{{{}}}", members.join(","))] {
        for reasons in [0, 3] {
            let mut out = Vec::new();
            if scorer.score_json(lead.as_bytes(), NOW, &Options::with_reasons(reasons), &mut work, &mut out).is_ok() {
                serde_json::from_slice::<serde_json::Value>(&out).expect("a score is JSON");
            }
        }
    }
}
