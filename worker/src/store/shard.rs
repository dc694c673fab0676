//! The tables of a log shard, migration by migration.

use super::leads::LEADS;
use super::migration::Migration;

/// All, the oldest first.
pub(super) const MIGRATIONS: &[Migration] =
    &[ROWS, BATCHES, EXPLORATION, FLAGS, UNKNOWN_VALUES, LIFECYCLE, LEADS, CHANGES, MOVES, SOURCES, WRITEBACK];

/// A row a prediction.
const ROWS: Migration = &[
    "CREATE TABLE prediction_logs (
        id INTEGER PRIMARY KEY,
        timestamp_ms INTEGER NOT NULL,
        request_id TEXT NOT NULL,
        client_request_id TEXT,
        position INTEGER NOT NULL,
        batch_size INTEGER NOT NULL,
        lead_id TEXT NOT NULL,
        model TEXT NOT NULL,
        version TEXT NOT NULL,
        variant TEXT NOT NULL,
        role TEXT NOT NULL,
        status INTEGER NOT NULL,
        code TEXT,
        margin REAL,
        probability REAL,
        band TEXT NOT NULL,
        duration_us INTEGER
    ) STRICT",
    "CREATE TABLE log_batches (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
];

/// A row a batch: appending costs one row however many predictions it holds. They stay readable as rows, through a view.
const BATCHES: Migration = &[
    "CREATE TABLE prediction_batches (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        rows INTEGER NOT NULL,
        first_ms INTEGER NOT NULL,
        last_ms INTEGER NOT NULL,
        predictions TEXT NOT NULL
    ) STRICT",
    "INSERT INTO prediction_batches (name, rows, first_ms, last_ms, predictions)
        SELECT 'step-1-' || id / 1024, count(*), min(timestamp_ms), max(timestamp_ms), json_group_array(json_array(timestamp_ms,
            request_id, client_request_id, position, batch_size, lead_id, model, version, variant, role, status, code, margin,
            probability, band, duration_us))
        FROM prediction_logs GROUP BY id / 1024",
    "DROP TABLE prediction_logs",
    "DROP TABLE log_batches",
    "CREATE VIEW prediction_logs (id, timestamp_ms, request_id, client_request_id, position, batch_size, lead_id, model, version,
            variant, role, status, code, margin, probability, band, duration_us) AS
        SELECT batch.id * 65536 + row.key, row.value ->> 0, row.value ->> 1, row.value ->> 2, row.value ->> 3, row.value ->> 4,
            row.value ->> 5, row.value ->> 6, row.value ->> 7, row.value ->> 8, row.value ->> 9, row.value ->> 10,
            row.value ->> 11, row.value ->> 12, row.value ->> 13, row.value ->> 14, row.value ->> 15
        FROM prediction_batches AS batch, json_each(batch.predictions) AS row",
];

/// Which predictions were of the exploration slice; older rows are of none.
const EXPLORATION: Migration = &[
    "DROP VIEW prediction_logs",
    "CREATE VIEW prediction_logs (id, timestamp_ms, request_id, client_request_id, position, batch_size, lead_id, model, version,
            variant, role, status, code, margin, probability, band, duration_us, explores) AS
        SELECT batch.id * 65536 + row.key, row.value ->> 0, row.value ->> 1, row.value ->> 2, row.value ->> 3, row.value ->> 4,
            row.value ->> 5, row.value ->> 6, row.value ->> 7, row.value ->> 8, row.value ->> 9, row.value ->> 10,
            row.value ->> 11, row.value ->> 12, row.value ->> 13, row.value ->> 14, row.value ->> 15,
            coalesce(row.value ->> 16, 0)
        FROM prediction_batches AS batch, json_each(batch.predictions) AS row",
];

