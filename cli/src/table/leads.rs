//! Leads with a score and an outcome that is final, of a table.

use super::columns::Columns;
use crate::Failure;

/// Columns with the score when --score does not say.
pub const SCORES: [&str; 5] = ["probability", "score", "prob0", "prob", "y_pred_proba"];

/// Columns with the outcome when --outcome does not say.
pub const OUTCOMES: [&str; 5] = ["converted", "outcome", "label", "target", "y_true"];

/// Leads with a score and a final outcome.
pub struct Leads {
    /// Their scores.
    pub scores: Vec<f64>,
    /// Their outcomes.
    pub converted: Vec<bool>,
    /// Their rows in the table.
    pub rows: Vec<usize>,
    /// Leads whose outcome is missing.
    pub open: u64,
    /// Leads without a score.
    pub unscored: u64,
}

impl Leads {
    /// The leads of `table`.
    pub fn of(table: &Columns, score: &str, outcome: &str) -> Result<Leads, Failure> {
        Leads::with(table, score, &table.flags(outcome)?)
    }

    /// The leads of `table` with these outcomes.
    pub fn with(table: &Columns, score: &str, outcomes: &[Option<bool>]) -> Result<Leads, Failure> {
        let mut leads = Leads { scores: Vec::new(), converted: Vec::new(), rows: Vec::new(), open: 0, unscored: 0 };
        let scores = table.numbers(score)?;
        for (row, (score, converted)) in scores.iter().zip(outcomes).enumerate() {
            match converted {
                _ if score.is_nan() => leads.unscored += 1,
                None => leads.open += 1,
                Some(converted) => {
                    let converted = *converted;
                    leads.scores.push(*score);
                    leads.converted.push(converted);
                    leads.rows.push(row);
                }
            }
        }
        Ok(leads)
    }
}
