//! Every measure of one set of scored leads as one value: what the command prints, a file keeps and a page shows.

use serde::{Deserialize, Serialize};

use super::{
    Area, Band, Bin, Binning, Comparison, Confusion, Decomposition, Labelled, MetricError, Part, Ranking, Reliability, Segments,
    bands, lift_table, log_loss,
};
use crate::evidence::{Answer, InsufficientData};
use crate::table::Rows;

/// The part of false positives up to which the partial area is measured.
const FEW_FALSE_POSITIVES: f64 = 0.1;
/// The confidence of intervals.
const CONFIDENCE: f64 = 0.95;

/// What to measure by.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Measure {
    /// The score from which on a lead is called.
    pub threshold: f64,
    /// Where bands of scores are cut, rising.
    pub bands: Vec<f64>,
    /// Bins of the calibration error.
    pub bins: usize,
    /// Parts of the ranked list.
    pub parts: usize,
}

impl Default for Measure {
    /// Called at 0.5; bands cut at 0.2, 0.5 and 0.8; ten bins and ten parts.
    fn default() -> Measure {
        Measure { threshold: 0.5, bands: vec![0.2, 0.5, 0.8], bins: 10, parts: 10 }
    }
}

/// Scores against outcomes. Measures of probabilities are absent when a score is outside [0, 1].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "MetricsReport"))]
pub struct Report {
    /// Leads with a score and a final outcome.
    pub leads: u64,
    /// Of those, the ones that converted.
    pub positives: u64,
    /// Leads with a score whose outcome is not final.
    pub open: u64,
    /// Leads without a score.
    pub unscored: u64,
    /// The area under the ROC curve.
    pub roc_auc: Answer<f64>,
    /// Its 95 % interval (DeLong, on the logit scale; wider with few leads of a class); null with fewer than two leads of a class.
    pub roc_auc_interval: Option<(f64, f64)>,
    /// Why there is no interval, a sentence; null when there is one.
    #[serde(default)]
    pub roc_auc_interval_reason: Option<String>,
    /// The area up to a false-positive rate of 0.1, standardised.
    #[serde(rename = "roc_auc_max_fpr_0.1")]
    pub partial_roc_auc: Answer<f64>,
    /// Average precision.
    pub average_precision: Answer<f64>,
    /// The Kolmogorov–Smirnov distance of the two classes.
    pub ks: Answer<f64>,
    /// Counts and rates at the threshold.
    pub at_threshold: AtThreshold,
    /// The log loss, in nats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_loss: Option<Answer<f64>>,
    /// The Brier score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brier: Option<f64>,
    /// What the Brier score is made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brier_parts: Option<BrierParts>,
    /// The expected calibration error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration_error: Option<f64>,
    /// The largest calibration error of a bin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration_error_maximum: Option<f64>,
    /// Probabilities against rates, bins that hold leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reliability: Option<Vec<Bin>>,
    /// Leads and conversion by band of scores, the lowest first; absent without leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bands: Option<Vec<Band>>,
    /// The list in parts, best first; absent without conversions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<Vec<Part>>,
    /// Another model's scores of the same leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<AgainstModel>,
    /// The area on the exploration slice and on the other leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exploration: Option<Slices>,
    /// The measures of each value of a segment column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<Segments>,
    /// Which outcomes count as final, in words; null when all do.
    pub maturity: Option<String>,
    /// Rows of the input that could not be read.
    pub rejected_rows: u64,
    /// Where the rows of the input went; absent where no input was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Rows>,
}

/// Counts at a threshold, and the rates made of them; a rate without a denominator is null.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AtThreshold {
    /// The score from which on a lead is called.
    pub threshold: f64,
    /// The counts.
    #[serde(flatten)]
    pub counts: Confusion,
    /// Of the leads called, the part that converted.
    pub precision: Option<f64>,
    /// Of the leads that converted, the part that was called.
    pub recall: Option<f64>,
    /// The harmonic mean of the two.
    pub f1: Option<f64>,
    /// Of the leads that did not convert, the part that was not called.
    pub specificity: Option<f64>,
    /// The part that was called rightly.
    pub accuracy: Option<f64>,
    /// The mean of recall and specificity.
    pub balanced_accuracy: Option<f64>,
    /// Matthews' correlation coefficient.
    pub matthews: Option<f64>,
    /// Cohen's kappa.
    pub kappa: Option<f64>,
}

