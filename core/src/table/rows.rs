//! Where the rows of an input went: every row that was read was used or left out for a reason.

use serde::{Deserialize, Serialize};

/// Examples kept of each reason.
const EXAMPLES: usize = 5;

/// Where the rows of one or several inputs went: `read` is `used` plus the rows of all reasons in `left_out`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RowAccount"))]
pub struct Rows {
    /// Rows that were read.
    pub read: u64,
    /// Rows that the figures are made of.
    pub used: u64,
    /// The others, by reason, in the order of first occurrence.
    pub left_out: Vec<LeftOut>,
}

/// Rows that were left out for one reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RowsLeftOut"))]
pub struct LeftOut {
    /// The reason, a stable code such as `SCORE_MISSING`.
    pub reason: String,
    /// How many rows.
    pub rows: u64,
    /// Whether such rows are ordinary, as leads whose outcome is still open: they do not count towards `--max-left-out`.
    pub ordinary: bool,
    /// The first of them.
    pub examples: Vec<RowExample>,
}

/// A row that was left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RowExample {
    /// The file and the line, or the row of a Parquet file.
    pub place: String,
    /// What is wrong, with the value.
    pub message: String,
}

impl Rows {
    /// Counts a row that is used.
    pub fn take(&mut self) {
        self.read += 1;
        self.used += 1;
    }

    /// Counts a row that is left out for `reason`; `example` is its place and what is wrong.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::table::Rows;
    /// let mut rows = Rows::default();
    /// (0..99).for_each(|_| rows.take());
    /// rows.leave_out("SCORE_MISSING", || ("scored.csv, line 7".to_owned(), "score is empty".to_owned()));
    /// assert_eq!((rows.read, rows.used, rows.left_out[0].rows, rows.share_left_out()), (100, 99, 1, 0.01));
    /// ```
    pub fn leave_out(&mut self, reason: &str, example: impl FnOnce() -> (String, String)) {
        self.leave(reason, false, example);
    }

    /// Counts a row that is left out for an ordinary reason.
    pub fn leave_out_ordinary(&mut self, reason: &str, example: impl FnOnce() -> (String, String)) {
        self.leave(reason, true, example);
    }

    /// Counts `rows` of those used as left out for `reason` after all, such as those of a lead that turned out to be in two arms.
    pub fn take_back(&mut self, rows: u64, reason: &str, example: impl FnOnce() -> (String, String)) {
        let rows = rows.min(self.used);
        if rows == 0 {
            return;
        }
        self.used -= rows;
        self.read -= 1;
        self.leave(reason, false, example);
        if let Some(left) = self.left_out.iter_mut().find(|left| left.reason == reason) {
            left.rows += rows - 1;
        }
    }

    fn leave(&mut self, reason: &str, ordinary: bool, example: impl FnOnce() -> (String, String)) {
        self.read += 1;
        let at = self.left_out.iter().position(|own| own.reason == reason).unwrap_or_else(|| {
            self.left_out.push(LeftOut { reason: reason.to_owned(), rows: 0, ordinary, examples: Vec::new() });
            self.left_out.len() - 1
        });
        let Some(own) = self.left_out.get_mut(at) else { return };
        own.rows += 1;
        if own.examples.len() < EXAMPLES {
            let (place, message) = example();
            own.examples.push(RowExample { place, message });
        }
    }

    /// Rows that were left out for reasons that are not ordinary.
    pub fn lost(&self) -> u64 {
        self.left_out.iter().filter(|left| !left.ordinary).map(|left| left.rows).sum()
    }

    /// Their part of all rows, in [0, 1].
    pub fn share_left_out(&self) -> f64 {
        self.lost() as f64 / self.read.max(1) as f64
    }
}
