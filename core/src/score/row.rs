//! For hosts that hold features instead of leads, or want them.

use super::{Options, ScoreError, Scorer, Workspace};
use crate::lead::Timestamp;

impl Scorer {
    /// The row the model reads for one lead, a JSON object: one value per column, NaN is missing.
    ///
    /// # Errors
    /// Everything that is wrong with the bytes or the lead.
    pub fn features_json<'w>(
        &self,
        json: &[u8],
        now: Timestamp,
        options: &Options,
        work: &'w mut Workspace,
    ) -> Result<&'w [f64], ScoreError> {
        self.reader.read_json(json, &options.limits, &mut work.slots)?;
        self.pipeline.apply(&work.slots, now, &mut work.row);
        Ok(&work.row)
    }

    /// The calibrated probability of the positive outcome of a row with these `margins`, one per output.
    pub fn probability(&self, margins: &[f64], work: &mut Workspace) -> f64 {
        work.probabilities.clear();
        work.probabilities.extend_from_slice(margins);
        self.bundle.model().link.apply(&mut work.probabilities);
        self.bundle.manifest.calibration.apply_to_outputs(margins, &work.probabilities, self.positive)
    }
}
