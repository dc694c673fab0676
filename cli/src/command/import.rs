//! `plumbline import`: a peer's model file becomes a bundle.

use std::path::{Path, PathBuf};

use clap::Args;
use plumbline_core::bundle::{Declaration, Packing};
use plumbline_core::explain::Explainer;
use plumbline_core::import::{Imported, import};
use plumbline_core::model::Model;
use plumbline_core::{Bundle, ConfigErrors, Manifest, Scorer};
use sha2::{Digest, Sha256};

use crate::input::declaration::read_declaration;
use crate::input::model_file;
use crate::output::{self, terminal};
use crate::report::card::Card;
use crate::{Failure, Outcome};

/// Convert an XGBoost or LightGBM model into a bundle
#[derive(Debug, Args)]
#[command(after_help = "\
The format is detected by content: XGBoost JSON or UBJ, LightGBM text, each also gzipped.
The bundle is read back and its golden leads are scored before it replaces an existing file at OUT.

A schema (TOML) declares the fields of a lead and how they become the model's columns. Without one, each column is a field of
the same name: categorical columns take the category names in the file, otherwise codes (0, 1, 2 …); all others are numbers.

    [model]
    name = \"web-leads\"
    version = \"2026-11-23.1\"

    [[field]]
    name = \"visits\"
    kind = \"number\"

    [[field]]
    name = \"source\"
    kind = \"category\"
    categories = [\"ads\", \"organic\"]

    [[band]]
    name = \"hot\"
    from = 0.6

    [[band]]
    name = \"cold\"
    from = 0.0

Examples:
  plumbline import model.ubj -o web-leads.plumb
  plumbline import model.txt.gz -o web-leads.plumb --schema web-leads.toml --version 2026-11-23.1
  cat model.json | plumbline import - -o web-leads.plumb --name web-leads --json")]
pub struct Import {
    /// XGBoost JSON or UBJ, LightGBM text, each also gzipped; `-` is standard input
    file: PathBuf,
    /// The bundle to write
    #[arg(short, long, value_name = "M.plumb")]
    out: PathBuf,
    /// Declaration of the model: name, version, schema, calibration, bands … (TOML)
    #[arg(long, value_name = "S.toml")]
    schema: Option<PathBuf>,
    /// Name of the model [default: from the schema, otherwise the file name]
    #[arg(long)]
    name: Option<String>,
    /// Version of the model [default: from the schema, otherwise the first 12 digits of the file's SHA-256]
    #[arg(long)]
    version: Option<String>,
    /// Write the smallest file: scores stay exact, contributions of reasons change slightly (see `inspect`)
    #[arg(long)]
    compact: bool,
}

impl Import {
    /// Imports the file.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let content = model_file::read(&self.file)?;
        let Imported { format, version, objective, model, categories, mut notes, .. } = import(&content)
            .map_err(|e| Failure::Model { place: self.file.display().to_string(), code: e.code(), message: e.to_string() })?;
        let manifest = self.manifest(&content, &model, &categories)?;
        let refused = |e: plumbline_core::BundleError| Failure::Model {
            place: self.out.display().to_string(),
            code: e.code(),
            message: e.to_string(),
        };
        let packing = if self.compact { Packing::Compact } else { Packing::Plain };
        let written = Bundle::new(manifest, model).packed(packing);
        let bytes = written.write().map_err(refused)?;
        // What cannot be read back, or does not fit its schema, is not worth a name.
        let bundle = Bundle::read(&bytes).map_err(refused)?;
        if self.compact {
            notes.extend(change(written.model(), &bundle));
        }
        let schema = self.schema.as_ref().unwrap_or(&self.file);
        let misfit = |e: ConfigErrors| Failure::input(schema.display().to_string(), e.code(), e.to_string());
        let scorer = Scorer::new(bundle).map_err(misfit)?;
        output::replace(&self.out, &bytes)?;
        let card = Card::of(scorer.bundle(), bytes.len() as u64);
        if json {
            return terminal::say_json(&serde_json::json!({
                "file": self.file.display().to_string(),
                "format": format.to_string(),
                "format_version": version,
                "objective": objective,
                "notes": notes,
                "out": self.out.display().to_string(),
                "model": card,
            }))
            .map(|()| Outcome::Done);
        }
        notes.iter().for_each(|note| terminal::note(&format!("note: {note}")));
        let origin =
            [format.to_string(), version, objective].iter().filter(|t| !t.is_empty()).cloned().collect::<Vec<_>>().join(", ");
        terminal::say(&format!("{} ({origin}) → {}\n{}", self.file.display(), self.out.display(), card.short()))?;
        Ok(Outcome::Done)
    }

    fn manifest(&self, content: &[u8], model: &Model, categories: &[Vec<String>]) -> Result<Manifest, Failure> {
        let declaration = match &self.schema {
            Some(path) => read_declaration(path)?,
            None => Declaration::default(),
        };
        let mut manifest = Manifest::declared(declaration, &model.columns, categories);
        if let Some(name) = &self.name {
            manifest.name.clone_from(name);
        } else if manifest.name.is_empty() {
            manifest.name = stem(&self.file);
        }
        if let Some(version) = &self.version {
            manifest.version.clone_from(version);
        } else if manifest.version.is_empty() {
            let digest = Sha256::digest(content);
            manifest.version = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        }
        Ok(manifest)
    }
}

/// What rounding changes in the contributions of `bundle`'s golden leads, against the `exact` model; none when it is not explained.
fn change(exact: &Model, bundle: &Bundle) -> Option<String> {
    let (exact, rounded) = (Explainer::compile(exact)?, Explainer::compile(bundle.model())?);
    let length = bundle.model().outputs as usize * (bundle.model().columns.len() + 1);
    let (mut before, mut after) = (vec![0.0; length], vec![0.0; length]);
    let (mut largest, mut change) = (0.0f64, 0.0f64);
    for golden in bundle.goldens() {
        exact.contributions(&golden.row, &mut before);
        rounded.contributions(&golden.row, &mut after);
        for (before, after) in before.iter().zip(&after) {
            (largest, change) = (largest.max(before.abs()), change.max((before - after).abs()));
        }
    }
    let leads = bundle.goldens().len();
    Some(format!("contributions of the {leads} golden leads change by at most {change:.1e}; the largest is {largest:.2}"))
}

/// The file's name without its endings; `model` for standard input. `web-leads/model.json.gz` is `web-leads`: peers all say `model`.
fn stem(path: &Path) -> String {
    let name = |p: &Path| p.file_name().and_then(|n| n.to_str()).map(|n| n.split('.').next().unwrap_or(n).to_owned());
    let own = name(path).filter(|n| !n.is_empty() && n != "-").unwrap_or_else(|| "model".to_owned());
    match path.parent().and_then(name) {
        Some(folder) if own == "model" && !folder.is_empty() => folder,
        _ => own,
    }
}
