//! Distances between two samples on the scale of their values: Wasserstein's and the energy distance.
//! The report's own Wasserstein distance comes from the walk in `merge`.

use super::Sample;
use crate::evidence::InsufficientData;
use crate::sum::Sum;

/// The earth mover's distance: how far a value has to be moved on average to turn one sample into the other. In the values' unit.
///
/// # Errors
/// [`InsufficientData`] when a sample is empty.
///
/// # Formula
/// ∫ |F(x) − G(x)| dx
///
/// # Source
/// Vaserstein (1969); `scipy.stats.wasserstein_distance` 1.17.
///
/// # Example
/// ```
/// use plumbline_core::drift::{Sample, wasserstein};
/// let (reference, current) = (Sample::reference(&[0.0, 1.0])?, Sample::current(&[3.0, 4.0])?);
/// assert_eq!(wasserstein(&reference, &current), Ok(3.0));
/// # Ok::<(), plumbline_core::drift::DriftError>(())
/// ```
pub fn wasserstein(reference: &Sample, current: &Sample) -> Result<f64, InsufficientData> {
    integral(reference, current, f64::abs)
}

/// Wasserstein's distance in standard deviations of the reference, or in thousandths of the unit when the reference varies less.
///
/// # Errors
/// [`InsufficientData`] when a sample is empty.
///
/// # Source
/// The drift score of Evidently 0.7, whose standard deviation divides by n.
pub fn wasserstein_normed(reference: &Sample, current: &Sample) -> Result<f64, InsufficientData> {
    let distance = wasserstein(reference, current)?;
    Ok(distance / deviation(reference.values()).max(0.001))
}

/// The energy distance, in the square root of the values' unit.
///
/// # Errors
/// [`InsufficientData`] when a sample is empty.
///
/// # Formula
/// √(2 ∫ (F(x) − G(x))² dx)
///
/// # Source
/// Székely & Rizzo (2013); `scipy.stats.energy_distance` 1.17.
pub fn energy(reference: &Sample, current: &Sample) -> Result<f64, InsufficientData> {
    Ok((2.0 * integral(reference, current, |d| d * d)?).sqrt())
}

/// ∫ of `of` (F − G).
fn integral(reference: &Sample, current: &Sample, of: impl Fn(f64) -> f64) -> Result<f64, InsufficientData> {
    InsufficientData::unless(reference.count(), 1, "reference values")?;
    InsufficientData::unless(current.count(), 1, "current values")?;
    let [m, n] = [reference.count() as f64, current.count() as f64];
    let mut sum = Sum::default();
    let mut before: Option<(f64, f64)> = None;
    for step in reference.steps(current) {
        if let Some((value, height)) = before {
            sum.add(height * (step.value - value));
        }
        let [f, g] = step.at_most.map(|count| count as f64);
        before = Some((step.value, of((f * n - g * m) / (m * n))));
    }
    Ok(sum.value())
}

/// Standard deviation that divides by n.
pub(super) fn deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = total(values, |x| x) / n;
    (total(values, |x| (x - mean) * (x - mean)) / n).sqrt()
}

/// The sum of `of` the values: plain in four lanes over short stretches, which the processor adds side by side, then without loss.
fn total(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    let mut sum = Sum::default();
    for stretch in values.chunks(256) {
        let (fours, rest) = stretch.as_chunks::<4>();
        let mut lanes = [0.0; 4];
        for four in fours {
            lanes.iter_mut().zip(four).for_each(|(lane, x)| *lane += of(*x));
        }
        lanes.into_iter().chain(rest.iter().map(|x| of(*x))).for_each(|x| sum.add(x));
    }
    sum.value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_definition() {
        let check = |a: &[f64], b: &[f64], w: f64, e: f64| {
            let (a, b) = (Sample::reference(a).unwrap(), Sample::current(b).unwrap());
            let (ours_w, ours_e) = (wasserstein(&a, &b).unwrap(), energy(&a, &b).unwrap());
            assert!((ours_w - w).abs() < 1e-15 && (ours_e - e).abs() < 1e-15, "{ours_w} {ours_e}");
        };
        check(&[1.0], &[1.0], 0.0, 0.0);
        check(&[0.0], &[2.0], 2.0, 2.0);
        check(&[0.0, 4.0], &[1.0], 2.0, (2.0f64 * (0.25 + 3.0 * 0.25)).sqrt());
        let none = Sample::current(&[]).unwrap();
        assert!(wasserstein(&Sample::reference(&[1.0]).unwrap(), &none).is_err());
        assert!(energy(&none, &none).is_err());
    }

    #[test]
    fn a_constant_reference_is_measured_in_thousandths() {
        let (a, b) = (Sample::reference(&[2.0, 2.0]).unwrap(), Sample::current(&[2.5]).unwrap());
        assert_eq!(wasserstein_normed(&a, &b), Ok(500.0));
    }
}
