//! The settings of an experiment, declared before looking at its data.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::method::Method;
use crate::stats::effect::Scale;
use crate::stats::level::{Level, SettingError};

/// An arm and its planned share of leads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ExperimentArm"))]
#[serde(deny_unknown_fields)]
pub struct Arm {
    /// Its name.
    pub name: String,
    /// Its share; the weights need not sum to 1.
    pub weight: f64,
}

/// What is measured per lead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "MetricKind"))]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Whether something happened.
    #[default]
    Rate,
    /// A number.
    Mean,
    /// The sum of one number over the sum of another.
    Ratio,
    /// How well a score ranks the leads of an arm: the area under the ROC curve. A value comes with whether the lead converted.
    Auc,
}

/// The direction that is better.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// More is better.
    #[default]
    More,
    /// Less is better.
    Less,
}

/// A metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "MetricSettings"))]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// What is measured.
    #[serde(default)]
    pub kind: Kind,
    /// The direction that is better.
    #[serde(default)]
    pub better: Better,
    /// Whether each value comes with one known before the experiment, which is used to reduce variance (CUPED). Not for ratios and AUCs.
    #[serde(default)]
    pub adjusted: bool,
}

impl Metric {
    /// Whether each value comes with a second one.
    pub fn is_pair(&self) -> bool {
        self.adjusted || matches!(self.kind, Kind::Ratio | Kind::Auc)
    }

    /// A metric where more is better, without adjustment.
    pub fn new(name: impl Into<String>, kind: Kind) -> Metric {
        Metric { name: name.into(), kind, better: Better::More, adjusted: false }
    }
}

/// The limit of a guardrail.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Demand {
    /// Against the control it may be worse by less than this, on the experiment's scale.
    Margin(f64),
    /// In the treatment it is at least this.
    AtLeast(f64),
    /// In the treatment it is at most this.
    AtMost(f64),
}

/// A metric that must not get worse.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "GuardrailSettings"))]
#[serde(deny_unknown_fields)]
pub struct Guardrail {
    /// The metric.
    pub metric: Metric,
    /// Its limit.
    pub demand: Demand,
}

/// The sales cycle: days until a deal closes, where open deals count as open so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CycleSettings"))]
#[serde(deny_unknown_fields)]
pub struct Cycle {
    /// Its name.
    pub name: String,
    /// How much longer it may be, as a share of the control's mean time.
    pub margin: f64,
    /// The horizon in days; none: as long as both arms were observed.
    #[serde(default)]
    pub horizon: Option<f64>,
}

/// How p-values of many segments are corrected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Correction {
    /// Holm: the chance of any false alarm among all segments stays below α.
    #[default]
    Holm,
    /// Benjamini and Hochberg: on average at most a share α of the alarms is false.
    BenjaminiHochberg,
}

/// An experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ExperimentSettings"))]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The arms; the first is the control.
    pub arms: Vec<Arm>,
    /// The metric that decides.
    pub primary: Metric,
    /// Metrics that must not get worse.
    #[serde(default)]
    pub guardrails: Vec<Guardrail>,
    /// The sales cycle, if it is measured.
    #[serde(default)]
    pub cycle: Option<Cycle>,
    /// Names of the segments each lead belongs to a value of.
    #[serde(default)]
    pub segments: Vec<String>,
    /// The correction for testing several segments.
    #[serde(default)]
    pub correction: Correction,
    /// Relative or absolute effects.
    #[serde(default)]
    pub scale: Scale,
    /// The smallest change of the primary metric that matters, on that scale.
    #[serde(default = "Settings::usual_lift")]
    pub lift: f64,
    /// The accepted rate of false alarms.
    #[serde(default = "Settings::usual_alpha")]
    pub alpha: Level,
    /// The desired chance to detect `lift`.
    #[serde(default = "Settings::usual_power")]
    pub power: f64,
    /// How the experiment is looked at; at any time when absent.
    #[serde(default)]
    pub method: Method,
    /// Leads with an outcome that each arm needs before a verdict.
    #[serde(default = "Settings::usual_least")]
    pub least_per_arm: u64,
    /// New leads per day in all arms together, to estimate how long to continue.
    #[serde(default)]
    pub leads_per_day: Option<f64>,
}

impl Settings {
    fn usual_lift() -> f64 {
        0.05
    }

    fn usual_alpha() -> Level {
        Level::FIVE_PERCENT
    }

