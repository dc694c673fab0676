//! Names of the files a run reads and writes.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::Failure;

/// What a run writes must be no file it reads, nor one file twice.
pub fn keep_apart(files: &[(&str, Option<&Path>)], written: &[(&str, Option<&Path>)]) -> Result<(), Failure> {
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    for (name, path) in written.iter().filter_map(|(name, path)| Some((*name, (*path)?))) {
        let same = |(other, file): &&(&str, Option<&Path>)| *other != name && file.is_some_and(|file| real(file) == real(path));
        // A device takes from several.
        if let Some((other, _)) = files.iter().find(same).filter(|_| !path.exists() || path.is_file()) {
            let message = format!("{} is {other}; {name} would overwrite it", path.display());
            return Err(Failure::usage("ARGUMENTS", message));
        }
    }
    Ok(())
}

/// Whether the name says NDJSON.
pub fn is_ndjson(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("ndjson") || e.eq_ignore_ascii_case("jsonl"))
}

/// `path` with `ending` after its name.
pub fn append(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}
