//! The ROC and precision–recall curves, and the part of the ROC area that matters when few leads are called.

use super::Ranking;
use crate::evidence::InsufficientData;

/// A point of the ROC curve: calling every lead that scores at least `threshold`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RocPoint {
    /// The score; infinite where nothing is called.
    pub threshold: f64,
    /// Part of the leads that did not convert that are called.
    pub false_positive_rate: f64,
    /// Part of the leads that converted that are called.
    pub true_positive_rate: f64,
}

/// A point of the precision–recall curve: calling every lead that scores at least `threshold`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PrecisionPoint {
    /// The score.
    pub threshold: f64,
    /// Of those called, the part that converted.
    pub precision: f64,
    /// Of those that converted, the part that is called.
    pub recall: f64,
}

impl Ranking {
    /// The corners of the ROC curve, from nothing called to everything. Points on a straight line between two others are left out.
    ///
    /// # Errors
    /// [`InsufficientData`] without a lead of each class.
    ///
    /// # Source
    /// `sklearn.metrics.roc_curve` 1.9 with `drop_intermediate=True`: a point is dropped when both counts grow as they did before.
    pub fn roc_curve(&self) -> Result<Vec<RocPoint>, InsufficientData> {
        let all = self.roc_points()?;
        let counts = self.cumulative();
        let corner = |i: usize| {
            let (Some(before), Some(here), Some(next)) =
                (i.checked_sub(1).and_then(|i| counts.get(i)), counts.get(i), counts.get(i + 1))
            else {
                return true;
            };
            here.0 - before.0 != next.0 - here.0 || here.1 - before.1 != next.1 - here.1
        };
        // The first point, where nothing is called, is not one of the ties.
        Ok(all.into_iter().enumerate().filter(|(i, _)| *i == 0 || corner(i - 1)).map(|(_, point)| point).collect())
    }

    /// The precision–recall curve, one point per distinct score, lowest threshold first. Where nothing is called there is no point:
    /// scikit-learn adds precision 1 at recall 0.
    ///
    /// # Errors
    /// [`InsufficientData`] when no lead converted.
    ///
    /// # Source
    /// `sklearn.metrics.precision_recall_curve` 1.9.
    pub fn precision_recall_curve(&self) -> Result<Vec<PrecisionPoint>, InsufficientData> {
        InsufficientData::unless(u64::from(self.positive > 0.0), 1, "leads that converted")?;
        let points = self.ties().iter().zip(self.cumulative()).map(|(tie, (positive, negative))| PrecisionPoint {
            threshold: tie.score,
            precision: positive / (positive + negative),
            recall: positive / self.positive,
        });
        let mut points: Vec<PrecisionPoint> = points.collect();
        points.reverse();
        Ok(points)
    }

    /// The area under the ROC curve up to `max_fpr`, standardised so that 0.5 is chance and 1 is perfect.
    ///
    /// # Errors
    /// [`InsufficientData`] without a lead of each class, or when `max_fpr` is not in (0, 1].
    ///
    /// # Formula
    /// ½ (1 + (A − f²/2) / (f − f²/2)) with A the area up to f.
    ///
    /// # Source
    /// McClish (1989); `sklearn.metrics.roc_auc_score` 1.9 with `max_fpr`.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::metric::{Labelled, Ranking};
    /// let data = Labelled::new(&[0.1, 0.2, 0.8, 0.9], &[false, false, true, true])?;
    /// assert_eq!(Ranking::new(&data).partial_auc(0.1), Ok(1.0));
    /// # Ok::<(), plumbline_core::metric::MetricError>(())
    /// ```
    pub fn partial_auc(&self, max_fpr: f64) -> Result<f64, InsufficientData> {
        InsufficientData::unless(u64::from(max_fpr > 0.0 && max_fpr <= 1.0), 1, "false positive rates up to the limit")?;
        let points = self.roc_points()?;
        let mut area = 0.0;
        for (a, b) in points.iter().zip(points.iter().skip(1)) {
            let width = b.false_positive_rate - a.false_positive_rate;
            let room = max_fpr - a.false_positive_rate;
            if room <= 0.0 {
                break;
            }
            let (width, end) = if width > room {
                let rise = b.true_positive_rate - a.true_positive_rate;
                (room, a.true_positive_rate + rise * (room / width))
            } else {
                (width, b.true_positive_rate)
            };
            area += width * (a.true_positive_rate + end) / 2.0;
        }
        let least = max_fpr * max_fpr / 2.0;
        Ok(0.5 * (1.0 + (area - least) / (max_fpr - least)))
    }

    fn roc_points(&self) -> Result<Vec<RocPoint>, InsufficientData> {
        self.check_classes()?;
        let start = RocPoint { threshold: f64::INFINITY, false_positive_rate: 0.0, true_positive_rate: 0.0 };
        let rest = self.ties().iter().zip(self.cumulative()).map(|(tie, (positive, negative))| RocPoint {
            threshold: tie.score,
            false_positive_rate: negative / self.negative,
            true_positive_rate: positive / self.positive,
        });
        Ok(std::iter::once(start).chain(rest).collect())
    }

    /// Weights of both classes that score at least as much as each tie.
    fn cumulative(&self) -> Vec<(f64, f64)> {
        let sums = self.ties().iter().scan((0.0, 0.0), |sums, tie| {
            *sums = (sums.0 + tie.positive, sums.1 + tie.negative);
            Some(*sums)
        });
        sums.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::Labelled;

    #[test]
    fn the_whole_part_is_the_area() {
        let scores = [0.9, 0.8, 0.8, 0.7, 0.6, 0.55, 0.4, 0.4, 0.1];
        let converted = [true, true, false, true, false, false, true, false, false];
        let ranking = Ranking::new(&Labelled::new(&scores, &converted).unwrap());
        let whole = ranking.partial_auc(1.0).unwrap();
        assert!((whole - ranking.roc_auc().unwrap()).abs() < 1e-15);
        for bad in [0.0, -0.1, 1.1, f64::NAN] {
            assert!(ranking.partial_auc(bad).is_err());
        }
    }

    #[test]
    fn one_class_has_no_curve() {
        let ranking = Ranking::new(&Labelled::new(&[0.1, 0.2], &[false, false]).unwrap());
        assert!(ranking.roc_curve().is_err() && ranking.precision_recall_curve().is_err() && ranking.partial_auc(0.1).is_err());
    }
}
