//! What can be decided, and when: said before a rollout starts.
//!
//! `start_report` puts it together for a team's own numbers; `test_report` plans the A/B test. A calibrated model whose scores are normal in both classes with equal variance has one AUC, and with the base rate that fixes what
//! precision and recall it can have at once, and how many leads show its AUC to be on one side of a line.

mod basis;
mod chance;
mod gates;
mod information;
mod report;
mod test;

pub use basis::Basis;
pub use chance::Chance;
pub use gates::GatePlan;
pub use report::{PrecisionRecall, StartReport, start_report, start_report_of_weeks};
pub use test::{TestReport, test_report};

mod decidable;

pub use decidable::{Decidable, Decision};

use serde::{Deserialize, Serialize};

use super::policy::Mode;
use super::{Modes, Policy};
use crate::math;
use crate::stats::level::SettingError;
use crate::stats::normal;

/// The chance with which a decision is planned.
const POWER: f64 = 0.80;

/// A model as the start report reckons with it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ExpectedModel"))]
pub struct Expected {
    /// The part of leads that convert.
    pub base_rate: f64,
    /// The area under the ROC curve.
    pub auc: f64,
}

/// The least AUC with which precision and recall can both be as high as asked, at some threshold; none where no AUC below 1 is enough.
///
/// # Errors
/// A number outside (0, 1).
///
/// # Formula
/// With recall r and precision p the false positive rate is f = πr(1 − p) / (p(1 − π)). Normal scores of equal variance that have both lie
/// d = Φ⁻¹(r) + Φ⁻¹(1 − f) apart: AUC = Φ(d / √2).
///
/// # Example
/// ```
/// use plumbline_core::rollout::plan::auc_needed;
/// let needed = auc_needed(0.10, 0.80, 0.80)?.expect("below 1");
/// assert!((needed - 0.978).abs() < 5e-4);
/// # Ok::<(), plumbline_core::stats::level::SettingError>(())
/// ```
pub fn auc_needed(base_rate: f64, precision: f64, recall: f64) -> Result<Option<f64>, SettingError> {
    for (what, value) in [("the base rate", base_rate), ("the precision", precision), ("the recall", recall)] {
        SettingError::unless(value > 0.0 && value < 1.0, what, value, "above 0 and below 1")?;
    }
    let false_positives = base_rate * recall * (1.0 - precision) / (precision * (1.0 - base_rate));
    if false_positives >= 1.0 {
        // So many leads convert that calling all of them is precise enough.
        return Ok(Some(0.5));
    }
    let apart = normal::quantile(recall) - normal::quantile(false_positives);
    let auc = normal::cdf(apart / core::f64::consts::SQRT_2).max(0.5);
    Ok((auc < 1.0).then_some(auc))
}

/// Whether a model of this AUC can have both this precision and this recall at one threshold.
pub fn can_hold_together(base_rate: f64, auc: f64, precision: f64, recall: f64) -> bool {
    auc_needed(base_rate, precision, recall).is_ok_and(|needed| needed.is_some_and(|needed| auc >= needed))
}

/// How precision and recall are judged in a rollout that starts now. Where the policy says `auto`: by the policy's least values when the
/// champion's AUC is at least the one they need at its base rate, else against the champion.
///
/// # Example
/// ```
/// use plumbline_core::rollout::plan::{Expected, modes};
/// use plumbline_core::rollout::policy::{Mode, Policy};
/// let typical = modes(&Policy::default(), Some(Expected { base_rate: 0.1, auc: 0.87 }));
/// assert_eq!((typical.precision, typical.recall), (Mode::Relative, Mode::Relative));
/// let easy = modes(&Policy::default(), Some(Expected { base_rate: 0.45, auc: 0.925 }));
/// assert_eq!(easy.precision, Mode::Absolute);
/// ```
pub fn modes(policy: &Policy, champion: Option<Expected>) -> Modes {
    let gates = &policy.gates;
    let holds =
        champion.is_some_and(|model| can_hold_together(model.base_rate, model.auc, gates.precision.min, gates.recall.min));
    let resolved = |mode: Mode| match mode {
        Mode::Auto if holds => Mode::Absolute,
        Mode::Auto => Mode::Relative,
        chosen => chosen,
    };
    Modes { precision: resolved(gates.precision.mode), recall: resolved(gates.recall.mode) }
}

impl Expected {
    /// A model to reckon with.
    ///
    /// # Errors
    /// A base rate outside (0, 1); an AUC that is not above 0.5 and below 1.
    pub fn new(base_rate: f64, auc: f64) -> Result<Expected, SettingError> {
        SettingError::unless(base_rate > 0.0 && base_rate < 1.0, "the base rate", base_rate, "above 0 and below 1")?;
        SettingError::unless(auc > 0.5 && auc < 1.0, "the AUC", auc, "above 0.5 and below 1")?;
        Ok(Expected { base_rate, auc })
    }

    /// How far the two classes lie apart, in standard deviations of a class.
    fn apart(&self) -> f64 {
        core::f64::consts::SQRT_2 * normal::quantile(self.auc)
    }

