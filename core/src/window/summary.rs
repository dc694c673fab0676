//! The figures of a window, each with its bound or interval, or the reason why there is none.

use serde::{Deserialize, Serialize};

use super::{Binned, Feature, FeatureLayout, Layout, Scores, Window};
use crate::drift::{Bracket, EMPTY_SHARE, Rate, Shares, deciles};
use crate::evidence::{Answer, InsufficientData};
use crate::metric;
use crate::order::keep_most_frequent;
use crate::stats::level::Level;
use crate::stats::proportion::Proportion;

/// New categories that are reported by name.
const NAMES: usize = 10;

/// The figures of a window. Times are milliseconds since 1970, rates parts of 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "WindowFigures"))]
pub struct Summary {
    /// The first and the last moment something was counted.
    pub span_ms: Option<(i64, i64)>,
    /// How long ago the last was.
    pub freshness_ms: Answer<u64>,
    /// Requests, and of those the ones that failed.
    pub requests: u64,
    /// The part of requests that failed.
    pub error_rate: Answer<f64>,
    /// Requests a second over the span.
    pub throughput: Answer<f64>,
    /// Latencies that the parts 0.5, 0.9, 0.95 and 0.99 of the requests do not exceed, in microseconds; at most 1/64 too high.
    pub latency_us: Answer<Vec<(f64, u64)>>,
    /// The part of looks at the service that found it up.
    pub uptime: Answer<f64>,
    /// Leads, scored or not.
    pub leads: u64,
    /// The part of leads that were scored.
    pub coverage: Answer<f64>,
    /// Scored leads that converted, that did not, and whose outcome may still come.
    pub outcomes: [u64; 3],
    /// The part of leads with an outcome that converted, and its interval (Wilson, 95 %).
    pub conversion: Answer<(f64, (f64, f64))>,
    /// How well scores rank.
    pub roc_auc: Answer<AreaSummary>,
    /// The same of the exploration slice, whose scores were hidden from sales.
    pub roc_auc_explored: Answer<AreaSummary>,
    /// The same of the other leads; sales works high scores first, which bends these outcomes.
    pub roc_auc_worked: Answer<AreaSummary>,
    /// The expected calibration error in ten bins of equal width, each with its lower end.
    pub calibration_error: Answer<Binned>,
    /// Of the leads called at a score of 0.5, the part that converted.
    pub precision: Option<f64>,
    /// Of the leads that converted, the part that was called at 0.5.
    pub recall: Option<f64>,
    /// The scores against those of the reference; none without a reference.
    pub prediction: Option<Answer<Distance>>,
    /// The features, in the layout's order.
    pub features: Vec<FeatureSummary>,
}

/// An area under the ROC curve from bins.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "BinnedArea"))]
pub struct AreaSummary {
    /// The area, pairs of one bin counted half, and the ends between which the exact one lies.
    #[serde(flatten)]
    pub area: Binned,
    /// Its 95 % interval (DeLong, on the logit scale); none at an area of 0 or 1 or with fewer than two leads of a class.
    pub interval: Option<(f64, f64)>,
}

/// How far two distributions of counts are from each other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "WindowDistance"))]
pub struct Distance {
    /// The Kolmogorov-Smirnov statistic is at least this; of a category, the total variation distance.
    pub at_least: f64,
    /// It is at most this.
    pub at_most: f64,
    /// The population stability index, in deciles of the reference or by category.
    pub population_stability: f64,
}

/// The figures of one feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "WindowFeature"))]
pub struct FeatureSummary {
    /// Its name.
    pub name: String,
    /// Values that are not missing.
    pub values: u64,
    /// The part of values that is missing.
    pub missing: Answer<f64>,
    /// A number's mean; none without numbers.
    pub mean: Option<f64>,
    /// A number's standard deviation; none with fewer than two.
    pub deviation: Option<f64>,
    /// The part of a category's values that training did not have.
    pub new_categories: Option<f64>,
    /// The new categories by name, the most frequent first.
    pub new_by_name: Vec<(String, u64)>,
    /// The values against those of the reference; none without a reference.
    pub drift: Option<Answer<Distance>>,
    /// The chance of as many missing values if they had not become more; none without a reference.
    pub missing_p: Option<f64>,
}

