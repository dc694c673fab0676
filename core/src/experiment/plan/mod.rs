//! Before an experiment: how many leads it needs, how long it takes, and what it can detect with the available leads.

mod design;

use serde::{Deserialize, Serialize};

use super::method::Method;
use super::words::{change, count, counted, percent, rounded};
use crate::stats::effect::Scale;
use crate::stats::level::{Level, SettingError};
use crate::table::Rows;
pub use design::Design;

/// The metric without the treatment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Baseline {
    /// A share of the leads, such as a conversion rate.
    Rate(f64),
    /// A mean.
    Mean {
        /// The mean.
        mean: f64,
        /// The standard deviation of one lead.
        deviation: f64,
    },
}

/// What is planned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ExperimentPlan"))]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The metric without the treatment.
    pub baseline: Baseline,
    /// The smallest change that matters.
    pub lift: f64,
    /// Whether `lift` is relative or in the metric's unit.
    #[serde(default)]
    pub scale: Scale,
    /// The accepted rate of false alarms.
    #[serde(default = "five_percent")]
    pub alpha: Level,
    /// The desired chance to detect `lift` if it exists.
    #[serde(default = "eighty_percent")]
    pub power: f64,
    /// Treatments besides the control; each is compared with it at α / treatments.
    #[serde(default = "one")]
    pub treatments: u32,
    /// How the experiment is looked at; once when absent.
    #[serde(default = "once")]
    pub method: Method,
    /// Available leads per arm, to report what they can detect.
    #[serde(default)]
    pub per_arm: Option<u64>,
    /// New leads per day in all arms together.
    #[serde(default)]
    pub leads_per_day: Option<f64>,
    /// Days until a lead's outcome is known.
    #[serde(default)]
    pub outcome_delay_days: f64,
}

fn five_percent() -> Level {
    Level::FIVE_PERCENT
}

fn eighty_percent() -> f64 {
    0.8
}

fn once() -> Method {
    Method::Fixed
}

fn one() -> u32 {
    1
}

/// The result of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "PlanReport"))]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// Leads each arm needs.
    pub needed: Needed,
    /// What [`Plan::per_arm`] leads can detect.
    pub given: Option<Given>,
    /// The leads needed, as a multiple of those of a test with a single look.
    pub inflation: f64,
    /// The days from the first lead to the last outcome, when leads per day are known.
    pub duration: Option<Duration>,
    /// The result in words.
    pub sentences: Vec<String>,
    /// Where the rows of the input went; absent where no input was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Rows>,
}

/// Leads that are needed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Needed {
    /// Per arm, rounded up.
    pub per_arm: u64,
    /// Per arm, before rounding.
    pub exact: f64,
    /// In all arms.
    pub total: u64,
}

/// What a given number of leads can detect.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Given {
    /// Leads per arm.
    pub per_arm: u64,
    /// The chance to detect the planned lift.
    pub power: f64,
    /// The smallest increase detected with the planned power, on the plan's scale; none if there is none.
    pub detectable: Option<f64>,
}

/// How long it takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Duration {
    /// Days until enough leads are in.
    pub enrolment_days: u64,
    /// Days until the last lead has its outcome.
    pub days: u64,
    /// Whole weeks to enrol for, so that each day of the week counts equally.
    pub weeks: u64,
}

impl Plan {
    /// A plan for a change of `lift` with the usual settings: relative, α 0.05, power 0.8, one treatment, looked at once.
    pub fn new(baseline: Baseline, lift: f64) -> Plan {
        Plan {
            baseline,
            lift,
            scale: Scale::Relative,
            alpha: Level::FIVE_PERCENT,
            power: 0.8,
            treatments: 1,
            method: Method::Fixed,
            per_arm: None,
            leads_per_day: None,
            outcome_delay_days: 0.0,
        }
    }

