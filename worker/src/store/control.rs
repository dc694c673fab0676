//! The tables of the control object, migration by migration.

use super::migration::Migration;

/// All, the oldest first.
pub(super) const MIGRATIONS: &[Migration] = &[LIFECYCLE, KEY_RATES, ALERTS, SUITES, RETRAINING, APPROVALS];

/// Models, the rollout with its ledger and evidence, what the shards counted, alerts, messages and keys.
const LIFECYCLE: Migration = &[
    "CREATE TABLE models (
        name TEXT NOT NULL,
        version TEXT NOT NULL UNIQUE,
        digest TEXT NOT NULL,
        status TEXT NOT NULL,
        registered_ms INTEGER NOT NULL,
        registered_by TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        manifest TEXT NOT NULL,
        PRIMARY KEY (name, version)
    ) STRICT",
    // Parts of 1 MiB: a Durable Object stores 2 MB in a value.
    "CREATE TABLE model_chunks (digest TEXT NOT NULL, part INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (digest, part)) STRICT",
    "CREATE TABLE aliases (alias TEXT PRIMARY KEY, version TEXT NOT NULL) STRICT",
    "CREATE TABLE rollout (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        version INTEGER NOT NULL,
        state TEXT NOT NULL,
        state_sha256 TEXT NOT NULL
    ) STRICT",
    "CREATE TABLE deployments (epoch INTEGER PRIMARY KEY, effective_ms INTEGER NOT NULL, document TEXT NOT NULL) STRICT",
    "CREATE TABLE ledger (
        seq INTEGER PRIMARY KEY,
        at_ms INTEGER NOT NULL,
        kind TEXT NOT NULL,
        rollout TEXT NOT NULL,
        body TEXT NOT NULL,
        previous TEXT NOT NULL,
        hash TEXT NOT NULL UNIQUE
    ) STRICT",
    "CREATE VIEW rollout_events AS SELECT seq, at_ms, rollout, kind,
        json_extract(body, '$.from') AS from_stage, json_extract(body, '$.to') AS to_stage,
        json_extract(body, '$.actor.name') AS actor, json_extract(body, '$.reason') AS reason FROM ledger",
    // Policies, evidence, plans, analyses, post-mortems, reviews: named by their content.
    "CREATE TABLE documents (sha256 TEXT PRIMARY KEY, kind TEXT NOT NULL, at_ms INTEGER NOT NULL, body TEXT NOT NULL) STRICT",
    "CREATE TABLE looks (
        rollout TEXT NOT NULL,
        stage TEXT NOT NULL,
        look TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        evidence_sha256 TEXT NOT NULL,
        verdicts TEXT NOT NULL,
        PRIMARY KEY (rollout, stage, look)
    ) STRICT",
    "CREATE TABLE windows_in (
        shard INTEGER NOT NULL,
        grain TEXT NOT NULL,
        start_ms INTEGER NOT NULL,
        version TEXT NOT NULL,
        role TEXT NOT NULL,
        rev INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        business TEXT NOT NULL,
        PRIMARY KEY (grain, start_ms, version, role, shard)
    ) STRICT",
    "CREATE TABLE windows (
        grain TEXT NOT NULL,
        start_ms INTEGER NOT NULL,
        version TEXT NOT NULL,
        role TEXT NOT NULL,
        bytes BLOB NOT NULL,
        business TEXT NOT NULL,
        shards INTEGER NOT NULL,
        dirty INTEGER NOT NULL,
        PRIMARY KEY (grain, start_ms, version, role)
    ) STRICT",
    "CREATE INDEX windows_dirty ON windows (dirty) WHERE dirty = 1",
    "CREATE TABLE minutes (
        shard INTEGER NOT NULL,
        start_ms INTEGER NOT NULL,
        version TEXT NOT NULL,
        role TEXT NOT NULL,
        requests INTEGER NOT NULL,
        failed INTEGER NOT NULL,
        slow INTEGER NOT NULL,
        very_slow INTEGER NOT NULL,
        PRIMARY KEY (start_ms, version, role, shard)
    ) STRICT",
    "CREATE TABLE metric_days (
        date TEXT NOT NULL,
        version TEXT NOT NULL,
        role TEXT NOT NULL,
        auc REAL, auc_low REAL, auc_high REAL, precision REAL, recall REAL, calibration_error REAL,
        p50_ms REAL, p99_ms REAL, error_rate REAL, throughput REAL, coverage REAL, drift REAL, missing REAL,
        conversion REAL, deal_size REAL, satisfaction REAL, leads INTEGER, matured INTEGER,
        PRIMARY KEY (date, version, role)
    ) STRICT",
    // Of each date the version that answered most leads.
    "CREATE VIEW model_metrics AS SELECT date, version, auc, auc_low, auc_high, precision, recall, calibration_error, p50_ms, p99_ms,
        error_rate, throughput, coverage, conversion, deal_size, satisfaction, leads, matured FROM (
            SELECT *, row_number() OVER (PARTITION BY date ORDER BY leads DESC, version) AS place
            FROM metric_days WHERE role IN ('champion', 'challenger')
        ) AS ranked WHERE place = 1",
    "CREATE TABLE drift_reports (
        date TEXT NOT NULL,
        version TEXT NOT NULL,
        feature TEXT NOT NULL,
        ks_low REAL, ks_high REAL, psi REAL, p_value REAL, missing REAL, new_categories REAL, importance REAL, reasons TEXT,
        PRIMARY KEY (date, version, feature)
    ) STRICT",
    "CREATE TABLE alerts (
        id TEXT PRIMARY KEY,
        rule TEXT NOT NULL,
        subject TEXT NOT NULL,
        severity TEXT NOT NULL,
        state TEXT NOT NULL,
        value REAL, threshold REAL, n INTEGER,
        since_ms INTEGER NOT NULL, fired_ms INTEGER, resolved_ms INTEGER,
        incident TEXT,
        body TEXT NOT NULL
    ) STRICT",
    "CREATE TABLE incidents (
        id TEXT PRIMARY KEY,
        severity TEXT NOT NULL,
        opened_ms INTEGER NOT NULL,
        due_ms INTEGER NOT NULL,
        acknowledged_by TEXT,
        contact INTEGER NOT NULL,
        closed_ms INTEGER,
        cause TEXT,
        postmortem_sha256 TEXT,
        body TEXT NOT NULL
    ) STRICT",
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL, text TEXT NOT NULL) STRICT",
    "CREATE TABLE outbox (
        id TEXT PRIMARY KEY,
        target TEXT NOT NULL,
        ordering TEXT NOT NULL,
        body TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        due_ms INTEGER NOT NULL,
        lease_ms INTEGER NOT NULL,
        tries INTEGER NOT NULL,
        state TEXT NOT NULL,
        answer TEXT
    ) STRICT",
    "CREATE TABLE keys (
        id TEXT PRIMARY KEY,
        hash TEXT NOT NULL UNIQUE,
        scopes TEXT NOT NULL,
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        kind TEXT NOT NULL,
        origins TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        expires_ms INTEGER,
        revoked_ms INTEGER
    ) STRICT",
    "CREATE TABLE instances (
        id TEXT PRIMARY KEY,
        seen_ms INTEGER NOT NULL,
        epoch INTEGER NOT NULL,
        build TEXT NOT NULL,
        memory_bytes INTEGER NOT NULL,
        report TEXT NOT NULL
    ) STRICT",
    "CREATE TABLE capacity (
        build TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        rps REAL NOT NULL,
        p99_ms REAL NOT NULL,
        seconds INTEGER NOT NULL,
        actor TEXT NOT NULL,
        PRIMARY KEY (build, at_ms)
    ) STRICT",
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
];

