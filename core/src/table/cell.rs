//! One value of a table, and what it reads as.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value as Json;

use super::word::{self, is_missing, trim};
use super::{Epoch, Moment, format_date, number, parse_date};

/// A value that borrows its text.
#[derive(Debug, Clone, Copy)]
pub enum Cell<'a> {
    /// Nothing is known.
    Missing,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number above `i64::MAX`; see [`Cell::of_whole`].
    UInt(u64),
    /// A number; never NaN, which is `Missing`.
    Float(f64),
    /// Text.
    Text(&'a str),
    /// A moment.
    Time(Moment),
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
    /// A whole number above `i64::MAX`.
    UInt(u64),
    /// A number; never NaN.
    Float(f64),
    /// Text.
    Text(String),
    /// A moment.
    Time(Moment),
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
            Scalar::UInt(n) => Cell::UInt(*n),
            Scalar::Float(x) => Cell::Float(*x),
            Scalar::Text(text) => Cell::Text(text),
            Scalar::Time(moment) => Cell::Time(*moment),
            Scalar::Other(value) => Cell::Other(value),
        }
    }

    /// What JSON says.
    pub fn of_json(value: &Json) -> Scalar {
        Cell::of_json(value).own()
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

    /// The whole number `n`, exactly.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::table::Cell;
    /// assert_eq!(Cell::of_whole(u64::MAX).read_name().unwrap(), "18446744073709551615");
    /// ```
    pub fn of_whole(n: u64) -> Cell<'a> {
        i64::try_from(n).map_or(Cell::UInt(n), Cell::Int)
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
            Cell::UInt(n) => Scalar::UInt(n),
            Cell::Float(x) => Scalar::Float(x),
            Cell::Text(text) => Scalar::Text(text.to_owned()),
            Cell::Time(moment) => Scalar::Time(moment),
            Cell::Other(value) => Scalar::Other(value.clone()),
        }
    }

    /// The number it is or counts as (`true` is 1); a text is none.
    pub fn numeric(self) -> Option<f64> {
        match self {
            Cell::Int(n) => Some(n as f64),
            Cell::UInt(n) => Some(n as f64),
            Cell::Float(x) => Some(x),
            Cell::Bool(flag) => Some(f64::from(u8::from(flag))),
            _ => None,
        }
    }
}

/// The furthest moment from 1970 that JavaScript has, in milliseconds.
const FURTHEST_MS: f64 = 8.64e15;

/// A cell that is there and is not what it was read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// It is no number.
    Number,
    /// It is neither yes nor no.
    Flag,
    /// It is no moment.
    Moment,
    /// It is a number that as milliseconds since 1970 is not of our time, and in this unit is.
    Epoch(Epoch),
}

impl fmt::Display for Mismatch {
    /// What it should be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mismatch::Epoch(unit) => return unit.fmt(f),
            Mismatch::Number => "a number",
            Mismatch::Flag => "1 or 0, true or false, yes or no",
            Mismatch::Moment => "a date with a time, or milliseconds since 1970",
        })
    }
}

