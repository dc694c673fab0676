//! `plumbline score`: leads or raw rows in, scores out, in constant memory.

mod binding;
mod contribution;
mod leads;
mod output;
mod raw;
mod replay;
mod service;
mod unknown;

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use plumbline_core::quality::Gate;
use plumbline_core::schema::Role;

use crate::client::Service;
use crate::input::model_file::open_scorer;
use crate::input::{self, Records, Rejects, Source, read_suite};
use crate::output::paths::{append, is_ndjson, keep_apart};
use crate::output::{Interrupt, Layout, terminal};
use crate::report::summary::{ModelName, ScoreSummary, page};
use crate::table::moment;
use crate::table::places::ID_FIELDS;
use crate::{Failure, Outcome};

/// Score leads or raw rows from a file or standard input
#[derive(Debug, Args)]
#[command(after_help = "\
Input: CSV (separated by comma, semicolon or tab, detected in the header), NDJSON or Parquet, each also gzipped. The format is
detected by the file extension (.csv .tsv .ndjson .jsonl .parquet, optionally .gz), otherwise by content. Memory use does not
depend on the size of the input.

Leads (default): each row is a lead as described by the bundle's schema. Columns written:
  lead_id      the field with role id, otherwise lead_id or id, otherwise the number of the row, from 1
  score        the probability in points, 0 to 100
  probability  calibrated, as the shortest decimal that reads back to the same bits
  band         such as hot; empty if the bundle declares none
  reasons      in words, strongest first
  flags        with --suite: non-critical expectations the lead fails
  model, version  of the bundle
NDJSON has one object per lead, as the service answers it (docs/FORMATS.md, Scores). --keep copies columns of the input to the output,
before the others: the outcome and segments for `plumbline metrics`.
A row that is not a valid lead is rejected, and scoring continues. A text that the model has never seen is scored as missing, counted
in the summary, and named in the lead's reasons; above 1 % of the leads the summary warns.

Raw rows (--raw): each row has the model's own columns. Writes margin0…, prob0…, uncalibrated, as in the library that trained
the model. A categorical column takes its code or its text; an unknown text is missing and counted. Empty or NaN means missing; inf, -inf
and -0.0 are used as they are.
If no column name matches the model, numeric columns are matched by position.

Rejected rows are written to OUT.rejected (line,code,reason,lead_id,row); lines count from 1, the header is line 1. Without -o they
are reported on standard error. OUT appears once it is complete; after Ctrl-C an existing OUT is unchanged.

Exit code 0: all rows scored. 3: some rows were rejected. Others: see plumbline --help.

Examples:
  plumbline score web-leads.plumb leads.csv -o scores.csv
  plumbline score web-leads.plumb leads.parquet -o scores.ndjson --explain 5
  plumbline score web-leads.plumb leads.csv -o scored.csv --keep converted,region && plumbline metrics scored.csv --segment region
  zcat leads.csv.gz | plumbline score web-leads.plumb - | head
  plumbline score web-leads.plumb leads.csv --suite suite.json -o scores.csv
  plumbline score model.plumb rows.csv --raw --explain all -o shap.csv
  plumbline score --store store leads.csv -o scores.csv
  plumbline score --url https://leads.example.com --key $KEY leads.ndjson -o scores.ndjson")]
pub struct ScoreLeads {
    /// The bundle; left out with --store and --url
    #[arg(value_name = "M.plumb", required_unless_present_any = ["store", "url"])]
    model: Option<PathBuf>,
    /// CSV, NDJSON or Parquet; `-` is standard input [default: -]
    #[arg(value_name = "LEADS")]
    leads: Option<PathBuf>,
    /// Score by what the store's rollout serves: leads are drawn as the service draws them, and the scores are in its log
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["url", "raw", "suite", "keep", "now"])]
    store: Option<PathBuf>,
    /// Score by the service at this address, as --store does
    #[arg(long, value_name = "URL", conflicts_with_all = ["raw", "suite", "keep", "now"])]
    url: Option<String>,
    /// With --url: API key with the scopes score and read
    #[arg(long, value_name = "KEY", env = "PLUMBLINE_KEY", hide_env_values = true)]
    key: Option<String>,
    /// Output file for the scores: CSV, or NDJSON if the name ends in .ndjson or .jsonl [default: standard output]
    #[arg(short, long)]
    out: Option<PathBuf>,
    /// Read rows of the model's own columns; write margins and uncalibrated probabilities
    #[arg(long)]
    raw: bool,
    /// Add the N strongest reasons [default for leads: 3]; `all`, with --raw: one contribution per column, and the bias
    #[arg(long, value_name = "N|all")]
    explain: Option<Explain>,
    /// Columns of the input to copy to the output, before the others
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    keep: Vec<String>,
    /// A Great Expectations 1.x suite to check each lead against: critical rejects the lead, warning flags it
    #[arg(long, value_name = "S.json", conflicts_with = "raw")]
    suite: Option<PathBuf>,
    /// Score although columns that the model reads are missing from a CSV or Parquet file: they count as missing in every lead
    #[arg(long, conflicts_with = "raw")]
    allow_missing_columns: bool,
    /// Output file for rejected rows [default: OUT.rejected]
    #[arg(long, value_name = "FILE")]
    rejected: Option<PathBuf>,
    /// The time that days are counted to: a date, RFC 3339, or milliseconds since 1970 [default: now]
    #[arg(long, value_name = "WHEN", value_parser = moment::moment, allow_hyphen_values = true)]
    now: Option<i64>,
}

