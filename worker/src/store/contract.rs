//! What every driver of [`Sql`] has to keep, as one function: run natively on SQLite, in workerd on a Durable Object's.

use std::fmt::Debug;

use super::migration::migrate_by;
use super::{Owner, Param, Sql, SqlError, SqlValue, migrate};

/// A promise that a driver does not keep, or the error it has instead.
#[derive(Debug, PartialEq, Eq)]
pub struct Broken(pub String);

impl From<SqlError> for Broken {
    fn from(error: SqlError) -> Broken {
        Broken(format!("{}: {error}", error.code()))
    }
}

/// Whether a driver keeps one promise.
type Keep = fn(&mut dyn Sql) -> Result<(), Broken>;

/// Checks the driver of an empty store; its tables are the contract's afterwards.
///
/// # Errors
/// The first promise that is not kept.
pub fn check(sql: &mut dyn Sql) -> Result<(), Broken> {
    let promises: &[(&str, Keep)] = &[
        ("values come back as they were stored", values),
        ("integers that a host would round are refused", integers),
        ("changed rows are counted", changes),
        ("a refused statement has no effect and says why", refusals),
        ("a transaction takes effect whole or not at all", transactions),
        ("a transaction inside another is a part of it", nested),
        ("a store belongs to one owner, and its version is known", owners),
    ];
    promises.iter().try_for_each(|(promise, keep)| keep(sql).map_err(|Broken(how)| Broken(format!("{promise}: {how}"))))
}

fn same<T: PartialEq + Debug>(what: &str, found: T, expected: T) -> Result<(), Broken> {
    if found == expected { Ok(()) } else { Err(Broken(format!("{what} is {found:?}, not {expected:?}"))) }
}

/// The one integer that `query` gives.
fn integer(sql: &mut dyn Sql, query: &str) -> Result<Option<i64>, SqlError> {
    Ok(sql.query(query, &[])?.first().and_then(|row| row.first()).and_then(SqlValue::as_integer))
}

fn values(sql: &mut dyn Sql) -> Result<(), Broken> {
    sql.execute("CREATE TABLE contract_values (id INTEGER PRIMARY KEY, i INTEGER, r REAL, t TEXT, b BLOB) STRICT", &[])?;
    let bytes: Vec<u8> = (0..=255).collect();
    let large = (1_i64 << 53) - 1;
    let rows = [
        (0, 0.1, "", &bytes[..]),
        (-7, -1e300, "ü\u{10a}\n\"'\\ \u{1f600}", &[0, 10, 255]),
        (large, 5e-324, "?1", &[0]),
        (1, 1.5, "\u{feff}after a byte order mark", &[0xef, 0xbb, 0xbf]),
        (-large, 2.0, "{}", b"text"),
    ];
    for (i, r, t, b) in rows {
        let params = [Param::Integer(i), Param::Real(r), Param::Text(t), Param::Blob(b)];
        same(
            "what an insert changed",
            sql.execute("INSERT INTO contract_values (i, r, t, b) VALUES (?1, ?2, ?3, ?4)", &params)?,
            1,
        )?;
    }
    sql.execute("INSERT INTO contract_values (i, r, t, b) VALUES (?1, ?1, ?1, ?1)", &[Param::Null])?;
    let found = sql.query("SELECT i, r, t, b, t FROM contract_values ORDER BY id", &[])?;
    same("the number of rows", found.len(), rows.len() + 1)?;
    for (found, (i, r, t, b)) in found.iter().zip(rows) {
        let [integer, real, text, blob, again] = found.as_slice() else { return same("the width of a row", found.len(), 5) };
        same("an integer", integer.as_integer(), Some(i))?;
        same("a double", real.as_real().map(f64::to_bits), Some(r.to_bits()))?;
        same("a text", (text.as_text(), again), (Some(t), text))?;
        same("a blob", blob, &SqlValue::Blob(b.to_vec()))?;
    }
    same("a row of nulls", found.last(), Some(&vec![SqlValue::Null; 5]))?;
    let query = "SELECT count(*) FROM contract_values WHERE i = ?1 AND r = ?2 AND t = ?3 AND b = ?4";
    let params = [Param::Integer(-large), Param::Real(2.0), Param::Text("{}"), Param::Blob(b"text")];
    same("rows found by their values", sql.query(query, &params)?, vec![vec![SqlValue::Integer(1)]])?;
    same("no rows", sql.query("SELECT i FROM contract_values WHERE i = 5", &[])?, vec![])
}

