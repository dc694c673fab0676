//! The three values of each measure side by side: what it was, what to expect now, what came of it. Tested at the doors, the command's
//! answer against the page's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Estimator, Measure, Realised};
use crate::evidence::InsufficientData;
use crate::metric::{Labelled, MetricError};

/// The measures of a window beside those of the reference.
///
/// As JSON: `leads`, `leads_with_outcome` and `measures`, where each measure has `reference`, `expected` (`value` and the 95 %
/// `interval`) and `realised`; what has no denominator or no outcomes yet is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "PerformanceOutlook"))]
pub struct Outlook {
    /// Leads of the window.
    pub leads: u64,
    /// Leads of the window whose outcomes are known.
    pub leads_with_outcome: u64,
    /// By measure: all of [`Measure::ALL`].
    pub measures: BTreeMap<Measure, Beside>,
}

/// One measure three times.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "MeasureOutlook"))]
pub struct Beside {
    /// On the reference leads.
    pub reference: Option<f64>,
    /// On the window's leads, from their probabilities.
    pub expected: Option<Expected>,
    /// On those of the window's leads whose outcomes are known.
    pub realised: Option<f64>,
}

/// The value to expect of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Expected {
    /// The value.
    pub value: f64,
    /// Where the realised value lies in 95 of 100 windows, if the calibration holds.
    pub interval: (f64, f64),
}

impl Outlook {
    /// Estimates a window of `scores` by leads of the `reference`, and measures those with an outcome (`known`) beside it. A lead is
    /// called at the estimator's threshold.
    ///
    /// # Errors
    /// As [`Estimator::estimate`].
    pub fn new(
        estimator: &Estimator,
        reference: &Labelled<'_>,
        scores: &[f64],
        known: Option<&Labelled<'_>>,
    ) -> Result<Result<Outlook, InsufficientData>, MetricError> {
        let expected = match estimator.estimate(scores)? {
            Ok(expected) => expected,
            Err(reason) => return Ok(Err(reason)),
        };
        let before = Realised::new(reference, estimator.threshold());
        let now = known.map(|known| Realised::new(known, estimator.threshold()));
        let beside = |measure: Measure| Beside {
            reference: before.of(measure),
            expected: expected.of(measure).map(|found| Expected { value: found.value, interval: found.interval }),
            realised: now.as_ref().and_then(|now| now.of(measure)),
        };
        Ok(Ok(Outlook {
            leads: expected.leads,
            leads_with_outcome: known.map_or(0, |known| known.scores().len() as u64),
            measures: Measure::ALL.into_iter().map(|measure| (measure, beside(measure))).collect(),
        }))
    }
}
