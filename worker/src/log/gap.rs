//! Stretches of which answered predictions may be missing: a service in batched mode was killed, with rows that it had not handed over.
//!
//! Rows are handed over in the order of their requests, so none is missing that was answered before the newest row stored.

use serde::{Deserialize, Serialize};

use super::batch::Row;
use super::{LogShard, cell, meta};
use crate::store::{Param, Sql, SqlError};

/// Predictions answered in this stretch may be missing; those answered before it are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Its begin, milliseconds since 1970; none where nothing was ever stored.
    pub from_ms: Option<i64>,
    /// Its end: when the next service began.
    pub until_ms: i64,
}

impl<S: Sql> LogShard<S> {
    /// Notes that the service of `run` ended without handing its rows over, as found out at `now_ms`, before any other service stores rows
    /// here. Repeating it changes nothing.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn cut(&mut self, run: &str, now_ms: i64) -> Result<Gap, SqlError> {
        let key = format!("gap:{run}");
        if let Some(known) = meta::get(&mut self.sql, &key)?.and_then(|text| serde_json::from_str(&text).ok()) {
            return Ok(known);
        }
        // What a page reports comes late, by the clock of the page.
        let query = "SELECT predictions FROM prediction_batches WHERE name NOT LIKE ?1 ORDER BY id DESC LIMIT 1";
        let newest = self.sql.query(query, &[Param::Text(&format!("{}%", super::page::NAME))])?;
        let rows = newest.first().and_then(|row| cell::text(row, 0)).and_then(Row::read).unwrap_or_default();
        let gap = Gap { from_ms: rows.last().map(|row| row.timestamp_ms), until_ms: now_ms };
        meta::set(&mut self.sql, &key, &serde_json::to_string(&gap).unwrap_or_default())?;
        Ok(gap)
    }

    /// The stretches found out so far, by the run that ended in them.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn gaps(&mut self) -> Result<Vec<(String, Gap)>, SqlError> {
        let known = meta::under(&mut self.sql, "gap:")?.into_iter();
        Ok(known.filter_map(|(run, text)| Some((run, serde_json::from_str(&text).ok()?))).collect())
    }

    /// Notes that a service stores rows here after their answers, until [`end_run`](Self::end_run). `run` is its name and a word on its
    /// process.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn begin_run(&mut self, run: &str) -> Result<(), SqlError> {
        meta::set(&mut self.sql, &format!("run:{run}"), "")
    }

    /// Notes that the service of `run` has stored all its rows.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn end_run(&mut self, run: &str) -> Result<(), SqlError> {
        meta::remove(&mut self.sql, &format!("run:{run}"))
    }

    /// The runs that began here and did not end.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn runs(&mut self) -> Result<Vec<String>, SqlError> {
        Ok(meta::under(&mut self.sql, "run:")?.into_iter().map(|(run, _)| run).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{NOW, ask};
    use crate::store::memory::Memory;
    use crate::{Journal, Settings};

    #[test]
    fn what_was_answered_before_the_newest_row_is_stored() {
        let mut shard = LogShard::open(Memory::new()).unwrap();
        assert_eq!(shard.cut("a", NOW.0).unwrap(), Gap { from_ms: None, until_ms: NOW.0 });
        let mut journal = Journal::new(&Settings { shards: 1, ..Settings::default() }, "x");
        journal.push(NOW, &ask("POST /v1/score", &[], r#"{"lead_id":"a"}"#).effects);
        shard.append(&journal.flush()[0].text).unwrap();
        let gap = Gap { from_ms: Some(NOW.0), until_ms: NOW.0 + 5_000 };
        assert_eq!(shard.cut("b", NOW.0 + 5_000).unwrap(), gap);
        assert_eq!(shard.cut("b", NOW.0 + 9_000).unwrap(), gap, "once found out, it stays");
        assert_eq!(shard.gaps().unwrap().len(), 2);
    }

    #[test]
    fn a_run_is_open_until_it_ends() {
        let mut shard = LogShard::open(Memory::new()).unwrap();
        for run in ["a host 7", "b host 8"] {
            shard.begin_run(run).unwrap();
        }
        shard.end_run("a host 7").unwrap();
        assert_eq!(shard.runs().unwrap(), ["b host 8"]);
    }
}
