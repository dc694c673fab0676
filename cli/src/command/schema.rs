//! `plumbline schema init`: a complete declaration to start from, of a model and the leads it is for.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use plumbline_core::import::{Imported, import};
use plumbline_core::lead::{Limits, Slots};
use plumbline_core::table::Rows;
use plumbline_core::{Bundle, Manifest, Options, Scorer, Workspace};

use crate::declare::{Sketch, sketch, title, written};
use crate::input::{self, Step, declaration, model_file};
use crate::output::{replace, terminal};
use crate::report::rows::account;
use crate::report::summary::SchemaSummary;
use crate::table::columns::Columns;
use crate::table::places::Places;
use crate::{Failure, Outcome, clock};

/// Write a declaration (TOML) for a model
#[derive(Debug, Args)]
#[command(after_help = "\
`init` writes a complete, commented schema: fields with kinds, categories, labels and reason templates, the features that turn fields
into the model's columns, and with --data the id and bands. Change what you like and import the model with it. A schema with one
[[field]] changes that field only.

One-hot columns are recognised by the values in --data, under the names that pandas (source_Web) and scikit-learn
(cat__source_Web) give them. For a model whose columns are f0, f1 … write their meanings to a file for --names:
  open(\"names.txt\", \"w\").write(\"\\n\".join(pipeline[:-1].get_feature_names_out()))

Examples:
  plumbline schema init model.ubj --data leads.csv -o web-leads.toml
  plumbline schema init model.txt --data leads.csv --names names.txt > web-leads.toml")]
pub struct Schema {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Init(Init),
}

/// Write a complete, commented schema to start from
#[derive(Debug, Args)]
struct Init {
    /// XGBoost JSON or UBJ, LightGBM text, each also gzipped; `-` is standard input
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// Leads as they come (CSV, NDJSON, Parquet), for kinds, categories, the id, one-hot columns and bands
    #[arg(long, value_name = "LEADS.csv")]
    data: Option<PathBuf>,
    /// What the model's columns mean, a name per line in their order, for models trained without names
    #[arg(long, value_name = "NAMES.txt")]
    names: Option<PathBuf>,
    /// Output file [default: standard output]
    #[arg(short, long, value_name = "S.toml")]
    out: Option<PathBuf>,
}

impl Schema {
    /// Writes a schema.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let Action::Init(init) = &self.action;
        init.run(json)
    }
}

impl Init {
    fn run(&self, json: bool) -> Result<Outcome, Failure> {
        if self.out.as_ref().is_some_and(|out| Some(out) == self.data.as_ref() || *out == self.model) {
            return Err(Failure::usage("ARGUMENTS", "the output must not be one of the inputs"));
        }
        let refused = |code, message| Failure::Model { place: self.model.display().to_string(), code, message };
        let mut imported = import(&model_file::read(&self.model)?).map_err(|e| refused(e.code(), e.to_string()))?;
        imported.keep(&plumbline_core::import::Rounds::Best).map_err(|e| refused(e.code(), e.to_string()))?;
        let meanings = self.meanings(&imported)?;
        let table = self.data.as_deref().map(Columns::read).transpose()?;
        let sketched = sketch(&imported.model, &imported.categories, &meanings, table.as_ref());
        let title = title(&self.model, self.data.as_deref(), table.as_ref().map(|table| table.rows));
        let mut text = written(&sketched, &title, &[]);
        // The bands need the scores that this schema gives.
        if let Some(data) = &self.data {
            text = written(&sketched, &title, &bands(imported, &text, data)?);
        }
        // What import would reject is not worth a start.
        declaration::declaration(text.as_bytes(), "the schema that was derived".to_owned())?;
        if let Some(out) = &self.out {
            replace(out, text.as_bytes())?;
        }
        self.report(json, &sketched, text, table.as_ref().map(Columns::all_used))
    }

    fn report(&self, json: bool, sketch: &Sketch, written: String, rows: Option<Rows>) -> Result<Outcome, Failure> {
        let to_check = sketch.fields.iter().filter(|field| !field.check.is_empty()).count();
        let out = self.out.as_ref().map(|out| out.display().to_string());
        if json {
            let (fields, features) = (sketch.fields.len(), sketch.features.len());
            let schema = out.is_none().then_some(written);
            return terminal::say_json(&SchemaSummary { out, fields, features, to_check, schema, rows }).map(|()| Outcome::Done);
        }
        if let Some(rows) = rows.filter(|rows| rows.lost() > 0) {
            terminal::note(&account("rows", &rows));
        }
        match &out {
            None => terminal::say(written.trim_end())?,
            Some(out) => {
                let (fields, features) = (sketch.fields.len(), sketch.features.len());
                terminal::say(&format!("{out}: {fields} fields, {features} features; {to_check} lines marked `# check`"))?;
            }
        }
        Ok(Outcome::Done)
    }

    /// What each column means: the names in the file, or those of the model.
    fn meanings(&self, imported: &Imported) -> Result<Vec<String>, Failure> {
        let columns = &imported.model.columns;
        let Some(path) = &self.names else { return Ok(columns.iter().map(|column| column.name.clone()).collect()) };
        let place = path.display().to_string();
        let content = std::fs::read_to_string(path).map_err(Failure::read(&place))?;
        let names: Vec<String> = content.lines().map(|line| line.trim_end_matches('\r').to_owned()).collect();
        if names.len() != columns.len() {
            let message = format!("it has {} names, but the model has {} columns", names.len(), columns.len());
            return Err(Failure::input(place, "NAMES_COUNT", message));
        }
        Ok(names)
    }
}

/// The 70 % and the 90 % quantile of the scores of `data`: where `warm` and `hot` start. None when they are not distinct.
fn bands(imported: Imported, written: &str, data: &Path) -> Result<Vec<(String, f64)>, Failure> {
    let place = "the schema that was derived";
    let declared = declaration::declaration(written.as_bytes(), place.to_owned())?;
    let manifest = Manifest::declared(declared, &imported.model.columns, &imported.categories);
    let scorer =
        Scorer::new(Bundle::new(manifest, imported.model)).map_err(|e| Failure::input(place, e.code(), e.to_string()))?;
    let schema = &scorer.bundle().manifest.schema;
    let (mut records, source) = input::open(data, false)?;
    let mut places = Places::of(records.names(), schema);
    let (mut slots, mut work, now) = (Slots::default(), Workspace::default(), clock::now());
    let (options, mut scores) = (Options::default(), Vec::new());
    loop {
        match records.advance()? {
            Step::End => break,
            Step::Rejected(_) => continue,
            Step::Record => {
                places.follow(records.names(), schema);
                let score = places.take(&*records, schema, |lead| {
                    scorer.reader().read_lead(lead, &Limits::default(), &mut slots)?;
                    scorer.score_read(&slots, now, &options, &mut work)
                });
                scores.extend(score.ok().map(|score| score.probability));
            }
        }
    }
    source.progress.finish_and_clear();
    scores.retain(|score| (0.0..=1.0).contains(score));
    scores.sort_by(f64::total_cmp);
    let quantile = |share: f64| scores.get((share * scores.len() as f64) as usize).copied().unwrap_or(0.0);
    let rounded = |x: f64| format!("{x:.3}").parse::<f64>().unwrap_or(x);
    let (warm, hot) = (rounded(quantile(0.7)), rounded(quantile(0.9)));
    Ok(if 0.0 < warm && warm < hot {
        vec![("hot".to_owned(), hot), ("warm".to_owned(), warm), ("cold".to_owned(), 0.0)]
    } else {
        Vec::new()
    })
}
