//! `plumbline outcomes` and `plumbline feedback`: what became of leads, from a file of the CRM to the service.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use plumbline_core::event::{self, Event, OutcomeKind};
use plumbline_core::metric::Maturity;
use plumbline_core::table::{format_date, parse_date};
use serde_json::{Map, Value, json};

use crate::client::{Service, encoded, rejected};
use crate::input::{self, Cell, Records, Step};
use crate::output::terminal;
use crate::report;
use crate::{Failure, Outcome, clock};

/// Events of one request.
const BATCH: usize = 2_000;
/// Rejected rows that are shown.
const SHOWN: usize = 5;
const DAY_MS: i64 = 86_400_000;
/// The answer to an event that took the place of another.
const CORRECTED: &str = "CORRECTED";
/// The answer to an empty time of a lead of which nothing was sent before.
const NOTHING_TO_RETRACT: &str = "NOTHING_TO_RETRACT";

/// Send what became of leads, and ask how long that takes
#[derive(Debug, Args)]
pub struct Outcomes {
    #[command(flatten)]
    service: Service,
    #[command(subcommand)]
    what: OutcomesWhat,
}

#[derive(Debug, Subcommand)]
enum OutcomesWhat {
    /// Send outcomes from CSV, NDJSON or Parquet
    #[command(after_help = "\
Two layouts are read. One event a row: --kind names the column with what happened and --time the one with when; --map translates the
CRM's words. One lead a row: --converted-at, --lost-at, --opened-at and --closed-at name columns with the time of each event, empty
where it did not happen; --value is the value of the won deal.

Times are RFC 3339. A time without a zone is rejected unless --time-zone says which one it is in. A date without a time counts from the
end of that day (in UTC, or in --time-zone), but never later than now: a lead that converts on the day of its first score converts after it.
Sending a file again changes nothing. With one event a row, events are known by --event-id, or by their content; --replaces names the
column with the event that a row corrects. With one lead a row, a corrected file is imported as it is: a row that changed takes the place
of the one before, and a time that is now empty retracts it.

Every row is accounted for: ACCEPTED, DUPLICATE (sent before), CORRECTED, OUTCOME_CONFLICT (same id, other content: the first stays),
ORPHAN (kept until the lead is scored), BEFORE_SCORE, AFTER_MATURITY, TOO_LATE (kept, but no figure changes), ERASED, or EVENT_… with
what is wrong with the row. Exit code 3: some rows were rejected.

Examples:
  plumbline outcomes import opportunities.csv --lead LeadId --kind Stage --time CloseDate --map 'Closed Won=converted' --time-zone +01:00
  plumbline outcomes import leads.csv --converted-at converted_at --closed-at won_at --value amount --dry-run")]
    Import(Box<ImportOutcomes>),
    /// Which part of conversions comes within 7, 14, 30 and 60 days
    Horizon {
        /// Leads that are looked at, the newest first
        #[arg(long, default_value_t = 20_000)]
        leads: usize,
    },
}

#[derive(Debug, Args)]
struct ImportOutcomes {
    #[command(flatten)]
    file: FileArguments,
    /// The column with what happened: converted, lost, deal_opened, deal_closed or retract, or what --map translates
    #[arg(long, value_name = "COLUMN", conflicts_with_all = ["converted_at", "lost_at", "opened_at", "closed_at"])]
    kind: Option<String>,
    /// A word of the kind's column and what it stands for; without =KIND rows with the word are skipped. Can be repeated
    #[arg(long = "map", value_name = "WORD[=KIND]", requires = "kind")]
    map: Vec<String>,
    /// The column with when each lead converted
    #[arg(long, value_name = "COLUMN")]
    converted_at: Option<String>,
    /// The column with when each lead was lost
    #[arg(long, value_name = "COLUMN")]
    lost_at: Option<String>,
    /// The column with when a deal was opened
    #[arg(long, value_name = "COLUMN")]
    opened_at: Option<String>,
    /// The column with when a deal was won
    #[arg(long, value_name = "COLUMN")]
    closed_at: Option<String>,
    /// The column with the value of the deal
    #[arg(long, value_name = "COLUMN")]
    value: Option<String>,
    /// The column with the id of the event that a row replaces
    #[arg(long, value_name = "COLUMN", requires = "kind")]
    replaces: Option<String>,
}

