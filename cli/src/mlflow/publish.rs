//! A bundle becomes a run and a version.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::artifact::Folder;
use super::record::{MODEL, Record};
use super::registry::{Version, Wanted, checked_alias, checked_name, ensure_model};
use super::request::Server;
use super::run::{Run, experiment};
use crate::Failure;
use crate::input::origin::sha256_of;

/// Where a bundle is in MLflow.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "MlflowVersion"))]
pub struct Published {
    /// The server.
    pub server: String,
    /// The experiment's id.
    pub experiment_id: String,
    /// The run's id.
    pub run_id: String,
    /// The registered model.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The alias that was asked for; null without one.
    pub alias: Option<String>,
    /// SHA-256 of the bundle.
    pub sha256: String,
    /// Whether anything was written: false where all of it was there already.
    pub changed: bool,
}

impl Published {
    /// Where it is, in one line.
    pub fn line(&self) -> String {
        let Published { server, run_id, name, version, alias, changed, .. } = self;
        let alias = alias.as_ref().map(|alias| format!(", {alias}")).unwrap_or_default();
        let what = if *changed { "is" } else { "was there already:" };
        format!("models:/{name}/{version}{alias} {what} the run {run_id} at {server}")
    }
}

/// Writes `record` as a run of the experiment `to`, its files, and a version of the registered model `name`, in this order; `alias` points to
/// the version then. Each step continues what an earlier call left undone, and what is there already stays as it is.
///
/// # Errors
/// The server cannot be reached for long, rejects a request, or keeps its artifacts elsewhere.
pub fn publish(server: &Server, record: &Record, (to, name, alias): (&str, &str, Option<&str>)) -> Result<Published, Failure> {
    checked_name(name)?;
    alias.map(checked_alias).transpose()?;
    let experiment_id = experiment(server, to)?;
    let (run, begun) = Run::find_or_begin(server, &experiment_id, record)?;
    let folder = Folder::at(&run.artifacts)?;
    let logged = run.log(server, record)?;
    let mut changed = begun | logged | store_all(server, &run, &folder, record)?;
    run.finish(server)?;
    ensure_model(server, name)?;
    let source = format!("{}/{MODEL}", run.artifacts.trim_end_matches('/'));
    let wanted = Wanted { source: &source, run_id: &run.id, tags: &record.version_tags, description: &record.description };
    let (version, made) = Version::find_or_make(server, name, &wanted)?;
    changed |= made;
    if let Some(alias) = alias {
        changed |= server.set_alias(name, alias, &version.version)?;
    }
    Ok(Published {
        server: server.address().to_owned(),
        experiment_id,
        run_id: run.id,
        name: name.to_owned(),
        version: version.version,
        alias: alias.map(str::to_owned),
        sha256: record.sha256.clone(),
        changed,
    })
}

/// Stores the files that the run lacks, each read back. Whether there were any.
fn store_all(server: &Server, run: &Run, folder: &Folder, record: &Record) -> Result<bool, Failure> {
    let mut sizes: BTreeMap<String, u64> = BTreeMap::new();
    let folders: BTreeSet<&str> =
        record.files.iter().filter_map(|(path, _)| path.rsplit_once('/')).map(|(folder, _)| folder).collect();
    for within in folders {
        let listed = folder.within(within).entries(server)?;
        sizes.extend(
            listed.into_iter().filter(|entry| !entry.is_folder).map(|entry| (format!("{within}/{}", entry.name), entry.bytes)),
        );
    }
    let mut stored = false;
    for (path, bytes) in record.files(&run.id) {
        let file = folder.within(&path);
        // Of a finished run each file was read back once, and stays: its card may say more than the bundle does.
        let size = sizes.get(&path);
        let is_whole = match run.is_finished() {
            true => size.is_some(),
            false => size == Some(&(bytes.len() as u64)) && sha256_of(&file.read(server, None)?) == sha256_of(&bytes),
        };
        if !is_whole {
            file.store(server, &bytes)?;
            stored = true;
        }
    }
    Ok(stored)
}
