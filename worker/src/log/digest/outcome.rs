//! Outcome days, worked out from rows: the leads that matured on a UTC day, by version and role.
//!
//! A lead counts once per version: with the score under the latest rollout that has one. Roles are those of the row, or [`BACKFILL`] for
//! scores worked out later from stored fields. Leads that both versions of the rollout scored count once more: the leads of the rollout
//! as [`PAIRED`], so that the two are compared on the same leads, and of those the leads of its test as [`TESTED`].

use std::collections::{BTreeMap, BTreeSet};

use plumbline_core::metric::{Label, Maturity};
use plumbline_core::window::{Layout, Window};

use super::{Business, DAY_MS, Digest, Progress, moves};
use crate::log::fold::Folded;
use crate::log::window::{self, Grain, Key};
use crate::log::{LogShard, cell, meta};
use crate::store::{Param, Sql, SqlError, SqlValue};

/// The role of outcome windows that hold the leads of a rollout that both of its versions scored.
pub const PAIRED: &str = "paired";
/// The role of outcome windows that hold the leads of the A/B test, of both arms, that both versions scored.
pub const TESTED: &str = "tested";
/// The role of scores that were worked out from stored fields.
pub const BACKFILL: &str = "backfill";

/// Leads read at a time.
const SLICE: usize = 2_000;
/// A day of many leads rests longer between two times of working it out: the work is in proportion to them.
const REST_MS_PER_LEAD: i64 = 3;
/// The least and the most of that rest: outcomes of leads that are counted do not wait for it.
const REST_MS: (i64, i64) = (4_000, 12_000);
/// A day that an instance began to work out and did not finish in this time is left to others.
const LEFT_MS: i64 = 10_000;

/// A day in the middle of being worked out.
#[derive(Debug)]
pub(in crate::log) struct OpenDay {
    start: i64,
    /// Its mark when the work began.
    mark: String,
    /// Which instance works it out.
    instance: i64,
    /// The last lead read: its first request and its number.
    after: (i64, i64),
    leads: u64,
    pub(super) windows: BTreeMap<(String, String), (Window, Business)>,
}

impl<S: Sql> LogShard<S> {
    /// Works out the next part of a marked outcome day.
    pub(super) fn count_outcomes(&mut self, now: i64, rules: &Digest) -> Result<Progress, SqlError> {
        let day = match self.day.take() {
            Some(day) => Some(day),
            None if meta::under(&mut self.sql, "day:")?.is_empty() => None,
            None => {
                let mut opened = None;
                let mut instance = self.instance;
                self.sql.transaction(&mut |sql| {
                    let number = instance.map_or_else(|| number(sql), Ok)?;
                    (instance, opened) = (Some(number), next_day(sql, now, number)?);
                    Ok(())
                })?;
                self.instance = instance;
                opened
            }
        };
        let Some(mut day) = day else { return Ok(Progress::default()) };
        if day.read(&mut self.sql, now, rules)? {
            self.day = Some(day);
            return Ok(Progress { more: true, ..Progress::default() });
        }
        let mut windows = 0;
        self.sql.transaction(&mut |sql| {
            windows = day.store(sql, now, rules)?;
            Ok(())
        })?;
        Ok(Progress { windows, more: true, ..Progress::default() })
    }
}

/// Which leads of a day were counted when it was worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// All that matured.
    All,
    /// Those up to the last one: its first request and its number.
    To(i64, i64),
}

impl Known {
    /// Whether the lead of `row` was counted.
    pub fn holds(self, row: &Row) -> bool {
        match self {
            Known::All => true,
            Known::To(first_ms, lead) => (row.first_ms, row.lead) <= (first_ms, lead),
        }
    }
}

/// When a day was worked out last.
pub(super) struct Built {
    at_ms: i64,
    /// How long it rests then.
    rest_ms: i64,
    /// The leads that were counted.
    pub to: Known,
}

/// When `day` was worked out last; none where it never was, or by an earlier version.
pub(super) fn built(sql: &mut dyn Sql, day: i64) -> Result<Option<Built>, SqlError> {
    let text = meta::get(sql, &format!("built:{day}"))?.unwrap_or_default();
    let numbers: Vec<i64> = text.split(' ').filter_map(|number| number.parse().ok()).collect();
    let [at_ms, rest_ms, first_ms, lead] = numbers[..] else { return Ok(None) };
    Ok(Some(Built { at_ms, rest_ms, to: Known::To(first_ms, lead) }))
}