/// Send what sales says about scores; list and close reports of something odd
#[derive(Debug, Args)]
#[command(after_help = "\
A report of something odd about a challenger's scores keeps its rollout from going on until a person closes it: confirmed, the gate
fb.sales fails; not confirmed, it counts no more.

Columns of a file to import: lead_id, kind (thumb, satisfaction, unhelpful or odd), occurred_at, and where there are any event_id, version, rating, rep, text.

Examples:
  plumbline feedback import survey.csv --time answered_at --time-zone Z
  plumbline feedback list --open
  plumbline feedback close f-9 --confirmed no --key $KEY")]
pub struct Feedback {
    #[command(flatten)]
    service: Service,
    #[command(subcommand)]
    what: FeedbackWhat,
}

#[derive(Debug, Subcommand)]
enum FeedbackWhat {
    /// Send feedback from CSV, NDJSON or Parquet
    Import(FileArguments),
    /// Reports that something about a score is odd, the newest first
    List {
        /// Only those that no one has closed
        #[arg(long)]
        open: bool,
        /// How many at most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
    },
    /// Close a report that something is odd
    Close {
        /// Its id
        id: String,
        /// Whether something was odd
        #[arg(long, value_name = "yes|no")]
        confirmed: Answer,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Answer {
    Yes,
    No,
}

/// The file, and the columns that all events have.
#[derive(Debug, Args)]
struct FileArguments {
    /// CSV, NDJSON or Parquet; `-` is standard input
    #[arg(value_name = "FILE")]
    path: PathBuf,
    /// The column with the lead's id
    #[arg(long, value_name = "COLUMN", default_value = "lead_id")]
    lead: String,
    /// The column with the event's own id, unique for the lead [default: event_id, if there is one; else the content]
    #[arg(long, value_name = "COLUMN")]
    event_id: Option<String>,
    /// The column with when it happened
    #[arg(long, value_name = "COLUMN", default_value = "occurred_at")]
    time: String,
    /// The zone of times without one: Z, or an offset such as +01:00
    #[arg(long, value_name = "OFFSET", value_parser = offset, allow_hyphen_values = true)]
    time_zone: Option<i64>,
    /// Read and check all rows, and send none
    #[arg(long)]
    dry_run: bool,
    /// Output file for rejected rows (line,code,reason)
    #[arg(long, value_name = "FILE")]
    rejected: Option<PathBuf>,
}

impl Outcomes {
    /// Sends outcomes, or asks how long they take.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        match &self.what {
            OutcomesWhat::Import(import) => import.run(&self.service, json),
            OutcomesWhat::Horizon { leads } => horizon(&self.service, *leads, json),
        }
    }
}

impl Feedback {
    /// Sends feedback.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let file = match &self.what {
            FeedbackWhat::Import(file) => file,
            FeedbackWhat::List { open, limit } => {
                let answer = self.service.get(&format!("/v1/feedback?open={open}&limit={limit}"))?.body;
                let said = report::odd::listed(&answer, *open);
                let shown = if json { terminal::say_json(&answer) } else { terminal::say(&said) };
                return shown.map(|()| Outcome::Done);
            }
            FeedbackWhat::Close { id, confirmed } => {
                let body = json!({ "confirmed": *confirmed == Answer::Yes });
                let answer = self.service.command(&format!("/v1/feedback/{}/close", encoded(id)), &body, "")?.body;
                let said = if *confirmed == Answer::Yes { "confirmed: something was odd" } else { "dismissed" };
                let shown = if json { terminal::say_json(&answer) } else { terminal::say(&format!("{id} is closed, {said}")) };
                return shown.map(|()| Outcome::Done);
            }
        };
        let check =
            |event: &str, now| event::Feedback::read(event, now).map(drop).map_err(|e| (e.code().to_owned(), e.to_string()));
        let make = |row: &Row<'_>| {
            let mut event = row.common(file, &file.time, moment)?;
            for name in ["version", "rep", "text", "kind"] {
                event.extend(row.text(name).map(|text| (name.to_owned(), text.into())));
            }
            event.extend(row.number("rating")?.map(|rating| ("rating".to_owned(), rating)));
            Ok(vec![event])
        };
        send(&self.service, file, &[&file.time, "kind"], "/v1/feedback", json, &make, &check)
    }
}