impl Summary {
    /// The figures of `window`, counted by `layout`, at `now_ms`, compared with a `reference` of the same layout.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::evidence::Answer;
    /// use plumbline_core::window::{Layout, Summary, Window};
    /// let layout = Layout::default();
    /// let mut window = Window::new(&layout);
    /// window.counters.requests = 200;
    /// window.counters.failed = 1;
    /// let summary = Summary::new(&window, &layout, None, 0);
    /// assert_eq!(summary.error_rate, Answer::Known(0.005));
    /// assert!(matches!(summary.roc_auc, Answer::Insufficient { .. }));
    /// ```
    pub fn new(window: &Window, layout: &Layout, reference: Option<&Window>, now_ms: i64) -> Summary {
        let counters = &window.counters;
        let span = window.span_ms();
        let length = span.map_or(0, |(first, last)| last.abs_diff(first));
        let quantiles: Result<Vec<(f64, u64)>, InsufficientData> =
            [0.5, 0.9, 0.95, 0.99].into_iter().map(|q| Ok((q, window.latency.quantile(q)?))).collect();
        let outcomes = window.scores.counts();
        let called = window.scores.confusion_at_half();
        let features = layout.features().iter().zip(&window.features).enumerate();
        Summary {
            span_ms: span,
            freshness_ms: metric::freshness_ms(span.map(|(_, last)| last), now_ms).into(),
            requests: counters.requests,
            error_rate: metric::error_rate(counters.failed, counters.requests).into(),
            throughput: metric::throughput(counters.requests, length).into(),
            latency_us: quantiles.into(),
            uptime: metric::uptime(counters.up, counters.checks).into(),
            leads: counters.leads,
            coverage: metric::coverage(counters.scored, counters.leads).into(),
            outcomes,
            conversion: conversion(outcomes).into(),
            roc_auc: area(&window.scores).into(),
            roc_auc_explored: area(&window.explored).into(),
            roc_auc_worked: area(&window.scores.without(&window.explored)).into(),
            calibration_error: window.scores.calibration_error().into(),
            precision: called.precision(),
            recall: called.recall(),
            prediction: reference
                .map(|reference| distance(&reference.scores.histogram(), &window.scores.histogram(), false).into()),
            features: features
                .map(|(place, (layout, feature))| {
                    FeatureSummary::new(layout, feature, reference.and_then(|reference| reference.features.get(place)))
                })
                .collect(),
        }
    }
}

fn conversion([converted, not, _]: [u64; 3]) -> Result<(f64, (f64, f64)), InsufficientData> {
    let leads = converted.saturating_add(not);
    InsufficientData::unless(leads, 1, "leads with an outcome")?;
    let interval = Proportion::new(converted, leads).map(|part| part.wilson(Level::FIVE_PERCENT));
    Ok((converted as f64 / leads as f64, interval.map_or((0.0, 1.0), |interval| (interval.lower, interval.upper))))
}

fn area(scores: &Scores) -> Result<AreaSummary, InsufficientData> {
    let area = scores.roc_auc()?;
    Ok(AreaSummary { area, interval: scores.delong().map(|delong| delong.cautious_interval(0.95)) })
}

/// Of a category whose counts are complete the two ends are one.
fn distance(reference: &[u64], current: &[u64], category: bool) -> Result<Distance, InsufficientData> {
    let short = || InsufficientData { of: "bins of one layout", found: 0, needed: 1 };
    InsufficientData::unless(reference.iter().fold(0, |sum: u64, n| sum.saturating_add(*n)), 1, "values in the reference")?;
    InsufficientData::unless(current.iter().fold(0, |sum: u64, n| sum.saturating_add(*n)), 1, "values")?;
    let shares = |reference: &[u64], current: &[u64]| Shares::of_counts(reference, current).map_err(|_| short())?;
    let (shares, (at_least, at_most)) = if category {
        let shares = shares(reference, current)?;
        let distance = shares.total_variation();
        (shares, (distance, distance))
    } else {
        let bracket = Bracket::new(reference, current).map_err(|_| short())??;
        let (before, now) = deciles(reference, current);
        (shares(&before, &now)?, (bracket.at_least, bracket.at_most))
    };
    Ok(Distance { at_least, at_most, population_stability: shares.population_stability(EMPTY_SHARE) })
}

impl Feature {
    /// Counts that two windows of one layout have in common, and the missing ones.
    pub(crate) fn counts(&self) -> (Vec<u64>, u64) {
        match self {
            Feature::Number { bins, missing, .. } => (bins.clone(), *missing),
            Feature::Category { counts, missing } => {
                (counts.known().iter().copied().chain([counts.unknown()]).collect(), *missing)
            }
        }
    }
}

impl FeatureSummary {
    fn new(layout: &FeatureLayout, feature: &Feature, reference: Option<&Feature>) -> FeatureSummary {
        let (counts, missing) = feature.counts();
        let values = counts.iter().fold(0, |sum: u64, n| sum.saturating_add(*n));
        let all = values.saturating_add(missing);
        let before = reference.map(Feature::counts);
        let missing_p = before.as_ref().and_then(|(counts, before)| {
            let all_before = counts.iter().fold(*before, |sum, n| sum.saturating_add(*n));
            Some(Rate::new(*before, all_before, missing, all)?.p_value)
        });
        let category = matches!(feature, Feature::Category { .. });
        let (mean, deviation, new_categories, new_by_name) = match feature {
            Feature::Number { moments, .. } => (moments.mean(), moments.variance().map(f64::sqrt), None, Vec::new()),
            Feature::Category { counts, .. } => {
                let mut named: Vec<(String, u64)> = counts.named().map(|(name, count)| (name.to_owned(), count)).collect();
                keep_most_frequent(&mut named, NAMES);
                (None, None, (values > 0).then(|| counts.unknown() as f64 / values as f64), named)
            }
        };
        FeatureSummary {
            name: layout.name().to_owned(),
            values,
            missing: InsufficientData::unless(all, 1, "values").map(|()| missing as f64 / all as f64).into(),
            mean,
            deviation,
            new_categories,
            new_by_name,
            drift: before.map(|(before, _)| distance(&before, &counts, category).into()),
            missing_p,
        }
    }
}
