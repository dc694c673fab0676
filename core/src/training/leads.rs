//! The leads of a training: outcomes, times and keys of all, and the values of those that are in memory.

use sha2::{Digest, Sha256};

use super::{Filling, Kind};
use crate::lead::Timestamp;
use crate::train::boost::Input;
use crate::train::{Data, FitError};

/// Golden leads of a bundle.
const GOLDENS: usize = 20;

/// What is known of each lead besides its values.
#[derive(Debug, Clone, Default)]
pub struct Roll {
    /// Whether each converted.
    pub outcomes: Vec<bool>,
    /// When each came, milliseconds since 1970, where it is known.
    pub at_ms: Vec<Option<i64>>,
    /// A hash of each one's id, of its content without one.
    pub keys: Vec<u64>,
    /// SHA-256 of each one's content.
    digests: Vec<[u8; 32]>,
}

/// A lead's id, its outcome, its time, and the time to which its days are counted.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// Its id; empty where it has none.
    pub id: &'a str,
    /// Whether it converted.
    pub converted: bool,
    /// When it came, milliseconds since 1970, where it is known.
    pub at_ms: Option<i64>,
    /// Its days are counted to this moment.
    pub as_of: Timestamp,
}

impl Roll {
    /// Adds a lead with the values in `row`, which become canonical: one NaN and one zero.
    pub fn push(&mut self, lead: Signed<'_>, row: &mut [f64]) {
        let mut content = Sha256::new();
        content.update(lead.id.as_bytes());
        content.update([0, u8::from(lead.converted)]);
        if lead.at_ms.is_some() {
            content.update(lead.as_of.0.to_le_bytes());
        }
        for value in row.iter_mut() {
            *value = if value.is_nan() { f64::NAN } else { *value + 0.0 };
            content.update(value.to_bits().to_le_bytes());
        }
        let digest: [u8; 32] = content.finalize().into();
        let named: [u8; 32] = if lead.id.is_empty() { digest } else { Sha256::digest(lead.id.as_bytes()).into() };
        self.keys.push(named.iter().take(8).fold(0, |key, byte| key << 8 | u64::from(*byte)));
        self.digests.push(digest);
        self.outcomes.push(lead.converted);
        self.at_ms.push(lead.at_ms);
    }

    /// Leads so far.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// SHA-256 of the leads in the order of their digests, in hex: the same in whatever order they came.
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

    /// The rows of the golden leads: some of those that are tested on, in an order of their own.
    pub fn goldens(&self, is_test: &[bool]) -> Vec<usize> {
        self.ordered().into_iter().filter(|row| is_test.get(*row) == Some(&true)).take(GOLDENS).collect()
    }
}

/// Leads with their values in memory.
#[derive(Debug, Default)]
pub struct Leads {
    /// Values, column by column; NaN is missing.
    pub columns: Vec<Vec<f64>>,
    /// The rest.
    pub roll: Roll,
}

impl Leads {
    /// No leads yet, of so many columns.
    pub fn new(columns: usize) -> Leads {
        Leads { columns: vec![Vec::new(); columns], ..Leads::default() }
    }

    /// Adds a lead with the values in `row`, which become canonical.
    pub fn push(&mut self, lead: Signed<'_>, row: &mut [f64]) {
        self.roll.push(lead, row);
        self.columns.iter_mut().zip(row).for_each(|(column, value)| column.push(*value));
    }

    /// Golden leads of those that are tested on.
    pub fn goldens(&self, is_test: &[bool]) -> Vec<Vec<f64>> {
        let value = |column: &Vec<f64>, row: usize| column.get(row).copied().unwrap_or(f64::NAN);
        let rows = self.roll.goldens(is_test);
        rows.into_iter().map(|row| self.columns.iter().map(|column| value(column, row)).collect()).collect()
    }

    /// What a model of `kind` is fitted to.
    ///
    /// # Errors
    /// Too many leads, or values that this kind cannot read.
    pub fn data(&self, kind: &Kind, inputs: Vec<Input>) -> Result<Data, FitError> {
        let mut filling = Filling::new(kind, inputs, (self.roll.outcomes.clone(), self.roll.keys.clone()))?;
        for column in &self.columns {
            filling.push(column.clone())?;
        }
        Ok(filling.finish())
    }
}
