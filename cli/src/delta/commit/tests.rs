#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use serde_json::json;

use super::*;
use crate::delta::is_table;
use crate::output::Interrupt;

fn table(ids: &[i64]) -> Table {
    let columns = [("id", Kind::Long), ("score", Kind::Double), ("name", Kind::String)];
    let row = |id: &i64| vec![json!(id), if *id == 2 { Value::Null } else { json!(0.5) }, json!(format!("L\"{id}"))];
    Table { columns: columns.map(|(name, kind)| (name.to_owned(), kind)).into(), rows: ids.iter().map(row).collect() }
}

fn rows(folder: &Path, version: Option<i64>) -> Vec<String> {
    let snapshot = Snapshot::open(folder, version).unwrap();
    let file = snapshot.rows(folder, &Interrupt::default()).unwrap();
    let mut lines: Vec<String> = std::fs::read_to_string(file.path()).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn code<T>(result: Result<T, Failure>) -> &'static str {
    match result {
        Err(Failure::Input { code, .. } | Failure::Service { code, .. }) => code,
        _ => "",
    }
}

#[test]
fn a_page_is_appended_once_and_every_version_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(folder.path()).unwrap();
    assert!(log.append(&table(&[1, 2]), ("a", 0), 7).unwrap());
    assert!(!log.append(&table(&[1, 2]), ("a", 0), 7).unwrap());
    // Another process of the same writer, and another writer.
    let mut other = Log::open(folder.path()).unwrap();
    assert!(!other.append(&table(&[1, 2]), ("a", 0), 7).unwrap());
    assert!(other.append(&table(&[3]), ("b", 0), 8).unwrap());
    assert!(log.append(&table(&[4]), ("a", 1), 9).unwrap());
    assert_eq!(rows(folder.path(), None).len(), 4);
    assert_eq!(rows(folder.path(), Some(0)), [r#"{"id":1,"score":0.5,"name":"L\"1"}"#, r#"{"id":2,"score":null,"name":"L\"2"}"#]);
    assert_eq!(code(Snapshot::open(folder.path(), Some(3))), "DELTA_VERSION_MISSING");
    assert!(is_table(folder.path()) && !is_table(&folder.path().join("no")));
}

#[test]
fn columns_of_a_later_release_are_added_behind_those_that_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(folder.path()).unwrap();
    log.append(&table(&[1]), ("a", 0), 7).unwrap();
    let mut wider = table(&[3]);
    wider.columns.push(("source".to_owned(), Kind::String));
    wider.rows.iter_mut().for_each(|row| row.push(json!("page")));
    assert!(log.append(&wider, ("a", 1), 8).unwrap());
    let found = rows(folder.path(), None);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[1].ends_with(r#""source":"page"}"#) && !found[0].contains("page"), "{found:?}");
    // A program of before does not write fewer.
    assert_eq!(code(log.append(&table(&[4]), ("a", 2), 9)), "DELTA_OTHER_SCHEMA");
    let mut other = table(&[5]);
    other.columns[0].0 = "number".to_owned();
    assert_eq!(code(log.append(&other, ("a", 2), 9)), "DELTA_OTHER_SCHEMA");
}

#[test]
fn an_interrupted_write_leaves_the_old_version() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(folder.path()).unwrap();
    log.append(&table(&[1]), ("a", 0), 7).unwrap();
    // A file of rows without its commit, a commit that did not get its name, and one that is made twice.
    super::super::file::write(&folder.path().join("part-lost.parquet"), &table(&[9]).columns, &table(&[9]).rows).unwrap();
    std::fs::write(folder.path().join("_delta_log/.commit-x.tmp"), "{\"add\":").unwrap();
    assert!(!put_new(&folder.path().join(LOG), 0, b"{}\n").unwrap());
    assert_eq!(rows(folder.path(), None).len(), 1);
    assert!(log.append(&table(&[2]), ("a", 1), 8).unwrap());
    assert_eq!(rows(folder.path(), None).len(), 2);
}

#[test]
fn a_table_of_a_newer_protocol_is_rejected_by_name() {
    for (protocol, metadata, part) in [
        (json!({ "minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["v3Checkpoint"] }), json!({}), "v3Checkpoint"),
        (json!({ "minReaderVersion": 4, "minWriterVersion": 7 }), json!({}), "version 4"),
        (json!({ "minReaderVersion": 2, "minWriterVersion": 5 }), json!({ "delta.columnMapping.mode": "name" }), "mapping"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join(LOG);
        std::fs::create_dir_all(&log).unwrap();
        let metadata =
            json!({ "metaData": { "id": "x", "schemaString": schema(&table(&[]).columns), "configuration": metadata } });
        put_new(&log, 0, format!("{}\n{metadata}\n", json!({ "protocol": protocol })).as_bytes()).unwrap();
        let said = Snapshot::open(folder.path(), None).err().unwrap().to_string();
        assert!(said.contains(part), "{said}");
        let mut log = Log::open(folder.path()).unwrap();
        assert_eq!(code(log.append(&table(&[1]), ("a", 0), 7)), "DELTA_PROTOCOL_NEWER");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "a file was left");
    }
}
