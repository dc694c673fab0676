//! What the shards counted, merged: state that is replaced and never added, so that lost, doubled and reordered messages change
//! nothing.

use std::collections::{BTreeMap, BTreeSet};

use plumbline_core::Bundle;
use plumbline_core::rollout::DAY_MS;
use plumbline_core::window::{Layout, Window};
use serde_json::Value;

use super::{Control, integer, text};
use crate::log::{Grain, ShardWindow};
use crate::store::{Param, Sql, SqlError, SqlValue};

/// Windows merged in one transaction.
const MERGED_AT_ONCE: i64 = 64;

/// Where the days are kept whose figures have to be worked out again.
const DAYS: &str = "days";

/// Days by their begin, milliseconds since 1970, with the versions and roles of each.
pub(super) type Days = BTreeMap<i64, BTreeSet<(String, String)>>;

/// A merged window and the sums that go with it.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Begin of the hour or day, milliseconds since 1970.
    pub start_ms: i64,
    /// The model's version.
    pub version: String,
    /// As what it answered.
    pub role: String,
    /// The counts.
    pub window: Window,
    /// Sums of business: numbers by name.
    pub business: Value,
    /// Shards that are in it.
    pub shards: u32,
}

/// The layouts by which windows of a version are counted, read from its bundle once.
#[derive(Debug, Default)]
pub(super) struct Layouts {
    layouts: BTreeMap<String, Layout>,
    /// The training data in these layouts; none without a baseline.
    pub references: BTreeMap<String, Option<Window>>,
    /// What else is known of the versions.
    pub known: BTreeMap<String, super::known::Known>,
}

impl<S: Sql> Control<S> {
    /// The layout of `version`: that of its bundle's reference; the empty one without a bundle.
    pub(super) fn layout(&mut self, version: &str) -> Result<Layout, SqlError> {
        if let Some(known) = self.layouts.layouts.get(version) {
            return Ok(known.clone());
        }
        let digest = self.model(version)?.map(|model| model.digest).unwrap_or_default();
        let bundle = self.bundle(&digest)?.and_then(|bytes| Bundle::read(&bytes).ok());
        let layout = bundle.and_then(|bundle| bundle.reference.as_ref().map(Layout::of)).unwrap_or_default();
        self.layouts.layouts.insert(version.to_owned(), layout.clone());
        Ok(layout)
    }

    /// Stores the windows that `shard` sends: each replaces an older one of the same name.
    ///
    /// # Errors
    /// The store failed; then nothing changed.
    pub fn receive(&mut self, shard: u32, windows: &[ShardWindow]) -> Result<(), SqlError> {
        let insert = "INSERT INTO windows_in (shard, grain, start_ms, version, role, rev, bytes, business)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT (grain, start_ms, version, role, shard) DO UPDATE SET
                rev = excluded.rev, bytes = excluded.bytes, business = excluded.business
            WHERE excluded.rev > windows_in.rev";
        let mark = "INSERT INTO windows (grain, start_ms, version, role, bytes, business, shards, dirty)
            VALUES (?1, ?2, ?3, ?4, ?5, '{}', 0, 1)
            ON CONFLICT (grain, start_ms, version, role) DO UPDATE SET dirty = 1";
        self.sql.transaction(&mut |sql| {
            for window in windows {
                let name = [
                    Param::Text(window.grain.name()),
                    Param::Integer(window.start_ms),
                    Param::Text(&window.version),
                    Param::Text(&window.role),
                ];
                let [grain, start, version, role] = name;
                let business = window.business.as_deref().unwrap_or("{}");
                let rest = [Param::Integer(window.rev), Param::Blob(&window.bytes), Param::Text(business)];
                let [rev, bytes, business] = rest;
                let given = [Param::Integer(shard.into()), grain, start, version, role, rev, bytes, business];
                if sql.execute(insert, &given)? > 0 {
                    sql.execute(mark, &[grain, start, version, role, Param::Blob(&[])])?;
                }
            }
            Ok(())
        })
    }

    /// The layouts of the versions that are loaded.
    ///
    /// # Errors
    /// The store failed.
    pub fn layouts(&mut self) -> Result<BTreeMap<String, Layout>, SqlError> {
        let Some(state) = self.state()? else { return Ok(BTreeMap::new()) };
        state.loaded().into_iter().map(|version| Ok((version.to_owned(), self.layout(version)?))).collect()
    }

    /// Merges what the shards sent since, and notes the days whose figures have to be worked out again, for the next
    /// tick.
    ///
    /// # Errors
    /// The store failed; what was merged before stays merged.
    pub(super) fn merge_windows(&mut self) -> Result<(), SqlError> {
        for grain in Grain::ALL {
            loop {
                let query =
                    "SELECT start_ms, version, role FROM windows WHERE dirty = 1 AND grain = ?1 ORDER BY start_ms LIMIT ?2";
                let dirty = self.sql.query(query, &[Param::Text(grain.name()), Param::Integer(MERGED_AT_ONCE)])?;
                if dirty.is_empty() {
                    break;
                }
                let windows: Vec<_> = dirty.iter().map(|row| (integer(row, 0), text(row, 1), text(row, 2))).collect();
                let mut days = self.days_to_write()?;
                for (start_ms, version, role) in &windows {
                    // What sales says belongs to the days of a version, as whatever it answered.
                    let roles = if grain == Grain::Voice { &["champion", "challenger"][..] } else { &[role.as_str()] };
                    let day_ms = start_ms.div_euclid(DAY_MS) * DAY_MS;
                    let of_day = days.entry(day_ms).or_default();
                    of_day.extend(roles.iter().map(|role| (version.clone(), (*role).to_owned())));
                }
                self.set_days_to_write(&days)?;
                for (start_ms, version, role) in &windows {
                    self.merge_one(grain, *start_ms, version, role)?;
                }
            }
        }
        Ok(())
    }

