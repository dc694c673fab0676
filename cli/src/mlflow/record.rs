//! What MLflow is given of a bundle: all of it comes from the bundle, so the same bundle gives the same record.

use plumbline_core::Bundle;
use plumbline_core::bundle::FORMAT;
use plumbline_core::schema::{Field, FieldKind};
use serde_json::{Value, json};

use crate::input::origin::sha256_of;

/// The tag of runs and versions that names the SHA-256 of the bundle.
pub const BUNDLE: &str = "plumbline.bundle_sha256";
/// The folder with the bundle.
pub(super) const MODEL: &str = "model";
/// The most characters of a parameter and of a tag that MLflow takes.
const LONGEST: usize = 5_000;

/// What a run has.
#[derive(Debug, Clone)]
pub struct Record {
    /// SHA-256 of the bundle, hexadecimal.
    pub sha256: String,
    /// The run's name.
    pub title: String,
    /// What the version is, for people.
    pub description: String,
    /// Parameters.
    pub params: Vec<(String, String)>,
    /// Figures.
    pub metrics: Vec<(String, f64)>,
    /// Tags of the run.
    pub tags: Vec<(String, String)>,
    /// Tags of the version.
    pub version_tags: Vec<(String, String)>,
    /// Files, each with its path in the run.
    pub files: Vec<(String, Vec<u8>)>,
    /// Fields of a lead, as MLflow's signatures name them.
    inputs: Value,
}

impl Record {
    /// What is known of `bundle`, whose file has these `bytes`.
    pub fn of(bundle: &Bundle, bytes: Vec<u8>) -> Record {
        let manifest = &bundle.manifest;
        let provenance = &manifest.provenance;
        let sha256 = sha256_of(&bytes);
        let title = format!("{} {}", manifest.name, manifest.version);
        let text = |key: &str, value: &str| (key.to_owned(), cut(value));
        let is_said = |(_, value): &(String, String)| !value.is_empty();
        let own = [
            text(BUNDLE, &sha256),
            text("plumbline.name", &manifest.name),
            text("plumbline.version", &manifest.version),
            text("plumbline.snapshot_sha256", &provenance.snapshot_sha256),
            text("plumbline.table_version", &provenance.table_version),
            text("plumbline.code_revision", &provenance.code_revision),
            text("plumbline.settings_sha256", &provenance.settings_sha256),
            text("plumbline.schema_sha256", &provenance.schema_sha256),
        ];
        let version_tags: Vec<(String, String)> = own.into_iter().filter(is_said).collect();
        let commit = provenance.code_revision.split('+').next().unwrap_or_default();
        let note = if provenance.intended_use.is_empty() { title.clone() } else { provenance.intended_use.clone() };
        // Names that MLflow's own pages read.
        let for_pages = [
            text("mlflow.source.type", "LOCAL"),
            text("mlflow.source.name", "plumbline"),
            text("mlflow.source.git.commit", commit),
            text("mlflow.note.content", &note),
        ];
        Record {
            params: params(bundle),
            metrics: metrics(bundle),
            tags: version_tags.iter().cloned().chain(for_pages.into_iter().filter(is_said)).collect(),
            version_tags,
            files: files(bundle, bytes),
            inputs: manifest.schema.fields.iter().map(input).collect(),
            description: note,
            title,
            sha256,
        }
    }

    /// The files of the run `run_id`, and the one by which MLflow's tools know a model.
    pub(super) fn files(&self, run_id: &str) -> Vec<(String, Vec<u8>)> {
        let mut files = self.files.clone();
        let outputs = json!([{ "name": "probability", "type": "double", "required": true }]);
        // JSON is YAML: texts are quoted so.
        let quoted = |text: &str| Value::from(text).to_string();
        let described = format!(
            "artifact_path: {MODEL}\nflavors:\n  plumbline:\n    bundle: model.plumb\n    format: {FORMAT}\n    sha256: {}\nrun_id: {}\nsignature:\n  \
             inputs: {}\n  outputs: {}\n  params: null\n",
            quoted(&self.sha256),
            quoted(run_id),
            quoted(&self.inputs.to_string()),
            quoted(&outputs.to_string()),
        );
        files.push((format!("{MODEL}/MLmodel"), described.into_bytes()));
        files
    }
}

