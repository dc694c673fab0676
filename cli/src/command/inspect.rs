//! `plumbline inspect`: what a bundle is, on one card.

use std::path::PathBuf;

use clap::Args;

use crate::input::model_file::BundleFile;
use crate::input::origin;
use crate::output::terminal;
use crate::report::card::Card;
use crate::report::model_card::ModelCard;
use crate::{Failure, Outcome};

/// Verify a bundle and print its model card
#[derive(Debug, Args)]
#[command(after_help = "\
The bundle is verified first: structure, digest, and golden leads, which are scored and compared bit for bit. An invalid bundle
is rejected with the reason (exit code 4).

Examples:
  plumbline inspect web-leads.plumb
  plumbline inspect web-leads.plumb --json | jq .trees
  plumbline inspect web-leads.plumb --suite > suite.json
  plumbline inspect web-leads.plumb --card web-leads.card.html")]
pub struct Inspect {
    /// The bundle
    #[arg(value_name = "M.plumb")]
    model: PathBuf,
    /// Print the expectation suite of the model's baseline instead (JSON of Great Expectations 1.x)
    #[arg(long)]
    suite: bool,
    /// Write the model card with its figures to a file instead: HTML (.html) or Markdown (.md)
    #[arg(long, value_name = "FILE", conflicts_with = "suite")]
    card: Option<PathBuf>,
}

impl Inspect {
    /// Prints the card.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let file = BundleFile::open(&self.model)?;
        if self.suite {
            let suite = file.bundle.baseline.as_ref().map(|baseline| baseline.suite.as_str()).filter(|suite| !suite.is_empty());
            let suite: serde_json::Value = suite.and_then(|suite| serde_json::from_str(suite).ok()).ok_or_else(|| {
                let message = "the bundle has no baseline, and so no suite; plumbline baseline adds one";
                let place = self.model.display().to_string();
                Failure::Model { place, code: "NO_BASELINE", message: message.to_owned() }
            })?;
            terminal::say_json(&suite)?;
            return Ok(Outcome::Done);
        }
        if let Some(path) = &self.card {
            let sha256 = origin::sha256(&self.model)?;
            ModelCard { bundle: &file.bundle, sha256: &sha256, champion: None }.write(path)?;
            terminal::note(&format!("{} holds the model card", path.display()));
            return Ok(Outcome::Done);
        }
        let card = Card::of(&file.bundle, file.bytes);
        if json {
            terminal::say_json(&card)?
        } else {
            terminal::say(&card.full())?
        }
        Ok(Outcome::Done)
    }
}