/// The days that are being worked out.
pub(super) fn open_days(sql: &mut dyn Sql) -> Result<BTreeSet<i64>, SqlError> {
    Ok(meta::under(sql, "open:")?.into_iter().filter_map(|(day, _)| day.parse().ok()).collect())
}

/// The number of a shard's instance that works out days: a host that shares its store with others leaves a day to one that has just begun.
fn number(sql: &mut dyn Sql) -> Result<i64, SqlError> {
    meta::add(sql, "openings", 1)?;
    Ok(meta::number(sql, "openings")?.unwrap_or_default())
}

/// The first marked day that has rested, and is not being worked out elsewhere.
fn next_day(sql: &mut dyn Sql, now: i64, instance: i64) -> Result<Option<OpenDay>, SqlError> {
    for (day, mark) in meta::under(sql, "day:")? {
        let Ok(start) = day.parse() else { continue };
        let rests =
            built(sql, start)?.is_some_and(|built| (built.at_ms..built.at_ms.saturating_add(built.rest_ms)).contains(&now));
        let open = meta::get(sql, &format!("open:{day}"))?;
        let open =
            open.as_deref().and_then(|text| text.split_once(' ')).and_then(|(by, at)| Some((by.parse().ok()?, at.parse().ok()?)));
        let is_elsewhere =
            open.is_some_and(|(by, at): (i64, i64)| by != instance && (1..LEFT_MS).contains(&now.saturating_sub(at)));
        if rests || is_elsewhere {
            continue;
        }
        meta::set(sql, &format!("open:{day}"), &format!("{instance} {now}"))?;
        moves::forget(sql, start)?;
        return Ok(Some(OpenDay { mark, instance, ..OpenDay::new(start) }));
    }
    Ok(None)
}

/// One score of a lead with its outcome.
#[derive(Clone)]
pub(super) struct Row {
    pub lead: i64,
    version: String,
    rollout: i64,
    rollout_name: String,
    role: String,
    pub first_ms: i64,
    probability: f64,
    explores: bool,
    has_arm: bool,
    converted_ms: Option<i64>,
    lost_ms: Option<i64>,
    deal_value: Option<f64>,
    opened_ms: Option<i64>,
    closed_ms: Option<i64>,
    segments: Option<String>,
}

impl Row {
    /// The scores of mature leads, whose numbers are a JSON array, with their outcomes.
    pub fn of_leads(sql: &mut dyn Sql, leads: &str) -> Result<Vec<Row>, SqlError> {
        Ok(sql.query(READ_LEADS, &[Param::Text(leads)])?.iter().filter_map(|row| Row::read(row)).collect())
    }

    /// The row with another outcome of its lead.
    pub fn with(&self, outcome: &Folded) -> Row {
        let Folded { converted_ms, lost_ms, deal_value, opened_ms, closed_ms, .. } = *outcome;
        Row { converted_ms, lost_ms, deal_value, opened_ms, closed_ms, ..self.clone() }
    }

    fn read(row: &[SqlValue]) -> Option<Row> {
        Some(Row {
            lead: cell::integer(row, 0)?,
            first_ms: cell::integer(row, 1)?,
            version: cell::owned(row, 2)?,
            rollout: cell::integer(row, 3)?,
            rollout_name: cell::owned(row, 4)?,
            role: if cell::integer(row, 6) == Some(1) { BACKFILL.to_owned() } else { cell::owned(row, 5)? },
            probability: cell::real(row, 7)?,
            explores: cell::integer(row, 8) == Some(1),
            has_arm: cell::text(row, 9).is_some(),
            converted_ms: cell::integer(row, 10),
            lost_ms: cell::integer(row, 11),
            deal_value: cell::real(row, 12),
            opened_ms: cell::integer(row, 13),
            closed_ms: cell::integer(row, 14),
            segments: cell::owned(row, 15),
        })
    }
}

