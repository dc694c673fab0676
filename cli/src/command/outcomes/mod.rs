//! `plumbline outcomes` and `plumbline feedback`: what became of leads, from a file of the CRM to the service.

mod horizon;
mod row;
mod send;

use std::collections::BTreeMap;

use clap::{Args, Subcommand, ValueEnum};
use plumbline_core::event::{self, Event, OutcomeKind};
use serde_json::{Value, json};

use crate::client::{Service, encoded};
use crate::output::terminal;
use crate::report;
use crate::{Failure, Outcome, clock};
use horizon::horizon;
use row::{FileArguments, Row, end_of_day, moment};
use send::send;

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
