//! Runs tests made with `wasm-bindgen-test` in node, bound by the binder that binds everything else: the runner of
//! `wasm-bindgen-cli` would be a second binder, to be installed apart and kept at the same version.

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::cargo;
use crate::project::{Project, run as finish};

/// What the tests' module expects of its host: a way to call a test, and somebody who asks for all of them.
const HARNESS: &str = r#"// Written by `cargo run -p xtask -- wasm-test`.
const suite = require("./suite.js");
globalThis.__wbg_test_invoke = (test) => test();
globalThis.__wbgtest_og_console_log = console.log;
const tests = Object.keys(suite.__wasm).filter((name) => name.startsWith("__wbgt_")).map((name) => suite.__wasm[name]);
if (tests.length === 0) throw new Error("there are no tests");
new suite.WasmBindgenTestContext(false).run(tests).then((passed) => process.exit(passed ? 0 : 1));
"#;

/// Builds the tests of `plumbline/analysis` that need JavaScript values and runs them.
pub fn run(project: &Project) -> Result<()> {
    let module = cargo::wasm_tests(project, "plumbline-wasm", &["analysis"])?;
    let out = project.path("target/xtask/wasm-test");
    std::fs::create_dir_all(&out)?;
    Bindgen::new()
        .input_path(&module)
        .nodejs(true)
        .context("wasm-bindgen knows node")?
        .debug(true)
        .export_wasm(true)
        .emit_start(false)
        .typescript(false)
        .out_name("suite")
        .generate(&out)
        .with_context(|| format!("wasm-bindgen on {}", module.display()))?;
    // The project's own package says that files are ES modules; these are not.
    std::fs::write(out.join("package.json"), "{ \"type\": \"commonjs\" }\n")?;
    let harness = out.join("run.cjs");
    std::fs::write(&harness, HARNESS)?;
    let mut node = project.command("node");
    node.arg(&harness);
    finish(node)
}
