//! A map from a model's output to the observed rate, fitted after training by `train` or by the training library.

use serde::{Deserialize, Serialize};

use crate::math;

/// A monotone map to [0, 1].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Calibration {
    /// The probability stands.
    #[default]
    None,
    /// 1 / (1 + e^(slope·x + intercept)): Platt's map of the margin, scikit-learn's of the probability.
    Sigmoid {
        /// Factor; negative for an increasing map.
        slope: f64,
        /// Constant term.
        intercept: f64,
        /// What x is.
        #[serde(default = "Scale::margin", skip_serializing_if = "Scale::is_margin")]
        on: Scale,
    },
    /// Piecewise linear through the knots, constant outside.
    Isotonic {
        /// Margins or probabilities, strictly increasing.
        x: Vec<f64>,
        /// Calibrated probabilities, non-decreasing; same length.
        y: Vec<f64>,
        /// What x is.
        #[serde(default = "Scale::probability", skip_serializing_if = "Scale::is_probability")]
        on: Scale,
    },
    /// The mean of several calibrated models (scikit-learn's `ensemble=True`): output k of the model goes through map k.
    Average(Vec<Calibration>),
}

/// What a calibration acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CalibrationScale"))]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// The sum of the model, before its link.
    Margin,
    /// The model's own probability.
    Probability,
}

impl Scale {
    fn margin() -> Scale {
        Scale::Margin
    }

