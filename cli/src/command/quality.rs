//! `plumbline quality`: a table judged by a suite of Great Expectations, or a suite made of a table.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use plumbline_core::quality::{Detail, Profile, ResultFormat, Validation, generate};
use plumbline_core::table::Kind;

use crate::input::read_suite;
use crate::output::{Interrupt, terminal};
use crate::report::quality::page;
use crate::report::rows::account;
use crate::table::account::Limit;
use crate::table::batches::Table;
use crate::{Failure, Outcome};

/// Check a table against a Great Expectations suite
#[derive(Debug, Args)]
#[command(after_help = "\
Reads CSV, NDJSON and Parquet, plain or gzipped; several files form one table. The suite is the JSON of Great Expectations 1.x; with
--json the output is its result document, and `rows`, the rows read, used and left out; without, the expectations that are not met, with
what they allow. A row that cannot be read is left out: indices in the result count the rows that are used. Column types of a CSV are
detected from its first rows; if later rows contradict them, the file is read again. Other formats are read twice. Rows are not kept in
memory, except for uniqueness, quantiles and z-scores.

Exit codes:
  0    all expectations are met
  1    some are not
  2    the suite, the table or the arguments are invalid, or the table has no rows
  3    all are met, but more rows were left out than --max-left-out allows
  130  interrupted

Examples:
  plumbline quality --suite suite.json leads.csv
  plumbline quality --suite suite.json week1.parquet week2.parquet --result-format complete --json > result.json
  plumbline quality --generate training.csv > suite.json")]
pub struct Quality {
    /// The suite, JSON
    #[arg(long, value_name = "S.json", required_unless_present = "generate")]
    suite: Option<PathBuf>,
    /// The table: CSV, NDJSON or Parquet; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Level of detail of the results
    #[arg(long, value_name = "FORMAT", default_value = "summary", ignore_case = true)]
    result_format: Format,
    /// List the expectations that are met, too
    #[arg(long, conflicts_with = "generate")]
    all: bool,
    /// Print a suite that the table meets
    #[arg(long, conflicts_with = "suite")]
    generate: bool,
    /// The name of the generated suite
    #[arg(long, value_name = "NAME", default_value = "generated", requires = "generate")]
    name: String,
    #[command(flatten)]
    limit: Limit,
}

/// The four result formats.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// Met or not
    #[value(alias = "BOOLEAN_ONLY")]
    BooleanOnly,
    /// With counts and the first unexpected values
    Basic,
    /// With the most frequent unexpected values and rows
    Summary,
    /// With all unexpected rows
    Complete,
}

impl Quality {
    /// Judges the table, or makes the suite.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        // Nothing is written, but a copy of standard input must not stay behind.
        let interrupt = Interrupt::watch()?;
        let suite = self.suite.as_deref().map(read_suite).transpose()?;
        let mut table = Table::open(&self.files, &interrupt)?;
        let Some(suite) = suite else {
            let profile = table.all(None, Profile::new, |profile, _, columns| profile.push(columns))?;
            if table.account.lost() > 0 {
                terminal::note(&account("rows", &table.account));
            }
            terminal::say_json(&generate(&profile, &self.name))?;
            return Ok(self.limit.outcome([&table.account]));
        };
        let format = ResultFormat::of(match self.result_format {
            Format::BooleanOnly => Detail::BooleanOnly,
            Format::Basic => Detail::Basic,
            Format::Summary => Detail::Summary,
            Format::Complete => Detail::Complete,
        });
        let start = |names: &[String], kinds: &[Kind]| Validation::new(&suite, names, kinds, &format);
        let report =
            table.all(Some(&suite.columns()), start, |validation, rows, columns| validation.push_rows(rows, columns))?.finish();
        let names: Vec<String> = self.files.iter().map(|file| file.display().to_string()).collect();
        let mut result = report.document(Some(&names.join(" ")));
        result.rows = Some(table.account.clone());
        if json {
            terminal::say_json(&result)?
        } else {
            terminal::say(&page(&result, self.all))?
        }
        Ok(if result.success { self.limit.outcome([&table.account]) } else { Outcome::CheckFailed })
    }
}
