//! The rows of a logistic regression: numbers without gaps, of which zeros take no room.

use super::RowsError;

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

/// Rows on their way into a sparse matrix, one column after another, so that the table never has to be in memory as a whole.
#[derive(Debug)]
pub struct Loading {
    rows: Rows,
    /// A hash of each row so far.
    content: Vec<u64>,
}

impl Loading {
    /// Rows with these `outcomes` and `keys` (a hash of the lead's id each), whose columns, named `names`, come next.
    ///
    /// # Errors
    /// [`RowsError`]: lengths that differ, too many rows.
    pub fn new(names: Vec<String>, (outcomes, keys): (Vec<bool>, Vec<u64>)) -> Result<Loading, RowsError> {
        let rows = outcomes.len();
        if rows != keys.len() {
            return Err(RowsError::Length { outcomes: rows, keys: keys.len() });
        }
        if u32::try_from(rows).is_err() {
            return Err(RowsError::TooManyRows { rows, most: u32::MAX as usize });
        }
        let content = outcomes.iter().zip(&keys).map(|(outcome, key)| mix(key ^ u64::from(*outcome))).collect();
        Ok(Loading { rows: Rows { names, starts: vec![0], entries: Vec::new(), outcomes, keys, order: Vec::new() }, content })
    }

    /// The number of the column that comes next; none once all are there.
    pub fn next(&self) -> Option<usize> {
        let at = self.rows.starts.len() - 1;
        (at < self.rows.names.len()).then_some(at)
    }

    /// Takes the values of the next column, in row order.
    ///
    /// # Errors
    /// [`RowsError::Gaps`]: a value is missing or not finite.
    pub fn push(&mut self, values: &[f64]) -> Result<(), RowsError> {
        let Some(name) = self.next().and_then(|at| self.rows.names.get(at)) else { return Ok(()) };
        let gaps = values.iter().filter(|value| !value.is_finite()).count() + self.content.len().saturating_sub(values.len());
        if gaps > 0 {
            return Err(RowsError::Gaps { column: name.clone(), gaps });
        }
        for ((row, value), content) in (0u32..).zip(values).zip(&mut self.content) {
            // One zero.
            *content = mix(*content ^ (value + 0.0).to_bits());
            if *value != 0.0 {
                self.rows.entries.push((row, *value));
            }
        }
        self.rows.starts.push(self.rows.entries.len());
        Ok(())
    }

    /// The rows; columns that did not come are 0 in all of them.
    pub fn finish(mut self) -> Rows {
        self.rows.starts.resize(self.rows.names.len() + 1, self.rows.entries.len());
        let Rows { starts, entries, keys, .. } = &mut self.rows;
        let mut order: Vec<u32> = (0u32..).zip(&self.content).map(|(row, _)| row).collect();
        order.sort_unstable_by_key(|row| (keys.get(*row as usize), self.content.get(*row as usize)));
        let mut rank = vec![0u32; order.len()];
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
        self.rows.order = order;
        self.rows
    }
}

impl Rows {
    /// The rows with these `outcomes` and `keys`, as in [`Loading::new`]. `column` lends the values of the column of that number.
    ///
    /// # Errors
    /// [`RowsError`]: lengths that differ, a value that is missing or not finite, too many rows.
    pub fn new(
        names: Vec<String>,
        given: (Vec<bool>, Vec<u64>),
        mut column: impl FnMut(usize) -> Vec<f64>,
    ) -> Result<Rows, RowsError> {
        let mut loading = Loading::new(names, given)?;
        while let Some(at) = loading.next() {
            loading.push(&column(at))?;
        }
        Ok(loading.finish())
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
