//! Writing: files of Parquet, and a commit that adds them and removes those that they replace.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use parquet::errors::ParquetError;
use serde_json::{Value, json};

use super::checkpoint;
use super::file::{self, Kind};
use super::gone::Gone;
use super::snapshot::{LOG, Snapshot, inside};
use crate::Failure;
use crate::output::terminal;

/// A commit whose version was taken by another writer is tried again so often.
const TRIES: u32 = 50;

/// Rows to append.
pub struct Table {
    /// Columns of the table.
    pub columns: Vec<(String, Kind)>,
    /// A row has a value for each.
    pub rows: Vec<Vec<Value>>,
    /// Rows that were appended before and go with the same commit.
    pub gone: Option<Gone>,
}

/// A table that is appended to.
#[derive(Debug)]
pub struct Log {
    folder: PathBuf,
    /// As far as it was read.
    known: Snapshot,
}

/// Files that were written for a commit: they are deleted where it never came.
#[derive(Default)]
struct Drafts(Vec<PathBuf>);

impl Drop for Drafts {
    fn drop(&mut self) {
        for path in &self.0 {
            drop(std::fs::remove_file(path));
        }
    }
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

    /// Appends the rows of `table` and removes those that go, in one commit, as number `number` of the writer `app`; false where there is nothing
    /// to do, or that number was committed before. A table that does not exist is made.
    ///
    /// # Errors
    /// The table has other columns (missing ones at the end are added), needs a newer writer or forbids removing rows, or a file cannot be read
    /// or written; the table then is as it was.
    pub fn append(&mut self, table: &Table, (app, number): (&str, i64), now_ms: i64) -> Result<bool, Failure> {
        let before = self.known.version;
        self.known.advance(&self.folder, None)?;
        if self.is_appended(app, number) || (table.rows.is_empty() && self.known.version.is_none()) {
            return Ok(false);
        }
        let log = self.folder.join(LOG);
        std::fs::create_dir_all(&log).map_err(Failure::write(log.display().to_string()))?;
        let mut drafts = Drafts::default();
        let mut added = Vec::new();
        if !table.rows.is_empty() {
            let (name, path) = self.draft(&mut drafts)?;
            let size = file::write(&path, &table.columns, &table.rows).map_err(unwritten(&path))?;
            added.push(add(&name, size, table.rows.len() as u64, now_ms));
        }
        let is_ours = self.commit(table, (&added, &mut drafts), (app, number), now_ms)?;
        if is_ours
            && checkpoint::is_due(&self.known, before)
            && let Err(e) = checkpoint::write(&self.known, &log, now_ms)
        {
            // The commit is there: without a checkpoint it is read as before.
            terminal::note(&format!("warning[DELTA_CHECKPOINT]: no checkpoint was written to {}: {e}", log.display()));
        }
        Ok(is_ours)
    }

    fn is_appended(&self, app: &str, number: i64) -> bool {
        self.known.writers.get(app).is_some_and(|last| *last >= number)
    }

    /// A new file's name and place. The name is its own: a file of a commit that never came is not in the way, and no reader looks at it.
    fn draft(&self, drafts: &mut Drafts) -> Result<(String, PathBuf), Failure> {
        let name = format!("part-{}.parquet", crate::host::secret()?.get(..32).unwrap_or_default());
        let path = self.folder.join(&name);
        drafts.0.push(path.clone());
        Ok((name, path))
    }

