//! The fields of a table that a model is trained on, where no schema says so.

use std::borrow::Cow;
use std::collections::BTreeSet;

use plumbline_core::bundle::Declaration;
use plumbline_core::model::{Arithmetic, Body, Column, Ensemble, Link, Model};
use plumbline_core::table::{Categories, Cell, Census, Column as Values, Nature};

use super::spread;
use crate::Failure;
use crate::declare::{sketch, written};
use crate::input::declaration::declaration;
use crate::output::terminal::thousands;
use crate::report::train::NotTrainedOn;
use crate::table::columns::Columns;

/// A category field may have so many values, and on average so many leads each.
pub const MOST_VALUES: usize = 1_000;
pub const LEADS_EACH: usize = 5;
/// Nearly all values are different: this part of them.
const NEARLY: (usize, usize) = (9, 10);
/// Why dates are left out: a raw date only separates later leads from earlier ones, which does not help with new leads.
const DATE: Reason = ("COLUMN_IS_DATE", Cow::Borrowed("it is a date; declare with --schema what is made of it"));
const ONE_VALUE: Reason = ("COLUMN_ONE_VALUE", Cow::Borrowed("it has one value"));

/// Why a column is left out: a stable code, and words.
type Reason = (&'static str, Cow<'static, str>);

/// What is trained on, and what is not, with the reason.
pub struct Fields {
    /// The declaration.
    pub declaration: Declaration,
    /// The fields as they stand, one column each: what is asked whether it was known in time.
    pub plain: Declaration,
    /// It, as TOML.
    pub text: String,
    /// Columns that are left out, each with the reason.
    pub left_out: Vec<NotTrainedOn>,
}

/// The fields of `table`: all columns but those in `apart` (outcome, time, and what the caller leaves out), and those that identify a lead,
/// have one value or are free text.
///
/// With `is_linear` its features are what a weighted sum can read.
///
/// # Errors
/// No column is left.
pub fn fields(table: &Columns, apart: &BTreeSet<&str>, title: &str, is_linear: bool) -> Result<Fields, Failure> {
    let (mut columns, mut texts, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    for named in &table.columns {
        let name = named.name.as_str();
        if name.is_empty() || apart.contains(name) {
            continue;
        }
        match kind(table, named) {
            Ok((categorical, categories)) => {
                columns.push(Column { name: name.to_owned(), categorical });
                texts.push(categories);
            }
            Err((code, reason)) => {
                left_out.push(NotTrainedOn { column: name.to_owned(), code, reason: reason.into_owned() });
            }
        }
    }
    if columns.is_empty() {
        let message = "no column can be trained on; --schema says what the leads hold";
        return Err(Failure::input(&table.place, "TRAIN_NO_COLUMNS", message));
    }
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let ensemble = Ensemble { arithmetic: Arithmetic::F64, base: vec![0.0], trees: Vec::new() };
    let model = Model { columns, body: Body::Trees(ensemble), link: Link::Logistic { scale: 1.0 }, outputs: 1 };
    let mut text = written(&sketch(&model, &texts, &names, Some(table)), title, &[]);
    let read = |text: &str| declaration(text.as_bytes(), "the schema that was derived".to_owned());
    let plain = read(&text)?;
    if is_linear {
        text.push_str(&spread::features(table, &model.columns));
    }
    Ok(Fields { declaration: read(&text)?, plain, text, left_out })
}

/// Whether a column holds categories, and which; or why it is not trained on.
fn kind(table: &Columns, named: &crate::table::columns::Named) -> Result<(bool, Vec<String>), Reason> {
    let typed = named.typed();
    let distinct = || {
        let mut names = Categories::of(&typed).names().to_vec();
        names.sort();
        names
    };
    if is_id(&named.name) {
        return Err(("COLUMN_IS_ID", "it identifies a lead".into()));
    }
    match (&*typed, Census::of(named.given()).nature()) {
        (_, Nature::Nothing) => Err(("COLUMN_EMPTY", "it is always missing".into())),
        (Values::Time { .. }, _) => Err(DATE),
        (Values::Int(_) | Values::UInt(_) | Values::Float(_), Nature::Numbers | Nature::Flags) => {
            let mut numbers = (0..typed.len()).filter_map(|row| typed.cell(row).read_number().ok().flatten());
            let first = numbers.next();
            if numbers.all(|number| Some(number) == first) { Err(ONE_VALUE) } else { Ok((false, Vec::new())) }
        }
        (Values::Bool(_), _) | (_, Nature::Flags) => {
            if distinct().len() < 2 {
                Err(ONE_VALUE)
            } else {
                Ok((false, Vec::new()))
            }
        }
        _ if is_date(&typed) => Err(DATE),
        _ => {
            let names = distinct();
            let most = MOST_VALUES.min((table.rows / LEADS_EACH).max(2));
            match names.len() {
                0 | 1 => Err(ONE_VALUE),
                count if count > most => Err(too_many(count, &typed)),
                _ => Ok((true, names)),
            }
        }
    }
}

/// Why a column with `count` different names is no category.
fn too_many(count: usize, column: &Values) -> Reason {
    let present = (0..column.len()).filter(|row| !matches!(column.cell(*row), Cell::Missing)).count();
    let (different, leads) = (thousands(count as u64), thousands(present as u64));
    let found = format!("it has {different} different values in {leads} leads");
    if count * NEARLY.1 >= present * NEARLY.0 {
        let reason = format!("{found}: it looks like an id or free text; declare with --schema what is made of it");
        ("COLUMN_ID_LIKE", reason.into())
    } else {
        ("COLUMN_TOO_MANY_VALUES", format!("{found}, too many for a category: it seems to be free text").into())
    }
}

/// Whether every value is a date or a time.
fn is_date(column: &Values) -> bool {
    let mut cells = (0..column.len()).map(|row| column.cell(row)).filter(|cell| !matches!(cell, Cell::Missing));
    cells.all(|cell| matches!(cell.read_moment(), Ok(Some(_))))
}

/// Whether a column's name says that it identifies a lead.
fn is_id(name: &str) -> bool {
    let name = name.to_lowercase();
    ["id", "lead number", "leadid"].contains(&name.as_str()) || name.ends_with("_id") || name.ends_with(" id")
}
