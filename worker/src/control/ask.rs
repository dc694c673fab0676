//! Requests that the log shards answer: what each is asked, and the answer that control makes of what they say.
//!
//! The question goes to every shard, with the request's body; a shard answers for its own leads. Between the two nothing is kept.

use plumbline_core::event::Source;
use plumbline_core::lead::Form;
use plumbline_core::report::time_text;
use plumbline_core::rollout::ledger::Kind;
use plumbline_core::route::{Allocation, Deployed};
use plumbline_core::sentence::Sentence;
use plumbline_core::table::parse_date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::resend::Resend;
use super::retrain::Labelled;
use super::rollout::append;
use super::route::{flag, number, ok};
use super::sent::Sent;
use super::{Control, Fault, integer, outbox, text, writeback};
use crate::access::{Scope, Viewer};
use crate::log::{
    Erased, EventStatus, Inquiry, LeadSummary, OddReport, Question, ServedRow, StoredLead, StoredQuestion, Survey, Surveyed,
    lead_ref,
};
use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::route::{Method, Routed};
use crate::store::{Param, Sql, SqlError};

/// What every shard is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// For what windows do not say of single leads: missing values by source, and how soon leads are contacted.
    Diagnose(Question),
    /// To store its own of the events in the body, which were posted to `path`.
    Events {
        /// `/v1/outcomes`, `/v1/feedback` or `/v1/exposures`.
        path: String,
    },
    /// For its leads scored last.
    Leads {
        /// Where each shard goes on; none: at the newest lead.
        before: Vec<Option<i64>>,
        /// How many at most.
        limit: usize,
    },
    /// For all it has about a lead.
    Lead {
        /// The lead.
        id: String,
    },
    /// For the log's rows about a lead round a moment.
    Served {
        /// The lead.
        id: String,
        /// The moment, milliseconds since 1970.
        at_ms: i64,
    },
    /// To keep the fields of its own of the leads in the body.
    Sent(Box<Sent>),
    /// To erase a lead.
    Erase {
        /// The lead.
        id: String,
        /// Random text that takes the place of its id.
        random: String,
        /// Who erases it.
        by: String,
    },
    /// For rows that follow a cursor.
    Export {
        /// The part that is followed: `control`, or a shard's number; empty: which parts there are.
        part: String,
        /// Where the follower is.
        cursor: String,
        /// The follower's name.
        follower: String,
        /// Whether it keeps on asking, so that its silence is a fault.
        is_continuous: bool,
    },
    /// For its newest leads, once a day. No request asks for them.
    Survey(Survey),
    /// For leads with their outcomes, to train on. No request asks for them.
    Stored {
        /// The shard that is asked.
        shard: u32,
        /// Which leads.
        question: StoredQuestion,
    },
    /// For leads with their outcomes, by a program that trains on them.
    Labelled(Labelled),
    /// For the newest reports that something is odd.
    Reports {
        /// Only those that no one has closed.
        open: bool,
        /// How many at most.
        limit: usize,
    },
    /// For score changes that follow a cursor.
    Changes {
        /// The number to go on after, of each shard; 0 where it has none.
        after: Vec<i64>,
        /// How many at most, over all shards.
        limit: usize,
        /// The webhooks they are for, by the names of their secrets; none: a request asks.
        to: Vec<String>,
    },
    /// For how far it has scored leads again.
    Rescored,
    /// For what messages that were given up can still bring.
    Resend(Resend),
    /// To close a report that something is odd.
    Close {
        /// The report's event.
        id: String,
        /// Who closes it.
        by: String,
        /// Whether something was odd.
        confirmed: bool,
    },
}

/// Rows within so long of the moment are shown.
pub const AROUND_MS: i64 = 3_600_000;
/// Rows that are shown at most.
pub const MOST_ROWS: usize = 20;
/// Leads of a page.
const PAGE: usize = 50;
const MOST: usize = 200;
/// Score changes of a page.
const MOST_CHANGES: i64 = 1_000;

/// How a report that something is odd is closed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Closing {
    confirmed: bool,
}

