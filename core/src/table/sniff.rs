//! The kind of a column, detected from its values as pandas detects it.

use super::number::{decimal, digits, int, is_whole, number, whole};
use super::word::{is_missing, truth};
use super::{Cell, Column, Kind};

/// What the values of a typed format (JSON, Parquet) are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Kinds {
    missing: bool,
    bool: bool,
    int: bool,
    /// Whole numbers above `i64::MAX`, and below 0.
    uint: bool,
    negative: bool,
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
            Cell::Int(n) => {
                self.int = true;
                self.negative |= n < 0;
            }
            Cell::UInt(_) => self.uint = true,
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
        self.uint |= other.uint;
        self.negative |= other.negative;
        self.float |= other.float;
        self.text |= other.text;
        self.time |= other.time;
        self.other |= other.other;
    }

    /// The kind of a column of these.
    pub fn kind(self) -> Kind {
        let number = self.int || self.uint || self.float;
        match (self.text, self.bool, self.other, self.time) {
            (false, false, false, false) if number => match (self.float, self.uint) {
                (true, _) => Kind::Float,
                // No type of numbers holds them all exactly.
                (false, true) if self.missing || self.negative => Kind::Mixed,
                (false, true) => Kind::UInt,
                (false, false) if self.missing => Kind::Float,
                (false, false) => Kind::Int,
            },
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
    /// Whether all are whole numbers, and whether one is above `i64::MAX`, has more than 64 bits, or is below 0.
    int: bool,
    uint: bool,
    beyond: bool,
    negative: bool,
    float: bool,
    bool: bool,
    missing: bool,
    any: bool,
}

impl Default for Sniffed {
    fn default() -> Sniffed {
        Sniffed { int: true, uint: false, beyond: false, negative: false, float: true, bool: true, missing: false, any: false }
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
        if self.float && !(self.int && self.see_whole(text)) {
            self.int = false;
            self.float = number(text).is_some();
        }
        self.bool = self.bool && truth(text).is_some();
    }

    fn see_whole(&mut self, text: &str) -> bool {
        if let Some(n) = int(text) {
            self.negative |= n < 0;
            return true;
        }
        let is_whole = is_whole(text);
        match whole(text) {
            Some(_) => self.uint = true,
            None => self.beyond |= is_whole,
        }
        is_whole
    }

    /// Takes note of all that `other` noted.
    pub fn join(&mut self, other: Sniffed) {
        self.int &= other.int;
        self.uint |= other.uint;
        self.beyond |= other.beyond;
        self.negative |= other.negative;
        self.float &= other.float;
        self.bool &= other.bool;
        self.missing |= other.missing;
        self.any |= other.any;
    }

    /// The kind of the column: whole numbers with gaps are `Float`, truths with gaps `Mixed`, nothing at all `Float`. Whole numbers
    /// of more than 64 bits, and those above `i64::MAX` beside gaps or negative ones, make it `Text`: no type of numbers holds them all
    /// exactly.
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
            Sniffed { int: true, beyond: true, .. } => Kind::Text,
            Sniffed { int: true, uint: true, missing, negative, .. } => {
                if missing || negative {
                    Kind::Text
                } else {
                    Kind::UInt
                }
            }
            Sniffed { int: true, missing: false, .. } => Kind::Int,
            Sniffed { float: true, .. } => Kind::Float,
            _ => Kind::Text,
        }
    }

    /// Whether the kind can only change to one that does not hold a later value. Whole numbers kept as texts become numbers if a value with
    /// a fraction follows.
    pub fn is_settled(self) -> bool {
        !(self.float && self.kind() == Kind::Text)
    }

    /// Appends what `text` says to a `column` of [`kind`](Self::kind). Returns whether the kind is certain to stay: when it was
    /// [settled](Self::is_settled) by some of the rows and all the others return true, it is the kind of all of them.
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
            return !matches!(kind, Kind::Int | Kind::UInt | Kind::Bool);
        }
        let cell = match kind {
            Kind::Int => int(text).map(Cell::Int),
            Kind::UInt => whole(text).map(Cell::of_whole),
            Kind::Float => number(text).map(Cell::Float),
            Kind::Bool | Kind::Mixed => truth(text).map(Cell::Bool),
            Kind::Text | Kind::Time | Kind::Zoned => Some(Cell::Text(text)),
        };
        let other = if kind == Kind::Mixed { Cell::Text(text) } else { Cell::Missing };
        column.push(cell.unwrap_or(other));
        // A whole number that no double holds may make the column one of whole numbers or of texts.
        cell.is_some() && !(kind == Kind::Float && int(text).is_none() && is_whole(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// A kind guessed of a few rows is the kind of all of them as long as all fit.
        #[test]
        fn a_guess_that_fits_is_right(picks in proptest::collection::vec(0usize..10, 1..7), head in 1usize..7) {
            let texts = ["1", "-20", "2.5", "", "NA", "true", "False", "x", "18446744073709551615", "-99999999999999999999"];
            let rows: Vec<&str> = picks.iter().map(|at| texts[*at]).collect();
            let kinds = |rows: &[&str]| {
                let mut seen = Sniffed::default();
                rows.iter().for_each(|text| seen.see(text));
                (seen.kind(), seen.is_settled())
            };
            let ((guess, is_settled), (kind, _)) = (kinds(&rows[..head.min(rows.len())]), kinds(&rows));
            proptest::prop_assume!(is_settled);
            let mut column = Column::new(guess);
            let fits: Vec<bool> = rows.iter().map(|text| Sniffed::push(text, &mut column)).collect();
            let all_fit = !fits.contains(&false);
            proptest::prop_assert!(!all_fit || guess == kind, "{:?}: {:?}, {:?}", rows, guess, kind);
            // Only such numbers may ask for a second look that changes nothing.
            proptest::prop_assert!(all_fit || guess != kind || picks.iter().any(|at| *at > 7), "{:?}: {:?}", rows, guess);
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
            (&["99999999999999999999"], Kind::Text),
            (&["1.5", "99999999999999999999"], Kind::Float),
            (&["1", "18446744073709551615"], Kind::UInt),
            (&["-1", "18446744073709551615"], Kind::Text),
            (&["", "18446744073709551615"], Kind::Text),
            (&["0.5", "18446744073709551615"], Kind::Float),
            (&["1_000"], Kind::Text),
            (&["0x10"], Kind::Text),
        ];
        for (texts, expected) in rows {
            assert_eq!(kind(texts), *expected, "{texts:?}");
        }
    }
}
