//! wasm-bindgen, linked as a library: it is always the version the crates were compiled with (`tests/tests/lock.rs`).

use std::path::Path;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::binaryen::Goal;
use crate::fresh::{Stamp, inputs_of};
use crate::project::{Project, Purpose};
use crate::{binaryen, cargo, snip};

/// What is bound.
pub struct Binding<'a> {
    pub package: &'a str,
    pub features: &'a [&'a str],
    /// What its files are called.
    pub name: &'a str,
    /// The profile it is built in.
    pub profile: &'a str,
    /// What it is optimised for.
    pub goal: Goal,
    /// Whether it formats values with `{:?}` other than in panics.
    pub debug: bool,
}

/// Builds `binding` and writes `<name>.js`, `<name>_bg.wasm` and their types to `out`, for ES modules
/// (`await init()` on a page, `initSync({ module })` where the host compiled the module). Skipped when nothing changed.
pub fn bindgen(project: &Project, binding: &Binding<'_>, out: &Path) -> Result<()> {
    let Binding { package, features, name, profile, goal, debug } = *binding;
    let stamp = Stamp::new(project, name, &inputs_of(project, package)?)?;
    if stamp.is_current(&[out.join(format!("{name}_bg.wasm"))]) {
        eprintln!("       Fresh {name}");
        return Ok(());
    }
    eprintln!("    Building {name} for wasm");
    let mut module = cargo::wasm(project, package, features, project.profile(profile))?;
    if goal == Goal::Size && project.purpose == Purpose::Deploy {
        let silent = project.path("target/xtask").join(format!("{name}.silent.wasm"));
        std::fs::create_dir_all(project.path("target/xtask"))?;
        snip::panics(&module, &silent, debug)?;
        module = silent;
    }
    eprintln!("     Binding {name}");
    std::fs::create_dir_all(out)?;
    Bindgen::new()
        .input_path(&module)
        .web(true)
        .context("wasm-bindgen knows the web target")?
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .out_name(name)
        .generate(out)
        .with_context(|| format!("wasm-bindgen on {}", module.display()))?;
    eprintln!("  Optimising {name}");
    let bound = out.join(format!("{name}_bg.wasm"));
    binaryen::optimise(project, &bound, &bound, goal)?;
    stamp.write()
}
