//! The team's own numbers, which a plan rests on.

use serde::{Deserialize, Serialize};

use crate::stats::level::SettingError;

/// The team's own numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "StartBasis"))]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// The share of leads that convert, in (0, 1).
    pub base_rate: f64,
    /// Leads a day that were never scored before.
    pub leads_per_day: f64,
    /// The champion's AUC; none while it is unknown.
    pub champion_auc: Option<f64>,
    /// The AUC of a good challenger, for which chance and dates are worked out.
    pub challenger_auc: f64,
    /// Its relative lift of conversion.
    pub lift: f64,
    /// The share of leads that is in no arm of the test, such as the explored ones.
    pub left_out: f64,
    /// Whether leads' fields are stored, so that leads from before the start get both scores.
    pub has_fields: bool,
    /// The share of conversions that comes within `outcome.mature_days`; none while it is unknown.
    pub within_maturity: Option<f64>,
    /// Days from a lead's first score to its won deal, in the median; none while they are unknown.
    pub deal_days: Option<f64>,
}

impl Basis {
    /// A team of which only base rate and traffic are known: the champion at the checklist's line, a challenger that is better by 0.02
    /// and lifts conversion by 8 %.
    pub fn new(base_rate: f64, leads_per_day: f64) -> Basis {
        Basis {
            base_rate,
            leads_per_day,
            champion_auc: None,
            challenger_auc: 0.88,
            lift: 0.08,
            left_out: 0.01,
            has_fields: true,
            within_maturity: None,
            deal_days: None,
        }
    }

    pub(super) fn check(&self) -> Result<(), SettingError> {
        let is_share = |x: f64| x > 0.0 && x < 1.0;
        SettingError::unless(is_share(self.base_rate), "the base rate", self.base_rate, "above 0 and below 1")?;
        let leads = self.leads_per_day;
        SettingError::unless(leads > 0.0 && leads.is_finite(), "the number of leads a day", leads, "positive")?;
        let is_area = |x: f64| (0.5..1.0).contains(&x) && x > 0.5;
        for auc in self.champion_auc.iter().chain([&self.challenger_auc]) {
            SettingError::unless(is_area(*auc), "the AUC", *auc, "above 0.5 and below 1")?;
        }
        SettingError::unless((0.0..1.0).contains(&self.left_out), "the share left out", self.left_out, "from 0 to below 1")?;
        SettingError::unless(self.lift > -1.0 && self.lift.is_finite(), "the lift", self.lift, "above -1")
    }
}
