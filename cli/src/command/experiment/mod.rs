//! `plumbline experiment` and `plumbline plan`: an A/B test judged after, and planned before.

mod arguments;
mod count;
mod guardrail;
mod parse;
mod plan;

use std::path::PathBuf;

use clap::Args;
use plumbline_core::experiment::{Repeats, analyse};

pub use plan::PlanExperiment;

use crate::output::terminal;
use crate::table::account::Limit;
use crate::{Failure, Outcome, report};
use arguments::{Looks, Measures};
use count::Counter;

/// Analyse an A/B test: one verdict in one sentence
#[derive(Debug, Args)]
#[command(after_help = "\
Input: CSV with a header, NDJSON or Parquet; several files are read in order. Rows of one lead (--lead, or a column lead_id) are summed;
a lead in two arms is reported and left out. An outcome is 1 or 0, true or false, yes or no; an empty outcome is not known yet: the lead
counts for the split but not for the rate, and so does a lead whose values cannot be read. Open deals without days need --opened, or
the finding about the sales cycle stays open; deals whose days cannot be read leave it open, too.

Verdicts: Win, Lose, Inconclusive (with how long to continue), Insufficient data (with the leads found and needed), Invalid (the arms
do not have the planned split, p < 0.001). Only a Win is a reason to roll out.

Evidence of harm is a Lose however few the leads are; a Win needs --min-per-arm leads in each arm. A change is relative to the control's
mean where that is above 0 beyond doubt, and absolute elsewhere.

Methods: `sequential`, the default, is valid however often you look. `fixed` is valid for one look at the planned end and needs fewer
leads. `obrien-fleming` and `pocock` are valid at planned looks; --look gives the number of this look out of --looks.

A guardrail is COLUMN:DEMAND, or COLUMN:down:DEMAND if less is better. The demand is a margin by which it may be worse (2%) or, for the
new arm alone, a bound (>=8, <=3). Use auc(SCORE,OUTCOME) instead of a column for the area under the ROC curve, with DeLong's variance.

Examples:
  plumbline experiment leads.csv --arm variant --outcome converted --segment source,region
  plumbline experiment w1.csv w2.csv --arm variant --outcome converted --method obrien-fleming --looks 6 --look 2
  plumbline experiment leads.parquet --arm arm --control champion --mean revenue --before revenue_before \\
    --guardrail 'satisfaction:>=8' --guardrail 'auc(probability,converted):>=0.87' --guardrail deal_size:2% --cycle days_open --closed closed --json | jq .verdict")]
pub struct Experiment {
    /// CSV, NDJSON or Parquet; `-` is standard input
    #[arg(value_name = "FILES", default_value = "-")]
    files: Vec<PathBuf>,
    /// The column that names each lead's arm
    #[arg(long, value_name = "COLUMN")]
    arm: String,
    /// The column with the lead's id: several rows of a lead are summed [default: lead_id when there is one]
    #[arg(long, value_name = "COLUMN")]
    lead: Option<String>,
    /// The arm the others are compared with [default: control, champion or a]
    #[arg(long, value_name = "NAME")]
    control: Option<String>,
    /// The planned shares of the arms [default: equal]
    #[arg(long, value_name = "ARM=WEIGHT,…", value_delimiter = ',', value_parser = parse::weight)]
    weights: Vec<(String, f64)>,
    #[command(flatten)]
    measures: Measures,
    #[command(flatten)]
    looks: Looks,
    #[command(flatten)]
    limit: Limit,
}

impl Experiment {
    /// Reads the leads and prints the verdict.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let mut settings = self.measures.settings(&self.looks)?;
        settings.arms = self.weights.iter().map(|(name, weight)| parse::arm(name, *weight)).collect();
        let mut counter = Counter::new(settings, self);
        for file in &self.files {
            counter.read(file)?;
        }
        let counted = counter.finish(self.control.as_deref())?;
        let mut analysis =
            analyse(&counted.settings, &counted.data).map_err(|e| Failure::usage(e.code(), e.problems.join("; ")))?;
        analysis.notes.extend(notes(counted.repeats.as_ref()));
        if let (odd, Some(first)) = counted.odd_deals {
            let deals = if odd == 1 { "1 deal has".to_owned() } else { format!("{} deals have", terminal::thousands(odd)) };
            analysis.notes.push(format!("{deals} unreadable days, so the time to close is unknown; the first: {first}."));
        }
        let outcome = self.limit.outcome([&counted.rows]);
        analysis.rows = Some(counted.rows);
        if json {
            terminal::say_json(&analysis)?;
        } else {
            terminal::say(&report::experiment::analysis(&analysis, &counted.settings))?;
        }
        Ok(outcome)
    }
}

/// What a reader should know of rows and leads.
fn notes(repeats: Option<&Repeats>) -> Vec<String> {
    let Some(repeats) = repeats else {
        return vec![
            "Each row is taken as a lead of its own; if leads have several rows, name the column with their id (--lead)."
                .to_owned(),
        ];
    };
    let mut notes = Vec::new();
    if repeats.repeated > 0 {
        notes.push(format!(
            "{} of {} leads have several rows, which are summed.",
            terminal::thousands(repeats.repeated),
            terminal::thousands(repeats.leads)
        ));
    }
    if repeats.mixed > 0 {
        let named = repeats.named.join(", ");
        notes.push(match repeats.mixed {
            1 => format!("1 lead has rows in more than one arm and is left out: {named}. Check the assignment."),
            n => format!(
                "{} leads have rows in more than one arm and are left out, such as {named}. Check the assignment.",
                terminal::thousands(n)
            ),
        });
    }
    notes
}