const READ: &str = "SELECT s.lead, s.first_ms, version.name, s.rollout, rollout.name, s.role, s.backfill, s.probability, s.explores, s.arm, \
    o.converted_ms, o.lost_ms, o.deal_value, o.opened_ms, o.closed_ms, s.segments \
    FROM lead_scores AS s JOIN names AS version ON version.id = s.version JOIN names AS rollout ON rollout.id = s.rollout \
    LEFT JOIN outcomes AS o ON o.lead = s.lead AND o.lead_id = s.lead_id \
    WHERE s.matured = 1 AND s.first_ms >= ?1 AND s.first_ms < ?2 AND (s.first_ms, s.lead) > (?3, ?4) \
    ORDER BY s.first_ms, s.lead, s.rollout, s.version LIMIT ?5";

/// As [`READ`], of leads by their numbers. CROSS JOIN and the plus have SQLite look up each lead: it
/// would read all scores to save a sort, or all that have matured.
const READ_LEADS: &str = "SELECT s.lead, s.first_ms, version.name, s.rollout, rollout.name, s.role, s.backfill, s.probability, s.explores, s.arm, \
    o.converted_ms, o.lost_ms, o.deal_value, o.opened_ms, o.closed_ms, s.segments \
    FROM json_each(?1) AS wanted CROSS JOIN lead_scores AS s JOIN names AS version ON version.id = s.version JOIN names AS rollout ON rollout.id = s.rollout \
    LEFT JOIN outcomes AS o ON o.lead = s.lead AND o.lead_id = s.lead_id \
    WHERE s.lead = wanted.value AND +s.matured = 1 ORDER BY s.lead, s.rollout, s.version";

/// Whether the lead counts as converted; none where it does not count.
fn counts(rules: &Digest, row: &Row, now: i64) -> Option<bool> {
    // A buyer before the first score is nobody's success or failure.
    if row.converted_ms.is_some_and(|at| at < row.first_ms) {
        return None;
    }
    match (Maturity { after_ms: rules.mature_ms }).label(row.first_ms, row.converted_ms, now) {
        Label::Open => None,
        label => Some(label == Label::Converted),
    }
}

impl OpenDay {
    pub(super) fn new(start: i64) -> OpenDay {
        OpenDay { start, mark: String::new(), instance: 0, after: (i64::MIN, 0), leads: 0, windows: BTreeMap::new() }
    }

    /// Reads some leads of the day. Whether there are more.
    fn read(&mut self, sql: &mut dyn Sql, now: i64, rules: &Digest) -> Result<bool, SqlError> {
        let from = self.start.saturating_sub(rules.mature_ms);
        let after = (self.after.0.max(from - 1), self.after.1);
        let params = [from.max(after.0), from + DAY_MS, after.0, after.1, SLICE as i64].map(Param::Integer);
        let rows: Vec<Row> = sql.query(READ, &params)?.iter().filter_map(|row| Row::read(row)).collect();
        let full = rows.len() == SLICE;
        let mut leads: Vec<&[Row]> = rows.chunk_by(|a, b| (a.first_ms, a.lead) == (b.first_ms, b.lead)).collect();
        if full && leads.len() > 1 {
            // The last lead may go on.
            leads.pop();
        }
        for lead in leads {
            self.count(now, rules, lead);
            if let Some(row) = lead.first() {
                self.after = (row.first_ms, row.lead);
            }
        }
        Ok(full)
    }

    pub(super) fn count(&mut self, now: i64, rules: &Digest, rows: &[Row]) {
        let Some(first) = rows.first() else { return };
        let Some(converted) = counts(rules, first, now) else { return };
        self.leads += 1;
        // In order of rollouts: the latest stays.
        let by_version: BTreeMap<&str, &Row> = rows.iter().map(|row| (row.version.as_str(), row)).collect();
        for row in by_version.values() {
            self.add(row, &row.role, converted);
            let segments: BTreeMap<String, serde_json::Value> =
                row.segments.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
            if let Some((_, business)) = self.windows.get_mut(&(row.version.clone(), row.role.clone())) {
                segments.iter().for_each(|(field, value)| business.segment(field, value, converted));
            }
        }
        let latest = rows.iter().map(|row| row.rollout).max().filter(|rollout| *rollout != 0);
        let of_latest = rows.iter().filter(|row| Some(row.rollout) == latest);
        let span = of_latest.clone().next().and_then(|row| rules.rollouts.iter().find(|span| span.id == row.rollout_name));
        let Some(span) = span else { return };
        let of = |version: &str| of_latest.clone().find(|row| row.version == version);
        if let (Some(champion), Some(challenger)) = (of(&span.champion), of(&span.challenger))
            && first.first_ms > span.trained_ms
        {
            self.add(champion, PAIRED, converted);
            self.add(challenger, PAIRED, converted);
            if span.is_tested(first.first_ms) && of_latest.clone().any(|row| row.has_arm) {
                self.add(champion, TESTED, converted);
                self.add(challenger, TESTED, converted);
            }
            let called = |row: &Row| row.probability >= rules.threshold;
            if let Some((_, business)) = self.windows.get_mut(&(challenger.version.clone(), PAIRED.to_owned())) {
                business.pairs.get_or_insert_default().add(called(champion), called(challenger), converted, 1);
            }
        }
    }

