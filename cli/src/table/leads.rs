//! Leads with a score and an outcome that is final, of a table.

use plumbline_core::table::Rows;

use super::columns::{Columns, Read};
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
    /// Where the rows of the table went.
    pub account: Rows,
}

impl Leads {
    /// The leads of `table`.
    pub fn of(table: &Columns, score: &str, outcome: &str) -> Result<Leads, Failure> {
        Leads::with(table, score, &table.flags(outcome)?)
    }

    /// The leads of `table` with these outcomes.
    pub fn with(table: &Columns, score: &str, outcomes: &Read<bool>) -> Result<Leads, Failure> {
        let mut leads = Leads {
            scores: Vec::new(),
            converted: Vec::new(),
            rows: Vec::new(),
            open: 0,
            unscored: 0,
            account: table.account.clone(),
        };
        let scores = table.numbers(score)?;
        for (row, (value, converted)) in scores.values.iter().zip(&outcomes.values).enumerate() {
            let odd = scores.problem(row).map(|what| ("VALUE_NOT_A_NUMBER", what));
            let odd = odd.or_else(|| outcomes.problem(row).map(|what| ("OUTCOME_NOT_UNDERSTOOD", what)));
            match (odd, value, converted) {
                (Some((code, what)), ..) => {
                    leads.unscored += u64::from(scores.problem(row).is_some());
                    leads.account.leave_out(code, || (table.line(row), what.to_owned()));
                }
                (None, None, _) => {
                    leads.unscored += 1;
                    leads.account.leave_out("SCORE_MISSING", || (table.line(row), format!("{score} is empty")));
                }
                (None, Some(_), None) => {
                    leads.open += 1;
                    leads.account.leave_out_ordinary("OUTCOME_OPEN", || (table.line(row), "the outcome is not final".to_owned()));
                }
                (None, Some(value), Some(converted)) => {
                    leads.account.take();
                    leads.scores.push(*value);
                    leads.converted.push(*converted);
                    leads.rows.push(row);
                }
            }
        }
        Ok(leads)
    }
}