/// The parts of a Brier score: reliability − resolution + uncertainty + within.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BrierParts {
    /// How far the bins' rates are from their probabilities.
    pub reliability: f64,
    /// How far the bins' rates are from the rate of all.
    pub resolution: f64,
    /// The variance of the outcome.
    pub uncertainty: f64,
    /// What the bins hide.
    pub within: f64,
}

/// Two models on the leads that have both scores, by DeLong's test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AgainstModel {
    /// The column with the other model's score.
    pub against: String,
    /// Leads with both scores.
    pub leads: u64,
    /// The comparison.
    #[serde(flatten)]
    pub areas: Answer<AreaDifference>,
}

/// Two areas under the ROC curve and their difference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AreaDifference {
    /// The areas: of this model, then of the other.
    pub roc_auc: [f64; 2],
    /// Their 95 % intervals.
    pub intervals: [Option<(f64, f64)>; 2],
    /// The first area less the second.
    pub difference: f64,
    /// The difference in standard errors; null when the two models rank alike.
    pub z: Option<f64>,
    /// The two-sided p-value of no difference; null when the two models rank alike.
    pub p_value: Option<f64>,
}

/// The area on explored and on other leads: sales works high scores first, which bends the outcomes of all but the explored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Slices {
    /// Leads of the exploration slice.
    pub explored: Slice,
    /// The other leads.
    pub worked: Slice,
}

/// The area on part of the leads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Slice {
    /// Leads.
    pub leads: u64,
    /// The area.
    #[serde(flatten)]
    pub area: Answer<SliceArea>,
}

/// An area with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SliceArea {
    /// The area under the ROC curve.
    pub roc_auc: f64,
    /// Its 95 % interval.
    pub interval: Option<(f64, f64)>,
}

impl Report {
    /// Measures `data` by `measure`. What only the caller knows starts empty: open, unscored and rejected leads, maturity, slices, segments and the
    /// comparison with another model.
    ///
    /// # Errors
    /// Cuts of the bands that do not rise.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::evidence::Answer;
    /// use plumbline_core::metric::{Labelled, Measure, Report};
    /// let data = Labelled::new(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true])?;
    /// let report = Report::new(&data, &Measure::default())?;
    /// assert_eq!((report.roc_auc, report.at_threshold.precision), (Answer::Known(0.75), Some(1.0)));
    /// # Ok::<(), plumbline_core::metric::MetricError>(())
    /// ```
    pub fn new(data: &Labelled<'_>, measure: &Measure) -> Result<Report, MetricError> {
        let (ranking, area) = (Ranking::new(data), Area::new(data));
        let mut report = Report {
            leads: data.scores().len() as u64,
            positives: data.positives(),
            open: 0,
            unscored: 0,
            roc_auc: ranking.roc_auc().into(),
            roc_auc_interval: area.as_ref().ok().map(|area| area.cautious_interval(CONFIDENCE)),
            roc_auc_interval_reason: area.err().map(|reason| reason.to_string()),
            partial_roc_auc: ranking.partial_auc(FEW_FALSE_POSITIVES).into(),
            average_precision: ranking.average_precision().into(),
            ks: ranking.separation().map(|separation| separation.ks).into(),
            at_threshold: AtThreshold::new(data, measure.threshold),
            log_loss: None,
            brier: None,
            brier_parts: None,
            calibration_error: None,
            calibration_error_maximum: None,
            reliability: None,
            bands: bands(data, &measure.bands)?.ok(),
            parts: lift_table(data, measure.parts).ok(),
            comparison: None,
            exploration: None,
            segments: None,
            maturity: None,
            rejected_rows: 0,
            rows: None,
        };
        if data.scores().iter().all(|score| (0.0..=1.0).contains(score)) {
            report.measure_probabilities(data, Binning::Uniform(measure.bins))?;
        }
        Ok(report)
    }

