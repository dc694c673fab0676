//! Compact bundles of every model of the own vectors: scores keep every bit, and what contributes stays near.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use plumbline_core::bundle::Packing;
use plumbline_core::explain::Explainer;
use plumbline_core::import::import;
use plumbline_core::model::Scratch;
use plumbline_core::{Bundle, Manifest};
use plumbline_tests::project_root;

/// What a contribution may change by, as a share of the largest of its model's. A leaf's weight is off by an eighth at most.
const NEAR: f64 = 0.05;

#[test]
fn scores_keep_every_bit_and_contributions_stay_near() {
    let folder = std::fs::read_dir(project_root().join("tests/vectors/models")).expect("the own vectors");
    let mut models = 0;
    for entry in folder.flatten() {
        let file = ["model.ubj", "model.txt"].map(|name| entry.path().join(name)).into_iter().find(|path| path.is_file());
        let Some(imported) = file.map(|path| import(&std::fs::read(path).expect("a vector")).expect("a vector is imported"))
        else {
            continue;
        };
        models += 1;
        let name = entry.file_name().to_string_lossy().into_owned();
        let manifest = Manifest::declared(Default::default(), &imported.model.columns, &imported.categories);
        let plain = Bundle::new(manifest, imported.model);
        let compact = plain.clone().packed(Packing::Compact).write().expect("it is written");
        let (mut plain, mut compact) = (
            Bundle::read(&plain.write().expect("it is written")).expect("it is read"),
            Bundle::read(&compact).expect("it is read"),
        );
        // Rows have NaN, so what they must score to is compared.
        let expected = |bundle: &Bundle| bundle.goldens().iter().map(|golden| golden.expected.clone()).collect::<Vec<_>>();
        assert_eq!(expected(&plain), expected(&compact), "{name}");
        let outputs = plain.model().outputs as usize;
        let (one, other, mut scratch) = (plain.take_engine(), compact.take_engine(), Scratch::default());
        let (mut before, mut after) = (vec![0.0; outputs], vec![0.0; outputs]);
        for golden in plain.goldens() {
            one.margins(&golden.row, &mut scratch, &mut before);
            other.margins(&golden.row, &mut scratch, &mut after);
            assert!(before.iter().zip(&after).all(|(a, b)| a.to_bits() == b.to_bits()), "{name}");
        }
        let Some((one, other)) = Explainer::compile(plain.model()).zip(Explainer::compile(compact.model())) else { continue };
        let (mut largest, mut change) = (0.0f64, 0.0f64);
        for golden in plain.goldens() {
            let length = outputs * (golden.row.len() + 1);
            let (mut before, mut after) = (vec![0.0; length], vec![0.0; length]);
            one.contributions(&golden.row, &mut before);
            other.contributions(&golden.row, &mut after);
            for (before, after) in before.iter().zip(&after) {
                (largest, change) = (largest.max(before.abs()), change.max((before - after).abs()));
            }
            // Whatever the weights, contributions add up to the margin.
            for (before, after) in before.chunks(golden.row.len() + 1).zip(after.chunks(golden.row.len() + 1)) {
                let (before, after) = (before.iter().sum::<f64>(), after.iter().sum::<f64>());
                assert!((before - after).abs() <= 1e-9 * before.abs().max(1.0), "{name}: {before} is not {after}");
            }
        }
        eprintln!("{name}: at most {change:.1e}, the largest is {largest:.2}");
        assert!(change <= NEAR * largest, "{name}: contributions change by {change}, the largest is {largest}");
    }
    assert!(models > 50, "{models} models");
}
