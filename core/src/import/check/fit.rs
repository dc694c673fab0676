//! Recovering a calibration from what it was applied to.

use crate::math;

/// Slope and intercept of the sigmoid that maps every `x` to its `y` within `tolerance`.
///
/// # Formula
/// −logit(y) = slope·x + intercept, a line through the points, by least squares.
pub(super) fn sigmoid(x: &[f64], y: &[f64], tolerance: f64) -> Option<(f64, f64)> {
    // Near the ends of [0, 1] a rounded y says little of its logit.
    let points =
        || x.iter().zip(y).filter(|(x, y)| x.is_finite() && (0.001..0.999).contains(*y)).map(|(x, y)| (*x, -math::logit(*y)));
    let n = points().count() as f64;
    let mean = |of: &dyn Fn((f64, f64)) -> f64| points().map(of).sum::<f64>() / n;
    let (mean_x, mean_y) = (mean(&|(x, _)| x), mean(&|(_, y)| y));
    let (xx, xy) = (mean(&|(x, _)| (x - mean_x) * (x - mean_x)), mean(&|(x, y)| (x - mean_x) * (y - mean_y)));
    let slope = xy / xx;
    let intercept = mean_y - slope * mean_x;
    let fits = |(x, y): (&f64, &f64)| (math::logistic(-(slope * x + intercept)) - y).abs() <= tolerance;
    (n >= 3.0 && slope.is_finite() && slope < 0.0 && x.iter().zip(y).all(fits)).then_some((slope, intercept))
}

/// Whether `y` never falls as `x` rises, and is a probability that rises somewhere.
pub(super) fn rises(x: &[f64], y: &[f64]) -> bool {
    let mut order: Vec<usize> = (0..x.len().min(y.len())).collect();
    let at = |values: &[f64], i: usize| values.get(i).copied().unwrap_or(f64::NAN);
    order.sort_by(|a, b| at(x, *a).total_cmp(&at(x, *b)));
    let sorted: Vec<f64> = order.iter().map(|i| at(y, *i)).collect();
    let bounded = sorted.iter().all(|y| (0.0..=1.0).contains(y));
    bounded && sorted.windows(2).all(|w| matches!(w, [a, b] if *b >= a - 1e-7)) && sorted.last() > sorted.first()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sigmoid_is_recovered_and_nothing_else_is_taken_for_one() {
        let x: Vec<f64> = (0..40).map(|i| f64::from(i) / 40.0).collect();
        let y: Vec<f64> = x.iter().map(|x| math::logistic(5.0 * x - 2.5)).collect();
        let (slope, intercept) = sigmoid(&x, &y, 1e-9).unwrap();
        assert!((slope + 5.0).abs() < 1e-9 && (intercept - 2.5).abs() < 1e-9);
        let squares: Vec<f64> = x.iter().map(|x| x * x).collect();
        assert!(sigmoid(&x, &squares, 1e-5).is_none() && rises(&x, &squares));
        assert!(sigmoid(&[], &[], 1.0).is_none() && !rises(&[], &[]));
        let falling: Vec<f64> = x.iter().map(|x| 1.0 - x).collect();
        assert!(!rises(&x, &falling) && sigmoid(&x, &falling, 1e-5).is_none());
    }
}
