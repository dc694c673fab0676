//! What is gathered of the leads of a training table.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::suite::{Expected, suite};
use super::{BaselineError, figures};
use crate::bundle::{BandShare, Baseline, DataFile, Distribution, FieldReference, Figure, Reference, ScoreOutcomes, Weight};
use crate::evidence::InsufficientData;
use crate::histogram::{Bins, CategoryCounts, Histogram};
use crate::json::Decimal;
use crate::lead::{ReadValue, Slots, Timestamp};
use crate::metric::Labelled;
use crate::model::Body;
use crate::order;
use crate::schema::{Field, FieldKind, Role};
use crate::score::{Options, ScoreError, Scorer, Workspace};

/// Bins of a number: a KS distance is then known to about one fiftieth.
const BINS: usize = 50;
/// Categories of a field that are counted each; rarer ones are counted together.
const CATEGORIES: usize = 1_000;
/// A text field with more distinct values, or fewer leads for each, is free text.
const TEXTS: usize = 50;
const LEADS_PER_TEXT: usize = 20;
/// Leads whose contributions are averaged: at least so many if there are, at most twice as many, spread evenly over all.
const SAMPLE: usize = 1_000;
/// The parts whose scores are listed.
const PARTS: [f64; 11] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999];

/// The leads of a training table, one after another.
#[derive(Debug)]
pub struct Gathering {
    scorer: Arc<Scorer>,
    threshold: f64,
    fields: Vec<Values>,
    scores: Vec<f64>,
    converted: Vec<bool>,
    span_ms: Option<(i64, i64)>,
    sample: Sample,
    work: Workspace,
}

/// The values of one field.
#[derive(Debug)]
enum Values {
    /// Not compared: an id, a person's own score, a date.
    Skipped,
    Number {
        values: Vec<f64>,
        missing: u64,
    },
    Text {
        counts: BTreeMap<String, u64>,
        missing: u64,
    },
}

/// Rows of the model that are spread evenly over all.
#[derive(Debug)]
struct Sample {
    rows: Vec<Vec<f64>>,
    /// Whether the lead of each converted.
    converted: Vec<bool>,
    stride: usize,
    seen: usize,
}

/// What was gathered.
#[derive(Debug, Clone, PartialEq)]
pub struct Gathered {
    /// The frozen bins.
    pub reference: Reference,
    /// Figures, percentiles, importance and expectations. The data's name and digest are the caller's to fill in.
    pub baseline: Baseline,
}

impl Gathering {
    /// Nothing gathered yet for `scorer`; a lead is called at `threshold`.
    pub fn new(scorer: &Arc<Scorer>, threshold: f64) -> Gathering {
        let values = |field: &Field| match (field.role, field.kind) {
            (Role::Id | Role::HumanScore, _) | (_, FieldKind::Date) => Values::Skipped,
            (_, FieldKind::Number | FieldKind::List) => Values::Number { values: Vec::new(), missing: 0 },
            _ => Values::Text { counts: BTreeMap::new(), missing: 0 },
        };
        Gathering {
            scorer: Arc::clone(scorer),
            threshold,
            fields: scorer.bundle().manifest.schema.fields.iter().map(values).collect(),
            scores: Vec::new(),
            converted: Vec::new(),
            span_ms: None,
            sample: Sample { rows: Vec::new(), converted: Vec::new(), stride: 1, seen: 0 },
            work: Workspace::default(),
        }
    }

    /// Takes the lead that was read into `slots` by the scorer's reader, as of `now`; whether it converted, and its time.
    ///
    /// # Errors
    /// The lead cannot be scored; nothing is taken of it then.
    pub fn add(&mut self, slots: &Slots, now: Timestamp, converted: bool, at_ms: Option<i64>) -> Result<(), ScoreError> {
        let score = self.scorer.score_read(slots, now, &Options::default(), &mut self.work)?;
        let schema = &self.scorer.bundle().manifest.schema;
        for (at, (field, values)) in schema.fields.iter().zip(&mut self.fields).enumerate() {
            values.see(slots.value(at, field));
        }
        self.scores.push(score.probability);
        self.converted.push(converted);
        if let Some(ms) = at_ms {
            let (first, last) = self.span_ms.unwrap_or((ms, ms));
            self.span_ms = Some((first.min(ms), last.max(ms)));
        }
        self.sample.see(self.work.row(), converted);
        Ok(())
    }

    /// Leads taken so far.
    pub fn leads(&self) -> u64 {
        self.scores.len() as u64
    }

