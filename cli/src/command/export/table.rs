//! The tables of a copy: those of the service, with the shard's number where they come from one.

use plumbline_core::event::{Column, ColumnType, Prediction, Source};
use serde_json::Value;

/// One table.
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Whether its rows come from shards.
    pub of_shards: bool,
    /// How many of the columns name a row, the shard left out.
    pub key: usize,
    /// Names and types, those of the key first.
    pub columns: &'static [(&'static str, ColumnType)],
}

const I: ColumnType = ColumnType::Integer;
const R: ColumnType = ColumnType::Real;
const T: ColumnType = ColumnType::Text;

/// All tables but that of predictions.
pub const TABLES: &[Table] = &[
    Table {
        name: "lead_scores",
        of_shards: true,
        key: 1,
        columns: &[
            ("id", I),
            ("lead", I),
            ("version", T),
            ("rollout", T),
            ("lead_id", T),
            ("first_ms", I),
            ("role", T),
            ("arm", T),
            ("probability", R),
            ("explores", I),
            ("held_out", I),
            ("epoch", I),
            ("segments", T),
            ("human_score", R),
            ("backfill", I),
        ],
    },
    Table {
        name: "lead_features",
        of_shards: true,
        key: 1,
        columns: &[("id", I), ("lead", I), ("lead_id", T), ("at_ms", I), ("fields", T), ("schema_sha256", T)],
    },
    Table {
        name: "outcome_events",
        of_shards: true,
        key: 2,
        columns: &[
            ("lead_id", T),
            ("event_id", T),
            ("kind", T),
            ("occurred_ms", I),
            ("received_ms", I),
            ("value", R),
            ("replaces", T),
            ("body_sha256", T),
            ("change", I),
        ],
    },
    Table {
        name: "sales_feedback",
        of_shards: true,
        key: 1,
        columns: &[
            ("event_id", T),
            ("lead_id", T),
            ("version", T),
            ("kind", T),
            ("rating", R),
            ("rep", T),
            ("text", T),
            ("at_ms", I),
            ("body_sha256", T),
            ("closed_by", T),
            ("confirmed", I),
            ("change", I),
        ],
    },
    Table {
        name: "exposures",
        of_shards: true,
        key: 1,
        columns: &[
            ("event_id", T),
            ("lead_id", T),
            ("version", T),
            ("at_ms", I),
            ("client_ms", R),
            ("body_sha256", T),
            ("change", I),
        ],
    },
    Table {
        name: "score_changes",
        of_shards: true,
        key: 1,
        columns: &[
            ("id", I),
            ("lead_id", T),
            ("at_ms", I),
            ("reason", T),
            ("version", T),
            ("probability", R),
            ("band", T),
            ("was_version", T),
            ("was_probability", R),
            ("was_band", T),
        ],
    },
    Table {
        name: "current_scores",
        of_shards: true,
        key: 1,
        columns: &[("lead", I), ("lead_id", T), ("version", T), ("probability", R), ("band", T), ("at_ms", I)],
    },
    Table {
        name: "ledger",
        of_shards: false,
        key: 1,
        columns: &[("seq", I), ("at_ms", I), ("kind", T), ("rollout", T), ("body", T), ("previous", T), ("hash", T)],
    },
    Table { name: "deployments", of_shards: false, key: 1, columns: &[("epoch", I), ("effective_ms", I), ("document", T)] },
    Table { name: "documents", of_shards: false, key: 1, columns: &[("sha256", T), ("kind", T), ("at_ms", I), ("body", T)] },
    Table {
        name: "models",
        of_shards: false,
        key: 2,
        columns: &[
            ("name", T),
            ("version", T),
            ("digest", T),
            ("status", T),
            ("registered_ms", I),
            ("registered_by", T),
            ("bytes", I),
            ("manifest", T),
        ],
    },
    Table { name: "aliases", of_shards: false, key: 1, columns: &[("alias", T), ("version", T)] },
    Table {
        name: "looks",
        of_shards: false,
        key: 3,
        columns: &[("rollout", T), ("stage", T), ("look", T), ("at_ms", I), ("evidence_sha256", T), ("verdicts", T)],
    },
    Table {
        name: "alerts",
        of_shards: false,
        key: 1,
        columns: &[
            ("id", T),
            ("rule", T),
            ("subject", T),
            ("severity", T),
            ("state", T),
            ("value", R),
            ("threshold", R),
            ("n", I),
            ("since_ms", I),
            ("fired_ms", I),
            ("resolved_ms", I),
            ("incident", T),
        ],
    },
    Table {
        name: "incidents",
        of_shards: false,
        key: 1,
        columns: &[
            ("id", T),
            ("severity", T),
            ("opened_ms", I),
            ("due_ms", I),
            ("acknowledged_by", T),
            ("closed_ms", I),
            ("cause", T),
            ("postmortem_sha256", T),
        ],
    },
    Table {
        name: "notes",
        of_shards: false,
        key: 1,
        columns: &[("id", I), ("at_ms", I), ("kind", T), ("actor", T), ("text", T)],
    },
    Table {
        name: "capacity",
        of_shards: false,
        key: 2,
        columns: &[("build", T), ("at_ms", I), ("rps", R), ("p99_ms", R), ("seconds", I), ("actor", T)],
    },
    Table {
        name: "metric_days",
        of_shards: false,
        key: 3,
        columns: &[
            ("date", T),
            ("version", T),
            ("role", T),
            ("auc", R),
            ("auc_low", R),
            ("auc_high", R),
            ("precision", R),
            ("recall", R),
            ("calibration_error", R),
            ("p50_ms", R),
            ("p99_ms", R),
            ("error_rate", R),
            ("throughput", R),
            ("coverage", R),
            ("drift", R),
            ("missing", R),
            ("conversion", R),
            ("deal_size", R),
            ("satisfaction", R),
            ("leads", I),
            ("matured", I),
        ],
    },
    Table {
        name: "retraining_runs",
        of_shards: false,
        key: 1,
        columns: &[
            ("id", T),
            ("trigger", T),
            ("actor", T),
            ("state", T),
            ("due_ms", I),
            ("started_ms", I),
            ("ended_ms", I),
            ("rows", I),
            ("tested", I),
            ("auc", R),
            ("auc_low", R),
            ("auc_high", R),
            ("champion_auc", R),
            ("version", T),
            ("decision", T),
            ("problem", T),
            ("sentence", T),
        ],
    },
];

