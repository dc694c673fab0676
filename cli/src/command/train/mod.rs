//! `plumbline train`: a table of leads with their outcomes becomes a bundle with a baseline.

mod champion;
mod fields;
mod input;
mod registry;
mod settings;
mod spread;
mod suite;
mod warn;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use plumbline_core::bundle::{Declaration, Provenance};
use plumbline_core::feature::Pipeline;
use plumbline_core::math::logistic;
use plumbline_core::model::{Calibration, Model};
use plumbline_core::quality::Suite;
use plumbline_core::table::Rows as Account;
use plumbline_core::train::boost::Input;
use plumbline_core::train::{Fit, FitError, test_rows};
use plumbline_core::training::{Description, Kind, Leads, Signed, TrainSettings, TrainingError, bands, note_origin, version_of};
use plumbline_core::{Bundle, Manifest, Scorer};

use crate::input::declaration::read_declaration;
use crate::input::model_file::open_scorer;
use crate::input::{origin, read_suite};
use crate::mlflow::{Experiment, Place};
use crate::output::paths::keep_apart;
use crate::output::{Draft, Interrupt, replace, terminal};
use crate::report::baseline::BaselineSummary;
use crate::report::model_card::ModelCard;
use crate::report::rows::account;
use crate::report::train::{NotTrainedOn, TrainSummary, TrainWarning, Unpublished, page as trained_page};
use crate::table::account::Limit;
use crate::table::columns::Columns;
use crate::table::labelled::{Labelled, Labels};
use crate::table::leads::OUTCOMES;
use crate::table::named::absent;
use crate::table::training::Training;
use crate::{Failure, Outcome};
use champion::Champion;
use fields::fields;
use input::DataSource;
use registry::Registry;

/// Train a model on leads with their outcomes
#[derive(Debug, Args)]
#[command(after_help = "\
Reads the leads, tests on the newest fifth of them (with --time; otherwise on a fifth drawn by their ids), grows gradient-boosted trees on the
rest, calibrates them by cross-fitting, and writes a bundle with its baseline: figures with intervals on the tested leads, frozen
distributions, importance and a suite of expectations. With --kind logistic it fits a regularised logistic regression instead: numbers are
brought to one scale, categories become flags, gaps are filled and marked. The same leads, settings and seed give the same model, in whatever order they come.

Leads can also be rows of a PostgreSQL database, which is only read, or those that a service keeps (--store, --url): with their fields as of
the moment they were scored and their outcome once it is final, as its own retraining reads them.

With --suite, the leads are first checked against a suite of Great Expectations; nothing is trained where a critical expectation is not met.
Without --schema, every column but the outcome is a field, as far as it can be trained on; what is left out is listed with the reason.
Fields that are probably known only after the outcome are named: leave them out with --leave-out, or the model will be excellent here
and useless in service. --schema-out writes the schema, to edit and train again with --schema.

Next to the bundle its model card is written, with figures: as HTML (leads.card.html) and as Markdown (leads.card.md). With --champion both
models score the same tested leads, and the difference of their AUC is given with its interval. With --mlflow, or MLFLOW_TRACKING_URI, run
and version are written there as plumbline push writes them. With --serve the model then answers requests, with reasons, until Ctrl-C, as with
plumbline serve --model; it is not served where more rows were left out than --max-left-out allows. Bundle and run state the Git revision (of the folder of --settings, else of
--schema, else of the current one) and the SHA-256 of settings and schema.

Settings: the section [train] of plumbline.toml, each key with its default:
  trees = 300, depth = 6, learning_rate = 0.1, l2 = 1.0, min_gain = 0.0, min_hessian = 1.0, row_share = 1.0, column_share = 1.0,
  seed = 0, positive_weight = 1.0, held_out = 0.0 and patience = 0 (stop early), category_smoothing = 10.0, category_doubt = 1.0,
  calibration = \"sigmoid\" (isotonic, none), test_share = 0.2, monotone = {}, leave_out = []
