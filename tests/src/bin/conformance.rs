//! Runs every conformance suite, on the project's own vectors and on the shared ones when they are there, and prints tables.
//! Exit code 1 when anything differs or nothing was compared.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command speaks on the terminal")]

use std::process::ExitCode;

use plumbline_tests::conformance::{self, Conformance, Suite};

fn main() -> ExitCode {
    let found = match conformance::run() {
        Ok(found) => found,
        Err(reason) => {
            eprintln!("conformance: {reason}");
            return ExitCode::from(1);
        }
    };
    found.iter().for_each(print);
    if !found.iter().any(|found| found.source.starts_with("shared")) {
        println!("not run: the larger shared vectors; PLUMBLINE_SHARED names no folder, and there is no ../shared");
    }
    ExitCode::from(u8::from(!found.iter().all(|found| found.suites.iter().all(Suite::is_proof))))
}

fn print(found: &Conformance) {
    println!("{:<44}{:>7}{:>10}{:>10}", format!("{} vectors: suite", found.source), "files", "cases", "passed");
    for suite in &found.suites {
        println!("{:<44}{:>7}{:>10}{:>10}", suite.name, suite.files, suite.cases, suite.passed);
        for failure in &suite.failures {
            println!("  {failure}");
        }
    }
    for reason in &found.left_out {
        println!("left out: {reason}");
    }
    if found.models > 0 {
        println!("{} models, {} rows", found.models, found.rows);
    }
    println!();
}
