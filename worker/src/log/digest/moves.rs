//! Outcomes that came after their lead was counted: the day's windows are moved by the difference, so that a report shows them at once. A day
//! of many leads is worked out again rarely, because that takes time in proportion to them.
//!
//! An outcome leaves a row here with what its lead was counted with. The rows of a day are void once the day is worked out again from its
//! leads; while that goes on its leads are read, so an outcome that comes then marks the day instead.

use std::collections::{BTreeMap, BTreeSet};

use plumbline_core::window::{Layout, Window};
use serde_json::{Value, json};

use super::outcome::{Known, OpenDay, Row, built, open_days};
use super::{Business, Digest, HOUR_MS, Progress, day_of, touch_day};
use crate::log::fold::Folded;
use crate::log::ingest::is_closed;
use crate::log::window::{self, Grain, Key};
use crate::log::{LogShard, cell, meta};
use crate::store::{Param, Sql, SqlError};

/// Leads of one transaction.
const SLICE: i64 = 500;

/// Notes outcomes that changed: of leads by number the first request, and what was known of them before. Part of the caller's transaction.
pub(in crate::log) fn note(
    sql: &mut dyn Sql,
    now: i64,
    rules: &Digest,
    changes: &BTreeMap<i64, (i64, Folded)>,
) -> Result<(), SqlError> {
    let (mut rows, mut days) = (Vec::new(), BTreeSet::new());
    for (lead, (first_ms, was)) in changes {
        let mature = first_ms.saturating_add(rules.mature_ms);
        // A lead that is not mature is not counted yet; clocks of hosts differ.
        if mature > now.saturating_add(HOUR_MS) || is_closed(mature, now) {
            continue;
        }
        days.insert(day_of(mature));
        rows.push((day_of(mature), json!([lead, day_of(mature), was.text()])));
    }
    if rows.is_empty() {
        return Ok(());
    }
    let open = open_days(sql)?;
    days.iter().filter(|day| open.contains(day)).try_for_each(|day| touch_day(sql, *day))?;
    let rows: Vec<Value> = rows.into_iter().filter(|(day, _)| !open.contains(day)).map(|(_, row)| row).collect();
    let insert = "INSERT INTO outcome_moves (lead, day, was) SELECT m.value ->> 0, m.value ->> 1, m.value ->> 2 \
        FROM json_each(?1) AS m WHERE true ON CONFLICT (lead) DO NOTHING";
    sql.execute(insert, &[Param::Text(&Value::from(rows).to_string())]).map(drop)
}

/// Forgets the outcomes of `day`: it is worked out from its leads.
pub(super) fn forget(sql: &mut dyn Sql, day: i64) -> Result<(), SqlError> {
    sql.execute("DELETE FROM outcome_moves WHERE day = ?1", &[Param::Integer(day)]).map(drop)
}

impl<S: Sql> LogShard<S> {
    /// Moves the windows of days by the next outcomes that came late.
    pub(super) fn move_outcomes(&mut self, now: i64, rules: &Digest) -> Result<Progress, SqlError> {
        let mut done = Progress::default();
        if self.sql.query("SELECT lead FROM outcome_moves LIMIT 1", &[])?.is_empty() {
            return Ok(done);
        }
        self.sql.transaction(&mut |sql| {
            done = Progress::default();
            let query = "SELECT lead, was FROM outcome_moves ORDER BY day, lead LIMIT ?1";
            let found = sql.query(query, &[Param::Integer(SLICE)])?;
            let of = |row: &Vec<crate::store::SqlValue>| Some((cell::integer(row, 0)?, Folded::read(cell::text(row, 1)?)?));
            let before: BTreeMap<i64, Folded> = found.iter().filter_map(of).collect();
            if before.is_empty() {
                return Ok(());
            }
            let leads = Value::from_iter(before.keys().copied()).to_string();
            done.windows = moved(sql, now, rules, &before, &leads)?;
            let delete = "DELETE FROM outcome_moves WHERE lead IN (SELECT value FROM json_each(?1))";
            sql.execute(delete, &[Param::Text(&leads)])?;
            done.more = found.len() as i64 == SLICE;
            Ok(())
        })?;
        Ok(done)
    }
}

/// Moves the windows by the leads of `before`, which holds what each was counted with. How many changed.
fn moved(sql: &mut dyn Sql, now: i64, rules: &Digest, before: &BTreeMap<i64, Folded>, leads: &str) -> Result<u64, SqlError> {
    let rows = Row::of_leads(sql, leads)?;
    let (mut days, mut counted): (BTreeMap<i64, [OpenDay; 2]>, BTreeMap<i64, Option<Known>>) = Default::default();
    for rows in rows.chunk_by(|a, b| a.lead == b.lead) {
        let Some((first, was)) = rows.first().and_then(|first| Some((first, before.get(&first.lead)?))) else { continue };
        let day = day_of(first.first_ms.saturating_add(rules.mature_ms));
        let known = match counted.get(&day) {
            Some(known) => *known,
            None => {
                let is_marked = meta::get(sql, &format!("day:{day}"))?.is_some();
                let known = if is_marked { built(sql, day)?.map(|built| built.to) } else { Some(Known::All) };
                counted.insert(day, known);
                known
            }
        };
        // What is not counted yet will be, as it is then.
        if is_closed(day, now) || !known.is_some_and(|known| known.holds(first)) {
            continue;
        }
        let [old, new] = days.entry(day).or_insert_with(|| [OpenDay::new(day), OpenDay::new(day)]);
        let was: Vec<Row> = rows.iter().map(|row| row.with(was)).collect();
        old.count(now, rules, &was);
        new.count(now, rules, rows);
    }
    let mut changed = 0;
    for (day, [mut old, new]) in days {
        let mut fits = true;
        let none = || (Window::new(&Layout::default()), Business::default());
        for ((version, role), is) in new.windows {
            let was = old.windows.remove(&(version.clone(), role.clone())).unwrap_or_else(none);
            fits &= shift(sql, &mut changed, Key { grain: Grain::Mature, start_ms: day, version, role }, (&was, &is))?;
        }
        for ((version, role), was) in old.windows {
            fits &= shift(sql, &mut changed, Key { grain: Grain::Mature, start_ms: day, version, role }, (&was, &none()))?;
        }
        if !fits {
            touch_day(sql, day)?;
        }
    }
    Ok(changed)
}

