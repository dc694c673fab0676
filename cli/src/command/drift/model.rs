//! The fields a model reads, with how much it depends on each.

use std::path::Path;

use plumbline_core::lead::{Limits, Slots};
use plumbline_core::{FeatureVector, Workspace};

use crate::input::model_file::open_scorer;
use crate::input::{self, Step};
use crate::table::places::Places;
use crate::{Failure, clock};

/// Leads whose reasons are averaged.
const MOST: usize = 1_000;

/// The fields that the bundle `model` reads and the mean size of their contributions (SHAP values, in margin units) to the first leads
/// of `reference`; to the bundle's own golden leads when the model can read none of them.
pub fn importances(model: &Path, reference: &Path) -> Result<Vec<(String, f64)>, Failure> {
    let scorer = open_scorer(model)?;
    let width = scorer.engine().columns();
    let (mut sums, mut work) = (vec![0.0; width], Workspace::default());
    let mut add = |row: &[f64]| {
        let found = scorer.contributions(row, &mut work).unwrap_or_default();
        sums.iter_mut().zip(found).for_each(|(sum, contribution)| *sum += contribution.abs());
    };
    let mut read = 0;
    if reference != Path::new("-") {
        let schema = &scorer.bundle().manifest.schema;
        let (mut records, source) = input::open(reference, false)?;
        let (mut places, limits, now) = (Places::of(records.names(), schema), Limits::default(), clock::now());
        let (mut slots, mut row) = (Slots::default(), FeatureVector::new());
        let mut tried = 0;
        while read < MOST && tried < 10 * MOST {
            tried += 1;
            match records.advance()? {
                Step::End => break,
                Step::Rejected(_) => continue,
                Step::Record => {}
            }
            places.follow(records.names(), schema);
            let lead = match records.json() {
                Some(json) => scorer.reader().read_json(json, &limits, &mut slots).is_ok(),
                None => {
                    let taken =
                        places.take(&*records, schema, |lead| Ok(scorer.reader().read_lead(lead, &limits, &mut slots)?));
                    taken.is_ok()
                }
            };
            if lead {
                scorer.pipeline().apply(&slots, now, &mut row);
                add(&row);
                read += 1;
            }
        }
        source.progress.finish_and_clear();
    }
    if read == 0 {
        let goldens = scorer.bundle().goldens();
        goldens.iter().for_each(|golden| add(&golden.row));
        read = goldens.len();
    }
    let mut fields: Vec<(String, f64)> = Vec::new();
    for (column, sum) in sums.iter().enumerate() {
        let Some(field) = scorer.pipeline().source(column).and_then(|at| scorer.bundle().manifest.schema.fields.get(at)) else {
            continue;
        };
        let mean = sum / read.max(1) as f64;
        match fields.iter_mut().find(|(name, _)| *name == field.name) {
            Some((_, known)) => *known += mean,
            None => fields.push((field.name.clone(), mean)),
        }
    }
    Ok(fields)
}
