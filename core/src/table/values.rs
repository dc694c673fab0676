//! Columns as numbers or as categories: what drift compares and a model is trained on.

use std::borrow::Cow;

use super::{Categories, Census, Column, Given, Nature, Reading, plain_name, word};

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

impl Vector {
    /// The values of a column: numbers of a column of numbers (or of nothing), else categories, flags too.
    pub fn of<'a>(column: impl Into<Given<'a>>) -> Vector {
        let given = column.into();
        let reading = given.read();
        match reading.census.nature() {
            Nature::Nothing | Nature::Numbers => Vector::Numbers(numbers(given.column, &reading)),
            nature => {
                let mut categories = Categories::default();
                categories.extend(given.column, if nature == Nature::Flags { flag_name } else { |text| text.into() });
                Vector::Categories(categories)
            }
        }
    }

    /// The values of two columns in one form: numbers where both together are (flags are, beside numbers), else categories that share
    /// their names. Flags are `true` and `false` however spelled; two columns of texts keep their spelling (`007`); beside a column of
    /// another kind a text has its [`plain_name`].
    pub fn pair<'a>(first: impl Into<Given<'a>>, second: impl Into<Given<'a>>) -> (Vector, Vector) {
        let (first, second) = (first.into(), second.into());
        let (one, other) = (first.read(), second.read());
        let nature = one.census.join(other.census).nature();
        if matches!(nature, Nature::Nothing | Nature::Numbers) {
            return (Vector::Numbers(numbers(first.column, &one)), Vector::Numbers(numbers(second.column, &other)));
        }
        let is_spelt = |given: Given<'_>, census: Census| matches!(given.column, Column::Text(_)) || census.present() == 0;
        let spell: fn(&str) -> Cow<'_, str> = match nature {
            Nature::Flags => flag_name,
            _ if is_spelt(first, one.census) && is_spelt(second, other.census) => |text| text.into(),
            _ => plain_name,
        };
        let mut both = Categories::default();
        both.extend(first.column, spell);
        both.extend(second.column, spell);
        let second = both.split_off(first.column.len());
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

/// `true` or `false` for a word that means it; another text stays.
fn flag_name(text: &str) -> Cow<'_, str> {
    word::flag(text).map_or(Cow::Borrowed(text), |flag| Cow::Borrowed(if flag { "true" } else { "false" }))
}

/// The numbers of a column that was read as `reading`; what is not a number is missing.
fn numbers(column: &Column, reading: &Reading) -> Vec<f64> {
    match column {
        Column::Float(values) => values.clone(),
        Column::Int(values) => values.iter().map(|n| *n as f64).collect(),
        Column::Text(texts) => reading.numbers(texts),
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

    #[test]
    fn numbers_of_texts_are_the_same_from_a_reading_made_before() {
        let mut column = Column::new(crate::table::Kind::Text);
        let texts = ["2.5", "-1e3", "Yes", "no", "x", "", "inf"];
        texts.iter().chain(["3"; 40].iter()).for_each(|text| column.push(crate::table::Cell::of_field(text)));
        let given = Given::untyped(&column);
        let reading = given.read().into_owned();
        let found = [given, Given { reading: Some(&reading), ..given }].map(|given| match Vector::of(given) {
            Vector::Numbers(values) => values.iter().take(7).map(|x| x.to_bits()).collect::<Vec<_>>(),
            Vector::Categories(_) => panic!("one odd text does not make them names"),
        });
        let expected = [2.5, -1000.0, 1.0, 0.0, f64::NAN, f64::NAN, f64::INFINITY];
        assert_eq!(found, [expected.map(f64::to_bits).to_vec(), expected.map(f64::to_bits).to_vec()]);
    }
}
