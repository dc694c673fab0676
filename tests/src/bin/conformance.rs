//! Runs every conformance suite and prints a table. Exit code 1 when anything differs or nothing was compared, 69 without vectors.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command speaks on the terminal")]

use std::process::ExitCode;

use plumbline_tests::{conformance, shared_folder};

fn main() -> ExitCode {
    let Some(shared) = shared_folder() else {
        eprintln!(
            "conformance: no reference vectors: set PLUMBLINE_SHARED to their folder (default ../shared beside the project)"
        );
        return ExitCode::from(69);
    };
    let found = match conformance::run(&shared) {
        Ok(found) => found,
        Err(reason) => {
            eprintln!("conformance: {reason}");
            return ExitCode::from(1);
        }
    };
    println!("{:<32}{:>7}{:>10}{:>10}", "suite", "files", "cases", "passed");
    for suite in &found.suites {
        println!("{:<32}{:>7}{:>10}{:>10}", suite.name, suite.files, suite.cases, suite.passed);
        for failure in &suite.failures {
            println!("  {failure}");
        }
    }
    for reason in &found.left_out {
        println!("left out: {reason}");
    }
    println!("{} models, {} rows", found.models, found.rows);
    ExitCode::from(u8::from(!found.suites.iter().all(conformance::Suite::is_proof)))
}
