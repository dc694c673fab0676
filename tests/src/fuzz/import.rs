//! Model files of the peers: what is imported is sound, evaluates alike by both evaluators, and survives a bundle.

use plumbline_core::explain::Explainer;
use plumbline_core::import::import;
use plumbline_core::model::{Body, Engine, Model, Scratch};
use plumbline_core::{Bundle, Manifest};

/// Larger models are sound, but their rounds through the evaluators take the time of other inputs.
const LARGE: usize = 2000;

pub(super) fn xgboost_json(data: &[u8]) {
    if data.first() == Some(&b'{') {
        imported(data);
    }
}

pub(super) fn xgboost_ubj(data: &[u8]) {
    if data.first() == Some(&b'{') {
        imported(data);
    }
}

pub(super) fn lightgbm(data: &[u8]) {
    if data.starts_with(b"tree") {
        imported(data);
    }
}

fn imported(data: &[u8]) {
    let imported = match import(data) {
        Ok(imported) => imported,
        Err(error) => {
            assert!(error.code().starts_with("IMPORT_") && !error.to_string().is_empty());
            return;
        }
    };
    let model = imported.model;
    model.validate().expect("an imported model is sound");
    assert_eq!(imported.categories.len(), model.columns.len());
    if size(&model) > LARGE {
        return;
    }
    evaluators_agree(&model);
    let manifest = Manifest::declared(Default::default(), &model.columns, &imported.categories);
    let bytes = Bundle::new(manifest, model.clone()).write().expect("a sound model is written");
    let bundle = Bundle::read(&bytes).expect("what was written is read");
    // Nodes may be laid out in another order; what they compute may not change.
    evaluators_agree(bundle.model());
    assert_eq!(margins(&model), margins(bundle.model()));
}

/// Numbers that a model makes us hold or compute.
pub(super) fn size(model: &Model) -> usize {
    let nodes = match &model.body {
        Body::Trees(ensemble) => ensemble.trees.iter().map(|tree| tree.nodes.len()).sum(),
        _ => 0,
    };
    nodes + model.columns.len() * model.outputs as usize
}

/// The compiled engine and the reference evaluator give the same bits; explaining does not fail.
pub(super) fn evaluators_agree(model: &Model) {
    let engine = Engine::compile(model);
    let mut scratch = Scratch::default();
    let mut ours = vec![0.0; model.outputs as usize];
    let mut flat = Vec::new();
    let expected = margins(model);
    for (row, expected) in rows(model).iter().zip(&expected) {
        engine.margins(row, &mut scratch, &mut ours);
        assert_eq!(bits(&ours), *expected, "row {row:?}");
        flat.extend_from_slice(row);
        model.link.apply(&mut ours);
    }
    if !model.columns.is_empty() {
        let mut batch = vec![0.0; expected.len() * ours.len()];
        engine.margins_batch(&flat, &mut scratch, &mut batch);
        assert_eq!(bits(&batch), expected.concat());
    }
    if size(model) <= 200
        && let Some(explainer) = Explainer::compile(model)
    {
        let mut out = vec![0.0; ours.len() * (model.columns.len() + 1)];
        rows(model).iter().for_each(|row| explainer.contributions(row, &mut out));
    }
}

/// Bits of the reference evaluator's margins; all NaNs are one.
fn margins(model: &Model) -> Vec<Vec<u64>> {
    let mut out = vec![0.0; model.outputs as usize];
    let margins = |row: &Vec<f64>| {
        model.margins(row, &mut out);
        bits(&out)
    };
    rows(model).iter().map(margins).collect()
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|v| if v.is_nan() { f64::NAN.to_bits() } else { v.to_bits() }).collect()
}

/// A few rows of every kind.
fn rows(model: &Model) -> Vec<Vec<f64>> {
    let ladder = [0.5, -3.0, 7.0, 1e-36, f64::NAN, -0.0, 1e30, f64::INFINITY, 33.0, -1.0];
    let row =
        |shift: usize| (0..model.columns.len()).map(move |i| ladder.get((i + shift) % ladder.len()).copied().unwrap_or(0.0));
    let mut rows: Vec<Vec<f64>> = [0, 1, 3, 6].into_iter().map(|shift| row(shift).collect()).collect();
    rows.push(vec![f64::NAN; model.columns.len()]);
    rows.push(vec![0.0; model.columns.len()]);
    rows
}