impl ImportOutcomes {
    fn run(&self, service: &Service, json: bool) -> Result<Outcome, Failure> {
        self.check_map()?;
        let kinds: BTreeMap<&str, &str> = self.map.iter().map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect();
        let by_column = [
            ("converted", &self.converted_at),
            ("lost", &self.lost_at),
            ("deal_opened", &self.opened_at),
            ("deal_closed", &self.closed_at),
        ];
        let is_wide = by_column.iter().any(|(_, column)| column.is_some());
        let check =
            |event: &str, now| event::Outcome::read(event, now).map(drop).map_err(|e| (e.code().to_owned(), e.to_string()));
        let make = |row: &Row<'_>| {
            let value = self.value.as_deref().map_or(Ok(None), |column| row.number(column))?;
            if is_wide {
                let mut events = Vec::new();
                for (kind, column) in by_column {
                    let Some(column) = column.as_deref() else { continue };
                    let happened = row.text(column).is_some();
                    let mut event = row.common(&self.file, column, end_of_day)?;
                    // The same for every version of the row, so that a corrected one takes its place.
                    let id = event.get("event_id").and_then(Value::as_str).unwrap_or("row");
                    let id = format!("{id}/{kind}");
                    event.insert("event_id".to_owned(), id.into());
                    event.insert("revise".to_owned(), true.into());
                    if !happened {
                        if event.contains_key("lead_id") {
                            event.insert("kind".to_owned(), OutcomeKind::Retract.name().into());
                            event.insert("occurred_at".to_owned(), json!(clock::now().0));
                            events.push(event);
                        }
                        continue;
                    }
                    event.insert("kind".to_owned(), kind.into());
                    if kind == "deal_closed" {
                        event.extend(value.clone().map(|value| ("value".to_owned(), value)));
                    }
                    events.push(event);
                }
                return Ok(events);
            }
            let found = row.text(self.kind.as_deref().unwrap_or("kind")).unwrap_or_default();
            let kind = match kinds.get(found.as_str()) {
                Some(&"") => return Ok(Vec::new()),
                Some(kind) => (*kind).to_owned(),
                None => found,
            };
            let mut event = row.common(&self.file, &self.file.time, end_of_day)?;
            if kind == "deal_closed" || kind == "converted" || kind == "deal_opened" {
                event.extend(value.map(|value| ("value".to_owned(), value)));
            }
            let replaces = row.text(self.replaces.as_deref().unwrap_or("replaces"));
            event.extend(replaces.map(|id| ("replaces".to_owned(), id.into())));
            event.insert("kind".to_owned(), kind.into());
            Ok(vec![event])
        };
        let time = (!is_wide).then_some(self.file.time.as_str());
        let kind = (!is_wide).then_some(self.kind.as_deref().unwrap_or("kind"));
        let named =
            by_column.into_iter().map(|(_, column)| column.as_deref()).chain([self.value.as_deref(), self.replaces.as_deref()]);
        let needed: Vec<&str> = named.chain([time, kind]).flatten().collect();
        send(service, &self.file, &needed, "/v1/outcomes", json, &make, &check)
    }

    /// Whether each word is mapped to a kind that there is.
    fn check_map(&self) -> Result<(), Failure> {
        let word = |pair: &str| pair.split_once('=').map_or(pair, |(word, _)| word).to_owned();
        let words: Vec<String> = self.map.iter().map(|pair| word(pair)).collect();
        if let Some(twice) = words.iter().enumerate().find(|(at, word)| words.iter().skip(at + 1).any(|other| other == *word)) {
            return Err(Failure::usage("MAP_REPEATED", format!("--map names {:?} more than once; give each word once", twice.1)));
        }
        let wrong = self
            .map
            .iter()
            .find(|pair| pair.split_once('=').is_some_and(|(_, kind)| !kind.is_empty() && OutcomeKind::named(kind).is_none()));
        let Some(pair) = wrong else { return Ok(()) };
        let kinds = "converted, lost, deal_opened, deal_closed or retract; a word alone skips its rows";
        Err(Failure::usage("KIND_UNKNOWN", format!("--map {pair:?}: the kinds are {kinds}")))
    }
}

