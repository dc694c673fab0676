//! What a column is, decided once from all of its values: numbers, yes or no, or names.
//!
//! One odd value does not turn a column of numbers into names: the column stays one of numbers, the odd values count as missing, and
//! the caller reports them. Digits with leading zeros are codes, so their column is one of names.

use std::borrow::Cow;

use super::{Cell, Column, Texts, number, word};

/// A column as it was read.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// Its values.
    pub column: &'a Column,
    /// Whether its texts are read as numbers, flags and missing words, as those of a CSV are; in other formats a text is a text.
    pub untyped: bool,
    /// What a reading of its values found, if there was one; there is no second one then.
    pub reading: Option<&'a Reading>,
}

impl<'a> Given<'a> {
    /// A column whose texts are read as those of a CSV are.
    pub fn untyped(column: &'a Column) -> Given<'a> {
        Given { column, untyped: true, reading: None }
    }

    /// What a reading of its values found.
    pub fn read(self) -> Cow<'a, Reading> {
        self.reading.map_or_else(|| Cow::Owned(Reading::of(self.column, self.untyped)), Cow::Borrowed)
    }
}

impl<'a> From<&'a Column> for Given<'a> {
    fn from(column: &'a Column) -> Given<'a> {
        Given { column, untyped: false, reading: None }
    }
}

/// What the values of a column are good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// There are no values.
    Nothing,
    /// Yes or no, however spelled.
    Flags,
    /// Numbers.
    Numbers,
    /// Anything else.
    Names,
}

/// The values of a column, counted by what they are.
///
/// # Example
/// ```
/// use plumbline_core::table::{Cell, Census, Column, Given, Kind, Nature};
/// let mut column = Column::new(Kind::Text);
/// (0..100).for_each(|i| column.push(Cell::Text(if i == 60 { "n.a." } else { "12.5" })));
/// let census = Census::of(Given::untyped(&column));
/// assert_eq!((census.nature(), census.odd(), census.first_odd), (Nature::Numbers, 1, Some(60)));
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Census {
    numbers: u64,
    flags: u64,
    names: u64,
    /// Whether a number has leading zeros.
    has_codes: bool,
    /// The first row that is neither number nor flag.
    pub first_odd: Option<usize>,
}

impl Census {
    /// Counts the values of a column.
    pub fn of<'a>(given: impl Into<Given<'a>>) -> Census {
        given.into().read().census
    }

    fn add(&mut self, nature: Nature, row: usize) {
        match nature {
            Nature::Nothing => {}
            Nature::Numbers => self.numbers += 1,
            Nature::Flags => self.flags += 1,
            Nature::Names => {
                self.names += 1;
                self.first_odd.get_or_insert(row);
            }
        }
    }

    /// The counts of two columns that are compared.
    pub fn join(self, other: Census) -> Census {
        Census {
            numbers: self.numbers + other.numbers,
            flags: self.flags + other.flags,
            names: self.names + other.names,
            has_codes: self.has_codes || other.has_codes,
            first_odd: self.first_odd.or(other.first_odd),
        }
    }

    /// What the column is.
    pub fn nature(self) -> Nature {
        match (self.numbers, self.flags, self.names) {
            (0, 0, 0) => Nature::Nothing,
            (0, 0, _) => Nature::Names,
            _ if self.has_codes => Nature::Names,
            (_, _, names) if names > 0 && !is_few(names, self.present()) => Nature::Names,
            (0, _, 0) => Nature::Flags,
            (0, ..) => Nature::Names,
            _ => Nature::Numbers,
        }
    }

    /// Values that are not missing.
    pub fn present(self) -> u64 {
        self.numbers + self.flags + self.names
    }

    /// Values that are neither numbers nor flags.
    pub fn names(self) -> u64 {
        self.names
    }

    /// Values of a column of numbers that are neither numbers nor flags.
    pub fn odd(self) -> u64 {
        if self.nature() == Nature::Numbers { self.names } else { 0 }
    }
}

/// What the values of a column are, each text read once: their [`Census`], and the numbers of texts.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The values, counted.
    pub census: Census,
    /// Per entry of untyped texts its number, a flag as 0 or 1; NaN is neither.
    numbers: Vec<f64>,
}

impl Reading {
    /// Reads the values of `column`.
    pub fn of(column: &Column, untyped: bool) -> Reading {
        let mut reading = Reading::default();
        let census = &mut reading.census;
        match column {
            Column::Int(values) => census.numbers = values.len() as u64,
            Column::UInt(values) => census.numbers = values.len() as u64,
            Column::Float(values) => census.numbers = values.iter().filter(|x| !x.is_nan()).count() as u64,
            Column::Bool(values) => census.flags = values.len() as u64,
            Column::Text(texts) => reading.read(texts, untyped),
            Column::Time { .. } | Column::Mixed(_) => {
                (0..column.len()).for_each(|row| census.add(of_cell(column.cell(row), untyped), row));
            }
        }
        reading
    }

