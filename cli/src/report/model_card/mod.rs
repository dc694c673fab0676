//! The model card: what a bundle is, how good it was on leads it had not seen, and what it was made of, as one HTML file or as Markdown.
//!
//! Everything comes from the bundle and its baseline, so the same bundle gives the same card. The HTML asks for nothing and runs nothing: its
//! policy lets in its own style sheet and no script. Figures are SVG, drawn by the charts of the dashboard where it has them.

mod fact;
mod figure;
mod html;
mod markdown;

use std::path::{Path, PathBuf};

use plumbline_core::Bundle;

use crate::Failure;
use crate::output::replace;
use crate::report::train::AgainstChampion;

/// What a card is of.
#[derive(Debug, Clone, Copy)]
pub struct ModelCard<'a> {
    /// The bundle.
    pub bundle: &'a Bundle,
    /// SHA-256 of its file.
    pub sha256: &'a str,
    /// The comparison with the champion on the leads that were held out, if there was one.
    pub champion: Option<&'a AgainstChampion>,
}

impl ModelCard<'_> {
    /// Writes the card to `path`, as HTML or as Markdown by its ending.
    ///
    /// # Errors
    /// Another ending, or the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        replace(path, Kind::of(path)?.text(self).as_bytes())
    }

    /// The card in both kinds, each with its name, as files of a run.
    pub fn files(&self) -> [(String, Vec<u8>); 2] {
        let files = [("card/card.html", self.html()), ("card/card.md", self.markdown())];
        files.map(|(name, text)| (name.to_owned(), text.into_bytes()))
    }

    /// Writes the card next to the bundle at `path`, in both kinds: `leads.plumb` has `leads.card.html` and `leads.card.md`.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write_beside(&self, path: &Path) -> Result<[PathBuf; 2], Failure> {
        let beside = ["card.html", "card.md"].map(|ending| path.with_extension(ending));
        beside.iter().try_for_each(|path| self.write(path))?;
        Ok(beside)
    }

    /// The card as an HTML document.
    pub fn html(&self) -> String {
        html::document(self)
    }

    /// The card as Markdown.
    pub fn markdown(&self) -> String {
        markdown::document(self)
    }
}

/// How a card is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One HTML file.
    Html,
    /// Markdown.
    Markdown,
}

impl Kind {
    /// By the ending of a file's name.
    ///
    /// # Errors
    /// Another ending.
    pub fn of(path: &Path) -> Result<Kind, Failure> {
        let ending = path.extension().map(|ending| ending.to_ascii_lowercase()).unwrap_or_default();
        match ending.to_str() {
            Some("html" | "htm") => Ok(Kind::Html),
            Some("md" | "markdown") => Ok(Kind::Markdown),
            _ => {
                let message = format!("{}: a model card is an HTML file (.html) or Markdown (.md)", path.display());
                Err(Failure::usage("ARGUMENTS", message))
            }
        }
    }

    fn text(self, card: &ModelCard<'_>) -> String {
        match self {
            Kind::Html => card.html(),
            Kind::Markdown => card.markdown(),
        }
    }
}
