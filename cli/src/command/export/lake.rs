//! A copy as tables of Delta Lake: a folder per table, to which rows are appended. Rows of leads that were erased at the service go, with the
//! commit of the page that reports it: files that hold some are written again without them.
//!
//! A commit names this copy and the number of the page that its rows are of, so a page that is tried again is not appended twice. Before a page is committed to its tables it is kept as a file, so that after an interruption the very
//! same rows follow.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::table::{TABLES, prediction, predictions};
use super::{Page, Target, of_another};
use crate::Failure;
use crate::clock;
use crate::delta::{Gone, Kind, Log, Table};
use plumbline_core::event::{ColumnType, Prediction};

/// The folder with what the copy knows of itself.
const OWN: &str = "_plumbline";
/// The tables of a lead's events, whose rows have the number of their change.
const EVENTS: [&str; 3] = ["outcome_events", "sales_feedback", "exposures"];
/// The lead id and the request id of rows whose lead was erased, and what the lead id of its scores begins with.
const ERASED: &str = "erased";
/// The column with the number of the page that a row came with: of two rows of one key the later one holds.
const PAGE: &str = "export_page";

/// Tables of Delta Lake with a copy.
pub struct Lake {
    path: PathBuf,
    /// Those that were appended to, with what is known of their logs.
    logs: BTreeMap<String, Log>,
}

impl Lake {
    /// The folder after `delta:`.
    pub fn folder(to: &Path) -> Option<&str> {
        to.to_str()?.strip_prefix("delta:")
    }

    /// Opens the copy in the folder, which is made where it does not exist.
    pub fn open(path: &str) -> Result<Lake, Failure> {
        let path = PathBuf::from(path);
        let own = path.join(OWN);
        std::fs::create_dir_all(&own).map_err(Failure::write(own.display().to_string()))?;
        Ok(Lake { path, logs: BTreeMap::new() })
    }

    fn own(&self, name: &str) -> PathBuf {
        self.path.join(OWN).join(name)
    }

    /// What is kept under `name`; none where there is nothing.
    fn kept(&self, name: &str) -> Result<Option<Value>, Failure> {
        let path = self.own(name);
        let place = path.display().to_string();
        match std::fs::read(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            read => {
                let unreadable = |e: serde_json::Error| {
                    let message = format!("it is not what an export keeps: {e}");
                    Failure::input(place.clone(), "EXPORT_UNREADABLE", message)
                };
                serde_json::from_slice(&read.map_err(Failure::read(place.clone()))?).map(Some).map_err(unreadable)
            }
        }
    }

    /// Appends the rows of a page to their tables; those that have it already are left alone.
    fn append(&mut self, source: &str, page: &Value) -> Result<(), Failure> {
        let text = |name: &str| page.get(name).and_then(Value::as_str).unwrap_or_default();
        let number = page.get("page").and_then(Value::as_i64).unwrap_or_default();
        let app = format!("plumbline/{source}/{}", text("part"));
        let shard = text("part").parse::<i64>().ok();
        let mut tables: BTreeMap<&str, Vec<Vec<Value>>> = BTreeMap::new();
        for row in latest(page) {
            let name = row.get("table").and_then(Value::as_str).unwrap_or_default();
            let cells = row.get("row").cloned().unwrap_or_default();
            if name == "prediction_batches" {
                let id = cells.get("id").cloned().unwrap_or_default();
                let all = tables.entry("prediction_logs").or_default();
                for (ordinal, line) in cells.get("predictions").and_then(Value::as_array).into_iter().flatten().enumerate() {
                    let own = [json!(number), json!(shard), id.clone(), json!(ordinal)];
                    all.push(own.into_iter().chain(prediction(line)).collect());
                }
            } else if let Some(table) = TABLES.iter().find(|table| table.name == name) {
                let of = table.columns.iter().map(|(name, _)| cells.get(name).cloned().unwrap_or_default());
                let own = std::iter::once(json!(number)).chain(table.of_shards.then(|| json!(shard)));
                tables.entry(table.name).or_default().push(own.chain(of).collect());
            }
        }
        let mut gone = erased(page, shard);
        // Where a table has none of the page's rows, some of its own may go.
        for name in gone.keys() {
            tables.entry(name).or_default();
        }
        for (name, rows) in tables {
            let log = match self.logs.entry(name.to_owned()) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(Log::open(&self.path.join(name))?),
            };
            let gone = gone.remove(name);
            log.append(&Table { columns: columns(name), rows, gone }, (&app, number), clock::now().0)?;
        }
        Ok(())
    }
}

