//! What keys may do.

use serde::{Deserialize, Serialize};

/// What a key may do. No scope contains another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Score leads.
    Score,
    /// Hand in outcomes, feedback, exposures.
    Ingest,
    /// Read reports and the log.
    Read,
    /// Register models, hold, resume, roll back, erase leads.
    Operate,
    /// Start and approve rollouts: a person's, with a role.
    Approve,
    /// Make and revoke keys: no key's, but the secret's of the host.
    Admin,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Scope; 6] = [Scope::Score, Scope::Ingest, Scope::Read, Scope::Operate, Scope::Approve, Scope::Admin];

    /// As keys and settings write it.
    pub const fn name(self) -> &'static str {
        match self {
            Scope::Score => "score",
            Scope::Ingest => "ingest",
            Scope::Read => "read",
            Scope::Operate => "operate",
            Scope::Approve => "approve",
            Scope::Admin => "admin",
        }
    }

    /// The scope of this name.
    pub fn named(name: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.name() == name)
    }

    /// Whether a key that is published in a page may have it.
    pub const fn is_publishable(self) -> bool {
        matches!(self, Scope::Score | Scope::Ingest)
    }
}
