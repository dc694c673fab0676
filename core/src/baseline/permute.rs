//! Importance by permutation (Breiman 2001; Fisher, Rudin & Dominici 2019): what the ranking loses when a field says nothing.

use crate::metric::{Labelled, Ranking};
use crate::random::Random;
use crate::score::{Scorer, Workspace};

/// Each field is permuted so often.
const TIMES: usize = 3;
/// Rows that are scored at most, over all permutations: a control object has some seconds a step.
const SCORINGS: usize = 150_000;
/// Where the permutations begin.
const SEED: u64 = 0x9e37_79b9;

/// The loss of AUC on `rows` of the model when the values of each of `fields` (places in the schema) are permuted among them, the mean of
/// three permutations; none where the model is no model of one output, or one outcome is missing. The same for the same rows in the same
/// order. A field may gain by chance: a loss below 0.
pub(super) fn losses(
    scorer: &Scorer,
    rows: &[Vec<f64>],
    converted: &[bool],
    fields: &[usize],
    work: &mut Workspace,
) -> Option<Vec<f64>> {
    // Spread evenly, as the sample is.
    let stride = (rows.len() * fields.len() * TIMES).div_ceil(SCORINGS).max(1);
    let rows: Vec<&Vec<f64>> = rows.iter().step_by(stride).collect();
    let converted: Vec<bool> = converted.iter().step_by(stride).copied().collect();
    let mut auc = |row_of: &mut dyn FnMut(usize, &mut Vec<f64>)| -> Option<f64> {
        let mut row = Vec::new();
        let mut margins = Vec::with_capacity(rows.len());
        for at in 0..rows.len() {
            row_of(at, &mut row);
            match scorer.score_row(&row, work).0 {
                [margin] => margins.push(*margin),
                _ => return None,
            }
        }
        Ranking::new(&Labelled::new(&margins, &converted).ok()?).roc_auc().ok()
    };
    let own = |at: usize, row: &mut Vec<f64>| {
        row.clear();
        row.extend(rows.get(at).into_iter().copied().flatten());
    };
    let whole = auc(&mut { own })?;
    let sources: Vec<Option<usize>> = (0..scorer.engine().columns()).map(|column| scorer.pipeline().source(column)).collect();
    fields
        .iter()
        .map(|field| {
            let mut lost = 0.0;
            for time in 0..TIMES {
                let mut order: Vec<usize> = (0..rows.len()).collect();
                Random::new(SEED + (field * TIMES + time) as u64).shuffle(&mut order);
                let permuted = auc(&mut |at, row| {
                    own(at, row);
                    let other = order.get(at).and_then(|at| rows.get(*at));
                    for (column, _) in sources.iter().enumerate().filter(|(_, source)| **source == Some(*field)) {
                        if let (Some(value), Some(other)) = (row.get_mut(column), other.and_then(|other| other.get(column))) {
                            *value = *other;
                        }
                    }
                })?;
                lost += whole - permuted;
            }
            Some(lost / TIMES as f64)
        })
        .collect()
}
