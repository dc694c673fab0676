//! The report on what sales gets: conversion by band, and ratings.

use serde::{Deserialize, Serialize};

use super::human::Human;
use super::value::Estimate;

/// What sales gets, of the champion's newest matured leads.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportBusiness"))]
pub struct Business {
    /// The bands, the highest first.
    pub bands: Vec<BandPart>,
    /// The part of leads in the highest band, of those that matured; none without bands.
    pub hot_share: Option<f64>,
    /// Ratings by sales.
    pub satisfaction: Satisfaction,
    /// People's judgement of leads next to the model's; none while no lead has both a person's score and an outcome.
    #[serde(default)]
    pub human: Option<Human>,
}

/// A band of scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportBand"))]
pub struct BandPart {
    /// Its name.
    pub name: String,
    /// Its least probability.
    pub from: f64,
    /// Leads in it that matured.
    pub leads: u64,
    /// The part of them that converted.
    pub conversion: Estimate,
}

/// Ratings by sales.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportSatisfaction"))]
pub struct Satisfaction {
    /// How many gave each rating from 1 to 10.
    pub counts: [u64; 10],
}