With kind = \"logistic\": l2 = 1.0, positive_weight = 1.0, iterations = 500, and calibration, test_share and leave_out.

Examples:
  plumbline train Leads.csv --outcome Converted --leave-out 'Tags,Lead Quality' -o leads.plumb
  plumbline train deals.parquet --outcome won --time created_at --settings plumbline.toml -o deals.plumb
  plumbline train new.csv --champion leads.plumb --mlflow http://127.0.0.1:5000 -o next.plumb
  plumbline train 'postgres://crm@db/sales?table=crm.leads' --outcome won --time created_at -o deals.plumb
  plumbline train lake/leads --table-version 12 --outcome won -o deals.plumb
  plumbline train --store prod --days 90 --like leads.plumb --champion prod -o next.plumb
  plumbline train Leads.csv --outcome Converted -o leads.plumb --serve
  curl -s localhost:8788/v1/score -d '{\"lead_id\": \"42\", \"TotalVisits\": 5}'")]
pub struct Train {
    /// Leads with their outcomes: CSV, NDJSON or Parquet, a folder with a table of Delta Lake, or a PostgreSQL database with ?table= or --query (postgres://…)
    #[arg(value_name = "DATA", required_unless_present_any = ["store", "url"], conflicts_with_all = ["store", "url", "days"])]
    data: Option<PathBuf>,
    /// With a table of Delta Lake: the version that is read [default: the newest]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    table_version: Option<i64>,
    /// With the address of a database: the query whose rows are the leads
    #[arg(long, value_name = "SELECT …")]
    query: Option<String>,
    /// The leads that the service of this store keeps, with their final outcomes (a folder, or postgres://…), instead of DATA
    #[arg(long, value_name = "FOLDER|ADDRESS", conflicts_with = "url")]
    store: Option<PathBuf>,
    /// Those that the service at this address keeps, instead of DATA
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// With --url: API key with the scope read
    #[arg(long, value_name = "KEY", env = "PLUMBLINE_KEY", hide_env_values = true)]
    key: Option<String>,
    /// With --store or --url: leads that matured in so many days [default: retrain.what.days of the service]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=400))]
    days: Option<u32>,
    #[command(flatten)]
    labels: Labels,
    /// Columns that are not trained on, besides those of the settings
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',', conflicts_with = "schema")]
    leave_out: Vec<String>,
    /// Declaration of the fields and features (TOML) [default: made of the leads]
    #[arg(long, value_name = "S.toml")]
    schema: Option<PathBuf>,
    /// Output file for the schema that was made of the leads
    #[arg(long, value_name = "S.toml", conflicts_with = "schema")]
    schema_out: Option<PathBuf>,
    /// Take fields, features and hyperparameters from this bundle
    #[arg(long, value_name = "M.plumb", conflicts_with_all = ["schema", "leave_out", "kind"])]
    like: Option<PathBuf>,
    /// A suite of Great Expectations that the leads must meet: no model is trained where a critical expectation is not met [default: with
    /// --like the bundle's own]
    #[arg(long, value_name = "S.json")]
    suite: Option<PathBuf>,
    /// Columns with hashed values, whose expectations are not checked
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    personal: Vec<String>,
    /// Settings with a section [train] (TOML)
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Name of the model [default: from the schema, otherwise the name of DATA]
    #[arg(long)]
    name: Option<String>,
    /// Version of the model [default: from the schema, otherwise the first 12 digits of the model's SHA-256]
    #[arg(long)]
    version: Option<String>,
    /// What is trained [default: train.kind of the settings, otherwise trees]
    #[arg(long, value_parser = ["trees", "logistic"])]
    kind: Option<String>,
    /// The score from which a lead is called
    #[arg(long, default_value_t = 0.5, value_parser = crate::table::account::part)]
    threshold: f64,
    /// The bundle to write
    #[arg(short, long, value_name = "M.plumb")]
    output: PathBuf,
    /// The model to compare with on the leads that are tested on: a bundle, the folder of a store, the address of a service (key:
    /// PLUMBLINE_KEY) or models:/NAME@ALIAS in MLflow
    #[arg(long, value_name = "M.plumb|FOLDER|URL|models:/…")]
    champion: Option<String>,
    /// Serve the model once it is written, with reasons; port 0 picks a free port and prints it [default: 127.0.0.1:8788]
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:8788")]
    serve: Option<SocketAddr>,
    #[command(flatten)]
    mlflow: Place,
    #[command(flatten)]
    experiment: Experiment,
    #[command(flatten)]
    limit: Limit,
}

