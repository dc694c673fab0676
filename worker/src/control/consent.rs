//! A person's approval of a registered model, before its rollout: it is in the ledger, a rollout's start counts it, and the model takes
//! the place in the queue for shadow.

use plumbline_core::report::time_text;
use plumbline_core::rollout::Person;
use plumbline_core::rollout::ledger::Kind;
use plumbline_core::sentence::Sentence;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::keys::actor;
use super::rollout::append;
use super::route::{body, ok};
use super::{Control, Fault, integer, text};
use crate::access::Viewer;
use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::store::{Param, Sql, SqlError};

/// What is given with an approval.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    comment: String,
}

/// An approval of a model, as the ledger has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Consent {
    /// Who.
    pub by: String,
    /// In which role.
    pub role: String,
    /// When.
    pub at: String,
    /// What they found when they reviewed the model.
    pub comment: String,
}

impl<S: Sql> Control<S> {
    /// Notes that `viewer` reviewed the model `key` and approves it for a rollout.
    pub(super) fn consent(
        &mut self,
        now_ms: i64,
        key: &str,
        request: &Request<'_>,
        viewer: &Viewer<'_>,
    ) -> Result<Response, Fault> {
        let Given { comment } = body(request)?;
        if comment.trim().is_empty() {
            return Err(Problem::new(
                422,
                "COMMENT_REQUIRED",
                "say what the review of the model's figures found: it goes into the ledger",
            )
            .into());
        }
        let model = self.named_model(key)?;
        if !matches!(model.status.as_str(), "registered" | "queued") {
            let detail =
                format!("{} is {}; only a model that waits for its rollout can be approved", model.version, model.status);
            return Err(Problem::new(409, "MODEL_NOT_WAITING", detail).into());
        }
        let by = actor(viewer);
        let words = format!("{} reviewed {} and approved it for a rollout.", by.name, model.version);
        let sentence = Sentence::new("MODEL_APPROVED", words).with("by", by.name.clone()).with("version", model.version.clone());
        let body =
            json!({ "actor": by, "comment": comment, "digest": model.digest, "sentence": sentence, "version": model.version });
        self.sql.transaction(&mut |sql| {
            // The queue has one place.
            sql.execute("UPDATE models SET status = 'registered' WHERE status = 'queued'", &[])?;
            sql.execute("UPDATE models SET status = 'queued' WHERE version = ?1", &[Param::Text(&model.version)])?;
            append(sql, now_ms, Kind::Approval, "", &body)
        })?;
        Ok(ok(&json!({ "model": self.model(&model.version)?, "approvals": self.consents(&model.digest)? })))
    }

    /// The approvals of the model whose bundle has `digest`, the oldest first; of each person the last.
    ///
    /// # Errors
    /// The store failed.
    pub(super) fn consents(&mut self, digest: &str) -> Result<Vec<Consent>, SqlError> {
        let rows = self.sql.query("SELECT at_ms, body FROM ledger WHERE kind = 'approval' ORDER BY seq", &[])?;
        let mut found: Vec<Consent> = Vec::new();
        for row in &rows {
            let body: Value = serde_json::from_str(&text(row, 1)).unwrap_or_default();
            let word = |path: &str| body.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
            if word("/digest") != digest {
                continue;
            }
            let consent = Consent {
                by: word("/actor/name"),
                role: word("/actor/role"),
                at: time_text(integer(row, 0)),
                comment: word("/comment"),
            };
            found.retain(|one| (&one.by, &one.role) != (&consent.by, &consent.role));
            found.push(consent);
        }
        Ok(found)
    }

    /// Who approved the model whose bundle has `digest`.
    ///
    /// # Errors
    /// The store failed.
    pub(super) fn consenting(&mut self, digest: &str) -> Result<Vec<Person>, SqlError> {
        Ok(self.consents(digest)?.into_iter().map(|one| Person { name: one.by, role: one.role }).collect())
    }
}
