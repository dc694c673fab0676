//! `plumbline import`: a peer's model file becomes a bundle.

mod calibration;
mod check;
mod limit;
mod unread;

use std::path::{Path, PathBuf};

use clap::Args;
use plumbline_core::bundle::{Declaration, FileCategories, Packing};
use plumbline_core::explain::Explainer;
use plumbline_core::import::{ImportError, Imported, Rounds, average, import_within};
use plumbline_core::model::Model;
use plumbline_core::{Bundle, ConfigErrors, Manifest, Scorer};
use sha2::{Digest, Sha256};

use crate::input::declaration::read_declaration;
use crate::input::model_file;
use crate::output::{self, terminal};
use crate::report::card::Card;
use crate::report::summary::ImportSummary;
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

Calibration: --sigmoid A,B gives 1 / (1 + e^(A·x + B)), where --on says what x is: the model's `margin`, or its `probability`, as in
scikit-learn's CalibratedClassifierCV (a_ and b_ of each calibrator). Several FILEs become the average of their calibrated
probabilities (ensemble=True), with one --sigmoid each. A schema can declare the same, and isotonic maps.

--check compares the predictions in a table with ours before the bundle is written: margins bit for bit, probabilities within 1e-6
(XGBoost) or 1e-12 (LightGBM). If rows differ, the usual causes are tried and the one that explains all rows is named; no bundle
is written. The golden leads of the bundle come from these rows. To write the table in Python:
  X.assign(prediction=model.predict_proba(X)[:, 1]).to_csv(\"predictions.csv\", index=False)

Examples:
  plumbline import model.ubj -o web-leads.plumb --check predictions.csv
  plumbline import model.ubj -o web-leads.plumb --rounds 0..120 --sigmoid=-5.1,2.4 --on probability
  plumbline import fold0.ubj fold1.ubj -o web-leads.plumb --sigmoid=-5.1,2.4 --sigmoid=-4.9,2.3 --on probability
  plumbline import model.txt.gz -o web-leads.plumb --schema web-leads.toml --version 2026-11-23.1
  cat model.json | plumbline import - -o web-leads.plumb --name web-leads --json")]
pub struct Import {
    /// XGBoost JSON or UBJ, LightGBM text, each also gzipped; `-` is standard input. Several are averaged
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The bundle to write
    #[arg(short, long, value_name = "M.plumb")]
    out: PathBuf,
    /// Declaration of the model: name, version, schema, calibration, bands … (TOML)
    #[arg(long, value_name = "S.toml")]
    schema: Option<PathBuf>,
    /// Texts that mean missing in every field that does not list them as a category; `@pandas` stands for NA, NULL, NaN and the other
    /// words pandas reads so
    #[arg(long, value_name = "TEXT,…", value_delimiter = ',', allow_hyphen_values = true)]
    missing: Vec<String>,
    /// Name of the model [default: from the schema, otherwise the file name]
    #[arg(long)]
    name: Option<String>,
    /// Version of the model [default: from the schema, otherwise the first 12 digits of the file's SHA-256]
    #[arg(long)]
    version: Option<String>,
    /// Boosting rounds to use: `best` (up to best_iteration where the file names one, otherwise all), `all`, or A..B (without B)
    #[arg(long, value_name = "ROUNDS", default_value = "best")]
    rounds: Rounds,
    /// Calibrate by 1 / (1 + e^(A·x + B)); once per FILE
    #[arg(long, value_name = "A,B", requires = "on", value_parser = calibration::sigmoid, allow_hyphen_values = true)]
    sigmoid: Vec<(f64, f64)>,
    /// What x of --sigmoid is
    #[arg(long, value_name = "SCALE", requires = "sigmoid")]
    on: Option<calibration::On>,
    #[command(flatten)]
    check: check::CheckOptions,
    /// Raise or lower a limit on the model's file: depth, values, columns, category-bytes (memory of all category sets) or file-bytes
    #[arg(long, value_name = "KEY=VALUE", value_parser = limit::setting)]
    limit: Vec<(String, u64)>,
    /// Write the smallest file: scores stay exact, contributions of reasons change slightly (see `inspect`)
    #[arg(long)]
    compact: bool,
}

impl Import {
    /// Imports the file.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let mut digest = Sha256::new();
        let limits = limit::of(&self.limit)?;
        let whole = self.files.iter().map(|file| read(file, &limits, &mut digest)).collect::<Result<Vec<_>, _>>()?;
        let kept = |(file, mut imported): (&PathBuf, Imported)| {
            imported.keep(&self.rounds).map(|()| imported).map_err(|e| refusal(file, &e))
        };
        // A comparison looks for rounds that were left out.
        let files = if self.check.check.is_some() { whole.clone() } else { Vec::new() };
        let imported = self.files.iter().zip(whole).map(kept).collect::<Result<Vec<_>, _>>()?;
        let Imported { format, version, objective, model, categories, doubts, codes_are_values, mut notes, .. } =
            average(imported).map_err(|e| refusal(self.files.last().unwrap_or(&self.out), &e))?;
        let mut manifest = self.manifest(&digest.finalize(), &model, &categories)?;
        let doubts: Vec<(usize, &str)> =
            doubts.iter().flat_map(|doubt| doubt.columns.iter().map(|column| (*column, doubt.reason.as_str()))).collect();
        let texts = FileCategories { texts: &categories, doubts: &doubts, codes_are_values };
        let place = self.schema.as_ref().or(self.files.first()).unwrap_or(&self.out).display().to_string();
        notes.extend(manifest.agree(&model, texts).map_err(|e| Failure::input(&place, e.code(), e.to_string()))?);
        notes.extend(unread::check(&manifest, &model, &place)?);
        manifest.provenance.notes.clone_from(&notes);
        let refused = |e: plumbline_core::BundleError| Failure::Model {
            place: self.out.display().to_string(),
            code: e.code(),
            message: e.to_string(),
        };
        let proof = self
            .check
            .check
            .as_deref()
            .map(|path| check::compare(path, &manifest, &model, &files, self.check.now, self.check.allow_differences));
        let proof = proof.transpose()?;
        manifest.checked = proof.as_ref().map(|proof| proof.checked.clone());
        let packing = if self.compact { Packing::Compact } else { Packing::Plain };
        let goldens = proof.as_ref().map_or(&[] as &[_], |proof| &proof.goldens);
        let written = Bundle::new(manifest, model).with_golden_rows(goldens).packed(packing);
        let bytes = written.write().map_err(refused)?;
        // A large model is not held twice without need.
        let before = self.compact.then_some(written);
        // What cannot be read back, or does not fit its schema, is not worth a name.
        let bundle = Bundle::read(&bytes).map_err(refused)?;
        if let Some(before) = before {
            notes.extend(change(before.model(), &bundle));
        }
        let schema = self.schema.as_ref().or(self.files.first()).unwrap_or(&self.out);
        let misfit = |e: ConfigErrors| Failure::input(schema.display().to_string(), e.code(), e.to_string());
        let scorer = Scorer::new(bundle).map_err(misfit)?;
        output::replace(&self.out, &bytes)?;
        let card = Card::of(scorer.bundle(), bytes.len() as u64);
        if json {
            return terminal::say_json(&ImportSummary {
                file: self.files.first().map(|file| file.display().to_string()),
                files: self.files.iter().map(|file| file.display().to_string()).collect(),
                format: format.to_string(),
                format_version: version,
                objective,
                notes,
                out: self.out.display().to_string(),
                model: card,
            })
            .map(|()| Outcome::Done);
        }
        notes.iter().for_each(|note| terminal::note(&format!("note: {note}")));
        proof.iter().for_each(|proof| terminal::note(&proof.said));
        let origin =
            [format.to_string(), version, objective].iter().filter(|t| !t.is_empty()).cloned().collect::<Vec<_>>().join(", ");
        let files: Vec<String> = self.files.iter().map(|file| file.display().to_string()).collect();
        terminal::say(&format!("{} ({origin}) → {}\n{}", files.join(", "), self.out.display(), card.short()))?;
        Ok(Outcome::Done)
    }

    fn manifest(&self, digest: &[u8], model: &Model, categories: &[Vec<String>]) -> Result<Manifest, Failure> {
        let mut declaration = match &self.schema {
            Some(path) => read_declaration(path)?,
            None => Declaration::default(),
        };
        let sigmoid = self.on.map(|on| (self.sigmoid.as_slice(), on));
        declaration.calibration = calibration::of(declaration.calibration, sigmoid, self.files.len())?;
        declaration.missing.extend(self.missing.iter().cloned());
        let mut manifest = Manifest::declared(declaration, &model.columns, categories);
        if let Some(name) = &self.name {
            manifest.name.clone_from(name);
        } else if manifest.name.is_empty() {
            manifest.name = stem(self.files.first().unwrap_or(&self.out));
        }
        if let Some(version) = &self.version {
            manifest.version.clone_from(version);
        } else if manifest.version.is_empty() {
            manifest.version = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        }
        Ok(manifest)
    }
}

/// The model in `file`, with all of its rounds.
fn read(file: &Path, limits: &limit::Limits, digest: &mut Sha256) -> Result<Imported, Failure> {
    let content = model_file::read_within(file, limits.file_bytes)?;
    digest.update(&content);
    import_within(&content, limits.content).map_err(|e| refusal(file, &e))
}

fn refusal(file: &Path, error: &ImportError) -> Failure {
    let advice = match error {
        ImportError::Limit { setting, .. } => format!("; raise it with --limit {setting}=N"),
        _ => String::new(),
    };
    Failure::Model { place: file.display().to_string(), code: error.code(), message: format!("{error}{advice}") }
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
