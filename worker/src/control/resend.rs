//! Messages that were given up: listed, and sent again under the same ids.
//!
//! A message of score changes keeps no lead once it is given up, only where its changes are recorded. Sent again, it brings those of them that
//! are still the newest of their lead: the receiver may have newer ones already, which an older score must not replace.

use std::collections::{BTreeMap, BTreeSet};

use plumbline_core::event::ScoreChange;
use plumbline_core::report::time_text;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ask::{Ask, unreadable};
use super::outbox::{Recorded, recorded, targets, waiting};
use super::route::{body, limit, ok};
use super::writeback::POSTED;
use super::{Control, Fault, integer, text};
use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::store::{Param, Sql, SqlValue};

/// Messages of one request; the caller asks again for the others.
const AT_ONCE: i64 = 100;
/// The kind of the note of who had messages sent again.
const NOTE: &str = "messages_resent";

/// Which messages are sent again, and who asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resend {
    by: String,
    /// The receiver, or the message.
    about: String,
    messages: Vec<Given>,
    /// How far webhooks had come when the shards were asked.
    posted: String,
}

/// A message that was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Given {
    id: String,
    /// Where its score changes are recorded; none for a message of another kind.
    recorded: Option<Recorded>,
}

/// The body of `POST /v1/messages/resend`: one of both.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    to: String,
    id: String,
}

impl Resend {
    /// Of shard `number`: where the changes of each message are recorded, by its id.
    pub(crate) fn of_shard(&self, number: u32) -> impl Iterator<Item = (&str, (i64, i64))> {
        let own = move |given: &Given| given.recorded.filter(|recorded| recorded.shard == number);
        self.messages.iter().filter_map(move |given| own(given).map(|it| (given.id.as_str(), (it.from, it.to))))
    }
}

/// Messages that can be sent again: of score changes those that say where their changes are recorded.
const SENDABLE: &str = "(ordering NOT LIKE 'scores %' OR body <> '')";

impl<S: Sql> Control<S> {
    /// The messages that were given up in the last 30 days, the newest first, of one receiver where `to` names it; and how many each has.
    pub(super) fn shown_given_up(&mut self, request: &Request<'_>) -> Result<Response, Fault> {
        let to = request.decoded("to").unwrap_or_default();
        let query = format!(
            "SELECT id, target, created_ms, tries, coalesce(answer, ''), CASE WHEN {SENDABLE} THEN 1 ELSE 0 END FROM outbox
            WHERE state = 'dead' AND (?1 = '' OR target = ?1) ORDER BY place DESC LIMIT ?2"
        );
        let rows = self.sql.query(&query, &[Param::Text(&to), Param::Integer(limit(request)?)])?;
        let known = targets(&self.policy);
        let message = |row: &Vec<SqlValue>| {
            let can_resend = integer(row, 5) == 1 && known.contains(&text(row, 1));
            json!({ "id": text(row, 0), "to": text(row, 1), "created_at": time_text(integer(row, 2)), "tries": integer(row, 3),
                "answer": text(row, 4), "can_resend": can_resend })
        };
        let messages: Vec<Value> = rows.iter().map(message).collect();
        let query = "SELECT target, count(CASE WHEN state = 'dead' THEN 1 END), count(CASE WHEN state = 'waiting' THEN 1 END)
            FROM outbox WHERE ?1 = '' OR target = ?1 GROUP BY target ORDER BY target";
        let counted = self.sql.query(query, &[Param::Text(&to)])?;
        let mut counts: BTreeMap<String, (i64, i64)> =
            counted.iter().map(|row| (text(row, 0), (integer(row, 1), integer(row, 2)))).collect();
        for target in known.into_iter().filter(|target| to.is_empty() || *target == to) {
            counts.entry(target).or_default();
        }
        let receiver =
            |(to, (given_up, waiting)): (String, (i64, i64))| json!({ "to": to, "given_up": given_up, "waiting": waiting });
        let receivers: Vec<Value> = counts.into_iter().map(receiver).collect();
        Ok(ok(&json!({ "receivers": receivers, "messages": messages })))
    }

