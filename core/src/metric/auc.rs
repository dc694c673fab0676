//! Area under the ROC curve and average precision.

use super::Ranking;
use crate::evidence::InsufficientData;

impl Ranking {
    /// The probability that a lead that converted scores above one that did not, ties counting half: the area under the ROC curve.
    ///
    /// # Errors
    /// [`InsufficientData`] without a lead of each class.
    ///
    /// # Formula
    /// Σ over ties of negative · (positive above + positive / 2), over positives · negatives; weights count as leads.
    ///
    /// # Source
    /// Hanley & McNeil (1982); defined as `sklearn.metrics.roc_auc_score` 1.9.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::metric::{Labelled, Ranking};
    /// let data = Labelled::new(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true])?;
    /// assert_eq!(Ranking::new(&data).roc_auc(), Ok(0.75));
    /// # Ok::<(), plumbline_core::metric::MetricError>(())
    /// ```
    pub fn roc_auc(&self) -> Result<f64, InsufficientData> {
        self.check_classes()?;
        let (mut above, mut area) = (0.0, 0.0);
        for tie in self.ties() {
            area += tie.negative * (above + tie.positive / 2.0);
            above += tie.positive;
        }
        Ok(area / (self.positive * self.negative))
    }

    /// Precision averaged over recall, without interpolation.
    ///
    /// # Errors
    /// [`InsufficientData`] when no lead converted.
    ///
    /// # Formula
    /// Σ (Rᵢ − Rᵢ₋₁) · Pᵢ over the distinct scores, highest first.
    ///
    /// # Source
    /// `sklearn.metrics.average_precision_score` 1.9, which gives 0 where this gives no answer.
    pub fn average_precision(&self) -> Result<f64, InsufficientData> {
        InsufficientData::unless(u64::from(self.positive > 0.0), 1, "leads that converted")?;
        let (mut positive, mut negative, mut sum) = (0.0, 0.0, 0.0);
        for tie in self.ties() {
            positive += tie.positive;
            negative += tie.negative;
            sum += tie.positive / self.positive * (positive / (positive + negative));
        }
        Ok(sum)
    }

    pub(super) fn check_classes(&self) -> Result<(), InsufficientData> {
        InsufficientData::unless(u64::from(self.positive > 0.0), 1, "leads that converted")?;
        InsufficientData::unless(u64::from(self.negative > 0.0), 1, "leads that did not convert")
    }
}
