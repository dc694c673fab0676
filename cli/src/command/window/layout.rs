//! Bins and categories learnt from the table a model was trained on.

use std::collections::BTreeSet;
use std::path::Path;

use plumbline_core::drift::Sample;
use plumbline_core::histogram::Bins;
use plumbline_core::window::{FeatureLayout, Layout};

use super::row::text;
use super::{is_windows, place, read};
use crate::Failure;
use crate::input::{self, Step};
use crate::output::terminal;
use crate::table::moment::is_missing;

/// Bins of a number: a KS distance is then known to about one fiftieth.
const BINS: usize = 50;
/// A column of more different texts is free text, not a category.
const KINDS: usize = 1_000;

/// What was seen of one column.
#[derive(Default)]
struct Seen {
    numbers: Vec<f64>,
    names: BTreeSet<String>,
    /// A value that is no number was seen.
    texts: bool,
}

/// The layout of `file`: its own when it is a file of windows, else learnt from its columns but for those `left_out`.
pub fn of(file: &Path, left_out: &[&str]) -> Result<Layout, Failure> {
    if is_windows(file)? {
        return Ok(read(file)?.layout().clone());
    }
    let (mut records, source) = input::open(file, false)?;
    let mut columns: Vec<(String, Seen)> = Vec::new();
    loop {
        match records.advance()? {
            Step::End => break,
            // It is told of when its rows are counted.
            Step::Rejected(_) => {}
            Step::Record => {
                for name in records.names().iter().skip(columns.len()) {
                    columns.push((name.clone(), Seen::default()));
                }
                for (at, (_, seen)) in columns.iter_mut().enumerate() {
                    if let Some(value) = text(&records.cell(at)).filter(|value| !is_missing(value)) {
                        seen.push(&value);
                    }
                }
            }
        }
    }
    source.progress.finish_and_clear();
    let mut features = Vec::new();
    for (name, seen) in columns.into_iter().filter(|(name, _)| !left_out.contains(&name.as_str())) {
        match seen.layout(&name) {
            Some(feature) => features.push(feature),
            None => terminal::note(&format!("{}: {name} is skipped because it is free text or empty", place(file))),
        }
    }
    Ok(Layout::new(features))
}

impl Seen {
    fn push(&mut self, value: &str) {
        match value.parse::<f64>() {
            Ok(x) if x.is_finite() && !self.texts => self.numbers.push(x),
            Ok(x) if x.is_finite() => {}
            _ => self.texts = true,
        }
        // One more than may be, to know that they were too many.
        if self.names.len() <= KINDS && !self.names.contains(value) {
            self.names.insert(value.to_owned());
        }
    }

    fn layout(self, name: &str) -> Option<FeatureLayout> {
        let name = name.to_owned();
        if self.texts {
            let known = Vec::from_iter(self.names);
            return (known.len() <= KINDS).then_some(FeatureLayout::Category { name, known });
        }
        let bins = Bins::of_quantiles(Sample::reference(&self.numbers).ok()?.values(), BINS).ok()?;
        Some(FeatureLayout::Number { name, bins })
    }
}
