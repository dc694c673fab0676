//! The rows of a logistic regression: numbers without gaps, of which zeros take no room.

use super::LogisticError;

/// What is fitted on: a sparse matrix, column by column, with outcomes and keys.
#[derive(Debug)]
pub struct Rows {
    pub(super) names: Vec<String>,
    /// Per column where its entries begin, and where the last one's end.
    pub(super) starts: Vec<usize>,
    /// Row and value of each entry other than 0; within a column in the order of `order`.
    pub(super) entries: Vec<(u32, f64)>,
    pub(super) outcomes: Vec<bool>,
    pub(super) keys: Vec<u64>,
    /// The rows in an order that their content decides, so that sums do not depend on that of the caller.
    pub(super) order: Vec<u32>,
}

impl Rows {
    /// The rows with these `outcomes` and `keys` (a hash of the lead's id each). `column` lends the values of the column of that name in row
    /// order, one column at a time; each must be a finite number.
    ///
    /// # Errors
    /// [`LogisticError`]: lengths that differ, a value that is missing or not finite, too many rows.
    pub fn new(
        names: Vec<String>,
        (outcomes, keys): (Vec<bool>, Vec<u64>),
        mut column: impl FnMut(usize) -> Vec<f64>,
    ) -> Result<Rows, LogisticError> {
        let rows = outcomes.len();
        if rows != keys.len() {
            return Err(LogisticError::Length { outcomes: rows, keys: keys.len() });
        }
        let count = u32::try_from(rows).map_err(|_| LogisticError::TooManyRows(rows))?;
        let mut content: Vec<u64> = outcomes.iter().zip(&keys).map(|(outcome, key)| mix(key ^ u64::from(*outcome))).collect();
        let (mut starts, mut entries) = (vec![0], Vec::new());
        for (place, name) in names.iter().enumerate() {
            let values = column(place);
            for ((row, value), content) in (0u32..).zip(&values).zip(&mut content) {
                if !value.is_finite() {
                    let gaps = values.iter().filter(|value| !value.is_finite()).count();
                    return Err(LogisticError::Gaps { column: name.clone(), gaps });
                }
                // One zero.
                *content = mix(*content ^ (value + 0.0).to_bits());
                if *value != 0.0 {
                    entries.push((row, *value));
                }
            }
            starts.push(entries.len());
        }
        let mut order: Vec<u32> = (0..count).collect();
        let of = |row: u32| (keys.get(row as usize), content.get(row as usize));
        order.sort_unstable_by_key(|row| of(*row));
        let mut rank = vec![0u32; rows];
        for (place, row) in (0u32..).zip(&order) {
            if let Some(rank) = rank.get_mut(*row as usize) {
                *rank = place;
            }
        }
        for bounds in starts.windows(2) {
            if let [from, to] = bounds
                && let Some(column) = entries.get_mut(*from..*to)
            {
                column.sort_unstable_by_key(|(row, _)| rank.get(*row as usize));
            }
        }
        Ok(Rows { names, starts, entries, outcomes, keys, order })
    }

    /// Outcomes, in row order.
    pub fn outcomes(&self) -> &[bool] {
        &self.outcomes
    }

    /// Keys, in row order.
    pub fn keys(&self) -> &[u64] {
        &self.keys
    }

    /// The entries of each column.
    pub(super) fn columns(&self) -> impl Iterator<Item = &[(u32, f64)]> {
        self.starts.windows(2).map(|bounds| match bounds {
            [from, to] => self.entries.get(*from..*to).unwrap_or_default(),
            _ => &[],
        })
    }

    /// The sum of each row's values by `weights`, added to `base` column by column, as [`crate::model::Linear`] adds them.
    pub(super) fn products(&self, base: f64, weights: &[f64]) -> Vec<f64> {
        let mut sums = vec![base; self.outcomes.len()];
        for (column, weight) in self.columns().zip(weights) {
            for (row, value) in column {
                if let Some(sum) = sums.get_mut(*row as usize) {
                    *sum += value * weight;
                }
            }
        }
        sums
    }

    /// For each column the sum of its values by `factors` of the rows, and the sum of the factors.
    pub(super) fn transposed(&self, factors: &[f64]) -> (Vec<f64>, f64) {
        let factor = |row: u32| factors.get(row as usize).copied().unwrap_or(0.0);
        let sum = |column: &[(u32, f64)]| column.iter().fold(0.0, |sum, (row, value)| sum + value * factor(*row));
        (self.columns().map(sum).collect(), self.order.iter().fold(0.0, |sum, row| sum + factor(*row)))
    }
}

fn mix(x: u64) -> u64 {
    crate::random::Random::new(x).bits()
}
