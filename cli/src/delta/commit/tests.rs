#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use serde_json::json;

use super::*;
use crate::delta::is_table;
use crate::output::Interrupt;

fn table(ids: &[i64]) -> Table {
    let columns = [("id", Kind::Long), ("score", Kind::Double), ("name", Kind::String)];
    let row = |id: &i64| vec![json!(id), if *id == 2 { Value::Null } else { json!(0.5) }, json!(format!("L\"{id}"))];
    Table { columns: columns.map(|(name, kind)| (name.to_owned(), kind)).into(), rows: ids.iter().map(row).collect(), gone: None }
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
fn rows_go_with_the_commit_of_a_page_and_old_versions_keep_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(folder.path()).unwrap();
    log.append(&table(&[1, 2]), ("a", 0), 7).unwrap();
    log.append(&table(&[3]), ("a", 1), 8).unwrap();
    log.append(&table(&[4]), ("a", 2), 8).unwrap();
    let gone = |values: &[i64]| Some(Gone { column: "id", values: values.iter().copied().collect(), within: Vec::new() });
    let page = Table { gone: gone(&[2, 3, 9]), ..table(&[5]) };
    assert!(log.append(&page, ("a", 3), 9).unwrap());
    assert!(!log.append(&page, ("a", 3), 9).unwrap());
    let ids = |version| rows(folder.path(), version).iter().map(|row| row[6..7].parse().unwrap()).collect::<Vec<i64>>();
    assert_eq!((ids(None), ids(Some(2))), (vec![1, 4, 5], vec![1, 2, 3, 4]));
    // Without rows that go there is no version, and a table that is not there is not made.
    assert!(!log.append(&Table { gone: gone(&[2, 3]), ..table(&[]) }, ("a", 4), 9).unwrap());
    assert_eq!(log.known.version, Some(3));
    let none = tempfile::tempdir().unwrap();
    assert!(!Log::open(none.path()).unwrap().append(&Table { gone: gone(&[2]), ..table(&[]) }, ("a", 0), 9).unwrap());
    assert!(!is_table(none.path()));
    // Only those that match all of it; a value that is missing is none.
    let of = |within| Table { gone: Some(Gone { within, ..gone(&[1, 4]).unwrap() }), ..table(&[]) };
    assert!(!log.append(&of(vec![("id", 3)]), ("a", 5), 9).unwrap());
    assert!(log.append(&of(vec![("id", 4)]), ("a", 6), 9).unwrap());
    assert_eq!(ids(None), [1, 5]);
    assert_eq!(rows(folder.path(), None)[0], r#"{"id":1,"score":0.5,"name":"L\"1"}"#);
    // Parts that no version names are gone.
    let parts = std::fs::read_dir(folder.path()).unwrap().count() - 1;
    assert_eq!(parts, 3 + 1 + 1);
}

#[test]
fn a_table_that_forbids_it_keeps_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(folder.path()).unwrap();
    log.append(&table(&[1]), ("a", 0), 7).unwrap();
    let mut metadata = log.known.metadata.clone();
    metadata["configuration"] = json!({ "delta.appendOnly": "true" });
    put_new(&folder.path().join(LOG), 1, json!({ "metaData": metadata }).to_string().as_bytes()).unwrap();
    let gone = Some(Gone { column: "id", values: [1].into(), within: Vec::new() });
    assert_eq!(code(log.append(&Table { gone, ..table(&[2]) }, ("a", 1), 8)), "DELTA_APPEND_ONLY");
    assert_eq!(rows(folder.path(), None).len(), 1);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "a file was left");
}

#[test]
fn a_checkpoint_is_the_table_at_its_version() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(folder.path()).unwrap();
    log.append(&table(&[1, 2]), ("a", 0), 7).unwrap();
    let mut metadata = log.known.metadata.clone();
    metadata["configuration"] = json!({ "delta.checkpointInterval": "3" });
    put_new(&folder.path().join(LOG), 1, json!({ "metaData": metadata }).to_string().as_bytes()).unwrap();
    let gone = Some(Gone { column: "id", values: [2].into(), within: Vec::new() });
    assert!(log.append(&Table { gone, ..table(&[]) }, ("b", 0), 8).unwrap());
    let mut of_100 = Snapshot::default();
    let mut due = |at: i64| {
        of_100.version = Some(at);
        checkpoint::is_due(&of_100, Some(at - 1))
    };
    assert_eq!((due(99), due(100), due(101)), (false, true, false), "unless the table says otherwise");
    let checkpoint = |version: i64| folder.path().join(LOG).join(format!("{version:020}.checkpoint.parquet"));
    assert!(log.append(&table(&[3]), ("a", 1), 9).unwrap());
    assert!(!checkpoint(2).exists() && checkpoint(3).exists());
    // Read alone, it is what all commits are.
    for version in 0..=3 {
        std::fs::remove_file(folder.path().join(LOG).join(format!("{version:020}.json"))).unwrap();
    }
    let read = Snapshot::open(folder.path(), None).unwrap();
    assert_eq!((read.version, read.protocol, &read.writers), (Some(3), (1, 2), &log.known.writers));
    assert_eq!(read.columns(), log.known.columns());
    assert_eq!(read.setting("delta.checkpointInterval"), Some("3"));
    let paths = |snapshot: &Snapshot| (snapshot.files.keys().cloned().collect(), snapshot.removed.keys().cloned().collect());
    let both: (Vec<String>, Vec<String>) = paths(&read);
    assert_eq!((&both, both.0.len(), both.1.len()), (&paths(&log.known), 2, 1));
    assert_eq!(rows(folder.path(), None).len(), 2);
    let mut again = Log::open(folder.path()).unwrap();
    assert!(!again.append(&table(&[3]), ("a", 1), 9).unwrap());
    assert!(again.append(&table(&[4]), ("a", 2), 9).unwrap());
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