    fn add(&mut self, row: &Row, role: &str, converted: bool) {
        let empty = || (Window::new(&Layout::default()), Business::default());
        let (window, business) = self.windows.entry((row.version.clone(), role.to_owned())).or_insert_with(empty);
        window.at(self.start);
        window.counters.leads += 1;
        window.counters.scored += 1;
        window.scores.add(row.probability, Some(converted));
        if row.explores {
            window.explored.add(row.probability, Some(converted));
        }
        business.leads += 1;
        business.converted += u64::from(converted);
        business.lost += u64::from(row.lost_ms.is_some());
        if let (Some(value), Some(_)) = (row.deal_value, row.closed_ms) {
            business.deals += 1;
            business.deal_sum += value;
            business.deal_squares += value * value;
        }
        match (row.opened_ms, row.closed_ms.or(row.lost_ms)) {
            (Some(from), Some(to)) if to >= from => {
                business.cycles += 1;
                business.cycle_days += (to - from) as f64 / DAY_MS as f64;
            }
            (Some(_), None) => business.open_deals += 1,
            _ => {}
        }
    }

    /// Replaces the day's windows, and takes the mark away unless the day was marked again meanwhile.
    fn store(&mut self, sql: &mut dyn Sql, now: i64, rules: &Digest) -> Result<u64, SqlError> {
        let (mut changed, open) = (0, format!("open:{}", self.start));
        // Another instance may have begun anew meanwhile, and reads what this one has not.
        let by = meta::get(sql, &open)?.and_then(|text| text.split_once(' ')?.0.parse().ok());
        if by != Some(self.instance) {
            return Ok(0);
        }
        meta::remove(sql, &open)?;
        let of_day = "SELECT version, role FROM shard_windows WHERE grain = 'mature' AND start_ms = ?1";
        for row in sql.query(of_day, &[Param::Integer(self.start)])? {
            let (Some(version), Some(role)) = (cell::owned(&row, 0), cell::owned(&row, 1)) else { continue };
            // Pairs of a rollout that is not among the rules any more stay as they were.
            let is_known =
                role != PAIRED || rules.rollouts.iter().any(|span| span.challenger == version || span.champion == version);
            if is_known && !self.windows.contains_key(&(version.clone(), role.clone())) {
                let none = (Window::new(&Layout::default()), Business::default());
                self.windows.insert((version, role), none);
            }
        }
        for ((version, role), (window, business)) in &self.windows {
            let key = Key { grain: Grain::Mature, start_ms: self.start, version: version.clone(), role: role.clone() };
            let business = serde_json::to_string(business).ok();
            changed += window::replace(sql, &key, &window.write(), business.as_deref())?;
        }
        let day = format!("day:{}", self.start);
        sql.execute("DELETE FROM shard_meta WHERE key = ?1 AND value = ?2", &[Param::Text(&day), Param::Text(&self.mark)])?;
        let rest = (self.leads as i64).saturating_mul(REST_MS_PER_LEAD).clamp(REST_MS.0, REST_MS.1);
        let (first_ms, lead) = self.after;
        meta::set(sql, &format!("built:{}", self.start), &format!("{now} {rest} {} {lead}", first_ms.max(0)))?;
        Ok(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::Memory;

    #[test]
    fn outcomes_find_the_scores_of_their_leads_by_the_lead() {
        let mut shard = LogShard::open(Memory::sqlite()).unwrap();
        let plan = shard.sql().query(&format!("EXPLAIN QUERY PLAN {READ_LEADS}"), &[Param::Text("[1]")]).unwrap();
        let steps: Vec<&str> = plan.iter().filter_map(|row| cell::text(row, 3)).collect();
        assert!(steps[0].starts_with("SCAN wanted") && steps[1].contains("(lead=?"), "{steps:?}");
    }
}
