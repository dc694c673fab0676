//! Writes the twin of a bundle: the same model under another version, for a rollout that costs what two models cost.
#![allow(clippy::print_stderr, reason = "a command speaks on the terminal")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use plumbline_core::Bundle;

/// The same model under another version.
#[derive(Parser)]
struct Arguments {
    /// The bundle
    from: PathBuf,
    /// The version of its twin
    version: String,
    /// Where the twin goes
    to: PathBuf,
}

fn main() -> ExitCode {
    match write(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("twin: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn write(Arguments { from, version, to }: &Arguments) -> Result<(), String> {
    let bytes = std::fs::read(from).map_err(|e| format!("{}: {e}", from.display()))?;
    let mut bundle = Bundle::read(&bytes).map_err(|e| format!("{}: {e}", from.display()))?;
    bundle.manifest.version.clone_from(version);
    let bytes = bundle.write().map_err(|e| e.to_string())?;
    std::fs::write(to, bytes).map_err(|e| format!("{}: {e}", to.display()))
}
