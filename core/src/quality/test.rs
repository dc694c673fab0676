//! The tests of a single value.

use regex::Regex;
use serde_json::Value as Json;

use super::Raised;
use super::json::is_json;
use super::moment::parse_moment;
use super::pattern::Like;
use super::schema::JsonSchema;
use super::strptime::Format;
use crate::table::{Cell, Kind, Moment, Scalar};

/// A test of one value. Missing values are tested only by `Null` and `NotNull`.
#[derive(Debug, Clone)]
pub(super) enum Test {
    NotNull,
    Null,
    Between(Bounds),
    In(Set, bool),
    Regex { expressions: Vec<Regex>, all: bool, negated: bool },
    Like { patterns: Vec<Like>, all: bool, negated: bool },
    Length(Bounds),
    Strftime(Format),
    Dateutil,
    Json,
    Schema(JsonSchema),
    Types(Types),
}

impl Test {
    /// Whether missing values are passed over.
    pub fn skips_missing(&self) -> bool {
        !matches!(self, Test::Null | Test::NotNull)
    }

    /// The test as it is put to a column of `kind`.
    pub fn fit(&self, kind: Kind) -> Result<Test, Raised> {
        Ok(match self {
            Test::Between(bounds) => Test::Between(bounds.fit(kind)?),
            Test::In(set, inside) if matches!(kind, Kind::Time | Kind::Zoned) => Test::In(set.moments(), *inside),
            test => test.clone(),
        })
    }

    /// Whether `cell` is as expected.
    ///
    /// # Errors
    /// A value of a kind this test does not apply to.
    pub fn holds(&self, cell: Cell<'_>) -> Result<bool, Raised> {
        Ok(match self {
            Test::NotNull => !cell.is_missing(),
            Test::Null => cell.is_missing(),
            Test::Between(bounds) => bounds.holds(cell)?,
            Test::In(set, inside) => set.contains(cell) == *inside,
            Test::Regex { expressions, all, negated } => cell.with_text(|text| {
                let mut found = expressions.iter().map(|expression| expression.is_match(text));
                (if *all { found.all(|is| is) } else { found.any(|is| is) }) != *negated
            }),
            Test::Like { patterns, all, negated } => cell.with_text(|text| {
                let mut found = patterns.iter().map(|pattern| pattern.matches(text));
                (if *all { found.all(|is| is) } else { found.any(|is| is) }) != *negated
            }),
            Test::Length(bounds) => bounds.holds(Cell::Int(cell.with_text(characters) as i64))?,
            Test::Strftime(format) => format.accepts(text(cell, "expect_column_values_to_match_strftime_format")?),
            Test::Dateutil => parse_moment(text(cell, "expect_column_values_to_be_dateutil_parseable")?).is_some(),
            Test::Json => {
                if let Cell::Text(text) = cell {
                    is_json(text)
                } else {
                    false
                }
            }
            Test::Schema(schema) => match cell {
                Cell::Text(text) => serde_json::from_str(text).is_ok_and(|value| schema.accepts(&value)),
                Cell::Other(value) => schema.accepts(value),
                cell => schema.accepts(&cell.json()),
            },
            Test::Types(types) => types.holds(cell),
        })
    }
}

fn characters(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

fn text<'a>(cell: Cell<'a>, expectation: &str) -> Result<&'a str, Raised> {
    if let Cell::Text(text) = cell {
        return Ok(text);
    }
    Err(Raised::kind(format!("Values passed to {expectation} must be of type string. One is {}.", cell.name())))
}

/// An interval; an absent end is open.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Bounds {
    pub min: Option<Scalar>,
    pub max: Option<Scalar>,
    pub strict_min: bool,
    pub strict_max: bool,
}

impl Bounds {
    /// The interval of one number.
    pub fn exactly(n: i64) -> Bounds {
        Bounds { min: Some(Scalar::Int(n)), max: Some(Scalar::Int(n)), ..Bounds::default() }
    }