/// Takes `was` out of a window and puts `is` in. False: the window does not hold it.
fn shift(
    sql: &mut dyn Sql,
    changed: &mut u64,
    key: Key,
    (was, is): (&(Window, Business), &(Window, Business)),
) -> Result<bool, SqlError> {
    if was == is {
        return Ok(true);
    }
    let Some((mut window, mut business)) = window::counted(sql, &key)? else { return Ok(false) };
    if !window.exchange(&was.0, &is.0) || !business.exchange(&was.1, &is.1) {
        return Ok(false);
    }
    *changed += window::replace(sql, &key, &window.write(), serde_json::to_string(&business).ok().as_deref())?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use crate::log::LogShard;
    use crate::log::tests::{DAY, Line, START, batch, converted, line, outcome, rules, windows};
    use crate::store::Sql;
    use crate::store::memory::Memory;

    /// A shard whose `leads` leads have all matured and are counted.
    fn counted(leads: usize) -> LogShard<Memory> {
        let mut shard = LogShard::open(Memory::new()).unwrap();
        let mut lines = Vec::new();
        for i in 0..leads {
            let (lead, segments) = (format!("lead-{i}"), Some(r#"{"source":"web"}"#));
            let probability = (i % 10) as f64 / 10.0 + 0.05;
            lines.push(Line { segments, ..line(START, &lead, "1", "champion", probability) });
            lines.push(Line { segments, ..line(START, &lead, "2", "shadow", 1.0 - probability) });
        }
        shard.append(&batch("b", &lines)).unwrap();
        shard.digest_all(START, &rules()).unwrap();
        shard.digest_all(START + 7 * DAY, &rules()).unwrap();
        shard
    }

    #[test]
    fn an_outcome_of_a_counted_lead_is_seen_at_once_though_its_day_was_just_worked_out() {
        let mut shard = counted(30);
        let now = START + 7 * DAY + 1;
        let bought = |shard: &mut LogShard<Memory>| {
            let found = windows(shard);
            let mut paired = found.iter().filter(|((_, _, version, role), _)| version == "1" && role == "paired");
            paired.find_map(|(_, (window, business))| Some((window.scores.counts(), business.as_ref()?.converted))).unwrap()
        };
        assert_eq!(bought(&mut shard), ([0, 30, 0], 0));
        shard.ingest(now, &[converted("lead-3", START + DAY), converted("lead-4", START + DAY)]).unwrap();
        shard.digest_all(now, &rules()).unwrap();
        assert_eq!(bought(&mut shard), ([2, 28, 0], 2));
        // Each once, whatever comes after, and the same as from the leads.
        shard.ingest(now, &[converted("lead-3", START + DAY)]).unwrap();
        let value = outcome(&format!(r#"{{"lead_id":"lead-4","kind":"deal_closed","value":5,"occurred_at":{now}}}"#));
        shard.ingest(now, &[value]).unwrap();
        shard.digest_all(now, &rules()).unwrap();
        let moved = windows(&mut shard);
        let left = shard.sql().query("SELECT count(*) FROM outcome_moves", &[]).unwrap();
        assert_eq!(left[0][0].as_integer(), Some(0));
        super::touch_day(shard.sql(), super::day_of(START + 7 * DAY)).unwrap();
        shard.digest_all(now + 3_600_000, &rules()).unwrap();
        let bytes = |found: crate::log::tests::Found| {
            found.into_iter().map(|(key, (window, business))| (key, window.write(), business)).collect::<Vec<_>>()
        };
        assert_eq!(bytes(windows(&mut shard)), bytes(moved));
    }

    #[test]
    fn outcomes_that_come_while_a_day_is_worked_out_count_once() {
        for step in 0..6 {
            let mut shard = counted(2_500);
            let now = START + 7 * DAY + 3_600_000;
            super::touch_day(shard.sql(), super::day_of(START + 7 * DAY)).unwrap();
            for _ in 0..step {
                shard.digest(now, &rules()).unwrap();
            }
            // Of leads that were read already, and of those that were not.
            shard.ingest(now, &["lead-1", "lead-2499"].map(|lead| converted(lead, START + DAY))).unwrap();
            // A mark that comes meanwhile, too.
            shard.digest(now, &rules()).unwrap();
            shard.ingest(now, &[converted("lead-7", START + DAY)]).unwrap();
            shard.digest_all(now, &rules()).unwrap();
            shard.digest_all(now + 3_600_000, &rules()).unwrap();
            let bought: Vec<u64> = windows(&mut shard)
                .into_values()
                .filter_map(|(_, business)| Some(business?.converted))
                .filter(|n| *n > 0)
                .collect();
            assert_eq!(bought, [3; 4], "step {step}");
        }
    }
}
