//! Bins and categories learnt from the table a model was trained on.

use std::path::Path;

use plumbline_core::drift::Sample;
use plumbline_core::histogram::Bins;
use plumbline_core::table::{Given, Vector};
use plumbline_core::window::{FeatureLayout, Layout};

use super::{is_windows, place, read};
use crate::Failure;
use crate::output::terminal;
use crate::table::columns::Columns;

/// Bins of a number: a KS distance is then known to about one fiftieth.
const BINS: usize = 50;
/// A column of more different texts is free text, not a category.
const NAMES: usize = 1_000;

/// The layout of `file`: its own when it is a file of windows, else learnt from its columns but for those `left_out`.
pub fn of(file: &Path, left_out: &[&str]) -> Result<Layout, Failure> {
    if is_windows(file)? {
        return Ok(read(file)?.layout().clone());
    }
    let table = Columns::read(file)?;
    let mut features = Vec::new();
    for (name, column) in table.columns.iter().map(|named| (&named.name, named.given())) {
        if left_out.contains(&name.as_str()) {
            continue;
        }
        match layout(name, column) {
            Some(feature) => features.push(feature),
            None => terminal::note(&format!("{}: {name} is skipped because it is free text or empty", place(file))),
        }
    }
    Ok(Layout::new(features))
}

fn layout(name: &str, column: Given<'_>) -> Option<FeatureLayout> {
    let name = name.to_owned();
    match Vector::of(column) {
        Vector::Numbers(mut numbers) => {
            numbers.retain(|x| x.is_finite());
            let bins = Bins::of_quantiles(Sample::reference(&numbers).ok()?.values(), BINS).ok()?;
            Some(FeatureLayout::Number { name, bins })
        }
        Vector::Categories(categories) => {
            let mut known = categories.names().to_vec();
            known.sort_unstable();
            (known.len() <= NAMES).then_some(FeatureLayout::Category { name, known })
        }
    }
}
