//! `plumbline plan`: what a test needs, before it is run.

use std::path::PathBuf;

use clap::Args;
use plumbline_core::experiment::{Baseline, Method, Plan, Planned};
use plumbline_core::stats::effect::Scale;
use plumbline_core::stats::group_sequential::Spending;
use plumbline_core::stats::level::{Level, SettingError};
use plumbline_core::stats::moments::Moments;
use plumbline_core::table::Rows;

use super::arguments::Looks;
use super::count::measure;
use super::parse;
use crate::input::{self, Cell, Step};
use crate::output::terminal::{self, columns, thousands};
use crate::report::rows::account;
use crate::table::account::{self, Limit};
use crate::{Failure, Outcome};

/// Plan an A/B test: leads, days, and the smallest detectable change
#[derive(Debug, Args)]
#[command(after_help = "\
Give the base rate (--base), or files of past leads to compute it from (FILES with --outcome, or with --mean for a number).

Results are for a two-sided test; rates use the arcsine transformation. The plan is for the method that `plumbline experiment` uses, which
by default may be looked at any number of times and needs more leads for it; --method fixed plans a single look, obrien-fleming and pocock
as many as --looks.

Examples:
  plumbline plan --base 10% --lift 5% --per-arm 5000 --per-day 700
  plumbline plan past.csv --outcome converted --method obrien-fleming --looks 6
  plumbline plan --average 1200 --deviation 900 --lift 3% --json | jq .needed.per_arm")]
pub struct PlanExperiment {
    /// Past leads: CSV, NDJSON or Parquet; `-` is standard input
    #[arg(value_name = "FILES")]
    files: Vec<PathBuf>,
    /// The current rate
    #[arg(long, value_name = "PART", value_parser = parse::part, conflicts_with_all = ["files", "average"])]
    base: Option<f64>,
    /// The current mean, for a number
    #[arg(long, value_name = "X", requires = "deviation", conflicts_with = "files")]
    average: Option<f64>,
    /// The standard deviation of that number
    #[arg(long, value_name = "X", requires = "average")]
    deviation: Option<f64>,
    /// With FILES: the column with whether each lead converted
    #[arg(long, value_name = "COLUMN", requires = "files")]
    outcome: Option<String>,
    /// With FILES: the column with a number, instead of --outcome
    #[arg(long, value_name = "COLUMN", requires = "files", conflicts_with = "outcome")]
    mean: Option<String>,
    /// The smallest change that matters
    #[arg(long, value_name = "PART", default_value = "5%", value_parser = parse::part, allow_hyphen_values = true)]
    lift: f64,
    /// The change is in the metric's own unit, not relative
    #[arg(long)]
    absolute: bool,
    /// The accepted rate of false alarms
    #[arg(long, value_name = "PART", default_value = "5%", value_parser = parse::level)]
    alpha: Level,
    /// The desired chance to detect the change
    #[arg(long, value_name = "PART", default_value = "80%", value_parser = parse::part)]
    power: f64,
    /// Number of new arms, besides the control
    #[arg(long, value_name = "N", default_value_t = 1)]
    treatments: u32,
    /// Available leads per arm, to report what they can detect
    #[arg(long, value_name = "LEADS", default_value_t = 5_000)]
    per_arm: u64,
    /// New leads per day in all arms together, to estimate the duration
    #[arg(long, value_name = "LEADS")]
    per_day: Option<f64>,
    /// Days until a lead's outcome is known
    #[arg(long, value_name = "DAYS", default_value_t = 0.0)]
    delay: f64,
    #[command(flatten)]
    looks: Looks,
    #[command(flatten)]
    limit: Limit,
}