    fn commit(
        &mut self,
        table: &Table,
        (added, of_added): (&[Value], &mut Drafts),
        (app, number): (&str, i64),
        now_ms: i64,
    ) -> Result<bool, Failure> {
        let place = self.folder.display().to_string();
        for _ in 0..TRIES {
            if self.is_appended(app, number) {
                return Ok(false);
            }
            self.check(table, &place)?;
            // The files that hold such rows may be others at each try.
            let mut drafts = Drafts::default();
            let replaced = self.replaced(table, &mut drafts, now_ms)?;
            if added.is_empty() && replaced.is_empty() {
                return Ok(false);
            }
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
            let (operation, parameters) = match replaced.is_empty() {
                true => ("WRITE", json!({ "mode": "Append" })),
                false => ("MERGE", json!({ "predicate": "rows of erased leads" })),
            };
            let info = json!({ "timestamp": now_ms, "operation": operation, "operationParameters": parameters,
                "isBlindAppend": replaced.is_empty(), "engineInfo": concat!("plumbline/", env!("CARGO_PKG_VERSION")) });
            actions.extend(replaced);
            actions.extend(added.iter().cloned());
            actions.push(json!({ "txn": { "appId": app, "version": number, "lastUpdated": now_ms } }));
            actions.push(json!({ "commitInfo": info }));
            let lines: Vec<String> = actions.iter().map(|action| format!("{action}\n")).collect();
            let version = self.known.version.map_or(0, |version| version + 1);
            let is_ours = put_new(&self.folder.join(LOG), version, lines.concat().as_bytes());
            let is_ours = is_ours.map_err(Failure::write(place.clone()))?;
            if is_ours {
                drafts.0.clear();
                of_added.0.clear();
            }
            self.known.advance(&self.folder, None)?;
            if is_ours {
                return Ok(true);
            }
        }
        let message = format!("other programs write to {place} without a pause: the commit came too late {TRIES} times");
        Err(Failure::Service { code: "DELTA_BUSY", message })
    }

    /// The actions that replace the files with rows that go by files without them.
    fn replaced(&self, table: &Table, drafts: &mut Drafts, now_ms: i64) -> Result<Vec<Value>, Failure> {
        let mut actions = Vec::new();
        let Some(gone) = &table.gone else { return Ok(actions) };
        for (name, known) in &self.known.files {
            let from = inside(&self.folder, name)?;
            if !gone.is_in(&from).map_err(unread(&from))? {
                continue;
            }
            if self.known.setting("delta.appendOnly") == Some("true") {
                let message = "leads were erased at the service, but the table's property delta.appendOnly forbids removing their rows: remove \
                    the property (ALTER TABLE … UNSET TBLPROPERTIES ('delta.appendOnly')) and export again";
                return Err(Failure::input(self.folder.display().to_string(), "DELTA_APPEND_ONLY", message));
            }
            let (name_now, to) = self.draft(drafts)?;
            let (rows, size) = gone.without(&from, &to, &table.columns).map_err(unwritten(&to))?;
            let of = |name: &str| known.get(name).cloned().unwrap_or_default();
            actions.push(json!({ "remove": { "path": name, "deletionTimestamp": now_ms, "dataChange": true,
                "extendedFileMetadata": true, "partitionValues": {}, "size": of("size") } }));
            if rows > 0 {
                actions.push(add(&name_now, size, rows, now_ms));
            }
        }
        Ok(actions)
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

/// The action that adds a file.
fn add(name: &str, size: u64, rows: u64, now_ms: i64) -> Value {
    let stats = json!({ "numRecords": rows }).to_string();
    json!({ "add": { "path": name, "partitionValues": {}, "size": size, "modificationTime": now_ms, "dataChange": true, "stats": stats } })
}

fn unwritten(path: &Path) -> impl FnOnce(ParquetError) -> Failure {
    let place = path.display().to_string();
    |e| Failure::write(place)(std::io::Error::other(e))
}

fn unread(path: &Path) -> impl FnOnce(ParquetError) -> Failure {
    let place = path.display().to_string();
    |e| Failure::read(place)(std::io::Error::other(e))
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
    match std::fs::hard_link(draft.path(), log.join(format!("{version:020}.json"))) {
        Ok(()) => {}
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => return Ok(false),
        Err(e) => return Err(e),
    }
    // So that its name is on the disk, too. Some file systems cannot sync a folder; the commit stands all the same, and its files must stay.
    let _ = File::open(log).and_then(|folder| folder.sync_all());
    Ok(true)
}

#[cfg(test)]
mod tests;