impl<S: Sql> Control<S> {
    /// What the shards are asked so that `request` of `viewer` can be answered.
    ///
    /// # Errors
    /// A parameter or body that cannot be read, or the store failed.
    pub fn ask(&mut self, now_ms: i64, routed: &Routed<'_>, request: &Request<'_>, viewer: &Viewer<'_>) -> Result<Ask, Fault> {
        viewer.needs(routed.route.scope.unwrap_or(Scope::Admin))?;
        let by = viewer.name().to_owned();
        let id = || routed.value("id").to_owned();
        Ok(match (routed.route.method, routed.route.path) {
            (Method::Get, "/v1/leads") => {
                let after = request.parameter("after").unwrap_or_default();
                Ask::Leads { before: cursors(after)?, limit: limit(request)? }
            }
            (Method::Get, "/v1/feedback") => Ask::Reports { open: flag(request, "open")?, limit: limit(request)? },
            (Method::Get, "/v1/diagnose") => Ask::Diagnose(self.question(now_ms)?),
            (Method::Get, "/v1/retrain/leads") => Ask::Labelled(self.labelled(now_ms, request)?),
            (Method::Get, "/v1/changes") => {
                self.records_changes()?;
                let after = writeback::cursor(request.parameter("after").unwrap_or_default())?;
                let limit = number(request, "limit", 1)?.unwrap_or(MOST_CHANGES).min(MOST_CHANGES);
                Ask::Changes { after, limit: usize::try_from(limit).unwrap_or(1), to: Vec::new() }
            }
            (Method::Get, "/v1/rescore") => {
                self.records_changes()?;
                Ask::Rescored
            }
            (Method::Post, "/v1/messages/resend") => self.resend(request, by)?,
            (Method::Get, "/v1/leads/{id}") => Ask::Lead { id: id() },
            (Method::Delete, "/v1/leads/{id}") => Ask::Erase { id: id(), random: self.random()?, by },
            (Method::Get, "/v1/ledger/served") => {
                let lead = request.decoded("lead_id").filter(|lead| !lead.is_empty());
                let lead = lead.ok_or_else(|| Problem::new(400, "LEAD_REQUIRED", "name the lead: ?lead_id=…&at=…"))?;
                let at = request.decoded("at").unwrap_or_default();
                let at_ms = at.parse().ok().or_else(|| parse_date(&at));
                let wrong = || {
                    let detail = "name the moment, ?at=, as RFC 3339 such as 2026-11-28T10:00:00Z, or in milliseconds since 1970";
                    Problem::new(400, "TIME_MALFORMED", detail)
                };
                Ask::Served { id: lead.into_owned(), at_ms: at_ms.ok_or_else(wrong)? }
            }
            (Method::Get, "/v1/export") => {
                let text = |name: &str| request.parameter(name).unwrap_or_default().to_owned();
                let follower = text("follower");
                let is_name =
                    follower.len() <= 40 && follower.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
                if !is_name {
                    let detail = "follower is the name of the process that follows: at most 40 letters, digits, - and _";
                    return Err(Problem::new(400, "FOLLOWER_MALFORMED", detail).into());
                }
                let follower = if follower.is_empty() { "export".to_owned() } else { follower };
                let is_continuous = flag(request, "continuous")?;
                Ask::Export { part: text("part"), cursor: text("after"), follower, is_continuous }
            }
            (Method::Post, "/v1/feedback/{id}/close") => {
                let Closing { confirmed } = super::route::body(request)?;
                Ask::Close { id: id(), by, confirmed }
            }
            (Method::Post, "/v1/leads") => Ask::Sent(Box::new(self.sent(crate::route::form(request)? == Form::Lines)?)),
            (_, path) => Ask::Events { path: path.to_owned() },
        })
    }

