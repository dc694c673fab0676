//! Leads scored by what a service serves, or by the store of one: drawn by the same allocation as its requests, and logged with variant
//! and epoch. So nightly batches take part in a rollout.

use std::path::{Path, PathBuf};

use plumbline_core::rollout::Alias;
use plumbline_core::schema::Field;
use plumbline_worker::{Effects, Journal, Lifecycle, LogMode, Request, Service as Scoring, Settings, world};
use serde_json::{Value, json};

use crate::client::{Service, rejected};
use crate::host::{self, lifecycle};
use crate::input::{self, Format, Step};
use crate::output::paths::{append, is_ndjson};
use crate::output::terminal;
use crate::output::{Datum, Interrupt, Layout, Sink, Table};
use crate::store::Store;
use crate::table::places::check_header;
use crate::table::wire::Named;
use crate::{Failure, Outcome, clock};

/// Leads of one request, and bytes.
const LEADS: usize = 500;
const BYTES: usize = 1 << 20;
const COLUMNS: [&str; 8] = ["lead_id", "score", "probability", "band", "reasons", "variant", "model", "version"];

/// What is scored, and where to.
pub struct Batch<'a> {
    /// The leads.
    pub leads: &'a Path,
    /// The scores; none: standard output.
    pub out: Option<&'a Path>,
    /// The rejected rows.
    pub rejected: Option<PathBuf>,
    /// Reasons for each lead.
    pub reasons: usize,
    /// Columns that the models read may be missing from a table.
    pub may_lack_columns: bool,
}

/// Who scores.
enum Scorer {
    Far(Service),
    Here(Box<Here>),
}

/// The service of a store, in this process.
struct Here {
    service: Scoring,
    journal: Journal,
    lifecycle: Lifecycle<Store>,
}

/// What became of the rows.
#[derive(Default)]
struct Account {
    scored: u64,
    rejected: Vec<(u64, String, String)>,
    by_version: std::collections::BTreeMap<String, u64>,
}

/// Scores all leads of `batch` at `service`.
pub fn run(service: &Service, batch: &Batch<'_>, json: bool) -> Result<Outcome, Failure> {
    let interrupt = Interrupt::watch()?;
    let mut scorer = Scorer::of(service)?;
    let read = Read::of(service)?;
    let (mut records, source) = input::open(batch.leads, true)?;
    if records.is_table() {
        let needed = if batch.may_lack_columns { &[] } else { read.needed.as_slice() };
        check_header(&*records, &read.fields, needed, &source.place, super::ALLOW_MISSING)?;
    }
    let named = Named::of(&*records, &read.fields);
    let layout = match batch.out {
        Some(out) if is_ndjson(out) => Layout::Ndjson,
        None if source.format == Format::Ndjson => Layout::Ndjson,
        _ => Layout::Csv,
    };
    let place = batch.out.map_or_else(|| "standard output".to_owned(), |out| out.display().to_string());
    let names = COLUMNS.map(str::to_owned).to_vec();
    let mut table = Table::start(Sink::open(batch.out, &interrupt)?, place, layout, names)?;
    let mut account = Account::default();
    let (mut lines, mut body): (Vec<u64>, String) = (Vec::new(), String::new());
    let mut rows = 0_u64;
    loop {
        let step = records.advance()?;
        if lines.len() >= LEADS || body.len() >= BYTES || matches!(step, Step::End) {
            let answers = scorer.score(&body, batch.reasons)?;
            account.take(&mut table, layout, &lines, &answers)?;
            (lines, body) = (Vec::new(), String::new());
        }
        match step {
            Step::End => break,
            Step::Rejected(problem) => account.rejected.push((records.line(), problem.code.to_owned(), problem.message)),
            Step::Record => {
                lines.push(records.line());
                body.push_str(&named.lead(&*records));
                body.push('\n');
            }
        }
        rows += 1;
    }
    scorer.finish()?;
    source.progress.finish_and_clear();
    if rows == 0 {
        return Err(Failure::no_rows(source.place));
    }
    let target = batch.rejected.clone().or_else(|| batch.out.map(|out| append(out, ".rejected")));
    let is_done = account.rejected.is_empty();
    if let Some(path) = target.filter(|_| !is_done) {
        let rows = account.rejected.iter().map(|(line, code, why)| format!("{line},{code},\"{}\"\n", why.replace('"', "\"\"")));
        let text = std::iter::once("line,code,reason\n".to_owned()).chain(rows).collect::<String>();
        std::fs::write(&path, text).map_err(Failure::write(path.display().to_string()))?;
    }
    table.commit(&interrupt)?;
    let (scored, lost) = (account.scored, account.rejected.len());
    if json {
        let out = batch.out.map(|out| out.display().to_string());
        terminal::say_json(&json!({ "scored": scored, "rejected": lost, "by_version": account.by_version, "out": out }))?;
    } else {
        let shares = account.by_version.iter().map(|(version, n)| format!("{} by {version}", terminal::thousands(*n)));
        let shares = shares.collect::<Vec<_>>().join(", ");
        terminal::note(&format!("{} scored ({shares}), {lost} rejected", terminal::thousands(scored)));
        for (line, code, why) in account.rejected.iter().take(5) {
            terminal::note(&format!("line {line}: {code}: {why}"));
        }
    }
    Ok(if is_done { Outcome::Done } else { Outcome::SomeRejected })
}

