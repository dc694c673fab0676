//! Roots of increasing functions, safe and to the last digits.

use crate::math;

/// The positive root of an increasing function of x that is given with its derivative by ln x: Newton's steps on ln x from `guess`,
/// and the geometric middle of the bracket when a step leaves it.
pub(super) fn newton(guess: f64, (mut low, mut high): (f64, f64), value_and_slope: impl Fn(f64) -> (f64, f64)) -> f64 {
    let mut x = if guess > low && guess < high { guess } else { low.sqrt() * high.sqrt() };
    let mut before = f64::INFINITY;
    for _ in 0..400 {
        let (value, slope) = value_and_slope(x);
        if value == 0.0 || high <= low {
            return x;
        }
        if value > 0.0 {
            high = x
        } else {
            low = x
        }
        let step = -value / slope;
        let next = x * math::exp(step);
        let settled = step.abs() <= 1e-15 || (step.abs() < 1e-13 && step.abs() >= before);
        if settled {
            return if next.is_finite() { next } else { x };
        }
        before = step.abs();
        let middle = low.sqrt() * high.sqrt();
        let inside = next > low && next < high;
        if !inside && (middle <= low || middle >= high) {
            return x;
        }
        x = if inside { next } else { middle };
    }
    x
}