    /// The answer to a question by what every shard said, in the order of the shards.
    ///
    /// # Errors
    /// Nothing was found, or the store failed.
    pub fn answer_parts(&mut self, now_ms: i64, ask: &Ask, parts: Vec<Value>) -> Result<Response, Fault> {
        match ask {
            Ask::Events { .. } | Ask::Sent(_) => {
                let parts = parts.into_iter().map(serde_json::from_value).collect::<Result<Vec<_>, _>>();
                Ok(stored(parts.map_err(unreadable)?))
            }
            Ask::Diagnose(question) => {
                let parts = parts.into_iter().map(serde_json::from_value::<Inquiry>).collect::<Result<Vec<_>, _>>();
                let mut inquiry = Inquiry { at_ms: question.at_ms, ..Inquiry::default() };
                parts.map_err(unreadable)?.iter().for_each(|part| inquiry.merge(part));
                self.inquired(&inquiry)?;
                Ok(ok(&self.diagnosis(now_ms)?))
            }
            Ask::Leads { limit, before } => leads(parts, before, *limit),
            Ask::Lead { id } => {
                let found = parts.into_iter().find(|part| !part.is_null());
                let none = || {
                    Problem::new(
                        404,
                        "NO_SUCH_LEAD",
                        format!("the lead {id:?} was never scored, and nothing was reported about it"),
                    )
                };
                let found = found.ok_or_else(none)?;
                if found.get("erased") == Some(&Value::Bool(true)) {
                    let what = format!(
                        "the lead {id:?} was erased, and no score or report of it is kept since; requests that scored it again are in the \
                         log (prediction_logs) under its id until it is erased again"
                    );
                    return Err(Problem::new(404, "LEAD_ERASED", what).into());
                }
                Ok(ok(&found))
            }
            Ask::Served { id, at_ms } => {
                let rows = parts.into_iter().map(serde_json::from_value::<Vec<ServedRow>>).collect::<Result<Vec<_>, _>>();
                let mut rows: Vec<ServedRow> = rows.map_err(unreadable)?.into_iter().flatten().collect();
                rows.sort_by_key(|row| (row.at_ms - at_ms).abs());
                self.served(id, *at_ms, &rows)
            }
            Ask::Erase { id, by, .. } => {
                let parts = parts.into_iter().map(serde_json::from_value::<Erased>).collect::<Result<Vec<_>, _>>();
                let erased = parts.map_err(unreadable)?.into_iter().fold(Erased::default(), |all, part| Erased {
                    rows: all.rows + part.rows,
                    scores: all.scores + part.scores,
                    deleted: all.deleted + part.deleted,
                });
                let lead_ref = lead_ref(self.secret()?.as_bytes(), id);
                let text = format!("{by} erased a lead: {} rows of the log and {} records.", erased.rows, erased.deleted);
                let sentence = Sentence::new("LEAD_ERASED", text).with("rows", erased.rows).with("deleted", erased.deleted);
                let body = json!({ "actor": { "name": by }, "erased": erased, "lead_ref": lead_ref, "sentence": sentence });
                self.sql.transaction(&mut |sql| {
                    outbox::erase(sql, id)?;
                    append(sql, now_ms, Kind::Erase, "", &body).map(drop)
                })?;
                self.sql.scrub();
                // What a retraining has read of it goes too.
                self.collect_again()?;
                Ok(ok(&json!({ "lead_ref": lead_ref, "erased": erased })))
            }
            Ask::Export { part, cursor, follower, is_continuous } => {
                if part == "control" {
                    self.heard_from(now_ms, follower, *is_continuous)?;
                }
                self.exported(now_ms, (part, cursor, follower), &parts)
            }
            Ask::Survey(survey) => {
                let parts = parts.into_iter().map(serde_json::from_value::<Surveyed>).collect::<Result<Vec<_>, _>>();
                let mut surveyed = Surveyed::default();
                parts.map_err(unreadable)?.into_iter().for_each(|part| surveyed.merge(part));
                self.take_survey(survey, &surveyed)?;
                Ok(ok(&json!({ "leads": surveyed.leads.len() })))
            }
            Ask::Stored { shard, question } => {
                let part = parts.into_iter().nth(*shard as usize).unwrap_or_default();
                let leads: Vec<StoredLead> = serde_json::from_value(part).map_err(unreadable)?;
                self.take_stored(now_ms, *shard, question, &leads)?;
                Ok(ok(&json!({ "leads": leads.len() })))
            }
            Ask::Labelled(asked) => self.shown_labelled(asked, parts),
            Ask::Changes { after, limit, to } if to.is_empty() => self.shown_changes(after, *limit, parts),
            Ask::Changes { after, to, .. } => self.post_changes(now_ms, to, after, parts),
            Ask::Rescored => self.shown_rescoring(parts),
            Ask::Resend(asked) => self.resent(now_ms, asked, parts),
            Ask::Reports { limit, .. } => {
                let parts = parts.into_iter().map(serde_json::from_value::<Vec<OddReport>>).collect::<Result<Vec<_>, _>>();
                let mut reports: Vec<OddReport> = parts.map_err(unreadable)?.into_iter().flatten().collect();
                reports.sort_by(|a, b| b.at_ms.cmp(&a.at_ms).then_with(|| a.id.cmp(&b.id)));
                reports.truncate(*limit);
                Ok(ok(&json!({ "reports": reports })))
            }
            Ask::Close { id, by, confirmed } => {
                if !parts.iter().any(|part| part == &Value::Bool(true)) {
                    return Err(Problem::new(404, "NO_SUCH_REPORT", "no report that something is odd has this id").into());
                }
                // The gate fb.sales follows the last closing; the ledger has all of them.
                let what = if *confirmed { "something was odd" } else { "nothing was odd" };
                let text = format!("{by} closed the report {id}: {what}.");
                let sentence = Sentence::new("REPORT_CLOSED", text).with("report", id.as_str()).with("confirmed", *confirmed);
                let rollout = self.running()?.rollout.map(|rollout| rollout.id).unwrap_or_default();
                let body = json!({ "actor": { "name": by }, "confirmed": confirmed, "report": id, "sentence": sentence });
                self.sql.transaction(&mut |sql| append(sql, now_ms, Kind::Feedback, &rollout, &body))?;
                Ok(ok(&json!({ "closed": id })))
            }
        }
    }