impl PlanExperiment {
    /// Prints the plan.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let (baseline, rows) = self.baseline()?;
        let plan = Plan {
            baseline,
            lift: self.lift,
            scale: if self.absolute { Scale::Absolute } else { Scale::Relative },
            alpha: self.alpha,
            power: self.power,
            treatments: self.treatments,
            method: as_analysed(self.looks.method()?),
            per_arm: Some(self.per_arm),
            leads_per_day: self.per_day,
            outcome_delay_days: self.delay,
        };
        let refuse = |e: SettingError| Failure::usage(e.code(), e.to_string());
        let mut planned = plan.clone().work_out().map_err(refuse)?;
        planned.rows = (!self.files.is_empty()).then(|| rows.clone());
        if json {
            terminal::say_json(&planned)?;
        } else {
            let mut sentences = planned.sentences.clone();
            if self.looks.method.is_none() {
                sentences.push(alternatives(&plan, &planned).map_err(refuse)?);
            }
            let account = planned.rows.as_ref().map_or(String::new(), |rows| format!("\n\n{}", account("rows", rows)));
            terminal::say(&format!("{}\n\n{}{account}", sentences.join("\n"), table(&plan, &planned).map_err(refuse)?))?;
        }
        Ok(self.limit.outcome([&rows]))
    }

    fn baseline(&self) -> Result<(Baseline, Rows), Failure> {
        match (self.base, self.average, self.deviation) {
            (Some(rate), _, _) => return Ok((Baseline::Rate(rate), Rows::default())),
            (_, Some(mean), Some(deviation)) => return Ok((Baseline::Mean { mean, deviation }, Rows::default())),
            _ => {}
        }
        let (Some(column), flag) = (self.outcome.as_ref().or(self.mean.as_ref()), self.outcome.is_some()) else {
            let message = "give --base RATE, --average with --deviation, or FILES with --outcome or --mean";
            return Err(Failure::usage("NO_BASELINE", message));
        };
        let (mut moments, mut rows) = (Moments::default(), Rows::default());
        for file in &self.files {
            let (mut records, source) = input::open(file, false)?;
            if records.is_table() && !records.names().contains(column) {
                return Err(Failure::input(&source.place, "INPUT_MISSING_COLUMNS", format!("there is no column {column}")));
            }
            loop {
                let problem = match records.advance()? {
                    Step::End => break,
                    Step::Rejected(problem) => problem,
                    Step::Record => {
                        let at = records.names().iter().position(|name| name == column);
                        match measure(column, at.map_or(Cell::Missing, |at| records.cell(at)), flag) {
                            Ok(Some(x)) => {
                                moments.push(x);
                                rows.take();
                                continue;
                            }
                            Ok(None) => {
                                let place = format!("{}, line {}", source.place, records.line());
                                rows.leave_out_ordinary("OUTCOME_OPEN", || (place, format!("{column} is empty")));
                                continue;
                            }
                            Err(problem) => problem,
                        }
                    }
                };
                account::leave_out(&mut rows, &source, &*records, &problem);
            }
            source.progress.finish_and_clear();
        }
        let few =
            || Failure::input("the leads", "TOO_FEW_LEADS", format!("{column} has {} values; need at least 2", moments.count));
        let variance = moments.variance().ok_or_else(few)?;
        let baseline = match flag {
            true => Baseline::Rate(moments.mean),
            false => Baseline::Mean { mean: moments.mean, deviation: variance.sqrt() },
        };
        Ok((baseline, rows))
    }
}

/// The method as `plumbline experiment` applies it: what it is tuned to by default is fixed.
fn as_analysed(method: Method) -> Method {
    match method {
        Method::Sequential { tuned_to } => Method::Sequential { tuned_to: tuned_to.or(Some(Method::TUNED_TO)) },
        method => method,
    }
}

/// What other methods than the default need.
fn alternatives(plan: &Plan, planned: &Planned) -> Result<String, SettingError> {
    let needed = |method| Ok(Plan { method, ..plan.clone() }.work_out()?.needed);
    let tuned = needed(Method::Sequential { tuned_to: None })?;
    let looks = needed(Method::weekly(6, Spending::OBrienFleming))?;
    let once = needed(Method::Fixed)?;
    Ok(format!(
        "This holds however often `plumbline experiment` is run, and takes {:.2} times the leads of a single look. Tuned to the planned end \
         (`--tuned-to {}`) it needs {} leads per arm, with six planned looks (`--method obrien-fleming`) {}, with one look at the end \
         (`--method fixed`) {}.",
        planned.inflation,
        tuned.total,
        thousands(tuned.per_arm),
        thousands(looks.per_arm),
        thousands(once.per_arm)
    ))
}

/// What several numbers of leads can show.
fn table(plan: &Plan, planned: &Planned) -> Result<String, SettingError> {
    let needed = planned.needed.per_arm;
    let mut sizes: Vec<u64> =
        [1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000].into_iter().filter(|n| *n < 2 * needed).collect();
    sizes.extend(plan.per_arm.into_iter().chain([needed]));
    sizes.sort_unstable();
    sizes.dedup();
    let mut rows = Vec::new();
    for per_arm in sizes {
        let Some(given) = (Plan { per_arm: Some(per_arm), ..plan.clone() }).work_out()?.given else { continue };
        let detectable = given.detectable.map_or("-".to_owned(), |lift| match plan.scale {
            Scale::Relative => format!("+{:.1} %", 100.0 * lift),
            Scale::Absolute => format!("+{lift:.4}"),
        });
        let mark = if per_arm == needed { "needed" } else { "" };
        rows.push(vec![thousands(per_arm), format!("{:.1} %", 100.0 * given.power), detectable, mark.to_owned()]);
    }
    Ok(columns(&["leads per arm", "power", "smallest increase detected", ""], rows.into_iter()))
}
