//! What is wrong with a declaration: every problem, each with its path.

use std::fmt;

use serde::Serialize;

/// One problem of a declaration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// A stable name of the kind of problem, such as `FIELD_DUPLICATE`.
    pub code: &'static str,
    /// Where, such as `field[3].min`.
    pub path: String,
    /// A whole sentence that names the value.
    pub message: String,
}

/// The one of `known` that `name` was probably meant to be; none where none is alike: more than a third of its letters differ.
///
/// # Example
/// ```
/// use plumbline_core::schema::nearest;
/// assert_eq!(nearest("retension", ["retrain", "retention"]), Some("retention"));
/// assert_eq!(nearest("colour", ["retrain", "retention"]), None);
/// ```
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters: Vec<char> = name.chars().take(64).collect();
    let measured = known.into_iter().map(|known| (distance(&letters, known), known));
    let (differ, known) = measured.min_by_key(|(differ, _)| *differ)?;
    (differ * 3 <= letters.len().max(known.chars().count())).then_some(known)
}

/// How many letters must be put in, left out or changed to make `to` of `from` (Levenshtein).
fn distance(from: &[char], to: &str) -> usize {
    let mut row: Vec<usize> = (0..=from.len()).collect();
    for (at, letter) in to.chars().enumerate() {
        let mut next = vec![at + 1];
        for (before, (pair, is)) in row.windows(2).zip(from).enumerate() {
            let [diagonal, above] = pair else { continue };
            let left = next.get(before).copied().unwrap_or_default();
            next.push((diagonal + usize::from(*is != letter)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

/// All problems of a declaration; at least one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ConfigErrors {
    /// The problems, in the order of the declaration.
    pub problems: Vec<Problem>,
}

impl ConfigErrors {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        "CONFIG_INVALID"
    }

    /// Notes a problem.
    pub(crate) fn add(&mut self, code: &'static str, path: String, message: String) {
        self.problems.push(Problem { code, path, message });
    }

    /// `Ok` when no problem was noted.
    pub(crate) fn into_result(self) -> Result<(), ConfigErrors> {
        if self.problems.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            let line = if i == 0 { "" } else { "\n" };
            write!(f, "{line}{}: {} [{}]", problem.path, problem.message, problem.code)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}
