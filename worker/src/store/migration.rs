//! Who owns a store, and how its tables are brought up to date.
//!
//! A store has one owner, named in it, whose migrations it has had: the rows of `plumbline_schema` are their numbers. A migration,
//! once released, is never edited; a new one is added.

use super::sql::{Param, Sql, SqlError};
use super::{control, shard};

/// Statements that bring a store from one version to the next.
pub(super) type Migration = &'static [&'static str];

/// Whose tables a store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// One shard of the prediction log.
    Shard,
    /// The control object: rollouts, ledger, reports.
    Control,
}

impl Owner {
    /// As the store names it.
    pub const fn name(self) -> &'static str {
        match self {
            Owner::Shard => "shard",
            Owner::Control => "control",
        }
    }

    /// Its migrations, the oldest first; number n brings a store from version n to n + 1.
    const fn migrations(self) -> &'static [Migration] {
        match self {
            Owner::Shard => shard::MIGRATIONS,
            Owner::Control => control::MIGRATIONS,
        }
    }
}

/// Brings the store of `owner` up to date, wholly or not at all.
///
/// # Errors
/// [`SqlError::OtherOwner`], [`SqlError::Newer`]: the store is not one of this owner and program. [`SqlError::Driver`].
pub fn migrate(sql: &mut dyn Sql, owner: Owner) -> Result<(), SqlError> {
    migrate_by(sql, owner, owner.migrations())
}

pub(super) fn migrate_by(sql: &mut dyn Sql, owner: Owner, migrations: &[Migration]) -> Result<(), SqlError> {
    sql.transaction(&mut |sql| {
        let found = claim(sql, owner)?;
        let known = migrations.len() as i64;
        if found > known {
            return Err(SqlError::Newer { found, known });
        }
        for (migration, version) in migrations.iter().zip(1..).filter(|(_, version)| *version > found) {
            for statement in *migration {
                sql.execute(statement, &[])?;
            }
            sql.execute("INSERT INTO plumbline_schema (version) VALUES (?1)", &[Param::Integer(version)])?;
        }
        Ok(())
    })
}

/// Whether this program can use the store of `owner` that is there, without changing it.
///
/// # Errors
/// As [`migrate`]; [`SqlError::Driver`] also where no store of this program's is.
pub fn examine(sql: &mut dyn Sql, owner: Owner) -> Result<(), SqlError> {
    let query = "SELECT coalesce(max(version), 0), (SELECT max(name) FROM plumbline_owner) FROM plumbline_schema";
    let rows = sql.query(query, &[])?;
    let row = rows.first().map(Vec::as_slice).unwrap_or_default();
    let found = row.first().and_then(|value| value.as_integer()).unwrap_or(0);
    if let Some(name) = row.get(1).and_then(|value| value.as_text()).filter(|name| *name != owner.name()) {
        return Err(SqlError::OtherOwner { found: name.to_owned(), expected: owner.name() });
    }
    let known = owner.migrations().len() as i64;
    if found > known { Err(SqlError::Newer { found, known }) } else { Ok(()) }
}

/// Makes sure that the store is `owner`'s; its version. A store of nobody becomes the owner's.
fn claim(sql: &mut dyn Sql, owner: Owner) -> Result<i64, SqlError> {
    sql.execute("CREATE TABLE IF NOT EXISTS plumbline_schema (version INTEGER NOT NULL)", &[])?;
    sql.execute("CREATE TABLE IF NOT EXISTS plumbline_owner (name TEXT NOT NULL)", &[])?;
    let query = "SELECT coalesce(max(version), 0), (SELECT max(name) FROM plumbline_owner) FROM plumbline_schema";
    let rows = sql.query(query, &[])?;
    let row = rows.first().map(Vec::as_slice).unwrap_or_default();
    let version = row.first().and_then(|value| value.as_integer()).unwrap_or(0);
    // Stores of before there were owners are shards.
    let named = row.get(1).and_then(|value| value.as_text());
    let found = named.or_else(|| (version > 0).then_some(Owner::Shard.name())).unwrap_or(owner.name());
    if found != owner.name() {
        return Err(SqlError::OtherOwner { found: found.to_owned(), expected: owner.name() });
    }
    if named.is_none() {
        sql.execute("INSERT INTO plumbline_owner (name) VALUES (?1)", &[Param::Text(owner.name())])?;
    }
    Ok(version)
}