    fn read(&mut self, texts: &Texts, untyped: bool) {
        // Equal texts are mostly one entry: each is looked at once.
        let mut natures = Vec::with_capacity(texts.entries());
        let mut numbers = Vec::with_capacity(if untyped { texts.entries() } else { 0 });
        for text in texts.each_entry() {
            let (nature, number) = of_text(text, untyped);
            self.census.has_codes |= nature == Nature::Numbers && is_code(text);
            natures.push(nature);
            if untyped {
                numbers.push(number);
            }
        }
        for (row, entry) in texts.rows().iter().enumerate() {
            if let Some(nature) = natures.get(*entry as usize) {
                self.census.add(*nature, row);
            }
        }
        self.numbers = numbers;
    }

    /// The number of each row of `texts`, whose reading this is; NaN is none.
    pub(super) fn numbers(&self, texts: &Texts) -> Vec<f64> {
        texts.rows().iter().map(|entry| self.numbers.get(*entry as usize).copied().unwrap_or(f64::NAN)).collect()
    }
}

/// Whether `odd` of `all` values are so few that the others say what a column is: at most 5 %, or one of ten.
pub fn is_few(odd: u64, all: u64) -> bool {
    odd * 20 <= all || odd == 1 && all >= 10
}

fn of_cell(cell: Cell<'_>, untyped: bool) -> Nature {
    match cell {
        Cell::Missing => Nature::Nothing,
        Cell::Bool(_) => Nature::Flags,
        Cell::Int(_) | Cell::UInt(_) | Cell::Float(_) => Nature::Numbers,
        Cell::Text(text) => of_text(text, untyped).0,
        Cell::Time(_) | Cell::Other(_) => Nature::Names,
    }
}

/// What a text is, and its number: that of a flag is 0 or 1, that of a name NaN.
fn of_text(text: &str, untyped: bool) -> (Nature, f64) {
    let text = word::trim(text);
    if !untyped || word::is_missing(text) {
        return (if text.is_empty() || untyped { Nature::Nothing } else { Nature::Names }, f64::NAN);
    }
    match number(text) {
        Some(x) => (Nature::Numbers, x),
        None => word::flag(text).map_or((Nature::Names, f64::NAN), |flag| (Nature::Flags, f64::from(u8::from(flag)))),
    }
}

/// Whether digits have a leading zero, as postcodes and keys have and numbers do not.
fn is_code(text: &str) -> bool {
    let text = word::trim(text);
    text.len() > 1 && text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Kind;

    #[test]
    fn a_column_is_one_thing_whatever_the_order_of_its_rows() {
        let nature = |texts: &[(&str, usize)]| {
            let mut rows: Vec<&str> = texts.iter().flat_map(|(text, times)| std::iter::repeat_n(*text, *times)).collect();
            let mut found = Vec::new();
            for _ in 0..2 {
                let mut column = Column::new(Kind::Text);
                rows.iter().for_each(|text| column.push(Cell::of_field(text)));
                let census = Census::of(Given::untyped(&column));
                found.push((census.nature(), census.odd()));
                rows.reverse();
            }
            assert_eq!(found[0], found[1], "{texts:?}");
            found[0]
        };
        /// Texts with how often they occur, the nature of their column, and how many are odd.
        type Row = (&'static [(&'static str, usize)], (Nature, u64));
        let rows: &[Row] = &[
            (&[("12", 99), ("unknown", 1)], (Nature::Numbers, 1)),
            (&[("12", 95), ("unknown", 5)], (Nature::Numbers, 5)),
            (&[("12", 90), ("unknown", 10)], (Nature::Names, 0)),
            (&[("web", 99), ("12", 1)], (Nature::Names, 0)),
            (&[("01", 5), ("17", 500)], (Nature::Names, 0)),
            (&[("0", 5), ("0.5", 5)], (Nature::Numbers, 0)),
            (&[("yes", 5), ("No", 5)], (Nature::Flags, 0)),
            (&[("TRUE", 5), ("f", 5), ("NA", 9)], (Nature::Flags, 0)),
            (&[("true", 5), ("1", 5)], (Nature::Numbers, 0)),
            (&[("yes", 50), ("maybe", 1)], (Nature::Names, 0)),
            (&[("", 5), ("NULL", 5)], (Nature::Nothing, 0)),
        ];
        for (texts, expected) in rows {
            assert_eq!(nature(texts), *expected, "{texts:?}");
        }
    }
}