/// The rows of `page`; of two of one key the later, since a page can have a row from its cursor and again as a change.
fn latest(page: &Value) -> Vec<&Value> {
    let rows: Vec<&Value> = page.get("rows").and_then(Value::as_array).into_iter().flatten().collect();
    let key = |row: &Value| {
        let name = row.get("table").and_then(Value::as_str).unwrap_or_default();
        let of = |column: &str| row.get("row").and_then(|cells| cells.get(column)).cloned().unwrap_or_default();
        let table = TABLES.iter().find(|table| table.name == name);
        let columns = table.map(|table| table.columns.iter().take(table.key).map(|(column, _)| of(column)).collect::<Vec<_>>());
        let key = columns.or_else(|| (name == "prediction_batches").then(|| vec![of("id")]))?;
        Some(format!("{name} {}", Value::from(key)))
    };
    let keys: Vec<Option<String>> = rows.iter().map(|row| key(row)).collect();
    let last: BTreeMap<&String, usize> = keys.iter().enumerate().filter_map(|(at, key)| Some((key.as_ref()?, at))).collect();
    let is_last = |at: usize, key: &Option<String>| key.as_ref().is_none_or(|key| last.get(key) == Some(&at));
    rows.into_iter().zip(&keys).enumerate().filter(|(at, (_, key))| is_last(*at, key)).map(|(_, (row, _))| row).collect()
}

/// The rows of earlier pages, by table, that are no longer to be kept, because a lead was erased: those that the service names by number, and the
/// earlier rows of those that come again without the lead's id.
fn erased(page: &Value, shard: Option<i64>) -> BTreeMap<&'static str, Gone> {
    let mut found: BTreeMap<&'static str, Gone> = BTreeMap::new();
    let within: Vec<(&'static str, i64)> = shard.map(|shard| ("shard", shard)).into_iter().collect();
    let mut add = |table: &'static str, column: &'static str, value: Option<&Value>| {
        let new = || Gone { column, values: BTreeSet::new(), within: within.clone() };
        found.entry(table).or_insert_with(new).values.extend(value.and_then(Value::as_i64));
    };
    for row in page.get("rows").and_then(Value::as_array).into_iter().flatten() {
        let cells = row.get("row").unwrap_or(&Value::Null);
        let lead = || cells.get("lead_id").and_then(Value::as_str).unwrap_or_default();
        match row.get("table").and_then(Value::as_str).unwrap_or_default() {
            "gone" => EVENTS.iter().for_each(|table| add(table, "change", cells.get("change"))),
            "gone_fields" => add("lead_features", "id", cells.get("id")),
            "gone_current" => add("current_scores", "lead", cells.get("lead")),
            "prediction_batches" if has_erased(cells) => add("prediction_logs", "batch", cells.get("id")),
            "lead_scores" if lead().starts_with(ERASED) => add("lead_scores", "id", cells.get("id")),
            "score_changes" if lead().is_empty() => add("score_changes", "id", cells.get("id")),
            _ => {}
        }
    }
    found
}

/// Whether a batch has the row of a lead that was erased.
fn has_erased(batch: &Value) -> bool {
    let place = |name: &str| Prediction::COLUMNS.iter().position(|column| column.name == name);
    let (lead, request) = (place("lead_id"), place("request_id"));
    let is_erased = |line: &Value, at: Option<usize>| at.and_then(|at| line.get(at)?.as_str()) == Some(ERASED);
    let lines = batch.get("predictions").and_then(Value::as_array);
    lines.into_iter().flatten().any(|line| is_erased(line, lead) && is_erased(line, request))
}

