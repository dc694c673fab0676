//! The JSON Schemas of the reports that commands print and hosts return: `docs/schema`, generated from the types of the core.

use std::fs;

use plumbline_core::{drift, experiment, metric, quality, window};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::project_root;

/// Every report's schema by name.
pub fn all() -> [(&'static str, Value); 6] {
    [
        ("metrics", schema::<metric::Report>()),
        ("drift", schema::<drift::DriftReport>()),
        ("experiment", schema::<experiment::Analysis>()),
        ("plan", schema::<experiment::Planned>()),
        ("quality", schema::<quality::SuiteResult>()),
        ("window", schema::<window::Report>()),
    ]
}

/// The schema of what is written for a `T`, in draft 7, which every validator and generator of types reads.
fn schema<T: JsonSchema>() -> Value {
    SchemaSettings::draft07().for_serialize().into_generator().into_root_schema_for::<T>().to_value()
}

/// The files in `docs/schema` that differ from what the types say; with `write` they are replaced.
pub fn differences(write: bool) -> Vec<String> {
    let folder = project_root().join("docs/schema");
    let mut different = Vec::new();
    for (name, schema) in all() {
        let path = folder.join(format!("{name}.schema.json"));
        let text = format!("{schema:#}\n");
        if fs::read_to_string(&path).is_ok_and(|found| found == text) {
            continue;
        }
        if write && let Err(error) = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, &text)) {
            different.push(format!("{}: {error}", path.display()));
        }
        if !write {
            different.push(format!("docs/schema/{name}.schema.json differs from the types; generate it with: npm run types"));
        }
    }
    different
}
