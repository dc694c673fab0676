//! Checkpoints: what a table is at a version as one file of Parquet, so that no reader has to go through every commit.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{Type, TypePtr};
use serde_json::{Value, json};

use super::file::properties;
use super::snapshot::Snapshot;

/// A checkpoint is written after so many commits, unless the table's `delta.checkpointInterval` says otherwise.
const INTERVAL: i64 = 100;
/// Files that were removed are named for so long, in ms, for programs that delete them: a week, as Delta Lake has it.
const REMEMBERED_MS: i64 = 7 * 86_400_000;

/// What a column of a checkpoint holds. Every value may be missing.
enum Shape {
    Text,
    Long,
    Int,
    Flag,
    Group(&'static [(&'static str, Shape)]),
    /// Texts.
    List,
    /// From text to text.
    Map,
}

use Shape::{Flag, Group, Int, List, Long, Map, Text};

const SCHEMA: &[(&str, Shape)] = &[
    ("txn", Group(&[("appId", Text), ("version", Long), ("lastUpdated", Long)])),
    (
        "add",
        Group(&[
            ("path", Text),
            ("partitionValues", Map),
            ("size", Long),
            ("modificationTime", Long),
            ("dataChange", Flag),
            ("stats", Text),
            ("tags", Map),
        ]),
    ),
    (
        "remove",
        Group(&[
            ("path", Text),
            ("deletionTimestamp", Long),
            ("dataChange", Flag),
            ("extendedFileMetadata", Flag),
            ("partitionValues", Map),
            ("size", Long),
        ]),
    ),
    (
        "metaData",
        Group(&[
            ("id", Text),
            ("name", Text),
            ("description", Text),
            ("format", Group(&[("provider", Text), ("options", Map)])),
            ("schemaString", Text),
            ("partitionColumns", List),
            ("configuration", Map),
            ("createdTime", Long),
        ]),
    ),
    ("protocol", Group(&[("minReaderVersion", Int), ("minWriterVersion", Int)])),
];

/// Whether the version after which the table is at `snapshot` is one that gets a checkpoint; `before` is the version known before.
pub fn is_due(snapshot: &Snapshot, before: Option<i64>) -> bool {
    let given = snapshot.setting("delta.checkpointInterval").and_then(|text| text.parse().ok());
    let every = given.filter(|every| *every > 0).unwrap_or(INTERVAL);
    let place = |version: Option<i64>| version.map_or(0, |version| version / every);
    place(snapshot.version) > place(before)
}

/// Writes the checkpoint of `snapshot` into the log `log`. It appears whole, and replaces one of the same version, which says the same.
///
/// # Errors
/// A file cannot be written.
pub fn write(snapshot: &Snapshot, log: &Path, now_ms: i64) -> Result<(), ParquetError> {
    let Some(version) = snapshot.version else { return Ok(()) };
    let actions = actions(snapshot, now_ms);
    let draft = tempfile::Builder::new().prefix(".checkpoint-").suffix(".tmp").tempfile_in(log)?;
    fill(draft.as_file(), &actions)?;
    draft.as_file().sync_all()?;
    draft.persist(log.join(format!("{version:020}.checkpoint.parquet"))).map_err(|e| e.error)?;
    // Only now is it named: a reader that follows the name finds it.
    let mut draft = tempfile::Builder::new().prefix(".last-").suffix(".tmp").tempfile_in(log)?;
    draft.write_all(json!({ "version": version, "size": actions.len() }).to_string().as_bytes())?;
    draft.as_file().sync_all()?;
    draft.persist(log.join("_last_checkpoint")).map_err(|e| e.error)?;
    File::open(log)?.sync_all()?;
    Ok(())
}

