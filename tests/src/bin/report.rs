//! Prints what `GET /v1/report` costs over 90 days, two versions and 24 shards as predictions grow: size, time, and the time of the tick that
//! merges all windows at once. A simulated history is played, and its windows are doubled again and again.
//!
//! `cargo run --release -p plumbline-tests --bin report`
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a program that measures time and reports on stdout")]

use std::time::Instant;

use plumbline::harness::world::{Store, base, play_script};
use plumbline_core::window::{Layout, Window};
use plumbline_worker::log::{Grain, ShardWindow};
use plumbline_worker::store::{Sql, SqlValue};
use plumbline_worker::world::{self, ScriptFile};
use plumbline_worker::{Control, Lifecycle, LogShard};
use serde_json::{Value, json};

const SHARDS: u32 = 24;
const DAYS: u32 = 90;
/// New leads on an average day: two versions score each for a third of the time.
const LEADS: f64 = 800.0;
/// 2026-08-31, a Monday.
const BEGINS_MS: i64 = 1_788_134_400_000;
const HOUR_MS: i64 = 3_600_000;
/// How often the windows have been doubled, by the lines of the table.
const DOUBLED: [u32; 3] = [0, 3, 7];
const TIMES: usize = 9;

fn main() -> Result<(), String> {
    let script = json!({
        "seed": 1, "days": DAYS, "leads": LEADS, "ticks": [11, 23],
        "event": [
            { "at": "d60 09:00", "kind": "capacity" },
            { "at": "d60 10:00", "kind": "start", "by": "Ben Okafor", "acknowledge": true },
        ],
    });
    let file: ScriptFile = serde_json::from_value(script).map_err(|e| e.to_string())?;
    let script = file.script(BEGINS_MS, ["ada", "ben", "chen"].map(|name| name.repeat(16))).map_err(|e| e.to_string())?;
    let store = || Store::in_memory().map_err(|e| e.to_string());
    let control = Control::open(store()?, world::policy(), base()).map_err(|e| e.to_string())?;
    let shards = (0..SHARDS).map(|_| LogShard::open(store()?).map_err(|e| e.to_string())).collect::<Result<Vec<_>, _>>()?;
    let (mut lifecycle, played) = play_script(Lifecycle::new(control, shards), &script).map_err(|e| e.to_string())?;
    if let Some(rejected) = played.rejected.first() {
        return Err(rejected.clone());
    }
    let control = lifecycle.control();
    let mut windows = sent(control)?;
    println!("{SHARDS} shards, {DAYS} days, {} windows of shards\n", windows.len());
    println!("| predictions | report | size | tick that merges all |\n|---|---|---|---|");
    let mut now_ms = script.until_ms;
    for (at, doubled) in DOUBLED.into_iter().enumerate() {
        if at > 0 {
            for _ in DOUBLED.get(at - 1).copied().unwrap_or(0)..doubled {
                windows.iter_mut().for_each(|(_, window, layout)| double(window, layout));
            }
        }
        now_ms += HOUR_MS;
        for (shard, window, _) in &mut windows {
            window.rev += 1;
            control.receive(*shard, std::slice::from_ref(window)).map_err(|e| e.to_string())?;
        }
        let began = Instant::now();
        control.tick(now_ms).map_err(|e| e.to_string())?;
        let tick = began.elapsed();
        // Once an hour the diagnosis is made anew, which the first report of the hour pays for.
        let mut spent = Vec::new();
        let mut size = 0;
        for _ in 0..TIMES {
            let began = Instant::now();
            let report = control.report(now_ms).map_err(|e| e.to_string())?;
            size = serde_json::to_vec(&report).map_err(|e| e.to_string())?.len();
            spent.push(began.elapsed());
        }
        let first = spent.first().copied().unwrap_or_default();
        spent.sort_unstable();
        let median = spent.get(TIMES / 2).copied().unwrap_or_default();
        println!(
            "| {} | {:.0} ms ({:.0} ms the first of an hour) | {:.1} KB | {:.1} s |",
            predictions(&windows),
            median.as_secs_f64() * 1_000.0,
            first.as_secs_f64() * 1_000.0,
            size as f64 / 1_000.0,
            tick.as_secs_f64()
        );
    }
    Ok(())
}

type Sent = (u32, ShardWindow, Layout);

/// What the shards sent: each window with its shard and its layout.
fn sent(control: &mut Control<Store>) -> Result<Vec<Sent>, String> {
    let layouts = control.layouts().map_err(|e| e.to_string())?;
    let query = "SELECT shard, grain, start_ms, version, role, rev, bytes, business FROM windows_in";
    let rows = control.sql().query(query, &[]).map_err(|e| e.to_string())?;
    let of = |row: &[SqlValue]| {
        let [
            SqlValue::Integer(shard),
            SqlValue::Text(grain),
            SqlValue::Integer(start_ms),
            SqlValue::Text(version),
            SqlValue::Text(role),
            SqlValue::Integer(rev),
            SqlValue::Blob(bytes),
            SqlValue::Text(business),
        ] = row
        else {
            return None;
        };
        let grain: Grain = serde_json::from_value(json!(grain)).ok()?;
        let layout = match grain {
            Grain::Hour | Grain::Day => layouts.get(version).cloned().unwrap_or_default(),
            Grain::Mature | Grain::Voice => Layout::default(),
        };
        let (version, role) = (version.clone(), role.clone());
        let (bytes, business) = (bytes.clone(), Some(business.clone()));
        let window = ShardWindow { grain, start_ms: *start_ms, version, role, rev: *rev, bytes, business };
        Some((u32::try_from(*shard).ok()?, window, layout))
    };
    rows.iter().map(|row| of(row).ok_or_else(|| format!("a row of windows_in: {row:?}"))).collect()
}

/// Counts everything in `window` twice.
fn double(window: &mut ShardWindow, layout: &Layout) {
    if let Ok(mut counted) = Window::read(&window.bytes, layout) {
        let same = counted.clone();
        if counted.merge(&same).is_ok() {
            window.bytes = counted.write();
        }
    }
    if let Some(Ok(mut sums)) = window.business.as_deref().map(serde_json::from_str::<Value>) {
        twice(&mut sums);
        window.business = Some(sums.to_string());
    }
}

fn twice(value: &mut Value) {
    match value {
        Value::Number(number) => {
            *value = match number.as_u64() {
                Some(n) => (2 * n).into(),
                None => (2.0 * number.as_f64().unwrap_or_default()).into(),
            };
        }
        Value::Array(values) => values.iter_mut().for_each(twice),
        Value::Object(values) => values.values_mut().for_each(twice),
        _ => {}
    }
}

/// Predictions that the windows of days count.
fn predictions(windows: &[Sent]) -> u64 {
    let days = windows.iter().filter(|(_, window, _)| window.grain == Grain::Day && window.role != "probe");
    days.filter_map(|(_, window, layout)| Window::read(&window.bytes, layout).ok()).map(|window| window.counters.scored).sum()
}
