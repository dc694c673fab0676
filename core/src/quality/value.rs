//! Values as the rules compare and show them: equality, order and texts are Python's, because the suites were written against it.

use std::cmp::Ordering;

use serde_json::{Number, Value as Json};

use super::Raised;
use super::moment::iso;
use crate::table::Cell;

impl Cell<'_> {
    /// The value as results carry it: whole numbers stay whole, moments are ISO 8601.
    pub(crate) fn json(self) -> Json {
        match self {
            Cell::Missing => Json::Null,
            Cell::Bool(flag) => Json::Bool(flag),
            Cell::Int(n) => Json::Number(n.into()),
            Cell::UInt(n) => Json::Number(n.into()),
            Cell::Float(x) => float_json(x),
            Cell::Text(text) => Json::String(text.to_owned()),
            Cell::Time(moment) => Json::String(iso(moment)),
            Cell::Other(value) => value.clone(),
        }
    }

    /// Python's `==`; what is missing equals nothing.
    pub(crate) fn equals(self, other: Cell<'_>) -> bool {
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
            (Cell::UInt(a), Cell::UInt(b)) => Some(a.cmp(&b)),
            (Cell::Int(_), Cell::UInt(_)) => Some(Ordering::Less),
            (Cell::UInt(_), Cell::Int(_)) => Some(Ordering::Greater),
            (Cell::Int(a), Cell::Float(b)) => mixed(a.into(), b),
            (Cell::Float(a), Cell::Int(b)) => mixed(b.into(), a).map(Ordering::reverse),
            (Cell::UInt(a), Cell::Float(b)) => mixed(a.into(), b),
            (Cell::Float(a), Cell::UInt(b)) => mixed(b.into(), a).map(Ordering::reverse),
            (a, b) => match (a.numeric(), b.numeric()) {
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
            Cell::Int(_) | Cell::UInt(_) | Cell::Float(_) => "a number",
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
            Cell::UInt(n) => read(&n.to_string()),
            Cell::Float(x) => read(&python_float(x)),
            Cell::Time(moment) => read(&iso(moment).replacen('T', " ", 1)),
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

/// The order of a whole number of 64 bits and a double.
fn mixed(a: i128, b: f64) -> Option<Ordering> {
    match (a as f64).partial_cmp(&b) {
        // The double is whole and at most 2⁶⁴, so the cast is exact.
        Some(Ordering::Equal) => Some(a.cmp(&(b as i128))),
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
        assert_eq!(Cell::UInt(u64::MAX).order(Cell::Float(18_446_744_073_709_551_616.0)), Ok(Some(Ordering::Less)));
        assert_eq!(Cell::UInt(1 << 63).order(Cell::Int(i64::MAX)), Ok(Some(Ordering::Greater)));
        assert!(Cell::UInt(1 << 63).equals(Cell::Float(9_223_372_036_854_775_808.0)));
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
