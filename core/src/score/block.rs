//! Leads that were read and wait to be scored together.

use super::{Score, ScoreError, Scorer, Workspace};
use crate::lead::{Slots, Timestamp};

/// Leads of one scorer that were read and wait to be scored together: the engine is several times faster on many rows than on one.
/// Reused from block to block.
#[derive(Debug, Default)]
pub struct Block {
    /// Row-major.
    rows: Vec<f64>,
    leads: Vec<Waiting>,
}

/// What of a lead goes past the model into its score.
#[derive(Debug)]
struct Waiting {
    lead_id: Option<String>,
    unknown_fields: Vec<String>,
    unknown_values: Vec<String>,
}

impl Block {
    /// Enough to keep the engine busy, few enough to stay in a small cache.
    pub const LEADS: usize = 128;

    /// Number of leads that wait.
    pub fn len(&self) -> usize {
        self.leads.len()
    }

    /// Whether no lead waits.
    pub fn is_empty(&self) -> bool {
        self.leads.is_empty()
    }

    /// Adds the lead that was read into `slots`, as of `now`. Returns its number in the block.
    pub fn push(&mut self, scorer: &Scorer, slots: &Slots, now: Timestamp) -> usize {
        let id = scorer.reader.id(slots);
        self.leads.push(Waiting {
            lead_id: (!id.is_empty()).then(|| id.to_owned()),
            unknown_fields: slots.unknown_fields().to_vec(),
            unknown_values: scorer.unknown_values(slots),
        });
        scorer.pipeline.append(slots, now, &mut self.rows);
        self.leads.len() - 1
    }

    /// Scores all that wait and calls `each` with the number of each and its score, without reasons. The rows stay until
    /// [`clear`](Self::clear).
    pub fn score(&mut self, scorer: &Scorer, work: &mut Workspace, each: &mut dyn FnMut(usize, Result<Score, ScoreError>)) {
        let outputs = scorer.engine.outputs().max(1);
        work.margins.clear();
        work.margins.resize(self.leads.len() * outputs, 0.0);
        scorer.engine.margins_batch(&self.rows, &mut work.engine, &mut work.margins);
        for ((number, lead), margins) in self.leads.drain(..).enumerate().zip(work.margins.chunks(outputs)) {
            work.probabilities.clear();
            work.probabilities.extend_from_slice(margins);
            scorer.bundle.model().link.apply(&mut work.probabilities);
            let judged = scorer.judge(margins, &work.probabilities);
            each(
                number,
                judged.map(|score| {
                    let Waiting { lead_id, unknown_fields, unknown_values } = lead;
                    Score { lead_id, unknown_fields, unknown_values, ..score }
                }),
            );
        }
    }

    /// The row of lead `number` as the model of `scorer` reads it: one value per column, NaN is missing.
    pub fn row(&self, scorer: &Scorer, number: usize) -> &[f64] {
        let width = scorer.pipeline.width();
        self.rows.get(number * width..(number + 1) * width).unwrap_or_default()
    }

    /// Forgets all leads and rows.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.leads.clear();
    }
}
