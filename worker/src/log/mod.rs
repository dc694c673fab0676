//! One shard of the log: its rules. Its tables are made by the store's migrations for this owner.
//!
//! It stores predictions and what callers report about leads, and works out from them what control needs ([`Digest`]): windows of traffic
//! and of outcomes, by version and role.
//!
//! Predictions lie in it as they come, a batch a row; the view `prediction_logs` shows each as a row of its own. A query that
//! knows its times should narrow `prediction_batches` by `first_ms` and `last_ms` first.

mod backfill;
mod batch;
mod cell;
mod change;
mod deployed;
mod digest;
mod erase;
mod experiment;
mod expire;
pub(crate) mod export;
mod fold;
mod gap;
mod ingest;
mod inquiry;
mod lead;
mod meta;
mod odd;
mod page;
mod said;
mod scored;
mod sent;
mod served;
mod status;
mod stored;
mod survey;
#[cfg(test)]
mod tests;
mod tombstone;
mod window;
mod writeback;

pub use backfill::{Filled, Rescore};
pub use digest::{Answered, BACKFILL, Business, Digest, LeadFields, Minute, PAIRED, Progress, RolloutSpan, TESTED, Voice};
pub use erase::Erased;
pub use experiment::{JudgedByPeople, Population, Tested};
pub use expire::Expired;
pub use export::{Cursor, Exported};
pub use gap::Gap;
pub use inquiry::{Inquiry, Question};
pub use lead::{LeadOutcome, LeadRecord, LeadScore, LeadSummary};
pub use odd::OddReport;
pub use served::ServedRow;
pub use status::{EventStatus, Received};
pub use stored::{StoredLead, StoredQuestion};
pub use survey::{Survey, Surveyed};
pub use tombstone::lead_ref;
pub use window::{Grain, ShardWindow};
pub use writeback::{ChangePage, Rescored, Rescoring, ScoreAgain, WritebackRules};

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::store::{Owner, Param, Sql, SqlError, migrate};

/// One shard of the prediction log.
#[derive(Debug)]
pub struct LogShard<S> {
    sql: S,
    /// The rules that were given last, and those by which it works.
    rules: Option<(Digest, Arc<Digest>)>,
    /// What the digest has read and sorted; lost without harm.
    round: digest::Round,
    /// The outcome day it is working out; lost without harm.
    day: Option<digest::OpenDay>,
    /// Its number among the instances that work out days, once it has one.
    instance: Option<i64>,
}

/// A batch is one row, and stored once however often it is tried.
const APPEND: &str = "INSERT INTO prediction_batches (name, rows, first_ms, last_ms, predictions) VALUES (?1, ?2, ?3, ?4, ?5) \
    ON CONFLICT (name) DO NOTHING";

/// Text of one statement: a Durable Object takes 2 MB.
const FULL_BYTES: usize = 1 << 20;

/// The first of `leads` that one statement takes, about as much text as a batch and at least one lead, and the rest.
fn one_statement(leads: &[LeadFields]) -> (&[LeadFields], &[LeadFields]) {
    let mut bytes = 0;
    let fits = leads.iter().take(ingest::SLICE).take_while(|lead| {
        bytes += lead.bytes();
        bytes <= FULL_BYTES
    });
    leads.split_at(fits.count().max(1))
}

/// What a batch carries besides its rows lies apart, and is deleted once it is digested.
const TALLY: &str = "INSERT INTO batch_tallies (batch, tally) SELECT id, ?2 FROM prediction_batches WHERE name = ?1";
const FIELDS: &str = "INSERT INTO batch_fields (batch, fields) SELECT id, ?2 FROM prediction_batches WHERE name = ?1";

const HEARTBEAT: &str = "INSERT INTO heartbeats (instance, at_ms, report) VALUES (?1 ->> 'instance', ?1 ->> 'at_ms', ?1) \
    ON CONFLICT (instance) DO UPDATE SET at_ms = excluded.at_ms, report = excluded.report WHERE excluded.at_ms > at_ms";

impl<S: Sql> LogShard<S> {
    /// Opens the shard in `sql`, bringing its tables up to date.
    ///
    /// # Errors
    /// [`SqlError`]: the store failed, takes no rows, is not a shard's, or a newer version of Plumbline wrote it.
    pub fn open(mut sql: S) -> Result<LogShard<S>, SqlError> {
        migrate(&mut sql, Owner::Shard)?;
        let mut shard = LogShard::opened(sql);
        shard.probe()?;
        Ok(shard)
    }

