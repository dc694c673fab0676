//! The training table: one number per column and lead, with outcomes, times and keys.

use plumbline_core::Timestamp;
use plumbline_core::train::boost::{BoostError, Input, Rows};
use sha2::{Digest, Sha256};

/// Golden leads of a bundle.
const GOLDENS: usize = 20;

/// Leads as the model reads them.
#[derive(Debug, Default)]
pub struct Leads {
    /// Values, column by column; NaN is missing.
    pub columns: Vec<Vec<f64>>,
    /// Whether each converted.
    pub outcomes: Vec<bool>,
    /// When each came, where it is known.
    pub at_ms: Vec<Option<i64>>,
    /// A hash of each one's id, of its content without one.
    pub keys: Vec<u64>,
    /// SHA-256 of each one's content.
    digests: Vec<[u8; 32]>,
}

impl Leads {
    /// No leads yet, of so many columns.
    pub fn new(columns: usize) -> Leads {
        Leads { columns: vec![Vec::new(); columns], ..Leads::default() }
    }

    /// Adds a lead.
    pub fn push(&mut self, id: &str, row: &[f64], converted: bool, (at_ms, as_of): (Option<i64>, Timestamp)) {
        let mut content = Sha256::new();
        content.update(id.as_bytes());
        content.update([0, u8::from(converted)]);
        if at_ms.is_some() {
            content.update(as_of.0.to_le_bytes());
        }
        for (column, value) in self.columns.iter_mut().zip(row) {
            // One NaN and one zero.
            let value = if value.is_nan() { f64::NAN } else { value + 0.0 };
            content.update(value.to_bits().to_le_bytes());
            column.push(value);
        }
        let digest: [u8; 32] = content.finalize().into();
        let named: [u8; 32] = if id.is_empty() { digest } else { Sha256::digest(id.as_bytes()).into() };
        self.keys.push(named.iter().take(8).fold(0, |key, byte| key << 8 | u64::from(*byte)));
        self.digests.push(digest);
        self.outcomes.push(converted);
        self.at_ms.push(at_ms);
    }

    /// SHA-256 of the leads in the order of their digests: the same in whatever order they came.
    pub fn snapshot(&self) -> String {
        let sorted = self.ordered().into_iter().filter_map(|row| self.digests.get(row));
        let digest = sorted.fold(Sha256::new(), |sum, digest| sum.chain_update(digest)).finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The rows in the order of their digests.
    pub fn ordered(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.digests.len()).collect();
        order.sort_unstable_by_key(|row| (self.digests.get(*row), *row));
        order
    }

    /// Golden leads: some of those that are tested on, in an order of their own.
    pub fn goldens(&self, is_test: &[bool]) -> Vec<Vec<f64>> {
        let chosen = self.ordered().into_iter().filter(|row| is_test.get(*row) == Some(&true)).take(GOLDENS);
        let value = |column: &Vec<f64>, row: usize| column.get(row).copied().unwrap_or(f64::NAN);
        chosen.map(|row| self.columns.iter().map(|column| value(column, row)).collect()).collect()
    }

    /// What trees are grown on.
    ///
    /// # Errors
    /// Too many leads.
    pub fn rows(&self, inputs: Vec<Input>) -> Result<Rows, BoostError> {
        let given = (self.outcomes.clone(), self.keys.clone());
        Rows::new(inputs, given, |column| self.columns.get(column).cloned().unwrap_or_default())
    }
}
