//! Build glue: `cargo run -p xtask -- <command>`.
//!
//! Turns crates into what a JavaScript host loads: cargo for `wasm32-unknown-unknown`, wasm-bindgen (linked as a library, so its
//! version cannot drift from the one the crates use) and Binaryen from npm. Everything is skipped when its inputs are unchanged.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command talks to its terminal")]

mod binaryen;
mod bindgen;
mod cargo;
mod demo_data;
mod edge;
mod fresh;
mod npm;
mod page;
mod project;
mod sizes;
mod snip;
mod wasm_test;

use std::process::ExitCode;

use anyhow::{Result, bail};
use project::Purpose;

const USAGE: &str = "usage: cargo run -p xtask -- <command>
  wasm      the npm package `plumbline` in wasm/pkg
  worker    the edge worker in worker/pkg
  web       the page in web/dist
            --trial builds these two soon rather than fast and small, unless they are built already
  all       the three above
  wasm-test the tests of `plumbline/analysis` that need JavaScript values, in node
  demo-data the demo's leads, seeded: --rows N --seed S [--leads] -o FILE
  sizes     raw, gzip and brotli sizes of the build; fails above xtask/budgets.txt";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let purpose = if arguments.iter().any(|argument| argument == "--trial") { Purpose::Trial } else { Purpose::Deploy };
    let project = project::Project::find(purpose)?;
    match arguments.first().map(String::as_str) {
        Some("wasm") => npm::package(&project),
        Some("worker") => edge::module(&project),
        Some("web") => page::page(&project),
        Some("all") => {
            npm::package(&project)?;
            edge::module(&project)?;
            page::page(&project)
        }
        Some("wasm-test") => wasm_test::run(&project),
        Some("demo-data") => demo_data::run(arguments.get(1..).unwrap_or_default()),
        Some("sizes") => sizes::check(&project),
        _ => bail!("{USAGE}"),
    }
}