    /// What served the lead at a moment: what was deployed then, what the draw says, what the log has, and which decisions made it so.
    fn served(&mut self, lead: &str, at_ms: i64, rows: &[ServedRow]) -> Result<Response, Fault> {
        let query = "SELECT document FROM deployments WHERE effective_ms <= ?1 ORDER BY epoch DESC LIMIT 1";
        let found = self.sql.query(query, &[Param::Integer(at_ms)])?;
        let none = || Problem::new(404, "NOTHING_SERVED", format!("nothing was deployed yet at {}", time_text(at_ms)));
        let deployed: Deployed = serde_json::from_str(&text(found.first().ok_or_else(none)?, 0)).map_err(unreadable)?;
        let rules: Vec<String> = deployed.allocation.rule.iter().map(|rule| rule.field.clone()).collect();
        let allocation = Allocation::compile(deployed.allocation.clone());
        let allocation = allocation.map_err(|e| SqlError::Driver(format!("the deployment {}: {e}", deployed.epoch)))?;
        let expected = allocation.assign(lead);
        // What a rule decides depends on fields that are not kept.
        let depends = (!rules.is_empty()).then(|| format!("the rules on {} are not considered", rules.join(", ")));
        let observed: Vec<Value> = rows
            .iter()
            .map(|row| {
                let mut shown = serde_json::to_value(row).unwrap_or_default();
                if let Value::Object(shown) = &mut shown {
                    shown.insert("at".to_owned(), time_text(row.at_ms).into());
                }
                shown
            })
            .collect();
        // What a page says of itself proves nothing.
        let answered = rows
            .iter()
            .find(|row| row.source == Source::Service.name() && matches!(row.role.as_str(), "champion" | "challenger"));
        let agrees =
            answered.map(|row| row.variant == expected.variant && row.epoch.is_none_or(|epoch| epoch == deployed.epoch as i64));
        let why = self.decisions(deployed.epoch)?;
        Ok(ok(&json!({
            "lead_id": lead, "at": time_text(at_ms), "epoch": deployed.epoch, "effective_at": time_text(deployed.effective_ms),
            "expected": expected, "note": depends, "observed": observed, "agrees": agrees, "why": why,
        })))
    }

