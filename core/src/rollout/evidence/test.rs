//! The A/B test at one look.

use serde::{Deserialize, Serialize};

use crate::experiment::Analysis;

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
    /// The number of planned looks.
    pub fn looks(&self) -> u32 {
        u32::try_from(self.information.len()).unwrap_or(u32::MAX)
    }

    /// Whether this is the last planned look.
    pub fn is_last(&self) -> bool {
        self.look >= self.looks()
    }
}
