//! One value as the file gives it.

/// One value as the file gives it.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// An empty cell, `null`, an absent key.
    Missing,
    /// A number of a typed format.
    Number(f64),
    /// A truth value of a typed format.
    Flag(bool),
    /// Text; in CSV anything that is not empty.
    Text(&'a str),
    /// Several texts.
    List(Vec<String>),
    /// What no field can hold: an object, a list of lists.
    Other,
}

/// A cell that owns its text.
#[derive(Debug, Clone, PartialEq)]
pub enum OwnedCell {
    /// Anything but text.
    Plain(Cell<'static>),
    /// Text.
    Text(String),
}

impl OwnedCell {
    /// The cell.
    pub fn as_cell(&self) -> Cell<'_> {
        match self {
            OwnedCell::Plain(cell) => cell.clone(),
            OwnedCell::Text(text) => Cell::Text(text),
        }
    }
}

impl From<Cell<'_>> for OwnedCell {
    fn from(cell: Cell<'_>) -> OwnedCell {
        OwnedCell::Plain(match cell {
            Cell::Text(text) => return OwnedCell::Text(text.to_owned()),
            Cell::Missing => Cell::Missing,
            Cell::Number(x) => Cell::Number(x),
            Cell::Flag(flag) => Cell::Flag(flag),
            Cell::List(items) => Cell::List(items),
            Cell::Other => Cell::Other,
        })
    }
}
