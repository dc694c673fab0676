//! The digest of a shard: what its batches and events come to, in slices that each are one transaction.
//!
//! ```text
//! batches ─ traffic (hours, days, minutes) ─ scores (a row a lead, version and rollout) ─ marked when mature ─ outcome days
//! ```
//! Each step keeps its place in the store and moves it in the transaction of its work, so a step that broke off is done again and changes
//! nothing twice. Outcome days are worked out from rows, and replace what was there; outcomes that come later move them (`moves`).

mod answered;
mod business;
mod fields;
mod layouts;
mod mature;
mod moves;
mod outcome;
mod round;
mod scores;
mod traffic;
mod voice;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use plumbline_core::window::Layout;
use serde::{Deserialize, Serialize};

pub use answered::Answered;
pub use business::Business;
pub use fields::LeadFields;
pub use outcome::{BACKFILL, PAIRED, TESTED};
pub use traffic::Minute;
pub use voice::Voice;

use super::{LogShard, WritebackRules, cell, meta, writeback};
use crate::store::{Sql, SqlError};

pub(super) use fields::INSERT as INSERT_FIELDS;
pub(super) use mature::touch_day;
pub(super) use moves::note as note_moves;
pub(super) use outcome::OpenDay;
pub(super) use plumbline_core::rollout::DAY_MS;
pub(super) use round::Round;
pub(super) use scores::{INSERT as INSERT_SCORES, Names, TOGETHER_MS};
pub(super) use traffic::stretch;
pub(super) use voice::touch as touch_voice;

/// Milliseconds of an hour.
pub(super) const HOUR_MS: i64 = 3_600_000;

/// By which rules a shard works out its windows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Digest {
    /// The age at which a lead's outcome counts, in milliseconds.
    pub mature_ms: i64,
    /// The probability from which a lead is called.
    pub threshold: f64,
    /// The rollouts of late, the oldest first; the last may be under way.
    pub rollouts: Vec<RolloutSpan>,
    /// How the features of each version are counted. A shard keeps those it was given once; a version it knows none of is counted without
    /// features.
    #[serde(with = "layouts")]
    pub layouts: BTreeMap<String, Layout>,
    /// Leads of one transaction.
    pub slice: usize,
    /// Rows that are sorted together.
    pub round: usize,
    /// How score changes are recorded; none: they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writeback: Option<WritebackRules>,
}

/// The versions of a rollout, and the epochs it spans.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolloutSpan {
    /// The rollout.
    pub id: String,
    /// The version on trial.
    pub challenger: String,
    /// The version it is compared with.
    pub champion: String,
    /// Its first epoch.
    pub from_epoch: i64,
    /// The first epoch after it; none while it is under way.
    pub to_epoch: Option<i64>,
    /// The end of the challenger's training window: a lead first scored before is no lead of the rollout.
    #[serde(default)]
    pub trained_ms: i64,
    /// Since when new leads are leads of the A/B test; none before it.
    #[serde(default)]
    pub test_from_ms: Option<i64>,
    /// Stretches in which new leads are not leads of the test: from the first moment to before the second.
    #[serde(default)]
    pub test_pauses: Vec<(i64, i64)>,
}

impl RolloutSpan {
    /// Whether a lead first scored at `first_ms` is a lead of the test.
    pub fn is_tested(&self, first_ms: i64) -> bool {
        let paused = self.test_pauses.iter().any(|(from, to)| (*from..*to).contains(&first_ms));
        !paused && self.test_from_ms.is_some_and(|from| from <= first_ms)
    }
}

impl Default for Digest {
    fn default() -> Digest {
        Digest {
            mature_ms: 7 * DAY_MS,
            threshold: 0.5,
            rollouts: Vec::new(),
            layouts: BTreeMap::new(),
            slice: 200,
            round: 20_000,
            writeback: None,
        }
    }
}

impl Digest {
    /// The layout of a version.
    fn layout(&self, version: &str) -> Layout {
        self.layouts.get(version).cloned().unwrap_or_default()
    }

    /// The rollout a row of `epoch` belongs to; empty outside one.
    fn rollout(&self, epoch: Option<i64>) -> &str {
        let of = |epoch: i64| {
            let spans = self.rollouts.iter().rev();
            spans.clone().find(|span| span.from_epoch <= epoch && span.to_epoch.is_none_or(|to| epoch < to))
        };
        epoch.and_then(of).map_or("", |span| span.id.as_str())
    }
}

/// How far a digest came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Rows of batches counted in traffic windows.
    pub rows: u64,
    /// Scores of leads stored.
    pub scores: u64,
    /// Scores marked as matured.
    pub matured: u64,
    /// Windows that changed.
    pub windows: u64,
    /// Whether there is more to do now: call again, after giving the thread back.
    pub more: bool,
}

impl Progress {
    fn and(self, other: Progress) -> Progress {
        Progress {
            rows: self.rows + other.rows,
            scores: self.scores + other.scores,
            matured: self.matured + other.matured,
            windows: self.windows + other.windows,
            more: self.more || other.more,
        }
    }
}

impl<S: Sql> LogShard<S> {
    /// Does the next piece of work, of one or two transactions. While [`Progress::more`] is set, call it again on the same `LogShard`: what
    /// it has read and sorted is kept in it.
    ///
    /// # Errors
    /// [`SqlError`]; the piece that failed is undone, and done again by the next call.
    pub fn digest(&mut self, now: i64, rules: &Digest) -> Result<Progress, SqlError> {
        let done = self.piece(now, rules);
        self.forget_where_failed(done)
    }