/// What the suite had to say of leads that were scored all the same; of older rows nothing.
const FLAGS: Migration = &[
    "DROP VIEW prediction_logs",
    "CREATE VIEW prediction_logs (id, timestamp_ms, request_id, client_request_id, position, batch_size, lead_id, model, version,
            variant, role, status, code, margin, probability, band, duration_us, explores, flags) AS
        SELECT batch.id * 65536 + row.key, row.value ->> 0, row.value ->> 1, row.value ->> 2, row.value ->> 3, row.value ->> 4,
            row.value ->> 5, row.value ->> 6, row.value ->> 7, row.value ->> 8, row.value ->> 9, row.value ->> 10,
            row.value ->> 11, row.value ->> 12, row.value ->> 13, row.value ->> 14, row.value ->> 15,
            coalesce(row.value ->> 16, 0), row.value ->> 17
        FROM prediction_batches AS batch, json_each(batch.predictions) AS row",
];

/// Which fields of a lead had a value that the model has never seen; of older rows none is known.
const UNKNOWN_VALUES: Migration = &[
    "DROP VIEW prediction_logs",
    "CREATE VIEW prediction_logs (id, timestamp_ms, request_id, client_request_id, position, batch_size, lead_id, model, version,
            variant, role, status, code, margin, probability, band, duration_us, explores, flags, unknown_values) AS
        SELECT batch.id * 65536 + row.key, row.value ->> 0, row.value ->> 1, row.value ->> 2, row.value ->> 3, row.value ->> 4,
            row.value ->> 5, row.value ->> 6, row.value ->> 7, row.value ->> 8, row.value ->> 9, row.value ->> 10,
            row.value ->> 11, row.value ->> 12, row.value ->> 13, row.value ->> 14, row.value ->> 15,
            coalesce(row.value ->> 16, 0), row.value ->> 17, row.value ->> 18
        FROM prediction_batches AS batch, json_each(batch.predictions) AS row",
];

/// Which deployment a lead met and on which side of a test it was, its segments and the score a person gave it: of older rows nothing.
/// What the batches carry besides their rows, apart from them: it is deleted once it is digested.
const LIFECYCLE: Migration = &[
    "DROP VIEW prediction_logs",
    "CREATE VIEW prediction_logs (id, timestamp_ms, request_id, client_request_id, position, batch_size, lead_id, model, version,
            variant, role, status, code, margin, probability, band, duration_us, explores, flags, unknown_values, epoch, arm,
            segments, human_score, timestamp, latency_ms) AS
        SELECT batch.id * 65536 + row.key, row.value ->> 0, row.value ->> 1, row.value ->> 2, row.value ->> 3, row.value ->> 4,
            row.value ->> 5, row.value ->> 6, row.value ->> 7, row.value ->> 8, row.value ->> 9, row.value ->> 10,
            row.value ->> 11, row.value ->> 12, row.value ->> 13, row.value ->> 14, row.value ->> 15,
            coalesce(row.value ->> 16, 0), row.value ->> 17, row.value ->> 18, coalesce(row.value ->> 19, 0), row.value ->> 20,
            row.value ->> 21, row.value ->> 22, strftime('%Y-%m-%d %H:%M:%f', (row.value ->> 0) / 1000.0, 'unixepoch'),
            (row.value ->> 15) / 1000.0
        FROM prediction_batches AS batch, json_each(batch.predictions) AS row",
    "CREATE TABLE batch_tallies (batch INTEGER PRIMARY KEY, tally BLOB NOT NULL) STRICT",
    "CREATE TABLE batch_fields (batch INTEGER PRIMARY KEY, fields TEXT NOT NULL) STRICT",
    // What instances that write to the shard said of themselves last.
    "CREATE TABLE heartbeats (instance TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, report TEXT NOT NULL) STRICT",
];

/// What followers of the shard learn besides new numbers. Events that are there came first.
const CHANGES: Migration = &[
    "CREATE TABLE changes (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        ref INTEGER,
        lead_id TEXT NOT NULL,
        event_id TEXT NOT NULL
    ) STRICT",
    "CREATE INDEX changes_by_lead ON changes (lead_id) WHERE lead_id <> ''",
    "INSERT INTO changes (kind, lead_id, event_id) SELECT 'outcome', lead_id, event_id FROM outcome_events",
    "INSERT INTO changes (kind, lead_id, event_id) SELECT 'feedback', lead_id, event_id FROM sales_feedback",
    "INSERT INTO changes (kind, lead_id, event_id) SELECT 'exposure', lead_id, event_id FROM exposures",
];

