//! One value of a table as the rules see it: equality and order are Python's, because the suites were written against it.

use std::cmp::Ordering;

use serde_json::{Number, Value as Json};

use super::Raised;
use super::moment::iso;

/// A value that borrows its text.
#[derive(Debug, Clone, Copy)]
pub enum Cell<'a> {
    /// Nothing is known.
    Missing,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number; never NaN, which is `Missing`.
    Float(f64),
    /// Text.
    Text(&'a str),
    /// Nanoseconds since 1970-01-01T00:00:00.
    Time(i64),
    /// A list or an object.
    Other(&'a Json),
}

/// A value that owns its text.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// Nothing is known.
    Missing,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number; never NaN.
    Float(f64),
    /// Text.
    Text(String),
    /// Nanoseconds since 1970-01-01T00:00:00.
    Time(i64),
    /// A list or an object.
    Other(Json),
}

impl Scalar {
    /// The value, borrowed.
    pub fn cell(&self) -> Cell<'_> {
        match self {
            Scalar::Missing => Cell::Missing,
            Scalar::Bool(flag) => Cell::Bool(*flag),
            Scalar::Int(n) => Cell::Int(*n),
            Scalar::Float(x) => Cell::Float(*x),
            Scalar::Text(text) => Cell::Text(text),
            Scalar::Time(ns) => Cell::Time(*ns),
            Scalar::Other(value) => Cell::Other(value),
        }
    }

    /// What JSON says; the texts `Infinity` and `-Infinity`, which [`read_json`](super::json::read) puts where Python writes bare
    /// words, stay texts.
    pub fn of_json(value: &Json) -> Scalar {
        match value {
            Json::Null => Scalar::Missing,
            Json::Bool(flag) => Scalar::Bool(*flag),
            Json::Number(n) => match (n.as_i64(), n.as_f64()) {
                (Some(n), _) => Scalar::Int(n),
                (None, Some(x)) => Scalar::Float(x),
                (None, None) => Scalar::Missing,
            },
            Json::String(text) => Scalar::Text(text.clone()),
            Json::Array(_) | Json::Object(_) => Scalar::Other(value.clone()),
        }
    }
}