    /// Digests until nothing is left to do at `now`.
    ///
    /// # Errors
    /// As [`LogShard::digest`].
    pub fn digest_all(&mut self, now: i64, rules: &Digest) -> Result<Progress, SqlError> {
        let mut all = Progress::default();
        loop {
            let one = self.digest(now, rules)?;
            all = Progress { more: false, ..all.and(one) };
            if !one.more {
                return Ok(all);
            }
        }
    }

    /// Counts the next batches in traffic windows, in one transaction: cheap, so a host never puts it off.
    ///
    /// # Errors
    /// [`SqlError`]; then nothing of it was counted, and the next call does it again.
    pub fn digest_traffic(&mut self, now: i64, rules: &Digest) -> Result<Progress, SqlError> {
        let rules = self.take_over(now, rules)?;
        self.count_traffic(&rules)
    }

    /// [`digest`](Self::digest) without its traffic: what may be done later, a slice a call, where rows come faster than they can be stored.
    ///
    /// # Errors
    /// As [`LogShard::digest`].
    pub fn digest_leads(&mut self, now: i64, rules: &Digest) -> Result<Progress, SqlError> {
        let done = self.take_over(now, rules).and_then(|rules| self.steps(now, &rules, Progress::default()));
        self.forget_where_failed(done)
    }

    fn forget_where_failed(&mut self, done: Result<Progress, SqlError>) -> Result<Progress, SqlError> {
        if done.is_err() {
            self.round = Round::default();
            self.day = None;
        }
        done
    }

    fn piece(&mut self, now: i64, rules: &Digest) -> Result<Progress, SqlError> {
        let rules = self.take_over(now, rules)?;
        let done = self.count_traffic(&rules)?;
        self.steps(now, &rules, done)
    }

    fn steps(&mut self, now: i64, rules: &Digest, mut done: Progress) -> Result<Progress, SqlError> {
        let steps: [Step<S>; 7] = [
            // Cheap, and must not wait where rows come faster than they can be stored.
            LogShard::move_outcomes,
            LogShard::store_scores,
            LogShard::store_fields,
            LogShard::mark_matured,
            LogShard::count_outcomes,
            LogShard::count_voices,
            LogShard::note_changes,
        ];
        for step in steps {
            let one = step(self, now, rules)?;
            done = done.and(one);
            if one.more {
                break;
            }
        }
        Ok(done)
    }

    /// The rules that the shard took over last, so that it can go on by itself; none before its first digest.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn rules(&mut self) -> Result<Option<Digest>, SqlError> {
        Ok(meta::get(&mut self.sql, "rules")?.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Takes over the rules: those by which to work, with the layouts known from earlier ones. Another age of maturity moves every lead to
    /// another outcome day; another threshold or test changes the days there are.
    fn take_over(&mut self, now: i64, given: &Digest) -> Result<Arc<Digest>, SqlError> {
        if let Some((known, used)) = &self.rules
            && known == given
        {
            return Ok(Arc::clone(used));
        }
        let known = self.rules()?;
        let mut used = given.clone();
        // Only hours that are kept go on being counted: older versions' layouts are not needed.
        let query = "SELECT DISTINCT version FROM shard_windows WHERE grain = 'hour'";
        let counted = self.sql.query(query, &[])?;
        let counted: BTreeSet<&str> = counted.iter().filter_map(|row| cell::text(row, 0)).collect();
        for (version, layout) in known.iter().flat_map(|known| &known.layouts) {
            if counted.contains(version.as_str()) && !used.layouts.contains_key(version) {
                used.layouts.insert(version.clone(), layout.clone());
            }
        }
        if known.as_ref() != Some(&used) {
            self.day = None;
            let text = serde_json::to_string(&used).unwrap_or_default();
            self.sql.transaction(&mut |sql| {
                meta::set(sql, "rules", &text)?;
                meta::set(sql, "mature_ms", &used.mature_ms.to_string())?;
                let Some(known) = &known else { return Ok(()) };
                if known.writeback.is_none() && used.writeback.is_some() {
                    writeback::begin(sql)?;
                }
                // A rollout that begins or ends changes no day: its own scores mark theirs.
                let same = |span: &RolloutSpan| {
                    let was = known.rollouts.iter().find(|was| was.id == span.id);
                    was.is_none_or(|was| RolloutSpan { to_epoch: span.to_epoch, ..was.clone() } == *span)
                };
                if known.mature_ms != used.mature_ms {
                    mature::start_again(sql)
                } else if known.threshold != used.threshold || !used.rollouts.iter().all(same) {
                    mature::touch_open_days(sql, now)
                } else {
                    Ok(())
                }
            })?;
        }
        let used = Arc::new(used);
        self.rules = Some((given.clone(), Arc::clone(&used)));
        Ok(used)
    }
}

/// A part of the digest.
type Step<S> = fn(&mut LogShard<S>, i64, &Digest) -> Result<Progress, SqlError>;

/// The start of the UTC day of `ms`.
pub(super) fn day_of(ms: i64) -> i64 {
    ms.div_euclid(DAY_MS) * DAY_MS
}