/// How often a published key may ask.
const KEY_RATES: Migration = &["ALTER TABLE keys ADD COLUMN per_minute INTEGER NOT NULL DEFAULT 0"];

/// Messages in their order, reviews, and what a note is about. Messages of before there was a sender are not sent late.
const ALERTS: Migration = &[
    "ALTER TABLE outbox ADD COLUMN place INTEGER NOT NULL DEFAULT 0",
    "UPDATE outbox SET state = 'dead', answer = 'written before messages were sent' WHERE state = 'waiting'",
    "CREATE INDEX outbox_waiting ON outbox (ordering, place) WHERE state = 'waiting'",
    "CREATE INDEX alerts_active ON alerts (rule, subject) WHERE state IN ('pending', 'firing')",
    "CREATE INDEX incidents_open ON incidents (due_ms) WHERE closed_ms IS NULL",
    "CREATE TABLE reviews (id TEXT PRIMARY KEY, kind TEXT NOT NULL, at_ms INTEGER NOT NULL, sha256 TEXT NOT NULL) STRICT",
    "ALTER TABLE notes ADD COLUMN about TEXT NOT NULL DEFAULT ''",
];

/// What became of each expectation of a version's suite, by day.
const SUITES: Migration = &["CREATE TABLE data_quality (
        date TEXT NOT NULL,
        version TEXT NOT NULL,
        suite TEXT NOT NULL,
        expectation INTEGER NOT NULL,
        success INTEGER NOT NULL,
        unexpected INTEGER,
        elements INTEGER,
        severity TEXT NOT NULL,
        expected TEXT NOT NULL,
        PRIMARY KEY (date, version, expectation)
    ) STRICT"];

