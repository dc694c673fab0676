//! The windows of a shard: how they are stored, which of them control has not seen, and what it has acknowledged.

use plumbline_core::window::{Layout, ReadError, Window};
use serde::{Deserialize, Serialize};

use super::{Answered, Business, LogShard, cell};
use crate::store::{Param, Sql, SqlError};

/// What a window spans and counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    /// Traffic of an hour, by the time of the request.
    Hour,
    /// Traffic of a UTC day: the sum of its hours, so never add the two.
    Day,
    /// Leads that matured on a UTC day, with their outcomes.
    Mature,
    /// What sales said on a UTC day, and which scores were seen: only [`ShardWindow::business`], a [`Voice`](super::Voice).
    Voice,
}

impl Grain {
    /// All grains.
    pub const ALL: [Grain; 4] = [Grain::Hour, Grain::Day, Grain::Mature, Grain::Voice];

    /// Its name, as it is stored and sent.
    pub fn name(self) -> &'static str {
        match self {
            Grain::Hour => "hour",
            Grain::Day => "day",
            Grain::Mature => "mature",
            Grain::Voice => "voice",
        }
    }

    fn named(name: &str) -> Option<Grain> {
        Grain::ALL.into_iter().find(|grain| grain.name() == name)
    }
}

/// A window of a shard as control stores it. It replaces what control has of the same grain, start, version and role of this shard if its
/// `rev` is larger; nothing is ever added, so a message may be lost, repeated or late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardWindow {
    /// What it spans and counts.
    pub grain: Grain,
    /// Its start, milliseconds since 1970.
    pub start_ms: i64,
    /// The version; empty where none is known.
    pub version: String,
    /// The role of the scores.
    pub role: String,
    /// Grows with each change.
    pub rev: i64,
    /// [`Window::write`]: traffic in the layout of the version as far as the shard knew it, else in the empty layout; outcomes, which
    /// have no features, in the empty layout. Empty for [`Grain::Voice`].
    pub bytes: Vec<u8>,
    /// Sums as JSON: [`Business`](super::Business) for [`Grain::Mature`], [`Voice`](super::Voice) for [`Grain::Voice`].
    pub business: Option<String>,
}

/// Which window.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub grain: Grain,
    pub start_ms: i64,
    pub version: String,
    pub role: String,
}

impl Key {
    fn params(&self) -> [Param<'_>; 4] {
        let (grain, start) = (Param::Text(self.grain.name()), Param::Integer(self.start_ms));
        [grain, start, Param::Text(&self.version), Param::Text(&self.role)]
    }
}

/// Puts a window in place of the one there is; what is equal keeps its revision. How many changed.
pub(super) fn replace(sql: &mut dyn Sql, key: &Key, bytes: &[u8], business: Option<&str>) -> Result<u64, SqlError> {
    let upsert = "INSERT INTO shard_windows (grain, start_ms, version, role, rev, bytes, business, sent_rev) \
        VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6, 0) ON CONFLICT (grain, start_ms, version, role) DO UPDATE SET \
        rev = shard_windows.rev + 1, bytes = excluded.bytes, business = excluded.business \
        WHERE shard_windows.bytes <> excluded.bytes OR shard_windows.business IS DISTINCT FROM excluded.business";
    let [grain, start, version, role] = key.params();
    let business = business.map_or(Param::Null, Param::Text);
    sql.execute(upsert, &[grain, start, version, role, Param::Blob(bytes), business])
}