/// Why a row makes no event: a code and a sentence.
type Refusal = (String, String);
type Make<'a> = dyn Fn(&Row<'_>) -> Result<Vec<Map<String, Value>>, Refusal> + 'a;
type Check<'a> = dyn Fn(&str, i64) -> Result<(), Refusal> + 'a;

/// A row by the names of its columns.
struct Row<'a> {
    records: &'a dyn Records,
    names: &'a [String],
}

impl Row<'_> {
    /// The text of a column; none where it is empty or there is no such column.
    fn text(&self, name: &str) -> Option<String> {
        let index = self.names.iter().position(|known| known == name)?;
        let text = match self.records.cell(index) {
            Cell::Missing => return None,
            Cell::Text(text) => text.trim().to_owned(),
            Cell::Bool(is) => is.to_string(),
            Cell::Int(n) => n.to_string(),
            Cell::UInt(n) => n.to_string(),
            Cell::Float(x) => x.to_string(),
            // A date, where it is midnight.
            Cell::Time(moment) if moment.ms.rem_euclid(DAY_MS) == 0 => format_date(moment.ms),
            Cell::Time(moment) => moment.ms.to_string(),
            Cell::Other(_) => return None,
        };
        Some(text).filter(|text| !text.is_empty())
    }

    /// The number of a column.
    fn number(&self, name: &str) -> Result<Option<Value>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let plain: String = text.chars().filter(|c| *c != ' ').collect();
        let number = plain.parse::<f64>().ok().filter(|x| x.is_finite());
        let wrong = || ("EVENT_BAD_VALUE".to_owned(), format!("{name}: {text:?} is not a number such as 1200.50"));
        number.map(|x| Some(json!(x))).ok_or_else(wrong)
    }

    /// Lead, event and time, as every event has them; `read` makes the time of its text and the zone.
    fn common(
        &self,
        file: &FileArguments,
        time: &str,
        read: fn(&str, Option<i64>) -> Value,
    ) -> Result<Map<String, Value>, Refusal> {
        let mut event = Map::new();
        event.extend(self.text(&file.lead).map(|lead| ("lead_id".to_owned(), lead.into())));
        let id = self.text(file.event_id.as_deref().unwrap_or("event_id"));
        event.extend(id.map(|id| ("event_id".to_owned(), id.into())));
        if let Some(text) = self.text(time) {
            event.insert("occurred_at".to_owned(), read(&text, file.time_zone));
        }
        Ok(event)
    }
}

/// A time as events have it: as it stands where it has a zone, is a number or cannot be read; else in the zone given.
fn moment(text: &str, zone: Option<i64>) -> Value {
    let clock = text.get(10..).unwrap_or_default();
    let has_zone = clock.ends_with(['Z', 'z']) || clock.contains(['+', '-']);
    match (parse_date(text), zone) {
        (Some(ms), Some(offset)) if !has_zone => json!(ms - offset),
        (None, _) => text.parse::<i64>().map_or_else(|_| text.into(), |ms| json!(ms)),
        _ => text.into(),
    }
}

/// [`moment`], but a date without a time stays one, with its zone: the service takes it for the end of the day.
fn end_of_day(text: &str, zone: Option<i64>) -> Value {
    if text.len() != 10 || parse_date(text).is_none() {
        return moment(text, zone);
    }
    let minutes = zone.unwrap_or(0) / 60_000;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{text}{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60).into()
}