    /// The entries of the ledger that made the deployment number `epoch`: its own, the command or look before it, the transition after it.
    fn decisions(&mut self, epoch: u64) -> Result<Vec<Value>, SqlError> {
        let query = "SELECT seq, body FROM ledger WHERE kind = 'deployment' ORDER BY seq DESC";
        let made =
            |body: &str| serde_json::from_str::<Value>(body).ok().and_then(|body| body.pointer("/deployment/epoch")?.as_u64());
        let rows = self.sql.query(query, &[])?;
        let seq = rows.iter().find(|row| made(&text(row, 1)) == Some(epoch)).map_or(1, |row| integer(row, 0));
        let mut entries = self.entries_after((seq - 2).max(0), 4)?;
        let at_ms = entries.iter().find(|entry| entry.seq as i64 == seq).map(|entry| entry.at_ms);
        entries.retain(|entry| Some(entry.at_ms) == at_ms);
        Ok(entries.iter().map(super::route::shown_entry).collect())
    }
}

/// The answer to events, of which each shard has stored its own.
pub fn stored(parts: Vec<Vec<Option<EventStatus>>>) -> Response {
    let mut statuses: Vec<Option<EventStatus>> = Vec::new();
    for part in parts {
        statuses.resize(statuses.len().max(part.len()), None);
        for (place, status) in statuses.iter_mut().zip(part) {
            *place = place.take().or(status);
        }
    }
    let rejected = statuses.iter().flatten().filter(|status| status.status >= 400).count();
    let body = json!({ "events": statuses, "accepted": statuses.len() - rejected, "rejected": rejected });
    let status = if rejected > 0 && rejected == statuses.len() { 422 } else { 200 };
    Response::new(status, "application/json", serde_json::to_vec(&body).unwrap_or_default())
}

/// Leads of all shards, those scored last first, with where each shard goes on.
fn leads(parts: Vec<Value>, before: &[Option<i64>], limit: usize) -> Result<Response, Fault> {
    let mut cursors: Vec<Option<i64>> = before.to_vec();
    cursors.resize(parts.len(), None);
    let mut shards = Vec::new();
    for (part, cursor) in parts.into_iter().zip(&mut cursors) {
        let leads: Vec<LeadSummary> = serde_json::from_value(part).map_err(unreadable)?;
        shards.push((leads.into_iter().peekable(), cursor));
    }
    let mut taken = Vec::new();
    while taken.len() < limit {
        // Within a shard leads stay in its order.
        let heads = shards.iter_mut().enumerate().filter_map(|(at, (leads, _))| Some((leads.peek()?.first_ms, at)));
        let Some((leads, cursor)) = heads.max().and_then(|(_, at)| shards.get_mut(at)) else { break };
        if let Some(lead) = leads.next() {
            **cursor = Some(lead.cursor);
            taken.push(lead);
        }
    }
    let next = cursors.iter().map(|cursor| cursor.map_or_else(|| "-".to_owned(), |cursor| cursor.to_string()));
    let next = (taken.len() == limit).then(|| next.collect::<Vec<_>>().join("."));
    Ok(ok(&json!({ "leads": taken, "next": next })))
}

/// How many leads or reports a page is asked for.
fn limit(request: &Request<'_>) -> Result<usize, Problem> {
    let limit = number(request, "limit", 1)?.and_then(|limit| usize::try_from(limit).ok());
    Ok(limit.unwrap_or(PAGE).min(MOST))
}

/// Where a page of leads begins in each shard, as the page before named it: numbers with dots between, `-` where none was shown.
fn cursors(text: &str) -> Result<Vec<Option<i64>>, Problem> {
    let wrong = || Problem::new(400, "BAD_PARAMETER", format!("after must be the next of the page before, not {text:?}"));
    let one = |part: &str| if part == "-" { Ok(None) } else { part.parse().map(Some).map_err(|_| wrong()) };
    text.split('.').filter(|_| !text.is_empty()).map(one).collect()
}

pub(super) fn unreadable(error: serde_json::Error) -> SqlError {
    SqlError::Driver(format!("what is stored cannot be read: {error}"))
}
