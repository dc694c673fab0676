//! What a record is stored as: named, typed columns and the cells of one row.

/// One column of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What its cells hold.
    pub kind: ColumnType,
    /// Whether a cell may be null.
    pub nullable: bool,
}

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// A whole number; a flag is 0 or 1.
    Integer,
    /// A double.
    Real,
    /// Text.
    Text,
}

/// One cell of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// Nothing is known.
    Null,
    /// A whole number.
    Integer(i64),
    /// A finite double.
    Real(f64),
    /// Text.
    Text(&'a str),
}

impl Column {
    /// A column whose cells are never null.
    pub(super) const fn required(name: &'static str, kind: ColumnType) -> Column {
        Column { name, kind, nullable: false }
    }

    /// A column whose cells may be null.
    pub(super) const fn optional(name: &'static str, kind: ColumnType) -> Column {
        Column { name, kind, nullable: true }
    }
}

impl ColumnType {
    /// The type's name in SQL.
    pub fn sql(self) -> &'static str {
        match self {
            ColumnType::Integer => "INTEGER",
            ColumnType::Real => "REAL",
            ColumnType::Text => "TEXT",
        }
    }
}

impl<'a> Cell<'a> {
    pub(super) fn text(text: Option<&'a str>) -> Cell<'a> {
        text.map_or(Cell::Null, Cell::Text)
    }

    /// What is not finite is null.
    pub(super) fn real(x: Option<f64>) -> Cell<'a> {
        x.filter(|x| x.is_finite()).map_or(Cell::Null, Cell::Real)
    }
}