    /// What the shards are asked so that messages that were given up can be sent again: all of a receiver, or one.
    pub(super) fn resend(&mut self, request: &Request<'_>, by: String) -> Result<Ask, Fault> {
        let wanted: Wanted = body(request)?;
        let known = targets(&self.policy);
        let (rows, about) = match (wanted.to.as_str(), wanted.id.as_str()) {
            (to, "") if known.contains(to) => {
                let query = format!(
                    "SELECT id, body, ordering FROM outbox WHERE state = 'dead' AND target = ?1 AND {SENDABLE} ORDER BY place LIMIT ?2"
                );
                (self.sql.query(&query, &[Param::Text(to), Param::Integer(AT_ONCE)])?, wanted.to)
            }
            ("", "") => {
                let detail = "name the receiver, \"to\", or a message, \"id\", as GET /v1/messages lists them";
                return Err(Problem::new(422, "RECEIVER_REQUIRED", detail).into());
            }
            (to, "") => return Err(no_receiver(404, to, &known).into()),
            ("", id) => {
                let query = "SELECT id, body, ordering, target, state FROM outbox WHERE id = ?1";
                let rows = self.sql.query(query, &[Param::Text(id)])?;
                let none = || Problem::new(404, "NO_SUCH_MESSAGE", format!("no message {id:?} is kept: plumbline messages list"));
                let row = rows.first().ok_or_else(none)?;
                let is_given_up = text(row, 4) == "dead";
                if is_given_up && !known.contains(&text(row, 3)) {
                    return Err(no_receiver(409, &text(row, 3), &known).into());
                }
                if is_given_up && text(row, 2).starts_with("scores ") && text(row, 1).is_empty() {
                    let detail =
                        "an earlier release gave this message up and kept nothing of it: read the changes with plumbline changes";
                    return Err(Problem::new(409, "MESSAGE_NOT_KEPT", detail).into());
                }
                // One that waits or arrived stays as it is, however often this is asked for.
                (if is_given_up { rows } else { Vec::new() }, wanted.id)
            }
            _ => return Err(Problem::new(422, "RECEIVER_OR_MESSAGE", "name either \"to\" or \"id\", not both").into()),
        };
        let is_changes = |row: &Vec<SqlValue>| text(row, 2).starts_with("scores ");
        let given =
            rows.iter().map(|row| Given { id: text(row, 0), recorded: recorded(&text(row, 1)).filter(|_| is_changes(row)) });
        Ok(Ask::Resend(Resend { by, about, messages: given.collect(), posted: self.kept(POSTED)?.unwrap_or_default() }))
    }

    /// Sends messages again, by what every shard says of their changes.
    pub(super) fn resent(&mut self, now_ms: i64, asked: &Resend, parts: Vec<Value>) -> Result<Response, Fault> {
        let parts = parts.into_iter().map(serde_json::from_value::<BTreeMap<String, Vec<ScoreChange>>>);
        let changes: BTreeMap<String, Vec<ScoreChange>> =
            parts.collect::<Result<Vec<_>, _>>().map_err(unreadable)?.into_iter().flatten().collect();
        // Newer changes may have been posted while the shards answered: the caller asks again.
        let is_current = self.kept(POSTED)?.unwrap_or_default() == asked.posted;
        let (mut resent, mut obsolete) = (Vec::new(), 0);
        self.sql.transaction(&mut |sql| {
            (resent, obsolete) = (Vec::new(), 0);
            for Given { id, recorded } in asked.messages.iter().filter(|_| is_current) {
                let left = changes.get(id).map(Vec::as_slice).unwrap_or_default();
                let body = match recorded {
                    Some(_) if left.is_empty() => {
                        obsolete += sql.execute(OBSOLETE, &[Param::Text(id)])?;
                        continue;
                    }
                    Some(recorded) => waiting(left.to_vec(), *recorded),
                    None => String::new(),
                };
                // It keeps its id, by which the receiver knows it, and its place before those that wait.
                if sql.execute(AGAIN, &[Param::Text(id), Param::Integer(now_ms), Param::Text(&body)])? > 0 {
                    resent.push(id.clone());
                }
            }
            Ok(())
        })?;
        if !resent.is_empty() {
            let words = format!("{} had {} given-up messages sent again.", asked.by, resent.len());
            self.note(now_ms, NOTE, &words, &asked.about, &asked.by)?;
        }
        let query = format!(
            "SELECT count(*), count(CASE WHEN {SENDABLE} THEN 1 END) FROM outbox WHERE state = 'dead' AND (target = ?1 OR id = ?1)"
        );
        let counted = self.sql.query(&query, &[Param::Text(&asked.about)])?;
        let [all, left] = counted.first().map_or([0, 0], |row| [integer(row, 0), integer(row, 1)]);
        Ok(ok(&json!({ "resent": resent.len(), "messages": resent, "obsolete": obsolete, "left": left, "not_kept": all - left })))
    }
}

const AGAIN: &str = "UPDATE outbox SET state = 'waiting', tries = 0, created_ms = ?2, due_ms = ?2, lease_ms = 0, answer = NULL,
    body = CASE WHEN ?3 = '' THEN body ELSE ?3 END WHERE id = ?1 AND state = 'dead'";
const OBSOLETE: &str = "UPDATE outbox SET state = 'done', body = '', answer = 'its leads have newer changes, or were erased'
    WHERE id = ?1 AND state = 'dead'";

fn no_receiver(status: u16, to: &str, known: &BTreeSet<String>) -> Problem {
    let (code, known) =
        (if status == 404 { "NO_SUCH_RECEIVER" } else { "RECEIVER_GONE" }, known.iter().cloned().collect::<Vec<_>>());
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Problem::new(status, code, format!("{to:?} is not a receiver of the settings in force, which name: {known}"))
}
