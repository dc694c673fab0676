//! What a table is at a version: its files, protocol, schema, and how far each writer is.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::{Field, Row};
use serde_json::{Map, Value};
use tempfile::NamedTempFile;

use crate::Failure;
use crate::input::{self, Step};
use crate::output::{Interrupt, terminal};

/// The folder with the commits.
pub const LOG: &str = "_delta_log";
/// Features of reader version 3 that change nothing for what is read here, or are checked file by file.
const KNOWN: [&str; 4] = ["timestampNtz", "deletionVectors", "columnMapping", "vacuumProtocolCheck"];

/// A table at a version.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The version; none before the first commit.
    pub version: Option<i64>,
    /// The least version of readers and of writers.
    pub protocol: (i64, i64),
    /// What readers of version 3 must know.
    features: Vec<String>,
    /// The newest `metaData`.
    pub metadata: Value,
    /// The files that make it, by path, as they were added.
    pub files: BTreeMap<String, Value>,
    /// The files that were part of it, by path, as they were removed.
    pub removed: BTreeMap<String, Value>,
    /// The newest number of each writer that gives its commits numbers.
    pub writers: BTreeMap<String, i64>,
}

/// Whether `folder` is a table of Delta Lake.
pub fn is_table(folder: &Path) -> bool {
    folder.join(LOG).is_dir()
}

/// The versions of the commits in a log, and of its checkpoints with their files.
type Listed = (BTreeMap<i64, PathBuf>, BTreeMap<i64, Vec<PathBuf>>);

impl Snapshot {
    /// The table in `folder`, at `version` or the newest.
    ///
    /// # Errors
    /// It is no table, has no such version, its log is not whole, or it needs a newer reader.
    pub fn open(folder: &Path, version: Option<i64>) -> Result<Snapshot, Failure> {
        let mut snapshot = Snapshot::default();
        snapshot.advance(folder, version)?;
        let place = folder.display().to_string();
        if snapshot.version.is_none() {
            return Err(Failure::input(place, "DELTA_EMPTY", "it is no table of Delta Lake yet: its log has no commit"));
        }
        snapshot.check(&place)?;
        Ok(snapshot)
    }

    /// Takes up the commits in `folder` that are newer, up to `until`.
    ///
    /// # Errors
    /// The log cannot be read, is not whole, or ends before `until`.
    pub fn advance(&mut self, folder: &Path, until: Option<i64>) -> Result<(), Failure> {
        let place = folder.display().to_string();
        let (commits, checkpoints) = listed(folder)?;
        let newest = commits.keys().chain(checkpoints.keys()).max().copied();
        let Some(last) = until.or(newest) else { return Ok(()) };
        let missing = |message: String| Failure::input(&place, "DELTA_VERSION_MISSING", message);
        if newest.is_none_or(|newest| newest < last) {
            let shown = newest.map_or_else(|| "none".to_owned(), |newest| newest.to_string());
            return Err(missing(format!("the table has no version {last}; its newest is {shown}")));
        }
        let is_cleaned = self.version.is_some_and(|version| version < last && !commits.contains_key(&(version + 1)));
        // Another program may have cleaned the log up behind its checkpoint.
        if is_cleaned && checkpoints.range(..=last).next_back().is_some_and(|(at, _)| Some(*at) > self.version) {
            *self = Snapshot::default();
        }
        if self.version.is_none()
            && let Some((at, files)) = checkpoints.range(..=last).next_back()
        {
            for file in files {
                self.take_checkpoint(file)?;
            }
            self.version = Some(*at);
        }
        for version in self.version.map_or(0, |version| version + 1)..=last {
            let gone =
                || missing(format!("version {version} is no longer in the log, or was never written: name a newer version"));
            let path = commits.get(&version).ok_or_else(gone)?;
            let text = std::fs::read_to_string(path).map_err(Failure::read(path.display().to_string()))?;
            for line in text.lines().filter(|line| !line.trim().is_empty()) {
                let action: Value = serde_json::from_str(line).map_err(|e| {
                    Failure::input(path.display().to_string(), "DELTA_LOG_UNREADABLE", format!("a line is not JSON: {e}"))
                })?;
                self.take(&action);
            }
            self.version = Some(version);
        }
        Ok(())
    }

