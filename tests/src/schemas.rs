//! The JSON Schemas of the reports that commands print and hosts return, and of the settings they take: `docs/schema`, generated from
//! the types of the core.

use std::fs;

use plumbline::harness::report::{
    AssignSummary, BaselineSummary, Bench, CapacitySummary, Card, ConfigReport, FeaturesReport, FeaturesSummary, GateReport,
    ImportSummary, Published, PullSummary, SchemaSummary, ScoreSummary, SetupReport, TrainSummary, WindowSummary,
};
use plumbline_core::{drift, experiment, metric, quality, route, window};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::project_root;

/// The schema of every report by name, below `commands/` of those that only the native command prints, and of every kind of settings below
/// `settings/`. The types of the npm package are made of the others.
pub fn all() -> [(&'static str, Value); 30] {
    [
        ("metrics", report::<metric::Report>()),
        ("drift", report::<drift::DriftReport>()),
        ("experiment", report::<experiment::Analysis>()),
        ("plan", report::<experiment::Planned>()),
        ("quality", report::<quality::SuiteResult>()),
        ("window", report::<window::Report>()),
        ("commands/score", report::<ScoreSummary>()),
        ("commands/assign", report::<AssignSummary>()),
        ("commands/features", report::<FeaturesSummary>()),
        ("commands/schema-init", report::<SchemaSummary>()),
        ("commands/window-make", report::<WindowSummary>()),
        ("commands/inspect", report::<Card>()),
        ("commands/import", report::<ImportSummary>()),
        ("commands/bench", report::<Bench>()),
        ("commands/baseline", report::<BaselineSummary>()),
        ("commands/capacity", report::<CapacitySummary>()),
        ("commands/check-config", report::<ConfigReport>()),
        ("commands/check-setup", report::<SetupReport>()),
        ("commands/report", report::<plumbline_core::report::Report>()),
        ("commands/check-features", report::<FeaturesReport>()),
        ("commands/check-gate", report::<GateReport>()),
        ("commands/train", report::<TrainSummary>()),
        ("commands/push", report::<Published>()),
        ("commands/pull", report::<PullSummary>()),
        ("commands/diagnose", report::<plumbline_core::diagnose::Diagnosis>()),
        ("commands/changes", report::<plumbline_core::event::ScoreChanges>()),
        ("commands/scores-changed", report::<plumbline_core::event::ScoresChanged>()),
        ("settings/experiment", settings::<experiment::Settings>()),
        ("settings/plan", settings::<experiment::Plan>()),
        ("settings/allocation", settings::<route::AllocationSettings>()),
    ]
}

/// The schema of what is written for a `T`, in draft 7, which every validator and generator of types reads.
fn report<T: JsonSchema>() -> Value {
    SchemaSettings::draft07().for_serialize().into_generator().into_root_schema_for::<T>().to_value()
}

/// The schema of what is read as a `T`: members with a default may be omitted.
fn settings<T: JsonSchema>() -> Value {
    SchemaSettings::draft07().for_deserialize().into_generator().into_root_schema_for::<T>().to_value()
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
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        let written = || made.and_then(|()| fs::write(&path, &text));
        if write && let Err(error) = written() {
            different.push(format!("{}: {error}", path.display()));
        }
        if !write {
            different.push(format!("docs/schema/{name}.schema.json differs from the types; generate it with: npm run types"));
        }
    }
    different
}
