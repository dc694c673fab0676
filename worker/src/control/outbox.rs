//! Messages on their way: written in the transaction of what they report, leased to the host that sends them, and settled by what the
//! receiver answered.

use std::collections::{BTreeMap, BTreeSet};

use plumbline_core::alert::{Answered, LEASE_MS, Message, Settled, Topic, of_anchor, settle, slack};
use plumbline_core::event::{ScoreChange, ScoreChanges};
use plumbline_core::rollout::Policy;
use plumbline_core::rollout::ledger::Anchor;
use plumbline_core::table::parse_date;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Control, integer, text};
use crate::model::digest;
use crate::notice::{HEARTBEAT, Outgoing, check_url, signed, signed_data};
use crate::store::{Param, Sql, SqlError};

/// Messages leased at once, each for another receiver.
const AT_ONCE: i64 = 8;
/// The external heartbeat is sent this often, in milliseconds.
const BEAT_MS: i64 = 60_000;
/// Messages that arrived or were given up are kept for so long, in milliseconds.
const KEPT_MS: i64 = 30 * 86_400_000;
/// An answer that is noted is cut to so many characters.
const ANSWER: usize = 200;

/// A message that could not be delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Undelivered {
    /// Its id.
    pub id: String,
    /// Where it was to go.
    pub target: String,
    /// When it was written, milliseconds since 1970.
    pub created_ms: i64,
    /// How often it was sent.
    pub tries: u32,
    /// `waiting` or `dead`.
    pub state: String,
    /// What the receiver answered last.
    pub answer: String,
}

/// Where the changes of a message are recorded: in a shard, from one number to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Recorded {
    pub shard: u32,
    pub from: i64,
    pub to: i64,
}

/// A message of score changes that waits: its changes, and where they are recorded. Without the latter it was written by an earlier release.
#[derive(Debug, Serialize, Deserialize)]
struct Waiting {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recorded: Option<Recorded>,
    #[serde(flatten)]
    changes: ScoreChanges,
}

/// The body of a message of `changes` that waits.
pub(super) fn waiting(changes: Vec<ScoreChange>, recorded: Recorded) -> String {
    let changes = ScoreChanges { format: 1, changes, ..ScoreChanges::default() };
    serde_json::to_string(&Waiting { recorded: Some(recorded), changes }).unwrap_or_default()
}

/// Where the changes of a message with this body are recorded; none of another message, or one of an earlier release.
pub(super) fn recorded(body: &str) -> Option<Recorded> {
    #[derive(Deserialize)]
    struct Only {
        recorded: Recorded,
    }
    serde_json::from_str::<Only>(body).ok().map(|only| only.recorded)
}

/// Writes `message` for every channel that hears of its topic, in order after the earlier ones about `subject`; part of the caller's
/// transaction. A message that is written already stays as it is.
pub(super) fn post(sql: &mut dyn Sql, policy: &Policy, message: &Message, subject: &str, now_ms: i64) -> Result<(), SqlError> {
    let body = serde_json::to_string(message).unwrap_or_default();
    for Channel { name, target } in channels(policy, message.topic) {
        let (id, ordering) = (format!("{}/{name}", message.id), format!("{name} {subject}"));
        let given = [Param::Text(&id), Param::Text(&target), Param::Text(&ordering), Param::Text(&body), Param::Integer(now_ms)];
        sql.execute(INSERT, &given)?;
    }
    Ok(())
}

/// Writes score changes, a body of [`waiting`], for the webhook with this secret, in order after the earlier ones; part of the caller's
/// transaction. A webhook is known by the name of its secret, so that its messages go to the address that it has when they are sent.
pub(super) fn post_changes(sql: &mut dyn Sql, secret: &str, id: &str, body: &str, now_ms: i64) -> Result<(), SqlError> {
    let (id, target, ordering) = (format!("{id}/{secret}"), target_of(secret), ordering(secret));
    let given = [Param::Text(&id), Param::Text(&target), Param::Text(&ordering), Param::Text(body), Param::Integer(now_ms)];
    sql.execute(INSERT, &given).map(drop)
}

/// In what order messages with score changes lie: one after the other for each webhook.
pub(super) fn ordering(secret: &str) -> String {
    format!("scores {secret}")
}

const INSERT: &str = "INSERT INTO outbox (id, target, ordering, body, created_ms, due_ms, lease_ms, tries, state, place)
    VALUES (?1, ?2, ?3, ?4, ?5, ?5, 0, 0, 'waiting', (SELECT coalesce(max(place), 0) + 1 FROM outbox))
    ON CONFLICT (id) DO NOTHING";

