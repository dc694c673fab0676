//! Which departures a test looks for, and what it found.

use serde::{Deserialize, Serialize};

use super::{normal, student};

/// Which departure from the null hypothesis counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alternative {
    /// Either way.
    #[default]
    TwoSided,
    /// The first is greater.
    Greater,
    /// The first is less.
    Less,
}

impl Alternative {
    /// The p-value of a standard normal statistic.
    pub fn of_normal(self, z: f64) -> f64 {
        match self {
            Alternative::TwoSided => 2.0 * normal::sf(z.abs()),
            Alternative::Greater => normal::sf(z),
            Alternative::Less => normal::cdf(z),
        }
    }

    /// The p-value of a t statistic at `df` degrees of freedom.
    pub fn of_student(self, t: f64, df: f64) -> f64 {
        match self {
            Alternative::TwoSided => 2.0 * student::sf(t.abs(), df),
            Alternative::Greater => student::sf(t, df),
            Alternative::Less => student::cdf(t, df),
        }
    }
}

/// A test's statistic and p-value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Outcome {
    /// The statistic.
    pub statistic: f64,
    /// The probability of a departure at least as large under the null hypothesis.
    pub p_value: f64,
}

impl Outcome {
    pub(super) fn of_normal(z: f64, alternative: Alternative) -> Outcome {
        Outcome { statistic: z, p_value: alternative.of_normal(z) }
    }
}
