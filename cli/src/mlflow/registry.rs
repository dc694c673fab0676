//! Registered models, their versions and aliases.

use serde_json::{Value, json};

use super::record::BUNDLE;
use super::request::{Server, Trouble, is_rejected_as};
use crate::Failure;

/// A version of a registered model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The registered model.
    pub name: String,
    /// Its number.
    pub version: String,
    /// The run that it came from.
    pub run_id: String,
    /// SHA-256 of the bundle, as the version says it; empty where it does not.
    pub sha256: String,
}

/// A name that points to a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The name.
    pub alias: String,
    /// The number of the version.
    pub version: String,
}

impl Version {
    fn of(version: &Value) -> Version {
        let word = |name: &str| version.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let tags = version.get("tags").and_then(Value::as_array).into_iter().flatten();
        let mut own = tags.filter(|tag| tag.get("key").and_then(Value::as_str) == Some(BUNDLE));
        let sha256 = own.next().and_then(|tag| tag.get("value")).and_then(Value::as_str).unwrap_or_default().to_owned();
        Version { name: word("name"), version: word("version"), run_id: word("run_id"), sha256 }
    }

    /// The version `number` of `name`.
    pub(super) fn get(server: &Server, name: &str, number: &str) -> Result<Version, Failure> {
        let found = server.get("model-versions/get", &[("name", name), ("version", number)])?;
        Ok(Version::of(found.get("model_version").unwrap_or(&Value::Null)))
    }

    /// The version that `alias` of `name` points to.
    pub(super) fn at_alias(server: &Server, name: &str, alias: &str) -> Result<Version, Failure> {
        let found = server.get("registered-models/alias", &[("name", name), ("alias", alias)])?;
        Ok(Version::of(found.get("model_version").unwrap_or(&Value::Null)))
    }

    /// Where its files are.
    pub(super) fn artifacts(&self, server: &Server) -> Result<String, Failure> {
        let found = server.get("model-versions/get-download-uri", &[("name", &self.name), ("version", &self.version)])?;
        Ok(found.get("artifact_uri").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    /// The version of `name` made from the run, which is made where there is none. True: it was made.
    pub(super) fn find_or_make(server: &Server, name: &str, wanted: &Wanted<'_>) -> Result<(Version, bool), Failure> {
        let mut is_new = false;
        let version = server.patiently(|| {
            if let Some(found) = Version::first_of(server, name, wanted.run_id)? {
                return Ok(found);
            }
            let tags: Vec<Value> = wanted.tags.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
            let body = json!({
                "name": name, "source": wanted.source, "run_id": wanted.run_id, "tags": tags, "description": wanted.description,
            });
            let made = server.post_once("model-versions/create", &body)?;
            let made = Version::of(made.get("model_version").unwrap_or(&Value::Null));
            is_new = true;
            // Of two that were made at once the first stays.
            match Version::first_of(server, name, wanted.run_id)? {
                Some(first) if first.version != made.version => {
                    is_new = false;
                    server.delete("model-versions/delete", &json!({ "name": name, "version": made.version }))?;
                    Ok(first)
                }
                _ => Ok(made),
            }
        })?;
        Ok((version, is_new))
    }

    /// The version of `name` made from the run; none where there is none.
    pub(super) fn first_of(server: &Server, name: &str, run_id: &str) -> Result<Option<Version>, Trouble> {
        let filter = format!("run_id = '{run_id}'");
        let found = server.get_once("model-versions/search", &[("filter", &filter), ("max_results", "1000")])?;
        let versions = found.get("model_versions").and_then(Value::as_array).into_iter().flatten().map(Version::of);
        Ok(versions
            .filter(|version| version.name == name)
            .min_by_key(|version| version.version.parse::<u64>().unwrap_or(u64::MAX)))
    }
}

/// What a version is made of.
pub(super) struct Wanted<'a> {
    /// Where its files are.
    pub source: &'a str,
    /// The run.
    pub run_id: &'a str,
    /// Its tags.
    pub tags: &'a [(String, String)],
    /// What it is, for people.
    pub description: &'a str,
}

/// Makes the registered model `name` where it does not exist.
pub(super) fn ensure_model(server: &Server, name: &str) -> Result<(), Failure> {
    match server.post("registered-models/create", &json!({ "name": name })) {
        Err(failure) if is_rejected_as(&failure, "RESOURCE_ALREADY_EXISTS") => Ok(()),
        made => made.map(drop),
    }
}

impl Server {
    /// The aliases of the registered model `name`; none where it does not exist.
    ///
    /// # Errors
    /// The server cannot be reached, or rejects the request.
    pub fn aliases(&self, name: &str) -> Result<Vec<Alias>, Failure> {
        let found = match self.get("registered-models/get", &[("name", name)]) {
            Err(failure) if is_rejected_as(&failure, "RESOURCE_DOES_NOT_EXIST") => return Ok(Vec::new()),
            found => found?,
        };
        let word = |alias: &Value, name: &str| alias.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let listed = found.pointer("/registered_model/aliases").and_then(Value::as_array).into_iter().flatten();
        Ok(listed.map(|alias| Alias { alias: word(alias, "alias"), version: word(alias, "version") }).collect())
    }

    /// Points `alias` of `name` to `version`. False: it did already.
    ///
    /// # Errors
    /// The server cannot be reached, or rejects the request.
    pub fn set_alias(&self, name: &str, alias: &str, version: &str) -> Result<bool, Failure> {
        let wanted = Alias { alias: alias.to_owned(), version: version.to_owned() };
        if self.aliases(name)?.contains(&wanted) {
            return Ok(false);
        }
        let body = json!({ "name": name, "alias": alias, "version": version });
        self.post("registered-models/alias", &body).map(|_| true)
    }

    /// Removes `alias` from `name`.
    ///
    /// # Errors
    /// The server cannot be reached, or rejects the request.
    pub fn remove_alias(&self, name: &str, alias: &str) -> Result<(), Failure> {
        match self.delete("registered-models/alias", &json!({ "name": name, "alias": alias })) {
            Err(failure) if is_rejected_as(&failure, "RESOURCE_DOES_NOT_EXIST") => Ok(()),
            done => done.map(drop),
        }
    }
}

/// `name` as MLflow takes it for a registered model.
///
/// # Errors
/// It is empty, or has a character that MLflow keeps for addresses.
pub fn checked_name(name: &str) -> Result<&str, Failure> {
    if name.trim().is_empty() || name.contains(['/', ':']) {
        let message =
            format!("MLflow takes no registered model named {name:?}: a name has no '/' and no ':'; give another with --name");
        return Err(Failure::usage("MLFLOW_NAME", message));
    }
    Ok(name)
}

/// `alias` as MLflow takes it.
///
/// # Errors
/// It has other characters than letters, digits, `_` and `-`, or is a name that MLflow keeps: `latest`, `v1`.
pub fn checked_alias(alias: &str) -> Result<&str, Failure> {
    let is_plain = !alias.is_empty() && alias.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    let is_number =
        alias.strip_prefix(['v', 'V']).is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()));
    if !is_plain || is_number || alias.eq_ignore_ascii_case("latest") {
        let message = format!("MLflow takes no alias {alias:?}: letters, digits, '_' and '-', but not latest and not v1, v2 …");
        return Err(Failure::usage("MLFLOW_ALIAS", message));
    }
    Ok(alias)
}