/// How much to explain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Explain {
    Strongest(usize),
    All,
}

impl FromStr for Explain {
    type Err = String;

    fn from_str(text: &str) -> Result<Explain, String> {
        match text {
            "all" => Ok(Explain::All),
            _ => match text.parse() {
                Ok(n) if n <= 1000 => Ok(Explain::Strongest(n)),
                _ => Err("expected a number from 0 to 1000, or all".to_owned()),
            },
        }
    }
}

/// What both modes need.
struct Job<'a> {
    records: Box<dyn Records>,
    source: &'a Source,
    layout: Layout,
    rejects: Rejects,
    interrupt: &'a Interrupt,
    /// Columns of the input to carry through.
    keep: &'a [String],
    /// Columns that the model reads may be missing from the input.
    may_lack_columns: bool,
}

/// The option that scores a table without some of the columns that the model reads.
const ALLOW_MISSING: &str = "--allow-missing-columns";

impl ScoreLeads {
    /// Scores the input.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let out = self.out.as_deref().filter(|out| *out != Path::new("-"));
        if json && out.is_none() {
            return Err(Failure::usage("ARGUMENTS", "--json writes the summary to standard output, so the scores need -o OUT"));
        }
        if self.store.is_some() || self.url.is_some() {
            return self.by_service(out, json);
        }
        let model = self.model.as_deref().ok_or_else(|| Failure::usage("ARGUMENTS", "name the bundle"))?;
        let leads_path = self.leads.as_deref().unwrap_or(Path::new("-"));
        let rejected = self.rejected.clone().or_else(|| out.map(|out| append(out, ".rejected")));
        let suite = self.suite.as_deref();
        let files = [("LEADS", Some(leads_path)), ("the bundle", Some(model)), ("the suite", suite), ("OUT", out)];
        keep_apart(&files, &[("OUT", out), ("the rejected rows", rejected.as_deref())])?;
        let interrupt = Interrupt::watch()?;
        let scorer = open_scorer(model)?;
        let gate = suite.map(|suite| -> Result<_, Failure> { Ok(Gate::new(read_suite(suite)?, &scorer)) }).transpose()?.map(
            |(gate, notes)| {
                notes.iter().for_each(|note| terminal::note(note));
                gate
            },
        );
        let as_json = !self.raw && self.keep.is_empty();
        let (records, source) = input::open(leads_path, as_json)?;
        let layout = match out {
            Some(out) if is_ndjson(out) => Layout::Ndjson,
            None if source.format == input::Format::Ndjson => Layout::Ndjson,
            _ => Layout::Csv,
        };
        let schema = &scorer.bundle().manifest.schema;
        let named = schema.fields.iter().find(|field| field.role == Role::Id).map(|field| field.name.as_str());
        let ids = named.into_iter().chain(ID_FIELDS).map(str::to_owned).collect();
        let rejects = Rejects::new(rejected, &source.place, ids, &interrupt);
        let (keep, may_lack_columns) = (self.keep.as_slice(), self.allow_missing_columns);
        let job = Job { records, source: &source, layout, rejects, interrupt: &interrupt, keep, may_lack_columns };
        let (unknown, table, rejects) = if self.raw {
            raw::run(job, &scorer, self.explain, out)?
        } else {
            leads::run(job, &scorer, gate.as_ref(), self.explain, self.now, out)?
        };
        source.progress.finish_and_clear();
        let summary = rejects.commit(&interrupt)?;
        table.commit(&interrupt)?;
        let shown = |path: &Path| path.display().to_string();
        let rejected_to = summary.file.as_deref().map(shown);
        let (rows, id) = (summary.rows, scorer.id());
        let is_done = rows.lost() == 0;
        if json {
            terminal::say_json(&ScoreSummary {
                model: ModelName { name: id.name.clone(), version: id.version.clone() },
                scored: rows.used,
                rejected: rows.lost(),
                out: out.map(shown),
                rejected_to,
                unknown_values: unknown.report(),
                rows,
            })?;
        } else {
            unknown.words(rows.used).iter().for_each(|line| terminal::note(line));
            terminal::note(&page(&rows, rejected_to.as_deref()));
        }
        Ok(if is_done { Outcome::Done } else { Outcome::SomeRejected })
    }
    /// Scores by what a service serves.
    fn by_service(&self, out: Option<&Path>, json: bool) -> Result<Outcome, Failure> {
        let leads = match (&self.model, &self.leads) {
            (Some(_), Some(_)) => {
                return Err(Failure::usage(
                    "ARGUMENTS",
                    "with --store and --url no bundle is named: the rollout says what scores",
                ));
            }
            (Some(leads), None) => leads.as_path(),
            (None, _) => Path::new("-"),
        };
        let reasons = match self.explain {
            None => 3,
            Some(Explain::Strongest(n)) => n,
            Some(Explain::All) => 1_000,
        };
        let service = Service::new(self.url.clone(), self.store.clone(), self.key.clone());
        let may_lack_columns = self.allow_missing_columns;
        let batch = service::Batch { leads, out, rejected: self.rejected.clone(), reasons, may_lack_columns };
        service::run(&service, &batch, json)
    }
}