/// All that holds at the version.
fn actions(snapshot: &Snapshot, now_ms: i64) -> Vec<Value> {
    let (reader, writer) = snapshot.protocol;
    let mut actions = vec![
        json!({ "protocol": { "minReaderVersion": reader, "minWriterVersion": writer } }),
        json!({ "metaData": snapshot.metadata }),
    ];
    let txn = |(app, version): (&String, &i64)| json!({ "txn": { "appId": app, "version": version } });
    actions.extend(snapshot.writers.iter().map(txn));
    // Actions of a checkpoint change no data.
    let still = |action: &Value| {
        let mut action = action.clone();
        if let Value::Object(members) = &mut action {
            members.insert("dataChange".to_owned(), json!(false));
            members.entry("partitionValues").or_insert_with(|| json!({}));
        }
        action
    };
    actions.extend(snapshot.files.values().map(|add| json!({ "add": still(add) })));
    let is_own = snapshot.setting("delta.deletedFileRetentionDuration").is_some();
    let is_remembered = |remove: &&Value| {
        is_own || remove.get("deletionTimestamp").and_then(Value::as_i64).is_none_or(|at| at > now_ms - REMEMBERED_MS)
    };
    actions.extend(snapshot.removed.values().filter(is_remembered).map(|remove| json!({ "remove": still(remove) })));
    actions
}

