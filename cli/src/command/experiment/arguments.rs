//! What is measured and how it is looked at, as arguments say it.

use clap::{Args, ValueEnum};
use plumbline_core::experiment::{Better, Correction, Cycle, Kind, Method, Metric, Settings};
use plumbline_core::stats::effect::Scale;
use plumbline_core::stats::group_sequential::Spending;
use plumbline_core::stats::level::Level;

use super::guardrail::Rail;
use super::parse;
use crate::Failure;
use crate::table::moment;

/// What is measured.
#[derive(Debug, Args)]
pub struct Measures {
    /// The column with whether each lead converted
    #[arg(long, value_name = "COLUMN", required_unless_present = "mean")]
    pub outcome: Option<String>,
    /// The column with a number whose mean decides, instead of --outcome
    #[arg(long, value_name = "COLUMN", conflicts_with = "outcome")]
    pub mean: Option<String>,
    /// The column with a score: its ROC AUC for the outcome decides, instead of the outcome itself
    #[arg(long, value_name = "COLUMN", requires = "outcome", conflicts_with_all = ["mean", "before"])]
    pub auc: Option<String>,
    /// With --mean: the denominator of a ratio, such as visits
    #[arg(long, value_name = "COLUMN", requires = "mean")]
    pub per: Option<String>,
    /// A column known before the experiment, used to reduce variance (CUPED)
    #[arg(long, value_name = "COLUMN", conflicts_with = "per")]
    pub before: Option<String>,
    /// A smaller outcome is better
    #[arg(long)]
    pub less_is_better: bool,
    /// A guardrail, as COLUMN:DEMAND or auc(SCORE,OUTCOME):DEMAND; can be repeated
    #[arg(long = "guardrail", value_name = "COLUMN:DEMAND", value_parser = Rail::parse)]
    pub guardrails: Vec<Rail>,
    /// The column with the days until the deal closed, or the days so far
    #[arg(long, value_name = "COLUMN", requires = "closed")]
    pub cycle: Option<String>,
    /// The column with whether the deal closed
    #[arg(long, value_name = "COLUMN", requires = "cycle")]
    pub closed: Option<String>,
    /// The column with the date each deal was opened, for open deals without days
    #[arg(long, value_name = "COLUMN", requires = "cycle")]
    pub opened: Option<String>,
    /// With --opened: the time up to which open deals were observed [default: now]
    #[arg(long, value_name = "TIME", requires = "opened", value_parser = moment::moment)]
    pub now: Option<i64>,
    /// How much longer the sales cycle may be, relative to the control
    #[arg(long, value_name = "PART", default_value = "5%", value_parser = parse::part)]
    pub cycle_margin: f64,
    /// The horizon of the sales cycle in days [default: as long as both arms were observed]
    #[arg(long, value_name = "DAYS")]
    pub horizon: Option<f64>,
    /// Columns whose values are segments
    #[arg(long = "segment", value_name = "COLUMN,…", value_delimiter = ',')]
    pub segments: Vec<String>,
    /// Correction for testing several segments
    #[arg(long, value_enum, default_value = "holm")]
    pub correction: CorrectionName,
    /// The smallest change that matters
    #[arg(long, value_name = "PART", default_value = "5%", value_parser = parse::part)]
    pub lift: f64,
    /// Report changes in the outcome's own unit instead of relative to the control
    #[arg(long)]
    pub absolute: bool,
    /// The accepted rate of false alarms
    #[arg(long, value_name = "PART", default_value = "5%", value_parser = parse::level)]
    pub alpha: Level,
    /// The desired chance to detect a change that matters
    #[arg(long, value_name = "PART", default_value = "80%", value_parser = parse::part)]
    pub power: f64,
    /// Leads with an outcome that each arm needs before a verdict
    #[arg(long, value_name = "LEADS", default_value_t = 5_000)]
    pub min_per_arm: u64,
    /// New leads per day in all arms together, to estimate how long to continue
    #[arg(long, value_name = "LEADS")]
    pub per_day: Option<f64>,
}