    fn measure_probabilities(&mut self, data: &Labelled<'_>, binning: Binning) -> Result<(), MetricError> {
        self.log_loss = Some(log_loss(data)?.into());
        if let Ok(Decomposition { brier, reliability, resolution, uncertainty, within }) = Decomposition::new(data, binning)? {
            self.brier = Some(brier);
            self.brier_parts = Some(BrierParts { reliability, resolution, uncertainty, within });
        }
        if let Ok(found) = Reliability::new(data, binning)? {
            self.calibration_error = Some(found.expected_error);
            self.calibration_error_maximum = Some(found.maximum_error);
            self.reliability = Some(found.bins);
        }
        Ok(())
    }
}

impl AtThreshold {
    /// The counts of `data` at `threshold`, and their rates.
    pub fn new(data: &Labelled<'_>, threshold: f64) -> AtThreshold {
        let counts = Confusion::at(data, threshold);
        AtThreshold {
            threshold,
            precision: counts.precision(),
            recall: counts.recall(),
            f1: counts.f_score(1.0),
            specificity: counts.specificity(),
            accuracy: counts.accuracy(),
            balanced_accuracy: counts.balanced_accuracy(),
            matthews: counts.matthews(),
            kappa: counts.kappa(),
            counts,
        }
    }
}

impl AgainstModel {
    /// Compares the scores `first` with those in the column `against`, of the same leads.
    ///
    /// # Errors
    /// Lists of different length or labels.
    pub fn new(against: &str, first: &Labelled<'_>, second: &Labelled<'_>) -> Result<AgainstModel, MetricError> {
        let areas = Comparison::new(first, second)?.map(|found| AreaDifference {
            roc_auc: found.areas.map(|area| area.auc),
            intervals: found.areas.map(|area| Some(area.cautious_interval(CONFIDENCE))),
            difference: found.difference,
            z: found.z,
            p_value: found.p_value,
        });
        Ok(AgainstModel { against: against.to_owned(), leads: first.scores().len() as u64, areas: areas.into() })
    }
}

impl Slice {
    /// The area of `data`.
    pub fn new(data: &Labelled<'_>) -> Slice {
        let area: Result<SliceArea, InsufficientData> =
            Area::new(data).map(|area| SliceArea { roc_auc: area.auc, interval: Some(area.cautious_interval(CONFIDENCE)) });
        Slice { leads: data.scores().len() as u64, area: area.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written_and_read(report: &Report) -> serde_json::Value {
        let json = serde_json::to_value(report).unwrap();
        assert_eq!(&serde_json::from_value::<Report>(json.clone()).unwrap(), report);
        json
    }

    #[test]
    fn a_report_survives_a_file_with_and_without_answers() {
        let full = Labelled::new(&[0.1, 0.4, 0.35, 0.8, 0.3], &[false, false, true, true, true]).unwrap();
        let mut report = Report::new(&full, &Measure::default()).unwrap();
        report.comparison = Some(AgainstModel::new("other", &full, &full).unwrap());
        report.exploration =
            Some(Slices { explored: Slice::new(&full), worked: Slice::new(&Labelled::new(&[0.5], &[true]).unwrap()) });
        let json = written_and_read(&report);
        assert_eq!(
            (&json["bands"][0]["from"], &json["comparison"]["p_value"]),
            (&serde_json::Value::Null, &serde_json::Value::Null)
        );
        assert!(
            json["exploration"]["worked"]["insufficient"].is_string() && json["at_threshold"]["true_positive"] == 1.0,
            "{json}"
        );

        let none = Report::new(&Labelled::new(&[], &[]).unwrap(), &Measure::default()).unwrap();
        let json = written_and_read(&none);
        assert!(json["roc_auc"]["insufficient"].is_string() && json.get("bands").is_none() && json.get("brier").is_none());
        let unbounded = Report::new(&Labelled::new(&[3.5, -1.0], &[false, true]).unwrap(), &Measure::default()).unwrap();
        assert!(written_and_read(&unbounded).get("log_loss").is_none());
    }
}