    /// Precision and recall at the probability `threshold`, if the model is calibrated.
    ///
    /// # Formula
    /// The probability is `threshold` where a score lies t = d/2 + (logit(threshold) − logit(π)) / d above the mean of the leads that do not
    /// convert: recall 1 − Φ(t − d), false positive rate 1 − Φ(t).
    pub fn at(&self, threshold: f64) -> (f64, f64) {
        let d = self.apart();
        let t = d / 2.0 + (math::logit(threshold) - math::logit(self.base_rate)) / d;
        let (recall, wrong) = (normal::sf(t - d), normal::sf(t));
        let called = self.base_rate * recall + (1.0 - self.base_rate) * wrong;
        (if called > 0.0 { self.base_rate * recall / called } else { 0.0 }, recall)
    }

    /// DeLong's variance of the AUC times the number of leads.
    ///
    /// # Formula
    /// (Q − A²)(1/π + 1/(1 − π)), Q = E Φ(X)² with X normal of mean d: the chance that two leads which do not convert both score below one
    /// that does, and by symmetry the other way round.
    pub fn variance_of_one(&self) -> f64 {
        let (d, rule) = (self.apart(), math::gauss_legendre(64));
        // Beyond ± 9 the density is below 1e-18.
        let square = rule.iter().map(|(x, weight)| {
            let z = 18.0 * x - 9.0;
            let below = normal::cdf(z + d);
            18.0 * weight * below * below * math::exp(-z * z / 2.0)
        });
        let square = square.sum::<f64>() / (2.0 * core::f64::consts::PI).sqrt();
        (square - self.auc * self.auc) * (1.0 / self.base_rate + 1.0 / (1.0 - self.base_rate))
    }

    /// Leads with an outcome after which the 95 % interval of the AUC lies on this model's side of `line` with a chance of 80 %; none at the
    /// line itself.
    ///
    /// # Formula
    /// ((z₀.₉₇₅ + z₀.₈) s / (logit A − logit line))², s the standard error of one lead on the scale of logits
    pub fn leads_needed(&self, line: f64) -> Option<u64> {
        let error = self.variance_of_one().sqrt() / (self.auc * (1.0 - self.auc));
        let ratio = (normal::quantile(0.975) + normal::quantile(POWER)) * error / (math::logit(self.auc) - math::logit(line));
        whole(ratio * ratio)
    }

    /// Half the width of the AUC's 95 % interval after `leads` leads with an outcome.
    pub fn half_width(&self, leads: f64) -> f64 {
        normal::quantile(0.975) * (self.variance_of_one() / leads).sqrt()
    }

    /// The part of the outcome's variance that the score explains: by so much smaller is the variance of a conversion rate that is adjusted
    /// by it (CUPED).
    ///
    /// # Formula
    /// (E p(X)² − π²) / (π(1 − π)), p the calibrated probability of a score X of either class
    pub fn explained(&self) -> f64 {
        let (d, rate) = (self.apart(), self.base_rate);
        let odds = math::logit(rate) - d * d / 2.0;
        let width = 18.0 + d;
        let square = math::gauss_legendre(64).into_iter().map(|(x, weight)| {
            let score = width * x - 9.0;
            let p = math::logistic(odds + d * score);
            let density = |z: f64| math::exp(-z * z / 2.0);
            width * weight * p * p * (rate * density(score - d) + (1.0 - rate) * density(score))
        });
        let square = square.sum::<f64>() / (2.0 * core::f64::consts::PI).sqrt();
        (square - rate * rate) / (rate * (1.0 - rate))
    }

    /// What chance alone is expected to make of the calibration error after `leads` leads, and the error below which the gate then passes
    /// a limit of `most`, if the model is calibrated; ten bins.
    ///
    /// # Formula
    /// As `window::Scores::calibration_noise`, with the expected leads and rate of each bin.
    pub fn calibration_bounds(&self, leads: f64, most: f64) -> (f64, f64) {
        let d = self.apart();
        let at = |edge: f64| {
            let t = d / 2.0 + (math::logit(edge) - math::logit(self.base_rate)) / d;
            // Shares of the two classes up to the edge.
            [self.base_rate * normal::cdf(t - d), (1.0 - self.base_rate) * normal::cdf(t)]
        };
        let (mut variance, mut bias, mut before) = (0.0, 0.0, [0.0; 2]);
        for bin in 1..=10 {
            let now = if bin == 10 { [self.base_rate, 1.0 - self.base_rate] } else { at(f64::from(bin) / 10.0) };
            let [bought, not] = [now[0] - before[0], now[1] - before[1]];
            let part = if bought + not > 0.0 { bought * not / (bought + not) } else { 0.0 };
            variance += part;
            bias += (2.0 * part / core::f64::consts::PI).sqrt();
            before = now;
        }
        let root = leads.sqrt();
        (bias / root, most - normal::quantile(0.975) * variance.sqrt() / root)
    }
}

