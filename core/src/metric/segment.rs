//! The measures of each segment of the leads: a model that ranks all of them well may fail in one.

use serde::{Deserialize, Serialize};

use super::{AtThreshold, Labelled, Measure, MetricError, Report};
use crate::evidence::Answer;

/// The measures of each value of one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "MetricsBySegment"))]
pub struct Segments {
    /// The column.
    pub column: String,
    /// Its values, the one with most leads first.
    pub values: Vec<Segment>,
}

/// The measures of the leads that share one value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "SegmentMetrics"))]
pub struct Segment {
    /// The value; null for leads without one.
    pub value: Option<String>,
    /// Leads with a score and a final outcome.
    pub leads: u64,
    /// Of those, the ones that converted.
    pub positives: u64,
    /// The part that converted.
    pub rate: Option<f64>,
    /// The area under the ROC curve.
    pub roc_auc: Answer<f64>,
    /// Its 95 % interval, as of all leads.
    pub roc_auc_interval: Option<(f64, f64)>,
    /// Average precision.
    pub average_precision: Answer<f64>,
    /// Counts and rates at the threshold.
    pub at_threshold: AtThreshold,
    /// The log loss, in nats; absent when a score is outside [0, 1], as are the two below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_loss: Option<Answer<f64>>,
    /// The Brier score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brier: Option<f64>,
    /// The expected calibration error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration_error: Option<f64>,
}

impl Segment {
    /// Measures the leads `data` that share `value`.
    ///
    /// # Errors
    /// Cuts of the bands that do not rise.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::evidence::Answer;
    /// use plumbline_core::metric::{Labelled, Measure, Segment};
    /// let data = Labelled::new(&[0.2, 0.9, 0.4], &[false, true, false])?;
    /// let segment = Segment::new(Some("web".to_owned()), &data, &Measure::default())?;
    /// assert_eq!((segment.leads, segment.positives, segment.roc_auc), (3, 1, Answer::Known(1.0)));
    /// # Ok::<(), plumbline_core::metric::MetricError>(())
    /// ```
    pub fn new(value: Option<String>, data: &Labelled<'_>, measure: &Measure) -> Result<Segment, MetricError> {
        let report = Report::new(data, measure)?;
        Ok(Segment {
            value,
            leads: report.leads,
            positives: report.positives,
            rate: (report.leads > 0).then(|| report.positives as f64 / report.leads as f64),
            roc_auc: report.roc_auc,
            roc_auc_interval: report.roc_auc_interval,
            average_precision: report.average_precision,
            at_threshold: report.at_threshold,
            log_loss: report.log_loss,
            brier: report.brier,
            calibration_error: report.calibration_error,
        })
    }
}

impl Segments {
    /// Measures each of `values`, leads that share one, by `measure`; `column` holds them.
    ///
    /// # Errors
    /// Lists of different length, a score that is not finite, cuts of the bands that do not rise.
    pub fn new(
        column: &str,
        values: impl IntoIterator<Item = (Option<String>, (Vec<f64>, Vec<bool>))>,
        measure: &Measure,
    ) -> Result<Segments, MetricError> {
        let one = |(value, (scores, converted)): (Option<String>, (Vec<f64>, Vec<bool>))| {
            Segment::new(value, &Labelled::new(&scores, &converted)?, measure)
        };
        let mut values: Vec<Segment> = values.into_iter().map(one).collect::<Result<_, _>>()?;
        values.sort_by(|a, b| b.leads.cmp(&a.leads).then_with(|| a.value.cmp(&b.value)));
        Ok(Segments { column: column.to_owned(), values })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_measured_apart_and_ordered_by_size() {
        let of = |value: &str, scores: &[f64], converted: &[bool]| {
            ((!value.is_empty()).then(|| value.to_owned()), (scores.to_vec(), converted.to_vec()))
        };
        let parts = [
            of("", &[0.5], &[true]),
            of("b", &[0.1, 0.9], &[true, false]),
            of("a", &[0.1, 0.9], &[false, true]),
            of("c", &[0.1, 0.9, 2.0], &[false, true, false]),
        ];
        let found = Segments::new("source", parts, &Measure::default()).unwrap();
        let names: Vec<Option<&str>> = found.values.iter().map(|segment| segment.value.as_deref()).collect();
        assert_eq!(names, [Some("c"), Some("a"), Some("b"), None]);
        let areas: Vec<&Answer<f64>> = found.values.iter().map(|segment| &segment.roc_auc).collect();
        assert_eq!(areas[..3], [&Answer::Known(0.5), &Answer::Known(1.0), &Answer::Known(0.0)]);
        assert!(matches!(areas[3], Answer::Insufficient { .. }) && found.values[3].rate == Some(1.0));
        assert!(found.values[0].brier.is_none() && found.values[1].brier.is_some(), "2.0 is no probability");
    }
}