/// `Z`, `+01:00` or `-0500` in milliseconds.
fn offset(text: &str) -> Result<i64, String> {
    let wrong = || "expected Z or an offset such as +01:00".to_owned();
    if matches!(text, "Z" | "z" | "UTC") {
        return Ok(0);
    }
    let (sign, rest) = match text.split_at_checked(1) {
        Some(("+", rest)) => (1, rest),
        Some(("-", rest)) => (-1, rest),
        _ => return Err(wrong()),
    };
    let digits: String = rest.chars().filter(|c| *c != ':').collect();
    let number = digits.parse::<i64>().ok().filter(|_| digits.len() == 4).ok_or_else(wrong)?;
    let (hours, minutes) = (number / 100, number % 100);
    if hours > 14 || minutes > 59 { Err(wrong()) } else { Ok(sign * (hours * 60 + minutes) * 60_000) }
}

/// What became of the rows.
#[derive(Default)]
struct Account {
    rows: u64,
    events: u64,
    /// Events that the service took, or would take.
    taken: u64,
    /// Of those, the ones that took the place of another.
    corrected: u64,
    by_code: BTreeMap<String, u64>,
    rejected: Vec<(u64, String, String)>,
    count: u64,
}

impl Account {
    fn note(&mut self, line: u64, status: u16, code: String, detail: String) {
        *self.by_code.entry(code.clone()).or_default() += 1;
        if status < 400 {
            self.taken += 1;
            self.corrected += u64::from(code == CORRECTED);
        } else {
            self.count += 1;
            self.rejected.push((line, code, detail));
        }
    }
}

/// Sends what `make` makes of each row to `path`, in batches. The file has the columns `needed`.
fn send(
    service: &Service,
    file: &FileArguments,
    needed: &[&str],
    path: &str,
    json: bool,
    make: &Make<'_>,
    check: &Check<'_>,
) -> Result<Outcome, Failure> {
    let (mut records, source) = input::open(&file.path, false)?;
    let mut account = Account::default();
    let mut batch: Vec<(u64, String)> = Vec::new();
    loop {
        match records.advance()? {
            Step::End => break,
            Step::Rejected(problem) => {
                account.rows += 1;
                account.note(records.line(), 422, problem.code.to_owned(), problem.message);
            }
            Step::Record => {
                account.rows += 1;
                let (names, line) = (records.names().to_vec(), records.line());
                if account.rows == 1 && records.is_table() {
                    check_columns(file, needed, &names, &source.place)?;
                }
                match make(&Row { records: records.as_ref(), names: &names }) {
                    Ok(events) => {
                        if events.iter().all(is_emptied) {
                            *account.by_code.entry("SKIPPED".to_owned()).or_default() += 1;
                        }
                        let sent = events.into_iter().filter(|event| !file.dry_run || !is_emptied(event));
                        batch.extend(sent.map(|event| (line, Value::Object(event).to_string())));
                    }
                    Err((code, detail)) => account.note(line, 422, code, detail),
                }
                if batch.len() >= BATCH {
                    hand_over(service, file, path, &mut batch, &mut account, check)?;
                }
            }
        }
    }
    hand_over(service, file, path, &mut batch, &mut account, check)?;
    source.progress.finish_and_clear();
    if account.rows == 0 {
        return Err(Failure::no_rows(source.place));
    }
    report(&account, file, json)?;
    Ok(if account.count > 0 { Outcome::SomeRejected } else { Outcome::Done })
}

/// Whether an event stands for a time that is empty: it retracts what an earlier version of the row had there.
fn is_emptied(event: &Map<String, Value>) -> bool {
    event.contains_key("revise") && event.get("kind").and_then(Value::as_str) == Some(OutcomeKind::Retract.name())
}

/// Whether a table with the columns `names` has all that were named: without one, every row would be rejected.
fn check_columns(file: &FileArguments, needed: &[&str], names: &[String], place: &str) -> Result<(), Failure> {
    let named = [Some(file.lead.as_str()), file.event_id.as_deref()].into_iter().flatten().chain(needed.iter().copied());
    let missing: Vec<String> =
        named.filter(|name| !names.iter().any(|known| known == name)).map(|name| format!("{name:?}")).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let what = format!("{place} has no column {}; its columns are {}", missing.join(", "), names.join(", "));
    Err(Failure::usage("COLUMN_MISSING", what))
}