    /// The days whose figures have to be worked out again.
    pub(super) fn days_to_write(&mut self) -> Result<Days, SqlError> {
        Ok(self.kept(DAYS)?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    /// Keeps `days` as those whose figures have to be worked out again.
    pub(super) fn set_days_to_write(&mut self, days: &Days) -> Result<(), SqlError> {
        self.set_kept(DAYS, &serde_json::to_string(days).unwrap_or_default())
    }

    fn merge_one(&mut self, grain: Grain, start_ms: i64, version: &str, role: &str) -> Result<(), SqlError> {
        let layout = self.layout_of(grain, version)?;
        let (version, role, start) = (Param::Text(version), Param::Text(role), Param::Integer(start_ms));
        let sent = "SELECT bytes, business FROM windows_in WHERE grain = ?1 AND version = ?2 AND role = ?3 AND start_ms = ?4";
        let parts = self.sql.query(sent, &[Param::Text(grain.name()), version, role, start])?;
        let (mut merged, mut business) = (Window::new(&layout), Value::Null);
        for part in &parts {
            let Some(SqlValue::Blob(bytes)) = part.first() else { continue };
            if let Some(window) = read(bytes, &layout) {
                // It was read by this layout.
                let _ = merged.merge(&window);
            }
            add(&mut business, &serde_json::from_str(&text(part, 1)).unwrap_or(Value::Null));
        }
        let (bytes, business, shards) = (merged.write(), business.to_string(), parts.len() as i64);
        let write = "UPDATE windows SET bytes = ?1, business = ?2, shards = ?3, dirty = 0
            WHERE grain = ?4 AND start_ms = ?5 AND version = ?6 AND role = ?7";
        let given = [
            Param::Blob(&bytes),
            Param::Text(&business),
            Param::Integer(shards),
            Param::Text(grain.name()),
            start,
            version,
            role,
        ];
        self.sql.execute(write, &given).map(drop)
    }

    /// The layout by which windows of `grain` of `version` are counted. Outcomes have no features.
    fn layout_of(&mut self, grain: Grain, version: &str) -> Result<Layout, SqlError> {
        match grain {
            Grain::Hour | Grain::Day => self.layout(version),
            Grain::Mature | Grain::Voice => Ok(Layout::default()),
        }
    }

    /// The merged windows of `grain` that begin in `[from_ms, until_ms)`, by time.
    ///
    /// # Errors
    /// The store failed.
    pub(super) fn windows(&mut self, grain: Grain, from_ms: i64, until_ms: i64) -> Result<Vec<Figures>, SqlError> {
        let query = "SELECT start_ms, version, role, bytes, business, shards FROM windows
            WHERE grain = ?1 AND start_ms >= ?2 AND start_ms < ?3 AND dirty = 0 ORDER BY start_ms, version, role";
        let given = [Param::Text(grain.name()), Param::Integer(from_ms), Param::Integer(until_ms)];
        let rows = self.sql.query(query, &given)?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            let version = text(row, 1);
            let layout = self.layout_of(grain, &version)?;
            let Some(SqlValue::Blob(bytes)) = row.get(3) else { continue };
            let Some(window) = read(bytes, &layout) else { continue };
            let business = serde_json::from_str(&text(row, 4)).unwrap_or(Value::Null);
            let shards = u32::try_from(integer(row, 5)).unwrap_or_default();
            found.push(Figures { start_ms: integer(row, 0), version, role: text(row, 2), window, business, shards });
        }
        Ok(found)
    }
}

/// The window in `bytes`, of `layout`; of a shard that did not know the layout yet, all but the features.
fn read(bytes: &[u8], layout: &Layout) -> Option<Window> {
    if let Ok(window) = Window::read(bytes, layout) {
        return Some(window);
    }
    let bare = Window::read(bytes, &Layout::default()).ok()?;
    let mut window = Window::new(layout);
    window.counters = bare.counters;
    window.latency = bare.latency.clone();
    window.scores = bare.scores.clone();
    window.explored = bare.explored.clone();
    if let Some((first, last)) = bare.span_ms() {
        window.at(first);
        window.at(last);
    }
    Some(window)
}

/// Adds the numbers of `more` to those of `sums` with the same name or place.
pub(super) fn add(sums: &mut Value, more: &Value) {
    match (&mut *sums, more) {
        (Value::Null, _) => *sums = more.clone(),
        (Value::Object(sums), Value::Object(more)) => {
            for (name, value) in more {
                add(sums.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(sums), Value::Array(more)) => {
            for (sum, value) in sums.iter_mut().zip(more) {
                add(sum, value);
            }
            let known = sums.len();
            sums.extend(more.iter().skip(known).cloned());
        }
        (Value::Number(a), Value::Number(b)) => {
            *sums = match (a.as_i64(), b.as_i64()) {
                (Some(a), Some(b)) => a.saturating_add(b).into(),
                _ => (a.as_f64().unwrap_or(0.0) + b.as_f64().unwrap_or(0.0)).into(),
            };
        }
        _ => {}
    }
}
