//! The registry: models by version, their bundles, and the names that point to them.

use plumbline_core::Bundle;
use plumbline_core::rollout::ledger::Kind;
use plumbline_core::sentence::Sentence;
use serde::Serialize;
use serde_json::json;

use super::rollout::append;
use super::{Control, Fault, integer, text};
use crate::model::digest;
use crate::problem::Problem;
use crate::store::{Param, Sql, SqlError, SqlValue};

/// A part of a bundle in the store; a Durable Object stores 2 MB in a value.
const PART_BYTES: usize = 1 << 20;

/// A registered model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Registered {
    /// Its name.
    pub name: String,
    /// Its version, unique in the registry.
    pub version: String,
    /// SHA-256 of its bundle, in hex.
    pub digest: String,
    /// `registered`, `queued`, `shadow`, `canary`, `ab_test`, `full`, `champion`, `retired` or `rejected`.
    pub status: String,
    /// When it was registered, milliseconds since 1970.
    pub registered_ms: i64,
    /// Who registered it.
    pub registered_by: String,
    /// Size of the bundle.
    pub bytes: u64,
}

const COLUMNS: &str = "name, version, digest, status, registered_ms, registered_by, bytes";

impl<S: Sql> Control<S> {
    /// Stores the model of `bundle`, which is verified, and notes it in the ledger, which begins with the first champion. A bundle that is
    /// registered already is returned as it is.
    ///
    /// # Errors
    /// A bundle that cannot be read (422), or another bundle under a version that is taken (409).
    pub fn register(&mut self, now_ms: i64, bundle: &[u8], by: &str) -> Result<Registered, Fault> {
        let read =
            Bundle::read(bundle).map_err(|e| Problem::new(422, e.code(), format!("the bundle cannot be registered: {e}")))?;
        let manifest = &read.manifest;
        let digest = digest(bundle);
        if let Some(known) = self.model(&manifest.version)? {
            if known.digest == digest {
                return Ok(known);
            }
            let detail =
                format!("version {:?} is registered with another bundle; give the new model a new version", manifest.version);
            return Err(Problem::new(409, "MODEL_VERSION_TAKEN", detail).into());
        }
        let described = serde_json::to_string(manifest).unwrap_or_default();
        let insert = "INSERT INTO models (name, version, digest, status, registered_ms, registered_by, bytes, manifest)
            VALUES (?1, ?2, ?3, 'registered', ?4, ?5, ?6, ?7)";
        let (name, version) = (manifest.name.as_str(), manifest.version.as_str());
        let text = format!("{by} registered {name} {version}.");
        let sentence = Sentence::new("MODEL_REGISTERED", text).with("name", name).with("version", version);
        let noted = json!({ "actor": { "name": by }, "digest": digest, "sentence": sentence, "version": version });
        let is_first = self.state()?.is_none();
        self.sql.transaction(&mut |sql| {
            for (part, bytes) in bundle.chunks(PART_BYTES).enumerate() {
                let chunk = "INSERT INTO model_chunks (digest, part, bytes) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
                sql.execute(chunk, &[Param::Text(&digest), Param::Integer(part as i64), Param::Blob(bytes)])?;
            }
            let of = [
                Param::Text(&manifest.name),
                Param::Text(&manifest.version),
                Param::Text(&digest),
                Param::Integer(now_ms),
                Param::Text(by),
                Param::Integer(bundle.len() as i64),
                Param::Text(&described),
            ];
            sql.execute(insert, &of)?;
            if is_first { Ok(()) } else { append(sql, now_ms, Kind::Model, "", &noted).map(drop) }
        })?;
        self.model(&manifest.version)?.ok_or_else(|| SqlError::NoBatch.into())
    }

    /// The model of `version`.
    ///
    /// # Errors
    /// The store failed.
    pub fn model(&mut self, version: &str) -> Result<Option<Registered>, SqlError> {
        let found = self.sql.query(&format!("SELECT {COLUMNS} FROM models WHERE version = ?1"), &[Param::Text(version)])?;
        Ok(found.first().map(|row| registered(row)))
    }

    /// All models, the newest first.
    ///
    /// # Errors
    /// The store failed.
    pub fn models(&mut self) -> Result<Vec<Registered>, SqlError> {
        let found = self.sql.query(&format!("SELECT {COLUMNS} FROM models ORDER BY registered_ms DESC, version DESC"), &[])?;
        Ok(found.iter().map(|row| registered(row)).collect())
    }

    /// The bundle with this digest; none where it is not registered.
    ///
    /// # Errors
    /// The store failed.
    pub fn bundle(&mut self, digest: &str) -> Result<Option<Vec<u8>>, SqlError> {
        let parts = self.sql.query("SELECT bytes FROM model_chunks WHERE digest = ?1 ORDER BY part", &[Param::Text(digest)])?;
        let mut bundle = Vec::new();
        for part in &parts {
            if let Some(SqlValue::Blob(bytes)) = part.first() {
                bundle.extend_from_slice(bytes);
            }
        }
        Ok((!parts.is_empty()).then_some(bundle))
    }

    /// Which version `alias` points to.
    ///
    /// # Errors
    /// The store failed.
    pub fn alias(&mut self, alias: &str) -> Result<Option<String>, SqlError> {
        let found = self.sql.query("SELECT version FROM aliases WHERE alias = ?1", &[Param::Text(alias)])?;
        Ok(found.first().map(|row| text(row, 0)))
    }
}

fn registered(row: &[SqlValue]) -> Registered {
    Registered {
        name: text(row, 0),
        version: text(row, 1),
        digest: text(row, 2),
        status: text(row, 3),
        registered_ms: integer(row, 4),
        registered_by: text(row, 5),
        bytes: integer(row, 6).unsigned_abs(),
    }
}
