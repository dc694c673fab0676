//! Models of XGBoost and LightGBM: margins bit for bit, probabilities and SHAP values within the peers' own rounding.

use std::io::Read;
use std::path::{Path, PathBuf};

use plumbline_core::bundle::{Bundle, Manifest};
use plumbline_core::explain::Explainer;
use plumbline_core::import::import;
use plumbline_core::model::{Engine, Model, Scratch};

use super::table::Table;
use super::{Conformance, Suite};

/// How far from a peer's value ours may be.
struct Tolerance {
    peer: &'static str,
    /// On predictions, relative to the larger of 1 and the value. XGBoost's own f32 exponential is off by up to 9e-8.
    probability: f64,
    /// On SHAP values, relative to the larger of 1 and the row's largest value. XGBoost sums in f32 over hundreds of trees.
    shap: f64,
}

const TOLERANCES: [Tolerance; 2] = [
    Tolerance { peer: "xgboost", probability: 1e-6, shap: 2e-5 },
    Tolerance { peer: "lightgbm", probability: 1e-15, shap: 1e-11 },
];

const FILES: [&str; 6] = ["model.json", "model.json.gz", "model.ubj", "model.ubj.gz", "model.txt", "model.txt.gz"];

pub(super) fn run(source: &'static str, folder: &Path) -> Result<Conformance, String> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut folders: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).filter(|p| p.is_dir()).collect();
    folders.sort();
    let mut suites = Suites::new();
    let (mut models, mut rows, mut left_out) = (0, 0, Vec::new());
    for folder in folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match vectors(&folder) {
            Err(reason) => suites.read.check_in(&name, false, || format!("/{reason}")),
            Ok(Peer::Other(peer)) => left_out.push(format!("{name}: models of {peer} are not read yet")),
            Ok(Peer::Known(vectors)) => {
                models += 1;
                for file in &vectors.files {
                    rows += vectors.inputs.rows.len();
                    suites.read.files += 1;
                    let case = Case { name: format!("{name}/{file}"), path: folder.join(file), vectors: &vectors };
                    let compared = suites.compare(&case);
                    suites.read.check_in(&case.name, compared.is_ok(), || format!(": {}", compared.err().unwrap_or_default()));
                }
            }
        }
    }
    Ok(Conformance { source, suites: suites.all(), models, rows, left_out })
}

/// Whose model lies in a folder.
enum Peer {
    Known(Vectors),
    /// The name of one whose files are not read.
    Other(String),
}

/// What lies in the folder of one model.
struct Vectors {
    tolerance: &'static Tolerance,
    /// Files of the model, all of the same one.
    files: Vec<&'static str>,
    inputs: Table,
    expected: Table,
    shap: Option<Table>,
}

fn vectors(folder: &Path) -> Result<Peer, String> {
    let meta = std::fs::read_to_string(folder.join("meta.json")).map_err(|e| format!("meta.json: {e}"))?;
    let meta: serde_json::Value = serde_json::from_str(&meta).map_err(|e| format!("meta.json: {e}"))?;
    let peer = meta.get("peer").and_then(|p| p.as_str()).unwrap_or_default();
    let Some(tolerance) = TOLERANCES.iter().find(|t| t.peer == peer) else { return Ok(Peer::Other(peer.to_owned())) };
    let files: Vec<&str> = FILES.into_iter().filter(|file| folder.join(file).is_file()).collect();
    if files.is_empty() {
        return Err(format!("none of {}", FILES.join(", ")));
    }
    let inputs = Table::read(&folder.join("inputs.csv"), "row_kind")?;
    let expected = Table::read(&folder.join("expected.csv"), "")?;
    if inputs.rows.len() != expected.rows.len() {
        return Err(format!("expected.csv has {} rows, inputs.csv {}", expected.rows.len(), inputs.rows.len()));
    }
    let shap = folder.join("shap.csv");
    let shap = if shap.is_file() { Some(Table::read(&shap, "")?) } else { None };
    Ok(Peer::Known(Vectors { tolerance, files, inputs, expected, shap }))
}

struct Case<'a> {
    name: String,
    path: PathBuf,
    vectors: &'a Vectors,
}

struct Suites {
    read: Suite,
    reference: Suite,
    engine: Suite,
    batch: Suite,
    bundle: Suite,
    probability: Suite,
    shap: Suite,
}

impl Suites {
    fn new() -> Suites {
        Suites {
            read: Suite::named("files read and imported"),
            reference: Suite::named("margin, reference evaluator"),
            engine: Suite::named("margin, engine, row by row"),
            batch: Suite::named("margin, engine, batch"),
            bundle: Suite::named("margin, after the bundle"),
            probability: Suite::named("probability"),
            shap: Suite::named("SHAP, after the bundle"),
        }
    }

