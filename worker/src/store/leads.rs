//! The tables of a log shard in which leads meet their outcomes.
//!
//! A lead is keyed by 53 bits of its id's hash, so that a new lead dirties sixteen bytes at a random place and not a whole row;
//! the id stands in the row, because two leads may share a number.

use super::migration::Migration;

/// Scores by lead, outcomes, feedback, windows, and what was erased.
pub(super) const LEADS: Migration = &[
    "CREATE INDEX prediction_batches_by_time ON prediction_batches (first_ms)",
    // The eight-byte numbers of a batch's leads, in the order of its rows: instr() finds a lead's batches.
    "CREATE TABLE batch_leads (batch INTEGER PRIMARY KEY, leads BLOB NOT NULL) STRICT",
    // Names of versions and rollouts; 0 is the empty name, for a key cannot be null.
    "CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT",
    "INSERT INTO names (id, name) VALUES (0, '')",
    // matured: 0 too young, 1 counted in its outcome day, 2 no outcome figure, for the lead had been scored long before.
    "CREATE TABLE lead_scores (
        id INTEGER PRIMARY KEY,
        lead INTEGER NOT NULL,
        version INTEGER NOT NULL,
        rollout INTEGER NOT NULL,
        lead_id TEXT NOT NULL,
        first_ms INTEGER NOT NULL,
        role TEXT NOT NULL,
        arm TEXT,
        probability REAL NOT NULL,
        explores INTEGER NOT NULL,
        held_out INTEGER,
        epoch INTEGER,
        segments TEXT,
        human_score REAL,
        backfill INTEGER NOT NULL,
        matured INTEGER NOT NULL,
        UNIQUE (lead, version, rollout)
    ) STRICT",
    "CREATE INDEX lead_scores_by_age ON lead_scores (matured, first_ms)",
    "CREATE TABLE lead_features (
        id INTEGER PRIMARY KEY,
        lead INTEGER NOT NULL,
        lead_id TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        fields TEXT NOT NULL,
        schema_sha256 TEXT NOT NULL,
        UNIQUE (lead, at_ms)
    ) STRICT",
    "CREATE INDEX lead_features_by_time ON lead_features (at_ms)",
    "CREATE TABLE outcome_events (
        lead_id TEXT NOT NULL,
        event_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        occurred_ms INTEGER NOT NULL,
        received_ms INTEGER NOT NULL,
        value REAL,
        replaces TEXT,
        body_sha256 TEXT NOT NULL,
        PRIMARY KEY (lead_id, event_id)
    ) STRICT, WITHOUT ROWID",
    "CREATE TABLE outcomes (
        lead INTEGER PRIMARY KEY,
        lead_id TEXT NOT NULL,
        converted_ms INTEGER,
        lost_ms INTEGER,
        deal_value REAL,
        opened_ms INTEGER,
        closed_ms INTEGER,
        events INTEGER NOT NULL
    ) STRICT",
    "CREATE TABLE sales_feedback (
        event_id TEXT PRIMARY KEY,
        lead_id TEXT NOT NULL,
        version TEXT,
        kind TEXT NOT NULL,
        rating REAL,
        rep TEXT,
        text TEXT,
        at_ms INTEGER NOT NULL,
        body_sha256 TEXT NOT NULL,
        closed_by TEXT,
        confirmed INTEGER
    ) STRICT",
    "CREATE INDEX sales_feedback_by_time ON sales_feedback (at_ms)",
    "CREATE INDEX sales_feedback_by_lead ON sales_feedback (lead_id)",
    "CREATE TABLE exposures (
        event_id TEXT PRIMARY KEY,
        lead_id TEXT NOT NULL,
        version TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        client_ms REAL,
        body_sha256 TEXT NOT NULL
    ) STRICT",
    "CREATE INDEX exposures_by_time ON exposures (at_ms)",
    "CREATE INDEX exposures_by_lead ON exposures (lead_id)",
    "CREATE TABLE shard_windows (
        grain TEXT NOT NULL,
        start_ms INTEGER NOT NULL,
        version TEXT NOT NULL,
        role TEXT NOT NULL,
        rev INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        business TEXT,
        sent_rev INTEGER NOT NULL,
        PRIMARY KEY (grain, start_ms, version, role)
    ) STRICT, WITHOUT ROWID",
    "CREATE INDEX shard_windows_unsent ON shard_windows (start_ms) WHERE rev > sent_rev",
    "CREATE TABLE minute_tallies (
        minute_ms INTEGER NOT NULL,
        version TEXT NOT NULL,
        role TEXT NOT NULL,
        requests INTEGER NOT NULL,
        failed INTEGER NOT NULL,
        over_200 INTEGER NOT NULL,
        over_500 INTEGER NOT NULL,
        PRIMARY KEY (minute_ms, version, role)
    ) STRICT, WITHOUT ROWID",
    "CREATE TABLE tombstones (lead_ref TEXT PRIMARY KEY, erased_ms INTEGER NOT NULL) STRICT",
    "CREATE TABLE shard_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
];
