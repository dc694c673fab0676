//! Every example of docs/IMPORT.md, executed: models trained in Python, imported and scored by the real binary.
//!
//! Needs the interpreter that `npm test` prepares (`PLUMBLINE_PYTHON`, with tests/python/requirements.txt); without it says so.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::io::Write;
use std::path::Path;
use std::process::Command;

#[test]
fn every_example_of_the_guide_runs_as_printed() {
    let Some(python) = std::env::var_os("PLUMBLINE_PYTHON") else {
        // Written past the harness, which captures what is printed; `npm test` repeats such lines.
        drop(std::io::stderr().write_all(b"not run: the examples of docs/IMPORT.md; PLUMBLINE_PYTHON names no interpreter\n"));
        return;
    };
    let runner = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/python/import_guide.py");
    let output = Command::new(python).arg(runner).arg(env!("CARGO_BIN_EXE_plumbline")).output().expect("python starts");
    let (said, failed) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{failed}");
    assert!(said.lines().filter(|line| line.contains("largest difference")).count() >= 5, "{said}");
}
