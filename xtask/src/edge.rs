//! The edge module: the service behind its own plain door, so no bindings are generated for it.

use anyhow::Result;

use crate::fresh::{Stamp, inputs_of};
use crate::project::Project;
use crate::{binaryen, cargo};

const PACKAGE: &str = "plumbline-worker";
/// Suites are asked at the edge too.
const FEATURES: [&str; 1] = ["quality"];

/// Builds `worker/pkg/edge.wasm`; skipped when nothing changed.
pub fn module(project: &Project) -> Result<()> {
    let out = project.path("worker/pkg");
    let module = out.join("edge.wasm");
    let stamp = Stamp::new(project, PACKAGE, &inputs_of(project, PACKAGE)?)?;
    if stamp.is_current(std::slice::from_ref(&module)) {
        eprintln!("       Fresh {PACKAGE}");
        return Ok(());
    }
    eprintln!("    Building {PACKAGE} for wasm");
    let built = cargo::wasm(project, PACKAGE, &FEATURES, project.profile("edge"))?;
    std::fs::create_dir_all(&out)?;
    eprintln!("  Optimising {PACKAGE}");
    binaryen::optimise(project, &built, &module, binaryen::Goal::Speed)?;
    stamp.write()
}
