//! The npm package `plumbline`: one module behind a plain C ABI, its twin without WebAssembly, and the shell round both.

use anyhow::Result;

use crate::fresh::{Stamp, inputs_of};
use crate::project::{Project, run};
use crate::{binaryen, bindgen, cargo, snip};

const PACKAGE: &str = "plumbline-wasm";

/// Modules bound by wasm-bindgen, each made by the feature of its name.
const BOUND: [&str; 3] = ["analysis", "experiment", "quality"];

/// Builds `wasm/pkg`; skipped when nothing changed.
pub fn package(project: &Project) -> Result<()> {
    module(project)?;
    for name in BOUND {
        let binding = bindgen::Binding { package: PACKAGE, features: &[name], name, profile: "wasm" };
        bindgen::bindgen(project, &binding, &project.path("target/xtask").join(name))?;
    }
    shell(project)
}

/// `plumbline.wasm` and its JavaScript twin, in `target/xtask`.
fn module(project: &Project) -> Result<()> {
    let out = project.path("target/xtask");
    let [wasm, silent, lowered, script] =
        ["plumbline.wasm", "plumbline.silent.wasm", "plumbline.lowered.wasm", "plumbline.js"].map(|name| out.join(name));
    let stamp = Stamp::new(project, PACKAGE, &inputs_of(project, PACKAGE)?)?;
    if stamp.is_current(&[wasm.clone(), script.clone()]) {
        eprintln!("       Fresh {PACKAGE}");
        return Ok(());
    }
    eprintln!("    Building {PACKAGE} for wasm");
    let built = cargo::wasm(project, PACKAGE, &[], "wasm")?;
    std::fs::create_dir_all(&out)?;
    eprintln!("  Optimising {PACKAGE}");
    snip::panics(&built, &silent)?;
    binaryen::optimise(project, &silent, &wasm)?;
    eprintln!("  Converting {PACKAGE} to plain JavaScript");
    binaryen::to_javascript(project, &wasm, &lowered, &script)?;
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
