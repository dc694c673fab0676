//! How an experiment is looked at: once at the end, at any time, or at planned looks.

use serde::{Deserialize, Serialize};

use crate::stats::alternative::Alternative;
use crate::stats::effect::{Effect, Test};
use crate::stats::group_sequential::{GroupSequential, Look, Spending};
use crate::stats::level::{Interval, Level, SettingError};
use crate::stats::sequential::{Mixture, Spread};
use crate::stats::{normal, power, student};

/// How an experiment is looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Method {
    /// Once, at the end. Looking every week and stopping at the first p below 0.05 triples the false alarm rate.
    Fixed,
    /// At any time: always-valid intervals. The default, because it keeps its error however often it is run.
    Sequential {
        /// The leads of both arms at which the interval is tightest; none: the planned end (when planning), 5,000 (when analysing).
        tuned_to: Option<f64>,
    },
    /// At planned looks.
    GroupSequential {
        /// How α is spent.
        spending: Spending,
        /// The part of all leads that is in at each look, rising to 1.
        information: Vec<f64>,
        /// Which of them this is, from 1; none when planning.
        look: Option<usize>,
    },
}

impl Default for Method {
    fn default() -> Method {
        Method::Sequential { tuned_to: None }
    }
}

impl Method {
    /// Where always-valid intervals are tightest by default when analysing, as in GrowthBook.
    pub const TUNED_TO: f64 = 5_000.0;

    /// `looks` equally spaced looks.
    pub fn weekly(looks: usize, spending: Spending) -> Method {
        let information = (1..=looks).map(|k| k as f64 / looks as f64).collect();
        Method::GroupSequential { spending, information, look: None }
    }

    /// The bar an estimate has to clear, when planning.
    pub(crate) fn bar(&self, level: Level) -> Result<Bar, SettingError> {
        Ok(match self {
            Method::Fixed => Bar::Once(level),
            Method::Sequential { tuned_to } => {
                tuned_to.map(Mixture::tuned).transpose()?;
                Bar::Always { level, tuned_to: *tuned_to }
            }
            Method::GroupSequential { spending, information, .. } => {
                Bar::Looks(GroupSequential::new(*spending, level, information)?)
            }
        })
    }

    /// The test of one look at `level`, when analysing.
    pub(crate) fn judge(&self, level: Level) -> Result<Judge, SettingError> {
        Ok(match self {
            Method::Fixed => Judge::Once,
            Method::Sequential { tuned_to } => Judge::Always(Mixture::tuned(tuned_to.unwrap_or(Method::TUNED_TO))?),
            Method::GroupSequential { spending, information, look } => {
                let number = look.unwrap_or(information.len());
                let design = |level| GroupSequential::new(*spending, level, information);
                let at = |design: GroupSequential| number.checked_sub(1).and_then(|at| design.looks.get(at).copied());
                let twice = Level::new((2.0 * level.alpha()).min(0.5))?;
                match (at(design(level)?), at(design(twice)?)) {
                    (Some(two_sided), Some(one_sided)) => Judge::Look { two_sided, one_sided },
                    _ => {
                        return Err(SettingError {
                            setting: "the look",
                            value: number as f64,
                            wanted: "one of the planned looks, from 1",
                        });
                    }
                }
            }
        })
    }

    /// Whether stopping before the planned end is allowed.
    pub fn allows_looking(&self) -> bool {
        !matches!(self, Method::Fixed)
    }
}

/// The bar an estimate has to clear, in standard errors.
#[derive(Debug, Clone)]
pub(crate) enum Bar {
    Once(Level),
    Always { level: Level, tuned_to: Option<f64> },
    Looks(GroupSequential),
}

impl Bar {
    /// The chance to clear it when the estimate after `units` leads in all is expected `drift` standard errors from the null. For
    /// always-valid intervals: the chance to clear it then, which is less than the chance to clear it on the way.
    pub fn power(&self, drift: f64, units: f64) -> f64 {
        match self {
            Bar::Once(level) => power::two_sided(normal::quantile(1.0 - level.alpha() / 2.0), drift),
            Bar::Always { level, tuned_to } => {
                // Tuned to the end that is being planned, whatever that is, the ratio of the two is 1.
                let (units, tuned) = tuned_to.map_or((1.0, 1.0), |tuned| (units.max(1e-9), tuned));
                let spread = Spread::after(units, tuned, *level);
                power::two_sided(spread.half_width(*level), drift)
            }
            Bar::Looks(design) => design.power(drift),
        }
    }
}

/// The test of one look.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Judge {
    Once,
    Always(Mixture),
    Look { two_sided: Look, one_sided: Look },
}