    fn usual_power() -> f64 {
        0.8
    }

    fn usual_least() -> u64 {
        5_000
    }

    /// An experiment of `arms` of equal weight on `primary`, with the usual settings: +5 % relative matters, α 0.05, power 0.8, looked
    /// at any time, 5,000 leads per arm.
    pub fn new(arms: &[&str], primary: Metric) -> Settings {
        Settings {
            arms: arms.iter().map(|name| Arm { name: (*name).to_owned(), weight: 1.0 }).collect(),
            primary,
            guardrails: Vec::new(),
            cycle: None,
            segments: Vec::new(),
            correction: Correction::Holm,
            scale: Scale::Relative,
            lift: Self::usual_lift(),
            alpha: Self::usual_alpha(),
            power: Self::usual_power(),
            method: Method::default(),
            least_per_arm: Self::usual_least(),
            leads_per_day: None,
        }
    }

    /// Metrics in the order a row gives them: the primary, then the guardrails'.
    pub fn metrics(&self) -> impl Iterator<Item = &Metric> {
        std::iter::once(&self.primary).chain(self.guardrails.iter().map(|guardrail| &guardrail.metric))
    }

    /// Checks the settings and reports all problems.
    ///
    /// # Errors
    /// Every problem found.
    pub fn check(&self) -> Result<(), SettingsError> {
        let mut problems = Vec::new();
        let mut say = |checked: Result<(), SettingError>, place: String| {
            if let Err(e) = checked {
                problems.push(format!("{place}: {e}"));
            }
        };
        let count = self.arms.len() as f64;
        say(
            SettingError::unless((2..=100).contains(&self.arms.len()), "the number of arms", count, "from 2 to 100"),
            "arms".into(),
        );
        for (at, arm) in self.arms.iter().enumerate() {
            let sound = arm.weight > 0.0 && arm.weight.is_finite();
            say(SettingError::unless(sound, "the weight", arm.weight, "positive"), format!("arms[{at}] {:?}", arm.name));
            let twice = self.arms.iter().take(at).any(|other| other.name == arm.name);
            say(
                SettingError::unless(!twice, "its position", at as f64, "unique: another arm has this name"),
                format!("arms[{at}] {:?}", arm.name),
            );
        }
        for metric in self.metrics() {
            let sound = !(metric.adjusted && matches!(metric.kind, Kind::Ratio | Kind::Auc));
            say(
                SettingError::unless(sound, "adjusted", 1.0, "off: a ratio or an AUC cannot be adjusted"),
                format!("metric {:?}", metric.name),
            );
        }
        for guardrail in &self.guardrails {
            let (bound, sound, wanted) = match guardrail.demand {
                Demand::Margin(x) => (x, x > 0.0 && x.is_finite(), "positive"),
                Demand::AtLeast(x) | Demand::AtMost(x) => (x, x.is_finite(), "finite"),
            };
            say(SettingError::unless(sound, "the demand", bound, wanted), format!("guardrail {:?}", guardrail.metric.name));
        }
        if let Some(cycle) = &self.cycle {
            let place = || format!("cycle {:?}", cycle.name);
            let sound = cycle.margin > 0.0 && cycle.margin.is_finite();
            say(SettingError::unless(sound, "the margin", cycle.margin, "positive"), place());
            let horizon = cycle.horizon.unwrap_or(1.0);
            say(SettingError::unless(horizon > 0.0 && horizon.is_finite(), "the horizon", horizon, "positive"), place());
        }
        let lift = self.lift;
        say(SettingError::unless(lift > 0.0 && lift.is_finite(), "the lift that matters", lift, "positive"), "lift".into());
        let power = self.power;
        say(
            SettingError::unless(power > self.alpha.alpha() && power < 1.0, "the power", power, "above alpha and below 1"),
            "power".into(),
        );
        let rate = self.leads_per_day.unwrap_or(1.0);
        say(SettingError::unless(rate > 0.0 && rate.is_finite(), "leads a day", rate, "positive"), "leads_per_day".into());
        say(self.method.judge(self.alpha).map(|_| ()), "method".into());
        if problems.is_empty() { Ok(()) } else { Err(SettingsError { problems }) }
    }
}

/// All problems of an experiment's settings.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", problems.join("; "))]
pub struct SettingsError {
    /// Each with its place.
    pub problems: Vec<String>,
}

impl SettingsError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        "BAD_EXPERIMENT"
    }
}