impl<'a> Cell<'a> {
    /// The number `x`: missing when it is NaN, whole when it has no fraction.
    pub fn of_number(x: f64) -> Cell<'a> {
        match x {
            x if x.is_nan() => Cell::Missing,
            x if x.fract() == 0.0 && x.abs() < 9e15 => Cell::Int(x as i64),
            x => Cell::Float(x),
        }
    }

    /// Whether nothing is known.
    pub fn is_missing(self) -> bool {
        matches!(self, Cell::Missing)
    }

    /// The value, owned.
    pub fn own(self) -> Scalar {
        match self {
            Cell::Missing => Scalar::Missing,
            Cell::Bool(flag) => Scalar::Bool(flag),
            Cell::Int(n) => Scalar::Int(n),
            Cell::Float(x) => Scalar::Float(x),
            Cell::Text(text) => Scalar::Text(text.to_owned()),
            Cell::Time(ns) => Scalar::Time(ns),
            Cell::Other(value) => Scalar::Other(value.clone()),
        }
    }

    /// The value as results carry it: whole numbers stay whole, moments are ISO 8601.
    pub fn json(self) -> Json {
        match self {
            Cell::Missing => Json::Null,
            Cell::Bool(flag) => Json::Bool(flag),
            Cell::Int(n) => Json::Number(n.into()),
            Cell::Float(x) => float_json(x),
            Cell::Text(text) => Json::String(text.to_owned()),
            Cell::Time(ns) => Json::String(iso(ns)),
            Cell::Other(value) => value.clone(),
        }
    }

    /// The number it is or counts as (`true` is 1).
    pub fn number(self) -> Option<f64> {
        match self {
            Cell::Int(n) => Some(n as f64),
            Cell::Float(x) => Some(x),
            Cell::Bool(flag) => Some(f64::from(u8::from(flag))),
            _ => None,
        }
    }

    /// Python's `==`; what is missing equals nothing.
    pub fn equals(self, other: Cell<'_>) -> bool {
        match (self, other) {
            (Cell::Missing, _) | (_, Cell::Missing) => false,
            (Cell::Text(a), Cell::Text(b)) => a == b,
            (Cell::Other(a), Cell::Other(b)) => a == b,
            (a, b) => a.order(b) == Ok(Some(Ordering::Equal)),
        }
    }

    /// Python's order; `None` where something is missing.
    ///
    /// # Errors
    /// Values of kinds that have no order, as Python's `TypeError`.
    pub(super) fn order(self, other: Cell<'_>) -> Result<Option<Ordering>, Raised> {
        Ok(match (self, other) {
            (Cell::Missing, _) | (_, Cell::Missing) => None,
            (Cell::Text(a), Cell::Text(b)) => Some(a.cmp(b)),
            (Cell::Time(a), Cell::Time(b)) => Some(a.cmp(&b)),
            (Cell::Int(a), Cell::Int(b)) => Some(a.cmp(&b)),
            (Cell::Int(a), Cell::Float(b)) => mixed(a, b),
            (Cell::Float(a), Cell::Int(b)) => mixed(b, a).map(Ordering::reverse),
            (a, b) => match (a.number(), b.number()) {
                (Some(a), Some(b)) => a.partial_cmp(&b),
                _ => return Err(Raised::kind(format!("{} cannot be compared with {}", a.name(), b.name()))),
            },
        })
    }

    /// What the value is, in a word.
    pub(super) fn name(self) -> &'static str {
        match self {
            Cell::Missing => "a missing value",
            Cell::Bool(_) => "a boolean",
            Cell::Int(_) | Cell::Float(_) => "a number",
            Cell::Text(_) => "text",
            Cell::Time(_) => "a timestamp",
            Cell::Other(_) => "a list or object",
        }
    }

    /// Gives Python's `str()` of the value to `read`.
    pub(super) fn with_text<T>(self, read: impl FnOnce(&str) -> T) -> T {
        match self {
            Cell::Text(text) => read(text),
            Cell::Missing => read("nan"),
            Cell::Bool(true) => read("True"),
            Cell::Bool(false) => read("False"),
            Cell::Int(n) => read(&n.to_string()),
            Cell::Float(x) => read(&python_float(x)),
            Cell::Time(ns) => read(&iso(ns).replacen('T', " ", 1)),
            Cell::Other(value) => read(&value.to_string()),
        }
    }
}

/// A number of JSON; what is not finite has Python's words as text.
pub(super) fn float_json(x: f64) -> Json {
    match Number::from_f64(x) {
        Some(number) => Json::Number(number),
        None if x.is_nan() => Json::Null,
        None => Json::String(if x > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()),
    }
}

fn mixed(a: i64, b: f64) -> Option<Ordering> {
    match (a as f64).partial_cmp(&b) {
        // 2⁶³ as a double is above every i64, so the cast below is exact wherever it is reached.
        Some(Ordering::Equal) if b.abs() < 9.3e18 => Some(i128::from(a).cmp(&(b as i128))),
        order => order,
    }
}

/// `repr(x)` of Python: the shortest digits, an exponent below 1e-4 and from 1e16 on.
fn python_float(x: f64) -> String {
    if x.is_infinite() {
        return if x > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let size = x.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{x:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(("+", exponent), |exponent| ("-", exponent));
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    let text = x.to_string();
    if text.contains('.') { text } else { text + ".0" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_exactly_across_kinds() {
        let big = 9_007_199_254_740_993i64;
        assert!(!Cell::Int(big).equals(Cell::Float(9_007_199_254_740_992.0)));
        assert!(Cell::Int(3).equals(Cell::Float(3.0)) && Cell::Bool(true).equals(Cell::Int(1)));
        assert!(!Cell::Missing.equals(Cell::Missing) && !Cell::Text("1").equals(Cell::Int(1)));
        assert_eq!(Cell::Int(i64::MAX).order(Cell::Float(9_223_372_036_854_775_808.0)), Ok(Some(Ordering::Less)));
        assert!(Cell::Text("a").order(Cell::Int(1)).is_err());
    }

    #[test]
    fn floats_are_written_as_python_writes_them() {
        let rows = [(5.0, "5.0"), (1e16, "1e+16"), (1e-5, "1e-05"), (1.5e300, "1.5e+300"), (-0.0, "-0.0"), (0.0001, "0.0001")];
        for (x, text) in rows {
            Cell::Float(x).with_text(|shown| assert_eq!(shown, text));
        }
    }
}