/// Retrainings, and what one that is under way has gathered.
const RETRAINING: Migration = &[
    "CREATE TABLE retraining_runs (
        id TEXT PRIMARY KEY,
        trigger TEXT NOT NULL,
        actor TEXT NOT NULL,
        state TEXT NOT NULL,
        due_ms INTEGER NOT NULL,
        started_ms INTEGER, ended_ms INTEGER,
        rows INTEGER, tested INTEGER,
        auc REAL, auc_low REAL, auc_high REAL, champion_auc REAL,
        version TEXT, mlflow_run TEXT, decision TEXT, problem TEXT,
        sentence TEXT NOT NULL,
        cursor TEXT NOT NULL,
        owner TEXT NOT NULL,
        lease_ms INTEGER NOT NULL
    ) STRICT",
    "CREATE TABLE retraining_parts (
        run TEXT NOT NULL,
        kind TEXT NOT NULL,
        part INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        PRIMARY KEY (run, kind, part)
    ) STRICT",
];

/// Who approved which stage of a rollout, or which model, as the ledger has it.
const APPROVALS: Migration = &["CREATE VIEW approvals AS SELECT seq, at_ms, rollout,
        (SELECT json_extract(entered.body, '$.to') FROM ledger AS entered
            WHERE entered.kind = 'transition' AND entered.rollout = given.rollout AND entered.seq < given.seq
            ORDER BY entered.seq DESC LIMIT 1) AS stage,
        json_extract(body, '$.version') AS model,
        coalesce(json_extract(body, '$.event.by.name'), json_extract(body, '$.actor.name')) AS actor,
        coalesce(json_extract(body, '$.event.by.role'), json_extract(body, '$.actor.role')) AS role,
        coalesce(json_extract(body, '$.event.comment'), json_extract(body, '$.comment')) AS comment,
        json_extract(body, '$.event.evidence_sha256') AS evidence_sha256,
        CAST(json_extract(body, '$.state_version') AS INTEGER) AS state_version
        FROM ledger AS given
        WHERE kind = 'approval' OR (kind = 'command' AND json_extract(body, '$.event.kind') = 'approve')"];

#[cfg(test)]
mod tests {
    use plumbline_core::alert::IncidentKind;
    use plumbline_core::rollout::Policy;
    use plumbline_core::route::AllocationSettings;

    use super::*;
    use crate::control::Control;
    use crate::store::memory::Memory;
    use crate::store::migration::migrate_by;
    use crate::store::{Owner, Sql};

    #[test]
    fn a_store_of_every_earlier_version_is_opened_and_its_old_messages_are_not_sent() {
        for version in 1..=MIGRATIONS.len() {
            let mut store = Memory::new();
            migrate_by(&mut store, Owner::Control, &MIGRATIONS[..version]).unwrap();
            let message = "INSERT INTO outbox (id, target, ordering, body, created_ms, due_ms, lease_ms, tries, state)
                VALUES ('m', 'slack:SLACK', 'r', '{}', 0, 0, 0, 0, 'waiting')";
            store.execute(message, &[]).unwrap();
            let incident = "INSERT INTO incidents (id, severity, opened_ms, due_ms, contact, body)
                VALUES ('post_mortem-1', 'red', 5, 9, 0, '{\"sentence\":{\"code\":\"P\",\"text\":\"A post-mortem is due.\"}}')";
            store.execute(incident, &[]).unwrap();
            let mut control = Control::open(store, Policy::default(), AllocationSettings::champion_only("")).unwrap();
            assert!(control.lease(1, &|_| Some("https://example.com/".into())).unwrap().is_empty(), "version {version}");
            let open = control.open_incidents().unwrap();
            let found = (open[0].kind, open[0].sentence.text.as_str(), open[0].due_ms);
            assert_eq!(found, (IncidentKind::PostMortem, "A post-mortem is due.", 9), "version {version}");
        }
    }
}
