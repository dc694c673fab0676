//! Rollouts of a simulated company, played through the real service on virtual time, and what its ledger says of them.

use std::collections::BTreeMap;

use plumbline::harness::world::{Store, base, play_script};
use plumbline_core::event::{ScoreChange, ScoreChanges};
use plumbline_core::rollout::ledger::{self, Entry};
use plumbline_core::rollout::{Policy, State};
use plumbline_worker::world::{self, ScriptFile};
use plumbline_worker::{Control, Lifecycle, LogShard, Request, Sql, SqlValue};
use serde_json::{Value, json};

/// Histories begin here: 2026-09-07, a Monday.
pub const BEGINS_MS: i64 = 1_788_739_200_000;
/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;
/// The day on which the rollout starts.
pub const START: i64 = 14;
/// Leads a day of the smaller world: as many as the test of six weeks needs for the least number of leads per arm, and some more.
pub const LEADS: f64 = 450.0;
/// What people agree to waive before a rollout of the small world starts: few leads come a week, and deals take longer than
/// the test.
pub const WAIVED: [&str; 5] = ["rel.calibration", "perf.calibration", "ab.deal_size", "ab.cycle", "ab.attention"];

/// The service does what is due, and people attend to it, at noon.
const TICKS: [i64; 1] = [11];

/// A history at its end.
#[derive(Debug)]
pub struct Ended {
    /// The rollout's state.
    pub state: State,
    /// The whole ledger.
    pub chain: Vec<Entry>,
    /// The document of the report.
    pub report: Value,
    /// What was sent, and what was rejected.
    pub played: world::Played,
    /// How far open leads were scored again; null where score changes are not recorded.
    pub rescored: Value,
    /// The recorded score changes, the oldest first.
    pub changes: Vec<ScoreChange>,
    /// How many leads show a score of each version: what the CRM was last sent.
    pub shown: BTreeMap<String, i64>,
}

/// A script of the smaller world, to which `events` are added: `challenger` starts on day [`START`], and people attend to it.
pub fn script(challenger: &str, seed: u64, days: u32, events: &[Value]) -> Value {
    let mut all = vec![
        json!({ "at": "d13 09:00", "kind": "capacity" }),
        json!({ "at": format!("d{START} 07:00"), "kind": "start", "by": "Ben Okafor", "acknowledge": true }),
        json!({ "at": format!("d{START} 07:00"), "kind": "attend", "waive": WAIVED }),
    ];
    all.extend(events.iter().cloned());
    json!({
        "seed": seed, "days": days, "leads": LEADS, "challenger": challenger, "event": all, "ticks": TICKS, "ends_when_decided": true,
    })
}

/// Plays `script`, the JSON of a [`ScriptFile`], under `policy`.
///
/// # Errors
/// The script is not one, or a store failed.
pub fn play(script: &Value, policy: Policy) -> Result<Ended, String> {
    let file: ScriptFile = serde_json::from_value(script.clone()).map_err(|e| e.to_string())?;
    let script = file.script(BEGINS_MS, ["ada", "ben", "chen"].map(|name| name.repeat(16))).map_err(|e| e.to_string())?;
    let store = || Store::in_memory().map_err(|e| e.to_string());
    let control = Control::open(store()?, policy, base()).map_err(|e| e.to_string())?;
    let shard = LogShard::open(store()?).map_err(|e| e.to_string())?;
    let (mut lifecycle, played) = play_script(Lifecycle::new(control, vec![shard]), &script).map_err(|e| e.to_string())?;
    let control = lifecycle.control();
    let state = control.state().map_err(|e| e.to_string())?.ok_or("the store is empty")?;
    let chain = control.chain().map_err(|e| e.to_string())?;
    if let Some(fault) = control.verified(&[]).map_err(|e| e.to_string())?.fault {
        return Err(fault.text);
    }
    let report = control.report(script.until_ms).map_err(|e| e.to_string())?;
    let report = serde_json::to_value(report).map_err(|e| e.to_string())?;
    let mut asked = |path: &str, query: &str| {
        let key = format!("Bearer {}", script.people.first().map(|person| person.secret.as_str()).unwrap_or_default());
        let request = Request { method: "GET", path, query, headers: &[("authorization", &key)], body: b"" };
        let answer = lifecycle.answer(script.until_ms, &request, true);
        (answer.status == 200).then(|| serde_json::from_slice(&answer.body).ok()).flatten()
    };
    let rescored = asked("/v1/rescore", "").unwrap_or(Value::Null);
    let (mut changes, mut cursor) = (Vec::new(), String::new());
    while let Some(page) = asked("/v1/changes", &format!("limit=1000&after={cursor}")) {
        let page: ScoreChanges = serde_json::from_value(page).map_err(|e| e.to_string())?;
        changes.extend(page.changes);
        cursor = page.cursor;
        if !page.more {
            break;
        }
    }
    let mut shown = BTreeMap::new();
    for shard in lifecycle.shards() {
        let rows =
            shard.sql().query("SELECT version, count(*) FROM current_scores GROUP BY version", &[]).map_err(|e| e.to_string())?;
        for row in rows {
            if let [SqlValue::Text(version), SqlValue::Integer(count)] = &row[..] {
                *shown.entry(version.clone()).or_default() += count;
            }
        }
    }
    Ok(Ended { state, chain, report, played, rescored, changes, shown })
}

/// A transition of the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    /// Days since the rollout's first day.
    pub day: i64,
    /// The stage before, and after it.
    pub stages: (String, String),
    /// How the rollout ended, where it did.
    pub end: Option<String>,
    /// The row of the table of transitions.
    pub row: u64,
    /// The code of its sentence, and its text.
    pub sentence: (String, String),
}

impl Ended {
    /// The transitions, in order.
    pub fn moves(&self) -> Vec<Moved> {
        let moved = |entry: &Entry| {
            let body: Value = serde_json::from_str(&entry.body).ok()?;
            let text = |path: &str| body.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
            Some(Moved {
                day: (entry.at_ms - BEGINS_MS).div_euclid(DAY_MS) - START,
                stages: (text("/from"), text("/to")),
                end: body.get("end").and_then(Value::as_str).map(str::to_owned),
                row: body.get("row")?.as_u64()?,
                sentence: (text("/sentence/code"), text("/sentence/text")),
            })
        };
        self.chain.iter().filter(|entry| entry.kind == "transition").filter_map(moved).collect()
    }

    /// The day on which `stage` was entered, since the rollout's first.
    pub fn day_of(&self, stage: &str) -> Option<i64> {
        self.moves().iter().find(|moved| moved.stages.1 == stage && moved.stages.0 != stage).map(|moved| moved.day)
    }

    /// How the rollout ended, and by which row, if it did.
    pub fn end(&self) -> Option<(String, u64)> {
        self.moves().iter().find_map(|moved| Some((moved.end.clone()?, moved.row)))
    }

    /// Whether the challenger ever served leads as a canary or more.
    pub fn served(&self) -> bool {
        self.day_of("canary").is_some()
    }

    /// Whether the ledger is whole, and its events give its last state again.
    pub fn is_whole(&self) -> bool {
        ledger::verify(&self.chain, &[]).fault.is_none()
    }

    /// The holds and suspensions that stand at the end, as texts.
    pub fn holds(&self) -> Vec<String> {
        let Some(rollout) = &self.state.rollout else { return Vec::new() };
        let suspended = rollout.suspended.iter().map(|suspension| suspension.reason.text.clone());
        suspended.chain(rollout.holds.iter().map(|hold| hold.reason.text.clone())).collect()
    }
}
