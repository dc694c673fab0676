//! What the report has of the training data: the models' baselines and how scores moved against it; and the diagnosis.

use std::collections::BTreeMap;

use super::super::document::{DiagnosisPart, Model, PredictionDrift};
use super::super::time::time_text;
use super::super::value::{Estimate, short};
use super::{Facts, ModelRow, Recent};
use crate::bundle::{Baseline, Figure};
use crate::diagnose::{Check, Diagnosis};

/// Fields of a model's importance.
const FIELDS: usize = 10;
/// Percentiles of scores.
const PARTS: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 0.9];

pub(super) fn model(row: &ModelRow) -> Model {
    let baseline = row.baseline.as_ref();
    let estimate =
        |figure: &Figure| (figure.id.clone(), Estimate::of(Some(figure.value)).within(figure.interval).from_cases(figure.n));
    let weight = |weight: &crate::bundle::Weight| Some((weight.field.clone(), short(weight.share)?));
    Model {
        version: row.version.clone(),
        status: row.status.clone(),
        aliases: row.aliases.clone(),
        registered_at: time_text(row.registered_ms),
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

impl Facts<'_> {
    /// The baseline of the champion.
    fn baseline(&self) -> Option<&Baseline> {
        self.models.iter().find(|model| model.version == self.state.champion)?.baseline.as_ref()
    }

    /// How the champion's scores moved against training.
    pub(super) fn prediction_drift(&self) -> Option<PredictionDrift> {
        let (baseline, recent) = (self.baseline()?, self.of_version(&self.state.champion)?);
        let histogram = recent.traffic.scores.histogram();
        let all: u64 = histogram.iter().sum();
        let at = |part: f64| {
            let mut seen = 0;
            let place = histogram.iter().position(|n| {
                seen += n;
                seen as f64 >= part * all as f64
            });
            place.filter(|_| all > 0).map(|place| (place as f64 + 0.5) / histogram.len() as f64)
        };
        let trained = |part: f64| baseline.percentiles.iter().find(|(known, _)| *known == part).map(|(_, score)| *score);
        Some(PredictionDrift {
            ks: distance(recent, baseline),
            percentiles: PARTS.into(),
            now: PARTS.map(|part| at(part).and_then(short)).into(),
            training: PARTS.map(|part| trained(part).and_then(short)).into(),
        })
    }
}

/// The largest distance of the scores' distributions at the percentiles that the baseline lists: a lower end of the KS statistic.
fn distance(recent: &Recent, baseline: &Baseline) -> Option<f64> {
    let histogram = recent.traffic.scores.histogram();
    let all: u64 = histogram.iter().sum();
    let below = |score: f64| {
        let bins = histogram.len() as f64;
        let sum: u64 = histogram.iter().enumerate().filter(|(at, _)| (*at as f64 + 1.0) / bins <= score).map(|(_, n)| *n).sum();
        sum as f64 / all.max(1) as f64
    };
    // A score within a bin may lie on either side: the bin's own share is not counted as distance.
    let width = |score: f64| {
        let at = ((score * histogram.len() as f64) as usize).min(histogram.len().saturating_sub(1));
        histogram.get(at).map_or(0.0, |n| *n as f64 / all.max(1) as f64)
    };
    let apart = baseline.percentiles.iter().map(|(part, score)| {
        let now = below(*score);
        (part - now - width(*score)).max(now - part).max(0.0)
    });
    apart.filter(|_| all > 0).max_by(f64::total_cmp).and_then(short)
}