    fn take_checkpoint(&mut self, path: &Path) -> Result<(), Failure> {
        let place = path.display().to_string();
        let unreadable = |e: parquet::errors::ParquetError| Failure::input(place.clone(), "DELTA_LOG_UNREADABLE", e.to_string());
        let reader = SerializedFileReader::new(File::open(path).map_err(Failure::read(&place))?).map_err(unreadable)?;
        for row in reader.get_row_iter(None).map_err(unreadable)? {
            self.take(&record(&row.map_err(unreadable)?));
        }
        Ok(())
    }

    /// Takes up an action: an object with one member that is there.
    fn take(&mut self, action: &Value) {
        let of = |name: &str| action.get(name).filter(|of| of.is_object());
        let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(protocol) = of("protocol") {
            let number = |name: &str| protocol.get(name).and_then(Value::as_i64).unwrap_or(1);
            self.protocol = (number("minReaderVersion"), number("minWriterVersion"));
            let features = protocol.get("readerFeatures").and_then(Value::as_array).into_iter().flatten();
            self.features = features.filter_map(Value::as_str).map(str::to_owned).collect();
        }
        if let Some(metadata) = of("metaData") {
            self.metadata = metadata.clone();
        }
        if let Some(add) = of("add") {
            self.removed.remove(&text(add, "path"));
            self.files.insert(text(add, "path"), add.clone());
        }
        if let Some(remove) = of("remove") {
            self.files.remove(&text(remove, "path"));
            self.removed.insert(text(remove, "path"), remove.clone());
        }
        if let Some(txn) = of("txn") {
            self.writers.insert(text(txn, "appId"), txn.get("version").and_then(Value::as_i64).unwrap_or_default());
        }
    }

    /// Whether it can be read here.
    fn check(&self, place: &str) -> Result<(), Failure> {
        let mapped = self.setting("delta.columnMapping.mode").is_some_and(|mode| mode != "none");
        let unknown: Vec<&str> = self.features.iter().map(String::as_str).filter(|name| !KNOWN.contains(name)).collect();
        let needs = if self.protocol.0 > 3 {
            format!("readers of version {}", self.protocol.0)
        } else if !unknown.is_empty() {
            format!("readers that know {}", unknown.join(", "))
        } else if mapped {
            "readers that know column mapping".to_owned()
        } else if self.files.values().any(|add| add.get("deletionVector").is_some_and(|vector| !vector.is_null())) {
            "readers that know deletion vectors (REORG TABLE … APPLY (PURGE) writes them into the files)".to_owned()
        } else {
            return Ok(());
        };
        let message = format!(
            "the table needs {needs}; this program reads tables of reader version 1. Write it as a table of an older protocol, or as Parquet"
        );
        Err(Failure::input(place, "DELTA_PROTOCOL_NEWER", message))
    }

    /// A property of the table.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.metadata.get("configuration")?.get(name)?.as_str()
    }

    /// Names and types of its columns.
    pub fn columns(&self) -> Vec<(String, String)> {
        let schema = self.metadata.get("schemaString").and_then(Value::as_str).unwrap_or_default();
        let schema: Value = serde_json::from_str(schema).unwrap_or_default();
        let fields = schema.get("fields").and_then(Value::as_array).cloned().unwrap_or_default();
        let text = |field: &Value, name: &str| field.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        fields.iter().map(|field| (text(field, "name"), text(field, "type"))).collect()
    }

    /// Its rows in a temporary file of NDJSON, file by file in the order of their names.
    ///
    /// # Errors
    /// A file cannot be read, or lies outside of `folder`.
    pub fn rows(&self, folder: &Path, interrupt: &Interrupt) -> Result<NamedTempFile, Failure> {
        let failed = || Failure::write("a temporary file");
        let file = tempfile::Builder::new().prefix("plumbline-delta-").suffix(".ndjson").tempfile().map_err(failed())?;
        interrupt.guard(file.path());
        let mut out = BufWriter::new(file.reopen().map_err(failed())?);
        let kinds: BTreeMap<String, String> = self.columns().into_iter().collect();
        let bar = terminal::steps("files of the table");
        for (at, (path, add)) in self.files.iter().enumerate() {
            bar.set_position((at * 100 / self.files.len()) as u64);
            let path = inside(folder, path)?;
            let parts = add.get("partitionValues").and_then(Value::as_object).cloned().unwrap_or_default();
            let parts: Vec<(String, Value)> =
                parts.into_iter().map(|(name, value)| (name.clone(), typed(&value, kinds.get(&name)))).collect();
            let (mut records, source) = input::open(&path, false)?;
            loop {
                match records.advance()? {
                    Step::End => break,
                    Step::Rejected(problem) => return Err(Failure::input(source.place, problem.code, problem.message)),
                    Step::Record if parts.is_empty() => writeln!(out, "{}", records.row()).map_err(failed())?,
                    Step::Record => {
                        let mut row: Map<String, Value> = serde_json::from_str(&records.row()).unwrap_or_default();
                        row.extend(parts.iter().cloned());
                        writeln!(out, "{}", Value::Object(row)).map_err(failed())?;
                    }
                }
            }
            source.progress.finish_and_clear();
        }
        bar.finish_and_clear();
        out.flush().map_err(failed())?;
        Ok(file)
    }
}

