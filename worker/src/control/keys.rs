//! API keys: random, stored as SHA-256, each with its scopes; a key that may approve belongs to a person and a role, one that is published
//! in pages names their origins and a rate.

use std::sync::Arc;

use plumbline_core::rollout::ledger::Kind;
use plumbline_core::rollout::{Actor, Person, Scope as ActorScope};
use plumbline_core::sentence::Sentence;
use serde::Serialize;
use serde_json::json;

use super::rollout::append;
use super::{Control, Fault, integer, text};
use crate::access::{Access, KeyRecord, Scope, Viewer};
use crate::model::digest;
use crate::problem::Problem;
use crate::store::{Param, Sql, SqlError, SqlValue};

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
    pub scopes: Vec<Scope>,
    /// Origins of the pages it is published in; none for a secret key.
    pub origins: Vec<String>,
    /// Requests a minute that a published key may make at each instance.
    pub per_minute: u32,
    /// When it was made, milliseconds since 1970.
    pub created_ms: i64,
    /// When it ends.
    pub expires_ms: Option<i64>,
    /// When it was revoked.
    pub revoked_ms: Option<i64>,
}

/// A key to be made.
#[derive(Debug, Clone, Default)]
pub struct NewKey {
    /// The name of the person or program.
    pub name: String,
    /// The person's role; empty for a program.
    pub role: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Origins of the pages it is published in; none for a secret key.
    pub origins: Vec<String>,
    /// Requests a minute that a published key may make at each instance.
    pub per_minute: u32,
    /// When it ends, milliseconds since 1970.
    pub expires_ms: Option<i64>,
}

/// Requests a minute of a published key that names no rate.
const PER_MINUTE: u32 = 60;
const COLUMNS: &str = "id, name, role, scopes, origins, per_minute, created_ms, expires_ms, revoked_ms, hash";

/// Someone as an actor of the rollout.
pub(super) fn actor(viewer: &Viewer<'_>) -> Actor {
    let scope = if viewer.may(Scope::Approve) { ActorScope::Approve } else { ActorScope::Operate };
    Actor { name: viewer.name().to_owned(), role: viewer.role().to_owned(), scope }
}

impl<S: Sql> Control<S> {
    /// Makes a secret key of `secret`, random text of the host, which is not stored: only its SHA-256 is.
    ///
    /// # Errors
    /// As [`Control::insert_key`].
    pub fn add_key(
        &mut self,
        now_ms: i64,
        secret: &str,
        name: &str,
        role: &str,
        scopes: &[Scope],
        by: &str,
    ) -> Result<Key, Fault> {
        let new = NewKey { name: name.into(), role: role.into(), scopes: scopes.to_vec(), ..NewKey::default() };
        self.insert_key(now_ms, secret, new, by)
    }

    /// Whether someone with the role of `new` can ever approve, where it may.
    fn check_role(&self, new: &NewKey) -> Result<(), Problem> {
        let stage = &self.policy.stage;
        let asked = [&stage.shadow.approve, &stage.canary.approve, &stage.ab_test.approve].into_iter().flatten();
        let mut known: Vec<&str> =
            asked.chain(self.policy.report.contact.iter().map(|contact| &contact.role)).map(String::as_str).collect();
        known.extend(ROLES);
        if !new.scopes.contains(&Scope::Approve) || known.contains(&new.role.as_str()) {
            return Ok(());
        }
        known.sort_unstable();
        known.dedup();
        let detail = format!("no stage asks for approvals of the role {:?}; known are {}", new.role, known.join(", "));
        Err(Problem::new(422, "ROLE_UNKNOWN", detail))
    }

