//! One day of one version: what the daily series of the report are made of.

use serde::{Deserialize, Serialize};

use crate::evidence::Answer;
use crate::window::Summary;

/// The figures of one version on one UTC day. Traffic belongs to the day of the request, outcomes to the day on which leads matured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DayRow {
    /// Begin of the day, milliseconds since 1970.
    pub day_ms: i64,
    /// The version.
    pub version: String,
    /// As what it answered: `champion`, `challenger` or `shadow`.
    pub role: String,
    /// Area under the ROC curve of the leads that matured on this day.
    pub auc: Option<f64>,
    /// Its 95 % interval.
    pub auc_interval: Option<(f64, f64)>,
    /// Precision at 0.5.
    pub precision: Option<f64>,
    /// Recall at 0.5.
    pub recall: Option<f64>,
    /// Expected calibration error.
    pub calibration_error: Option<f64>,
    /// Median latency in milliseconds.
    pub p50_ms: Option<f64>,
    /// 99th percentile in milliseconds.
    pub p99_ms: Option<f64>,
    /// Share of requests that failed.
    pub error_rate: Option<f64>,
    /// Requests a second, over the day.
    pub throughput: Option<f64>,
    /// Share of leads that were scored.
    pub coverage: Option<f64>,
    /// The largest distance of a field's values from training.
    pub drift: Option<f64>,
    /// The largest share of missing values of a field.
    pub missing: Option<f64>,
    /// Share of matured leads that converted.
    pub conversion: Option<f64>,
    /// Mean value of won deals.
    pub deal_size: Option<f64>,
    /// Mean rating by sales, of 10.
    pub satisfaction: Option<f64>,
    /// Leads that came.
    pub leads: u64,
    /// Leads that matured.
    pub matured: u64,
}

/// Sums of business that go with an outcome window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    /// Won deals with a value.
    pub deals: u64,
    /// Their values, added.
    pub deal_value: f64,
    /// Ratings by sales.
    pub ratings: u64,
    /// Their sum.
    pub rating_sum: f64,
}

impl DayRow {
    /// The figures of `version` on the day that begins at `day_ms`, from those of its `traffic` beside the training data, and of the
    /// `outcomes` that matured.
    pub fn new(
        (day_ms, version, role): (i64, &str, &str),
        traffic: Option<&Summary>,
        outcomes: Option<&Summary>,
        sums: Sums,
    ) -> DayRow {
        let mut row = DayRow { day_ms, version: version.to_owned(), role: role.to_owned(), ..DayRow::default() };
        if let Some(figures) = traffic {
            if let Answer::Known(quantiles) = &figures.latency_us {
                let at = |q: f64| quantiles.iter().find(|(part, _)| *part == q).map(|(_, us)| *us as f64 / 1e3);
                (row.p50_ms, row.p99_ms) = (at(0.5), at(0.99));
            }
            row.error_rate = known(figures.error_rate.clone());
            row.throughput = (figures.requests > 0).then_some(figures.requests as f64 / 86_400.0);
            row.coverage = known(figures.coverage.clone());
            row.drift = largest(figures.features.iter().filter_map(|feature| match &feature.drift {
                Some(Answer::Known(distance)) => Some(distance.at_least),
                _ => None,
            }));
            row.missing = largest(figures.features.iter().filter_map(|feature| known(feature.missing.clone())));
            row.leads = figures.leads;
        }
        if let Some(figures) = outcomes {
            if let Answer::Known(area) = &figures.roc_auc {
                (row.auc, row.auc_interval) = (Some(area.area.value), area.interval);
            }
            (row.precision, row.recall) = (figures.precision, figures.recall);
            row.calibration_error = known(figures.calibration_error.clone()).map(|error| error.value);
            row.conversion = known(figures.conversion.clone()).map(|(rate, _)| rate);
            row.matured = figures.outcomes.iter().take(2).sum();
        }
        row.deal_size = (sums.deals > 0).then(|| sums.deal_value / sums.deals as f64);
        row.satisfaction = (sums.ratings > 0).then(|| sums.rating_sum / sums.ratings as f64);
        row
    }
}

pub(super) fn known<T>(answer: Answer<T>) -> Option<T> {
    match answer {
        Answer::Known(figure) => Some(figure),
        Answer::Insufficient { .. } => None,
    }
}

fn largest(figures: impl Iterator<Item = f64>) -> Option<f64> {
    figures.filter(|x| x.is_finite()).max_by(f64::total_cmp)
}
