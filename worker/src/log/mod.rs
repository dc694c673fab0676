//! The prediction log of one shard: its table, its migrations, its rules. The store is the host's.

mod migration;

use crate::journal::Batch;
use crate::sql::{Param, Sql, SqlError};

/// One shard of the prediction log.
#[derive(Debug)]
pub struct LogShard<S> {
    sql: S,
}

/// All rows of a batch by one statement, committed together.
const APPEND: &str = "INSERT INTO prediction_logs (timestamp_ms, request_id, client_request_id, position, batch_size, lead_id, \
    model, version, variant, role, status, code, margin, probability, band, duration_us) \
    SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8, value->>9, \
    value->>10, value->>11, value->>12, value->>13, value->>14, value->>15 FROM json_each(?1)";

impl<S: Sql> LogShard<S> {
    /// Opens the shard in `sql`, bringing its tables up to date.
    ///
    /// # Errors
    /// [`SqlError`]: the store failed, or a newer version of Plumbline wrote it.
    pub fn open(mut sql: S) -> Result<LogShard<S>, SqlError> {
        migration::migrate(&mut sql)?;
        Ok(LogShard { sql })
    }

    /// The shard in a store that [`LogShard::open`] has already brought up to date.
    pub fn opened(sql: S) -> LogShard<S> {
        LogShard { sql }
    }

    /// Stores the rows of `batch`: all, or none.
    ///
    /// # Errors
    /// [`SqlError::Driver`]; then no row was stored.
    pub fn append(&mut self, batch: &Batch) -> Result<(), SqlError> {
        self.append_text(&batch.text)
    }

    /// Stores rows as encoded in [`Batch::text`]: all, or none.
    ///
    /// # Errors
    /// [`SqlError::Driver`]; then no row was stored.
    pub fn append_text(&mut self, rows: &str) -> Result<(), SqlError> {
        self.sql.execute(APPEND, &[Param::Text(rows)]).map(drop)
    }

    /// Stores rows as [`append_text`](Self::append_text) does, unless a batch called `name` was stored before: a host that does not
    /// know whether a try succeeded may try again.
    ///
    /// # Errors
    /// [`SqlError::Driver`]; then no row was stored.
    pub fn append_once(&mut self, name: &str, rows: &str) -> Result<(), SqlError> {
        self.sql.transaction(&mut |sql| {
            let known = sql.query("SELECT 1 FROM log_batches WHERE name = ?1", &[Param::Text(name)])?;
            if !known.is_empty() {
                return Ok(());
            }
            sql.execute("INSERT INTO log_batches (name) VALUES (?1)", &[Param::Text(name)])?;
            sql.execute(APPEND, &[Param::Text(rows)]).map(drop)
        })
    }

    /// Rows stored.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn count(&mut self) -> Result<u64, SqlError> {
        let rows = self.sql.query("SELECT count(*) FROM prediction_logs", &[])?;
        let count = rows.first().and_then(|row| row.first()).and_then(|value| value.as_integer());
        Ok(count.and_then(|n| u64::try_from(n).ok()).unwrap_or(0))
    }

    /// The store, for a host's own needs.
    pub fn sql(&mut self) -> &mut S {
        &mut self.sql
    }
}
