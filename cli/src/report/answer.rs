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

/// The same; words where there is none.
pub fn optional(x: Option<f64>) -> String {
    x.map_or("no answer".to_owned(), |x| figure(&x))
}
