//! Leads with their outcomes as a retraining reads them, page by page, for a program that trains on them.

use plumbline_core::report::{day_text, time_text};
use plumbline_core::rollout::DAY_MS;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::run::Phase;
use crate::control::ask::unreadable;
use crate::control::route::{number, ok};
use crate::control::{Control, Fault};
use crate::log::{StoredLead, StoredQuestion};
use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::store::Sql;

/// Leads of a page, unless the caller says otherwise, and at most.
const PAGE: usize = 1_000;
const MOST: usize = 5_000;

/// A page of leads that a shard is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labelled {
    /// The shard that is asked.
    pub shard: u32,
    /// Of so many.
    pub shards: u32,
    /// Which leads.
    pub question: StoredQuestion,
    /// The retraining that they are for; empty: none.
    pub run: String,
}

impl<S: Sql> Control<S> {
    /// What is asked for `request`: `run` names a retraining, whose leads these are; otherwise those that matured in the last `days`.
    ///
    /// # Errors
    /// A parameter that cannot be read, or no such run (404).
    pub(in crate::control) fn labelled(&mut self, now_ms: i64, request: &Request<'_>) -> Result<Labelled, Fault> {
        let wrong = |detail: String| Fault::from(Problem::new(400, "LEADS_MALFORMED", detail));
        let days = number(request, "days", 1)?.unwrap_or(i64::from(self.policy.retrain.what.days));
        if !(1..=400).contains(&days) {
            return Err(wrong("days is from 1 to 400".to_owned()));
        }
        let most = number(request, "limit", 1)?.map_or(PAGE, |limit| limit.min(MOST as i64) as usize);
        let run = request.decoded("run").unwrap_or_default().into_owned();
        let mature_ms = i64::from(self.policy.outcome.mature_days) * DAY_MS;
        let until_ms = now_ms - mature_ms;
        let mut window = (until_ms - days * DAY_MS, until_ms);
        if !run.is_empty() {
            let none = || Problem::new(404, "NO_SUCH_RUN", format!("no retraining has the id {run:?}"));
            let found = self.retraining(&run)?.ok_or_else(none)?;
            if found.state == Phase::Waiting {
                return Err(Problem::new(
                    409,
                    "RETRAIN_WAITING",
                    "this retraining has not begun: which leads it reads is not decided",
                )
                .into());
            }
            window = (found.cursor.from_ms, found.cursor.until_ms);
        }
        let shards = self.shards()?.max(1);
        let (mut shard, mut after) = (0, None);
        if let Some(cursor) = request.decoded("after").filter(|cursor| !cursor.is_empty()) {
            let cursor = Cursor::read(&cursor).ok_or_else(|| wrong("after is the cursor of the page before".to_owned()))?;
            (window, shard, after) = (cursor.window, cursor.shard, cursor.after);
        }
        let (from_ms, until_ms) = window;
        let question = StoredQuestion { now_ms: until_ms.saturating_add(mature_ms), from_ms, until_ms, after, most };
        Ok(Labelled { shard, shards, question, run })
    }

    /// The page that `asked` is for, by what every shard said.
    pub(in crate::control) fn shown_labelled(&mut self, asked: &Labelled, parts: Vec<Value>) -> Result<Response, Fault> {
        let part = parts.into_iter().nth(asked.shard as usize).filter(|part| !part.is_null());
        // A shard that is gone has no leads.
        let leads: Vec<StoredLead> = part.map_or(Ok(Vec::new()), serde_json::from_value).map_err(unreadable)?;
        let question = &asked.question;
        let window = (question.from_ms, question.until_ms);
        let next = match leads.last().filter(|_| leads.len() >= question.most) {
            Some(last) => Some(Cursor { window, shard: asked.shard, after: Some((last.lead.at_ms, last.lead.lead_id.clone())) }),
            None => (asked.shard + 1 < asked.shards).then(|| Cursor { window, shard: asked.shard + 1, after: None }),
        };
        let known = leads.iter().filter(|lead| lead.converted.is_some());
        let shown: Vec<Value> = known
            .map(|lead| {
                let fields: Value = serde_json::from_slice(&self.fields_of(lead)).unwrap_or_default();
                json!({ "lead_id": lead.lead.lead_id, "at_ms": lead.as_of_ms(), "converted": lead.converted, "fields": fields })
            })
            .collect();
        let run = if asked.run.is_empty() { None } else { self.retraining(&asked.run)? };
        let run = run.map(|run| {
            json!({ "id": run.id, "state": run.state, "champion": run.cursor.champion, "version": run.cursor.version,
                "trigger": run.trigger })
        });
        Ok(ok(&json!({
            "from": time_text(question.from_ms), "until": time_text(question.until_ms),
            "window": format!("{}/{}", day_text(question.from_ms), day_text(question.until_ms)),
            "run": run, "leads": shown, "next": next.map(|cursor| cursor.text()),
        })))
    }
}

/// Where a caller is.
struct Cursor {
    window: (i64, i64),
    shard: u32,
    after: Option<(i64, String)>,
}

impl Cursor {
    /// As text: the window, the shard, and the last lead with its moment, which comes last, for it may contain anything.
    fn text(&self) -> String {
        let head = format!("{}_{}_{}", self.window.0, self.window.1, self.shard);
        self.after.as_ref().map_or_else(|| head.clone(), |(at_ms, lead)| format!("{head}_{at_ms}_{lead}"))
    }

    fn read(text: &str) -> Option<Cursor> {
        let mut parts = text.splitn(5, '_');
        let mut number = || parts.next()?.parse::<i64>().ok();
        let (window, shard) = ((number()?, number()?), u32::try_from(number()?).ok()?);
        let after = match parts.next() {
            Some(at_ms) => Some((at_ms.parse().ok()?, parts.next()?.to_owned())),
            None => None,
        };
        Some(Cursor { window, shard, after })
    }
}
