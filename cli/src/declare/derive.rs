//! Which fields make the columns of a model: from its names and categories, and from the leads where they are given.

use std::borrow::Cow;
use std::collections::BTreeMap;

use plumbline_core::model::Model;
use plumbline_core::schema::FieldKind;
use plumbline_core::table::{Categories, Cell, Census, Column, Nature};

use super::scale::Thresholds;

use crate::output::terminal::thousands;
use crate::table::columns::{Columns, Named};
use crate::table::places::places_of;

/// The most distinct values of a column that may be one-hot encoded.
const VALUES: usize = 2_000;
/// Names of columns that identify a lead.
const IDS: [&str; 6] = ["lead_id", "id", "lead id", "prospect id", "lead number", "leadid"];

/// A declaration to be written.
#[derive(Debug, Default)]
pub struct Sketch {
    /// Fields, in the model's order; the id first.
    pub fields: Vec<FieldSketch>,
    /// Features, in the model's order.
    pub features: Vec<FeatureSketch>,
}

/// A field to be declared.
#[derive(Debug)]
pub struct FieldSketch {
    pub name: String,
    pub kind: FieldKind,
    pub is_id: bool,
    pub categories: Vec<String>,
    /// What the leads say of it.
    pub comment: String,
    /// What could not be derived.
    pub check: String,
}

/// A feature to be declared.
#[derive(Debug)]
pub struct FeatureSketch {
    pub name: String,
    pub from: String,
    /// 1 where the field is missing.
    pub is_missing: bool,
    /// One-hot columns, one per category; empty for one column.
    pub columns: Vec<String>,
}

/// What the fields and features of `model` are, whose columns mean `meanings` and whose categories have these `texts`, per column.
pub fn sketch(model: &Model, texts: &[Vec<String>], meanings: &[String], table: Option<&Columns>) -> Sketch {
    let mut sketch = Sketch::default();
    let known = Known::of(table, meanings);
    let thresholds = Thresholds::of(model);
    let mut groups: BTreeMap<usize, usize> = BTreeMap::new();
    for (at, (column, meaning)) in model.columns.iter().zip(meanings).enumerate() {
        let texts = texts.get(at).map_or(&[] as &[String], Vec::as_slice);
        let place = known.places.get(at).copied().flatten();
        if place.is_none()
            && let Some((source, value)) = known.one_hot(meaning)
        {
            let name = known.name(source);
            let group = *groups.entry(source).or_insert_with(|| {
                sketch.fields.push(FieldSketch {
                    name: name.clone(),
                    kind: FieldKind::Category,
                    is_id: false,
                    categories: Vec::new(),
                    comment: known.comment(source),
                    check: String::new(),
                });
                let (from, columns) = (name.clone(), Vec::new());
                sketch.features.push(FeatureSketch { name: name.clone(), from, is_missing: false, columns });
                sketch.features.len() - 1
            });
            match value {
                None => {
                    let (name, columns) = (column.name.clone(), Vec::new());
                    sketch.features.push(FeatureSketch { name, from: known.name(source), is_missing: true, columns });
                }
                Some(value) => {
                    let field = sketch.fields.iter_mut().find(|field| field.name == name);
                    field.into_iter().for_each(|field| field.categories.push(value.clone()));
                    let feature = sketch.features.get_mut(group);
                    feature.into_iter().for_each(|feature| feature.columns.push(column.name.clone()));
                }
            }
            continue;
        }
        let name = place.map_or_else(|| meaning.clone(), |place| known.wanted(place, meaning));
        let mut field = FieldSketch {
            kind: if column.categorical { FieldKind::Category } else { FieldKind::Number },
            is_id: false,
            categories: texts.to_vec(),
            comment: place.map_or_else(String::new, |place| known.comment(place)),
            check: String::new(),
            name,
        };
        match place.and_then(|place| known.data(place)) {
            // Digits with leading zeros are texts, which pandas reads as numbers unless it is given dtype=str.
            Some(_) if column.categorical && place.is_some_and(|place| known.is_code(place)) => {
                if texts.is_empty() {
                    field.categories = place.map_or_else(Vec::new, |place| known.sorted(place));
                    field.check.push_str("the order is pandas', because the model's file has no names");
                } else if !place.is_some_and(|place| known.knows_one(place, texts)) {
                    field
                        .check
                        .push_str("the leads write leading zeros, the model's categories have none: they would be unknown to it");
                }
            }
            Some(Column::Int(_) | Column::UInt(_) | Column::Float(_)) if !column.categorical => {
                let range = place.and_then(|place| known.range(place));
                field.check.extend(range.and_then(|range| thresholds.scaled(at, range)));
            }
            Some(Column::Bool(_)) if !column.categorical => field.kind = FieldKind::Flag,
            Some(Column::Time { .. }) if !column.categorical => {
                field.kind = FieldKind::Date;
                field.check.push_str("the model reads days since 1970");
            }
            Some(data @ Column::Text(_)) if column.categorical && texts.is_empty() => {
                let mut names = Categories::of(data).names().to_vec();
                names.sort();
                field.categories = names;
                field.check.push_str("the order is pandas', because the model's file has no names");
            }
            Some(Column::Text(_)) if !column.categorical && place.is_some_and(|place| known.is_flag(place)) => {
                field.kind = FieldKind::Flag;
                field.check.push_str("yes is 1 and no is 0 to the model");
            }
            Some(Column::Text(_)) if !column.categorical => field.check.push_str("the model reads a number"),
            None if table.is_some() => field.check.push_str("no such column in the leads"),
            _ => {}
        }
        if sketch.fields.iter().any(|other| other.name == field.name) {
            continue;
        }
        if field.name != column.name {
            let (name, from) = (column.name.clone(), field.name.clone());
            sketch.features.push(FeatureSketch { name, from, is_missing: false, columns: Vec::new() });
        }
        sketch.fields.push(field);
    }
    known.complete(&groups, &mut sketch);
    if let Some(id) = known.id(&sketch) {
        let comment = "identifies the lead; the model never reads it".to_owned();
        let field =
            FieldSketch { name: id, kind: FieldKind::Text, is_id: true, categories: Vec::new(), comment, check: String::new() };
        sketch.fields.insert(0, field);
    }
    sketch
}