impl Scorer {
    fn of(service: &Service) -> Result<Scorer, Failure> {
        let Some(store) = service.folder() else { return Ok(Scorer::Far(service.clone())) };
        if !lifecycle::exists(store) {
            let place = store.display().to_string();
            return Err(Failure::input(place.clone(), "STORE_MISSING", format!("{place} is no store")));
        }
        let failed =
            |fault: plumbline_worker::control::Fault| Failure::Service { code: fault.problem().code, message: fault.to_string() };
        let mut lifecycle = lifecycle::reopen(store)?;
        let none = || Failure::usage("NO_CHAMPION", "no model is registered in the store: add one with plumbline models add");
        let deployed = lifecycle.control().deployed().map_err(|e| failed(e.into()))?.ok_or_else(none)?;
        let settings = Settings { shards: 1, log: LogMode::Durable, ..Settings::default() };
        let settings = lifecycle.control().settings(settings);
        let models = world::models(&mut lifecycle, &deployed).map_err(failed)?;
        let instance = host::secret()?;
        let refused = |e: plumbline_worker::ServiceError| Failure::Service { code: e.code(), message: e.to_string() };
        let made = Scoring::new(settings, models, &instance).map_err(refused)?;
        world::deploy(&made, lifecycle.control(), &deployed).map_err(failed)?;
        let secret = std::env::var(host::log::SECRET).unwrap_or_default();
        let journal = Journal::new(made.settings(), made.instance()).with_secret(secret.into_bytes());
        Ok(Scorer::Here(Box::new(Here { service: made, journal, lifecycle })))
    }

    /// The answers to the leads of `body`, one a line.
    fn score(&mut self, body: &str, reasons: usize) -> Result<Vec<Value>, Failure> {
        if body.is_empty() {
            return Ok(Vec::new());
        }
        let bytes = match self {
            Scorer::Far(service) => {
                let answer =
                    service.try_post(&format!("/v1/score?reasons={reasons}"), "application/x-ndjson", body.as_bytes())?;
                if answer.status != 200 {
                    return Err(rejected(&answer));
                }
                answer.bytes
            }
            Scorer::Here(here) => here.score(body, reasons)?,
        };
        let text = String::from_utf8_lossy(&bytes);
        Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// What was scored is stored.
    fn finish(&mut self) -> Result<(), Failure> {
        match self {
            Scorer::Far(_) => Ok(()),
            Scorer::Here(here) => here.flush(),
        }
    }
}

impl Here {
    fn score(&mut self, body: &str, reasons: usize) -> Result<Vec<u8>, Failure> {
        let query = format!("reasons={reasons}");
        let headers = [("content-type", "application/x-ndjson")];
        let request = Request { method: "POST", path: "/v1/score", query: &query, headers: &headers, body: body.as_bytes() };
        let began = clock::start();
        let mut answer = self.service.handle(clock::now(), &request);
        if answer.response.status != 200 {
            let body: Value = serde_json::from_slice(&answer.response.body).unwrap_or_default();
            let word = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            return Err(Failure::Rejected { code: word("code"), message: word("detail") });
        }
        let micros = u32::try_from(began.elapsed().as_micros()).ok();
        answer.effects.predictions.iter_mut().for_each(|prediction| prediction.duration_us = micros);
        self.keep(&answer.effects)?;
        if let Some(after) = &answer.after {
            let effects = self.service.after(&request, after);
            self.keep(&effects)?;
        }
        // The scores are given out once their rows are stored.
        self.flush()?;
        Ok(answer.response.body)
    }

    fn keep(&mut self, effects: &Effects) -> Result<(), Failure> {
        let full = self.journal.push(clock::now(), effects);
        self.store(full)
    }

