//! The baselines of the simulated company's models: figures of leads drawn like those to come, whose outcomes the truth draws.

use plumbline_core::baseline::{Expected, figures, suite};
use plumbline_core::bundle::{Band, BandShare, Baseline, DataFile, Weight};
use plumbline_core::metric::Labelled;
use plumbline_core::random::Random;
use plumbline_core::schema::Field;

use super::lead::{FIELDS, Lead, TEXTS};

/// Parts of leads whose scores are listed.
const PARTS: [f64; 9] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];

/// The baseline of a model that gives `leads` these `scores`, with this weight in each field per standard deviation; none where it cannot
/// be worked out.
pub(super) fn baseline(
    version: &str,
    (leads, scores): (&[Lead], &[f64]),
    weights: &[f64],
    bands: &[Band],
    seed: u64,
) -> Option<Baseline> {
    let mut random = Random::new(seed ^ 0x006c_6162_656c);
    let converted: Vec<bool> = leads.iter().map(|lead| random.unit() < lead.chance()).collect();
    let data = Labelled::new(scores, &converted).ok()?;
    let mut sorted = scores.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |part: f64| sorted.get((part * sorted.len() as f64) as usize).map(|score| (part, *score));
    let share = |(place, band): (usize, &Band)| {
        let end = bands.get(place + 1).map_or(f64::INFINITY, |band| band.from);
        let of_band = || scores.iter().zip(&converted).filter(|(score, _)| **score >= band.from && **score < end);
        let all = of_band().count();
        let hits = of_band().filter(|(_, converted)| **converted).count();
        BandShare {
            name: band.name.clone(),
            share: all as f64 / scores.len().max(1) as f64,
            conversion: (all > 0).then(|| hits as f64 / all as f64),
        }
    };
    let all: f64 = weights.iter().map(|weight| weight.abs()).sum();
    // The mean size of w·z with z normal is w·√(2/π).
    let mean = (2.0 / std::f64::consts::PI).sqrt();
    let mut importance: Vec<Weight> = FIELDS
        .iter()
        .zip(weights)
        .filter(|(_, weight)| **weight != 0.0)
        .map(|(field, weight)| Weight {
            field: field.name.to_owned(),
            mean_contribution: mean * weight.abs(),
            share: weight.abs() / all,
            ..Weight::default()
        })
        .collect();
    importance.sort_by(|a, b| b.share.total_cmp(&a.share).then_with(|| a.field.cmp(&b.field)));
    let described = DataFile {
        name: "leads of the simulated company".to_owned(),
        rows: leads.len() as u64,
        converted: data.positives(),
        ..DataFile::default()
    };
    Some(Baseline {
        data: described.clone(),
        held_out: Some(described),
        threshold: 0.5,
        figures: figures(&data, 0.5).ok()?,
        outcomes: None,
        percentiles: PARTS.iter().filter_map(|part| at(*part)).collect(),
        bands: bands.iter().enumerate().map(share).collect(),
        importance,
        suite: suite(&format!("lead-scoring {version}"), leads.len() as u64, &expected(leads)),
    })
}

/// What is expected of each field of leads like these.
fn expected(leads: &[Lead]) -> Vec<Expected> {
    let numbers = FIELDS.iter().enumerate().map(|(at, spec)| {
        let mut values: Vec<f64> = leads.iter().filter_map(|lead| lead.values.get(at).copied()).collect();
        values.sort_by(f64::total_cmp);
        Expected::number(spec.name.to_owned(), &Field::default(), &values, 0)
    });
    let texts = TEXTS.iter().map(|(name, values)| {
        let named: Vec<(String, u64)> = values.iter().map(|value| ((*value).to_owned(), 1)).collect();
        Expected::category((*name).to_owned(), &named, 0)
    });
    numbers.chain(texts).collect()
}
