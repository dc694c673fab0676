//! What a shard remembers about itself: cursors, counts, days to be rebuilt. One text per key.

use crate::store::{Param, Sql, SqlError};

/// The text under `key`.
pub(super) fn get(sql: &mut dyn Sql, key: &str) -> Result<Option<String>, SqlError> {
    let rows = sql.query("SELECT value FROM shard_meta WHERE key = ?1", &[Param::Text(key)])?;
    Ok(rows.first().and_then(|row| row.first()).and_then(|value| value.as_text()).map(str::to_owned))
}

/// The whole number under `key`.
pub(super) fn number(sql: &mut dyn Sql, key: &str) -> Result<Option<i64>, SqlError> {
    Ok(get(sql, key)?.and_then(|text| text.parse().ok()))
}

/// Puts `value` under `key`.
pub(super) fn set(sql: &mut dyn Sql, key: &str, value: &str) -> Result<(), SqlError> {
    let statement = "INSERT INTO shard_meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    sql.execute(statement, &[Param::Text(key), Param::Text(value)]).map(drop)
}

/// Adds to the whole number under `key`; absent is 0.
pub(super) fn add(sql: &mut dyn Sql, key: &str, more: i64) -> Result<(), SqlError> {
    let statement = "INSERT INTO shard_meta (key, value) VALUES (?1, CAST(CAST(?2 AS INTEGER) AS TEXT)) ON CONFLICT (key) DO UPDATE \
        SET value = CAST(CAST(shard_meta.value AS INTEGER) + CAST(?2 AS INTEGER) AS TEXT)";
    sql.execute(statement, &[Param::Text(key), Param::Integer(more)]).map(drop)
}

/// Removes `key`.
pub(super) fn remove(sql: &mut dyn Sql, key: &str) -> Result<(), SqlError> {
    sql.execute("DELETE FROM shard_meta WHERE key = ?1", &[Param::Text(key)]).map(drop)
}

/// Keys that begin with `prefix`, with their texts, in order. The prefix ends in a colon.
pub(super) fn under(sql: &mut dyn Sql, prefix: &str) -> Result<Vec<(String, String)>, SqlError> {
    // The character after the colon ends the range.
    let end = format!("{};", prefix.trim_end_matches(':'));
    let statement = "SELECT key, value FROM shard_meta WHERE key >= ?1 AND key < ?2 ORDER BY key";
    let rows = sql.query(statement, &[Param::Text(prefix), Param::Text(&end)])?;
    let text =
        |row: &[crate::store::SqlValue], at: usize| row.get(at).and_then(|value| value.as_text()).unwrap_or_default().to_owned();
    Ok(rows.iter().map(|row| (text(row, 0).split_off(prefix.len()), text(row, 1))).collect())
}
