//! The A/B test at one look.

use serde::{Deserialize, Serialize};

use crate::experiment::{Analysis, Cycle, Demand, Guardrail, Kind, Method, Metric, Settings};
use crate::rollout::Policy;
use crate::stats::group_sequential::Spending;
use crate::stats::level::{Level, SettingError};

/// The A/B test at one look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// The analysis of all leads of the test that had an outcome by then.
    pub analysis: Analysis,
    /// The part of the planned information at each planned look, those so far as they really were.
    pub information: Vec<f64>,
    /// Which of them this is, from 1.
    pub look: u32,
    /// Days of new leads that the plan holds.
    pub planned_days: u32,
    /// Leads of each arm that were in the top band; none while unknown.
    pub attention: Option<Attention>,
}

/// How many leads each version calls hot. The arms share the same sales people: what one arm calls hot takes attention from the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attention {
    /// Leads of the champion's arm.
    pub champion_leads: u64,
    /// Of those, the ones in the top band.
    pub champion_hot: u64,
    /// Leads of the challenger's arm.
    pub challenger_leads: u64,
    /// Of those, the ones in the top band.
    pub challenger_hot: u64,
}

impl Test {
    /// The name of the primary metric: whether a lead converted.
    pub const CONVERSION: &'static str = "conversion";
    /// The name of the guardrail of deal values.
    pub const DEAL_SIZE: &'static str = "deal size";
    /// The name of the sales cycle.
    pub const CYCLE: &'static str = "sales cycle";

    /// The settings of the analysis: champion against challenger on conversion, with the policy's guardrails and segments, at the look
    /// `look` (from 1) of those at which `information` is in. A lead's metrics are whether it converted, with the champion's score where
    /// the policy adjusts by it, and the value of its deal, open unless one was won.
    ///
    /// # Errors
    /// An α that is no level.
    pub fn settings(policy: &Policy, information: &[f64], look: u32) -> Result<Settings, SettingError> {
        let rule = &policy.experiment;
        let guard = &rule.guardrails;
        let conversion = Metric { adjusted: rule.primary.adjusted, ..Metric::new(Test::CONVERSION, Kind::Rate) };
        let deal_size =
            Guardrail { metric: Metric::new(Test::DEAL_SIZE, Kind::Mean), demand: Demand::Margin(guard.deal_size_margin) };
        Ok(Settings {
            guardrails: vec![deal_size],
            cycle: Some(Cycle { name: Test::CYCLE.to_owned(), margin: guard.cycle_margin, horizon: None }),
            segments: rule.segments.fields.clone(),
            lift: rule.primary.lift,
            alpha: Level::new(rule.primary.alpha)?,
            power: rule.primary.power,
            method: Method::GroupSequential {
                spending: Spending::OBrienFleming,
                information: information.to_vec(),
                look: usize::try_from(look).ok(),
            },
            least_per_arm: u64::from(rule.primary.least_per_arm),
            ..Settings::new(&["champion", "challenger"], conversion)
        })
    }

    /// The number of planned looks.
    pub fn looks(&self) -> u32 {
        u32::try_from(self.information.len()).unwrap_or(u32::MAX)
    }

    /// Whether this is the last planned look.
    pub fn is_last(&self) -> bool {
        self.look >= self.looks()
    }
}
