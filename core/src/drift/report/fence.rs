//! Where outliers begin.

/// Quartile distances beyond the quartiles at which an outlier begins (Tukey's far out).
const FAR: f64 = 3.0;

/// Three quartile distances beyond the quartiles; the least and the largest value (`ends`), and true, when the middle half is one value.
pub(super) fn fences((low, high): (f64, f64), ends: (f64, f64)) -> ((f64, f64), bool) {
    if low == high {
        return (ends, true);
    }
    ((low - FAR * (high - low), high + FAR * (high - low)), false)
}