    fn all(self) -> Vec<Suite> {
        vec![self.read, self.reference, self.engine, self.batch, self.bundle, self.probability, self.shap]
    }

    fn compare(&mut self, case: &Case<'_>) -> Result<(), String> {
        let Vectors { tolerance, inputs, expected, .. } = case.vectors;
        let imported = import(&read(&case.path)?).map_err(|e| e.to_string())?;
        let model = imported.model;
        let manifest = Manifest::declared(Default::default(), &model.columns, &imported.categories);
        let bytes = Bundle::new(manifest, model.clone()).write().map_err(|e| e.to_string())?;
        let mut bundle = Bundle::read(&bytes).map_err(|e| e.to_string())?;
        let bundled = bundle.take_engine();
        let engine = Engine::compile(&model);
        let outputs = model.outputs as usize;
        if inputs.names.len() != model.columns.len() {
            return Err(format!("inputs.csv has {} columns, the model {}", inputs.names.len(), model.columns.len()));
        }
        if expected.names.len() <= outputs {
            return Err(format!("expected.csv has {} columns for {outputs} margins and their predictions", expected.names.len()));
        }
        let flat: Vec<f64> = inputs.rows.concat();
        let mut batch = vec![0.0; inputs.rows.len() * outputs];
        let mut scratch = Scratch::default();
        engine.margins_batch(&flat, &mut scratch, &mut batch);
        for suite in [&mut self.reference, &mut self.engine, &mut self.batch, &mut self.bundle, &mut self.probability] {
            suite.files += 1;
        }
        let mut out = vec![0.0; outputs];
        for (at, (row, expected)) in inputs.rows.iter().zip(&expected.rows).enumerate() {
            let (margins, probabilities) = expected.split_at(outputs.min(expected.len()));
            model.margins(row, &mut out);
            same(&mut self.reference, case, at, &out, margins);
            engine.margins(row, &mut scratch, &mut out);
            same(&mut self.engine, case, at, &out, margins);
            same(&mut self.batch, case, at, batch.get(at * outputs..(at + 1) * outputs).unwrap_or_default(), margins);
            bundled.margins(row, &mut scratch, &mut out);
            same(&mut self.bundle, case, at, &out, margins);
            model.link.apply(&mut out);
            for (ours, theirs) in out.iter().zip(probabilities) {
                let near = tolerance.probability * theirs.abs().max(1.0);
                let agrees = (ours - theirs).abs() <= near || ours == theirs || (ours.is_nan() && theirs.is_nan());
                self.probability.check_in(&case.name, agrees, || format!(" row {at}: {ours} is not {theirs}"));
            }
        }
        self.explain(case, bundle.model());
        Ok(())
    }

    fn explain(&mut self, case: &Case<'_>, model: &Model) {
        let Vectors { tolerance, inputs, shap: Some(shap), .. } = case.vectors else { return };
        self.shap.files += 1;
        let Some(explainer) = Explainer::compile(model) else {
            return self.shap.check_in(&case.name, false, || " cannot be explained".to_owned());
        };
        let mut out = vec![0.0; (model.outputs as usize) * (model.columns.len() + 1)];
        for expected in &shap.rows {
            let row = expected.split_first().and_then(|(at, values)| Some((at, inputs.rows.get(*at as usize)?, values)));
            let Some((at, row, values)) = row.filter(|(_, _, values)| values.len() == out.len()) else {
                self.shap.check_in(&case.name, false, || format!(": {expected:?} is no row of {} values", out.len()));
                continue;
            };
            explainer.contributions(row, &mut out);
            let scale = values.iter().fold(1.0f64, |most, v| most.max(v.abs()));
            for ((ours, theirs), name) in out.iter().zip(values).zip(shap.names.iter().skip(1)) {
                let agrees =
                    (ours - theirs).abs() <= tolerance.shap * scale || ours.to_bits() == theirs.to_bits() || !scale.is_finite();
                self.shap.check_in(&case.name, agrees, || format!(" row {at} {name}: {ours} is not {theirs}"));
            }
        }
    }
}

fn same(suite: &mut Suite, case: &Case<'_>, at: usize, ours: &[f64], theirs: &[f64]) {
    for (ours, theirs) in ours.iter().zip(theirs) {
        let agrees = ours.to_bits() == theirs.to_bits() || (ours.is_nan() && theirs.is_nan());
        suite.check_in(&case.name, agrees, || format!(" row {at}: {ours} is not {theirs}"));
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let bytes = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    if path.extension().is_none_or(|e| e != "gz") {
        return Ok(bytes);
    }
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(plain)
}