fn integers(sql: &mut dyn Sql) -> Result<(), Broken> {
    let large = 1_i64 << 53;
    for beyond in [large, -large, i64::MAX, i64::MIN] {
        let stored = sql.execute("INSERT INTO contract_values (i) VALUES (?1)", &[Param::Integer(beyond)]);
        same("storing a large integer", stored, Err(SqlError::LargeInteger))?;
        same("reading a large integer", sql.query(&format!("SELECT 1, {beyond}"), &[]), Err(SqlError::LargeInteger))?;
    }
    let sum = sql.query("SELECT 9007199254740991 + 2", &[]);
    same("reading a sum beyond", sum, Err(SqlError::LargeInteger))?;
    let text = sql.query("SELECT CAST(9007199254740991 + 2 AS TEXT)", &[])?;
    same("a large integer as text", text, vec![vec![SqlValue::Text("9007199254740993".into())]])?;
    same("rows of large integers", integer(sql, "SELECT count(*) FROM contract_values WHERE abs(i) > 9007199254740991")?, Some(0))
}

fn changes(sql: &mut dyn Sql) -> Result<(), Broken> {
    sql.execute("CREATE TABLE contract_changes (k INTEGER PRIMARY KEY, a TEXT UNIQUE, b TEXT) STRICT", &[])?;
    let statements = [
        ("INSERT INTO contract_changes VALUES (1, 'x', 'p'), (2, 'y', 'p'), (3, 'z', 'q')", 3),
        ("CREATE INDEX contract_by_b ON contract_changes (b)", 0),
        ("UPDATE contract_changes SET b = 'r' WHERE b = 'p'", 2),
        ("SELECT * FROM contract_changes", 0),
        ("UPDATE contract_changes SET b = 'r' WHERE b = 'none'", 0),
        ("INSERT INTO contract_changes VALUES (4, 'x', 's') ON CONFLICT (a) DO NOTHING", 0),
        ("INSERT INTO contract_changes VALUES (4, 'x', 's') ON CONFLICT (a) DO UPDATE SET b = excluded.b", 1),
        ("WITH old AS (SELECT 2 AS k) DELETE FROM contract_changes WHERE k IN (SELECT k FROM old)", 1),
        ("delete from contract_changes", 2),
        ("DROP TABLE contract_changes", 0),
    ];
    for (statement, changed) in statements {
        same(statement, sql.execute(statement, &[])?, changed)?;
    }
    Ok(())
}

/// Checks that a driver of SQLite does not count the rows that a trigger changed; the contract's tables are there.
///
/// # Errors
/// It counts them.
pub fn check_trigger(sql: &mut dyn Sql) -> Result<(), Broken> {
    sql.execute("CREATE TABLE contract_trail (k INTEGER) STRICT", &[])?;
    let trigger =
        "CREATE TRIGGER contract_follow AFTER INSERT ON contract_rows BEGIN INSERT INTO contract_trail VALUES (new.k); END";
    sql.execute(trigger, &[])?;
    same("rows without the trigger's", sql.execute("INSERT INTO contract_rows VALUES (20000), (20001)", &[])?, 2)?;
    same("rows of the trigger", integer(sql, "SELECT count(*) FROM contract_trail")?, Some(2))
}

fn refusals(sql: &mut dyn Sql) -> Result<(), Broken> {
    sql.execute("CREATE TABLE contract_refusals (k INTEGER PRIMARY KEY) STRICT", &[])?;
    sql.execute("INSERT INTO contract_refusals VALUES (1)", &[])?;
    for statement in ["INSERT INTO contract_refusals VALUES (2), (1)", "INSERT INTO contract_nowhere VALUES (1)", "no SQL"] {
        match sql.execute(statement, &[]) {
            Err(SqlError::Driver(text)) if !text.is_empty() => {}
            other => return Err(Broken(format!("{statement} gives {other:?}"))),
        }
    }
    same("rows after refusals", integer(sql, "SELECT count(*) FROM contract_refusals")?, Some(1))
}