    /// What the leads are like, and how well the model scores them.
    ///
    /// # Errors
    /// No leads, or scores that are no probabilities.
    pub fn finish(mut self) -> Result<Gathered, BaselineError> {
        InsufficientData::unless(self.leads(), 1, "leads with an outcome")?;
        let data = Labelled::new(&self.scores, &self.converted)?;
        let figures: Vec<Figure> = figures(&data, self.threshold)?;
        let sorted = order::sorted(&self.scores);
        let percentiles = PARTS.iter().filter_map(|part| Some((*part, order::quantile(&sorted, *part)?))).collect();
        let hundredths: Vec<f64> = (1..100).map(|cut| f64::from(cut) / 100.0).collect();
        let bins = Bins::below(hundredths).unwrap_or_default();
        let (mut score, mut hits) = (Histogram::new(bins.clone()), Histogram::new(bins));
        for (probability, converted) in self.scores.iter().zip(&self.converted) {
            score.add(*probability);
            if *converted {
                hits.add(*probability);
            }
        }
        let outcomes = ScoreOutcomes { leads: score.counts().to_vec(), converted: hits.counts().to_vec() };
        let importance = self.importance();
        let data = DataFile {
            rows: self.leads(),
            converted: self.converted.iter().filter(|converted| **converted).count() as u64,
            span_ms: self.span_ms,
            ..DataFile::default()
        };
        let bands = self.bands();
        let leads = self.leads();
        let schema = &self.scorer.bundle().manifest.schema;
        let mut fields = Vec::new();
        let mut expected = Vec::new();
        for (field, values) in schema.fields.iter().zip(std::mem::take(&mut self.fields)) {
            let Some((distribution, expectation)) = values.finish(field, leads) else { continue };
            expected.push(expectation);
            fields.push(FieldReference { name: field.name.clone(), distribution });
        }
        let name = format!("{} {}", self.scorer.id().name, self.scorer.id().version);
        let baseline = Baseline {
            data,
            held_out: None,
            threshold: self.threshold,
            figures,
            outcomes: Some(outcomes),
            percentiles,
            bands,
            importance,
            suite: suite(&name, leads, &expected),
        };
        Ok(Gathered { reference: Reference { fields, score }, baseline })
    }

    /// The mean size of the contributions to the sampled leads, by field. Those of a linear model are measured from their mean: where its
    /// file does not say what the training data's means were, they are measured from 0, which weighs a field by its unit.
    fn importance(&mut self) -> Vec<Weight> {
        let columns = self.scorer.engine().columns();
        let is_linear = matches!(self.scorer.bundle().model().body, Body::Linear(_));
        let mut found: Vec<Vec<f64>> = Vec::new();
        for row in &self.sample.rows {
            let Some(contributions) = self.scorer.contributions(row, &mut self.work) else { return Vec::new() };
            found.push(contributions.to_vec());
        }
        let rows = found.len().max(1) as f64;
        let width = found.first().map_or(0, Vec::len);
        let mut sums = vec![0.0; columns];
        // One row of contributions per output, the bias last; the columns' are added over the outputs.
        for place in (0..width).filter(|place| place % (columns + 1) < columns) {
            let of_place = || found.iter().filter_map(|row| row.get(place));
            let mean = if is_linear { of_place().sum::<f64>() / rows } else { 0.0 };
            if let Some(sum) = sums.get_mut(place % (columns + 1)) {
                *sum += of_place().map(|contribution| (contribution - mean).abs()).sum::<f64>();
            }
        }
        let mut weights: Vec<Weight> = Vec::new();
        for (column, sum) in sums.iter().enumerate() {
            let field = self.scorer.pipeline().source(column).and_then(|at| self.scorer.bundle().manifest.schema.fields.get(at));
            let Some(field) = field else { continue };
            match weights.iter_mut().find(|weight| weight.field == field.name) {
                Some(weight) => weight.mean_contribution += sum / rows,
                None => weights.push(Weight { field: field.name.clone(), mean_contribution: sum / rows, ..Weight::default() }),
            }
        }
        let all: f64 = weights.iter().map(|weight| weight.mean_contribution).sum();
        weights.retain(|weight| weight.mean_contribution.is_finite() && weight.mean_contribution > 0.0);
        weights.iter_mut().for_each(|weight| weight.share = (weight.mean_contribution / all).clamp(0.0, 1.0));
        weights.sort_by(|a, b| b.mean_contribution.total_cmp(&a.mean_contribution).then_with(|| a.field.cmp(&b.field)));
        weights
    }