/// The leads, where they are given.
struct Known<'a> {
    columns: Vec<(&'a str, Cow<'a, Column>)>,
    names: Vec<String>,
    /// Per column of the model the one that it names, as it stands or behind the name of a scikit-learn transformer.
    places: Vec<Option<usize>>,
    /// Per column its distinct values, as the leads write them, where they are few enough to be one-hot encoded.
    values: Vec<Option<Vec<String>>>,
    /// Per column whether it has digits with leading zeros.
    codes: Vec<bool>,
}

impl<'a> Known<'a> {
    fn of(table: Option<&'a Columns>, meanings: &[String]) -> Known<'a> {
        let columns = table.into_iter().flat_map(|table| &table.columns).map(|named| (named.name.as_str(), named.typed()));
        let columns: Vec<(&str, Cow<'_, Column>)> = columns.collect();
        // What pandas takes for numbers and has leading zeros is a code.
        let is_code = |(named, (_, column)): (&Named, &(&str, Cow<'_, Column>))| {
            !matches!(**column, Column::Text(_)) && Census::of(named.given()).nature() == Nature::Names
        };
        let named = || table.into_iter().flat_map(|table| &table.columns);
        let codes: Vec<bool> = named().zip(&columns).map(is_code).collect();
        let values = |((named, (_, column)), is_code): ((&Named, &(&str, Cow<'_, Column>)), &bool)| {
            let written = if *is_code { named.given().column } else { &**column };
            let names = Categories::of(written).names().to_vec();
            (names.len() <= VALUES).then_some(names)
        };
        let values = named().zip(&columns).zip(&codes).map(values).collect();
        let names: Vec<String> = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        let direct = places_of(&names, meanings.iter().map(String::as_str));
        let behind =
            places_of(&names, meanings.iter().map(|meaning| meaning.split_once("__").map_or(meaning.as_str(), |(_, rest)| rest)));
        Known {
            places: direct.into_iter().zip(behind).map(|(direct, behind)| direct.or(behind)).collect(),
            names,
            values,
            codes,
            columns,
        }
    }

    fn data(&self, place: usize) -> Option<&Column> {
        self.columns.get(place).map(|(_, column)| &**column)
    }

    fn name(&self, place: usize) -> String {
        self.names.get(place).cloned().unwrap_or_default()
    }

    /// Whether a column has digits with leading zeros.
    fn is_code(&self, place: usize) -> bool {
        self.codes.get(place) == Some(&true)
    }

    /// The distinct values of a column in order.
    fn sorted(&self, place: usize) -> Vec<String> {
        let mut values = self.values.get(place).cloned().flatten().unwrap_or_default();
        values.sort();
        values
    }

    /// Whether one of the column's values is in `texts`.
    fn knows_one(&self, place: usize, texts: &[String]) -> bool {
        self.values.get(place).and_then(Option::as_ref).is_some_and(|values| values.iter().any(|value| texts.contains(value)))
    }

    /// The least and the greatest number of a column.
    fn range(&self, place: usize) -> Option<(f64, f64)> {
        let column = self.data(place)?;
        let numbers = (0..column.len()).filter_map(|row| column.cell(row).read_number().ok().flatten()).filter(|x| x.is_finite());
        let (low, high) = numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        (low <= high).then_some((low, high))
    }

    /// Whether a column of texts says yes or no.
    fn is_flag(&self, place: usize) -> bool {
        let is_word =
            |value: &String| ["yes", "no", "true", "false", "y", "n", "t", "f"].contains(&value.to_lowercase().as_str());
        self.values.get(place).and_then(Option::as_ref).is_some_and(|values| !values.is_empty() && values.iter().all(is_word))
    }

    /// The field's name: the column's, or the model's own where a column has none.
    fn wanted(&self, place: usize, meaning: &str) -> String {
        let name = self.name(place);
        if name.is_empty() || underlined(&name) == meaning { meaning.to_owned() } else { name }
    }

    /// The column and the value that `meaning` names, `column_value`; no value for missing ones. The longest name wins.
    fn one_hot(&self, meaning: &str) -> Option<(usize, Option<String>)> {
        let behind = meaning.split_once("__").map(|(_, rest)| rest);
        let found = [Some(meaning), behind].into_iter().flatten().flat_map(|meaning| {
            self.names.iter().enumerate().filter_map(move |(place, name)| {
                let value =
                    meaning.strip_prefix(name.as_str()).or_else(|| meaning.strip_prefix(&underlined(name)))?.strip_prefix('_')?;
                let values = self.values.get(place)?.as_ref()?;
                let same = |known: &&String| **known == value || underlined(known) == value;
                let known = values.iter().find(same).cloned();
                // A number is a category as the model spells it: 1.0 in a column with gaps; a code as the leads write it.
                let is_spelled = |known: &&String| spelled(known).any(|other| other == value);
                let other = || {
                    values.iter().find(is_spelled).map(|known| if self.is_code(place) { known.clone() } else { value.to_owned() })
                };
                match known.or_else(other) {
                    Some(known) => Some((name.len(), place, Some(known))),
                    None => (value == "nan" || value == "None").then_some((name.len(), place, None)),
                }
            })
        });
        found.max_by_key(|(length, ..)| *length).map(|(_, place, value)| (place, value))
    }

    /// Values of one-hot encoded columns that have no column of their own are categories all the same.
    fn complete(&self, groups: &BTreeMap<usize, usize>, sketch: &mut Sketch) {
        for (source, group) in groups {
            let name = self.name(*source);
            let Some(field) = sketch.fields.iter_mut().find(|field| field.name == name) else { continue };
            let Some(feature) = sketch.features.get_mut(*group) else { continue };
            let is_listed = |value: &String| {
                let same = |category: &String| category == value || spelled(value).any(|other| other == *category);
                field.categories.iter().any(same)
            };
            let rest: Vec<String> =
                self.values.get(*source).into_iter().flatten().flatten().filter(|value| !is_listed(value)).cloned().collect();
            if !rest.is_empty() {
                let some = rest.iter().take(3).map(|value| format!("{value:?}")).collect::<Vec<_>>().join(", ");
                field.check.push_str(&format!("{} of its values have no column: {some}", rest.len()));
            }
            feature.columns.extend(rest.iter().map(|_| String::new()));
            field.categories.extend(rest);
        }
        // A group that only has a column for missing values.
        sketch.features.retain(|feature| feature.is_missing || !feature.columns.is_empty() || feature.from != feature.name);
    }

    /// The name of the column that identifies a lead.
    fn id(&self, sketch: &Sketch) -> Option<String> {
        let free = |name: &&String| !sketch.fields.iter().any(|field| field.name == **name);
        let lower = |name: &String| name.to_lowercase();
        let usual = IDS.iter().find_map(|id| self.names.iter().filter(free).find(|name| lower(name) == *id));
        let ending = || self.names.iter().filter(free).find(|name| lower(name).ends_with("_id") || lower(name).ends_with(" id"));
        usual.or_else(ending).cloned()
    }

    /// What the leads say of a column.
    fn comment(&self, place: usize) -> String {
        let Some(column) = self.data(place) else { return String::new() };
        let rows = column.len();
        let missing = (0..rows).filter(|row| matches!(column.cell(*row), Cell::Missing)).count();
        let gaps = if missing == 0 {
            String::new()
        } else {
            format!(", {} of {} missing", thousands(missing as u64), thousands(rows as u64))
        };
        match column {
            Column::Int(_) | Column::UInt(_) | Column::Float(_) if !self.is_code(place) => match self.range(place) {
                Some((low, high)) => format!("{low} to {high}{gaps}"),
                None => format!("always missing{gaps}"),
            },
            _ => match self.values.get(place).and_then(Option::as_ref) {
                Some(values) => format!("{} values{gaps}", values.len()),
                None => format!("more than {VALUES} values{gaps}"),
            },
        }
    }
}

/// As LightGBM writes names.
fn underlined(text: &str) -> String {
    text.chars().map(|c| if c.is_whitespace() { '_' } else { c }).collect()
}

/// Other spellings of a value in the name of a one-hot column: numbers as floats, codes without their leading zeros, booleans as Python
/// writes them.
fn spelled(value: &str) -> impl Iterator<Item = String> {
    let whole = value.parse::<i64>().ok();
    let float = whole.map(|n| format!("{n}.0"));
    let short = whole.map(|n| n.to_string()).filter(|short| short != value);
    let flag = match value {
        "true" => Some("True".to_owned()),
        "false" => Some("False".to_owned()),
        _ => None,
    };
    short.into_iter().chain(float).chain(flag)
}