fn transactions(sql: &mut dyn Sql) -> Result<(), Broken> {
    sql.execute("CREATE TABLE contract_rows (k INTEGER PRIMARY KEY) STRICT", &[])?;
    let count = "SELECT count(*) FROM contract_rows";
    let mut seen = None;
    let refused = sql.transaction(&mut |sql| {
        sql.execute("INSERT INTO contract_rows VALUES (1)", &[])?;
        seen = integer(sql, count)?;
        Err(SqlError::NoBatch)
    });
    same("the error of the work", refused, Err(SqlError::NoBatch))?;
    same("rows seen by the work", seen, Some(1))?;
    same("rows of work that was refused", integer(sql, count)?, Some(0))?;
    let failed = sql.transaction(&mut |sql| {
        sql.execute("INSERT INTO contract_rows VALUES (1)", &[])?;
        sql.execute("CREATE TABLE contract_more (k INTEGER)", &[])?;
        sql.execute("INSERT INTO contract_rows VALUES (1)", &[]).map(drop)
    });
    same("a statement that fails inside fails the work", matches!(failed, Err(SqlError::Driver(_))), true)?;
    same("rows of work that failed", integer(sql, count)?, Some(0))?;
    same("its table is gone", sql.query("SELECT * FROM contract_more", &[]).is_err(), true)?;
    sql.transaction(&mut |sql| sql.execute("INSERT INTO contract_rows VALUES (1), (2)", &[]).map(drop))?;
    same("rows of work that succeeded", integer(sql, count)?, Some(2))
}

fn nested(sql: &mut dyn Sql) -> Result<(), Broken> {
    let sum = "SELECT sum(k) FROM contract_rows";
    sql.transaction(&mut |sql| {
        sql.execute("INSERT INTO contract_rows VALUES (10)", &[])?;
        let undone = sql.transaction(&mut |sql| {
            sql.execute("INSERT INTO contract_rows VALUES (100)", &[])?;
            Err(SqlError::NoBatch)
        });
        if undone != Err(SqlError::NoBatch) {
            return Err(SqlError::Driver(format!("the inner work gives {undone:?}")));
        }
        sql.transaction(&mut |sql| sql.execute("INSERT INTO contract_rows VALUES (1000)", &[]).map(drop))
    })?;
    same("the outer work without the inner that was refused", integer(sql, sum)?, Some(1013))?;
    let refused = sql.transaction(&mut |sql| {
        sql.transaction(&mut |sql| sql.execute("INSERT INTO contract_rows VALUES (10000)", &[]).map(drop))?;
        Err(SqlError::NoBatch)
    });
    same("the error of the outer work", refused, Err(SqlError::NoBatch))?;
    same("the inner work is undone with the outer", integer(sql, sum)?, Some(1013))
}

fn owners(sql: &mut dyn Sql) -> Result<(), Broken> {
    let first: &[&[&str]] = &[&["CREATE TABLE contract_first (k INTEGER)"]];
    let broken: &[&[&str]] = &[&["CREATE TABLE contract_first (k INTEGER)"], &["INSERT INTO contract_nowhere VALUES (1)"]];
    let failed = migrate_by(sql, Owner::Control, broken);
    same("a migration that fails", matches!(failed, Err(SqlError::Driver(_))), true)?;
    same("nothing of it stays", sql.query("SELECT * FROM contract_first", &[]).is_err(), true)?;
    migrate_by(sql, Owner::Control, first)?;
    migrate_by(sql, Owner::Control, first)?;
    same("the version", integer(sql, "SELECT max(version) FROM plumbline_schema")?, Some(1))?;
    let newer = migrate_by(sql, Owner::Control, &[]);
    same("a newer store", newer, Err(SqlError::Newer { found: 1, known: 0 }))?;
    let other = migrate(sql, Owner::Shard);
    same("another owner's store", other, Err(SqlError::OtherOwner { found: "control".into(), expected: "shard" }))?;
    same("another owner makes no tables", sql.query("SELECT * FROM prediction_batches", &[]).is_err(), true)?;
    // A shard of before owners were named.
    sql.execute("UPDATE plumbline_schema SET version = 0", &[])?;
    sql.execute("DELETE FROM plumbline_owner", &[])?;
    migrate(sql, Owner::Shard)?;
    sql.execute("DELETE FROM plumbline_owner", &[])?;
    let control = migrate(sql, Owner::Control);
    same("a shard without a name", control, Err(SqlError::OtherOwner { found: "shard".into(), expected: "control" }))?;
    migrate(sql, Owner::Shard)?;
    same("its owner", integer(sql, "SELECT count(*) FROM plumbline_owner WHERE name = 'shard'")?, Some(1))?;
    sql.execute("INSERT INTO plumbline_schema (version) VALUES (999)", &[])?;
    match migrate(sql, Owner::Shard) {
        Err(SqlError::Newer { found: 999, .. }) => Ok(()),
        other => Err(Broken(format!("a newer shard gives {other:?}"))),
    }
}
