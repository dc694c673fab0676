//! The plan of the A/B test: how many weeks, how many leads they hold, and what those can show.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Basis, Expected};
use crate::experiment::words::{change, count, percent};
use crate::experiment::{Baseline, Design, Method, Plan};
use crate::rollout::look::TestPlan;
use crate::rollout::policy::Claim;
use crate::rollout::{Policy, words};
use crate::sentence::Sentence;
use crate::stats::group_sequential::Spending;
use crate::stats::level::{Level, SettingError};

/// The plan of the A/B test. Its JSON is the document that an approval of canary names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RolloutTestReport"))]
pub struct TestReport {
    /// Weeks of new leads, each with a look once it has matured.
    pub weeks: u32,
    /// New leads a day.
    pub leads_per_day: f64,
    /// The share of leads that convert.
    pub base_rate: f64,
    /// Leads of the smaller arm at the last look.
    pub planned_per_arm: u64,
    /// Leads per arm that show the planned lift with the planned power over all looks.
    pub needed_per_arm: u64,
    /// Leads per arm by which the looks are measured ([`TestPlan::full_information`]).
    pub information: u64,
    /// The chance that the planned test shows the planned lift.
    pub power: f64,
    /// The smallest lift that it shows with the planned power.
    pub detectable: Option<f64>,
    /// The part by which the champion's score lowers the leads needed.
    pub saved: f64,
    /// The first week at whose look the test can pass.
    pub first_week: u32,
    /// Weeks for which the test would have to be planned to hold the least number of leads per arm.
    pub weeks_needed: u32,
    /// Whether the planned weeks hold them.
    pub is_long_enough: bool,
    /// The plan in words.
    pub sentence: Sentence,
}

/// The plan of the A/B test by `policy`, for `weeks` of new leads or the policy's own number.
///
/// # Errors
/// A number that makes no sense, such as a base rate of 0.
pub fn test_report(policy: &Policy, basis: &Basis, weeks: Option<u32>) -> Result<TestReport, SettingError> {
    let stage = &policy.stage.ab_test;
    let primary = &policy.experiment.primary;
    let planned_days = stage.max_days + stage.max_extensions * stage.extend_days;
    let weeks = weeks.unwrap_or(planned_days / 7).max(1);
    basis.check()?;
    let share = f64::from(stage.share_bp.min(10_000 - stage.share_bp.min(10_000))) / 10_000.0;
    let per_week = 7.0 * basis.leads_per_day * share * (1.0 - basis.left_out);
    let planned_per_arm = (f64::from(weeks) * per_week) as u64;
    let plan = Plan {
        alpha: Level::new(primary.alpha)?,
        power: primary.power,
        method: Method::weekly(weeks as usize, Spending::OBrienFleming),
        ..Plan::new(Baseline::Rate(basis.base_rate), primary.lift)
    };
    let design = Design::new(&plan)?;
    let champion = basis.champion_auc.filter(|_| primary.adjusted);
    let saved = champion.map_or(0.0, |auc| Expected { base_rate: basis.base_rate, auc }.explained());
    let needed = design.needed() * (1.0 - saved);
    let worth = (planned_per_arm as f64 / (1.0 - saved)).max(2.0);
    let least = u64::from(primary.least_per_arm);
    let weeks_for = |leads: u64| (leads as f64 / per_week).ceil().min(f64::from(u32::MAX)) as u32;
    let weeks_needed = weeks_for(least).max(stage.min_days.div_ceil(7));
    let mut report = TestReport {
        weeks,
        leads_per_day: basis.leads_per_day,
        base_rate: basis.base_rate,
        planned_per_arm,
        needed_per_arm: needed.ceil() as u64,
        information: 0,
        power: design.power(worth),
        detectable: design.detectable(worth),
        saved,
        first_week: weeks_needed,
        weeks_needed,
        is_long_enough: weeks_needed <= weeks,
        sentence: Sentence::default(),
    };
    report.information = report.frozen(String::new()).full_information(policy);
    report.sentence = report.said(policy);
    Ok(report)
}

impl TestReport {
    /// The plan as an approval names it and the state freezes it.
    pub fn plan(&self) -> TestPlan {
        // Texts and finite numbers only: it always has a JSON text.
        let json = serde_json::to_vec(self).unwrap_or_default();
        self.frozen(Sha256::digest(json).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The plan whose document has this SHA-256.
    pub(super) fn frozen(&self, sha256: String) -> TestPlan {
        TestPlan {
            weeks: self.weeks,
            leads_per_day: self.leads_per_day as u32,
            needed_per_arm: self.needed_per_arm,
            planned_per_arm: self.planned_per_arm,
            sha256,
        }
    }

    fn said(&self, policy: &Policy) -> Sentence {
        let primary = &policy.experiment.primary;
        let weeks = if self.weeks == 1 { "1 week".to_owned() } else { format!("{} weeks", self.weeks) };
        if !self.is_long_enough {
            let text = format!(
                "{weeks} of the A/B test hold {} leads per arm, and {} are needed: plan {} weeks.",
                count(self.planned_per_arm),
                count(primary.least_per_arm.into()),
                self.weeks_needed
            );
            return Sentence::new("TEST_TOO_SHORT", text).with("weeks_needed", self.weeks_needed);
        }
        let claim = match primary.claim {
            Claim::Better => format!("shows a lift of {}", percent(primary.lift)),
            Claim::NoWorse => format!("excludes a decline of {}", percent(primary.lift)),
        };
        let smallest = self.detectable.map_or_else(String::new, |lift| {
            format!(" The smallest change it shows with {} power is {}.", percent(primary.power), change(lift))
        });
        let text = format!(
            "{weeks} of the A/B test hold {} leads per arm. It {claim} in {} of cases; {} per arm would do so in {}.{smallest} It can \
             pass {} after it starts at the earliest.",
            count(self.planned_per_arm),
            percent(self.power),
            count(self.needed_per_arm),
            percent(primary.power),
            words::days(7 * self.first_week + policy.outcome.mature_days),
        );
        Sentence::new("TEST_PLAN", text).with("power", self.power).with("needed_per_arm", self.needed_per_arm)
    }
}
