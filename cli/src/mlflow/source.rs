//! A bundle that comes from MLflow.

use plumbline_core::Bundle;

use super::artifact::Folder;
use super::record::BUNDLE;
use super::registry::Version;
use super::request::Server;
use super::run::Run;
use crate::Failure;
use crate::input::origin::sha256_of;

/// Where a bundle is in MLflow, as its own tools write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `models:/name@alias`.
    Alias(String, String),
    /// `models:/name/3`.
    Version(String, String),
    /// `runs:/id`, with the folder or file in it where one is named.
    Run(String, String),
}

/// A bundle and where it was.
#[derive(Debug)]
pub struct Pulled {
    /// The file.
    pub bytes: Vec<u8>,
    /// The bundle.
    pub bundle: Bundle,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Whether MLflow names that SHA-256, and it is the same.
    pub is_compared: bool,
    /// The run.
    pub run_id: String,
    /// The registered model's version; none of a run.
    pub version: Option<Version>,
}

impl Source {
    /// Reads `models:/name@alias`, `models:/name/3` or `runs:/id/folder`.
    ///
    /// # Errors
    /// It is none of these.
    pub fn read(text: &str) -> Result<Source, Failure> {
        let invalid = || {
            let message = format!("{text:?} is not models:/name@alias, models:/name/3 or runs:/id (with a folder or file in it)");
            Failure::usage("MLFLOW_SOURCE", message)
        };
        if let Some(model) = text.strip_prefix("models:/").map(|rest| rest.trim_start_matches('/')) {
            return match (model.rsplit_once('@'), model.rsplit_once('/')) {
                (Some((name, alias)), _) if !name.is_empty() && !alias.is_empty() && !alias.contains('/') => {
                    Ok(Source::Alias(name.to_owned(), alias.to_owned()))
                }
                (_, Some((name, number))) if !name.is_empty() && number.parse::<u64>().is_ok() => {
                    Ok(Source::Version(name.to_owned(), number.to_owned()))
                }
                _ => Err(invalid()),
            };
        }
        let run = text.strip_prefix("runs:/").map(|rest| rest.trim_start_matches('/')).ok_or_else(invalid)?;
        let (id, path) = run.split_once('/').unwrap_or((run, ""));
        if id.is_empty() { Err(invalid()) } else { Ok(Source::Run(id.to_owned(), path.trim_matches('/').to_owned())) }
    }
}

/// The bundle at `source`, verified: SHA-256 as MLflow states it, structure, digest and golden leads.
///
/// # Errors
/// There is no such version, alias or run, it holds no bundle or several, or the bundle is not the one that was pushed.
pub fn pull(server: &Server, source: &Source) -> Result<Pulled, Failure> {
    let (place, run_id, version, wanted) = match source {
        Source::Run(id, path) => {
            let run = Run::get(server, id)?;
            let wanted = run.tag(BUNDLE).unwrap_or_default().to_owned();
            (Folder::at(&run.artifacts)?.within(path), run.id, None, wanted)
        }
        Source::Alias(name, alias) => of_version(server, Version::at_alias(server, name, alias)?)?,
        Source::Version(name, number) => of_version(server, Version::get(server, name, number)?)?,
    };
    let file = bundle_in(server, &place, source)?;
    let bytes =
        file.read(server, Some(wanted.as_str()).filter(|wanted| !wanted.is_empty())).map_err(|failure| match failure {
            Failure::Service { .. } if !wanted.is_empty() => differs(server, &file, &wanted).unwrap_or(failure),
            failure => failure,
        })?;
    let refused =
        |e: plumbline_core::BundleError| Failure::Model { place: shown(source), code: e.code(), message: e.to_string() };
    let bundle = Bundle::read(&bytes).map_err(refused)?;
    Ok(Pulled { sha256: sha256_of(&bytes), bytes, bundle, is_compared: !wanted.is_empty(), run_id, version })
}

type Place = (Folder, String, Option<Version>, String);

fn of_version(server: &Server, version: Version) -> Result<Place, Failure> {
    let folder = Folder::at(&version.artifacts(server)?)?;
    let (run_id, sha256) = (version.run_id.clone(), version.sha256.clone());
    Ok((folder, run_id, Some(version), sha256))
}

/// The only bundle at `place`: the file itself, or the one in that folder or in `model` below it.
fn bundle_in(server: &Server, place: &Folder, source: &Source) -> Result<Folder, Failure> {
    if matches!(source, Source::Run(_, path) if path.ends_with(".plumb")) {
        return Ok(place.clone());
    }
    for folder in [place.clone(), place.within(super::record::MODEL)] {
        let found: Vec<String> = folder
            .entries(server)?
            .into_iter()
            .filter(|entry| !entry.is_folder && entry.name.ends_with(".plumb"))
            .map(|entry| entry.name)
            .collect();
        match found.as_slice() {
            [] => {}
            [one] => return Ok(folder.within(one)),
            several => {
                let message = format!("{} holds several bundles ({}); name one with runs:/…", shown(source), several.join(", "));
                return Err(Failure::Rejected { code: "MLFLOW_SEVERAL_BUNDLES".to_owned(), message });
            }
        }
    }
    let message = format!("{} holds no bundle (*.plumb); plumbline push makes a version that does", shown(source));
    Err(Failure::Rejected { code: "MLFLOW_NO_BUNDLE".to_owned(), message })
}

/// The failure of a file that is there and is not the one that was pushed; none where it cannot be read at all.
fn differs(server: &Server, file: &Folder, wanted: &str) -> Option<Failure> {
    let found = sha256_of(&file.read(server, None).ok()?);
    let message = format!(
        "the file in MLflow has the SHA-256 {found}, and the version names {wanted}: it was changed or cut; push it again"
    );
    (found != wanted).then(|| Failure::Model { place: server.address().to_owned(), code: "MLFLOW_DIGEST", message })
}

fn shown(source: &Source) -> String {
    match source {
        Source::Alias(name, alias) => format!("models:/{name}@{alias}"),
        Source::Version(name, number) => format!("models:/{name}/{number}"),
        Source::Run(id, path) if path.is_empty() => format!("runs:/{id}"),
        Source::Run(id, path) => format!("runs:/{id}/{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_read_as_mlflow_writes_them() {
        let word = str::to_owned;
        for (text, wanted) in [
            ("models:/leads@champion", Some(Source::Alias(word("leads"), word("champion")))),
            ("models:/web leads/12", Some(Source::Version(word("web leads"), word("12")))),
            ("runs:/8f3a", Some(Source::Run(word("8f3a"), word("")))),
            ("runs:/8f3a/model/model.plumb", Some(Source::Run(word("8f3a"), word("model/model.plumb")))),
            ("models:/leads", None),
            ("models:/leads@", None),
            ("models:/leads/newest", None),
            ("leads@champion", None),
            ("runs:/", None),
        ] {
            assert_eq!(Source::read(text).ok(), wanted, "{text}");
        }
    }
}