/// The commits and checkpoints of the table in `folder`. Checkpoints that are not whole do not count.
fn listed(folder: &Path) -> Result<Listed, Failure> {
    let log = folder.join(LOG);
    let entries = match std::fs::read_dir(&log) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Listed::default()),
        entries => entries.map_err(Failure::read(log.display().to_string()))?,
    };
    let (mut commits, mut parts) = (BTreeMap::new(), BTreeMap::<(i64, usize), Vec<PathBuf>>::new());
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let Some(version) = name.get(..20).and_then(|digits| digits.parse::<i64>().ok()) else { continue };
        let rest: Vec<&str> = name.get(20..).unwrap_or_default().split('.').collect();
        match rest[..] {
            ["", "json"] => drop(commits.insert(version, path)),
            ["", "checkpoint", "parquet"] => parts.entry((version, 1)).or_default().push(path),
            ["", "checkpoint", _, of, "parquet"] => {
                let of = of.parse().unwrap_or(usize::MAX);
                parts.entry((version, of)).or_default().push(path);
            }
            _ => {}
        }
    }
    let whole = parts.into_iter().filter(|((_, of), files)| files.len() == *of);
    Ok((commits, whole.map(|((version, _), files)| (version, files)).collect()))
}

/// A value of a partition, which the log has as text.
fn typed(value: &Value, kind: Option<&String>) -> Value {
    let Some(text) = value.as_str() else { return Value::Null };
    match kind.map(String::as_str) {
        Some("byte" | "short" | "integer" | "long" | "float" | "double") => {
            serde_json::from_str(text).ok().filter(Value::is_number).unwrap_or(Value::Null)
        }
        Some("boolean") => Value::Bool(text == "true"),
        _ => Value::String(text.to_owned()),
    }
}

/// Where the file is that the log of the table in `folder` names `path`.
///
/// # Errors
/// It lies outside of the folder.
pub fn inside(folder: &Path, path: &str) -> Result<PathBuf, Failure> {
    let path = decoded(path);
    if Path::new(&path).is_absolute() || path.contains("://") || path.split('/').any(|part| part == "..") {
        let message = format!("the file {path:?} lies outside of the table's folder: copy the table into one folder");
        return Err(Failure::input(folder.display().to_string(), "DELTA_FILE_OUTSIDE", message));
    }
    Ok(folder.join(path))
}

/// A path of the log, whose special characters are percent-encoded.
fn decoded(path: &str) -> String {
    let (mut out, mut rest) = (Vec::new(), path.as_bytes());
    while let [byte, tail @ ..] = rest {
        let code = || u8::from_str_radix(std::str::from_utf8(tail.get(..2)?).ok()?, 16).ok();
        match (byte, code()) {
            (b'%', Some(code)) => {
                out.push(code);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(*byte);
                rest = tail;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| path.to_owned())
}

/// A record of a checkpoint as the log would have it.
fn record(row: &Row) -> Value {
    Value::Object(row.get_column_iter().map(|(name, field)| (name.clone(), value(field))).collect())
}

fn value(field: &Field) -> Value {
    match field {
        Field::Bool(flag) => Value::Bool(*flag),
        Field::Byte(n) => Value::from(*n),
        Field::Short(n) => Value::from(*n),
        Field::Int(n) => Value::from(*n),
        Field::Long(n) => Value::from(*n),
        Field::Str(text) => Value::String(text.clone()),
        Field::Group(row) => record(row),
        Field::ListInternal(list) => Value::Array(list.elements().iter().map(value).collect()),
        Field::MapInternal(map) => {
            let entries = map.entries().iter().map(|(key, of)| match key {
                Field::Str(key) => (key.clone(), value(of)),
                other => (other.to_string(), value(of)),
            });
            Value::Object(entries.collect())
        }
        // Statistics of columns, which are not used here.
        _ => Value::Null,
    }
}