/// How an experiment is looked at.
#[derive(Debug, Args)]
pub struct Looks {
    /// How and when the experiment is looked at [default: sequential]
    #[arg(long, value_enum)]
    pub method: Option<MethodName>,
    /// With `sequential`: the number of leads in both arms at which the interval is tightest [default: 5,000]
    #[arg(long, value_name = "LEADS")]
    pub tuned_to: Option<f64>,
    /// With planned looks: their number, equally spaced
    #[arg(long, value_name = "N", default_value_t = 6)]
    pub looks: usize,
    /// With planned looks: the share of all leads at each look, instead of --looks
    #[arg(long, value_name = "PART,…", value_delimiter = ',', value_parser = parse::part)]
    pub information: Vec<f64>,
    /// With planned looks: the number of this look [default: the last]
    #[arg(long, value_name = "N")]
    pub look: Option<usize>,
}

/// The methods by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MethodName {
    /// One look at the planned end
    Fixed,
    /// Any number of looks
    Sequential,
    /// Planned looks, strict early and lenient late
    #[value(name = "obrien-fleming")]
    OBrienFleming,
    /// Planned looks, all equally strict
    Pocock,
}

/// The corrections by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CorrectionName {
    /// Limit the chance of any false alarm among the segments
    Holm,
    /// Limit the share of false alarms among the alarms (Benjamini-Hochberg)
    Bh,
}

impl Looks {
    /// The method.
    pub fn method(&self) -> Result<Method, Failure> {
        if !(1..=plumbline_core::stats::group_sequential::MOST_LOOKS).contains(&self.looks) {
            return Err(Failure::usage("BAD_LOOKS", format!("--looks is {}; it must be from 1 to 60", self.looks)));
        }
        let planned = |spending| match self.information.is_empty() {
            true => Method::GroupSequential {
                spending,
                information: (1..=self.looks).map(|look| look as f64 / self.looks as f64).collect(),
                look: self.look,
            },
            false => Method::GroupSequential { spending, information: self.information.clone(), look: self.look },
        };
        Ok(match self.method.unwrap_or(MethodName::Sequential) {
            MethodName::Fixed => Method::Fixed,
            MethodName::Sequential => Method::Sequential { tuned_to: self.tuned_to },
            MethodName::OBrienFleming => planned(Spending::OBrienFleming),
            MethodName::Pocock => planned(Spending::Pocock),
        })
    }
}

impl Measures {
    /// The settings, without arms.
    pub fn settings(&self, looks: &Looks) -> Result<Settings, Failure> {
        let (name, kind) = match (&self.outcome, &self.mean, &self.per) {
            (Some(outcome), _, _) if self.auc.is_some() => {
                (format!("AUC of {} on {outcome}", self.auc.as_deref().unwrap_or_default()), Kind::Auc)
            }
            (Some(outcome), _, _) => (outcome.clone(), Kind::Rate),
            (None, Some(mean), Some(per)) => (format!("{mean} per {per}"), Kind::Ratio),
            (None, mean, _) => (mean.clone().unwrap_or_default(), Kind::Mean),
        };
        let better = if self.less_is_better { Better::Less } else { Better::More };
        let primary = Metric { better, adjusted: self.before.is_some(), ..Metric::new(name, kind) };
        Ok(Settings {
            guardrails: self.guardrails.iter().map(|rail| rail.guardrail.clone()).collect(),
            cycle: self.cycle.as_ref().map(|name| Cycle { name: name.clone(), margin: self.cycle_margin, horizon: self.horizon }),
            segments: self.segments.clone(),
            correction: match self.correction {
                CorrectionName::Holm => Correction::Holm,
                CorrectionName::Bh => Correction::BenjaminiHochberg,
            },
            scale: if self.absolute { Scale::Absolute } else { Scale::Relative },
            lift: self.lift,
            alpha: self.alpha,
            power: self.power,
            method: looks.method()?,
            least_per_arm: self.min_per_arm,
            leads_per_day: self.per_day,
            ..Settings::new(&[], primary)
        })
    }
}