    /// Each field's loss of AUC when its values are permuted among the sampled leads; empty where there is none.
    pub(crate) fn permutation(&mut self) -> Vec<(String, f64)> {
        let fields = &self.scorer.bundle().manifest.schema.fields;
        let used =
            |at: &usize| (0..self.scorer.engine().columns()).any(|column| self.scorer.pipeline().source(column) == Some(*at));
        let places: Vec<usize> = (0..fields.len()).filter(used).collect();
        let Sample { rows, converted, .. } = &self.sample;
        let losses = super::permute::losses(&self.scorer, rows, converted, &places, &mut self.work).unwrap_or_default();
        places.iter().zip(losses).filter_map(|(at, loss)| Some((fields.get(*at)?.name.clone(), loss))).collect()
    }

    /// The share of leads and of conversions in each band, the lowest first.
    fn bands(&self) -> Vec<BandShare> {
        let mut bands = self.scorer.bundle().manifest.bands.clone();
        bands.sort_by(|a, b| a.from.total_cmp(&b.from));
        let mut counts = vec![(0u64, 0u64); bands.len()];
        for (score, converted) in self.scores.iter().zip(&self.converted) {
            let place = bands.iter().rposition(|band| *score >= band.from);
            if let Some((leads, hits)) = place.and_then(|place| counts.get_mut(place)) {
                *leads += 1;
                *hits += u64::from(*converted);
            }
        }
        let share = |(band, (leads, hits)): (&crate::bundle::Band, &(u64, u64))| BandShare {
            name: band.name.clone(),
            share: *leads as f64 / self.scores.len().max(1) as f64,
            conversion: (*leads > 0).then(|| *hits as f64 / *leads as f64),
        };
        bands.iter().zip(&counts).map(share).collect()
    }
}

impl Values {
    /// Counts a value as windows of the service do.
    fn see(&mut self, value: ReadValue<'_>) {
        match self {
            Values::Skipped => {}
            Values::Number { values, missing } => match value {
                ReadValue::Number(x) if x.is_finite() => values.push(x),
                ReadValue::Flag(flag) => values.push(f64::from(u8::from(flag))),
                ReadValue::List(items) => values.push(items.count() as f64),
                _ => *missing += 1,
            },
            Values::Text { counts, missing } => {
                let mut count = |text: &str| match counts.get_mut(text) {
                    Some(count) => *count += 1,
                    None => drop(counts.insert(text.to_owned(), 1)),
                };
                match value {
                    ReadValue::Text(text) => count(text),
                    ReadValue::Flag(flag) => count(if flag { "true" } else { "false" }),
                    ReadValue::Number(x) => count(&Decimal(x).to_string()),
                    _ => *missing += 1,
                }
            }
        }
    }

    /// The distribution of the values of `field`, and what is expected of later ones; none where they are not compared.
    fn finish(self, field: &Field, leads: u64) -> Option<(Distribution, Expected)> {
        let name = field.name.clone();
        match self {
            Values::Skipped => None,
            Values::Number { values, missing } => {
                let sorted = order::sorted(&values);
                let bins = Bins::of_quantiles(&sorted, BINS).unwrap_or_default();
                let counts = bins.histogram_of_sorted(&sorted);
                let expected = Expected::number(name, field, &sorted, missing);
                let histogram = Histogram::with_counts(bins, counts, missing)?;
                Some((Distribution::Number(histogram), expected))
            }
            Values::Text { counts, missing } => {
                let is_free = field.kind == FieldKind::Text
                    && (counts.len() > TEXTS || counts.len() * LEADS_PER_TEXT > usize::try_from(leads).unwrap_or(usize::MAX));
                if is_free {
                    return None;
                }
                let mut named: Vec<(String, u64)> = counts.into_iter().collect();
                let all: u64 = named.iter().map(|(_, count)| count).sum();
                if named.len() > CATEGORIES {
                    order::keep_most_frequent(&mut named, CATEGORIES);
                    named.sort();
                }
                let expected = Expected::category(name, &named, missing);
                let (known, counts): (Vec<String>, Vec<u64>) = named.into_iter().unzip();
                let other = all - counts.iter().sum::<u64>();
                let counts = CategoryCounts::with_counts(known, counts, other, missing)?;
                Some((Distribution::Category(counts), expected))
            }
        }
    }
}

impl Sample {
    /// Keeps every row whose number is a multiple of the stride, which doubles when there are too many.
    fn see(&mut self, row: &[f64], converted: bool) {
        if self.seen.is_multiple_of(self.stride) {
            if self.rows.len() == 2 * SAMPLE {
                every_second(&mut self.rows);
                every_second(&mut self.converted);
                self.stride *= 2;
            }
            if self.seen.is_multiple_of(self.stride) {
                self.rows.push(row.to_vec());
                self.converted.push(converted);
            }
        }
        self.seen += 1;
    }
}

fn every_second<T>(items: &mut Vec<T>) {
    let mut place = 0;
    items.retain(|_| {
        place += 1;
        place % 2 == 1
    });
}