    fn flush(&mut self) -> Result<(), Failure> {
        let rest = self.journal.flush();
        self.store(rest)
    }

    fn store(&mut self, batches: Vec<plumbline_worker::Batch>) -> Result<(), Failure> {
        for batch in batches {
            if let Some(shard) = self.lifecycle.shards().get_mut(batch.shard as usize) {
                let failed =
                    |e: plumbline_worker::SqlError| Failure::Service { code: e.code(), message: format!("the log: {e}") };
                shard.append(&batch.text).map_err(failed)?;
            }
        }
        Ok(())
    }
}

impl Account {
    /// Takes the answers to the leads of `lines`.
    fn take(&mut self, table: &mut Table, layout: Layout, lines: &[u64], answers: &[Value]) -> Result<(), Failure> {
        if lines.len() != answers.len() {
            let message = format!("{} leads were sent and {} answers came", lines.len(), answers.len());
            return Err(Failure::Service { code: "ANSWERS_MISSING", message });
        }
        for (line, answer) in lines.iter().zip(answers) {
            let word = |path: &str| answer.pointer(path).and_then(Value::as_str).unwrap_or_default();
            if answer.get("error").is_some() {
                self.rejected.push((*line, word("/error/code").to_owned(), word("/error/detail").to_owned()));
                continue;
            }
            self.scored += 1;
            *self.by_version.entry(word("/model/version").to_owned()).or_default() += 1;
            if layout == Layout::Ndjson {
                table.encoded(&answer.to_string())?;
                continue;
            }
            let reasons = answer.get("reasons").and_then(Value::as_array).into_iter().flatten();
            let reasons = reasons.filter_map(|reason| reason.get("text")?.as_str()).collect::<Vec<_>>().join("; ");
            let probability = answer.get("probability").and_then(Value::as_f64);
            table.row([
                Datum::Text(word("/lead_id")),
                answer.get("score").and_then(Value::as_i64).map_or(Datum::Empty, |score| Datum::Whole(i128::from(score))),
                probability.map_or(Datum::Empty, Datum::Real),
                Datum::Text(word("/band")),
                Datum::Text(&reasons),
                Datum::Text(word("/variant")),
                Datum::Text(word("/model/name")),
                Datum::Text(word("/model/version")),
            ])?;
        }
        Ok(())
    }
}

/// What the served models read of a lead.
struct Read {
    /// Each field once; it is required where a model requires it.
    fields: Vec<Field>,
    /// By field whether a model reads it.
    needed: Vec<bool>,
}

impl Read {
    fn of(service: &Service) -> Result<Read, Failure> {
        let listed = service.get("/v1/models")?.body;
        let mut all = Read { fields: Vec::new(), needed: Vec::new() };
        for model in listed.get("models").and_then(Value::as_array).into_iter().flatten().filter(|model| is_served(model)) {
            let Some(path) = model.get("bundle").and_then(Value::as_str) else { continue };
            all.add(&scorer_of(service.get(path)?.bytes, path)?);
        }
        Ok(all)
    }

    fn add(&mut self, scorer: &plumbline_core::Scorer) {
        for (field, needed) in scorer.bundle().manifest.schema.fields.iter().zip(scorer.needed_fields()) {
            let known = self.fields.iter_mut().zip(&mut self.needed).find(|(known, _)| known.name == field.name);
            match known {
                Some((known, is_needed)) => {
                    known.required |= field.required;
                    *is_needed |= needed;
                }
                None => {
                    self.fields.push(field.clone());
                    self.needed.push(needed);
                }
            }
        }
    }
}

/// Whether a listed model scores leads: a store lists the others, too, and gives those that do an alias.
fn is_served(model: &Value) -> bool {
    let scores = |alias: &Value| [Alias::Champion, Alias::Challenger, Alias::Shadow].iter().any(|one| alias == one.name());
    let aliases = model.get("aliases").and_then(Value::as_array);
    aliases.is_none_or(|aliases| aliases.iter().any(scores)) || model.get("default") == Some(&Value::Bool(true))
}

fn scorer_of(bytes: Vec<u8>, place: &str) -> Result<plumbline_core::Scorer, Failure> {
    let failed = |code, message| Failure::Model { place: place.to_owned(), code, message };
    let bundle = plumbline_core::Bundle::read(&bytes).map_err(|e| failed(e.code(), e.to_string()))?;
    plumbline_core::Scorer::new(bundle).map_err(|e| failed(e.code(), e.to_string()))
}
