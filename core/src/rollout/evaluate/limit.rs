//! A share held against a limit.

use super::Case;
use super::draft::{Forecast, Unit};
use crate::rollout::Outcome;
use crate::stats::level::Interval;
use crate::stats::proportion::Proportion;

/// How the interval of a share is worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exactness {
    /// Clopper and Pearson: never covers less than its level, for rare failures.
    ClopperPearson,
    /// Wilson.
    Wilson,
}

/// A share with its interval.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    pub n: u64,
}

impl Share {
    /// `found` of `n`; none without any.
    pub fn new(found: u64, n: u64, exactness: Exactness, case: &Case<'_>) -> Option<Share> {
        let part = Proportion::new(found, n).ok()?;
        let Interval { lower, upper } = match exactness {
            Exactness::ClopperPearson => part.clopper_pearson(case.level()),
            Exactness::Wilson => part.wilson(case.level()),
        };
        Some(Share { value: part.rate(), low: lower, high: upper, n })
    }

    /// Whether the share lies below `limit`.
    pub fn below(&self, limit: f64) -> Outcome {
        decided(self.high < limit, self.low > limit)
    }

    /// Whether the share lies above `limit`.
    pub fn above(&self, limit: f64) -> Outcome {
        decided(self.low > limit, self.high < limit)
    }

    /// When the interval will be on one side of `limit`, if the share stays.
    pub fn forecast(&self, case: &Case<'_>, unit: Unit, limit: f64) -> Forecast {
        let reach = if self.value < limit { self.high - self.value } else { self.value - self.low };
        case.growing(unit, self.n, reach, (limit - self.value).abs())
    }
}

/// Pass, fail, or neither.
pub(super) fn decided(passes: bool, fails: bool) -> Outcome {
    match (passes, fails) {
        (_, true) => Outcome::Fail,
        (true, false) => Outcome::Pass,
        (false, false) => Outcome::Inconclusive,
    }
}
