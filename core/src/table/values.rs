//! Columns as numbers or as categories: what drift compares and a model is trained on.

use std::borrow::Cow;

use super::{Categories, Cell, Column, plain_name};

/// The values of one column, borrowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Values<'a> {
    /// Numbers; NaN is missing.
    Numbers(&'a [f64]),
    /// Places in `names`; any place behind its end is missing.
    Categories {
        /// The place of each row's category.
        codes: &'a [u32],
        /// The categories.
        names: &'a [String],
    },
}

impl Values<'_> {
    /// How many rows there are, missing values among them.
    pub fn rows(&self) -> usize {
        match self {
            Values::Numbers(values) => values.len(),
            Values::Categories { codes, .. } => codes.len(),
        }
    }
}

/// The values of one column.
#[derive(Debug, Clone, PartialEq)]
pub enum Vector {
    /// Numbers; NaN is missing.
    Numbers(Vec<f64>),
    /// Categories.
    Categories(Categories),
}

/// What the values of a column are good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nature {
    /// There is none.
    Nothing,
    Flags,
    Numbers,
    Names,
}

impl Nature {
    fn of(column: &Column) -> Nature {
        let of_cell = |cell: Cell<'_>| match cell {
            Cell::Missing => Nature::Nothing,
            Cell::Bool(_) => Nature::Flags,
            Cell::Int(_) | Cell::UInt(_) | Cell::Float(_) => Nature::Numbers,
            Cell::Text(_) | Cell::Time(_) | Cell::Other(_) => Nature::Names,
        };
        match column {
            Column::Int(values) if !values.is_empty() => Nature::Numbers,
            Column::UInt(values) if !values.is_empty() => Nature::Numbers,
            Column::Float(values) if values.iter().any(|x| !x.is_nan()) => Nature::Numbers,
            Column::Bool(values) if !values.is_empty() => Nature::Flags,
            Column::Text(texts) if texts.entries() > 0 => Nature::Names,
            Column::Int(_) | Column::UInt(_) | Column::Float(_) | Column::Bool(_) | Column::Text(_) => Nature::Nothing,
            Column::Time { .. } | Column::Mixed(_) => {
                (0..column.len()).map(|row| of_cell(column.cell(row))).fold(Nature::Nothing, Nature::join)
            }
        }
    }

    fn join(self, other: Nature) -> Nature {
        match (self, other) {
            (Nature::Nothing, nature) | (nature, Nature::Nothing) => nature,
            (Nature::Flags, Nature::Flags) => Nature::Flags,
            (Nature::Names, _) | (_, Nature::Names) => Nature::Names,
            _ => Nature::Numbers,
        }
    }

    fn is_numeric(self) -> bool {
        matches!(self, Nature::Nothing | Nature::Numbers)
    }
}

impl Vector {
    /// The values of `column`: numbers of a column of numbers (or of nothing), else categories, flags too.
    pub fn of(column: &Column) -> Vector {
        if Nature::of(column).is_numeric() {
            Vector::Numbers(numbers(column))
        } else {
            Vector::Categories(Categories::of(column))
        }
    }

    /// The values of two columns in one form: numbers where both can be (flags are, beside numbers), else categories that share their
    /// names. Two columns of texts keep their spelling (`007`); beside a column of another kind a text has its [`plain_name`].
    pub fn pair(first: &Column, second: &Column) -> (Vector, Vector) {
        if Nature::of(first).join(Nature::of(second)).is_numeric() {
            return (Vector::Numbers(numbers(first)), Vector::Numbers(numbers(second)));
        }
        let is_spelt = |column: &Column| matches!(column, Column::Text(_)) || Nature::of(column) == Nature::Nothing;
        let spell: fn(&str) -> Cow<'_, str> = if is_spelt(first) && is_spelt(second) { |text| text.into() } else { plain_name };
        let mut both = Categories::default();
        both.extend(first, spell);
        both.extend(second, spell);
        let second = both.split_off(first.len());
        (Vector::Categories(both), Vector::Categories(second))
    }

    /// The values, borrowed.
    pub fn values(&self) -> Values<'_> {
        match self {
            Vector::Numbers(values) => Values::Numbers(values),
            Vector::Categories(categories) => Values::Categories { codes: categories.codes(), names: categories.names() },
        }
    }
}

fn numbers(column: &Column) -> Vec<f64> {
    match column {
        Column::Float(values) => values.clone(),
        Column::Int(values) => values.iter().map(|n| *n as f64).collect(),
        _ => (0..column.len()).map(|row| column.cell(row).numeric().unwrap_or(f64::NAN)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pairs_take_the_form_both_have() {
        let column = |value: serde_json::Value| Column::of_json(value.as_array().unwrap());
        let rows = [
            (json!([1, 2]), json!([null, 2.5]), true),
            (json!([1, 2]), json!([null]), true),
            (json!([null]), json!([null]), true),
            (json!([1, 0]), json!([true, null]), true),
            (json!([true, null]), json!([false]), false),
            (json!([true]), json!([null]), false),
            (json!([1, 2]), json!(["2", "x"]), false),
            (json!([null]), json!(["x"]), false),
        ];
        for (first, second, is_numeric) in rows {
            for (a, b) in [(&first, &second), (&second, &first)] {
                let (a, b) = Vector::pair(&column(a.clone()), &column(b.clone()));
                let numeric = [&a, &b].map(|vector| matches!(vector, Vector::Numbers(_)));
                assert_eq!(numeric, [is_numeric; 2], "{first} {second}");
            }
        }
        let (first, second) = Vector::pair(&column(json!([1, null, 2])), &column(json!(["2", "x", ""])));
        let names = ["1", "2", "x"].map(str::to_owned);
        assert_eq!(first.values(), Values::Categories { codes: &[0, super::super::MISSING, 1], names: &names });
        assert_eq!(second.values(), Values::Categories { codes: &[1, 2, super::super::MISSING], names: &names });
    }

    #[test]
    fn a_text_has_the_name_of_a_typed_cell_beside_one() {
        let names = |first: serde_json::Value, second: serde_json::Value| {
            let column = |value: &serde_json::Value| Column::of_json(value.as_array().unwrap());
            let (first, second) = Vector::pair(&column(&first), &column(&second));
            [first, second].map(|vector| match vector {
                Vector::Numbers(_) => panic!("they are names"),
                Vector::Categories(names) => {
                    names.rows().map(|name| name.unwrap_or("-").to_owned()).collect::<Vec<_>>().join(" ")
                }
            })
        };
        assert_eq!(names(json!([1, 2.5]), json!(["1.0", "02.50", "unknown", ""])), ["1 2.5", "1 2.5 unknown -"]);
        assert_eq!(names(json!([true, false]), json!(["True", "FALSE", "maybe"])), ["true false", "true false maybe"]);
        assert_eq!(names(json!(["007", "7"]), json!(["7", "True"])), ["007 7", "7 True"]);
        assert_eq!(names(json!([null]), json!(["007", "x"])), ["-", "007 x"]);
    }
}