/// Hyperparameters, the data, and the size of the model.
fn params(bundle: &Bundle) -> Vec<(String, String)> {
    let manifest = &bundle.manifest;
    let provenance = &manifest.provenance;
    let mut params: Vec<(String, String)> =
        provenance.hyperparameters.iter().map(|(key, value)| (named(key), cut(value))).collect();
    let mut add = |key: &str, value: String| {
        if !value.is_empty() && !params.iter().any(|(given, _)| given == key) {
            params.push((key.to_owned(), cut(&value)));
        }
    };
    add("snapshot_uri", provenance.snapshot_uri.clone());
    add("table_version", provenance.table_version.clone());
    add("snapshot_sha256", provenance.snapshot_sha256.clone());
    add("window", provenance.window.clone());
    add("rows", provenance.rows.map(|rows| rows.to_string()).unwrap_or_default());
    add("fields", manifest.schema.fields.len().to_string());
    add("columns", bundle.model().columns.len().to_string());
    if let Some(baseline) = &bundle.baseline {
        add("threshold", baseline.threshold.to_string());
    }
    params
}

/// The figures of the baseline with the ends of their intervals, and those that the declaration states.
fn metrics(bundle: &Bundle) -> Vec<(String, f64)> {
    let mut metrics: Vec<(String, f64)> = Vec::new();
    for figure in bundle.baseline.iter().flat_map(|baseline| &baseline.figures) {
        metrics.push((named(&figure.id), figure.value));
        if let Some((low, high)) = figure.interval {
            metrics.push((format!("{}_low", named(&figure.id)), low));
            metrics.push((format!("{}_high", named(&figure.id)), high));
        }
    }
    if let Some(baseline) = &bundle.baseline {
        metrics.push(("leads_trained".to_owned(), baseline.data.rows as f64));
        metrics.extend(baseline.held_out.as_ref().map(|held_out| ("leads_tested".to_owned(), held_out.rows as f64)));
    }
    for (key, value) in bundle.manifest.provenance.baseline.iter() {
        let key = named(key);
        if !metrics.iter().any(|(given, _)| *given == key) {
            metrics.push((key, *value));
        }
    }
    metrics.retain(|(_, value)| value.is_finite());
    metrics
}

/// The bundle, its fields and its suite.
fn files(bundle: &Bundle, bytes: Vec<u8>) -> Vec<(String, Vec<u8>)> {
    let schema = serde_json::to_vec_pretty(&bundle.manifest.schema).unwrap_or_default();
    let mut files = vec![(format!("{MODEL}/model.plumb"), bytes), ("data/schema.json".to_owned(), schema)];
    let suite = bundle.baseline.as_ref().map(|baseline| baseline.suite.as_str()).filter(|suite| !suite.is_empty());
    files.extend(suite.map(|suite| ("data/suite.json".to_owned(), suite.as_bytes().to_vec())));
    files
}

/// A field as MLflow's signatures name it.
fn input(field: &Field) -> Value {
    let kind = match field.kind {
        FieldKind::Number => "double",
        FieldKind::Flag => "boolean",
        FieldKind::List => {
            return json!({ "name": field.name, "type": "array", "items": { "type": "string" }, "required": field.required });
        }
        _ => "string",
    };
    json!({ "name": field.name, "type": kind, "required": field.required })
}

/// `text` as a name of a parameter or a figure: other characters than MLflow takes become `_`.
fn named(text: &str) -> String {
    let kept = |c: char| if c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ' | ':' | '/') { c } else { '_' };
    text.chars().map(kept).take(250).collect()
}

/// `text` as far as MLflow takes it.
fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST { text.to_owned() } else { text.chars().take(LONGEST - 1).chain(['…']).collect() }
}
