//! Who asks.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::{KeyRecord, Scope};
use crate::problem::Problem;

/// Who asks, and what they may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer<'a> {
    /// Someone on the same machine, without a key.
    Local,
    /// The host's own secret, which makes keys.
    Admin,
    /// A program with the host's files: all but approving, which is a person's.
    Owner,
    /// A key.
    Key(&'a KeyRecord),
}

/// What anyone on the same machine may do without a key.
const LOCAL: &[Scope] = &[Scope::Score, Scope::Ingest, Scope::Read];
const OWNER: &[Scope] = &[Scope::Score, Scope::Ingest, Scope::Read, Scope::Operate, Scope::Admin];

impl<'a> Viewer<'a> {
    /// The name of the person or program.
    pub fn name(&self) -> &'a str {
        match self {
            Viewer::Local => "local",
            Viewer::Admin => "admin",
            Viewer::Owner => "owner of the store",
            Viewer::Key(key) => &key.name,
        }
    }

    /// The person's role; empty where it is no person.
    pub fn role(&self) -> &'a str {
        if let Viewer::Key(key) = self { &key.role } else { "" }
    }

    /// What they may do.
    pub fn scopes(&self) -> &'a [Scope] {
        match self {
            Viewer::Local => LOCAL,
            Viewer::Admin => &[Scope::Admin],
            Viewer::Owner => OWNER,
            Viewer::Key(key) => &key.scopes,
        }
    }

    /// Whether they may do what needs `scope`.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes().contains(&scope)
    }

    /// That they may do what needs `scope`.
    ///
    /// # Errors
    /// They may not (403).
    pub fn needs(&self, scope: Scope) -> Result<(), Problem> {
        if self.may(scope) {
            return Ok(());
        }
        let (needed, scopes) = (scope.name(), self.scope_names().join(", "));
        // No key has it: it is the host's own secret.
        let hint = match scope {
            Scope::Admin => {
                "; use the host's secret PLUMBLINE_ADMIN as the key, or work on the store itself (plumbline keys … --store)"
            }
            _ => "",
        };
        let detail = format!("this needs a key with the scope {needed}; {} has {scopes}{hint}", self.name());
        Err(Problem::new(403, "SCOPE_MISSING", detail))
    }

    /// Names of what they may do.
    pub fn scope_names(&self) -> Vec<&'static str> {
        self.scopes().iter().map(|scope| scope.name()).collect()
    }
}

impl Serialize for Viewer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Viewer", 3)?;
        fields.serialize_field("name", self.name())?;
        fields.serialize_field("role", self.role())?;
        fields.serialize_field("scopes", &self.scope_names())?;
        fields.end()
    }
}
