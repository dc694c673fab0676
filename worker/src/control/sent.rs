//! Leads that are sent so that their fields are kept: by what they are read, and what is kept of them.

use plumbline_core::rollout::policy::LeadStore;
use plumbline_core::schema::{Role, Schema};
use serde::{Deserialize, Serialize};

use super::{Control, Fault};
use crate::model::digest;
use crate::problem::Problem;
use crate::store::Sql;

/// How leads that are sent are read, and what is kept of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sent {
    /// The champion's schema, by which they are read.
    pub schema: Schema,
    /// Its SHA-256, in hexadecimal digits.
    pub schema_sha256: String,
    /// The fields that are kept: those that a served model knows, but for the lead's id.
    pub names: Vec<String>,
    /// Fields whose values are hashed.
    pub personal: Vec<String>,
    /// The key they are hashed by; empty: they are left out.
    pub key: String,
    /// Whether the body has a lead on each line; else it is JSON.
    pub is_lines: bool,
}

impl<S: Sql> Control<S> {
    /// How leads are read that are sent now.
    ///
    /// # Errors
    /// The settings keep no leads that are sent, there is no champion, or the store failed.
    pub(super) fn sent(&mut self, is_lines: bool) -> Result<Sent, Fault> {
        let (code, detail) = match self.policy.leads.store {
            LeadStore::Ingested => ("", ""),
            LeadStore::Scored => (
                "LEADS_KEPT_WHEN_SCORED",
                "leads.store is \"scored\": a lead's fields are kept when it is scored first. Set leads.store = \"ingested\" to send \
                 them here instead",
            ),
            LeadStore::None => (
                "LEADS_NOT_KEPT",
                "leads.store is \"none\": no fields of leads are kept. Set it to \"ingested\" to send them here",
            ),
        };
        if !code.is_empty() {
            return Err(Problem::new(409, code, detail).into());
        }
        let state = self.running()?;
        let schema = self.known(&state.champion)?.schema;
        let mut fields = schema.fields.clone();
        if let Some(rollout) = state.rollout {
            fields.extend(self.known(&rollout.challenger)?.schema.fields);
        }
        let names = fields.into_iter().filter(|field| field.role != Role::Id).map(|field| field.name).collect();
        let schema_sha256 = digest(&serde_json::to_vec(&schema).unwrap_or_default());
        let personal = self.policy.leads.personal.clone();
        Ok(Sent { schema, schema_sha256, names, personal, key: self.personal_key.clone(), is_lines })
    }
}
