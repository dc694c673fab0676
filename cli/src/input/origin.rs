//! Which files under Git a model comes from: the revision, and the digests of settings and schema.

use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};

use super::model_file;
use crate::Failure;

/// The revision that the Git tree around `folder` is at, with `+dirty` where tracked files were changed since; none outside a tree, or where
/// `git` is not installed.
pub fn revision(folder: &Path) -> Option<String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let git = |args: &[&str]| {
        let done = Command::new("git").arg("-C").arg(folder).args(args).output().ok()?;
        done.status.success().then(|| String::from_utf8_lossy(&done.stdout).trim().to_owned())
    };
    let head = git(&["rev-parse", "--verify", "HEAD"]).filter(|head| !head.is_empty())?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no"])?;
    Some(if changed.is_empty() { head } else { format!("{head}+dirty") })
}

/// SHA-256 of the file at `path`, hexadecimal.
///
/// # Errors
/// The file cannot be read.
pub fn sha256(path: &Path) -> Result<String, Failure> {
    Ok(sha256_of(&model_file::read(path)?))
}

/// SHA-256 of `bytes`, hexadecimal.
pub fn sha256_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
