//! A good model's chance of full rollout by the policy, and its dates: many rollouts drawn from a seed.
//!
//! Modelled are the gates that take the longest to decide: AUC in shadow, conversion and AUC in the test. The others pass for a good
//! model long before. No gate is waived.

use serde::{Deserialize, Serialize};

use super::{Basis, Expected, TestReport};
use crate::math;
use crate::random::Random;
use crate::rollout::Policy;
use crate::rollout::policy::Claim;
use crate::stats::group_sequential::{GroupSequential, Look, Spending};
use crate::stats::level::{Level, SettingError};
use crate::stats::normal;

const RUNS: u32 = 4_000;
const SEED: u64 = 12;

/// A good model's chance of full rollout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RolloutChance"))]
pub struct Chance {
    /// The AUC of the model that is drawn.
    pub auc: f64,
    /// Its relative lift of conversion.
    pub lift: f64,
    /// The chance that it reaches all leads.
    pub full: f64,
    /// The earliest day on which it does, in days from the start.
    pub earliest_day: Option<u32>,
    /// The day by which half of those that do have done so.
    pub median_day: Option<u32>,
    /// The chance that it does within twelve weeks.
    pub within_12_weeks: f64,
}

pub(super) fn chance(policy: &Policy, basis: &Basis, test: &TestReport) -> Result<Chance, SettingError> {
    let world = World::new(policy, basis, test)?;
    let mut random = Random::new(SEED);
    let mut days: Vec<u32> = (0..RUNS).filter_map(|_| world.full_day(&mut random)).collect();
    days.sort_unstable();
    let part = |n: usize| n as f64 / f64::from(RUNS);
    Ok(Chance {
        auc: basis.challenger_auc,
        lift: basis.lift,
        full: part(days.len()),
        earliest_day: days.first().copied(),
        median_day: days.get(days.len() / 2).copied(),
        within_12_weeks: part(days.iter().filter(|day| **day <= 84).count()),
    })
}

struct World<'a> {
    policy: &'a Policy,
    basis: &'a Basis,
    test: &'a TestReport,
    looks: Vec<Look>,
    /// The variance of the challenger's AUC, of one lead.
    area: f64,
    /// The variance of the relative lift, of one lead in each arm.
    lift: f64,
    /// Standard errors of the intervals at looks.
    z: f64,
}

impl World<'_> {
    fn new<'a>(policy: &'a Policy, basis: &'a Basis, test: &'a TestReport) -> Result<World<'a>, SettingError> {
        let primary = &policy.experiment.primary;
        let information = test.frozen(String::new()).information(policy, &[], 0, 0);
        let looks = GroupSequential::new(Spending::OBrienFleming, Level::new(primary.alpha)?, &information)?.looks;
        let b = basis.base_rate;
        // Of the relative change at equal rates: 2·(1 − b)/b, of one lead in each arm.
        let lift = 2.0 * (1.0 - b) / b * (1.0 - test.saved);
        let area = Expected { base_rate: b, auc: basis.challenger_auc }.variance_of_one();
        Ok(World { policy, basis, test, looks, area, lift, z: normal::quantile(0.5 + policy.gates.rules.confidence / 2.0) })
    }

    /// The day of full rollout of one draw; none if it is held, stopped or rolled back.
    fn full_day(&self, random: &mut Random) -> Option<u32> {
        let shadow = self.shadow_day(random)?;
        let (week, mature) = (self.test_week(random)?, self.policy.outcome.mature_days);
        Some(shadow + self.policy.stage.canary.min_days + 7 * week + mature)
    }

    fn shadow_day(&self, random: &mut Random) -> Option<u32> {
        let stage = &self.policy.stage.shadow;
        let line = &self.policy.gates.auc;
        let mut area = Path::default();
        for look in 0..=stage.max_extensions {
            let day = stage.min_days + look * stage.extend_days;
            let matured = if self.basis.has_fields { day } else { day.saturating_sub(self.policy.outcome.mature_days) };
            let leads = f64::from(matured) * self.basis.leads_per_day;
            if leads * self.basis.base_rate < 30.0 {
                continue;
            }
            let auc = self.basis.challenger_auc + area.at(leads, random) * self.area.sqrt();
            let (low, high) = self.ends(auc, leads);
            if high < line.min {
                return None;
            }
            if auc >= line.min && low >= line.min - line.slack {
                return Some(day);
            }
        }
        None
    }

    fn test_week(&self, random: &mut Random) -> Option<u32> {
        let (primary, auc_line) = (&self.policy.experiment.primary, &self.policy.gates.auc);
        let (mut conversion, mut area) = (Path::default(), Path::default());
        let margin = if primary.claim == Claim::NoWorse { primary.lift } else { 0.0 };
        for (week, look) in (1..).zip(&self.looks) {
            let leads = f64::from(week) * self.test.planned_per_arm as f64 / f64::from(self.test.weeks);
            let lift = self.basis.lift + conversion.at(leads, random) * self.lift.sqrt();
            let half = look.bound * (self.lift / leads).sqrt();
            let auc = self.basis.challenger_auc + area.at(2.0 * leads, random) * self.area.sqrt();
            let (low, high) = self.ends(auc, 2.0 * leads);
            let is_harm = lift + half < -margin;
            let is_no_lift = primary.claim == Claim::Better && lift - half <= 0.0 && lift + half < primary.lift;
            if is_harm || is_no_lift || high < auc_line.ab_min {
                return None;
            }
            let is_early = week < self.test.first_week;
            let is_shown = lift - half > -margin && (primary.claim == Claim::NoWorse || lift >= primary.lift);
            if !is_early && is_shown && auc >= auc_line.ab_min && low >= auc_line.ab_min - auc_line.ab_slack {
                return Some(week);
            }
        }
        None
    }

    /// The interval of an AUC, on the logit scale.
    fn ends(&self, auc: f64, leads: f64) -> (f64, f64) {
        let auc = auc.clamp(0.01, 0.99);
        let half = self.z * (self.area / leads).sqrt() / (auc * (1.0 - auc));
        let at = math::logit(auc);
        (math::logistic(at - half), math::logistic(at + half))
    }
}

/// The error of a mean as leads come in, in standard deviations of one lead.
#[derive(Default)]
struct Path {
    sum: f64,
    leads: f64,
}

impl Path {
    /// The error of the mean of `leads` leads, which include those before.
    fn at(&mut self, leads: f64, random: &mut Random) -> f64 {
        let more = (leads - self.leads).max(0.0);
        // The middle of one of 2⁵³ equal parts: never 0 or 1.
        let unit = ((random.bits() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        self.sum += more.sqrt() * normal::quantile(unit);
        self.leads = leads;
        self.sum / leads.max(1.0)
    }
}