/// Takes a lead out of the score changes that wait, and what was sent of any; part of the caller's transaction. A message with no other
/// change is not sent.
pub(super) fn erase(sql: &mut dyn Sql, lead_id: &str) -> Result<(), SqlError> {
    let sent = "UPDATE outbox SET body = '' WHERE state = 'done' AND ordering LIKE 'scores %' AND body <> ''";
    sql.execute(sent, &[])?;
    for row in sql.query("SELECT id, body FROM outbox WHERE state = 'waiting' AND ordering LIKE 'scores %'", &[])? {
        let Ok(mut waiting) = serde_json::from_str::<Waiting>(&text(&row, 1)) else { continue };
        let changes = &mut waiting.changes.changes;
        let before = changes.len();
        changes.retain(|change| change.lead_id != lead_id);
        if changes.len() == before {
            continue;
        }
        let id = text(&row, 0);
        if changes.is_empty() {
            let update = "UPDATE outbox SET state = 'done', body = '', answer = 'its leads were erased' WHERE id = ?1";
            sql.execute(update, &[Param::Text(&id)])?;
        } else {
            let body = serde_json::to_string(&waiting).unwrap_or_default();
            sql.execute("UPDATE outbox SET body = ?2 WHERE id = ?1", &[Param::Text(&id), Param::Text(&body)])?;
        }
    }
    Ok(())
}

/// Sends the head of the ledger to every channel; part of the caller's transaction.
pub(super) fn anchor(sql: &mut dyn Sql, policy: &Policy, now_ms: i64) -> Result<(), SqlError> {
    let head = sql.query("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1", &[])?;
    let Some(row) = head.first() else { return Ok(()) };
    let anchor = Anchor { seq: integer(row, 0).unsigned_abs(), hash: text(row, 1) };
    post(sql, policy, &of_anchor(&anchor, now_ms), "ledger", now_ms)
}

/// A channel: its name in ids of messages, and how the store names it.
struct Channel {
    name: String,
    target: String,
}

/// The channels that hear of `topic`.
fn channels(policy: &Policy, topic: Topic) -> Vec<Channel> {
    let notify = &policy.alerts.notify;
    let slack = (!notify.slack.is_empty()).then(|| Channel { name: "slack".into(), target: format!("slack:{}", notify.slack) });
    let hears =
        |events: &[String]| topic == Topic::Ledger || events.is_empty() || events.iter().any(|event| event == topic.name());
    let hooks = notify.webhooks.iter().filter(|hook| hears(&hook.events)).map(|hook| Channel {
        name: format!("webhook-{}", digest(hook.url.as_bytes()).get(..8).unwrap_or_default()),
        target: format!("webhook:{}", hook.url),
    });
    slack.into_iter().chain(hooks).collect()
}

/// The receivers of the settings in force, as messages name them.
pub(super) fn targets(policy: &Policy) -> BTreeSet<String> {
    let notify = &policy.alerts.notify;
    let slack = (!notify.slack.is_empty()).then(|| format!("slack:{}", notify.slack));
    let hooks = notify.webhooks.iter().map(|hook| format!("webhook:{}", hook.url));
    slack.into_iter().chain(hooks).chain(policy.writeback.webhooks.iter().map(|hook| target_of(&hook.secret))).collect()
}

/// How messages name the webhook with this secret.
fn target_of(secret: &str) -> String {
    format!("scores:{secret}")
}

impl<S: Sql> Control<S> {
    /// The names of the host's secrets that messages need.
    pub fn secrets(&self) -> Vec<String> {
        let notify = &self.policy.alerts.notify;
        let hooks = notify.webhooks.iter().chain(&self.policy.writeback.webhooks).map(|hook| &hook.secret);
        let names = [&notify.slack, &notify.heartbeat].into_iter().chain(hooks);
        names.filter(|name| !name.is_empty()).cloned().collect()
    }

