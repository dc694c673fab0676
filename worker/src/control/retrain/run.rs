//! Retrainings as the store has them: a row each, and the parts that one under way has gathered.

use plumbline_core::sentence::Sentence;
use serde::{Deserialize, Serialize};

use crate::control::{Control, Fault, integer, real, text};
use crate::store::{Param, Sql, SqlError, SqlValue};

/// Why a model is retrained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The schedule.
    Schedule,
    /// A person asked for it.
    Manual,
    /// The alert `auc` fires.
    Auc,
    /// More fields drifted than are allowed.
    Drift,
    /// Sales call the scores unhelpful.
    Unhelpful,
}

impl Trigger {
    const ALL: [Trigger; 5] = [Trigger::Schedule, Trigger::Manual, Trigger::Auc, Trigger::Drift, Trigger::Unhelpful];

    /// Its name, as the store has it.
    pub fn name(self) -> &'static str {
        match self {
            Trigger::Schedule => "schedule",
            Trigger::Manual => "manual",
            Trigger::Auc => "auc",
            Trigger::Drift => "drift",
            Trigger::Unhelpful => "unhelpful",
        }
    }
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It is due.
    Waiting,
    /// Leads are being read from the shards.
    Collecting,
    /// The model is being trained on them.
    Training,
    /// It is trained elsewhere: its bundle is awaited.
    Elsewhere,
    /// It ended.
    Ended,
}

impl Phase {
    const ALL: [Phase; 5] = [Phase::Waiting, Phase::Collecting, Phase::Training, Phase::Elsewhere, Phase::Ended];

    /// Its name, as the store has it.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Waiting => "waiting",
            Phase::Collecting => "collecting",
            Phase::Training => "training",
            Phase::Elsewhere => "elsewhere",
            Phase::Ended => "ended",
        }
    }
}

/// A retraining.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// Why it was started.
    pub trigger: Trigger,
    /// Who asked for it; `plumbline` where no person did.
    pub actor: String,
    /// How far it is.
    pub state: Phase,
    /// When it was due, milliseconds since 1970.
    pub due_ms: i64,
    /// When it began.
    pub started_ms: Option<i64>,
    /// When it ended.
    pub ended_ms: Option<i64>,
    /// Leads it trained and tested on.
    pub rows: Option<u64>,
    /// Leads it was tested on.
    pub tested: Option<u64>,
    /// The new model's AUC on leads it has not seen.
    pub auc: Option<f64>,
    /// The ends of its 95 % interval.
    pub interval: Option<(f64, f64)>,
    /// Today's model's AUC on the same leads.
    pub champion_auc: Option<f64>,
    /// The new model's version; none before there is one.
    pub version: Option<String>,
    /// `queued`, `kept`, `below`, `insufficient` or `failed`; none while it is under way.
    pub decision: Option<String>,
    /// The code of what went wrong.
    pub problem: Option<String>,
    /// What became of it, or how far it is, in words.
    pub sentence: Sentence,
    /// Where it is.
    #[serde(skip)]
    pub(super) cursor: Cursor,
}

/// Where a run is: what it needs to go on in another process.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Cursor {
    /// Leads first scored from here …
    pub from_ms: i64,
    /// … to here are read.
    pub until_ms: i64,
    /// The version that serves, whose fields and settings are taken over.
    pub champion: String,
    /// The version that the new model will have.
    pub version: String,
    /// The shard that is read …
    pub shard: u32,
    /// … of so many …
    pub shards: u32,
    /// … behind this lead.
    pub after: Option<(i64, String)>,
    /// Parts with leads so far.
    pub parts: i64,
    /// Leads in them.
    pub leads: u64,
    /// Leads that converted.
    pub converted: u64,
    /// How often the training was begun.
    pub tries: u32,
    /// When it was handed to another program, milliseconds since 1970.
    pub sent_ms: Option<i64>,
}

