//! Roots of increasing functions without a derivative.

/// Steps at most: bisection alone needs no more for 1e-15 of any sane bracket.
const STEPS: usize = 200;

/// The x in [`low`, `high`] with f(x) = 0 for an increasing `f`, to about 1e-14 of the larger end; the nearer end when there is none.
///
/// The Illinois variant of regula falsi, with a bisection whenever two steps have not halved the bracket (Dowell & Jarratt 1971).
pub(crate) fn of_increasing(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    let (mut f_low, mut f_high) = (f(low), f(high));
    if f_low >= 0.0 {
        return low;
    }
    if f_high <= 0.0 {
        return high;
    }
    let close = 1e-14 * low.abs().max(high.abs());
    let (mut kept, mut width) = (0i8, high - low);
    for step in 0..STEPS {
        if high - low <= close {
            break;
        }
        let mut x = low - f_low * ((high - low) / (f_high - f_low));
        if step % 2 == 1 {
            if high - low > 0.5 * width {
                x = 0.5 * (low + high);
            }
            width = high - low;
        }
        if !(x > low && x < high) {
            x = 0.5 * (low + high);
        }
        let value = f(x);
        if value == 0.0 {
            return x;
        }
        if value > 0.0 {
            (high, f_high) = (x, value);
            if kept == -1 {
                f_low *= 0.5;
            }
            kept = -1;
        } else {
            (low, f_low) = (x, value);
            if kept == 1 {
                f_high *= 0.5;
            }
            kept = 1;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn roots_are_found_in_few_steps() {
        type Row = (f64, f64, fn(f64) -> f64, f64);
        let rows: [Row; 5] = [
            (0.0, 2.0, |x| x * x - 2.0, std::f64::consts::SQRT_2),
            (-5.0, 40.0, |x| crate::math::exp(x) - 1.0, 0.0),
            (0.0, 1e3, |x| x * x * x - 8.0, 2.0),
            (0.0, 1.0, |x| x + 1.0, 0.0),
            (0.0, 1.0, |x| x - 2.0, 1.0),
        ];
        for (low, high, f, expected) in rows {
            let calls = Cell::new(0);
            let found = of_increasing(low, high, |x| {
                calls.set(calls.get() + 1);
                f(x)
            });
            assert!((found - expected).abs() <= 2e-14 * high, "{found} for {expected}");
            assert!(calls.get() < 60, "{} calls", calls.get());
        }
    }
}
