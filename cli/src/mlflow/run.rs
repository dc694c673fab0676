//! Experiments and runs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::record::{BUNDLE, Record};
use super::request::{Server, Trouble, is_rejected_as};
use crate::{Failure, clock};

/// The most entries of one request.
const AT_ONCE: usize = 100;

/// A run.
#[derive(Debug)]
pub(super) struct Run {
    /// Its id.
    pub id: String,
    /// Where its artifacts are.
    pub artifacts: String,
    /// Whether everything was written.
    is_finished: bool,
    started_ms: i64,
    params: BTreeMap<String, String>,
    metrics: BTreeMap<String, f64>,
    tags: BTreeMap<String, String>,
}

impl Run {
    /// The run `id`.
    pub fn get(server: &Server, id: &str) -> Result<Run, Failure> {
        Ok(Run::of(server.get("runs/get", &[("run_id", id)])?.get("run").unwrap_or(&Value::Null)))
    }

    /// The run of the bundle with the digest of `record` in `experiment`, which is begun where there is none. True: it was begun.
    pub fn find_or_begin(server: &Server, experiment: &str, record: &Record) -> Result<(Run, bool), Failure> {
        let mut is_new = false;
        let run = server.patiently(|| {
            // An answer that was lost may have been of a run that was made.
            if let Some(found) = Run::find(server, experiment, &record.sha256)? {
                return Ok(found);
            }
            let tags = [(BUNDLE, &record.sha256)].map(|(key, value)| json!({ "key": key, "value": value }));
            let body =
                json!({ "experiment_id": experiment, "run_name": record.title, "start_time": clock::now().0, "tags": tags });
            let made = Run::of(server.post_once("runs/create", &body)?.get("run").unwrap_or(&Value::Null));
            is_new = true;
            // Of two that were begun at once the first stays.
            match Run::find(server, experiment, &record.sha256)? {
                Some(first) if first.id != made.id => {
                    server.post_once("runs/delete", &json!({ "run_id": made.id }))?;
                    is_new = false;
                    Ok(first)
                }
                _ => Ok(made),
            }
        })?;
        Ok((run, is_new))
    }

    /// The first run of the bundle.
    pub fn find(server: &Server, experiment: &str, sha256: &str) -> Result<Option<Run>, Trouble> {
        let body = json!({
            "experiment_ids": [experiment], "filter": format!("tags.`{BUNDLE}` = '{sha256}'"), "run_view_type": "ACTIVE_ONLY",
            "max_results": 1, "order_by": ["attributes.start_time ASC"],
        });
        let found = server.post_once("runs/search", &body)?;
        Ok(found.pointer("/runs/0").map(Run::of))
    }

    /// Writes what the run lacks of `record`: parameters, metrics and tags. Whether there was any.
    pub fn log(&self, server: &Server, record: &Record) -> Result<bool, Failure> {
        let mut wrote = false;
        let entry = |key: &str, value: &str| json!({ "key": key, "value": value });
        let missing = |have: &BTreeMap<String, String>, wanted: &[(String, String)]| {
            let lacking = wanted.iter().filter(|(key, value)| have.get(key) != Some(value));
            lacking.map(|(key, value)| entry(key, value)).collect::<Vec<Value>>()
        };
        // The time of the run, so that a repeated figure is the same figure.
        let metric =
            |(key, value): &(String, f64)| json!({ "key": key, "value": value, "timestamp": self.started_ms, "step": 0 });
        let metrics: Vec<Value> =
            record.metrics.iter().filter(|(key, value)| self.metrics.get(key) != Some(value)).map(metric).collect();
        let lacking = [
            ("params", missing(&self.params, &record.params)),
            ("metrics", metrics),
            ("tags", missing(&self.tags, &record.tags)),
        ];
        for (kind, entries) in lacking {
            for entries in entries.chunks(AT_ONCE) {
                let mut body = json!({ "run_id": self.id });
                if let Some(body) = body.as_object_mut() {
                    body.insert(kind.to_owned(), Value::from(entries));
                }
                server.post("runs/log-batch", &body)?;
                wrote = true;
            }
        }
        Ok(wrote)
    }

    /// Marks that everything was written.
    pub fn finish(&self, server: &Server) -> Result<(), Failure> {
        if self.is_finished {
            return Ok(());
        }
        let body = json!({ "run_id": self.id, "status": "FINISHED", "end_time": clock::now().0 });
        server.post("runs/update", &body).map(drop)
    }

    /// Whether everything was written.
    pub fn is_finished(&self) -> bool {
        self.is_finished
    }

    /// The value of a metric.
    pub fn metric(&self, key: &str) -> Option<f64> {
        self.metrics.get(key).copied()
    }

    /// The value of a tag.
    pub fn tag(&self, key: &str) -> Option<&str> {
        self.tags.get(key).map(String::as_str)
    }

    fn of(run: &Value) -> Run {
        let word = |path: &str| run.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let entries = |path: &str| run.pointer(path).and_then(Value::as_array).cloned().unwrap_or_default();
        let key = |entry: &Value| entry.get("key").and_then(Value::as_str).unwrap_or_default().to_owned();
        let texts = |path: &str| {
            let text = |entry: &Value| entry.get("value").and_then(Value::as_str).unwrap_or_default().to_owned();
            entries(path).iter().map(|entry| (key(entry), text(entry))).collect()
        };
        let number = |entry: &Value| Some((key(entry), entry.get("value").and_then(Value::as_f64)?));
        Run {
            id: word("/info/run_id"),
            artifacts: word("/info/artifact_uri"),
            is_finished: word("/info/status") == "FINISHED",
            started_ms: run.pointer("/info/start_time").and_then(Value::as_i64).unwrap_or_default(),
            params: texts("/data/params"),
            metrics: entries("/data/metrics").iter().filter_map(number).collect(),
            tags: texts("/data/tags"),
        }
    }
}

/// The id of the experiment `name`, which is made where it does not exist.
pub(super) fn experiment(server: &Server, name: &str) -> Result<String, Failure> {
    let id = server.patiently(|| {
        let found = match server.get_once("experiments/get-by-name", &[("experiment_name", name)]) {
            Err(Trouble::Final(failure)) if is_rejected_as(&failure, "RESOURCE_DOES_NOT_EXIST") => None,
            found => Some(found?),
        };
        let word = |found: &Value, path: &str| found.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(found) = found {
            if word(&found, "/experiment/lifecycle_stage") == "deleted" {
                let message = format!(
                    "the experiment {name:?} was deleted in MLflow: restore it (mlflow experiments restore), or name another with --experiment"
                );
                return Err(Failure::Rejected { code: "MLFLOW_EXPERIMENT_DELETED".to_owned(), message }.into());
            }
            return Ok(word(&found, "/experiment/experiment_id"));
        }
        match server.post_once("experiments/create", &json!({ "name": name })) {
            // Someone else made it at the same time: it is found the next time.
            Err(Trouble::Final(failure)) if is_rejected_as(&failure, "RESOURCE_ALREADY_EXISTS") => {
                Err(super::request::passing("the experiment was made by another program at the same time"))
            }
            made => Ok(word(&made?, "/experiment_id")),
        }
    })?;
    Ok(id)
}
