//! Score changes on their way to a CRM: by which rules shards record them, leads that are scored again, and messages to webhooks.

use std::collections::BTreeMap;

use plumbline_core::event::ScoreChanges;
use plumbline_core::report::time_text;
use plumbline_core::rollout::ledger::Kind;
use plumbline_core::rollout::{DAY_MS, End, Stage, State};
use plumbline_core::sentence::Sentence;
use plumbline_core::table::parse_date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ask::{Ask, unreadable};
use super::outbox::Recorded;
use super::rollout::append;
use super::route::ok;
use super::{Control, Fault, outbox};
use crate::log::{ChangePage, Rescored, Rescoring, WritebackRules};
use crate::problem::Problem;
use crate::request::Response;
use crate::store::{Sql, SqlError};

/// Changes of one message to a webhook.
const OF_MESSAGE: usize = 100;
/// Changes that a shard is asked for at once, for webhooks.
const AT_ONCE: usize = 500;
/// While so many messages wait for a webhook, no more are written for it: the changes wait in their shards.
const MOST_WAITING: u64 = 20;
/// Where what is kept lies.
const BEGUN: &str = "rescoring";
const SERVES: &str = "rescoring serves";
const TRIED: &str = "rescoring tried";
pub(super) const POSTED: &str = "changes posted";

/// A rescoring that began.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Begun {
    id: String,
    version: String,
    by: String,
    at_ms: i64,
    open_from_ms: i64,
    /// Only leads whose last reported score is of this version; empty: all.
    #[serde(default)]
    reported_by: String,
    /// Or of one of these, whose rescoring this one replaces.
    #[serde(default)]
    also: Vec<String>,
    /// The last rescoring of all leads by the same version: this one, where it is of all.
    #[serde(default)]
    whole: String,
}

impl Begun {
    /// The last rescoring of all leads by this version. Earlier releases kept none.
    fn whole(&self) -> &str {
        if self.reported_by.is_empty() { &self.id } else { &self.whole }
    }

    /// This one, of the leads that show a score of a challenger in `tried`. It replaces `last`, which shards may not have finished: its challengers
    /// are taken over, and a shard that has not finished the last one of all leads looks at all. A `last` by another version leaves nothing to
    /// do, for where another version begins to serve all leads, all are scored again.
    fn of(self, mut tried: Vec<String>, last: Option<Begun>) -> Begun {
        let last = last.filter(|last| last.version == self.version);
        let whole = last.as_ref().map(|last| last.whole().to_owned()).unwrap_or_default();
        let before = last.into_iter().flat_map(|last| std::iter::once(last.reported_by).chain(last.also));
        tried.extend(before);
        let mut also: Vec<String> = Vec::new();
        for version in tried.into_iter().filter(|version| !version.is_empty()) {
            if !also.contains(&version) {
                also.push(version);
            }
        }
        let reported_by = if also.is_empty() { String::new() } else { also.remove(0) };
        Begun { reported_by, also, whole, ..self }
    }
}

/// The version that serves all leads; none while two do.
fn serves_all(state: &State) -> Option<&str> {
    let Some(rollout) = &state.rollout else { return Some(&state.champion) };
    match rollout.stage {
        _ if rollout.suspended.is_some() => Some(&state.champion),
        Stage::Canary | Stage::AbTest => None,
        Stage::Full => Some(&rollout.challenger),
        Stage::Idle | Stage::Shadow => Some(&state.champion),
    }
}

/// The challengers in what is kept under [`TRIED`]: a list, or of an earlier release one name.
fn tried(kept: &str) -> Vec<String> {
    serde_json::from_str(kept).unwrap_or_else(|_| if kept.is_empty() { Vec::new() } else { vec![kept.to_owned()] })
}

/// Whether `version` no longer serves because its rollout is suspended, or ended in another way than by becoming champion.
fn is_ended(state: &State, version: &str) -> bool {
    let is_suspended = state.rollout.as_ref().is_some_and(|rollout| rollout.challenger == version && rollout.suspended.is_some());
    let end = state.past.get(version).and_then(|past| past.end);
    is_suspended || end.is_some_and(|end| end != End::Completed)
}