    fn probability() -> Scale {
        Scale::Probability
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_margin(&self) -> bool {
        *self == Scale::Margin
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_probability(&self) -> bool {
        *self == Scale::Probability
    }

    fn of(self, margin: f64, p: f64) -> f64 {
        match self {
            Scale::Margin => margin,
            Scale::Probability => p,
        }
    }
}

impl Calibration {
    /// Checks that the map is finite, complete and does not fall.
    ///
    /// # Errors
    /// The first thing that is wrong, as a sentence.
    pub fn check(&self) -> Result<(), String> {
        match self {
            Calibration::None => Ok(()),
            Calibration::Sigmoid { slope, intercept, .. } if !(slope.is_finite() && intercept.is_finite()) => {
                Err(format!("the sigmoid's slope {slope} or intercept {intercept} is not finite"))
            }
            Calibration::Sigmoid { slope, .. } if *slope > 0.0 => {
                Err(format!("the sigmoid's slope {slope} would reverse the order of the leads; it must be negative"))
            }
            Calibration::Sigmoid { slope: 0.0, .. } => {
                Err("the sigmoid's slope is 0, which gives every lead the same probability; it must be negative".to_owned())
            }
            Calibration::Sigmoid { .. } => Ok(()),
            Calibration::Isotonic { x, y, on } => check_knots(x, y, *on),
            Calibration::Average(members) if members.is_empty() => Err("the average has no members".to_owned()),
            Calibration::Average(members) => members.iter().try_for_each(|member| match member {
                Calibration::Average(_) => Err("an average cannot be a member of an average".to_owned()),
                member => member.check(),
            }),
        }
    }

    /// The calibrated probability of a lead whose margin is `margin` and whose uncalibrated probability is `p`.
    pub fn apply(&self, margin: f64, p: f64) -> f64 {
        match self {
            Calibration::None => p,
            Calibration::Sigmoid { slope, intercept, on } => math::logistic(-(slope * on.of(margin, p) + intercept)),
            Calibration::Isotonic { x, y, on } => interpolate(x, y, on.of(margin, p)),
            Calibration::Average(members) => mean(members.iter().map(|member| member.apply(margin, p))),
        }
    }

    /// The calibrated probability of a lead with these `margins` and uncalibrated `probabilities`, one per output: that of the
    /// output `positive`, or the average over all.
    pub fn apply_to_outputs(&self, margins: &[f64], probabilities: &[f64], positive: usize) -> f64 {
        let at = |values: &[f64], k: usize| values.get(k).copied().unwrap_or(f64::NAN);
        match self {
            Calibration::Average(members) => {
                mean(members.iter().enumerate().map(|(k, member)| member.apply(at(margins, k), at(probabilities, k))))
            }
            one => one.apply(at(margins, positive), at(probabilities, positive)),
        }
    }

    /// Whether the calibrated probability is that of several models' average.
    pub fn is_average(&self) -> bool {
        matches!(self, Calibration::Average(_))
    }

    /// Whether it is a map that formats 1 and 2 of a bundle know: of one model, each kind on the one scale it had then.
    pub(crate) fn is_plain(&self) -> bool {
        match self {
            Calibration::None => true,
            Calibration::Sigmoid { on, .. } => on.is_margin(),
            Calibration::Isotonic { on, .. } => on.is_probability(),
            Calibration::Average(_) => false,
        }
    }

    /// The calibrations that make the probability: the members of an average, or the map itself.
    pub fn members(&self) -> &[Calibration] {
        match self {
            Calibration::Average(members) => members,
            one => std::slice::from_ref(one),
        }
    }
}

/// The mean, added in order, as scikit-learn does.
fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len();
    values.sum::<f64>() / count as f64
}

fn check_knots(x: &[f64], y: &[f64], on: Scale) -> Result<(), String> {
    if x.is_empty() || x.len() != y.len() {
        return Err(format!(
            "the isotonic map has {} x and {} y values; it needs equally many of both, at least one",
            x.len(),
            y.len()
        ));
    }
    let probabilities = if on == Scale::Probability { x } else { &[] };
    if let Some(v) = probabilities.iter().chain(y).find(|v| !(0.0..=1.0).contains(*v)) {
        return Err(format!("the isotonic map has a knot at {v}, which is not in [0, 1]"));
    }
    if let Some(v) = x.iter().find(|v| !v.is_finite()) {
        return Err(format!("the isotonic map has a knot at {v}, which is not finite"));
    }
    let first = |v: &[f64], wrong: fn(f64, f64) -> bool| {
        v.iter().zip(v.iter().skip(1)).find(|(a, b)| wrong(**a, **b)).map(|(a, b)| (*a, *b))
    };
    if let Some((a, b)) = first(x, |a, b| a >= b) {
        return Err(format!("the isotonic map's x must increase, but {b} follows {a}"));
    }
    match first(y, |a, b| a > b) {
        Some((a, b)) => Err(format!("the isotonic map's y must not decrease, but {b} follows {a}")),
        None => Ok(()),
    }
}

fn interpolate(x: &[f64], y: &[f64], at: f64) -> f64 {
    let hi = x.partition_point(|knot| *knot <= at);
    let y_at = |i: usize| y.get(i).copied().unwrap_or(at);
    match hi {
        0 => y_at(0),
        _ => match (x.get(hi - 1), x.get(hi)) {
            // Rounding must not carry it over the next knot.
            (Some(a), Some(b)) => (y_at(hi - 1) + (y_at(hi) - y_at(hi - 1)) * ((at - a) / (b - a))).min(y_at(hi)),
            _ => y_at(hi - 1),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sigmoid(on: Scale) -> Calibration {
        Calibration::Sigmoid { slope: -2.0, intercept: 1.0, on }
    }

    #[test]
    fn a_calibration_acts_on_what_it_says() {
        assert_eq!(sigmoid(Scale::Margin).apply(3.0, 0.25), math::logistic(5.0));
        assert_eq!(sigmoid(Scale::Probability).apply(3.0, 0.25), math::logistic(-0.5));
        let isotonic = |on| Calibration::Isotonic { x: vec![-1.0, 1.0], y: vec![0.0, 1.0], on };
        assert_eq!(isotonic(Scale::Margin).apply(0.5, 0.0), 0.75);
        assert_eq!(isotonic(Scale::Probability).apply(0.5, 0.0), 0.5);
        assert!(isotonic(Scale::Margin).check().is_ok() && isotonic(Scale::Probability).check().is_err());
    }

    #[test]
    fn an_average_takes_one_output_per_member() {
        let average = Calibration::Average(vec![sigmoid(Scale::Probability), Calibration::None]);
        let expected = (math::logistic(-0.5) + 0.75) / 2.0;
        assert_eq!(average.apply_to_outputs(&[9.0, 9.0], &[0.25, 0.75], 1), expected);
        assert_eq!(sigmoid(Scale::Margin).apply_to_outputs(&[9.0, 0.5], &[0.25, 0.75], 1), 0.5);
        assert!(average.check().is_ok());
        assert!(Calibration::Average(vec![average]).check().is_err() && Calibration::Average(Vec::new()).check().is_err());
    }

    #[test]
    fn the_scale_of_older_files_is_read_and_not_written() {
        let read = |json: &str| serde_json::from_str::<Calibration>(json).unwrap();
        let old = r#"{"sigmoid":{"slope":-2.0,"intercept":1.0}}"#;
        assert_eq!((read(old), serde_json::to_string(&read(old)).unwrap().as_str()), (sigmoid(Scale::Margin), old));
        let new = r#"{"sigmoid":{"slope":-2.0,"intercept":1.0,"on":"probability"}}"#;
        assert_eq!((read(new), serde_json::to_string(&read(new)).unwrap().as_str()), (sigmoid(Scale::Probability), new));
        assert!(serde_json::from_str::<Calibration>(r#"{"sigmoid":{"slope":-2.0,"intercept":1.0,"of":"margin"}}"#).is_err());
    }
}