/// Outcomes that came after their lead was counted: what it was counted with, until its day is moved.
const MOVES: Migration = &[
    "CREATE TABLE outcome_moves (lead INTEGER PRIMARY KEY, day INTEGER NOT NULL, was TEXT NOT NULL) STRICT",
    "CREATE INDEX outcome_moves_by_day ON outcome_moves (day)",
];

/// Where a score was worked out: in the service, or in a page, which reported it. All of before are the service's.
const SOURCES: Migration = &[
    "DROP VIEW prediction_logs",
    "CREATE VIEW prediction_logs (id, timestamp_ms, request_id, client_request_id, position, batch_size, lead_id, model, version,
            variant, role, status, code, margin, probability, band, duration_us, explores, flags, unknown_values, epoch, arm,
            segments, human_score, source, timestamp, latency_ms) AS
        SELECT batch.id * 65536 + row.key, row.value ->> 0, row.value ->> 1, row.value ->> 2, row.value ->> 3, row.value ->> 4,
            row.value ->> 5, row.value ->> 6, row.value ->> 7, row.value ->> 8, row.value ->> 9, row.value ->> 10,
            row.value ->> 11, row.value ->> 12, row.value ->> 13, row.value ->> 14, row.value ->> 15,
            coalesce(row.value ->> 16, 0), row.value ->> 17, row.value ->> 18, coalesce(row.value ->> 19, 0), row.value ->> 20,
            row.value ->> 21, row.value ->> 22, coalesce(row.value ->> 23, 'service'),
            strftime('%Y-%m-%d %H:%M:%f', (row.value ->> 0) / 1000.0, 'unixepoch'), (row.value ->> 15) / 1000.0
        FROM prediction_batches AS batch, json_each(batch.predictions) AS row",
];

/// The score that was last reported of each lead, and each that moved from it.
const WRITEBACK: Migration = &[
    "CREATE TABLE current_scores (
        lead INTEGER PRIMARY KEY,
        lead_id TEXT NOT NULL,
        version TEXT NOT NULL,
        probability REAL NOT NULL,
        band TEXT NOT NULL,
        at_ms INTEGER NOT NULL
    ) STRICT",
    "CREATE TABLE score_changes (
        id INTEGER PRIMARY KEY,
        lead_id TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        reason TEXT NOT NULL,
        version TEXT NOT NULL,
        probability REAL NOT NULL,
        band TEXT NOT NULL,
        was_version TEXT,
        was_probability REAL,
        was_band TEXT
    ) STRICT",
    "CREATE INDEX score_changes_by_lead ON score_changes (lead_id) WHERE lead_id <> ''",
    "CREATE INDEX score_changes_by_time ON score_changes (at_ms)",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Digest, LogShard};
    use crate::store::memory::Memory;
    use crate::store::migration::migrate_by;
    use crate::store::{Owner, Param, Sql};

    #[test]
    fn a_store_of_every_earlier_version_is_opened_and_its_leads_are_counted() {
        for version in 1..=MIGRATIONS.len() {
            let mut store = Memory::new();
            migrate_by(&mut store, Owner::Shard, &MIGRATIONS[..version]).unwrap();
            let row = r#"[[1000,"r",null,0,1,"lead-1","m","1","champion","champion",200,null,0.1,0.5,"hot",null]]"#;
            let insert = match version {
                1 => "INSERT INTO prediction_logs SELECT 1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
                    value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13,
                    value ->> 14, value ->> 15 FROM json_each(?1)",
                _ => "INSERT INTO prediction_batches (name, rows, first_ms, last_ms, predictions) VALUES ('b', 1, 1000, 1000, ?1)",
            };
            store.execute(insert, &[Param::Text(row)]).unwrap();
            let mut shard = LogShard::open(store).unwrap();
            let done = shard.digest_all(2_000, &Digest::default()).unwrap();
            assert_eq!((done.rows, done.scores), (1, 1), "version {version}");
            let lead = shard.lead("lead-1").unwrap().unwrap();
            assert_eq!((lead.lead.first_ms, lead.lead.scores[0].probability), (1_000, 0.5), "version {version}");
            assert_eq!(shard.served("lead-1", 0, 5_000, 9).unwrap().len(), 1, "version {version}");
        }
    }
}
