//! Binaryen from npm: smaller modules, and modules without WebAssembly.

use std::path::Path;

use anyhow::{Context, Result};

use crate::project::{Project, Purpose, run};

/// What rustc's wasm32 target emits; `-all` would write modules that Node 20 refuses.
const FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-bulk-memory-opt",
];

/// A function that is called from one place stays a function unless it is small. Engines compile whole functions and swap them when
/// they are called the next time: what is made in one large piece runs as the first, hasty compiler left it, and JavaScript of more
/// than 60 KB of byte code is never optimised at all.
const APART: &str = "--one-caller-inline-max-function-size=50";

/// What a module is optimised for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// It works for long.
    Speed,
    /// People wait until it has travelled.
    Size,
}

/// Writes an optimised `input` to `output` (they may be the same file); `input` as it is where a module is only to be tried.
pub fn optimise(project: &Project, input: &Path, output: &Path, goal: Goal) -> Result<()> {
    if project.purpose == Purpose::Trial {
        if input != output {
            std::fs::copy(input, output).with_context(|| format!("{} cannot be written", output.display()))?;
        }
        return Ok(());
    }
    let mut command = project.node_script("binaryen/bin/wasm-opt")?;
    command
        .args(FEATURES)
        .args([
            if goal == Goal::Size { "-Oz" } else { "-O3" },
            APART,
            "--strip-producers",
            "--strip-debug",
            "--strip-target-features",
        ])
        .arg(input)
        .arg("-o")
        .arg(output);
    run(command)
}

/// Writes `module` as a plain JavaScript module: no WebAssembly, same bits. `scratch` takes the lowered module.
pub fn to_javascript(project: &Project, module: &Path, scratch: &Path, output: &Path) -> Result<()> {
    let mut lower = project.node_script("binaryen/bin/wasm-opt")?;
    lower.args(FEATURES);
    lower.args(["-O3", APART, "--signext-lowering", "--llvm-memory-copy-fill-lowering", "--llvm-nontrapping-fptoint-lowering"]);
    lower.arg(module).arg("-o").arg(scratch);
    run(lower)?;
    let mut convert = project.node_script("binaryen/bin/wasm2js")?;
    convert.args(["-O", APART]).arg(scratch).arg("-o").arg(output);
    run(convert)
}