/// Adds `more` to the traffic window there is.
pub(super) fn merge(sql: &mut dyn Sql, key: &Key, (more, sums): (&Window, &Answered), layout: &Layout) -> Result<(), SqlError> {
    let query = "SELECT bytes, business FROM shard_windows WHERE grain = ?1 AND start_ms = ?2 AND version = ?3 AND role = ?4";
    let rows = sql.query(query, &key.params())?;
    let (mut window, mut answered) = match rows.first() {
        Some(row) => {
            let window = read(cell::blob(row, 0), layout).map_err(unreadable)?;
            // Windows of earlier versions have no sums.
            (window, cell::text(row, 1).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default())
        }
        None => (Window::new(layout), Answered::default()),
    };
    window.merge(more).map_err(|mismatch| SqlError::Driver(format!("{}: {mismatch}", mismatch.code())))?;
    answered.merge(sums);
    let text = serde_json::to_string(&answered).unwrap_or_default();
    replace(sql, key, &window.write(), Some(&text)).map(drop)
}

/// A window of outcomes with its sums; none where there is none.
pub(super) fn counted(sql: &mut dyn Sql, key: &Key) -> Result<Option<(Window, Business)>, SqlError> {
    let query = "SELECT bytes, business FROM shard_windows WHERE grain = ?1 AND start_ms = ?2 AND version = ?3 AND role = ?4";
    let rows = sql.query(query, &key.params())?;
    let Some(row) = rows.first() else { return Ok(None) };
    let Some(business) = cell::text(row, 1).and_then(|text| serde_json::from_str(text).ok()) else { return Ok(None) };
    Ok(Some((Window::read(cell::blob(row, 0), &Layout::default()).map_err(unreadable)?, business)))
}

fn unreadable(error: ReadError) -> SqlError {
    SqlError::Driver(format!("{}: a stored window: {error}", error.code()))
}

/// Reads a window of `layout`. One from before the version's layout was known has no features: its counts are taken over.
fn read(bytes: &[u8], layout: &Layout) -> Result<Window, ReadError> {
    match Window::read(bytes, layout) {
        Err(ReadError::Layout { .. }) => {
            let plain = Window::read(bytes, &Layout::default())?;
            let mut window = Window::new(layout);
            if let Some((first, last)) = plain.span_ms() {
                window.at(first);
                window.at(last);
            }
            window.counters = plain.counters;
            window.latency = plain.latency;
            window.scores = plain.scores;
            window.explored = plain.explored;
            Ok(window)
        }
        other => other,
    }
}

impl<S: Sql> LogShard<S> {
    /// Windows that changed since control acknowledged them, at most `most`, the oldest days first.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn unsent(&mut self, most: usize) -> Result<Vec<ShardWindow>, SqlError> {
        let query = "SELECT grain, start_ms, version, role, rev, bytes, business FROM shard_windows WHERE rev > sent_rev \
            ORDER BY start_ms, grain, version, role LIMIT ?1";
        let rows = self.sql.query(query, &[Param::Integer(most.min(1 << 30) as i64)])?;
        let of = |row: &Vec<crate::store::SqlValue>| {
            Some(ShardWindow {
                grain: cell::text(row, 0).and_then(Grain::named)?,
                start_ms: cell::integer(row, 1)?,
                version: cell::owned(row, 2)?,
                role: cell::owned(row, 3)?,
                rev: cell::integer(row, 4)?,
                bytes: cell::blob(row, 5).to_vec(),
                business: cell::owned(row, 6),
            })
        };
        Ok(rows.iter().filter_map(of).collect())
    }

    /// Notes that control has stored `windows`. One that changed since is sent again; a late or repeated acknowledgement changes nothing.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn acknowledge(&mut self, windows: &[ShardWindow]) -> Result<(), SqlError> {
        self.sql.transaction(&mut |sql| {
            let statement = "UPDATE shard_windows SET sent_rev = CAST(?5 AS INTEGER) WHERE grain = ?1 AND start_ms = ?2 \
                AND version = ?3 AND role = ?4 AND sent_rev < ?5 AND rev >= ?5";
            for window in windows {
                let (grain, start) = (Param::Text(window.grain.name()), Param::Integer(window.start_ms));
                let (version, role) = (Param::Text(&window.version), Param::Text(&window.role));
                sql.execute(statement, &[grain, start, version, role, Param::Integer(window.rev)])?;
            }
            Ok(())
        })
    }
}
