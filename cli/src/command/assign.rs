//! `plumbline assign`: which arm each lead falls in, by the same draw the service makes.

use std::path::{Path, PathBuf};

use clap::Args;
use plumbline_core::route::{Hash, Split};

use crate::input::{self, Cell, Problem, Records, Rejects, Step};
use crate::output::paths::{append, is_ndjson, keep_apart};
use crate::output::{Datum, Interrupt, Layout, Sink, Table, shortest, terminal};
use crate::report::summary::{AssignSummary, page};
use crate::table::named;
use crate::table::places::ID_FIELDS;
use crate::{Failure, Outcome};

/// Assign each lead to an arm
#[derive(Debug, Args)]
#[command(after_help = "\
Input: CSV with a header, NDJSON or Parquet, as for `plumbline score`. Writes per lead: lead, point (its position in [0, 1)), arm.
The assignment is deterministic: the same salt, weights and id give the same arm at any time on any machine. An id is hashed as
text; a JSON number without a fraction is hashed as its digits.

Hash modes:
  sha256         first 32 bits of SHA-256 of salt:id, which any SQL database can recompute
  growthbook-v2  GrowthBook, hash version 2 (10,000 buckets)
  growthbook-v1  GrowthBook, hash version 1 (1,000 buckets), for old assignments
  flagd          flagd's fractional evaluation of salt followed by id
  unleash        Unleash's variant selection, with the salt as group id

Arms are adjacent intervals, so changing the weights may move leads between arms. For a model rollout use the service's allocation,
whose arms grow without moving leads.

Examples:
  plumbline assign --salt 2026-12 --weights control=50,v2=50 leads.csv -o arms.csv
  plumbline assign --hash growthbook-v2 --salt checkout --weights a=90,b=10 ids.ndjson | head")]
pub struct Assign {
    /// CSV, NDJSON or Parquet; `-` is standard input
    #[arg(value_name = "IDS", default_value = "-")]
    leads: PathBuf,
    /// How an id is hashed: sha256, growthbook-v1, growthbook-v2, flagd or unleash
    #[arg(long, value_name = "MODE", default_value = "sha256", value_parser = hash)]
    hash: Hash,
    /// Name of this assignment; a different salt gives an independent one
    #[arg(long)]
    salt: String,
    /// Arms and their integer weights, in order
    #[arg(long, value_name = "ARM=WEIGHT,…", value_delimiter = ',', required = true, value_parser = weight)]
    weights: Vec<(String, u32)>,
    /// The column with the lead's id [default: lead_id, otherwise id, otherwise the first column]
    #[arg(long, value_name = "COLUMN")]
    id: Option<String>,
    /// Output file for the assignments: CSV, or NDJSON if the name ends in .ndjson or .jsonl [default: standard output]
    #[arg(short, long)]
    out: Option<PathBuf>,
}

fn hash(name: &str) -> Result<Hash, String> {
    let found = Hash::ALL.into_iter().find(|(known, _)| *known == name);
    found.map(|(_, hash)| hash).ok_or_else(|| format!("expected one of {}", Hash::ALL.map(|(name, _)| name).join(", ")))
}

fn weight(text: &str) -> Result<(String, u32), String> {
    let parts = text.split_once('=').and_then(|(arm, weight)| Some((arm.to_owned(), weight.parse().ok()?)));
    parts.ok_or_else(|| "expected an arm and its integer weight, such as control=90".to_owned())
}

