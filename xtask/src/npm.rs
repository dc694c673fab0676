//! The npm package `plumbline`: one module behind a plain C ABI, its twin without WebAssembly, and the shell round both.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::binaryen::Goal;
use crate::fresh::{Stamp, inputs_of};
use crate::project::{Project, run};
use crate::{binaryen, bindgen, cargo, snip};

const PACKAGE: &str = "plumbline-wasm";

/// Modules bound by wasm-bindgen, each made by the feature of its name.
const BOUND: [&str; 3] = ["analysis", "experiment", "quality"];

/// Builds `wasm/pkg`; skipped when nothing changed.
pub fn package(project: &Project) -> Result<()> {
    twin(project, &module(project)?)?;
    for name in BOUND {
        let binding =
            bindgen::Binding { package: PACKAGE, features: &[name], name, profile: "wasm", goal: Goal::Speed, debug: true };
        bindgen::bindgen(project, &binding, &project.path("target/xtask").join(name))?;
    }
    shell(project)
}

/// Builds `plumbline.wasm`, the scorer, in `target/xtask`, and returns its path; skipped when nothing changed.
pub fn module(project: &Project) -> Result<PathBuf> {
    let out = project.path("target/xtask");
    let [wasm, silent] = ["plumbline.wasm", "plumbline.silent.wasm"].map(|name| out.join(name));
    let stamp = Stamp::new(project, PACKAGE, &inputs_of(project, PACKAGE)?)?;
    if stamp.is_current(std::slice::from_ref(&wasm)) {
        eprintln!("       Fresh {PACKAGE}");
        return Ok(wasm);
    }
    eprintln!("    Building {PACKAGE} for wasm");
    let built = cargo::wasm(project, PACKAGE, &[], project.profile("wasm"))?;
    std::fs::create_dir_all(&out)?;
    eprintln!("  Optimising {PACKAGE}");
    snip::panics(&built, &silent, true)?;
    binaryen::optimise(project, &silent, &wasm, Goal::Speed)?;
    stamp.write()?;
    Ok(wasm)
}

/// The scorer's JavaScript twin beside it.
fn twin(project: &Project, wasm: &Path) -> Result<()> {
    let [lowered, script] = ["plumbline.lowered.wasm", "plumbline.js"].map(|name| wasm.with_file_name(name));
    let stamp = Stamp::new(project, "plumbline-twin", &[wasm.to_path_buf()])?;
    if stamp.is_current(std::slice::from_ref(&script)) {
        return Ok(());
    }
    eprintln!("  Converting {PACKAGE} to plain JavaScript");
    binaryen::to_javascript(project, wasm, &lowered, &script)?;
    stamp.write()
}

/// The entry points in `wasm/pkg`, from the module and the shell in `wasm/js`.
fn shell(project: &Project) -> Result<()> {
    let inputs = [
        "wasm/js",
        "wasm/build.mjs",
        "wasm/package.json",
        "wasm/README.md",
        "target/xtask/plumbline.wasm",
        "target/xtask/plumbline.js",
        "target/xtask/analysis",
        "target/xtask/experiment",
        "target/xtask/quality",
    ];
    let stamp = Stamp::new(project, "npm-package", &inputs.map(|input| project.path(input)))?;
    if stamp.is_current(&[project.path("wasm/pkg/index.js"), project.path("wasm/pkg/plumbline.wasm")]) {
        eprintln!("       Fresh npm package plumbline");
        return Ok(());
    }
    eprintln!("   Packaging plumbline for npm");
    let mut node = project.command("node");
    node.arg("wasm/build.mjs");
    run(node)?;
    stamp.write()
}