    /// Makes the key `new` of `secret`, random text of the host, which is not stored: only its SHA-256 is.
    ///
    /// # Errors
    /// A key that cannot be (422): without a name or a scope, that may approve and is no person's, that is published and may do more than
    /// pages may, with the scope of the host's own secret, or a secret of fewer than 32 characters. The store failed.
    pub fn insert_key(&mut self, now_ms: i64, secret: &str, new: NewKey, by: &str) -> Result<Key, Fault> {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let new = NewKey { name: words(&new.name), role: words(&new.role), ..new };
        check(now_ms, secret, &new)?;
        self.check_role(&new)?;
        let hash = digest(secret.as_bytes());
        let id = hash.get(..12).unwrap_or_default().to_owned();
        let NewKey { name, role, mut scopes, origins, per_minute, expires_ms } = new;
        scopes.sort_unstable();
        scopes.dedup();
        let per_minute = match (origins.is_empty(), per_minute) {
            (true, _) => 0,
            (false, 0) => PER_MINUTE,
            (false, given) => given,
        };
        let key = Key { id, name, role, scopes, origins, per_minute, created_ms: now_ms, expires_ms, revoked_ms: None };
        let listed = key.scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(" ");
        let (origins, kind) = (key.origins.join(" "), if key.origins.is_empty() { "secret" } else { "published" });
        let text = format!("{by} made a key of {} with the scopes {}.", key.name, listed.replace(' ', ", "));
        let sentence = Sentence::new("KEY_MADE", text).with("key", key.id.as_str());
        let body = json!({ "actor": { "name": by }, "key": key, "sentence": sentence });
        self.sql.transaction(&mut |sql| {
            let insert = "INSERT INTO keys (id, hash, scopes, name, role, kind, origins, per_minute, created_ms, expires_ms)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
            let [id, hash, listed, name, role, origins] =
                [&key.id, &hash, &listed, &key.name, &key.role, &origins].map(|text| Param::Text(text));
            let expires = key.expires_ms.map_or(Param::Null, Param::Integer);
            let numbers = [Param::Integer(key.per_minute.into()), Param::Integer(now_ms), expires];
            let [per_minute, created, expires] = numbers;
            let given = [id, hash, listed, name, role, Param::Text(kind), origins, per_minute, created, expires];
            sql.execute(insert, &given)?;
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
                let sentence = Sentence::new("KEY_REVOKED", format!("{by} revoked the key {id}.")).with("key", id);
                append(sql, now_ms, Kind::Key, "", &json!({ "actor": { "name": by }, "revoked": id, "sentence": sentence }))?;
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
        let query = format!("SELECT {COLUMNS} FROM keys ORDER BY created_ms DESC, id");
        Ok(self.sql.query(&query, &[])?.iter().map(|row| key(row)).collect())
    }

    /// Who may call at `now_ms`: the keys in force, the host's secret and the origins of [`Control::guard`]. The same as before while no
    /// key was made, revoked or ended.
    ///
    /// # Errors
    /// The store failed.
    pub fn access(&mut self, now_ms: i64) -> Result<Arc<Access>, SqlError> {
        let query = format!("SELECT {COLUMNS} FROM keys WHERE revoked_ms IS NULL ORDER BY id");
        let rows = self.sql.query(&query, &[])?;
        let records =
            rows.iter().map(|row| (key(row), text(row, 9))).filter(|(key, _)| key.expires_ms.is_none_or(|end| now_ms < end));
        let record = |(key, hash): (Key, String)| {
            let Key { id, name, role, scopes, origins, per_minute, expires_ms, .. } = key;
            KeyRecord { id, hash, name, role, scopes, origins, per_minute, expires_ms }
        };
        let records: Vec<KeyRecord> = records.map(record).collect();
        if !self.access.records().eq(&records) {
            self.access = Arc::new(self.access.with_keys(records));
        }
        Ok(Arc::clone(&self.access))
    }

    /// Says who may call besides the owners of keys: who has the host's secret `admin`, and pages of `origins`.
    pub fn guard(&mut self, admin: Option<&str>, origins: Vec<String>) {
        self.access = Arc::new(Access::new(Vec::new(), admin, origins));
    }

    /// The people who may approve.
    pub(super) fn approvers(&mut self, now_ms: i64) -> Result<Vec<Person>, SqlError> {
        let mut people: Vec<Person> = Vec::new();
        for key in self.access(now_ms)?.records().filter(|key| key.scopes.contains(&Scope::Approve)) {
            let person = Person { name: key.name.clone(), role: key.role.clone() };
            if !people.contains(&person) {
                people.push(person);
            }
        }
        Ok(people)
    }
}

/// Whether the key can be made.
/// The roles of the checklist.
const ROLES: [&str; 5] = ["ml_lead", "mlops_engineer", "data_engineer", "sales_lead", "product_manager"];

fn check(now_ms: i64, secret: &str, new: &NewKey) -> Result<(), Problem> {
    let wrong = |code, detail: &str| Err(Problem::new(422, code, detail));
    let is_published = !new.origins.is_empty();
    let is_origin = |text: &String| {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        host.is_some_and(|host| !host.is_empty() && !host.contains(['/', ' ', '?', '#', '*', ',']))
    };
    if secret.len() < 32 {
        return wrong("KEY_TOO_SHORT", "the secret of a key needs at least 32 random characters");
    }
    if new.name.trim().is_empty() || new.scopes.is_empty() {
        return wrong("KEY_INCOMPLETE", "a key needs a name and at least one scope");
    }
    if new.scopes.contains(&Scope::Admin) {
        let detail = "no key has the scope admin: keys are made with the host's secret PLUMBLINE_ADMIN, or on the store itself";
        return wrong("SCOPE_NOT_GRANTABLE", detail);
    }
    if new.scopes.contains(&Scope::Approve) && new.role.trim().is_empty() {
        return wrong("KEY_WITHOUT_PERSON", "a key with the scope approve belongs to a person: give their name and role");
    }
    if is_published && !new.scopes.iter().all(|scope| scope.is_publishable()) {
        return wrong("SCOPE_NOT_PUBLISHABLE", "a key that is published in pages can have the scopes score and ingest only");
    }
    if let Some(origin) = new.origins.iter().find(|origin| !is_origin(origin)) {
        return Err(Problem::new(422, "ORIGIN_INVALID", format!("{origin:?} is no origin such as https://crm.example.com")));
    }
    if new.expires_ms.is_some_and(|end| end <= now_ms) {
        return wrong("KEY_EXPIRED", "the key would end before it begins");
    }
    Ok(())
}

fn key(row: &[SqlValue]) -> Key {
    let words = |at: usize| text(row, at).split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>();
    Key {
        id: text(row, 0),
        name: text(row, 1),
        role: text(row, 2),
        scopes: words(3).iter().filter_map(|name| Scope::named(name)).collect(),
        origins: words(4),
        per_minute: u32::try_from(integer(row, 5)).unwrap_or(0),
        created_ms: integer(row, 6),
        expires_ms: row.get(7).and_then(SqlValue::as_integer),
        revoked_ms: row.get(8).and_then(SqlValue::as_integer),
    }
}
