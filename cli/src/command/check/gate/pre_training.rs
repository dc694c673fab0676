//! `plumbline check pre-training`: the data meets its suite, features are deterministic, settings and schema are those in git.

use std::path::{Path, PathBuf};

use clap::Args;
use plumbline_core::bundle::Declaration;
use plumbline_core::quality::{Detail, ResultFormat, SuiteResult, Validation};
use plumbline_core::table::Kind;
use plumbline_worker::store::postgres::Address;

use super::{committed, say};
use crate::command::check::features::Comparison;
use crate::delta;
use crate::input::declaration::read_declaration;
use crate::input::{read_settings, read_suite};
use crate::output::Interrupt;
use crate::output::terminal::thousands;
use crate::report::gate::GateReport;
use crate::table::batches::Table;
use crate::table::labelled::Labels;
use crate::{Failure, Outcome};

/// Before training: data, features, settings and schema
#[derive(Debug, Args)]
#[command(after_help = "\
DATA is one file: CSV (with commas, semicolons or tabs), NDJSON or Parquet, plain or gzipped, by its name (.csv, .tsv, .ndjson, .jsonl,
.parquet, each also with .gz) or by its first bytes. It is read more than once, so it is not standard input. `plumbline train` also reads
tables of PostgreSQL and Delta Lake; for this check, write them to a file first.

Checks
  data.suite          the data meets the suite (Great Expectations 1.x); expectations of the severity info fail no gate
  features.same       training, batch and JSON leads make the same bits of the same leads
  git.settings        the settings are those committed in git, and valid
  git.schema          so is the schema
  git.suite           so is the suite

Exit codes:
  0    passed
  1    a check failed
  2    something could not be checked

Examples:
  plumbline check pre-training Leads.csv --outcome Converted --schema leads.toml --suite suite.json
  plumbline check pre-training deals.parquet --time created_at --schema deals.toml --suite suite.json --settings plumbline.toml --json")]
pub struct PreTraining {
    /// The leads that the model is to be trained on, with their outcomes: a file of CSV, NDJSON or Parquet, plain or gzipped
    #[arg(value_name = "DATA")]
    data: PathBuf,
    /// The suite that the data must meet, JSON
    #[arg(long, value_name = "S.json")]
    suite: PathBuf,
    /// The declaration of fields and features (TOML)
    #[arg(long, value_name = "S.toml")]
    schema: PathBuf,
    /// The settings
    #[arg(long, value_name = "FILE", default_value = "plumbline.toml")]
    settings: PathBuf,
    #[command(flatten)]
    labels: Labels,
    /// At most so many leads are compared for their features
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    most: u64,
}

impl PreTraining {
    /// Checks and prints.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        if self.data == Path::new("-") {
            return Err(Failure::usage("ARGUMENTS", "the leads are read more than once, so they must be a file"));
        }
        let is_database = self.data.to_str().is_some_and(Address::is_one);
        if is_database || delta::is_table(&self.data) {
            let way = if is_database {
                "psql's \\copy writes a table or a query as CSV"
            } else {
                "Spark and Python write a table as Parquet"
            };
            return Err(Failure::usage(
                "ARGUMENTS",
                format!("this check reads a file, not a table of a database or of Delta Lake: {way}"),
            ));
        }
        let declaration = read_declaration(&self.schema)?;
        let mut report = GateReport::new("pre-training");
        self.data(&mut report)?;
        self.features(&mut report, &declaration)?;
        committed::check(&mut report, "git.settings", &self.settings);
        if self.settings.is_file() {
            read_settings(&self.settings)?;
        }
        committed::check(&mut report, "git.schema", &self.schema);
        committed::check(&mut report, "git.suite", &self.suite);
        say(&report, json)
    }

    /// Whether the data meets the suite.
    fn data(&self, report: &mut GateReport) -> Result<(), Failure> {
        let interrupt = Interrupt::watch()?;
        let suite = read_suite(&self.suite)?;
        let mut table = Table::open(std::slice::from_ref(&self.data), &interrupt)?;
        let format = ResultFormat::of(Detail::Basic);
        let start = |names: &[String], kinds: &[Kind]| Validation::new(&suite, names, kinds, &format);
        let judged = table.all(Some(&suite.columns()), start, |validation, rows, columns| validation.push_rows(rows, columns))?;
        let result: SuiteResult = judged.finish().document(None);
        let rows = thousands(table.account.used);
        let failed: Vec<String> = result
            .results
            .iter()
            .filter(|one| !one.success && one.expectation_config.severity.name() != "info")
            .map(|one| {
                let config = &one.expectation_config;
                format!("{} {}", config.subject(), config.kind.trim_start_matches("expect_").replace('_', " "))
            })
            .collect();
        let all = result.statistics.evaluated_expectations;
        if all == 0 {
            report.fail(
                "data.suite",
                "the suite has no expectations",
                "plumbline quality --generate DATA makes a suite to start from",
            );
        } else if failed.is_empty() {
            report.pass("data.suite", format!("{rows} rows meet all {all} expectations"));
        } else {
            let shown: Vec<&str> = failed.iter().take(3).map(String::as_str).collect();
            let more =
                if failed.len() > shown.len() { format!(" and {} more", failed.len() - shown.len()) } else { String::new() };
            let found = format!("{} of {all} expectations are not met: {}{more}", failed.len(), shown.join("; "));
            report.fail(
                "data.suite",
                found,
                format!("plumbline quality --suite {} {}", self.suite.display(), self.data.display()),
            );
        }
        Ok(())
    }

    /// Whether all ways to the model make the same features.
    fn features(&self, report: &mut GateReport, declaration: &Declaration) -> Result<(), Failure> {
        let leads = self.labels.of(&self.data);
        let found = Comparison { declaration, scorer: None, leads, most: self.most, service: None }.report()?;
        match found.sentence() {
            None => {
                let what = format!("{} leads × {} columns", thousands(found.leads), found.columns.len());
                report.pass("features.same", format!("training, batch and JSON make the same bits of {what}"));
            }
            Some(differs) => report.fail("features.same", differs, "plumbline check features M.plumb DATA lists each difference"),
        }
        Ok(())
    }
}