const COLUMNS: &str = "id, trigger, actor, state, due_ms, started_ms, ended_ms, rows, tested, auc, auc_low, auc_high, champion_auc, \
    version, decision, problem, sentence, cursor";

impl<S: Sql> Control<S> {
    /// The newest retrainings, at most `limit`, the newest first.
    ///
    /// # Errors
    /// The store failed.
    pub fn retrainings(&mut self, limit: i64) -> Result<Vec<Run>, SqlError> {
        let query = format!("SELECT {COLUMNS} FROM retraining_runs ORDER BY due_ms DESC, id DESC LIMIT ?1");
        Ok(self.sql.query(&query, &[Param::Integer(limit)])?.iter().map(|row| run(row)).collect())
    }

    /// The retraining `id`.
    ///
    /// # Errors
    /// The store failed.
    pub fn retraining(&mut self, id: &str) -> Result<Option<Run>, SqlError> {
        let query = format!("SELECT {COLUMNS} FROM retraining_runs WHERE id = ?1");
        Ok(self.sql.query(&query, &[Param::Text(id)])?.first().map(|row| run(row)))
    }

    /// The one that has not ended; there is one at most.
    ///
    /// # Errors
    /// The store failed.
    pub fn retraining_under_way(&mut self) -> Result<Option<Run>, SqlError> {
        let query = format!("SELECT {COLUMNS} FROM retraining_runs WHERE state <> 'ended' ORDER BY due_ms LIMIT 1");
        Ok(self.sql.query(&query, &[])?.first().map(|row| run(row)))
    }

    /// Adds a run that is due, unless one is under way; whether it was added.
    pub(super) fn insert_run(&mut self, due_ms: i64, trigger: Trigger, actor: &str) -> Result<Option<Run>, SqlError> {
        let digits: String = plumbline_core::report::time_text(due_ms).chars().filter(char::is_ascii_digit).collect();
        let id = format!("{digits}-{}", trigger.name());
        let sentence = serde_json::to_string(&Sentence::new("RETRAIN_WAITING", "Begins at once.")).unwrap_or_default();
        let insert = "INSERT INTO retraining_runs (id, trigger, actor, state, due_ms, sentence, cursor, owner, lease_ms)
            VALUES (?1, ?2, ?3, 'waiting', ?4, ?5, '{}', '', 0) ON CONFLICT (id) DO NOTHING";
        let [id_given, trigger, actor, sentence] = [id.as_str(), trigger.name(), actor, sentence.as_str()].map(Param::Text);
        let mut added = 0;
        // Of two hosts that find it due, one adds it.
        self.sql.transaction(&mut |sql| {
            let active = sql.query("SELECT id FROM retraining_runs WHERE state <> 'ended'", &[])?;
            let given = [id_given, trigger, actor, Param::Integer(due_ms), sentence];
            added = if active.is_empty() { sql.execute(insert, &given)? } else { 0 };
            Ok(())
        })?;
        if added == 0 { Ok(None) } else { self.retraining(&id) }
    }

    /// Stores how far `run` is.
    pub(super) fn move_run(&mut self, run: &Run) -> Result<(), SqlError> {
        self.sql.transaction(&mut |sql| moved(sql, run))
    }

    /// Takes `run` for this process for a while; false where another process has it.
    pub(super) fn lease_run(&mut self, now_ms: i64, id: &str, lasts_ms: i64) -> Result<bool, Fault> {
        if self.retraining.owner.is_empty() {
            // Without random bits there is one process.
            self.retraining.owner = self.random().unwrap_or_else(|_| "host".to_owned());
        }
        let owner = self.retraining.owner.clone();
        let update = "UPDATE retraining_runs SET owner = ?1, lease_ms = ?2 WHERE id = ?3 AND (owner = ?1 OR lease_ms <= ?4)";
        let given = [Param::Text(&owner), Param::Integer(now_ms + lasts_ms), Param::Text(id), Param::Integer(now_ms)];
        Ok(self.sql.execute(update, &given)? > 0)
    }

