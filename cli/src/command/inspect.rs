//! `plumbline inspect`: what a bundle is, on one card.

use std::path::PathBuf;

use clap::Args;

use crate::input::model_file::BundleFile;
use crate::output::terminal;
use crate::report::card::Card;
use crate::{Failure, Outcome};

/// Verify a bundle and print its model card
#[derive(Debug, Args)]
#[command(after_help = "\
The bundle is verified first: structure, digest, and golden leads, which are scored and compared bit for bit. An invalid bundle
is rejected with the reason (exit code 4).

Examples:
  plumbline inspect web-leads.plumb
  plumbline inspect web-leads.plumb --json | jq .trees")]
pub struct Inspect {
    /// The bundle
    #[arg(value_name = "M.plumb")]
    model: PathBuf,
}

impl Inspect {
    /// Prints the card.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let file = BundleFile::open(&self.model)?;
        let card = Card::of(&file.bundle, file.bytes);
        if json {
            terminal::say_json(&card)?
        } else {
            terminal::say(&card.full())?
        }
        Ok(Outcome::Done)
    }
}
