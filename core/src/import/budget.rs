//! The memory budget of a model's category sets, counted while a file is read.
//!
//! A set is as long as its largest code, and several nodes may name one set: a few bytes of a file can request half a megabyte each.

use std::fmt::Display;

use super::{ImportError, Limits};

/// What the sets still to be read may take.
pub(super) struct Budget {
    /// 32-bit words.
    left: usize,
    limit: usize,
}

impl Budget {
    /// The budget of a whole model.
    pub fn of(limits: &Limits) -> Budget {
        Budget { left: limits.category_bytes / 4, limit: limits.category_bytes }
    }

    /// Deducts `words` of a set at `place`; an error when the budget is exhausted.
    pub fn take(&mut self, words: usize, place: impl Display) -> Result<(), ImportError> {
        let exhausted = || ImportError::Limit {
            place: place.to_string(),
            what: "the memory of the category sets in bytes",
            setting: "category-bytes",
            limit: self.limit,
        };
        self.left = self.left.checked_sub(words).ok_or_else(exhausted)?;
        Ok(())
    }
}
