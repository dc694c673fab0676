//! Crates to wasm modules.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::project::{Project, Purpose, capture, run};

const TARGET: &str = "wasm32-unknown-unknown";

/// Builds `package` with `features` for a JavaScript host in `profile`; returns the path of its module.
pub fn wasm(project: &Project, package: &str, features: &[&str], profile: &str) -> Result<PathBuf> {
    add_target(project)?;
    let mut cargo = project.command(env!("CARGO"));
    // The crate type is given here, because a manifest that names rlib beside cdylib would lose link-time optimisation.
    cargo.args(["rustc", "--quiet", "--package", package, "--lib", "--crate-type", "cdylib"]);
    cargo.args(["--target", TARGET, "--profile", profile]);
    cargo.args(features.iter().flat_map(|feature| ["--features", feature]));
    if project.purpose == Purpose::Trial {
        // The same features for all modules, so that the core is compiled once.
        cargo.args(["--features", "plumbline-core/quality"]);
    }
    cargo.arg("--message-format=json-render-diagnostics");
    module_of(&capture(cargo)?).with_context(|| format!("{package} has no wasm module"))
}

/// Builds the tests of `package` with `features`; returns the path of their module.
pub fn wasm_tests(project: &Project, package: &str, features: &[&str]) -> Result<PathBuf> {
    add_target(project)?;
    let mut cargo = project.command(env!("CARGO"));
    cargo.args(["test", "--quiet", "--no-run", "--package", package, "--lib", "--target", TARGET, "--profile", "cheap"]);
    cargo.args(features.iter().flat_map(|feature| ["--features", feature]));
    cargo.arg("--message-format=json-render-diagnostics");
    module_of(&capture(cargo)?).with_context(|| format!("{package} has no test module"))
}

/// The last wasm module among cargo's messages.
fn module_of(messages: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message.get("reason").and_then(Value::as_str) == Some("compiler-artifact"))
        .filter_map(|message| {
            let files = message.get("filenames")?.as_array()?.iter().filter_map(Value::as_str);
            files.filter(|file| file.ends_with(".wasm")).map(PathBuf::from).next()
        })
        .next_back()
}

/// Adds the wasm target to the toolchain unless it is there.
fn add_target(project: &Project) -> Result<()> {
    let mut rustc = project.command("rustc");
    rustc.args(["--print", "target-libdir", "--target", TARGET]);
    if PathBuf::from(capture(rustc)?.trim()).is_dir() {
        return Ok(());
    }
    eprintln!("      Adding the target {TARGET}");
    let mut rustup = project.command("rustup");
    rustup.args(["target", "add", TARGET]);
    run(rustup)
}
