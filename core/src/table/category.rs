//! A column of names, each as a place in a list.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Cell, Column, int, number, word};

/// The code of a missing name.
pub const MISSING: u32 = u32::MAX;

/// The name that a typed cell of the value in `text` has: `True` is `true`, `1.0` and `01` are `1`; any other text is its own name.
///
/// # Example
/// ```
/// use plumbline_core::table::plain_name;
/// assert_eq!(["True", "1.0", "01", "web"].map(plain_name), ["true", "1", "1", "web"]);
/// ```
pub fn plain_name(text: &str) -> Cow<'_, str> {
    let flag = || word::truth(text).map(Cell::Bool);
    let value = int(text).map(Cell::Int).or_else(flag).or_else(|| number(text).map(Cell::of_number));
    value.and_then(Cell::read_name).unwrap_or(Cow::Borrowed(text))
}

/// Names of rows, each as a place in a list of the distinct ones.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Categories {
    codes: Vec<u32>,
    names: Vec<String>,
    places: BTreeMap<String, u32>,
}

impl Categories {
    /// The names of `column`, as [`Cell::read_name`](super::Cell::read_name) reads them.
    pub fn of(column: &Column) -> Categories {
        let mut categories = Categories::default();
        categories.extend(column, |text| text.into());
        categories
    }

    /// Appends the names of `column`, each as `spell` spells it.
    pub fn extend(&mut self, column: &Column, spell: fn(&str) -> Cow<'_, str>) {
        let Column::Text(texts) = column else {
            let name = |row: usize| column.cell(row).read_name();
            return (0..column.len()).for_each(|row| self.push(name(row).as_deref().map(spell).as_deref()));
        };
        // Equal texts of a batch are mostly one entry: each is looked up once.
        let text = |entry: u32| texts.entry(entry).map(word::trim).filter(|text| !text.is_empty());
        let codes: Vec<u32> = (0..texts.entries() as u32).map(|entry| self.code(text(entry).map(spell).as_deref())).collect();
        self.codes.extend(texts.rows().iter().map(|entry| codes.get(*entry as usize).copied().unwrap_or(MISSING)));
    }

    /// Appends a row; none is missing.
    pub fn push(&mut self, name: Option<&str>) {
        let code = self.code(name);
        self.codes.push(code);
    }

    fn code(&mut self, name: Option<&str>) -> u32 {
        let Some(name) = name else { return MISSING };
        if let Some(code) = self.places.get(name) {
            return *code;
        }
        let code = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.places.insert(name.to_owned(), code);
        code
    }

    /// A place in [`names`](Self::names) for each row, or [`MISSING`].
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The distinct names, in the order they turned up.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The name of each row.
    pub fn rows(&self) -> impl Iterator<Item = Option<&str>> {
        self.codes.iter().map(|code| self.names.get(*code as usize).map(String::as_str))
    }

    /// The rows from `row` on, with the names of all.
    pub fn split_off(&mut self, row: usize) -> Categories {
        Categories { codes: self.codes.split_off(row), names: self.names.clone(), places: self.places.clone() }
    }
}
