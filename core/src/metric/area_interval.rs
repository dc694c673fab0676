//! The interval of an area under the ROC curve that holds when conversions are few, where DeLong's variance is too small: of a few
//! positives that all rank high it knows nothing of those that will not.

use super::Area;
use crate::math;
use crate::stats::{root, student};

/// With so many leads of each class, DeLong's interval on the logit scale covers as it should.
const MANY: u64 = 60;

impl Area {
    /// The interval to report at `confidence`: [`Area::interval`] with many leads of each class, wider with few.
    ///
    /// # Formula
    /// Below 60 leads of a class, the hull of DeLong's interval on the logit scale with Student's t at (leads of the rarer class − 1)
    /// degrees of freedom, and of the areas θ with |θ − area| ≤ z · √V(θ), V(θ) = θ(1 − θ)(1 + N(1 − θ)/(2 − θ) + Nθ/(1 + θ)) / mn and
    /// N = (m + n)/2 − 1.
    ///
    /// # Source
    /// Newcombe (2006), method 5; the hull is ours (simulated in METHODS).
    ///
    /// # Example
    /// ```
    /// use plumbline_core::metric::{Area, Labelled};
    /// let area = Area::new(&Labelled::new(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true])?).expect("two of each class");
    /// let (low, high) = area.cautious_interval(0.95);
    /// assert!(low < 0.2 && high > 0.95);
    /// # Ok::<(), plumbline_core::metric::MetricError>(())
    /// ```
    pub fn cautious_interval(&self, confidence: f64) -> (f64, f64) {
        self.cautious_ends((1.0 - confidence) / 2.0)
    }

    /// The ends beyond each of which the area lies with a chance of at most `tail`.
    pub(crate) fn cautious_ends(&self, tail: f64) -> (f64, f64) {
        let least = self.classes.into_iter().min().unwrap_or_default();
        let freedom = if least < MANY { least as f64 - 1.0 } else { f64::INFINITY };
        let logit = self.logit_ends(student::upper_quantile(tail, freedom));
        if least >= MANY
            && let Some(ends) = logit
        {
            return ends;
        }
        let score = self.score_ends(student::upper_quantile(tail, f64::INFINITY));
        logit.map_or(score, |logit| (score.0.min(logit.0), score.1.max(logit.1)))
    }

    /// DeLong's variance, or that of Newcombe's method at this area when it is larger and leads of a class are few.
    pub(crate) fn cautious_variance(&self) -> f64 {
        let few = self.classes.into_iter().any(|leads| leads < MANY);
        if few { self.variance.max(self.variance_at(self.auc)) } else { self.variance }
    }

    fn variance_at(&self, area: f64) -> f64 {
        let [m, n] = self.classes.map(|leads| leads as f64);
        let half = (m + n) / 2.0 - 1.0;
        area * (1.0 - area) * (1.0 + half * (1.0 - area) / (2.0 - area) + half * area / (1.0 + area)) / (m * n)
    }

    fn score_ends(&self, z: f64) -> (f64, f64) {
        let far = |area: f64| (area - self.auc).abs() - z * self.variance_at(area).max(0.0).sqrt();
        // At an area of 0 or 1 both parts vanish together.
        let (above, below) = (self.auc.max(1e-12), self.auc.min(1.0 - 1e-12));
        let low = if self.auc > 0.0 { root::of_increasing(-below, 0.0, |area| far(-area)).abs() } else { 0.0 };
        let high = if self.auc < 1.0 { root::of_increasing(above, 1.0, far) } else { 1.0 };
        (low, high)
    }

    /// Symmetric on the logit scale; none where an area of 0 or 1, or no variance, says nothing.
    fn logit_ends(&self, bound: f64) -> Option<(f64, f64)> {
        if !(self.auc > 0.0 && self.auc < 1.0 && self.variance > 0.0) {
            return None;
        }
        let half = bound * self.variance.sqrt() / (self.auc * (1.0 - self.auc));
        let centre = math::logit(self.auc);
        Some((math::logistic(centre - half), math::logistic(centre + half)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_leads_have_delongs_interval_and_few_a_wider_one() {
        for (leads, wider) in [(10, true), (59, true), (60, false), (5_000, false)] {
            let area = Area { auc: 0.9, variance: 0.0004, classes: [leads, 5_000] };
            let (plain, cautious) = (area.interval(0.95).unwrap(), area.cautious_interval(0.95));
            assert!(cautious.0 <= plain.0 + 1e-12 && cautious.1 >= plain.1 - 1e-12, "{leads}: {cautious:?} {plain:?}");
            assert_eq!(cautious.1 - cautious.0 > 1.0001 * (plain.1 - plain.0), wider, "{leads}");
        }
    }

    #[test]
    fn the_ends_are_where_the_area_is_as_far_as_its_own_error() {
        for (auc, classes) in [(0.8, [10, 190]), (0.55, [3, 9]), (1.0, [10, 190]), (0.0, [5, 5]), (0.999, [2, 2])] {
            let area = Area { auc, variance: 0.0, classes };
            let (low, high) = area.score_ends(1.96);
            assert!(0.0 <= low && low <= auc && auc <= high && high <= 1.0, "{auc}: {low} {high}");
            for end in [low, high].into_iter().filter(|end| (1e-9..1.0 - 1e-9).contains(end)) {
                assert!(((end - auc).abs() / area.variance_at(end).sqrt() - 1.96).abs() < 1e-6, "{auc} {classes:?}: {end}");
            }
        }
        let perfect = Area { auc: 1.0, variance: 0.0, classes: [10, 190] }.cautious_interval(0.95);
        assert!((0.85..0.98).contains(&perfect.0) && perfect.1 == 1.0, "{perfect:?}");
    }
}