fn fill(file: &File, actions: &[Value]) -> Result<(), ParquetError> {
    let fields = SCHEMA.iter().map(|(name, shape)| declared(name, shape)).collect::<Result<Vec<_>, _>>()?;
    let schema = Arc::new(Type::group_type_builder("schema").with_fields(fields).build()?);
    let mut leaves: Vec<Leaf> = Vec::new();
    SCHEMA.iter().for_each(|(_, shape)| leaf(shape, &mut leaves));
    for action in actions {
        let mut at = leaves.iter_mut();
        for (name, shape) in SCHEMA {
            put(shape, action.get(name).filter(|of| !of.is_null()), 0, &mut at);
        }
    }
    let mut writer = SerializedFileWriter::new(file.try_clone()?, schema, Arc::new(properties()))?;
    let mut group = writer.next_row_group()?;
    let mut leaves = leaves.iter();
    while let (Some(mut column), Some(leaf)) = (group.next_column()?, leaves.next()) {
        let (defined, repeated) = (Some(leaf.defined.as_slice()), leaf.is_repeated.then_some(leaf.repeated.as_slice()));
        let values = leaf.values.iter();
        match column.untyped() {
            ColumnWriter::ByteArrayColumnWriter(writer) => {
                let values: Vec<ByteArray> = values.map(|value| text(value).as_str().into()).collect();
                writer.write_batch(&values, defined, repeated)?;
            }
            ColumnWriter::Int64ColumnWriter(writer) => {
                let values: Vec<i64> = values.map(|value| value.as_i64().unwrap_or_default()).collect();
                writer.write_batch(&values, defined, repeated)?;
            }
            ColumnWriter::Int32ColumnWriter(writer) => {
                let of = |value: &Value| value.as_i64().and_then(|n| i32::try_from(n).ok()).unwrap_or_default();
                let values: Vec<i32> = values.map(of).collect();
                writer.write_batch(&values, defined, repeated)?;
            }
            ColumnWriter::BoolColumnWriter(writer) => {
                let values: Vec<bool> = values.map(|value| value.as_bool().unwrap_or_default()).collect();
                writer.write_batch(&values, defined, repeated)?;
            }
            _ => return Err(ParquetError::General("a column of another kind".into())),
        }
        column.close()?;
    }
    group.close()?;
    writer.close().map(drop)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The declaration of a column in the file.
fn declared(name: &str, shape: &Shape) -> Result<TypePtr, ParquetError> {
    let plain = |name: &str, of: Physical, repetition| {
        let logical = (of == Physical::BYTE_ARRAY).then_some(LogicalType::String);
        Type::primitive_type_builder(name, of).with_repetition(repetition).with_logical_type(logical).build().map(Arc::new)
    };
    let group = |name: &str, repetition, logical, fields| {
        let built = Type::group_type_builder(name).with_repetition(repetition).with_logical_type(logical);
        built.with_fields(fields).build().map(Arc::new)
    };
    let optional = Repetition::OPTIONAL;
    match shape {
        Text => plain(name, Physical::BYTE_ARRAY, optional),
        Long => plain(name, Physical::INT64, optional),
        Int => plain(name, Physical::INT32, optional),
        Flag => plain(name, Physical::BOOLEAN, optional),
        Group(members) => {
            let fields = members.iter().map(|(name, shape)| declared(name, shape)).collect::<Result<Vec<_>, _>>()?;
            group(name, optional, None, fields)
        }
        List => {
            let element = plain("element", Physical::BYTE_ARRAY, optional)?;
            let list = group("list", Repetition::REPEATED, None, vec![element])?;
            group(name, optional, Some(LogicalType::List), vec![list])
        }
        Map => {
            let key = plain("key", Physical::BYTE_ARRAY, Repetition::REQUIRED)?;
            let entry =
                group("key_value", Repetition::REPEATED, None, vec![key, plain("value", Physical::BYTE_ARRAY, optional)?])?;
            group(name, optional, Some(LogicalType::Map), vec![entry])
        }
    }
}

/// The values of a column of plain values, and the levels that say where each belongs, as Parquet has them.
#[derive(Default)]
struct Leaf {
    values: Vec<Value>,
    defined: Vec<i16>,
    repeated: Vec<i16>,
    is_repeated: bool,
}

impl Leaf {
    fn none(&mut self, defined: i16) {
        self.defined.push(defined);
        self.repeated.push(0);
    }

    fn one(&mut self, value: Value, defined: i16, is_first: bool) {
        self.values.push(value);
        self.defined.push(defined);
        self.repeated.push(i16::from(!is_first));
    }
}

/// Adds the columns of plain values that `shape` has.
fn leaf(shape: &Shape, leaves: &mut Vec<Leaf>) {
    match shape {
        Group(members) => members.iter().for_each(|(_, shape)| leaf(shape, leaves)),
        List => leaves.push(Leaf { is_repeated: true, ..Leaf::default() }),
        Map => leaves.extend([(); 2].map(|()| Leaf { is_repeated: true, ..Leaf::default() })),
        Text | Long | Int | Flag => leaves.push(Leaf::default()),
    }
}

/// Puts `value` into the next columns; `defined` of the groups around it are there.
fn put(shape: &Shape, value: Option<&Value>, defined: i16, leaves: &mut std::slice::IterMut<'_, Leaf>) {
    match shape {
        Group(members) => {
            let defined = defined + i16::from(value.is_some());
            for (name, shape) in *members {
                put(shape, value.and_then(|of| of.get(name)).filter(|of| !of.is_null()), defined, leaves);
            }
        }
        List => {
            let Some(leaf) = leaves.next() else { return };
            let elements = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            if elements.is_empty() {
                leaf.none(defined + i16::from(value.is_some()));
            }
            for (at, element) in elements.iter().enumerate() {
                leaf.one(element.clone(), defined + 3, at == 0);
            }
        }
        Map => {
            let (Some(keys), Some(values)) = (leaves.next(), leaves.next()) else { return };
            let entries: BTreeMap<&String, &Value> = value.and_then(Value::as_object).into_iter().flatten().collect();
            if entries.is_empty() {
                keys.none(defined + i16::from(value.is_some()));
                values.none(defined + i16::from(value.is_some()));
            }
            for (at, (key, of)) in entries.into_iter().enumerate() {
                keys.one(json!(key), defined + 2, at == 0);
                match of {
                    Value::Null => {
                        values.defined.push(defined + 2);
                        values.repeated.push(i16::from(at != 0));
                    }
                    of => values.one(of.clone(), defined + 3, at == 0),
                }
            }
        }
        Text | Long | Int | Flag => match (leaves.next(), value) {
            (Some(leaf), Some(value)) => leaf.one(value.clone(), defined + 1, true),
            (Some(leaf), None) => leaf.none(defined),
            (None, _) => {}
        },
    }
}