impl<'a> Cell<'a> {
    /// What JSON says; the texts `Infinity` and `-Infinity` stay texts.
    pub fn of_json(value: &'a Json) -> Cell<'a> {
        match value {
            Json::Null => Cell::Missing,
            Json::Bool(flag) => Cell::Bool(*flag),
            Json::Number(n) => {
                let whole = n.as_i64().map(Cell::Int).or_else(|| n.as_u64().map(Cell::UInt));
                whole.or_else(|| n.as_f64().map(Cell::Float)).unwrap_or(Cell::Missing)
            }
            Json::String(text) => Cell::Text(text),
            Json::Array(_) | Json::Object(_) => Cell::Other(value),
        }
    }

    /// What a field of a CSV says, the spaces around it left out: missing, or a text.
    pub fn of_field(field: &'a str) -> Cell<'a> {
        let text = trim(field);
        if is_missing(text) { Cell::Missing } else { Cell::Text(text) }
    }

    /// The number it reads as, infinities included; none when it is missing.
    ///
    /// # Errors
    /// It is no number.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::table::Cell;
    /// assert_eq!(Cell::Text(" 2.5").read_number(), Ok(Some(2.5)));
    /// assert_eq!(Cell::Text("NA").read_number(), Ok(None));
    /// assert!(Cell::Text("yes").read_number().is_err());
    /// ```
    pub fn read_number(self) -> Result<Option<f64>, Mismatch> {
        let Cell::Text(text) = self else {
            return if self.is_missing() { Ok(None) } else { self.numeric().map(Some).ok_or(Mismatch::Number) };
        };
        let text = trim(text);
        if is_missing(text) {
            return Ok(None);
        }
        let truth = || word::truth(text).map(|flag| f64::from(u8::from(flag)));
        number(text).or_else(truth).map(Some).ok_or(Mismatch::Number)
    }

    /// Yes or no; none when it is missing.
    ///
    /// # Errors
    /// It is neither.
    pub fn read_flag(self) -> Result<Option<bool>, Mismatch> {
        let of_number = |x: f64| if x == 1.0 { Some(true) } else { (x == 0.0).then_some(false) };
        let flag = match self {
            Cell::Missing => return Ok(None),
            Cell::Bool(flag) => Some(flag),
            Cell::Int(n) => of_number(n as f64),
            Cell::UInt(_) => None,
            Cell::Float(x) => of_number(x),
            Cell::Text(text) if is_missing(trim(text)) => return Ok(None),
            Cell::Text(text) => word::flag(trim(text)).or_else(|| number(text).and_then(of_number)),
            Cell::Time(_) | Cell::Other(_) => None,
        };
        flag.map(Some).ok_or(Mismatch::Flag)
    }

    /// The moment it names, in milliseconds since 1970; none when it is missing.
    ///
    /// # Errors
    /// It is no moment, or one further from 1970 than JavaScript has, or a number in another unit, as [`Epoch::suspected`] finds.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::table::{Cell, Epoch, Mismatch};
    /// assert_eq!(Cell::Text("1970-01-02").read_moment(), Ok(Some(86_400_000)));
    /// assert_eq!(Cell::Int(1_700_000_000_000).read_moment(), Ok(Some(1_700_000_000_000)));
    /// assert_eq!(Cell::Int(1_700_000_000).read_moment(), Err(Mismatch::Epoch(Epoch::Seconds)));
    /// assert!(Cell::Text("soon").read_moment().is_err());
    /// ```
    pub fn read_moment(self) -> Result<Option<i64>, Mismatch> {
        let of_number = |x: f64| match Epoch::suspected(x) {
            Some(unit) => Err(Mismatch::Epoch(unit)),
            None if x.abs() <= FURTHEST_MS => Ok(Some(x as i64)),
            None => Err(Mismatch::Moment),
        };
        match self {
            Cell::Missing => Ok(None),
            Cell::Time(moment) => Ok(Some(moment.ms)),
            Cell::Int(n) => of_number(n as f64),
            Cell::UInt(n) => of_number(n as f64),
            Cell::Float(x) => of_number(x),
            Cell::Text(text) if is_missing(trim(text)) => Ok(None),
            Cell::Text(text) => match parse_date(trim(text)) {
                Some(ms) => Ok(Some(ms)),
                None => of_number(number(text).ok_or(Mismatch::Moment)?),
            },
            Cell::Bool(_) | Cell::Other(_) => Err(Mismatch::Moment),
        }
    }

    /// The name it is, as a category, an arm or an id; none when it is missing, blank, an object, or a list of anything but texts.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::table::Cell;
    /// let names = [Cell::Text(" ads "), Cell::Int(7), Cell::Float(7.0), Cell::Bool(true)].map(|cell| cell.read_name().unwrap());
    /// assert_eq!(names, ["ads", "7", "7", "true"]);
    /// ```
    pub fn read_name(self) -> Option<Cow<'a, str>> {
        match self {
            Cell::Text(text) => Some(trim(text)).filter(|text| !text.is_empty()).map(Cow::Borrowed),
            Cell::Missing => None,
            Cell::Bool(flag) => Some(Cow::Borrowed(if flag { "true" } else { "false" })),
            Cell::Int(n) => Some(n.to_string().into()),
            Cell::UInt(n) => Some(n.to_string().into()),
            Cell::Float(x) => Some(x.to_string().into()),
            Cell::Time(moment) => Some(format_date(moment.ms).into()),
            Cell::Other(_) => self.read_texts().map(|texts| texts.join(", ").into()),
        }
    }

    /// The texts of a list of texts.
    pub fn read_texts(self) -> Option<Vec<&'a str>> {
        match self {
            Cell::Other(Json::Array(items)) => items.iter().map(Json::as_str).collect(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_read_alike_whatever_the_format() {
        let (list, object) = (json!(["a", "b"]), json!({}));
        type Row<'a> = (Cell<'a>, Result<Option<f64>, ()>, Result<Option<bool>, ()>, Result<Option<i64>, ()>, Option<&'a str>);
        let rows: &[Row<'_>] = &[
            (Cell::Missing, Ok(None), Ok(None), Ok(None), None),
            (Cell::of_field(" n/a "), Ok(None), Ok(None), Ok(None), None),
            (Cell::Text("NULL"), Ok(None), Ok(None), Ok(None), Some("NULL")),
            (Cell::Text(" "), Ok(None), Ok(None), Ok(None), None),
            (Cell::of_field(" 1.0"), Ok(Some(1.0)), Ok(Some(true)), Ok(Some(1)), Some("1.0")),
            (Cell::Int(1), Ok(Some(1.0)), Ok(Some(true)), Ok(Some(1)), Some("1")),
            (Cell::of_whole(1), Ok(Some(1.0)), Ok(Some(true)), Ok(Some(1)), Some("1")),
            (Cell::of_whole(1 << 63), Ok(Some(9_223_372_036_854_775_808.0)), Err(()), Err(()), Some("9223372036854775808")),
            (Cell::Float(0.0), Ok(Some(0.0)), Ok(Some(false)), Ok(Some(0)), Some("0")),
            (Cell::Text("0e0"), Ok(Some(0.0)), Ok(Some(false)), Ok(Some(0)), Some("0e0")),
            (Cell::Bool(true), Ok(Some(1.0)), Ok(Some(true)), Err(()), Some("true")),
            (Cell::Text("True"), Ok(Some(1.0)), Ok(Some(true)), Err(()), Some("True")),
            (Cell::Text("Y"), Err(()), Ok(Some(true)), Err(()), Some("Y")),
            (Cell::Text("1970-01-01T00:00:01"), Err(()), Err(()), Ok(Some(1000)), Some("1970-01-01T00:00:01")),
            (Cell::Time(Moment::from_ns(86_400_000_000_001)), Err(()), Err(()), Ok(Some(86_400_000)), Some("1970-01-02")),
            (Cell::Text("-inf"), Ok(Some(f64::NEG_INFINITY)), Err(()), Err(()), Some("-inf")),
            (Cell::Text("1e300"), Ok(Some(1e300)), Err(()), Err(()), Some("1e300")),
            (Cell::Text("1,5"), Err(()), Err(()), Err(()), Some("1,5")),
            (Cell::Other(&list), Err(()), Err(()), Err(()), Some("a, b")),
            (Cell::Other(&object), Err(()), Err(()), Err(()), None),
        ];
        for (cell, number, flag, moment, name) in rows {
            assert_eq!(cell.read_number().map_err(|_| ()), *number, "{cell:?}");
            assert_eq!(cell.read_flag().map_err(|_| ()), *flag, "{cell:?}");
            assert_eq!(cell.read_moment().map_err(|_| ()), *moment, "{cell:?}");
            assert_eq!(cell.read_name().as_deref(), *name, "{cell:?}");
        }
    }
}
