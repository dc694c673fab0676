//! Figures as a person reads them, and the reason where there is none.

use plumbline_core::evidence::Answer;

/// The figure as `shown` prints it, or why there is none.
pub fn answer<T>(answer: &Answer<T>, shown: impl Fn(&T) -> String) -> String {
    match answer {
        Answer::Known(found) => shown(found),
        Answer::Insufficient { insufficient } => format!("no answer: {insufficient}"),
    }
}

/// A figure with four digits after the point.
pub fn figure(x: &f64) -> String {
    format!("{x:.4}")
}

/// A p-value with four digits; `< 0.001` below that, never 0.
pub fn p_value(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { figure(&p) }
}

/// A figure; words where there is none.
pub fn optional(x: Option<f64>) -> String {
    x.map_or("no answer".to_owned(), |x| figure(&x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_p_value_is_bounded_and_never_zero() {
        for (p, words) in [(0.0, "< 0.001"), (9.9e-4, "< 0.001"), (0.001, "0.0010"), (0.04567, "0.0457"), (1.0, "1.0000")] {
            assert_eq!(p_value(p), words);
        }
    }
}
