//! API keys: stored as SHA-256, each with its scopes; a key that may approve belongs to a person and a role.

use plumbline_core::rollout::ledger::Kind;
use plumbline_core::rollout::{Actor, Person, Scope as ActorScope};
use serde::Serialize;
use serde_json::json;

use super::rollout::append;
use super::{Control, Fault, integer, text};
use crate::model::digest;
use crate::problem::Problem;
use crate::route::Scope;
use crate::store::{Param, Sql, SqlError, SqlValue};

/// Who asks, and what they may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Viewer {
    /// The name of the person or key.
    pub name: String,
    /// The person's role; empty for a key that belongs to no person.
    pub role: String,
    /// What they may do, by name.
    pub scopes: Vec<&'static str>,
}

/// A key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Key {
    /// Its id.
    pub id: String,
    /// The name of the person or program.
    pub name: String,
    /// The person's role.
    pub role: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made, milliseconds since 1970.
    pub created_ms: i64,
    /// When it was revoked.
    pub revoked_ms: Option<i64>,
}

/// What anyone on the same machine may do without a key.
const LOCAL: [Scope; 3] = [Scope::Score, Scope::Ingest, Scope::Read];

impl Viewer {
    /// Whether they may do what needs `scope`.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope.name())
    }

    /// Them, as an actor of the rollout.
    pub(super) fn actor(&self) -> Actor {
        let scope = if self.may(Scope::Approve) { ActorScope::Approve } else { ActorScope::Operate };
        Actor { name: self.name.clone(), role: self.role.clone(), scope }
    }
}

impl<S: Sql> Control<S> {
    /// Makes a key of `secret`, random text of the host, which is not stored: only its SHA-256 is.
    ///
    /// # Errors
    /// A key that may approve without a name and a role (422), a secret of fewer than 32 characters, or the store failed.
    pub fn add_key(
        &mut self,
        now_ms: i64,
        secret: &str,
        name: &str,
        role: &str,
        scopes: &[Scope],
        by: &str,
    ) -> Result<Key, Fault> {
        if secret.len() < 32 {
            return Err(Problem::new(422, "KEY_TOO_SHORT", "the secret of a key needs at least 32 random characters").into());
        }
        if scopes.contains(&Scope::Approve) && (name.is_empty() || role.is_empty()) {
            let detail = "a key with the scope approve belongs to a person: give their name and role";
            return Err(Problem::new(422, "KEY_WITHOUT_PERSON", detail).into());
        }
        let hash = digest(secret.as_bytes());
        let id = hash.get(..12).unwrap_or_default().to_owned();
        let names: Vec<String> = scopes.iter().map(|scope| scope.name().to_owned()).collect();
        let key = Key { id, name: name.into(), role: role.into(), scopes: names, created_ms: now_ms, revoked_ms: None };
        let listed = key.scopes.join(" ");
        let body = json!({ "actor": { "name": by }, "key": key });
        self.sql.transaction(&mut |sql| {
            let insert = "INSERT INTO keys (id, hash, scopes, name, role, kind, origins, created_ms)
                VALUES (?1, ?2, ?3, ?4, ?5, 'secret', '', ?6)";
            let [id, hash, listed] = [&key.id, &hash, &listed].map(|text| Param::Text(text));
            sql.execute(insert, &[id, hash, listed, Param::Text(name), Param::Text(role), Param::Integer(now_ms)])?;
            append(sql, now_ms, Kind::Key, "", &body)
        })?;
        Ok(key)
    }

    /// Revokes the key `id`; whether there was one.
    ///
    /// # Errors
    /// The store failed.
    pub fn revoke_key(&mut self, now_ms: i64, id: &str, by: &str) -> Result<bool, SqlError> {
        let mut revoked = false;
        self.sql.transaction(&mut |sql| {
            let update = "UPDATE keys SET revoked_ms = ?1 WHERE id = ?2 AND revoked_ms IS NULL";
            revoked = sql.execute(update, &[Param::Integer(now_ms), Param::Text(id)])? > 0;
            if revoked {
                append(sql, now_ms, Kind::Key, "", &json!({ "actor": { "name": by }, "revoked": id }))?;
            }
            Ok(())
        })?;
        Ok(revoked)
    }

    /// All keys, the newest first.
    ///
    /// # Errors
    /// The store failed.
    pub fn keys(&mut self) -> Result<Vec<Key>, SqlError> {
        let query = "SELECT id, name, role, scopes, created_ms, revoked_ms FROM keys ORDER BY created_ms DESC, id";
        Ok(self.sql.query(query, &[])?.iter().map(|row| key(row)).collect())
    }

    /// Who asks with `token`. Without one, on the same machine: someone who may score, ingest and read.
    ///
    /// # Errors
    /// An unknown or revoked key (401), or no key from elsewhere.
    pub fn viewer(&mut self, token: Option<&str>, is_local: bool) -> Result<Viewer, Fault> {
        let Some(token) = token else {
            if is_local {
                return Ok(Viewer { name: "local".into(), role: String::new(), scopes: LOCAL.map(Scope::name).to_vec() });
            }
            return Err(Problem::new(401, "UNAUTHENTICATED", "send a key: Authorization: Bearer KEY").into());
        };
        let query = "SELECT id, name, role, scopes, created_ms, revoked_ms FROM keys WHERE hash = ?1 AND revoked_ms IS NULL";
        let found = self.sql.query(query, &[Param::Text(&digest(token.as_bytes()))])?;
        let Some(key) = found.first().map(|row| key(row)) else {
            return Err(Problem::new(401, "UNAUTHENTICATED", "this key is unknown or revoked").into());
        };
        let scopes =
            Scope::ALL.into_iter().map(Scope::name).filter(|name| key.scopes.iter().any(|scope| scope == name)).collect();
        Ok(Viewer { name: key.name, role: key.role, scopes })
    }

    /// The people who may approve.
    pub(super) fn approvers(&mut self) -> Result<Vec<Person>, SqlError> {
        let keys = self.keys()?;
        let mut people: Vec<Person> = Vec::new();
        for key in keys.into_iter().filter(|key| key.revoked_ms.is_none() && key.scopes.iter().any(|scope| scope == "approve")) {
            let person = Person { name: key.name, role: key.role };
            if !people.contains(&person) {
                people.push(person);
            }
        }
        Ok(people)
    }
}

fn key(row: &[SqlValue]) -> Key {
    Key {
        id: text(row, 0),
        name: text(row, 1),
        role: text(row, 2),
        scopes: text(row, 3).split(' ').map(str::to_owned).collect(),
        created_ms: integer(row, 4),
        revoked_ms: row.get(5).and_then(SqlValue::as_integer),
    }
}