/// The predictions, one a row, as the service's own view shows them.
pub fn predictions() -> Vec<(&'static str, ColumnType)> {
    let columns = Prediction::COLUMNS.iter().map(|column| (column.name, column.kind));
    [("batch", I), ("ordinal", I)].into_iter().chain(columns).collect()
}

/// The cells of one prediction, which may be of an older release and have fewer; who worked out its score is named.
pub fn prediction(cells: &Value) -> Vec<Value> {
    let given = cells.as_array().into_iter().flatten().cloned().chain(std::iter::repeat(Value::Null));
    let named = |(column, cell): (&Column, Value)| match column.name {
        "source" if cell.is_null() => Source::Service.name().into(),
        _ => cell,
    };
    Prediction::COLUMNS.iter().zip(given).map(named).collect()
}

/// `CREATE TABLE`, in the dialect of the store.
pub fn create(name: &str, of_shards: bool, key: usize, columns: &[(&str, ColumnType)]) -> String {
    let shard = of_shards.then_some(("shard", I));
    let all: Vec<(&str, ColumnType)> = shard.into_iter().chain(columns.iter().copied()).collect();
    let key = key + usize::from(of_shards);
    let kind = |kind: ColumnType| match kind {
        ColumnType::Integer => "INTEGER",
        ColumnType::Real => "REAL",
        ColumnType::Text => "TEXT",
    };
    let listed: Vec<String> = all
        .iter()
        .enumerate()
        .map(|(at, (name, of))| format!("{name} {}{}", kind(*of), if at < key { " NOT NULL" } else { "" }))
        .collect();
    let names: Vec<&str> = all.iter().take(key).map(|(name, _)| *name).collect();
    format!("CREATE TABLE IF NOT EXISTS {name} ({}, PRIMARY KEY ({}))", listed.join(", "), names.join(", "))
}

/// Stores the rows of `?1`, a JSON array, of shard `?2`; a row that is there is replaced. `cell` is how a row gives its column.
pub fn upsert(
    name: &str,
    of_shards: bool,
    key: usize,
    columns: &[(&str, ColumnType)],
    cell: impl Fn(usize, &str) -> String,
) -> String {
    let shard = if of_shards { ("shard, ", "CAST(?2 AS INTEGER), ") } else { ("", "") };
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let cells: Vec<String> = names.iter().enumerate().map(|(at, name)| cell(at, name)).collect();
    let set: Vec<String> = names.iter().skip(key).map(|name| format!("{name} = excluded.{name}")).collect();
    let key: Vec<&str> = names.iter().take(key).copied().collect();
    format!(
        "INSERT INTO {name} ({}{}) SELECT {}{} FROM json_each(?1) AS r WHERE true ON CONFLICT ({}{}) DO UPDATE SET {}",
        shard.0,
        names.join(", "),
        shard.1,
        cells.join(", "),
        shard.0,
        key.join(", "),
        set.join(", ")
    )
}