fn hand_over(
    service: &Service,
    file: &FileArguments,
    path: &str,
    batch: &mut Vec<(u64, String)>,
    account: &mut Account,
    check: &Check<'_>,
) -> Result<(), Failure> {
    if batch.is_empty() {
        return Ok(());
    }
    if file.dry_run {
        let now = clock::now().0;
        account.events += batch.len() as u64;
        for (line, event) in batch.drain(..) {
            match check(&event, now) {
                Ok(()) => account.note(line, 200, "READABLE".to_owned(), String::new()),
                Err((code, detail)) => account.note(line, 422, code, detail),
            }
        }
        return Ok(());
    }
    let body = batch.iter().map(|(_, event)| event.as_str()).collect::<Vec<_>>().join("\n");
    let answer = service.try_post(path, "application/x-ndjson", body.as_bytes())?;
    let statuses = answer.body.get("events").and_then(Value::as_array).ok_or_else(|| rejected(&answer))?;
    for ((line, _), status) in batch.iter().zip(statuses) {
        let word = |name: &str| status.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = status.get("status").and_then(Value::as_u64).and_then(|n| u16::try_from(n).ok()).unwrap_or(500);
        if word("code") != NOTHING_TO_RETRACT {
            account.events += 1;
            account.note(*line, number, word("code"), word("detail"));
        }
    }
    batch.clear();
    Ok(())
}

fn report(account: &Account, file: &FileArguments, json: bool) -> Result<(), Failure> {
    if let Some(path) = &file.rejected {
        write_rejected(path, &account.rejected)?;
    }
    if json {
        let rejected: Vec<Value> = account
            .rejected
            .iter()
            .take(1_000)
            .map(|(line, code, why)| json!({ "line": line, "code": code, "detail": why }))
            .collect();
        return terminal::say_json(&json!({
            "rows": account.rows, "events": account.events, "taken": account.taken, "corrected": account.corrected,
            "sent": !file.dry_run, "by_code": account.by_code, "rejected": account.count, "rejected_rows": rejected,
        }));
    }
    let [rows, taken, corrected, rejected] =
        [account.rows, account.taken, account.corrected, account.count].map(terminal::thousands);
    let corrected = if account.corrected > 0 { format!(" ({corrected} corrected)") } else { String::new() };
    terminal::say(&match file.dry_run {
        true => format!("{rows} rows: {taken} events readable, {rejected} rejected; none sent (--dry-run)"),
        false => format!("{rows} rows: {taken} events taken{corrected}, {rejected} rejected"),
    })?;
    let rows: Vec<Vec<String>> = account.by_code.iter().map(|(code, n)| vec![code.clone(), terminal::thousands(*n)]).collect();
    terminal::say(&terminal::columns(&["code", "events"], rows.into_iter()))?;
    for (line, code, why) in account.rejected.iter().take(SHOWN) {
        terminal::note(&format!("line {line}: {code}: {why}"));
    }
    if account.rejected.len() > SHOWN {
        terminal::note(&format!("and {} more; --rejected FILE lists them", account.rejected.len() - SHOWN));
    }
    Ok(())
}

fn write_rejected(path: &Path, rejected: &[(u64, String, String)]) -> Result<(), Failure> {
    let mut text = String::from("line,code,reason\n");
    for (line, code, why) in rejected {
        text.push_str(&format!("{line},{code},\"{}\"\n", why.replace('"', "\"\"")));
    }
    std::fs::write(path, text).map_err(Failure::write(path.display().to_string()))
}

