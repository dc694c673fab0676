//! Notes of people: what they decided and why, such as the answer to the monthly question whether to retrain.

use plumbline_core::report::time_text;
use serde::Serialize;

use super::{Control, Fault, integer, text};
use crate::log::Gap;
use crate::problem::Problem;
use crate::store::{Param, Sql, SqlError, SqlValue};

/// Characters that a kind and a text may have.
const KIND: usize = 64;
const TEXT: usize = 10_000;

/// The kind of a note in which the service states what its log may miss.
pub(super) const LOG_GAP: &str = "log_gap";

/// A note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Its number.
    pub id: i64,
    /// When it was written.
    pub at: String,
    /// What kind of note it is, such as `retraining_decision`.
    pub kind: String,
    /// Who wrote it.
    pub by: String,
    /// What it is about, such as the id of a review; empty where it stands alone.
    pub about: String,
    /// What it says.
    pub text: String,
}

impl<S: Sql> Control<S> {
    /// Keeps a note of `by`.
    ///
    /// # Errors
    /// A kind that is no short name in lower case, an empty or very long text, or the store failed.
    pub fn note(&mut self, now_ms: i64, kind: &str, words: &str, about: &str, by: &str) -> Result<Note, Fault> {
        let is_name = !kind.is_empty()
            && kind.len() <= KIND
            && kind.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !is_name {
            let detail = "the kind of a note is a short name in lower case, such as retraining_decision";
            return Err(Problem::new(422, "NOTE_KIND", detail).into());
        }
        if words.trim().is_empty() || words.chars().count() > TEXT || about.len() > TEXT {
            return Err(Problem::new(422, "NOTE_TEXT", format!("the text of a note has 1 to {TEXT} characters")).into());
        }
        let mut rows = Vec::new();
        self.sql.transaction(&mut |sql| {
            let insert = "INSERT INTO notes (id, at_ms, kind, actor, text, about)
                VALUES ((SELECT coalesce(max(id), 0) + 1 FROM notes), ?1, ?2, ?3, ?4, ?5)";
            let [kind, by, words, about] = [kind, by, words, about].map(Param::Text);
            sql.execute(insert, &[Param::Integer(now_ms), kind, by, words, about])?;
            rows = sql.query("SELECT id, at_ms, kind, actor, about, text FROM notes ORDER BY id DESC LIMIT 1", &[])?;
            Ok(())
        })?;
        let lost = || SqlError::Driver("the note was not kept".to_owned());
        Ok(rows.first().map(|row| note(row)).ok_or_else(lost)?)
    }

    /// Notes, once for each `run`, that predictions answered in `gap` may be missing from the log.
    ///
    /// # Errors
    /// The store failed.
    pub fn note_gap(&mut self, now_ms: i64, run: &str, gap: Gap) -> Result<(), Fault> {
        let key = format!("gap:{run}");
        if self.kept(&key)?.is_some() {
            return Ok(());
        }
        let until = exactly(gap.until_ms);
        let (about, before) = match gap.from_ms {
            Some(from) => {
                let from = exactly(from);
                (format!("{from}/{until}"), format!("after {from} and before {until}"))
            }
            None => (format!("/{until}"), format!("before {until}")),
        };
        let words = format!(
            "The service ended without storing its last rows. Predictions answered {before} may be missing from the log; all earlier ones are stored."
        );
        self.note(now_ms, LOG_GAP, &words, &about, "plumbline")?;
        Ok(self.set_kept(&key, "noted")?)
    }

    /// The newest notes.
    ///
    /// # Errors
    /// The store failed.
    pub fn notes(&mut self, limit: i64) -> Result<Vec<Note>, SqlError> {
        let query = "SELECT id, at_ms, kind, actor, about, text FROM notes ORDER BY id DESC LIMIT ?1";
        Ok(self.sql.query(query, &[Param::Integer(limit)])?.iter().map(|row| note(row)).collect())
    }
}

/// A moment with its milliseconds.
fn exactly(ms: i64) -> String {
    format!("{}.{:03}Z", time_text(ms).trim_end_matches('Z'), ms.rem_euclid(1_000))
}

fn note(row: &[SqlValue]) -> Note {
    Note {
        id: integer(row, 0),
        at: time_text(integer(row, 1)),
        kind: text(row, 2),
        by: text(row, 3),
        about: text(row, 4),
        text: text(row, 5),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::tests::{NOW, control};

    #[test]
    fn a_gap_is_noted_once_with_its_stretch() {
        let mut control = control();
        let gap = Gap { from_ms: Some(NOW + 7), until_ms: NOW + 2_000 };
        for _ in 0..2 {
            control.note_gap(NOW, "a", gap).unwrap();
        }
        control.note_gap(NOW, "b", Gap { from_ms: None, until_ms: NOW }).unwrap();
        let notes = control.notes(10).unwrap();
        assert_eq!(notes.iter().map(|note| note.kind.as_str()).collect::<Vec<_>>(), ["log_gap", "log_gap"]);
        let [from, until] = [NOW + 7, NOW + 2_000].map(exactly);
        assert_eq!((notes[1].about.clone(), from.ends_with("7Z")), (format!("{from}/{until}"), true));
        assert!(notes[1].text.contains(&from) && notes[1].text.contains(&until), "{}", notes[1].text);
        assert!(notes[0].about.starts_with('/'), "{}", notes[0].about);
    }
}
