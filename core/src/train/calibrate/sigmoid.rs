//! Platt's sigmoid: the logistic map of margins that makes what happened likeliest.

use crate::evidence::InsufficientData;
use crate::math;
use crate::metric::Labelled;
use crate::model::{Calibration, Scale};
use crate::sum::Sum;

/// Platt's map 1 / (1 + e^(slope·margin + intercept)) of the margins that `data` holds as scores. A model that ranks the wrong way
/// round gets a positive slope, which [`Calibration::check`] refuses.
///
/// # Errors
/// [`InsufficientData`] without a lead of each class.
///
/// # Formula
/// Newton's method on the weighted log loss against the targets (n₁ + 1) / (n₁ + 2) and 1 / (n₀ + 2), which keep the slope finite
/// when margins separate the classes.
///
/// # Source
/// Platt (1999); Lin, Lin & Weng (2007), algorithm 1. scikit-learn 1.9 minimises the same function by L-BFGS.
pub fn sigmoid(data: &Labelled<'_>) -> Result<Calibration, InsufficientData> {
    let mut fit = Sigmoid::new(data)?;
    while fit.step() {}
    Ok(fit.map())
}

/// The fit of [`sigmoid`] under way: each step is one pass over the rows.
#[derive(Debug)]
pub(crate) struct Sigmoid {
    /// Margins in units of the largest, so that no square overflows; targets and weights.
    rows: Vec<(f64, f64, f64)>,
    unit: f64,
    /// Slope and intercept so far, and their loss.
    at: (f64, f64),
    loss: f64,
    /// Newton's step, and the part of it that is tried next.
    tried: Option<((f64, f64), f64)>,
    /// Steps of Newton's that may follow.
    left: u32,
}

impl Sigmoid {
    /// A fit to the margins that `data` holds as scores.
    ///
    /// # Errors
    /// As [`sigmoid`].
    pub fn new(data: &Labelled<'_>) -> Result<Sigmoid, InsufficientData> {
        let (mut positive, mut negative) = (0.0, 0.0);
        for (_, converted, weight) in data.rows() {
            *(if converted { &mut positive } else { &mut negative }) += weight;
        }
        InsufficientData::unless(u64::from(positive > 0.0), 1, "leads that converted")?;
        InsufficientData::unless(u64::from(negative > 0.0), 1, "leads that did not convert")?;
        let unit = data.scores().iter().fold(0.0, |most: f64, score| most.max(score.abs())).max(f64::MIN_POSITIVE);
        let target = |converted| if converted { (positive + 1.0) / (positive + 2.0) } else { 1.0 / (negative + 2.0) };
        let rows: Vec<(f64, f64, f64)> =
            data.rows().map(|(score, converted, weight)| (score / unit, target(converted), weight)).collect();
        let at = (0.0, math::ln((negative + 1.0) / (positive + 1.0)));
        let loss = loss_at(&rows, at);
        Ok(Sigmoid { rows, unit, at, loss, tried: None, left: 200 })
    }

    /// Works out Newton's step, or tries a part of it; false once nothing is gained any more.
    pub fn step(&mut self) -> bool {
        let Some((step, size)) = self.tried.take() else {
            if self.left == 0 {
                return false;
            }
            self.left -= 1;
            let (gradient, [aa, ab, bb]) = slopes(&self.rows, self.at);
            // A ridge keeps the matrix invertible when all margins are equal.
            let (aa, bb) = (aa + 1e-12, bb + 1e-12);
            let determinant = aa * bb - ab * ab;
            let step = ((bb * gradient.0 - ab * gradient.1) / determinant, (aa * gradient.1 - ab * gradient.0) / determinant);
            self.tried = Some((step, 1.0));
            return true;
        };
        let tried = (self.at.0 - size * step.0, self.at.1 - size * step.1);
        let found = loss_at(&self.rows, tried);
        if found < self.loss {
            (self.at, self.loss) = (tried, found);
        } else if size < 1e-10 {
            self.left = 0;
            return false;
        } else {
            self.tried = Some((step, size / 2.0));
        }
        true
    }

    /// The map so far.
    pub fn map(&self) -> Calibration {
        Calibration::Sigmoid { slope: self.at.0 / self.unit, intercept: self.at.1, on: Scale::Margin }
    }
}

fn loss_at(rows: &[(f64, f64, f64)], (slope, intercept): (f64, f64)) -> f64 {
    let mut sum = Sum::default();
    for (score, target, weight) in rows {
        let f = slope * score + intercept;
        // −t ln p − (1 − t) ln(1 − p) without overflow on either side.
        let loss =
            if f >= 0.0 { target * f + math::ln_1p(math::exp(-f)) } else { (target - 1.0) * f + math::ln_1p(math::exp(f)) };
        sum.add(weight * loss);
    }
    sum.value()
}

/// Gradient and second derivatives.
fn slopes(rows: &[(f64, f64, f64)], (slope, intercept): (f64, f64)) -> ((f64, f64), [f64; 3]) {
    let [mut a, mut b, mut aa, mut ab, mut bb] = [Sum::default(); 5];
    for (score, target, weight) in rows {
        let p = math::logistic(-(slope * score + intercept));
        let (first, second) = (weight * (target - p), weight * p * (1.0 - p));
        a.add(score * first);
        b.add(first);
        aa.add(score * score * second);
        ab.add(score * second);
        bb.add(second);
    }
    ((a.value(), b.value()), [aa.value(), ab.value(), bb.value()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separated_huge_and_constant_margins_have_a_finite_map() {
        let fit = |scores: &[f64], converted: &[bool]| sigmoid(&Labelled::new(scores, converted).unwrap());
        for scores in [[-2.0, -1.0, 1.0, 2.0], [-1e300, -1e299, 1e299, 1e300], [3.0; 4], [0.0; 4]] {
            let map = fit(&scores, &[false, false, true, true]).unwrap();
            // Margins that are all alike give a slope of 0, which a bundle must not have.
            let is_constant = scores.windows(2).all(|pair| pair[0] == pair[1]);
            assert_eq!(map.check().is_err(), is_constant, "{scores:?}");
            let mean = scores.iter().map(|m| map.apply(*m, 0.5)).sum::<f64>() / 4.0;
            // The targets' mean is met.
            assert!((mean - 0.5).abs() < 1e-6, "{scores:?} {mean}");
        }
        assert!(fit(&[1.0, 2.0], &[true, true]).is_err() && fit(&[], &[]).is_err());
    }

    #[test]
    fn a_model_that_ranks_the_wrong_way_round_is_told() {
        let data = Labelled::new(&[1.0, 2.0, 3.0, 4.0], &[true, true, false, false]).unwrap();
        assert!(sigmoid(&data).unwrap().check().is_err());
    }
}
