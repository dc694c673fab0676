//! The figures of a baseline, each with its 95 % interval.

use super::BaselineError;
use crate::bundle::Figure;
use crate::metric::{Area, Binning, Confusion, Decomposition, Labelled, Ranking, Reliability, log_loss};
use crate::stats::level::{Interval, Level};
use crate::stats::moments::Moments;
use crate::stats::normal;
use crate::stats::proportion::Proportion;
use crate::window::Scores;

const CONFIDENCE: f64 = 0.95;

/// The figures of `data`, whose scores are probabilities; a lead is called at `threshold`. A figure without a denominator is left out.
///
/// # Errors
/// A score outside [0, 1].
///
/// # Formula
/// AUC: DeLong, on the logit scale. Precision, recall, conversion: Wilson. Brier score and log loss: the mean of the leads' losses ± z
/// standard errors. Calibration error: ten bins of equal width, ± z √(Σ n r (1 − r)) / N. Average precision has no interval.
pub fn figures(data: &Labelled<'_>, threshold: f64) -> Result<Vec<Figure>, BaselineError> {
    let n = data.count();
    let z = normal::quantile(1.0 - (1.0 - CONFIDENCE) / 2.0);
    let mut found = Vec::new();
    let mut add = |id: &str, value: Option<f64>, interval: Option<(f64, f64)>, n: u64| {
        let figure = |value: f64| Figure { id: id.to_owned(), value, interval, n };
        found.extend(value.filter(|value| value.is_finite()).map(figure));
    };
    let ranking = Ranking::new(data);
    let area = Area::new(data).ok();
    add("auc", ranking.roc_auc().ok(), area.map(|area| area.cautious_interval(CONFIDENCE)), n);
    add("average_precision", ranking.average_precision().ok(), None, n);
    let called = Confusion::at(data, threshold);
    let mut share = |id: &str, hits: f64, all: f64| {
        let share = Proportion::new(hits as u64, all as u64).ok().filter(|_| all > 0.0);
        let ends = |Interval { lower, upper, .. }: Interval| (lower, upper);
        add(id, share.map(|share| share.rate()), share.map(|share| ends(share.wilson(Level::FIVE_PERCENT))), all as u64);
    };
    share("precision", called.true_positive, called.true_positive + called.false_positive);
    share("recall", called.true_positive, called.true_positive + called.false_negative);
    share("conversion", data.positives() as f64, n as f64);
    let mut squares = Moments::default();
    let mut binned = Scores::default();
    for (score, converted, _) in data.rows() {
        let off = score - f64::from(u8::from(converted));
        squares.push(off * off);
        binned.add(score, Some(converted));
    }
    let around = |value: f64, error: f64| ((value - z * error).max(0.0), value + z * error);
    let error_of = |moments: &Moments| moments.variance().map(|variance| (variance / moments.count.max(1) as f64).sqrt());
    if let Ok(parts) = Decomposition::new(data, Binning::Uniform(10))? {
        add("brier", Some(parts.brier), error_of(&squares).map(|error| around(parts.brier, error)), n);
    }
    add("log_loss", log_loss(data)?.ok(), None, n);
    let noise = binned.calibration_noise().map(|noise| noise.standard_error);
    let calibration = Reliability::new(data, Binning::Uniform(10))?.ok().map(|found| found.expected_error);
    add("calibration_error", calibration, calibration.zip(noise).map(|(value, error)| around(value, error)), n);
    Ok(found)
}
