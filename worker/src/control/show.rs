//! What control shows of models and rules, and the change of rules by a person.

use plumbline_core::rollout::plan;
use serde_json::{Value, json};

use super::route::{ok, shown_entry};
use super::{Control, Fault, Registered, integer, text};
use crate::problem::Problem;
use crate::request::Response;
use crate::store::{Param, Sql, SqlError};
use crate::text::percent_encoded;

/// Entries of the ledger that are searched for those about a model.
const ENTRIES: i64 = 1_000;

impl<S: Sql> Control<S> {
    /// All registered models, the newest first, with what they read and which names point to them.
    pub(super) fn shown_models(&mut self) -> Result<Value, SqlError> {
        let manifests = self.sql.query("SELECT version, manifest FROM models", &[])?;
        let champion = self.alias("champion")?.unwrap_or_default();
        let aliases = self.aliases()?;
        let mut models = Vec::new();
        for model in self.models()? {
            let manifest = manifests.iter().find(|row| text(row, 0) == model.version).map(|row| text(row, 1)).unwrap_or_default();
            let manifest: Value = serde_json::from_str(&manifest).unwrap_or_default();
            let bands = manifest.get("bands").and_then(Value::as_array).into_iter().flatten();
            let bands: Vec<&Value> = bands.filter_map(|band| band.get("name")).collect();
            let of: Vec<&str> = named(&aliases, &model.version);
            models.push(json!({
                "name": model.name, "version": model.version, "default": model.version == champion, "digest": model.digest,
                "bundle": format!("/v1/models/{}/bundle", percent_encoded(&model.version)),
                "card": format!("/v1/models/{}/card", percent_encoded(&model.version)),
                "fields": manifest.pointer("/schema/fields"), "bands": bands, "status": model.status, "aliases": of,
                "registered_ms": model.registered_ms, "registered_by": model.registered_by, "bytes": model.bytes,
            }));
        }
        Ok(json!({ "models": models }))
    }

    /// The bundle of the model `key`, a version or `name/version`.
    pub(super) fn shown_bundle(&mut self, key: &str) -> Result<Response, Fault> {
        let model = self.named_model(key)?;
        let bytes = self.bundle(&model.digest)?.unwrap_or_default();
        Ok(Response::new(200, "application/octet-stream", bytes).with("etag", format!("\"{}\"", model.digest)))
    }

    /// All that is known of a model: its manifest, and what was decided about it.
    pub(super) fn card(&mut self, key: &str) -> Result<Value, Fault> {
        let model = self.named_model(key)?;
        let rows = self.sql.query("SELECT manifest FROM models WHERE version = ?1", &[Param::Text(&model.version)])?;
        let manifest: Value = serde_json::from_str(&rows.first().map(|row| text(row, 0)).unwrap_or_default()).unwrap_or_default();
        let aliases = self.aliases()?;
        let rollouts = format!("{}-r", model.version);
        let about = self.sql.query(
            "SELECT seq FROM ledger WHERE rollout LIKE ?1 || '%' AND kind IN ('transition', 'command', 'incident') ORDER BY seq DESC LIMIT 50",
            &[Param::Text(&rollouts)],
        )?;
        let numbers: Vec<u64> = about.iter().map(|row| integer(row, 0).unsigned_abs()).collect();
        let entries = self.entries(i64::MAX, ENTRIES)?;
        let history: Vec<Value> = entries.iter().filter(|entry| numbers.contains(&entry.seq)).map(shown_entry).collect();
        let approvals = self.consents(&model.digest)?;
        Ok(json!({ "model": model, "aliases": named(&aliases, &model.version), "manifest": manifest, "approvals": approvals,
            "history": history }))
    }

    pub(super) fn named_model(&mut self, key: &str) -> Result<Registered, Fault> {
        let version = key.rsplit('/').next().unwrap_or(key);
        let found = match self.model(key)? {
            None if version != key => self.model(version)?.filter(|model| format!("{}/{version}", model.name) == key),
            found => found,
        };
        Ok(found.ok_or_else(|| Problem::new(404, "NO_SUCH_MODEL", format!("no model of version {key:?} is registered")))?)
    }

    fn aliases(&mut self) -> Result<Vec<(String, String)>, SqlError> {
        let rows = self.sql.query("SELECT alias, version FROM aliases ORDER BY alias", &[])?;
        Ok(rows.iter().map(|row| (text(row, 0), text(row, 1))).collect())
    }

    /// The rules in force.
    pub(super) fn shown_policy(&mut self) -> Result<Response, Fault> {
        let state = self.running()?;
        let tag = format!("\"v{}\"", state.version);
        let shown = json!({ "policy": self.policy, "policy_sha256": state.policy_sha256, "revision": state.version });
        Ok(ok(&shown).with("etag", tag))
    }

    /// What a rollout that starts now should know before: which gates can be decided when, and a good model's chance, with an A/B test of
    /// `weeks` weeks or of as many as the policy says.
    pub(super) fn start_plan(&mut self, now_ms: i64, weeks: Option<u32>) -> Result<plan::StartReport, Fault> {
        let state = self.running()?;
        let none = || Problem::new(409, "NO_OUTCOMES", "no lead has an outcome yet, so nothing can be planned");
        let basis = self.basis(now_ms, &state.champion)?.ok_or_else(none)?;
        plan::start_report_of_weeks(&self.policy, &basis, weeks)
            .map_err(|e| Problem::new(409, "NOT_PLANNABLE", e.to_string()).into())
    }
}

fn named<'a>(aliases: &'a [(String, String)], version: &str) -> Vec<&'a str> {
    aliases.iter().filter(|(_, of)| of == version).map(|(alias, _)| alias.as_str()).collect()
}