/// The columns of a table of the copy.
fn columns(name: &str) -> Vec<(String, Kind)> {
    let kind = |kind: ColumnType| match kind {
        ColumnType::Integer => Kind::Long,
        ColumnType::Real => Kind::Double,
        ColumnType::Text => Kind::String,
    };
    let known = TABLES.iter().find(|table| table.name == name);
    let (is_of_shards, of): (bool, Vec<(&str, ColumnType)>) =
        known.map_or_else(|| (true, predictions()), |table| (table.of_shards, table.columns.to_vec()));
    let own = std::iter::once((PAGE, Kind::Long)).chain(is_of_shards.then_some(("shard", Kind::Long)));
    own.chain(of.into_iter().map(|(name, of)| (name, kind(of)))).map(|(name, kind)| (name.to_owned(), kind)).collect()
}

impl Target for Lake {
    fn position(&mut self, source: &str, part: &str) -> Result<String, Failure> {
        // A page that was interrupted comes first.
        if let Some(page) = self.kept(&format!("{part}.page.json"))?
            && page.get("source").and_then(Value::as_str) == Some(source)
        {
            self.append(source, &page)?;
            self.settle(part, &page)?;
        }
        let Some(position) = self.kept(&format!("{part}.json"))? else { return Ok(String::new()) };
        let text = |name: &str| position.get(name).and_then(Value::as_str).unwrap_or_default();
        if text("source") != source {
            return Err(of_another(&self.path.display().to_string()));
        }
        Ok(text("cursor").to_owned())
    }

    fn keep(&mut self, source: &str, page: &Page) -> Result<(), Failure> {
        let position = self.kept(&format!("{}.json", page.part))?;
        let number = position.and_then(|position| position.get("page")?.as_i64()).unwrap_or(-1) + 1;
        let kept = json!({ "source": source, "part": page.part, "page": number, "after": page.after, "cursor": page.cursor,
            "rows": page.rows });
        put(&self.own(&format!("{}.page.json", page.part)), &kept)?;
        self.append(source, &kept)?;
        self.settle(&page.part, &kept)
    }
}

impl Lake {
    /// The page is in its tables: the position is behind it.
    fn settle(&self, part: &str, page: &Value) -> Result<(), Failure> {
        let of = |name: &str| page.get(name).cloned().unwrap_or_default();
        let position = json!({ "source": of("source"), "cursor": of("cursor"), "page": of("page") });
        put(&self.own(&format!("{part}.json")), &position)?;
        let path = self.own(&format!("{part}.page.json"));
        std::fs::remove_file(&path).map_err(Failure::write(path.display().to_string()))
    }
}

/// Writes `value` to `path`, whole or not at all.
fn put(path: &Path, value: &Value) -> Result<(), Failure> {
    let failed = || Failure::write(path.display().to_string());
    let temporary = path.with_extension("part");
    let mut file = std::fs::File::create(&temporary).map_err(failed())?;
    file.write_all(value.to_string().as_bytes()).and_then(|()| file.sync_all()).map_err(failed())?;
    std::fs::rename(&temporary, path).map_err(failed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_rows_of_one_key_in_a_page_the_later_is_taken() {
        let row = |table: &str, cells: Value| json!({ "table": table, "row": cells });
        let page = json!({ "rows": [
            row("lead_scores", json!({ "id": 1, "lead_id": "a" })),
            row("prediction_batches", json!({ "id": 9, "predictions": [["a"]] })),
            row("lead_scores", json!({ "id": 2, "lead_id": "b" })),
            row("gone", json!({ "change": 4 })),
            row("gone", json!({ "change": 4 })),
            row("lead_scores", json!({ "id": 1, "lead_id": "erased:7" })),
            row("prediction_batches", json!({ "id": 9, "predictions": [["erased:7"]] })),
        ] });
        let taken: Vec<String> = latest(&page).iter().map(|row| row["row"].to_string()).collect();
        let expected = [
            json!({ "id": 2, "lead_id": "b" }),
            json!({ "change": 4 }),
            json!({ "change": 4 }),
            json!({ "id": 1, "lead_id": "erased:7" }),
            json!({ "id": 9, "predictions": [["erased:7"]] }),
        ];
        assert_eq!(taken, expected.map(|row| row.to_string()));
        assert!(latest(&json!({})).is_empty());
    }
}
