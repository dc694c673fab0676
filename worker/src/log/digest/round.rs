//! Rows on their way to the table of leads: a round of batches, sorted by lead, so that neighbours share a page of the store.

use std::collections::BTreeSet;

use plumbline_core::event::lead_number;

use super::traffic::stretch;
use crate::log::batch::{PROBE, Row};
use crate::log::{cell, meta};
use crate::store::{Param, Sql, SqlError};

/// A row that may become a lead's score.
#[derive(Debug, Clone)]
pub(in crate::log) struct Scored {
    pub lead: i64,
    pub row: Row,
}

/// The rows of some batches, sorted by lead and time. It is kept between two slices; where it is lost, it is read again.
#[derive(Debug, Default)]
pub(in crate::log) struct Round {
    /// The batches: after the first, up to the second.
    span: Option<(i64, i64)>,
    rows: Vec<Scored>,
}

impl Round {
    /// The next leads of the round, all rows of each, about `slice` rows; reads the round if it is not at hand. None without rows.
    pub fn next(&mut self, sql: &mut dyn Sql, rows: usize, slice: usize) -> Result<Option<Slice>, SqlError> {
        let from = meta::number(sql, "cursor:scores")?.unwrap_or(0);
        let (to, after) = match meta::get(sql, "cursor:round")?.as_deref().and_then(|text| text.split_once(' ')) {
            Some((to, after)) => (to.parse().unwrap_or(from), after.parse().ok()),
            None => match stretch(sql, from, rows)? {
                Some((to, _)) => (to, None),
                None => return Ok(None),
            },
        };
        if self.span != Some((from, to)) {
            *self = Round::read(sql, from, to)?;
        }
        let done = after.map_or(0, |after: i64| self.rows.partition_point(|scored| scored.lead <= after));
        let rest = self.rows.get(done..).unwrap_or_default();
        let mut end = slice.max(1).min(rest.len());
        // All rows of a lead are in one slice.
        while end < rest.len() && rest.get(end).map(|scored| scored.lead) == rest.get(end - 1).map(|scored| scored.lead) {
            end += 1;
        }
        let rows = rest.get(..end).unwrap_or_default().to_vec();
        Ok(Some(Slice { rows, to, is_last: end == rest.len() }))
    }

    fn read(sql: &mut dyn Sql, from: i64, to: i64) -> Result<Round, SqlError> {
        let query = "SELECT predictions FROM prediction_batches WHERE id > ?1 AND id <= ?2 ORDER BY id";
        let mut rows = Vec::new();
        for batch in sql.query(query, &[Param::Integer(from), Param::Integer(to)])? {
            let read = cell::text(&batch, 0).and_then(Row::read).unwrap_or_default();
            let counts = |row: &Row| row.probability.is_some() && row.role != PROBE && row.counts() && row.is_named();
            rows.extend(read.into_iter().filter(counts).map(|row| Scored { lead: lead_number(&row.lead_id), row }));
        }
        // Stable: rows of one moment stay in the order of the log.
        rows.sort_by_key(|scored| (scored.lead, scored.row.timestamp_ms));
        Ok(Round { span: Some((from, to)), rows })
    }
}

/// A part of a round, for one transaction.
pub(in crate::log) struct Slice {
    pub rows: Vec<Scored>,
    to: i64,
    is_last: bool,
}

impl Slice {
    /// Moves the cursor behind the slice.
    pub fn finish(&self, sql: &mut dyn Sql) -> Result<(), SqlError> {
        match self.rows.last().filter(|_| !self.is_last) {
            Some(last) => meta::set(sql, "cursor:round", &format!("{} {}", self.to, last.lead))?,
            None => {
                meta::remove(sql, "cursor:round")?;
                meta::set(sql, "cursor:scores", &self.to.to_string())?;
            }
        }
        Ok(())
    }

    /// The leads of the slice.
    pub fn leads(&self) -> BTreeSet<i64> {
        self.rows.iter().map(|scored| scored.lead).collect()
    }
}