/// Prints which part of conversions comes within a few horizons.
fn horizon(service: &Service, most: usize, json: bool) -> Result<Outcome, Failure> {
    const HORIZONS: [i64; 4] = [7, 14, 30, 60];
    let (mut after, mut leads) = (String::new(), Vec::new());
    while leads.len() < most {
        let page = service.get(&format!("/v1/leads?limit=200&after={}", encoded(&after)))?.body;
        let found = page.get("leads").and_then(Value::as_array).cloned().unwrap_or_default();
        let lead =
            |lead: &Value| Some((lead.get("first_ms")?.as_i64()?, lead.pointer("/outcome/converted_ms").and_then(Value::as_i64)));
        leads.extend(found.iter().filter_map(lead));
        match page.get("next").and_then(Value::as_str) {
            Some(next) => next.clone_into(&mut after),
            None => break,
        }
    }
    let now = clock::now().0;
    // Only leads as old as the longest horizon that some have reached: late conversions of younger ones are still to come.
    let oldest = leads.iter().map(|(first, _)| now - first).max().unwrap_or_default();
    let Some(longest) = HORIZONS.into_iter().rev().find(|days| days * DAY_MS <= oldest) else {
        return Err(Failure::usage("TOO_YOUNG", "no lead was scored seven days ago or earlier"));
    };
    let old = leads.iter().filter(|(first, _)| now - first >= longest * DAY_MS);
    let delays: Vec<i64> =
        old.filter_map(|(first, converted)| Some(converted.as_ref()? - first)).filter(|delay| *delay >= 0).collect();
    let within = |days: i64| delays.iter().filter(|delay| **delay <= days * DAY_MS).count();
    let most_of = Maturity::covering(0.95, &delays).ok().map(|rule| rule.after_ms as f64 / DAY_MS as f64);
    let shares: Vec<(i64, usize, f64)> = HORIZONS
        .into_iter()
        .filter(|days| *days <= longest)
        .map(|days| (days, within(days), within(days) as f64 / delays.len().max(1) as f64))
        .collect();
    if json {
        let shares: Vec<Value> =
            shares.iter().map(|(days, n, share)| json!({ "days": days, "conversions": n, "share": share })).collect();
        terminal::say_json(
            &json!({ "leads": leads.len(), "conversions": delays.len(), "oldest_days": oldest / DAY_MS, "within": shares, "days_for_95_percent": most_of }),
        )?;
        return Ok(Outcome::Done);
    }
    terminal::say(&format!("of {} conversions of leads at least {longest} days old", terminal::thousands(delays.len() as u64)))?;
    let rows =
        shares.iter().map(|(days, n, share)| vec![format!("{days} days"), n.to_string(), format!("{:.0} %", share * 100.0)]);
    terminal::say(&terminal::columns(&["within", "conversions", "share"], rows))?;
    if let Some(days) = most_of {
        terminal::say(&format!("95 % come within {days:.1} days: outcome.mature_days should not be much shorter"))?;
    }
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_and_times_without_a_zone() {
        for (text, minutes) in
            [("Z", Ok(0)), ("+01:00", Ok(60)), ("-0530", Ok(-330)), ("+1", Err(())), ("Berlin", Err(())), ("+15:00", Err(()))]
        {
            assert_eq!(offset(text).map(|ms| ms / 60_000).map_err(drop), minutes, "{text}");
        }
        let hour = Some(3_600_000);
        assert_eq!(moment("2026-11-28T11:00:00", hour), json!(1_795_860_000_000_i64));
        assert_eq!(moment("2026-11-28T10:00:00Z", hour), json!("2026-11-28T10:00:00Z"), "a zone that is there holds");
        assert_eq!(moment("2026-11-28", hour), json!(1_795_820_400_000_i64), "a date counts from its first moment");
        assert_eq!(moment("2026-11-28T10:00:00", None), json!("2026-11-28T10:00:00"), "left to be rejected");
        assert_eq!(moment("28.11.2026", hour), json!("28.11.2026"));
        assert_eq!(end_of_day("2026-11-28", None), json!("2026-11-28+00:00"));
        assert_eq!(end_of_day("2026-11-28", hour), json!("2026-11-28+01:00"));
        assert_eq!(end_of_day("2026-11-28", Some(-19_800_000)), json!("2026-11-28-05:30"));
        assert_eq!(end_of_day("2026-11-28T11:00:00", hour), moment("2026-11-28T11:00:00", hour));
        assert_eq!(end_of_day("28.11.2026", hour), json!("28.11.2026"));
    }
}