    /// The bounds as they are compared with a column of `kind`.
    pub fn fit(&self, kind: Kind) -> Result<Bounds, Raised> {
        let of_text = |bound: &Option<Scalar>| matches!(bound, Some(Scalar::Text(_)));
        match kind {
            Kind::Int | Kind::UInt | Kind::Float if of_text(&self.min) || of_text(&self.max) => {
                Err(Raised::kind("Column values, min_value, and max_value must either be None or of the same type."))
            }
            Kind::Time | Kind::Zoned => {
                let moment = |bound: &Option<Scalar>| match bound {
                    Some(Scalar::Text(text)) => match parse_moment(text) {
                        Some(moment) => Ok(Some(Scalar::Time(moment.at))),
                        None => Err(Raised::value(format!("the bound {text:?} is not a date"))),
                    },
                    bound => Ok(bound.clone()),
                };
                Ok(Bounds { min: moment(&self.min)?, max: moment(&self.max)?, ..self.clone() })
            }
            // Texts are no dates: a date as a bound is of another type, as Great Expectations has it.
            Kind::Text | Kind::Mixed if self.has_date() => self.fit(Kind::Time),
            _ => Ok(self.clone()),
        }
    }

    /// Whether a bound is a date.
    fn has_date(&self) -> bool {
        [&self.min, &self.max].into_iter().any(|bound| matches!(bound, Some(Scalar::Text(text)) if date(text).is_some()))
    }

    /// [`holds`](Self::holds) of a value that names a date where a bound is one: both are compared as moments.
    ///
    /// # Errors
    /// A text that is no date, or a value of a kind that cannot be compared.
    pub fn holds_date(&self, cell: Cell<'_>) -> Result<bool, Raised> {
        match cell {
            Cell::Text(text) if self.has_date() => {
                let moment = parse_moment(text).ok_or_else(|| Raised::value(format!("Unknown string format: {text}")))?;
                self.fit(Kind::Time)?.holds(Cell::Time(moment.at))
            }
            cell => self.holds(cell),
        }
    }

    /// Whether `cell` lies inside.
    #[inline]
    pub fn holds(&self, cell: Cell<'_>) -> Result<bool, Raised> {
        let mixed = |bound: &Scalar| matches!(cell, Cell::Text(_)) != matches!(bound, Scalar::Text(_));
        if self.min.as_ref().is_some_and(mixed) || self.max.as_ref().is_some_and(mixed) {
            return Err(Raised::kind("Column values, min_value, and max_value must either be None or of the same type."));
        }
        let above = match &self.min {
            Some(min) => cell.order(min.cell())?.is_some_and(|order| if self.strict_min { order.is_gt() } else { order.is_ge() }),
            None => true,
        };
        Ok(above
            && match &self.max {
                Some(max) => {
                    cell.order(max.cell())?.is_some_and(|order| if self.strict_max { order.is_lt() } else { order.is_le() })
                }
                None => true,
            })
    }
}

/// The date that a suite means by `text`: a year of four digits first, as JSON has dates.
pub(super) fn date(text: &str) -> Option<Moment> {
    let year = text.bytes().take_while(u8::is_ascii_digit).count();
    (year == 4 && text.as_bytes().get(4) == Some(&b'-')).then(|| parse_moment(text)).flatten().map(|written| written.at)
}

/// A set of values, sorted for search.
#[derive(Debug, Clone, Default)]
pub(super) struct Set {
    /// As the suite lists them.
    pub values: Vec<Scalar>,
    numbers: Vec<f64>,
    texts: Vec<String>,
    has_missing: bool,
}

impl Set {
    pub fn new(values: Vec<Scalar>) -> Set {
        let mut numbers: Vec<f64> = values.iter().filter_map(|value| value.cell().numeric()).collect();
        numbers.sort_by(f64::total_cmp);
        let text = |value: &Scalar| if let Scalar::Text(text) = value { Some(text.clone()) } else { None };
        let mut texts: Vec<String> = values.iter().filter_map(text).collect();
        texts.sort_unstable();
        let has_missing = values.contains(&Scalar::Missing);
        Set { values, numbers, texts, has_missing }
    }

    /// The same with its texts read as moments.
    pub fn moments(&self) -> Set {
        let moment = |value: &Scalar| match value {
            Scalar::Text(text) => parse_moment(text).map_or(value.clone(), |moment| Scalar::Time(moment.at)),
            value => value.clone(),
        };
        Set::new(self.values.iter().map(moment).collect())
    }

