//! The kind of a column, told from its values as pandas tells it.

use super::number::{decimal, digits, int, number};
use super::word::{is_missing, truth};
use super::{Cell, Column, Kind};

/// What the values of a typed format (JSON, Parquet) are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Kinds {
    missing: bool,
    bool: bool,
    int: bool,
    float: bool,
    text: bool,
    time: bool,
    other: bool,
}

impl Kinds {
    /// Takes note of `cell`.
    pub fn see(&mut self, cell: Cell<'_>) {
        match cell {
            Cell::Missing => self.missing = true,
            Cell::Bool(_) => self.bool = true,
            Cell::Int(_) => self.int = true,
            Cell::Float(_) => self.float = true,
            Cell::Text(_) => self.text = true,
            Cell::Time(_) => self.time = true,
            Cell::Other(_) => self.other = true,
        }
    }

    /// Takes note of all that `other` noted.
    pub fn join(&mut self, other: Kinds) {
        self.missing |= other.missing;
        self.bool |= other.bool;
        self.int |= other.int;
        self.float |= other.float;
        self.text |= other.text;
        self.time |= other.time;
        self.other |= other.other;
    }

    /// The kind of a column of these.
    pub fn kind(self) -> Kind {
        let number = self.int || self.float;
        match (self.text, self.bool, self.other, self.time) {
            (false, false, false, false) if number => {
                if self.float || self.missing {
                    Kind::Float
                } else {
                    Kind::Int
                }
            }
            (true, false, false, false) if !number => Kind::Text,
            (false, true, false, false) if !number && !self.missing => Kind::Bool,
            (false, false, false, true) if !number => Kind::Time,
            _ => Kind::Mixed,
        }
    }
}

/// What the texts of a CSV column can be read as.
#[derive(Debug, Clone, Copy)]
pub struct Sniffed {
    int: bool,
    float: bool,
    bool: bool,
    missing: bool,
    any: bool,
}

impl Default for Sniffed {
    fn default() -> Sniffed {
        Sniffed { int: true, float: true, bool: true, missing: false, any: false }
    }
}

impl Sniffed {
    /// Takes note of `text`.
    pub fn see(&mut self, text: &str) {
        if !(self.float || self.bool) && self.missing {
            return;
        }
        if is_missing(text) {
            self.missing = true;
            return;
        }
        self.any = true;
        if self.float && !(self.int && int(text).is_some()) {
            self.int = false;
            self.float = number(text).is_some();
        }
        self.bool = self.bool && truth(text).is_some();
    }

    /// Takes note of all that `other` noted.
    pub fn join(&mut self, other: Sniffed) {
        self.int &= other.int;
        self.float &= other.float;
        self.bool &= other.bool;
        self.missing |= other.missing;
        self.any |= other.any;
    }

    /// The kind of the column: whole numbers with gaps are `Float`, truths with gaps `Mixed`, nothing at all `Float`.
    pub fn kind(self) -> Kind {
        match self {
            Sniffed { any: false, missing: true, .. } => Kind::Float,
            Sniffed { any: false, .. } => Kind::Mixed,
            Sniffed { bool: true, missing, .. } => {
                if missing {
                    Kind::Mixed
                } else {
                    Kind::Bool
                }
            }
            Sniffed { int: true, missing: false, .. } => Kind::Int,
            Sniffed { float: true, .. } => Kind::Float,
            _ => Kind::Text,
        }
    }

    /// Appends what `text` says to a `column` of [`kind`](Self::kind). Says whether a column of that kind can hold it: when the
    /// kind was told from some of the rows only and all the others fit, it is the kind that all of them would have told.
    #[inline]
    pub fn push(text: &str, column: &mut Column) -> bool {
        // What nearly all cells are, without asking more than once what the column is.
        match column {
            Column::Float(values) => {
                if let Some(x) = decimal(text.as_bytes()) {
                    values.push(x);
                    return true;
                }
            }
            Column::Int(values) => {
                if let Some(n) = digits(text.as_bytes()) {
                    values.push(n);
                    return true;
                }
            }
            Column::Text(texts) => {
                let is_there = !is_missing(text);
                texts.push(is_there.then_some(text));
                return true;
            }
            _ => {}
        }
        Sniffed::push_other(text, column)
    }

    fn push_other(text: &str, column: &mut Column) -> bool {
        let kind = column.kind();
        if is_missing(text) {
            column.push(Cell::Missing);
            return !matches!(kind, Kind::Int | Kind::Bool);
        }
        let cell = match kind {
            Kind::Int => int(text).map(Cell::Int),
            Kind::Float => number(text).map(Cell::Float),
            Kind::Bool | Kind::Mixed => truth(text).map(Cell::Bool),
            Kind::Text | Kind::Time | Kind::Zoned => Some(Cell::Text(text)),
        };
        let other = if kind == Kind::Mixed { Cell::Text(text) } else { Cell::Missing };
        column.push(cell.unwrap_or(other));
        cell.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// A kind guessed of a few rows is the kind of all of them as long as all fit.
        #[test]
        fn a_guess_that_fits_is_right(picks in proptest::collection::vec(0usize..8, 1..7), head in 1usize..7) {
            let texts = ["1", "-20", "2.5", "", "NA", "true", "False", "x"];
            let rows: Vec<&str> = picks.iter().map(|at| texts[*at]).collect();
            let told = |rows: &[&str]| {
                let mut seen = Sniffed::default();
                rows.iter().for_each(|text| seen.see(text));
                seen.kind()
            };
            let (guess, kind) = (told(&rows[..head.min(rows.len())]), told(&rows));
            let mut column = Column::new(guess);
            let fits: Vec<bool> = rows.iter().map(|text| Sniffed::push(text, &mut column)).collect();
            proptest::prop_assert_eq!(!fits.contains(&false), guess == kind, "{:?}: {:?}, {:?}", rows, guess, kind);
        }
    }

    #[test]
    fn kinds_are_those_of_pandas() {
        let kind = |texts: &[&str]| {
            let mut seen = Sniffed::default();
            texts.iter().for_each(|text| seen.see(text));
            seen.kind()
        };
        let rows: &[(&[&str], Kind)] = &[
            (&["1", "-2", " 3"], Kind::Int),
            (&["1", ""], Kind::Float),
            (&["1", "2.5", "inf"], Kind::Float),
            (&["1", "x"], Kind::Text),
            (&["", "x", "1"], Kind::Text),
            (&["True", "false"], Kind::Bool),
            (&["True", "NA"], Kind::Mixed),
            (&["True", "1"], Kind::Text),
            (&["", "NaN"], Kind::Float),
            (&["99999999999999999999"], Kind::Float),
            (&["1_000"], Kind::Text),
            (&["0x10"], Kind::Text),
        ];
        for (texts, expected) in rows {
            assert_eq!(kind(texts), *expected, "{texts:?}");
        }
    }
}