/// A model that was trained, and whose bundle is written.
pub struct Trained {
    /// What is printed of it.
    pub summary: TrainSummary,
    /// Whether too many rows were left out.
    pub outcome: Outcome,
    /// Why it is not in the MLflow that was named.
    pub unpublished: Option<Failure>,
}

/// A declaration, that of the plain fields where it has features of others, and the columns that are left out.
type Declared = (Declaration, Option<Declaration>, Vec<NotTrainedOn>);

impl Train {
    /// What is to be served once the model is trained: the bundle, where to listen, and the settings; none without `--serve`.
    pub fn served(&self) -> Option<(PathBuf, SocketAddr, Option<PathBuf>)> {
        self.serve.map(|listen| (self.output.clone(), listen, self.settings.clone()))
    }

    /// Trains the model and writes its bundle.
    ///
    /// # Errors
    /// As [`Train::trained`]; or MLflow did not take the model, after the summary of what was trained is printed.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let Trained { mut summary, outcome, unpublished } = self.trained()?;
        let bundle = self.output.display();
        let way = format!("{bundle} is complete; continue with: plumbline push {bundle}");
        let unpublished = unpublished.map(|failure| failure.and(&way));
        summary.mlflow_error = unpublished.as_ref().map(Unpublished::of);
        if json {
            terminal::say_json(&summary)?;
        } else {
            terminal::say(&trained_page(&summary))?;
        }
        unpublished.map_or(Ok(outcome), Err)
    }

    /// Trains the model and writes its bundle.
    ///
    /// # Errors
    /// The leads or settings cannot be used, or a file cannot be written.
    pub fn trained(&self) -> Result<Trained, Failure> {
        let read = [
            ("the leads", self.data.as_deref()),
            ("the bundle to take fields from", self.like.as_deref()),
            ("the schema", self.schema.as_deref()),
            ("the suite", self.suite.as_deref()),
            ("the settings", self.settings.as_deref()),
        ];
        keep_apart(&read, &[("the bundle", Some(&self.output)), ("the schema", self.schema_out.as_deref())])?;
        let interrupt = Interrupt::watch()?;
        // A folder that cannot be written to is reported before minutes of training, not after.
        drop(Draft::create(&self.output, &interrupt)?);
        let (registry, silent) = Registry::open(&self.mlflow, &self.experiment)?;
        let mut warnings = Vec::new();
        warned(&mut warnings, silent);
        let champion = self.champion.as_deref().map(|named| Champion::open(named, &self.mlflow)).transpose()?;
        let like = self.like.as_deref().map(open_scorer).transpose()?;
        let usual = like.as_ref().map(|like| TrainSettings::of_model(&like.bundle().manifest)).unwrap_or_default();
        let mut settings = self.settings.as_deref().map(settings::read).transpose()?.unwrap_or(usual);
        if let Some(kind) = self.kind.as_deref().filter(|kind| *kind != settings.kind.name()).and_then(Kind::named) {
            settings.kind = kind;
        }
        settings.check().map_err(|what| Failure::input("the settings", "SETTINGS_INVALID", what))?;
        let own = self.suite.as_deref().map(read_suite).transpose()?;
        let input = DataSource::of(self, &interrupt)?;
        if let Some(suite) = own.or_else(|| like.as_ref().and_then(suite_of)) {
            warned(&mut warnings, suite::judge(&suite, &input, &self.personal, &interrupt)?);
        }
        let (mut declaration, plain, not_trained_on) = match &like {
            Some(like) => (again(like), None, Vec::new()),
            None => self.declaration(&input, &settings)?,
        };
        self.state_origin(&mut declaration.provenance)?;
        if !input.uri.is_empty() {
            declaration.provenance.snapshot_uri.clone_from(&input.uri);
            declaration.provenance.window.clone_from(&input.window);
            declaration.provenance.table_version.clone_from(&input.table_version);
        }
        let (leads, rows, place) = read_leads(&input, &declaration)?;
        warn::binary(&rows, &self.limit, &place)?;
        warned(&mut warnings, warn::few(&leads, &place, &rows)?);
        warn::one_time(&leads, input.time.as_deref(), &place)?;
        warned(&mut warnings, warn::future(&leads, input.time.as_deref()));
        let failed = |e: FitError| Failure::input(&place, e.code(), format!("{e}; {}", account("rows", &rows)));
        let inputs = inputs(&declaration, &settings)?;
        let of_columns = match &plain {
            // A flag of one category says little by itself: the field is asked.
            Some(plain) => warn::columns(&self::inputs(plain, &TrainSettings::default())?, &read_leads(&input, plain)?.0, false),
            None => warn::columns(&inputs, &leads, self.schema.is_some() || like.is_some()),
        };
        warned(&mut warnings, of_columns);
        let is_test = test_rows(&leads.roll.keys, &leads.roll.at_ms, settings.own.test_share);
        let data = leads.data(&settings.kind, inputs).map_err(failed)?;
        let mut fit = Fit::new(data, is_test.clone(), settings.own.calibration).map_err(failed)?;
        let bar = terminal::steps("training");
        while fit.step().map_err(failed)? {
            let (done, all) = fit.progress();
            bar.set_position(done * 100 / all.max(1));
        }
        bar.finish_and_clear();
        let (model, calibration) = fit.finish();
        let scores: Vec<f64> = (0..is_test.len())
            .filter(|row| is_test.get(*row) == Some(&true))
            .map(|row| {
                let margin = fit.margin(row);
                calibration.apply(margin, logistic(margin))
            })
            .collect();
        let mut manifest = self.manifest(&input, declaration, &model, calibration, (&leads, &settings, &scores));
        manifest.checked = None;
        let goldens = leads.goldens(&is_test);
        let made = Description::new(manifest, model, &goldens, self.threshold).map_err(|e| self.refused(&place, &e))?;
        let made = made.with_gains(fit.gains());
        let scorer = Arc::clone(made.scorer());
        let (bytes, written) = self.with_baseline(&input, made, &leads, &is_test)?;
        replace(&self.output, &bytes)?;
        let trained = BaselineSummary::new(&self.output, bytes.len(), &written, rows.clone(), None);
        let champion = champion.map(|champion| champion.compared(&labelled(&input), &scorer, &is_test)).transpose()?;
        let card = ModelCard { bundle: &written, sha256: &origin::sha256_of(&bytes), champion: champion.as_ref() };
        let cards = card.write_beside(&self.output)?.map(|path| path.display().to_string());
        let (mlflow, unpublished) = match registry.as_ref().map(|registry| registry.publish(&card, bytes)) {
            Some(Err(failure)) => (None, Some(failure)),
            Some(Ok(published)) => (Some(published), None),
            None => (None, None),
        };
        terminal::note(&account("rows", &rows));
        let (champion, cards) = (champion.clone(), cards.into());
        let summary = TrainSummary { trained, warnings, not_trained_on, champion, cards, mlflow, mlflow_error: None };
        Ok(Trained { summary, outcome: self.limit.outcome(std::iter::once(&rows)), unpublished })
    }

    /// The declaration that is given, or one made of the leads; that of the plain fields where their columns are others; the columns that are left out.
    fn declaration(&self, input: &DataSource, settings: &TrainSettings) -> Result<Declared, Failure> {
        if let Some(path) = &self.schema {
            return Ok((read_declaration(path)?, None, Vec::new()));
        }
        let table = Columns::read_as(&input.file, input.place.as_deref())?;
        let names: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        let is_there = |wanted: &&str| names.iter().any(|name| name.eq_ignore_ascii_case(wanted));
        let given: Vec<&str> = [&input.outcome, &input.time].into_iter().flatten().map(String::as_str).collect();
        // Before anything is said of the other columns.
        if !given.iter().all(is_there) {
            let missing: Vec<&str> = given.into_iter().filter(|wanted| !is_there(wanted)).collect();
            return Err(absent(&table.place, &missing, &names));
        }
        let usual = OUTCOMES.iter().find(|name| table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name)));
        let outcome = input.outcome.as_deref().or(usual.copied());
        let mut apart: BTreeSet<&str> = self.leave_out.iter().chain(&settings.own.leave_out).map(String::as_str).collect();
        let known = |name: &&str| table.columns.iter().any(|column| column.name == **name);
        if let Some(unknown) = apart.iter().find(|name| !known(name)) {
            let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
            let message = format!("no column is named {unknown:?}; there are {}", terminal::listed(&names));
            return Err(Failure::input(&table.place, "COLUMN_UNKNOWN", message));
        }
        let outcome = outcome.and_then(|name| table.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name)));
        apart.extend(outcome.map(|column| column.name.as_str()));
        apart.extend(input.time.as_deref());
        let is_linear = matches!(settings.kind, Kind::Logistic(_));
        // The name alone: the bundle states the digest of this text, which must not depend on the folder.
        let title = format!("# Made by `plumbline train` from {}.\n", input.name);
        let mut found = fields(&table, &apart, &title, is_linear)?;
        for left in &found.left_out {
            terminal::note(&left.line());
        }
        if let Some(path) = &self.schema_out {
            replace(path, found.text.as_bytes())?;
        }
        found.declaration.provenance.schema_sha256 = origin::sha256_of(found.text.as_bytes());
        Ok((found.declaration, is_linear.then_some(found.plain), found.left_out))
    }

    /// Notes the Git revision, and the digests of settings and schema. A revision that the schema states stays.
    fn state_origin(&self, provenance: &mut Provenance) -> Result<(), Failure> {
        if provenance.code_revision.is_empty() {
            // Of the folder that holds the settings or the schema, where Git keeps it.
            let files = [self.settings.as_deref(), self.schema.as_deref()];
            let folders = files.into_iter().flatten().filter_map(Path::parent);
            provenance.code_revision = folders.filter_map(origin::revision).next().unwrap_or_default();
        }
        if let Some(settings) = &self.settings {
            provenance.settings_sha256 = origin::sha256(settings)?;
        }
        if let Some(schema) = &self.schema {
            provenance.schema_sha256 = origin::sha256(schema)?;
        }
        Ok(())
    }

    /// What is known of the model: what was declared, its calibration and bands, and what it was trained on.
    fn manifest(
        &self,
        input: &DataSource,
        declaration: Declaration,
        model: &Model,
        calibration: Calibration,
        (leads, settings, scores): (&Leads, &TrainSettings, &[f64]),
    ) -> Manifest {
        let mut manifest = Manifest::declared(declaration, &model.columns, &vec![Vec::new(); model.columns.len()]);
        note_origin(&mut manifest, calibration, &leads.roll, settings);
        if manifest.bands.is_empty() {
            manifest.bands = bands(scores);
        }
        if let Some(name) = &self.name {
            manifest.name.clone_from(name);
        } else if manifest.name.is_empty() {
            manifest.name.clone_from(&input.stem);
        }
        if let Some(version) = &self.version {
            manifest.version.clone_from(version);
        } else if manifest.version.is_empty() {
            manifest.version = version_of(model, &manifest);
        }
        manifest
    }

    /// The bundle's bytes with its baseline: distributions of the leads trained on, figures of those tested on.
    fn with_baseline(
        &self,
        input: &DataSource,
        mut made: Description,
        leads: &Leads,
        is_test: &[bool],
    ) -> Result<(Vec<u8>, Bundle), Failure> {
        let scorer = Arc::clone(made.scorer());
        let schema = &scorer.bundle().manifest.schema;
        // In an order of their own, so that sums and samples do not depend on that of the file.
        let mut read = Vec::with_capacity(is_test.len());
        let (_, place) = labelled(input).each((schema, scorer.reader()), &[], &mut |seen| {
            read.push(Some((seen.slots.clone(), seen.as_of, seen.converted, seen.at_ms)));
            Ok(())
        })?;
        for row in leads.roll.ordered() {
            let Some((slots, as_of, converted, at_ms)) = read.get_mut(row).and_then(Option::take) else { continue };
            let added = made.add(&slots, as_of, (converted, at_ms), is_test.get(row) == Some(&true));
            added.map_err(|e| Failure::input(&place, e.code(), e.to_string()))?;
        }
        made.finish(&input.name).map_err(|e| self.refused(&place, &e))
    }

    fn refused(&self, data: &str, e: &TrainingError) -> Failure {
        match e {
            TrainingError::Bundle(_) => {
                Failure::Model { place: self.output.display().to_string(), code: e.code(), message: e.to_string() }
            }
            TrainingError::Schema(_) => Failure::input("the schema", e.code(), e.to_string()),
            _ => Failure::input(data, e.code(), e.to_string()),
        }
    }
}

