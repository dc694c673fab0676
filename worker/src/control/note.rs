//! Notes of people: what they decided and why, such as the answer to the monthly question whether to retrain.

use plumbline_core::report::time_text;
use serde::Serialize;

use super::{Control, Fault, integer, text};
use crate::problem::Problem;
use crate::store::{Param, Sql, SqlError, SqlValue};

/// Characters that a kind and a text may have.
const KIND: usize = 64;
const TEXT: usize = 10_000;

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

    /// The newest notes.
    ///
    /// # Errors
    /// The store failed.
    pub fn notes(&mut self, limit: i64) -> Result<Vec<Note>, SqlError> {
        let query = "SELECT id, at_ms, kind, actor, about, text FROM notes ORDER BY id DESC LIMIT ?1";
        Ok(self.sql.query(query, &[Param::Integer(limit)])?.iter().map(|row| note(row)).collect())
    }
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