impl<S: Sql> Control<S> {
    /// By which rules shards record score changes; none where the settings want none. While two versions serve, leads that are being scored
    /// again rest.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) fn writeback_rules(&mut self) -> Result<Option<WritebackRules>, SqlError> {
        if !self.policy.writeback.enabled {
            return Ok(None);
        }
        let shards = f64::from(self.shards()?.max(1));
        let serves = self.state()?.and_then(|state| serves_all(&state).map(str::to_owned));
        let begun = self.begun()?.filter(|begun| Some(&begun.version) == serves.as_ref());
        let writeback = &self.policy.writeback;
        let rescoring = begun.map(|begun| Rescoring {
            whole: begun.whole().to_owned(),
            id: begun.id,
            version: begun.version,
            per_second: f64::from(writeback.rescore_per_second) / shards,
            open_from_ms: begun.open_from_ms,
            reported_by: begun.reported_by,
            also: begun.also,
        });
        Ok(Some(WritebackRules { min_change: writeback.min_change, rescoring }))
    }

    fn begun(&mut self) -> Result<Option<Begun>, SqlError> {
        Ok(self.kept(BEGUN)?.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Begins to score open leads again where another version serves all leads than before: a promotion, or its rollback. Where the champion
    /// serves all leads again after a canary or an A/B test, leads whose reported score is the challenger's are scored again by the champion.
    pub(super) fn follow_serving(&mut self, now_ms: i64) -> Result<(), SqlError> {
        if !self.policy.writeback.enabled {
            return Ok(());
        }
        let Some(state) = self.state()? else { return Ok(()) };
        let (before, mut tried) = (self.kept(SERVES)?, tried(&self.kept(TRIED)?.unwrap_or_default()));
        let Some(serves) = serves_all(&state) else {
            if before.is_none() {
                // Changes are recorded since the test is under way.
                self.set_kept(SERVES, &state.champion)?;
            }
            let challenger = state.rollout.as_ref().map(|rollout| rollout.challenger.clone()).unwrap_or_default();
            if tried.contains(&challenger) {
                return Ok(());
            }
            // One whose test began and ended between two ticks is not forgotten; the newest is the first.
            tried.insert(0, challenger);
            return self.set_kept(TRIED, &serde_json::to_string(&tried).unwrap_or_default());
        };
        let is_other = before.as_deref() != Some(serves);
        if !is_other && tried.is_empty() {
            return Ok(());
        }
        let begun = match before.as_deref() {
            None => None,
            Some(before) if is_other => {
                let by = if is_ended(&state, before) { "rollback" } else { "promotion" };
                Some(self.rescoring(now_ms, serves, by))
            }
            Some(_) => Some(self.rescoring(now_ms, serves, "rollback").of(tried.clone(), self.begun()?)),
        };
        if let Some(begun) = begun.filter(|_| self.policy.writeback.rescore) {
            self.set_kept(BEGUN, &serde_json::to_string(&begun).unwrap_or_default())?;
        }
        if !tried.is_empty() {
            self.set_kept(TRIED, "")?;
        }
        self.set_kept(SERVES, serves)
    }

    /// A rescoring that begins now.
    fn rescoring(&self, now_ms: i64, version: &str, by: &str) -> Begun {
        let open_from_ms = now_ms - i64::from(self.policy.writeback.open_days) * DAY_MS;
        let (id, version) = (format!("{version}-{now_ms}"), version.to_owned());
        Begun { id, version, by: by.to_owned(), at_ms: now_ms, open_from_ms, ..Begun::default() }
    }

    /// Begins to score open leads again, for a person, which the ledger notes.
    ///
    /// # Errors
    /// Changes are not recorded, or two versions serve (409).
    pub(super) fn rescore(&mut self, now_ms: i64, by: &str) -> Result<Response, Fault> {
        self.records_changes()?;
        let state = self.running()?;
        let both = || {
            let detail = "two versions serve leads, each its own: leads are scored again once one of them serves all";
            Problem::new(409, "RESCORE_IN_TEST", detail)
        };
        let version = serves_all(&state).ok_or_else(both)?.to_owned();
        let begun = self.rescoring(now_ms, &version, by);
        let text = format!("{by} had open leads scored again by version {version}.");
        let sentence = Sentence::new("LEADS_RESCORED", text).with("version", version.as_str());
        let rollout = state.rollout.as_ref().map(|rollout| rollout.id.clone()).unwrap_or_default();
        let body = json!({ "actor": { "name": by }, "rescoring": begun.id, "version": version, "sentence": sentence });
        let kept = serde_json::to_string(&begun).unwrap_or_default();
        self.sql.transaction(&mut |sql| {
            super::set_kept(sql, BEGUN, &kept)?;
            append(sql, now_ms, Kind::Rescore, &rollout, &body).map(drop)
        })?;
        Ok(ok(&json!({ "id": begun.id, "version": begun.version, "by": begun.by, "began_at": time_text(begun.at_ms) })))
    }

    /// Rejects what needs recorded changes where there are none.
    pub(super) fn records_changes(&self) -> Result<(), Problem> {
        let detail = "score changes are not recorded: set writeback.enabled = true in plumbline.toml and start the service again";
        if self.policy.writeback.enabled { Ok(()) } else { Err(Problem::new(409, "WRITEBACK_OFF", detail)) }
    }

    /// How far leads are scored again, by what every shard says.
    pub(super) fn shown_rescoring(&mut self, parts: Vec<Value>) -> Result<Response, Fault> {
        let Some(begun) = self.begun()? else { return Ok(ok(&json!({ "state": "none" }))) };
        let parts = parts.into_iter().map(serde_json::from_value::<Rescored>).collect::<Result<Vec<_>, _>>();
        let parts = parts.map_err(unreadable)?;
        let (mut sum, shards) = (Rescored::of_none(), parts.len().max(1) as f64);
        for part in parts {
            // A shard that has not begun says nothing of this rescoring.
            let part = if part.id == begun.id { part } else { Rescored::default() };
            sum.merge(&part);
        }
        let serves = self.state()?.and_then(|state| serves_all(&state).map(str::to_owned));
        let state = match serves {
            _ if sum.done => "done",
            Some(version) if version == begun.version => "running",
            _ => "waiting",
        };
        Ok(ok(&json!({
            "id": begun.id, "version": begun.version, "by": begun.by, "began_at": time_text(begun.at_ms), "state": state,
            "reported_by": (!begun.reported_by.is_empty()).then_some(begun.reported_by),
            "share": (sum.share / shards * 1_000.0).round() / 1_000.0, "leads": sum.leads, "rescored": sum.rescored, "changed": sum.changed, "closed": sum.closed,
            "without_fields": sum.without_fields, "outdated": sum.outdated, "rejected": sum.rejected, "hidden": sum.hidden,
            "per_second": self.policy.writeback.rescore_per_second,
        })))
    }

    /// At most `limit` changes that follow a cursor, the oldest first, by what every shard says.
    pub(super) fn shown_changes(&mut self, after: &[i64], limit: usize, parts: Vec<Value>) -> Result<Response, Fault> {
        let pages = pages(parts)?;
        let expired = pages.iter().any(|page| page.expired);
        // From the beginning is from what is kept. A cursor of zeros is one of a time without changes.
        if expired && after.iter().any(|number| *number > 0) {
            let detail = "changes after this cursor were deleted, 90 days after they were recorded: run plumbline rescore, and go on without after";
            return Err(Problem::new(409, "CHANGES_EXPIRED", detail).into());
        }
        let mut shards = Vec::new();
        for page in pages {
            shards.push((page.numbers.into_iter().zip(page.changes).peekable(), page.from, page.last, page.more));
        }
        let mut changes = Vec::new();
        while changes.len() < limit {
            // Within a shard changes stay in its order.
            let heads = shards.iter_mut().enumerate().filter_map(|(at, shard)| Some((parse_date(&shard.0.peek()?.1.at), at)));
            let Some((list, reached, ..)) = heads.min().and_then(|(_, at)| shards.get_mut(at)) else { break };
            if let Some((number, change)) = list.next() {
                *reached = number;
                changes.push(change);
            }
        }
        let mut more = false;
        let reached = shards.iter_mut().map(|(list, reached, last, follow)| {
            let is_whole = list.peek().is_none();
            more |= *follow || !is_whole;
            if is_whole { last.to_string() } else { reached.to_string() }
        });
        let cursor = reached.collect::<Vec<_>>().join(".");
        Ok(ok(&ScoreChanges { format: 1, changes, cursor, more, expired }))
    }

    /// What the shards are to be asked for changes that webhooks have not been sent. A webhook for which many messages wait is left out, and
    /// those that have come equally far are asked for together.
    ///
    /// # Errors
    /// The store failed.
    pub fn due_changes(&mut self) -> Result<Vec<Ask>, SqlError> {
        if !self.policy.writeback.enabled {
            return Ok(Vec::new());
        }
        let (waiting, mut posted) = (self.waiting_changes()?, self.posted()?);
        let mut due: BTreeMap<Vec<i64>, Vec<String>> = BTreeMap::new();
        for hook in &self.policy.writeback.webhooks {
            if waiting.get(&outbox::ordering(&hook.secret)).is_none_or(|count| *count < MOST_WAITING) {
                due.entry(posted.remove(&hook.secret).unwrap_or_default()).or_default().push(hook.secret.clone());
            }
        }
        Ok(due.into_iter().map(|(after, to)| Ask::Changes { after, limit: AT_ONCE, to }).collect())
    }

    /// How far each webhook, by the name of its secret, has come in each shard.
    fn posted(&mut self) -> Result<BTreeMap<String, Vec<i64>>, SqlError> {
        Ok(self.kept(POSTED)?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    /// Writes what every shard says as messages to the webhooks `to`, in one transaction with how far they have come.
    pub(super) fn post_changes(
        &mut self,
        now_ms: i64,
        to: &[String],
        after: &[i64],
        parts: Vec<Value>,
    ) -> Result<Response, Fault> {
        let pages = pages(parts)?;
        let mut posted = self.posted()?;
        // Another turn may have been here meanwhile.
        let to: Vec<&String> = to.iter().filter(|name| posted.get(*name).map_or(&[][..], Vec::as_slice) == after).collect();
        let mut reached = after.to_vec();
        reached.resize(pages.len().max(after.len()), 0);
        let (mut messages, mut count) = (Vec::new(), 0);
        for (shard, page) in (0u32..).zip(pages) {
            count += page.changes.len();
            let numbers = page.numbers.chunks(OF_MESSAGE);
            for (part, (changes, numbers)) in page.changes.chunks(OF_MESSAGE).zip(numbers).enumerate() {
                let [from, to] = [numbers.first(), numbers.last()].map(|number| number.copied().unwrap_or_default());
                let body = outbox::waiting(changes.to_vec(), Recorded { shard, from, to });
                messages.push((format!("scores-{shard}-{}-{part}", page.last), body));
            }
            if let Some(own) = reached.get_mut(shard as usize) {
                *own = page.last.max(*own);
            }
        }
        if to.is_empty() || reached == after {
            return Ok(ok(&json!({ "changes": 0 })));
        }
        posted.extend(to.iter().map(|name| ((*name).clone(), reached.clone())));
        let cursors = serde_json::to_string(&posted).unwrap_or_default();
        self.sql.transaction(&mut |sql| {
            for (id, body) in &messages {
                to.iter().try_for_each(|name| outbox::post_changes(sql, name, id, body, now_ms))?;
            }
            super::set_kept(sql, POSTED, &cursors)
        })?;
        Ok(ok(&json!({ "changes": count })))
    }
}

fn pages(parts: Vec<Value>) -> Result<Vec<ChangePage>, SqlError> {
    parts.into_iter().map(serde_json::from_value::<ChangePage>).collect::<Result<Vec<_>, _>>().map_err(unreadable)
}

/// The cursor of changes: of each shard a number, with dots between.
///
/// # Errors
/// Anything else (400).
pub(super) fn cursor(text: &str) -> Result<Vec<i64>, Problem> {
    let wrong = || Problem::new(400, "CURSOR_MALFORMED", format!("after must be the cursor of an earlier answer, not {text:?}"));
    let number = |part: &str| part.parse().ok().filter(|number| *number >= 0).ok_or_else(wrong);
    text.split('.').filter(|_| !text.is_empty()).map(number).collect()
}