impl Assign {
    /// Assigns every lead of the input.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let out = self.out.as_deref().filter(|out| *out != Path::new("-"));
        if json && out.is_none() {
            return Err(Failure::usage("ARGUMENTS", "--json writes the summary to standard output, so the arms need -o OUT"));
        }
        let split = Split::new(self.hash, &self.salt, &self.weights).map_err(|e| Failure::usage(e.code(), e.to_string()))?;
        let rejected = out.map(|out| append(out, ".rejected"));
        keep_apart(&[("IDS", Some(&self.leads))], &[("OUT", out), ("the rejected rows", rejected.as_deref())])?;
        let interrupt = Interrupt::watch()?;
        let (mut records, source) = input::open(&self.leads, false)?;
        if records.is_table() {
            self.column(records.names(), &source.place)?;
        }
        let layout = if out.is_some_and(is_ndjson) { Layout::Ndjson } else { Layout::Csv };
        let place = out.map_or_else(|| "standard output".to_owned(), |out| out.display().to_string());
        let names = ["lead", "point", "arm"].map(str::to_owned).to_vec();
        let mut table = Table::start(Sink::open(out, &interrupt)?, place, layout, names)?;
        let ids = self.id.iter().cloned().chain(ID_FIELDS.map(str::to_owned)).collect();
        let mut rejects = Rejects::new(rejected, &source.place, ids, &interrupt);
        let mut counts = vec![0u64; self.weights.len()];
        loop {
            match records.advance()? {
                Step::End => break,
                Step::Rejected(problem) => rejects.add_unreadable(&*records, &problem)?,
                Step::Record => match self.lead(&*records) {
                    None => rejects.add(
                        &*records,
                        &Problem::new(
                            "ID_MISSING",
                            "the lead has no id, or its id is a number too long to be exact: write it as a string",
                        ),
                    )?,
                    Some(lead) => {
                        let arm = split.index(&lead);
                        rejects.take();
                        if let Some(count) = counts.get_mut(arm) {
                            *count += 1;
                        }
                        table.row([Datum::Text(&lead), Datum::Real(split.point(&lead)), Datum::Text(split.arm(&lead))])?;
                    }
                },
            }
        }
        source.progress.finish_and_clear();
        let summary = rejects.commit(&interrupt)?;
        table.commit(&interrupt)?;
        let is_done = summary.rows.lost() == 0;
        let file = summary.file.as_ref().map(|file| file.display().to_string());
        let arms = self.weights.iter().zip(&counts);
        if json {
            terminal::say_json(&AssignSummary {
                arms: arms.map(|((arm, _), n)| (arm.clone(), *n)).collect(),
                rejected: summary.rows.lost(),
                out: out.map(|out| out.display().to_string()),
                rejected_to: file,
                rows: summary.rows,
            })?;
        } else {
            let arms: Vec<String> = arms.map(|((arm, _), n)| format!("{arm} {}", terminal::thousands(*n))).collect();
            terminal::note(&format!("{}\n{}", arms.join(", "), page(&summary.rows, file.as_deref())));
        }
        Ok(if is_done { Outcome::Done } else { Outcome::SomeRejected })
    }

    /// The column of ids among `names`.
    fn column(&self, names: &[String], place: &str) -> Result<usize, Failure> {
        let find = |wanted: &str| names.iter().position(|name| name == wanted);
        match &self.id {
            Some(id) => find(id).ok_or_else(|| named::absent(place, &[id], names)),
            None => Ok(ID_FIELDS.into_iter().find_map(find).unwrap_or(0)),
        }
    }

    /// The id of the current record: of an object its `lead_id`, else its `id`.
    fn lead(&self, records: &dyn Records) -> Option<String> {
        if self.id.is_some() || records.is_table() {
            return id(records, self.column(records.names(), "").ok()?);
        }
        let named = |wanted: &str| records.names().iter().position(|name| name == wanted);
        ID_FIELDS.into_iter().filter_map(named).find_map(|at| id(records, at))
    }
}

/// The text that is hashed; of a CSV as it stands, as `score` reads an id. A float beyond 2^53 may have lost digits on its way here: it is
/// not an id.
fn id(records: &dyn Records, at: usize) -> Option<String> {
    if let Some(text) = records.text(at) {
        return Some(text.to_owned()).filter(|text| !text.trim().is_empty());
    }
    match records.cell(at) {
        Cell::Text(text) => Some(text.to_owned()).filter(|text| !text.is_empty()),
        Cell::Int(n) => Some(n.to_string()),
        Cell::UInt(n) => Some(n.to_string()),
        Cell::Float(x) if x.abs() <= 9_007_199_254_740_992.0 => {
            let mut text = String::new();
            shortest(x, &mut text);
            Some(text.strip_suffix(".0").map_or(text.clone(), str::to_owned))
        }
        _ => None,
    }
}