    /// The requests that are due at `now_ms`, one for each receiver that has none under way, which the caller sends all at once and then
    /// settles. They are its own for 30 seconds; a caller that ends in between loses them to the next, under the same ids. `secret` gives
    /// the value of a secret of the host by its name.
    ///
    /// # Errors
    /// The store failed.
    pub fn lease(&mut self, now_ms: i64, secret: &dyn Fn(&str) -> Option<String>) -> Result<Vec<Outgoing>, SqlError> {
        let mut requests: Vec<Outgoing> = self.beat(now_ms, secret)?.into_iter().collect();
        // A receiver that fails or is slow keeps no other from its messages.
        let query = "SELECT id, target, body FROM (
                SELECT id, target, ordering, body, place, row_number() OVER (PARTITION BY target ORDER BY place) AS turn
                FROM outbox AS o WHERE state = 'waiting' AND due_ms <= ?1
                    AND NOT EXISTS (SELECT 1 FROM outbox AS l WHERE l.target = o.target AND l.state = 'waiting' AND l.lease_ms > ?1)
                    AND NOT EXISTS (SELECT 1 FROM outbox AS e WHERE e.ordering = o.ordering AND e.state = 'waiting' AND e.place < o.place)
            ) AS due WHERE turn = 1
            ORDER BY CASE WHEN ordering LIKE 'scores %' THEN 1 ELSE 0 END, place LIMIT ?2";
        // Alerts do not wait behind score changes, of which there may be many.
        let mut due = Vec::new();
        self.sql.transaction(&mut |sql| {
            due = sql.query(query, &[Param::Integer(now_ms), Param::Integer(AT_ONCE)])?;
            for row in &due {
                let update = "UPDATE outbox SET lease_ms = ?1, tries = tries + 1 WHERE id = ?2";
                sql.execute(update, &[Param::Integer(now_ms + LEASE_MS), Param::Text(&text(row, 0))])?;
            }
            Ok(())
        })?;
        for row in &due {
            let id = text(row, 0);
            match self.request(&id, &text(row, 1), &text(row, 2), now_ms, secret) {
                Ok(request) => requests.push(request),
                Err(Unsendable::Later(why)) => self.settled(now_ms, &id, Answered::Nothing, &why)?,
                Err(Unsendable::Never(why)) => self.finish(&id, "dead", &why)?,
            }
        }
        Ok(requests)
    }

    /// Takes up what the receiver of message `id` answered, in a few words of its own: `said`.
    ///
    /// # Errors
    /// The store failed.
    pub fn settled(&mut self, now_ms: i64, id: &str, answered: Answered, said: &str) -> Result<(), SqlError> {
        let query = "SELECT tries, created_ms FROM outbox WHERE id = ?1 AND state = 'waiting'";
        let found = self.sql.query(query, &[Param::Text(id)])?;
        let Some(row) = found.first() else { return Ok(()) };
        let said: String = said.chars().take(ANSWER).collect();
        let tries = u32::try_from(integer(row, 0)).unwrap_or(1);
        match settle(id, tries, integer(row, 1), answered, now_ms) {
            Settled::Done => self.finish(id, "done", &said),
            Settled::Dead => self.finish(id, "dead", &said),
            Settled::Again { due_ms } => {
                let update = "UPDATE outbox SET due_ms = ?1, lease_ms = 0, answer = ?2 WHERE id = ?3";
                self.sql.execute(update, &[Param::Integer(due_ms), Param::Text(&said), Param::Text(id)]).map(drop)
            }
        }
    }

    fn finish(&mut self, id: &str, state: &str, said: &str) -> Result<(), SqlError> {
        // Score changes name leads: they are kept no longer than until they are sent or given up. Where they are recorded is kept of those given
        // up, so that they can be sent again.
        let found = self.sql.query("SELECT body FROM outbox WHERE id = ?1 AND ordering LIKE 'scores %'", &[Param::Text(id)])?;
        let recorded = found.first().and_then(|row| recorded(&text(row, 0))).filter(|_| state == "dead");
        let rest = recorded.map(|recorded| json!({ "recorded": recorded }).to_string()).unwrap_or_default();
        let update = "UPDATE outbox SET state = ?1, answer = ?2, body = CASE WHEN ordering LIKE 'scores %' THEN ?4 ELSE body END \
            WHERE id = ?3";
        self.sql.execute(update, &[Param::Text(state), Param::Text(said), Param::Text(id), Param::Text(&rest)]).map(drop)
    }

    /// The messages that wait after a failed try, or were given up in the last 30 days; the newest first.
    ///
    /// # Errors
    /// The store failed.
    pub fn undelivered(&mut self, limit: i64) -> Result<Vec<Undelivered>, SqlError> {
        let query = "SELECT id, target, created_ms, tries, state, coalesce(answer, '') FROM outbox
            WHERE state = 'dead' OR (state = 'waiting' AND answer IS NOT NULL) ORDER BY place DESC LIMIT ?1";
        let rows = self.sql.query(query, &[Param::Integer(limit)])?;
        let one = |row: &Vec<crate::store::SqlValue>| Undelivered {
            id: text(row, 0),
            target: text(row, 1),
            created_ms: integer(row, 2),
            tries: u32::try_from(integer(row, 3)).unwrap_or_default(),
            state: text(row, 4),
            answer: text(row, 5),
        };
        Ok(rows.iter().map(one).collect())
    }

    /// How many messages were given up in the last 30 days, or wait after a failed try.
    pub(super) fn undelivered_count(&mut self) -> Result<u64, SqlError> {
        let query =
            "SELECT count(*) FROM outbox WHERE (state = 'dead' AND tries > 0) OR (state = 'waiting' AND answer IS NOT NULL)";
        Ok(self.sql.query(query, &[])?.first().map_or(0, |row| integer(row, 0).unsigned_abs()))
    }

    /// How many messages with score changes wait, by their [`ordering`].
    pub(super) fn waiting_changes(&mut self) -> Result<BTreeMap<String, u64>, SqlError> {
        let query =
            "SELECT ordering, count(*) FROM outbox WHERE state = 'waiting' AND ordering LIKE 'scores %' GROUP BY ordering";
        Ok(self.sql.query(query, &[])?.iter().map(|row| (text(row, 0), integer(row, 1).unsigned_abs())).collect())
    }

    /// Forgets messages that were delivered or given up long ago.
    pub(super) fn forget_messages(&mut self, now_ms: i64) -> Result<(), SqlError> {
        let delete = "DELETE FROM outbox WHERE state <> 'waiting' AND created_ms < ?1";
        self.sql.execute(delete, &[Param::Integer(now_ms - KEPT_MS)]).map(drop)
    }

    /// The request that says that the service is alive, where one is due.
    fn beat(&mut self, now_ms: i64, secret: &dyn Fn(&str) -> Option<String>) -> Result<Option<Outgoing>, SqlError> {
        let notify = &self.policy.alerts.notify;
        if notify.heartbeat.is_empty() {
            return Ok(None);
        }
        let (name, allow_loopback) = (notify.heartbeat.clone(), notify.allow_loopback);
        let minute = now_ms.div_euclid(BEAT_MS).to_string();
        if self.kept(HEARTBEAT)?.is_some_and(|last| last == minute) {
            return Ok(None);
        }
        self.set_kept(HEARTBEAT, &minute)?;
        let url = secret(&name).filter(|url| check_url(url, allow_loopback).is_ok());
        let headers = vec![("content-type".to_owned(), "text/plain".to_owned())];
        Ok(url.map(|url| Outgoing { id: HEARTBEAT.to_owned(), url, headers, body: "plumbline is alive\n".to_owned() }))
    }

    fn request(
        &self,
        id: &str,
        target: &str,
        body: &str,
        now_ms: i64,
        secret: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Outgoing, Unsendable> {
        let notify = &self.policy.alerts.notify;
        let value = |name: &str| {
            let missing = || Unsendable::Later(format!("the host has no secret named {name}"));
            secret(name).filter(|value| !value.is_empty()).ok_or_else(missing)
        };
        let unreadable = |e: serde_json::Error| Unsendable::Never(format!("the message cannot be read: {e}"));
        let message = || serde_json::from_str::<Message>(body).map_err(unreadable);
        let request = match target.split_once(':') {
            Some(("scores", name)) => {
                let hook = self.policy.writeback.webhooks.iter().find(|hook| hook.secret == name);
                let hook = hook.ok_or_else(|| Unsendable::Never("the settings no longer name this webhook".to_owned()))?;
                let changes: ScoreChanges = serde_json::from_str(body).map_err(unreadable)?;
                let newest = changes.changes.iter().max_by_key(|change| parse_date(&change.at));
                let at = newest.map(|change| change.at.clone()).unwrap_or_default();
                signed_data((id, &hook.url), ("scores.changed", &at), &changes, &value(&hook.secret)?, now_ms)
            }
            Some(("slack", name)) => {
                let message = message()?;
                let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
                Outgoing { id: id.to_owned(), url: value(name)?, headers, body: slack(&message).to_string() }
            }
            Some(("webhook", url)) => {
                let hook = notify.webhooks.iter().find(|hook| hook.url == url);
                let hook = hook.ok_or_else(|| Unsendable::Never("the settings no longer name this webhook".to_owned()))?;
                signed(id, url, &message()?, &value(&hook.secret)?, now_ms)
            }
            _ => return Err(Unsendable::Never("no channel of this kind".to_owned())),
        };
        check_url(&request.url, notify.allow_loopback).map_err(|refused| Unsendable::Never(refused.to_string()))?;
        Ok(request)
    }
}

/// Why a message is not sent now.
enum Unsendable {
    /// It may be later: a secret is missing.
    Later(String),
    /// It never will.
    Never(String),
}
