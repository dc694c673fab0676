//! What the report has of the models' baselines, and the diagnosis.

use std::collections::BTreeMap;

use super::super::document::{DiagnosisPart, Model};
use super::super::time::time_text;
use super::super::value::{Estimate, short};
use super::ModelRow;
use crate::bundle::Figure;
use crate::diagnose::{Check, Diagnosis};
use crate::rollout::{End, Past};

/// Fields of a model's importance.
const FIELDS: usize = 10;

pub(super) fn model(row: &ModelRow, past: Option<&Past>) -> Model {
    let baseline = row.baseline.as_ref();
    let estimate =
        |figure: &Figure| (figure.id.clone(), Estimate::of(Some(figure.value)).within(figure.interval).from_cases(figure.n));
    let weight = |weight: &crate::bundle::Weight| Some((weight.field.clone(), short(weight.share)?));
    Model {
        version: row.version.clone(),
        status: row.status.clone(),
        aliases: row.aliases.clone(),
        registered_at: time_text(row.registered_ms),
        ended: match past.and_then(|past| past.end) {
            Some(End::RolledBack) => Some("rolled_back".to_owned()),
            Some(End::Stopped) => Some("stopped".to_owned()),
            _ => None,
        },
        is_post_mortem_open: past.is_some_and(|past| past.is_post_mortem_open),
        digest: row.digest.clone(),
        rows: baseline.map(|baseline| baseline.data.rows),
        data_sha256: baseline.map(|baseline| baseline.data.sha256.clone()).unwrap_or_default(),
        estimates: baseline.map_or_else(BTreeMap::new, |baseline| baseline.figures.iter().map(estimate).collect()),
        importance: baseline
            .map_or_else(Vec::new, |baseline| baseline.importance.iter().take(FIELDS).filter_map(weight).collect()),
    }
}

pub(super) fn diagnosed(diagnosis: &Diagnosis) -> Vec<DiagnosisPart> {
    let part = |check: &Check| DiagnosisPart {
        id: check.id.clone(),
        ran_at: time_text(diagnosis.at_ms),
        finding: check.finding.clone(),
        steps: check.steps.clone(),
    };
    diagnosis.checks.iter().map(part).collect()
}