impl Judge {
    /// Whether the effect is 0. The interval holds 0 exactly when the p-value is not below [`Judge::nominal`]: both are of the
    /// difference, relative or not, and so have the planned error rate. At a planned look the p-value is the fixed one.
    pub fn two_sided(&self, effect: &Effect, level: Level) -> Test {
        let z = effect.z();
        let p_value = match self {
            Judge::Once | Judge::Look { .. } => 2.0 * student::sf(z.abs(), effect.freedom),
            Judge::Always(mixture) => mixture.spread(effect, level).p_value(as_normal(z, effect.freedom)),
        };
        Test { p_value, interval: effect.within(self.bound(effect, level)) }
    }

    /// The standard errors from 0 beyond which an estimate shows a change.
    pub fn bound(&self, effect: &Effect, level: Level) -> f64 {
        match self {
            Judge::Once => student::upper_quantile(level.alpha() / 2.0, effect.freedom),
            Judge::Always(mixture) => as_student(mixture.spread(effect, level).half_width(level), effect.freedom),
            Judge::Look { two_sided, .. } => as_student(two_sided.bound, effect.freedom),
        }
    }

    /// The same as a probability: what an exact p-value of one side has to be below.
    pub fn tail(&self, effect: &Effect, level: Level) -> f64 {
        match self {
            Judge::Once => level.alpha() / 2.0,
            Judge::Always(mixture) => normal::sf(mixture.spread(effect, level).half_width(level)),
            Judge::Look { two_sided, .. } => two_sided.nominal_p / 2.0,
        }
    }

    /// The p-value of a change whose exact two-sided p-value is `p`.
    pub fn exact_p(&self, p: f64, effect: &Effect, level: Level) -> f64 {
        match self {
            Judge::Once | Judge::Look { .. } => p,
            Judge::Always(mixture) => mixture.spread(effect, level).p_value(-normal::quantile(p / 2.0)),
        }
    }

    /// The same as in GrowthBook's gbstats: the delta method for relative effects, symmetric and a little less sharp. None where it
    /// has none.
    pub fn delta(&self, effect: &Effect, level: Level) -> Option<Test> {
        match self {
            Judge::Once => Some(effect.t_test(0.0, Alternative::TwoSided, level)),
            Judge::Always(mixture) => Some(effect.always_valid(0.0, mixture, level)),
            Judge::Look { .. } => None,
        }
    }

    /// The threshold for a p-value of [`Judge::two_sided`].
    pub fn nominal(&self, level: Level) -> f64 {
        match self {
            Judge::Once | Judge::Always(_) => level.alpha(),
            Judge::Look { two_sided, .. } => two_sided.nominal_p,
        }
    }

    /// The interval of which each end holds at α on its own, used for claims with a margin.
    pub fn one_sided(&self, effect: &Effect, level: Level) -> Interval {
        effect.within(self.one_sided_bound(effect, level))
    }

    /// How far an end that holds at α on its own lies from the estimate, in standard errors.
    pub fn one_sided_bound(&self, effect: &Effect, level: Level) -> f64 {
        match self {
            Judge::Once => student::upper_quantile(level.alpha(), effect.freedom),
            Judge::Always(mixture) => as_student(one_sided_width(mixture, effect, level), effect.freedom),
            Judge::Look { one_sided, .. } => as_student(one_sided.bound, effect.freedom),
        }
    }

    /// The same as a probability.
    pub fn one_sided_tail(&self, effect: &Effect, level: Level) -> f64 {
        match self {
            Judge::Once => level.alpha(),
            Judge::Always(mixture) => normal::sf(one_sided_width(mixture, effect, level)),
            Judge::Look { one_sided, .. } => one_sided.nominal_p / 2.0,
        }
    }
}

/// A one-sided interval is tuned as a two-sided one at twice the level.
fn one_sided_width(mixture: &Mixture, effect: &Effect, level: Level) -> f64 {
    let tuned = Level::new((2.0 * level.alpha()).min(0.5)).unwrap_or(level);
    mixture.spread(effect, tuned).one_sided_width(level)
}

/// With fewer degrees of freedom, a bound for normal estimates is too near.
const NEARLY_NORMAL: f64 = 58.0;

/// The bound of a normal estimate as that of an estimate whose variance has few degrees of freedom.
fn as_student(bound: f64, freedom: f64) -> f64 {
    let few = freedom < NEARLY_NORMAL && bound.is_finite();
    if few { student::upper_quantile(normal::sf(bound), freedom) } else { bound }
}

/// The normal deviate as far out as `z` is with so few degrees of freedom.
fn as_normal(z: f64, freedom: f64) -> f64 {
    if freedom < NEARLY_NORMAL { -normal::quantile(student::sf(z.abs(), freedom)) } else { z }
}
