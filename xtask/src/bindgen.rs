//! wasm-bindgen, linked as a library: it is always the version the crates were compiled with (`tests/tests/lock.rs`).

use std::path::Path;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::fresh::{Stamp, inputs_of};
use crate::project::Project;
use crate::{binaryen, cargo};

/// Builds `package` and writes `<package>.js`, `<package>_bg.wasm` and their types to `out`, for ES modules
/// (`await init()` on a page, `initSync({ module })` where the host compiled the module). Skipped when nothing changed.
pub fn bindgen(project: &Project, package: &str, out: &Path) -> Result<()> {
    let name = package.replace('-', "_");
    let stamp = Stamp::new(project, package, &inputs_of(project, package)?)?;
    if stamp.is_current(&[out.join(format!("{name}_bg.wasm"))]) {
        eprintln!("       Fresh {package}");
        return Ok(());
    }
    eprintln!("    Building {package} for wasm");
    let module = cargo::wasm(project, package, "wasm")?;
    eprintln!("     Binding {package}");
    std::fs::create_dir_all(out)?;
    Bindgen::new()
        .input_path(&module)
        .web(true)
        .context("wasm-bindgen knows the web target")?
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .out_name(&name)
        .generate(out)
        .with_context(|| format!("wasm-bindgen on {}", module.display()))?;
    eprintln!("  Optimising {package}");
    let bound = out.join(format!("{name}_bg.wasm"));
    binaryen::optimise(project, &bound, &bound)?;
    stamp.write()
}
