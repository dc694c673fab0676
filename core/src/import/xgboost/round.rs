//! Where the boosting rounds of a model end.

use super::super::document::At;
use super::super::error::ImportError;
use crate::model::Tree;

/// What early stopping left in a file's attributes.
pub(super) struct Best {
    /// The best round, from 0.
    pub round: Option<u32>,
    /// How many trees of an output there are up to its end.
    pub trees: Option<u32>,
}

impl Best {
    /// Trees of an output per round.
    fn parallel(&self) -> Option<usize> {
        let rounds = self.round?.checked_add(1)?;
        self.trees.filter(|trees| *trees > 0 && trees.is_multiple_of(rounds)).map(|trees| (trees / rounds) as usize)
    }
}

/// Per boosting round the number of trees up to its end. `slots` has the trees of each tree in the file: several, when its leaves
/// are vectors.
pub(super) fn ends(
    model: &At<'_, '_>,
    slots: &[Vec<Tree>],
    outputs: usize,
    best: &Best,
    notes: &mut Vec<String>,
) -> Result<Vec<u32>, ImportError> {
    let mut sum = 0;
    let sums: Vec<u32> = std::iter::once(0)
        .chain(slots.iter().map(|trees| {
            sum += trees.len() as u32;
            sum
        }))
        .collect();
    // Since 2.0 the file lists the first tree of each round.
    if let Some(at) = model.find("iteration_indptr") {
        let places = at.ints()?;
        let sum_at = |place: &i64| usize::try_from(*place).ok().and_then(|place| sums.get(place)).copied();
        let found: Option<Vec<u32>> = places.iter().map(sum_at).collect();
        return found
            .filter(|found| found.first() == Some(&0) && found.last() == sums.last() && found.is_sorted())
            .map(|found| found.get(1..).unwrap_or_default().to_vec())
            .ok_or_else(|| at.error(format!("the rounds must rise from 0 to {} trees", slots.len())));
    }
    let parameters = model.get("gbtree_model_param")?;
    let parallel = match parameters.find("num_parallel_tree") {
        Some(at) => at.count(slots.len().max(1))?.max(1),
        // Not in files before 1.6.
        None => best.parallel().unwrap_or_else(|| {
            if best.round.is_some() {
                notes.push("the file does not say how many trees a round has; one per output is assumed".to_owned());
            }
            1
        }),
    };
    let per_round = (parallel * outputs).max(1);
    if !(sum as usize).is_multiple_of(per_round) {
        notes.push(format!("{sum} trees cannot be divided into rounds of {per_round}; the last round is incomplete"));
    }
    Ok((0..(sum as usize).div_ceil(per_round)).map(|round| sum.min(((round + 1) * per_round) as u32)).collect())
}
