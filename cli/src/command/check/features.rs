//! `plumbline check features`: training, batch and service make the same bits of the same leads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use plumbline_core::bundle::Declaration;
use plumbline_core::lead::{Limits, Reader, Slots};
use plumbline_core::schema::Schema;
use plumbline_core::table::Rows;
use plumbline_core::{Pipeline, ScoreError, Scorer, Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::client::{Connection, Service, encoded};
use crate::input::declaration::read_declaration;
use crate::input::model_file::open_scorer;
use crate::input::{self, Problem, Step};
use crate::output::terminal;
use crate::report::features::{Bits, Difference, FeaturesReport, Way, page};
use crate::report::summary::ModelName;
use crate::table::labelled::{Labelled, Labels};
use crate::table::places::Places;
use crate::table::training::Training;
use crate::table::wire::Named;
use crate::{Failure, Outcome};

/// Differences that are listed of each way.
const LISTED: usize = 10;
/// Leads and bytes of one request.
const LEADS: usize = 500;
const BYTES: usize = 1 << 20;

/// Compare the features of training, batch and service bit by bit
#[derive(Debug, Args)]
#[command(after_help = "\
Reads the leads as `plumbline train` does, as `plumbline score` does, and as JSON, the way services and pages get them; with --url a running
service computes them, too (POST /v1/features; nothing is scored or logged). All must make the same rows, bit by bit. A row that differs is
listed with its line, its column, both values and their bits.

--schema compares with the declaration in a file, such as the one in git, instead of the one in the bundle. The npm package computes the same
rows in a page: Model.features(lead, { now }); the SHA-256 printed here is that of its rows.

Exit codes:
  0    all rows are the same
  1    some differ
  2    nothing could be compared

Examples:
  plumbline check features leads.plumb Leads.csv --outcome Converted
  plumbline check features leads.plumb Leads.csv --schema leads.toml --time created_at --url https://scores.example --key $KEY")]
pub struct Features {
    /// The bundle
    #[arg(value_name = "M.plumb")]
    model: PathBuf,
    /// Leads with their outcomes: CSV, NDJSON or Parquet
    #[arg(value_name = "DATA")]
    data: PathBuf,
    #[command(flatten)]
    labels: Labels,
    /// The declaration that training reads (TOML) [default: the bundle's]
    #[arg(long, value_name = "S.toml")]
    schema: Option<PathBuf>,
    /// Compare with the service at this address, too; it must serve the bundle's version
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// With --url: API key with the scope score
    #[arg(long, value_name = "KEY", env = "PLUMBLINE_KEY", hide_env_values = true)]
    key: Option<String>,
    /// At most so many leads are compared
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    most: u64,
}

impl Features {
    /// Compares and prints.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let scorer = open_scorer(&self.model)?;
        let declaration = match &self.schema {
            Some(schema) => read_declaration(schema)?,
            None => scorer.bundle().manifest.declaration(),
        };
        let service = self.url.clone().map(|url| Service::new(Some(url), None, self.key.clone()));
        let leads = self.labels.of(&self.data);
        let report =
            Comparison { declaration: &declaration, scorer: Some(&scorer), leads, most: self.most, service: service.as_ref() }
                .report()?;
        if json {
            terminal::say_json(&report)?;
        } else {
            terminal::say(&page(&report))?;
        }
        Ok(if report.is_same() { Outcome::Done } else { Outcome::CheckFailed })
    }
}

/// What is compared.
pub(super) struct Comparison<'a> {
    /// What training reads.
    pub declaration: &'a Declaration,
    /// What batches and services score by; none: the declaration.
    pub scorer: Option<&'a Scorer>,
    /// The leads.
    pub leads: Labelled<'a>,
    /// At most so many.
    pub most: u64,
    /// A service that scores by the same model.
    pub service: Option<&'a Service>,
}

/// The rows of training, by line, each for its moment.
type Trained = BTreeMap<u64, (Timestamp, Vec<f64>)>;

