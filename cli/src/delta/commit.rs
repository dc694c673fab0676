//! Appending: a file of Parquet, and a commit that adds it.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::file::{self, Kind};
use super::snapshot::{LOG, Snapshot};
use crate::Failure;

/// A commit whose version was taken by another writer is tried again so often.
const TRIES: u32 = 50;

/// Rows to append.
pub struct Table {
    /// Columns of the table.
    pub columns: Vec<(String, Kind)>,
    /// A row has a value for each.
    pub rows: Vec<Vec<Value>>,
}

/// A table that is appended to.
#[derive(Debug)]
pub struct Log {
    folder: PathBuf,
    /// As far as it was read.
    known: Snapshot,
}

impl Log {
    /// The table in `folder`, which may not exist yet.
    ///
    /// # Errors
    /// Its log cannot be read.
    pub fn open(folder: &Path) -> Result<Log, Failure> {
        let mut log = Log { folder: folder.to_owned(), known: Snapshot::default() };
        log.known.advance(folder, None)?;
        Ok(log)
    }

    /// Appends the rows of `table`, as number `number` of the writer `app`; false where that number was appended before. A table that does
    /// not exist is made.
    ///
    /// # Errors
    /// The table has other columns (missing ones at the end are added) or needs a newer writer, or a file cannot be written; the table then is as it was.
    pub fn append(&mut self, table: &Table, (app, number): (&str, i64), now_ms: i64) -> Result<bool, Failure> {
        self.known.advance(&self.folder, None)?;
        if self.is_appended(app, number) {
            return Ok(false);
        }
        let place = self.folder.display().to_string();
        let log = self.folder.join(LOG);
        std::fs::create_dir_all(&log).map_err(Failure::write(log.display().to_string()))?;
        // A name of its own: a file of a commit that never came is not in the way, and no reader looks at it.
        let name = format!("part-{}.parquet", crate::host::secret()?.get(..32).unwrap_or_default());
        let path = self.folder.join(&name);
        let size = file::write(&path, &table.columns, &table.rows)
            .map_err(|e| Failure::write(path.display().to_string())(std::io::Error::other(e)))?;
        let committed = self.commit(table, (&name, size), (app, number), now_ms, &place);
        if !matches!(committed, Ok(true)) {
            // It belongs to no version.
            drop(std::fs::remove_file(&path));
        }
        committed
    }

    fn is_appended(&self, app: &str, number: i64) -> bool {
        self.known.writers.get(app).is_some_and(|last| *last >= number)
    }

    fn commit(
        &mut self,
        table: &Table,
        (name, size): (&str, u64),
        (app, number): (&str, i64),
        now_ms: i64,
        place: &str,
    ) -> Result<bool, Failure> {
        for _ in 0..TRIES {
            if self.is_appended(app, number) {
                return Ok(false);
            }
            self.check(table, place)?;
            let mut actions = Vec::new();
            if self.known.version.is_some() && self.known.columns().len() < table.columns.len() {
                let mut metadata = self.known.metadata.clone();
                if let Value::Object(members) = &mut metadata {
                    members.insert("schemaString".into(), schema(&table.columns).into());
                }
                actions.push(json!({ "metaData": metadata }));
            }
            if self.known.version.is_none() {
                actions.push(json!({ "protocol": { "minReaderVersion": 1, "minWriterVersion": 2 } }));
                let id = identifier()?;
                actions.push(json!({ "metaData": { "id": id, "format": { "provider": "parquet", "options": {} },
                    "schemaString": schema(&table.columns), "partitionColumns": [], "configuration": {}, "createdTime": now_ms } }));
            }
            let stats = json!({ "numRecords": table.rows.len() }).to_string();
            actions.push(json!({ "add": { "path": name, "partitionValues": {}, "size": size, "modificationTime": now_ms,
                "dataChange": true, "stats": stats } }));
            actions.push(json!({ "txn": { "appId": app, "version": number, "lastUpdated": now_ms } }));
            actions.push(
                json!({ "commitInfo": { "timestamp": now_ms, "operation": "WRITE", "operationParameters": { "mode": "Append" },
                "isBlindAppend": true, "engineInfo": concat!("plumbline/", env!("CARGO_PKG_VERSION")) } }),
            );
            let lines: Vec<String> = actions.iter().map(|action| format!("{action}\n")).collect();
            let version = self.known.version.map_or(0, |version| version + 1);
            let is_ours = put_new(&self.folder.join(LOG), version, lines.concat().as_bytes());
            let is_ours = is_ours.map_err(Failure::write(place.to_owned()))?;
            self.known.advance(&self.folder, None)?;
            if is_ours {
                return Ok(true);
            }
        }
        let message = format!("other programs write to {place} without a pause: the commit came too late {TRIES} times");
        Err(Failure::Service { code: "DELTA_BUSY", message })
    }

    /// Whether the table can take the rows.
    fn check(&self, table: &Table, place: &str) -> Result<(), Failure> {
        if self.known.version.is_none() {
            return Ok(());
        }
        let (_, writer) = self.known.protocol;
        if writer > 2 {
            let message = format!(
                "the table needs writers of version {writer}; this program writes tables of version 2. Name another folder"
            );
            return Err(Failure::input(place, "DELTA_PROTOCOL_NEWER", message));
        }
        let is_partitioned =
            self.known.metadata.get("partitionColumns").and_then(Value::as_array).is_some_and(|columns| !columns.is_empty());
        let ours: Vec<(String, String)> =
            table.columns.iter().map(|(name, kind)| (name.clone(), kind.name().to_owned())).collect();
        // Columns of a later release stand behind those that are there; rows of before have none.
        if is_partitioned || !ours.starts_with(&self.known.columns()) {
            let message = "the table has other columns than an export, or partitions: name another folder".to_owned();
            return Err(Failure::input(place, "DELTA_OTHER_SCHEMA", message));
        }
        Ok(())
    }
}

/// The schema of `columns` as the log has it.
fn schema(columns: &[(String, Kind)]) -> String {
    let fields: Vec<Value> = columns
        .iter()
        .map(|(name, kind)| json!({ "name": name, "type": kind.name(), "nullable": true, "metadata": {} }))
        .collect();
    json!({ "type": "struct", "fields": fields }).to_string()
}

/// A random identifier, as tables have.
fn identifier() -> Result<String, Failure> {
    let digits = crate::host::secret()?;
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default().to_owned();
    Ok([part(0, 8), part(8, 12), format!("4{}", part(13, 16)), format!("a{}", part(17, 20)), part(20, 32)].join("-"))
}

/// Makes the commit of `version`; false where there is one. It appears whole: it gets its name by a link, which replaces nothing.
fn put_new(log: &Path, version: i64, bytes: &[u8]) -> std::io::Result<bool> {
    let mut draft = tempfile::Builder::new().prefix(".commit-").suffix(".tmp").tempfile_in(log)?;
    draft.write_all(bytes)?;
    draft.as_file().sync_all()?;
    let done = match std::fs::hard_link(draft.path(), log.join(format!("{version:020}.json"))) {
        Ok(()) => true,
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => false,
        Err(e) => return Err(e),
    };
    // Its name is on the disk, too.
    File::open(log)?.sync_all()?;
    Ok(done)
}

#[cfg(test)]
mod tests;