    /// The sample size, power and duration of the plan.
    ///
    /// # Errors
    /// A number that makes no sense: a rate outside (0, 1), before or after the lift; a lift of 0; a power outside (α, 1) …
    ///
    /// # Example: 5,000 leads per arm
    /// ```
    /// use plumbline_core::experiment::{Baseline, Plan};
    /// let planned = Plan { per_arm: Some(5_000), ..Plan::new(Baseline::Rate(0.10), 0.05) }.work_out()?;
    /// assert!(planned.sentences[0].starts_with("5,000 leads per arm give 13 % power for +5 % relative at a 10 % base rate"));
    /// assert_eq!((planned.needed.per_arm, planned.needed.exact as u64), (57_756, 57_755));
    /// # Ok::<(), plumbline_core::stats::level::SettingError>(())
    /// ```
    pub fn work_out(self) -> Result<Planned, SettingError> {
        let design = Design::new(&self)?;
        let exact = design.needed();
        SettingError::unless(exact < 1e15, "the lift", self.lift, "large enough to be found by fewer than 1e15 leads")?;
        let per_arm = (exact.ceil() as u64).max(2);
        let arms = u64::from(self.treatments) + 1;
        let needed = Needed { per_arm, exact, total: per_arm * arms };
        let given = self.per_arm.map(|per_arm| Given {
            per_arm,
            power: design.power(per_arm as f64),
            detectable: design.detectable(per_arm as f64),
        });
        let duration = self.leads_per_day.map(|rate| duration(needed.total, rate, self.outcome_delay_days));
        let mut planned =
            Planned { plan: self, needed, given, inflation: design.inflation(), duration, sentences: Vec::new(), rows: None };
        planned.sentences = planned.told();
        Ok(planned)
    }

    /// `lift`, in words.
    fn goal(&self) -> String {
        match self.scale {
            Scale::Relative => format!("{} relative", change(self.lift)),
            Scale::Absolute if matches!(self.baseline, Baseline::Rate(_)) => {
                format!("{} points", change(self.lift).trim_end_matches(" %"))
            }
            Scale::Absolute => format!("{}{}", if self.lift > 0.0 { "+" } else { "" }, rounded(self.lift, 3)),
        }
    }

    fn base(&self) -> String {
        match self.baseline {
            Baseline::Rate(rate) => format!("a {} base rate", percent(rate)),
            Baseline::Mean { mean, deviation } => {
                format!("a mean of {} (standard deviation {})", rounded(mean, 4), rounded(deviation, 4))
            }
        }
    }
}

fn duration(total: u64, per_day: f64, delay: f64) -> Duration {
    let enrolment_days = (total as f64 / per_day).ceil() as u64;
    let weeks = enrolment_days.div_ceil(7);
    Duration { enrolment_days, days: enrolment_days + delay.ceil() as u64, weeks }
}

impl Planned {
    fn told(&self) -> Vec<String> {
        let plan = &self.plan;
        let mut told = Vec::new();
        if let Some(given) = self.given {
            let missed = (10.0 * (1.0 - given.power)).round();
            let missed = match missed as u64 {
                10 => "nearly always".to_owned(),
                0 => "rarely".to_owned(),
                n => format!("{n} times in 10"),
            };
            told.push(format!(
                "{} leads per arm give {} power for {} at {}: a real change of that size would be missed {missed}.",
                count(given.per_arm),
                percent(given.power),
                plan.goal(),
                plan.base(),
            ));
            if let Some(detectable) = given.detectable {
                let smallest = Plan { lift: detectable, ..plan.clone() }.goal();
                told.push(format!("The smallest increase they detect with {} power is {smallest}.", percent(plan.power)));
            }
        }
        let look = match plan.method {
            Method::Fixed => String::new(),
            _ => format!("; early looks take {} times the leads of a single look", rounded(self.inflation, 3)),
        };
        told.push(format!(
            "{} per arm ({} in total) are needed to detect {} at {} with {} power, two-sided at {}{look}.",
            counted(self.needed.per_arm, "lead", "leads"),
            count(self.needed.total),
            plan.goal(),
            plan.base(),
            percent(plan.power),
            percent(plan.alpha.alpha()),
        ));
        if let (Some(duration), Some(rate)) = (self.duration, plan.leads_per_day) {
            let delay = match duration.days - duration.enrolment_days {
                0 => String::new(),
                delay => format!(", plus {} until the last outcome is known", counted(delay, "day", "days")),
            };
            told.push(format!(
                "At {} leads a day this takes {}; run for {}{delay}.",
                rounded(rate, 4),
                counted(duration.enrolment_days, "day", "days"),
                counted(duration.weeks, "full week", "full weeks"),
            ));
        }
        told
    }
}

#[cfg(test)]
mod tests;