    pub fn contains(&self, cell: Cell<'_>) -> bool {
        match cell {
            Cell::Missing => self.has_missing,
            Cell::Text(text) => self.texts.binary_search_by(|own| own.as_str().cmp(text)).is_ok(),
            Cell::Float(x) => {
                self.numbers.binary_search_by(|own| own.partial_cmp(&x).unwrap_or(std::cmp::Ordering::Less)).is_ok()
            }
            Cell::Bool(flag) => self.contains(Cell::Float(f64::from(u8::from(flag)))),
            Cell::Int(n) if n.unsigned_abs() < 1 << 53 => self.contains(Cell::Float(n as f64)),
            cell => self.values.iter().any(|value| value.cell().equals(cell)),
        }
    }
}

/// Types by their names in numpy, pandas and Python.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Types {
    /// As the suite lists them.
    pub names: Vec<String>,
}

/// Names that mean an object column as a whole.
pub(super) const OBJECT: [&str; 3] = ["object", "object_", "O"];

impl Types {
    /// Whether a column of `kind`, which is not an object column, is of one of the types.
    pub fn include(&self, kind: Kind) -> bool {
        let names: &[&str] = match kind {
            Kind::Int => &["int64", "int", "long", "int_", "intp", "i8", "l", "q"],
            Kind::UInt => &["uint64", "uint", "ulong", "uintp", "u8", "L", "Q"],
            Kind::Float => &["float64", "float", "double", "f8", "d"],
            Kind::Bool => &["bool", "bool_", "?"],
            Kind::Text | Kind::Mixed => &OBJECT,
            Kind::Time => &["datetime64", "datetime64[ns]", "M8[ns]", "<M8[ns]"],
            Kind::Zoned => &["Timestamp", "DatetimeTZDtype"],
        };
        self.names.iter().any(|name| names.contains(&name.as_str()))
    }

    /// The first unknown name.
    pub fn unknown(&self) -> Option<&str> {
        const KNOWN: [&str; 44] = [
            "int",
            "long",
            "int_",
            "intp",
            "int8",
            "int16",
            "int32",
            "int64",
            "uint8",
            "uint16",
            "uint32",
            "uint64",
            "float",
            "double",
            "float16",
            "float32",
            "float64",
            "bool",
            "bool_",
            "str",
            "string_types",
            "str_",
            "unicode",
            "list",
            "dict",
            "bytes",
            "bytes_",
            "complex",
            "complex64",
            "complex128",
            "none",
            "None",
            "object",
            "object_",
            "O",
            "datetime64",
            "datetime64[ns]",
            "timedelta64",
            "Timestamp",
            "i8",
            "f8",
            "U",
            "S",
            "void",
        ];
        self.names.iter().find(|name| !KNOWN.contains(&name.as_str())).map(String::as_str)
    }

    /// Whether a value of an object column is of one of the types. Python's own: a truth value is an int too.
    pub fn holds(&self, cell: Cell<'_>) -> bool {
        let words: &[&str] = match cell {
            Cell::Text(_) => &["str", "string_types"],
            Cell::Int(_) | Cell::UInt(_) => &["int", "long"],
            Cell::Bool(_) => &["bool", "int", "long"],
            Cell::Float(_) => &["float"],
            Cell::Time(_) => &["timestamp"],
            Cell::Other(Json::Array(_)) => &["list"],
            Cell::Other(Json::Object(_)) => &["dict"],
            _ => &[],
        };
        let is = |name: &String, words: &[&str]| words.iter().any(|word| name.eq_ignore_ascii_case(word));
        self.names.iter().any(|name| is(name, words) || is(name, &["object", "object_", "o"]))
    }

    /// Whether a lead's value is of one of the types, wide enough for JSON: 3 is a whole number and a float.
    pub fn take(&self, cell: Cell<'_>) -> bool {
        let kinds: &[Kind] = match cell {
            Cell::Int(_) => &[Kind::Int, Kind::Float],
            Cell::UInt(_) => &[Kind::UInt, Kind::Float],
            Cell::Float(x) if x.fract() == 0.0 => &[Kind::Int, Kind::Float],
            Cell::Float(_) => &[Kind::Float],
            Cell::Bool(_) => &[Kind::Bool],
            _ => &[],
        };
        self.holds(cell) || kinds.iter().any(|kind| self.include(*kind))
    }
}