    /// A part of what `run` gathered; empty where there is none.
    pub(super) fn part_of(&mut self, run: &str, kind: &str, part: i64) -> Result<Vec<u8>, SqlError> {
        let query = "SELECT bytes FROM retraining_parts WHERE run = ?1 AND kind = ?2 AND part = ?3";
        let found = self.sql.query(query, &[Param::Text(run), Param::Text(kind), Param::Integer(part)])?;
        Ok(match found.into_iter().next().and_then(|row| row.into_iter().next()) {
            Some(SqlValue::Blob(bytes)) => bytes,
            _ => Vec::new(),
        })
    }
}

/// Stores a part; it replaces one of the same place.
pub(super) fn kept(sql: &mut dyn Sql, run: &str, kind: &str, part: i64, bytes: &[u8]) -> Result<(), SqlError> {
    let insert = "INSERT INTO retraining_parts (run, kind, part, bytes) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (run, kind, part) DO UPDATE SET bytes = excluded.bytes";
    sql.execute(insert, &[Param::Text(run), Param::Text(kind), Param::Integer(part), Param::Blob(bytes)]).map(drop)
}

/// Stores how far `run` is; part of the caller's transaction.
pub(super) fn moved(sql: &mut dyn Sql, run: &Run) -> Result<(), SqlError> {
    let update = "UPDATE retraining_runs SET state = ?2, started_ms = ?3, ended_ms = ?4, rows = ?5, tested = ?6, auc = ?7, auc_low = ?8,
        auc_high = ?9, champion_auc = ?10, version = ?11, decision = ?12, problem = ?13, sentence = ?14, cursor = ?15 WHERE id = ?1";
    let sentence = serde_json::to_string(&run.sentence).unwrap_or_default();
    let cursor = serde_json::to_string(&run.cursor).unwrap_or_default();
    let time = |ms: Option<i64>| ms.map_or(Param::Null, Param::Integer);
    let count = |n: Option<u64>| n.map_or(Param::Null, |n| Param::Integer(i64::try_from(n).unwrap_or(i64::MAX)));
    let real = |x: Option<f64>| x.filter(|x| x.is_finite()).map_or(Param::Null, Param::Real);
    let given = [
        Param::Text(&run.id),
        Param::Text(run.state.name()),
        time(run.started_ms),
        time(run.ended_ms),
        count(run.rows),
        count(run.tested),
        real(run.auc),
        real(run.interval.map(|ends| ends.0)),
        real(run.interval.map(|ends| ends.1)),
        real(run.champion_auc),
        word(&run.version),
        word(&run.decision),
        word(&run.problem),
        Param::Text(&sentence),
        Param::Text(&cursor),
    ];
    sql.execute(update, &given).map(drop)
}

fn word(text: &Option<String>) -> Param<'_> {
    text.as_deref().map_or(Param::Null, Param::Text)
}

fn run(row: &[SqlValue]) -> Run {
    let time = |at: usize| row.get(at).and_then(SqlValue::as_integer);
    let count = |at: usize| time(at).map(i64::unsigned_abs);
    let word = |at: usize| Some(text(row, at)).filter(|text| !text.is_empty());
    Run {
        id: text(row, 0),
        trigger: Trigger::ALL.into_iter().find(|known| known.name() == text(row, 1)).unwrap_or(Trigger::Manual),
        actor: text(row, 2),
        state: Phase::ALL.into_iter().find(|known| known.name() == text(row, 3)).unwrap_or(Phase::Ended),
        due_ms: integer(row, 4),
        started_ms: time(5),
        ended_ms: time(6),
        rows: count(7),
        tested: count(8),
        auc: real(row, 9),
        interval: real(row, 10).zip(real(row, 11)),
        champion_auc: real(row, 12),
        version: word(13),
        decision: word(14),
        problem: word(15),
        sentence: serde_json::from_str(&text(row, 16)).unwrap_or_default(),
        cursor: serde_json::from_str(&text(row, 17)).unwrap_or_default(),
    }
}