impl Comparison<'_> {
    /// What differs.
    ///
    /// # Errors
    /// The leads cannot be read, none has an outcome, or the service cannot be asked.
    pub fn report(&self) -> Result<FeaturesReport, Failure> {
        let training = Training::of(self.declaration)?;
        let served = match self.scorer {
            Some(scorer) => Served::of(scorer),
            None => Served::declared(self.declaration, &training)?,
        };
        let (trained, rows) = self.trained(&training, &served)?;
        if trained.is_empty() {
            return Err(Failure::input(self.place(), "FEATURES_NO_LEADS", "no lead can be compared: none has an outcome"));
        }
        let columns = served.columns.clone();
        let (batch, json, leads) = self.read(&served, &trained)?;
        let mut ways = vec![way("training", "training", &trained, &made(&trained), &columns)];
        ways.push(way("batch", "batch", &trained, &batch, &columns));
        ways.push(way("json", "JSON leads, as services and pages read them", &trained, &json, &columns));
        if let (Some(service), Some(scorer)) = (self.service, self.scorer) {
            let rows = ask(&service.connection()?, &scorer.id().version, &trained, &leads, &columns)?;
            ways.push(way("service", "the service", &trained, &rows, &columns));
        }
        let model = self.scorer.map(|scorer| ModelName { name: scorer.id().name.clone(), version: scorer.id().version.clone() });
        Ok(FeaturesReport { model, leads: trained.len() as u64, columns, ways, rows })
    }

    fn place(&self) -> String {
        self.leads.file.display().to_string()
    }

    /// The rows that a model is trained on, in the columns of `served`.
    fn trained(&self, training: &Training, served: &Served) -> Result<(Trained, Rows), Failure> {
        if self.leads.file == Path::new("-") {
            return Err(Failure::usage("ARGUMENTS", "the leads are read more than once, so they must be a file"));
        }
        let names: Vec<&str> = training.columns.iter().map(|column| column.name.as_str()).collect();
        let order = order(&served.columns, &names).map_err(|column| {
            let message = format!("the declaration makes no column {column:?}, which the model reads");
            Failure::input("the schema", "FEATURES_COLUMN_MISSING", message)
        })?;
        let mut trained = Trained::new();
        let (rows, _) = training.each(&self.leads, &mut |seen, row| {
            if (trained.len() as u64) < self.most {
                trained.insert(seen.line, (seen.as_of, ordered(row, &order)));
            }
        })?;
        Ok((trained, rows))
    }

    /// The rows of the same leads as a batch reads them and as JSON, and their JSON.
    fn read(&self, served: &Served, trained: &Trained) -> Result<(Made, Made, BTreeMap<u64, String>), Failure> {
        let (mut records, source) = input::open(self.leads.file, true)?;
        let named = Named::of(&*records, &served.schema.fields);
        let (limits, mut slots) = (Limits::default(), Slots::default());
        let mut places = Places::of(records.names(), &served.schema);
        let (mut batch, mut json, mut leads) = (Made::new(), Made::new(), BTreeMap::new());
        loop {
            match records.advance()? {
                Step::End => break,
                Step::Rejected(problem) => {
                    if trained.contains_key(&records.line()) {
                        batch.insert(records.line(), Err(problem));
                    }
                }
                Step::Record => {
                    let line = records.line();
                    let Some((as_of, _)) = trained.get(&line) else { continue };
                    places.follow(records.names(), &served.schema);
                    let read = places.read(&*records, (&served.schema, &served.reader), &limits, &mut slots);
                    batch.insert(line, read.map(|()| served.row(&slots, *as_of)));
                    let lead = named.lead(&*records);
                    let read = served.reader.read_json(lead.as_bytes(), &limits, &mut slots).map_err(ScoreError::from);
                    let read = read.map_err(|e| Problem::new(e.code(), e.to_string()));
                    json.insert(line, read.map(|()| served.row(&slots, *as_of)));
                    leads.insert(line, lead);
                }
            }
        }
        source.progress.finish_and_clear();
        Ok((batch, json, leads))
    }
}

/// Rows by line, in the order of training's columns; or why there is none.
type Made = BTreeMap<u64, Result<Vec<f64>, Problem>>;

/// What serves leads.
struct Served {
    columns: Vec<String>,
    schema: Schema,
    reader: Reader,
    pipeline: Pipeline,
}

impl Served {
    /// What `scorer` does before it scores.
    fn of(scorer: &Scorer) -> Served {
        Served {
            columns: scorer.bundle().model().columns.iter().map(|column| column.name.clone()).collect(),
            schema: scorer.bundle().manifest.schema.clone(),
            reader: scorer.reader().clone(),
            pipeline: scorer.pipeline().clone(),
        }
    }

    /// What a model trained by `declaration` would do.
    fn declared(declaration: &Declaration, training: &Training) -> Result<Served, Failure> {
        let schema = declaration.schema();
        let pipeline = Pipeline::compile(&schema, &declaration.feature, &training.columns)
            .map_err(|e| Failure::input("the schema", e.code(), e.to_string()))?;
        let columns = training.columns.iter().map(|column| column.name.clone()).collect();
        Ok(Served { columns, reader: Reader::new(&schema), schema, pipeline })
    }

    fn row(&self, slots: &Slots, as_of: Timestamp) -> Vec<f64> {
        let mut row = Vec::new();
        self.pipeline.apply(slots, as_of, &mut row);
        row
    }
}

/// Where `names` has each of `columns`.
///
/// # Errors
/// The column that it lacks.
fn order<'c>(columns: &'c [String], names: &[&str]) -> Result<Vec<usize>, &'c str> {
    columns.iter().map(|column| names.iter().position(|name| name == column).ok_or(column.as_str())).collect()
}

