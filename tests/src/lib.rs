//! What the tests share: where reference vectors lie, how they are read.

pub mod bench;
pub mod conformance;
pub mod fuzz;
pub mod golden;
pub mod load;
pub mod postgres;
pub mod scenario;
pub mod schemas;
pub mod simulation;

use std::io::Write;
use std::path::{Path, PathBuf};

/// The root of the project.
pub fn project_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folder of reference vectors: `PLUMBLINE_SHARED`, else `../shared` beside the project; none when absent. Who asks for a folder
/// by name learns from [`named_folder`] whether it is there.
pub fn shared_folder() -> Option<PathBuf> {
    let folder = std::env::var_os("PLUMBLINE_SHARED").map_or_else(|| project_root().join("../shared"), PathBuf::from);
    folder.is_dir().then_some(folder)
}

/// The folder that `PLUMBLINE_SHARED` names; none when it is not set.
///
/// # Errors
/// A sentence when it is no folder: a run without it would prove less than was asked for.
pub fn named_folder() -> Result<Option<PathBuf>, String> {
    let Some(folder) = std::env::var_os("PLUMBLINE_SHARED").map(PathBuf::from) else { return Ok(None) };
    if folder.is_dir() { Ok(Some(folder)) } else { Err(format!("PLUMBLINE_SHARED is {}, which is no folder", folder.display())) }
}

/// Reports on stderr that this machine could not run `what`. Test harnesses capture what is printed, but not this; `npm test` repeats
/// such lines after its table.
pub fn not_run(what: &str) {
    drop(std::io::stderr().write_all(format!("not run: {what}\n").as_bytes()));
}
