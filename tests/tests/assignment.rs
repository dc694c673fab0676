//! An assignment recomputed by the databases themselves is ours, on 100,000 ids.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly anywhere")]

use plumbline_core::route::{Allocation, AllocationSettings, Arm, sql};
use plumbline_tests::postgres::Postgres;

/// Ids as CRMs make them, and of every length round SHA-256's blocks of 64 bytes.
fn ids() -> Vec<String> {
    let odd = ["é", "😀", "a'b", "00Q5g00000XyZ12EAF", "x y", "%", "\\"].map(str::to_owned);
    let lengths = (1..200).map(|length| "y".repeat(length));
    odd.into_iter().chain(lengths).chain((0..).map(|i| format!("L-{i:06}"))).take(100_000).collect()
}

fn allocation() -> Allocation {
    let arm = |variant: &str, share_bp| Arm { variant: variant.to_owned(), share_bp, room_bp: None };
    Allocation::compile(AllocationSettings {
        experiment: "it's 2026-12".to_owned(),
        arm: vec![arm("v'2", 3_000), arm("v3", 500)],
        ..AllocationSettings::champion_only("v1")
    })
    .unwrap()
}

/// Where the databases and the allocation differ; `stored` is in the order of the ids.
fn compare<'a>(ids: &[String], allocation: &Allocation, stored: impl Iterator<Item = &'a str>) {
    let (mut compared, mut arms) = (0, std::collections::BTreeMap::<&str, usize>::new());
    for (id, stored) in ids.iter().zip(stored) {
        let ours = allocation.assign(id).variant;
        assert_eq!(stored, ours, "{id:?}");
        compared += 1;
        *arms.entry(ours).or_default() += 1;
    }
    assert_eq!(compared, 100_000);
    assert_eq!(arms.len(), 3, "{arms:?}");
}

#[test]
fn postgresql_agrees() {
    let (ids, allocation) = (ids(), allocation());
    let postgres = Postgres::start().unwrap();
    let variant = sql::variant(&allocation, sql::Dialect::Postgres, "id").unwrap();
    let rows: String = ids.iter().map(|id| format!("{}\n", id.replace('\\', "\\\\"))).collect();
    let script = format!(
        "SET client_encoding = 'UTF8'; CREATE TABLE lead (n serial, id text);\nCOPY lead (id) FROM STDIN;\n{rows}\\.\n\
         SELECT {variant} FROM lead ORDER BY n;\n"
    );
    let stored = postgres.script(&script).unwrap();
    compare(&ids, &allocation, stored.lines());
}

#[test]
fn sqlite_agrees() {
    let (ids, allocation) = (ids(), allocation());
    let database = rusqlite::Connection::open_in_memory().unwrap();
    database.execute_batch("CREATE TABLE lead (n INTEGER PRIMARY KEY, id TEXT)").unwrap();
    let mut insert = database.prepare("INSERT INTO lead (id) VALUES (?)").unwrap();
    for id in &ids {
        insert.execute([id]).unwrap();
    }
    let variant = sql::variant(&allocation, sql::Dialect::Sqlite, "id").unwrap();
    let mut select = database.prepare(&format!("SELECT {variant} FROM lead ORDER BY n")).unwrap();
    let stored: Vec<String> = select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    compare(&ids, &allocation, stored.iter().map(String::as_str));
}

#[test]
fn everybody_stays_when_killed_or_without_an_id() {
    let settings = AllocationSettings { holdout_bp: 1_000, ..allocation().settings().clone() };
    let killed = Allocation::compile(AllocationSettings { killed: true, ..settings.clone() }).unwrap();
    let allocation = Allocation::compile(settings).unwrap();
    let database = rusqlite::Connection::open_in_memory().unwrap();
    for (allocation, id) in [(&killed, "'L-1'"), (&allocation, "''"), (&allocation, "NULL"), (&allocation, "'L-000001'")] {
        let variant = sql::variant(allocation, sql::Dialect::Sqlite, id).unwrap();
        let stored: String = database.query_row(&format!("SELECT {variant}"), [], |row| row.get(0)).unwrap();
        assert_eq!(stored, allocation.assign(id.trim_matches('\'').trim_start_matches("NULL")).variant, "{id}");
    }
}