/// Requests after which a rate of `rate` is shown to be below `limit`: without any failure exactly, else with a chance of 80 %. None when
/// the rate is not below the limit.
///
/// # Formula
/// ln 0.025 / ln(1 − limit) at a rate of 0; else ((z₀.₉₇₅ √(l(1 − l)) + z₀.₈ √(r(1 − r))) / (l − r))².
///
/// # Example
/// ```
/// use plumbline_core::rollout::plan::requests_needed;
/// assert_eq!((requests_needed(0.0, 0.001), requests_needed(0.0005, 0.001)), (Some(3_688), Some(26_091)));
/// ```
pub fn requests_needed(rate: f64, limit: f64) -> Option<u64> {
    if !(rate >= 0.0 && rate < limit && limit < 1.0) {
        return None;
    }
    if rate == 0.0 {
        return whole(math::ln(0.025) / math::ln_1p(-limit));
    }
    let deviation = |p: f64| (p * (1.0 - p)).sqrt();
    let needed = normal::quantile(0.975) * deviation(limit) + normal::quantile(POWER) * deviation(rate);
    let ratio = needed / (limit - rate);
    whole(ratio * ratio)
}

/// Rounded up; none beyond what a plan can mean.
fn whole(n: f64) -> Option<u64> {
    (n < 1e15).then_some(n.ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_and_recall_of_four_fifths_need_this_auc() {
        for (base_rate, needed) in [(0.05, 0.987), (0.10, 0.978), (0.20, 0.961), (0.385, 0.920), (0.50, 0.883)] {
            let found = auc_needed(base_rate, 0.8, 0.8).unwrap().unwrap();
            assert!((found - needed).abs() < 5e-4, "{base_rate}: {found}");
            assert!(
                can_hold_together(base_rate, found + 1e-6, 0.8, 0.8) && !can_hold_together(base_rate, found - 1e-6, 0.8, 0.8)
            );
        }
        assert_eq!(auc_needed(0.9, 0.8, 0.8).unwrap(), Some(0.5), "calling every lead is precise enough");
        assert!(
            auc_needed(0.0, 0.8, 0.8).is_err()
                && auc_needed(0.1, 1.0, 0.8).is_err()
                && !can_hold_together(0.1, 0.9, f64::NAN, 0.8)
        );
    }

    #[test]
    fn a_calibrated_model_of_0_87_has_these_at_one_half() {
        for (base_rate, precision, recall) in [(0.10, 0.68, 0.28), (0.20, 0.71, 0.47), (0.385, 0.76, 0.69), (0.50, 0.79, 0.79)] {
            let (p, r) = Expected::new(base_rate, 0.87).unwrap().at(0.5);
            assert!((p - precision).abs() < 6e-3 && (r - recall).abs() < 6e-3, "{base_rate}: {p} {r}");
        }
        assert!(Expected::new(0.1, 0.5).is_err() && Expected::new(1.0, 0.9).is_err());
    }

    #[test]
    fn leads_needed_are_as_tabled() {
        let aucs = [0.86, 0.87, 0.88, 0.90, 0.83, 0.82];
        for (base_rate, leads, half_width) in [
            (0.05, [57_222, 14_070, 6_147, 2_136, 15_001, 6_769], 0.022),
            (0.10, [30_201, 7_426, 3_245, 1_127, 7_918, 3_573], 0.016),
            (0.20, [16_988, 4_177, 1_825, 634, 4_454, 2_010], 0.012),
            (0.385, [11_480, 2_823, 1_234, 429, 3_010, 1_358], 0.010),
        ] {
            let of = |auc: f64| Expected { base_rate, auc };
            let found = aucs.map(|auc| of(auc).leads_needed(0.85).unwrap());
            assert!(found.iter().zip(leads).all(|(found, tabled)| found.abs_diff(tabled) <= 1), "{base_rate}: {found:?}");
            assert!((of(0.87).half_width(5_000.0) - half_width).abs() < 6e-4, "{base_rate}");
        }
        assert_eq!(Expected { base_rate: 0.1, auc: 0.85 }.leads_needed(0.85), None);
    }

    #[test]
    fn the_champions_score_saves_leads_of_a_test_as_tabled() {
        for (base_rate, saved) in [(0.05, 0.18), (0.10, 0.25), (0.20, 0.33)] {
            let explained = Expected { base_rate, auc: 0.86 }.explained();
            assert!((explained - saved).abs() < 0.015, "{base_rate}: {explained}");
        }
    }

    #[test]
    fn calibration_and_requests_are_as_tabled() {
        let (bias, passes) = Expected { base_rate: 0.1, auc: 0.87 }.calibration_bounds(1_000.0, 0.05);
        assert!((bias - 0.018).abs() < 1e-3 && (passes - 0.034).abs() < 1e-3, "{bias} {passes}");
        assert_eq!(
            (requests_needed(0.0, 0.01), requests_needed(0.001, 0.001), requests_needed(f64::NAN, 0.1)),
            (Some(368), None, None)
        );
    }
}