/// Prints `new` and adds them to `warnings`.
fn warned(warnings: &mut Vec<TrainWarning>, new: impl IntoIterator<Item = TrainWarning>) {
    for warning in new {
        terminal::note(&warning.line());
        warnings.push(warning);
    }
}

fn labelled(input: &DataSource) -> Labelled<'_> {
    let (outcome, time) = (input.outcome.as_deref(), input.time.as_deref());
    Labelled { file: &input.file, place: input.place.as_deref(), outcome, time }
}

/// The suite that the bundle of `like` holds, if any.
fn suite_of(like: &Scorer) -> Option<Suite> {
    Suite::read(&like.bundle().baseline.as_ref()?.suite).ok()
}

/// The leads as the model will read them.
fn read_leads(input: &DataSource, declaration: &Declaration) -> Result<(Leads, Account, String), Failure> {
    let training = Training::of(declaration)?;
    let (mut leads, mut values) = (Leads::new(training.columns.len()), Vec::new());
    let (rows, place) = training.each(&labelled(input), &mut |seen, row| {
        values.clear();
        values.extend_from_slice(row);
        let (id, converted) = (training.id(seen), seen.converted);
        leads.push(Signed { id, converted, at_ms: seen.at_ms, as_of: seen.as_of }, &mut values);
    })?;
    Ok((leads, rows, place))
}

/// What the bundle of `like` declares, without what was its own: version, calibration, and what it was trained on.
fn again(like: &Scorer) -> Declaration {
    let mut declaration = like.bundle().manifest.declaration();
    let champion = format!("{} {}", declaration.model.name, declaration.model.version);
    declaration.model.version.clear();
    declaration.calibration = Calibration::None;
    declaration.provenance = Provenance {
        intended_use: declaration.model.intended_use.clone(),
        notes: vec![format!("Trained with the fields and settings of {champion}.")],
        ..Provenance::default()
    };
    declaration
}

/// The columns of the model, with what the settings say of them.
fn inputs(declaration: &Declaration, settings: &TrainSettings) -> Result<Vec<Input>, Failure> {
    let columns = Pipeline::columns(&declaration.schema(), &declaration.feature);
    settings.inputs(columns).map_err(|unknown| {
        let message = format!("train.monotone names {unknown:?}, which is no column of numbers");
        Failure::input("the settings", "COLUMN_UNKNOWN", message)
    })
}
