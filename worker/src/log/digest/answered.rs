//! What a stretch of traffic has besides its window: how many requests its leads came in, and why leads were not scored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::log::batch::Row;

/// The most codes that are counted each; further ones are counted together as [`OTHER`].
const MOST: usize = 20;
const OTHER: &str = "OTHER";

/// Sums that go with a traffic window. Two of them add up field by field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Answered {
    /// Requests that the leads came in.
    pub calls: u64,
    /// Leads that were not scored, by the code of the refusal.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub codes: BTreeMap<String, u64>,
}

impl Answered {
    /// Counts a row of the log.
    pub(super) fn count(&mut self, row: &Row) {
        self.calls += u64::from(row.position == 0);
        if let Some(code) = row.code.as_deref().filter(|_| row.status != 200) {
            self.add(code, 1);
        }
    }

    /// Adds what `other` counted.
    pub fn merge(&mut self, other: &Answered) {
        self.calls += other.calls;
        other.codes.iter().for_each(|(code, n)| self.add(code, *n));
    }

    fn add(&mut self, code: &str, n: u64) {
        let is_known = self.codes.contains_key(code) || self.codes.len() < MOST;
        *self.codes.entry(if is_known { code } else { OTHER }.to_owned()).or_default() += n;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_add_up_and_codes_are_bounded() {
        let mut one = Answered { calls: 2, ..Answered::default() };
        (0..30).for_each(|n| one.add(&format!("C{n}"), 1));
        let mut both = one.clone();
        both.merge(&one);
        assert_eq!((both.calls, both.codes["C3"], both.codes[OTHER], both.codes.len()), (4, 2, 20, 21));
        let text = serde_json::to_string(&both).unwrap();
        assert_eq!(serde_json::from_str::<Answered>(&text).unwrap(), both);
    }
}
