//! Files of runs, through the server.

use serde_json::Value;

use super::request::{Server, passing};
use crate::Failure;
use crate::input::origin::sha256_of;

/// A folder of artifacts that the server stores itself.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    path: String,
}

/// A file or a folder in a [`Folder`].
pub(super) struct Entry {
    /// Its name.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Its size, bytes.
    pub bytes: u64,
}

impl Folder {
    /// The folder at `uri`, such as `mlflow-artifacts:/1/8f…/artifacts`.
    ///
    /// # Errors
    /// It is in a bucket or on a disk that the server does not stand in front of.
    pub fn at(uri: &str) -> Result<Folder, Failure> {
        let rest = uri.strip_prefix("mlflow-artifacts:").ok_or_else(|| {
            let message = format!(
                "the artifacts are at {uri}, which only programs with a key to that place can reach; start MLflow with --serve-artifacts \
                 (its default) and a --default-artifact-root of mlflow-artifacts:/"
            );
            Failure::Rejected { code: "MLFLOW_ARTIFACTS_NOT_SERVED".to_owned(), message }
        })?;
        // With a host in it, it is the server itself that is named.
        let path = match rest.strip_prefix("//") {
            Some(with_host) => with_host.split_once('/').map_or("", |(_, path)| path),
            None => rest,
        };
        Ok(Folder { path: path.trim_matches('/').to_owned() })
    }

    /// The folder or file `name` in it.
    pub fn within(&self, name: &str) -> Folder {
        let path = [self.path.as_str(), name.trim_matches('/')].into_iter().filter(|part| !part.is_empty());
        Folder { path: path.collect::<Vec<&str>>().join("/") }
    }

    /// What is in it.
    pub fn entries(&self, server: &Server) -> Result<Vec<Entry>, Failure> {
        let listed = server.artifacts_in(&self.path)?;
        let entry = |file: &Value| Entry {
            // Some stores give the whole path.
            name: file
                .get("path")
                .and_then(Value::as_str)
                .and_then(|path| path.rsplit('/').next())
                .unwrap_or_default()
                .to_owned(),
            is_folder: file.get("is_dir").and_then(Value::as_bool).unwrap_or(false),
            bytes: file.get("file_size").and_then(Value::as_u64).unwrap_or_default(),
        };
        Ok(listed.get("files").and_then(Value::as_array).into_iter().flatten().map(entry).collect())
    }

    /// The bytes of this file, whose SHA-256 must be `sha256` where it is known: what differs was cut on its way, and is read again.
    pub fn read(&self, server: &Server, sha256: Option<&str>) -> Result<Vec<u8>, Failure> {
        server.patiently(|| {
            let bytes = server.artifact_once(&self.path)?;
            match sha256 {
                Some(wanted) if sha256_of(&bytes) != wanted => Err(passing("a file came with a SHA-256 that is not its own")),
                _ => Ok(bytes),
            }
        })
    }

    /// Stores the bytes of this file, and reads them back.
    pub fn store(&self, server: &Server, bytes: &[u8]) -> Result<(), Failure> {
        server.store(&self.path, bytes)?;
        self.read(server, Some(&sha256_of(bytes))).map(drop)
    }
}
