//! The memory budget of a model's category sets, counted while a file is read.
//!
//! A set is as long as its largest code, and several nodes may name one set: a few bytes of a file can request half a megabyte each.

use crate::model::MAX_SET_WORDS;

/// 32-bit words that the sets still to be read may take.
pub(super) struct Budget(usize);

impl Budget {
    /// The budget of a whole model.
    pub fn of_a_model() -> Budget {
        Budget(MAX_SET_WORDS)
    }

    /// Deducts `words`; an error when the budget is exhausted.
    pub fn take(&mut self, words: usize) -> Result<(), String> {
        self.0 = self.0.checked_sub(words).ok_or_else(|| format!("the category sets need more than {MAX_SET_WORDS} words"))?;
        Ok(())
    }
}