    /// Forgets all that is not stored: what a digest has read, and the rules it was given.
    pub fn forget(&mut self) {
        self.rules = None;
        self.round = digest::Round::default();
        self.day = None;
    }

    /// Stores an empty batch and removes it: whether the store takes rows, without any.
    ///
    /// # Errors
    /// [`SqlError::Driver`]: it is read-only, full or broken.
    pub fn probe(&mut self) -> Result<(), SqlError> {
        self.sql.transaction(&mut |sql| {
            let (name, none) = (Param::Text("trial"), Param::Integer(0));
            sql.execute(APPEND, &[name, none, none, none, Param::Text("[]")])?;
            sql.execute("DELETE FROM prediction_batches WHERE name = ?1", &[name]).map(drop)
        })
    }

    /// The shard in a store that [`LogShard::open`] has already brought up to date.
    pub fn opened(sql: S) -> LogShard<S> {
        LogShard { sql, rules: None, round: digest::Round::default(), day: None, instance: None }
    }

    /// Stores a batch as encoded in [`Batch::text`](crate::Batch::text): all of its rows, or none. A batch that was stored before is not stored again:
    /// a host that does not know whether a try succeeded may try again. Fields of its leads, a JSON array of
    /// [`LeadFields`], and its [`Tally`](crate::tally::Tally) wait for the digest; of a heartbeat the newest is kept.
    ///
    /// # Errors
    /// [`SqlError::Driver`]; then no row was stored. [`SqlError::NoBatch`]: the text is not of a journal's making.
    pub fn append(&mut self, batch: &str) -> Result<(), SqlError> {
        let mut lines = batch.splitn(5, '\n');
        let (head, predictions) = lines.next().zip(lines.next()).ok_or(SqlError::NoBatch)?;
        let [fields, tally, heartbeat] =
            [lines.next(), lines.next(), lines.next()].map(|line| line.filter(|line| !line.is_empty()));
        let mut words = head.split_ascii_whitespace();
        let name = words.next().ok_or(SqlError::NoBatch)?;
        let mut number = || words.next().and_then(|word| word.parse().ok()).map(Param::Integer).ok_or(SqlError::NoBatch);
        let params = [Param::Text(name), number()?, number()?, number()?, Param::Text(predictions)];
        if let Some(heartbeat) = heartbeat {
            self.sql.execute(HEARTBEAT, &[Param::Text(heartbeat)])?;
        }
        if tally.is_none() && fields.is_none() {
            return self.sql.execute(APPEND, &params).map(drop);
        }
        self.sql.transaction(&mut |sql| {
            // What a batch carried that was stored before may be digested by now, and gone.
            if sql.execute(APPEND, &params)? == 0 {
                return Ok(());
            }
            if let Some(tally) = tally {
                sql.execute(TALLY, &[Param::Text(name), Param::Blob(tally.as_bytes())])?;
            }
            if let Some(fields) = fields {
                sql.execute(FIELDS, &[Param::Text(name), Param::Text(fields)])?;
            }
            Ok(())
        })
    }

    /// Stores fields of leads, as of their moments; those of a moment that are there stay. Erased leads are left out.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn keep_fields(&mut self, leads: &[LeadFields]) -> Result<(), SqlError> {
        let mut left = leads;
        while !left.is_empty() {
            let (slice, rest) = one_statement(left);
            left = rest;
            self.sql.transaction(&mut |sql| {
                let tombstones = tombstone::Tombstones::read(sql)?;
                let rows = slice.iter().filter(|lead| !tombstones.holds(&lead.lead_id)).map(LeadFields::row);
                let rows = serde_json::Value::from_iter(rows).to_string();
                sql.execute(digest::INSERT_FIELDS, &[Param::Text(&rows)]).map(drop)
            })?;
        }
        Ok(())
    }

    /// How often events became what, by kind of event and [`Received::name`], and what else the shard counted.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn counts(&mut self) -> Result<BTreeMap<String, u64>, SqlError> {
        let counts = meta::under(&mut self.sql, "count:")?;
        Ok(counts.into_iter().filter_map(|(name, count)| Some((name, count.parse().ok()?))).collect())
    }

    /// Rows stored.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn count(&mut self) -> Result<u64, SqlError> {
        let rows = self.sql.query("SELECT coalesce(sum(rows), 0) FROM prediction_batches", &[])?;
        let count = rows.first().and_then(|row| row.first()).and_then(|value| value.as_integer());
        Ok(count.and_then(|n| u64::try_from(n).ok()).unwrap_or(0))
    }

    /// The store, for a host's own needs.
    pub fn sql(&mut self) -> &mut S {
        &mut self.sql
    }
}
