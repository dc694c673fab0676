//! `plumbline check config`: each key in words, the checklist's contradictions, and what the settings can decide.

use std::path::PathBuf;

use clap::Args;
use plumbline_core::rollout::plan::{Basis, Decidable, Expected, start_report};
use plumbline_core::rollout::policy::{contradictions, keys};
use plumbline_core::rollout::{Policy, plan};
use plumbline_core::schema::Problem;
use plumbline_core::sentence::Sentence;
use serde_json::Value;

use crate::client::Service;
use crate::input::read_settings;
use crate::output::terminal;
use crate::report::check::{ConfigReport, page, undecided};
use crate::table::account::part;
use crate::{Failure, Outcome};

/// Explain every setting, and say what it can decide
#[derive(Debug, Args)]
#[command(after_help = "\
Explains each key of the policy with its value, its default and the line of the checklist it comes from; says where the checklist
contradicts itself and which value was taken; and, with a base rate and traffic, which gates cannot be decided in time, a good model's
chance of full rollout and its dates. --from-service takes base rate, traffic and today's AUC from a running service; what is named on
the command line counts instead.

Exit codes:
  0    all gates can be decided, or base rate and traffic are not given
  1    some gates cannot be decided
  2    the settings are invalid

Examples:
  plumbline check config
  plumbline check config plumbline.toml --base-rate 10% --leads-per-day 500 --champion-auc 0.86
  plumbline check config plumbline.toml --from-service --url https://scores.example --key $KEY --json")]
pub struct Config {
    /// The settings [default: plumbline.toml if it is there, otherwise the defaults]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The share of leads that convert
    #[arg(long, value_name = "PART", value_parser = part, requires = "leads_per_day")]
    base_rate: Option<f64>,
    /// New leads a day
    #[arg(long, value_name = "N", requires = "base_rate")]
    leads_per_day: Option<f64>,
    /// Today's model's AUC
    #[arg(long, value_name = "AUC")]
    champion_auc: Option<f64>,
    /// The AUC of a good new model [default: today's and 0.02, or 0.88]
    #[arg(long, value_name = "AUC")]
    challenger_auc: Option<f64>,
    /// The relative lift of conversion that a good new model brings
    #[arg(long, value_name = "PART", default_value = "8%", value_parser = part)]
    lift: f64,
    /// Days from a lead's first score to its won deal, in the median
    #[arg(long, value_name = "DAYS")]
    deal_days: Option<f64>,
    /// The share of conversions that come within outcome.mature_days (plumbline outcomes horizon measures it)
    #[arg(long, value_name = "PART", value_parser = part)]
    within_maturity: Option<f64>,
    /// Take base rate, traffic and AUC from the service at --url
    #[arg(long)]
    from_service: bool,
    #[command(flatten)]
    service: Service,
    /// List every key, those at their default, too
    #[arg(long)]
    all: bool,
}

impl Config {
    /// Explains and judges.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let file = self.file.clone().or_else(|| Some(PathBuf::from("plumbline.toml")).filter(|file| file.is_file()));
        let (_, policy) = match &file {
            Some(file) => read_settings(file)?,
            None => (crate::input::native(), Policy::default()),
        };
        let basis = self.basis()?;
        let invalid = |e: plumbline_core::stats::level::SettingError| Failure::usage(e.code(), e.to_string());
        let start = basis.as_ref().map(|basis| start_report(&policy, basis)).transpose().map_err(invalid)?;
        let undecided = start.as_ref().map(undecided).unwrap_or_default();
        let report = ConfigReport {
            file: file.map(|file| file.display().to_string()),
            keys: keys(&policy),
            contradictions: contradictions(),
            warnings: warnings(&policy),
            decidable: basis.as_ref().map(|basis| decidable(&policy, basis)).unwrap_or_default(),
            undecided,
            start,
        };
        if json {
            terminal::say_json(&report)?;
        } else {
            terminal::say(&page(&report, self.all))?;
        }
        Ok(if report.undecided.is_empty() { Outcome::Done } else { Outcome::CheckFailed })
    }

    /// The company's own numbers, if they are known.
    fn basis(&self) -> Result<Option<Basis>, Failure> {
        let mut basis = match (self.from_service, self.base_rate.zip(self.leads_per_day)) {
            (false, None) => return Ok(None),
            (false, Some((rate, leads))) => {
                let typical = Basis::new(rate, leads);
                let better = self.champion_auc.map_or(typical.challenger_auc, |auc| (auc + 0.02).min(0.999));
                Basis { champion_auc: self.champion_auc, challenger_auc: better, ..typical }
            }
            (true, given) => {
                let body = self.service.get("/v1/plan")?.body;
                let basis = body.get("basis").cloned().unwrap_or(Value::Null);
                let mut basis: Basis = serde_json::from_value(basis).map_err(|e| Failure::Service {
                    code: "SERVICE_ANSWER",
                    message: format!("the service's plan cannot be read: {e}"),
                })?;
                if let Some((rate, leads)) = given {
                    (basis.base_rate, basis.leads_per_day) = (rate, leads);
                }
                basis
            }
        };
        basis.champion_auc = self.champion_auc.or(basis.champion_auc);
        basis.challenger_auc = self.challenger_auc.unwrap_or(basis.challenger_auc);
        basis.lift = self.lift;
        basis.deal_days = self.deal_days.or(basis.deal_days);
        basis.within_maturity = self.within_maturity.or(basis.within_maturity);
        Ok(Some(basis))
    }
}

/// The policy's warnings as sentences.
fn warnings(policy: &Policy) -> Vec<Sentence> {
    let said = |warning: Problem| {
        Sentence::new(warning.code, format!("{} {}.", warning.path, warning.message)).with("key", warning.path)
    };
    policy.warnings().into_iter().map(said).collect()
}

/// When each gate is decided, in sentences.
fn decidable(policy: &Policy, basis: &Basis) -> Vec<Sentence> {
    let auc = basis.champion_auc.unwrap_or(basis.challenger_auc - 0.02);
    let Ok(champion) = Expected::new(basis.base_rate, auc) else { return Vec::new() };
    plan::Decidable::sentences(&Decidable::new(policy, champion, basis.leads_per_day), policy)
}
