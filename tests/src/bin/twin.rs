//! Writes the twin of a bundle: the same model under another version, for a rollout that costs what two models cost; and, with `--id`, under
//! another name of the lead's id.
#![allow(clippy::print_stderr, reason = "a command speaks on the terminal")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use plumbline_core::Bundle;
use plumbline_core::schema::Role;

/// The same model under another version.
#[derive(Parser)]
struct Arguments {
    /// The bundle
    from: PathBuf,
    /// The version of its twin
    version: String,
    /// Where the twin goes
    to: PathBuf,
    /// What the twin calls the lead's id
    #[arg(long)]
    id: Option<String>,
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

fn write(Arguments { from, version, to, id }: &Arguments) -> Result<(), String> {
    let bytes = std::fs::read(from).map_err(|e| format!("{}: {e}", from.display()))?;
    let mut bundle = Bundle::read(&bytes).map_err(|e| format!("{}: {e}", from.display()))?;
    bundle.manifest.version.clone_from(version);
    if let Some(name) = id {
        let field = bundle
            .manifest
            .schema
            .fields
            .iter_mut()
            .find(|field| field.role == Role::Id)
            .ok_or("the model's schema has no field of role id")?;
        field.name.clone_from(name);
    }
    let bytes = bundle.write().map_err(|e| e.to_string())?;
    std::fs::write(to, bytes).map_err(|e| format!("{}: {e}", to.display()))
}