fn ordered(row: &[f64], order: &[usize]) -> Vec<f64> {
    order.iter().map(|at| row.get(*at).copied().unwrap_or(f64::NAN)).collect()
}

fn made(trained: &Trained) -> Made {
    trained.iter().map(|(line, (_, row))| (*line, Ok(row.clone()))).collect()
}

/// The rows that the service behind `connection` makes of `leads`, each at its moment in training.
fn ask(
    connection: &Connection<'_>,
    version: &str,
    trained: &Trained,
    leads: &BTreeMap<u64, String>,
    columns: &[String],
) -> Result<Made, Failure> {
    let mut made = Made::new();
    let mut waiting: Vec<(u64, &str)> = Vec::new();
    let (mut at, mut bytes) = (Timestamp(0), 0);
    let progress = terminal::progress(Some(leads.len() as u64));
    for (line, lead) in leads {
        let as_of = trained.get(line).map_or(at, |(as_of, _)| *as_of);
        if !waiting.is_empty() && (as_of != at || waiting.len() >= LEADS || bytes >= BYTES) {
            send(connection, (version, at, columns), &std::mem::take(&mut waiting), &mut made)?;
            bytes = 0;
        }
        at = as_of;
        bytes += lead.len();
        waiting.push((*line, lead));
        progress.inc(1);
    }
    send(connection, (version, at, columns), &waiting, &mut made)?;
    progress.finish_and_clear();
    Ok(made)
}

/// Sends the leads of one moment.
fn send(
    connection: &Connection<'_>,
    (version, at, columns): (&str, Timestamp, &[String]),
    leads: &[(u64, &str)],
    made: &mut Made,
) -> Result<(), Failure> {
    if leads.is_empty() {
        return Ok(());
    }
    let body: String = leads.iter().map(|(_, lead)| format!("{lead}\n")).collect();
    let path = format!("/v1/features?at_ms={}&version={}", at.0, encoded(version));
    let answer = connection.post(&path, "application/x-ndjson", body.as_bytes())?.body;
    let odd = |what: &str| Failure::Service { code: "SERVICE_ANSWER", message: format!("the service's features: {what}") };
    let names = answer.get("columns").and_then(Value::as_array).ok_or_else(|| odd("there are no columns"))?;
    let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
    let order = order(columns, &names).map_err(|column| odd(&format!("there is no column {column:?}")))?;
    let rows = answer.get("leads").and_then(Value::as_array).ok_or_else(|| odd("there are no leads"))?;
    if rows.len() != leads.len() {
        return Err(odd(&format!("{} leads were sent and {} came back", leads.len(), rows.len())));
    }
    for ((line, _), row) in leads.iter().zip(rows) {
        let word = |path: &str| row.pointer(path).and_then(Value::as_str).unwrap_or_default();
        let read = match row.get("features").and_then(Value::as_array) {
            Some(row) => {
                let row: Vec<f64> = row.iter().map(|value| value.as_f64().unwrap_or(f64::NAN)).collect();
                Ok(ordered(&row, &order))
            }
            None => Err(Problem::new("FEATURES_REJECTED", format!("{}: {}", word("/error/code"), word("/error/detail")))),
        };
        made.insert(*line, read);
    }
    Ok(())
}

/// How the rows that one way made differ from those of training.
fn way(id: &str, name: &str, trained: &Trained, made: &Made, columns: &[String]) -> Way {
    let (mut digest, mut differing, mut differences) = (Sha256::new(), 0, Vec::new());
    for (line, (_, expected)) in trained {
        let found = match made.get(line) {
            Some(Ok(row)) => row.as_slice(),
            Some(Err(_)) | None => &[],
        };
        found.iter().for_each(|value| digest.update(canonical(*value).to_le_bytes()));
        let at = expected.iter().zip(found).position(|(one, other)| canonical(*one) != canonical(*other));
        if at.is_none() && expected.len() == found.len() {
            continue;
        }
        differing += 1;
        if differences.len() >= LISTED {
            continue;
        }
        let mut difference = Difference { line: *line, column: String::new(), ..Difference::default() };
        match (at, made.get(line)) {
            (Some(at), _) => {
                let value = |row: &[f64]| Bits::of(row.get(at).copied().unwrap_or(f64::NAN));
                difference.column = columns.get(at).cloned().unwrap_or_default();
                (difference.training, difference.found) = (value(expected), value(found));
            }
            (None, Some(Err(problem))) => difference.reason = format!("{}: {}", problem.code, problem.message),
            (None, _) => difference.reason = "it has no row".to_owned(),
        }
        differences.push(difference);
    }
    let sha256 = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Way { id: id.to_owned(), name: name.to_owned(), sha256, differing, differences }
}

/// The bits of a value; all NaNs are one.
fn canonical(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() }
}
