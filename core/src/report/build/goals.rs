//! The goals of the first 90 days: three a month, each judged from what is recorded.

use super::{DAY_MS, Facts};
use crate::report::experiment::{Goal, Revenue};
use crate::report::measure::{Measure, MeasureId};
use crate::report::time::time_text;
use crate::report::value::Status;
use crate::rollout::phrase;
use crate::sentence::Sentence;

/// Days of a month of the goals.
const MONTH_DAYS: i64 = 30;

/// How far the first 90 days have come. Times are milliseconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// When the first model was registered.
    pub started_ms: i64,
    /// When a challenger first ran in shadow.
    pub shadow_ms: Option<i64>,
    /// When a challenger first passed a stage by a person's approval.
    pub approved_ms: Option<i64>,
    /// When a challenger first served all leads.
    pub full_ms: Option<i64>,
    /// Red incidents opened within the first 30 days.
    pub red_incidents: u64,
    /// When a model was first retrained by the schedule.
    pub retrained_ms: Option<i64>,
}

impl Facts<'_> {
    /// The nine goals, three a month.
    pub(super) fn goals(&self, measures: &[Measure], revenue: &Revenue) -> Vec<Goal> {
        let progress = &self.progress;
        let due_ms = |month: u32| progress.started_ms + i64::from(month) * MONTH_DAYS * DAY_MS;
        let goal = |month: u32, id: &str, status: Status, text: String, route: &str| {
            let status = match status {
                // What did not come by its day is missed; until then it is open.
                Status::InsufficientData | Status::Inconclusive if self.now_ms > due_ms(month) => Status::Fail,
                status => status,
            };
            let sentence = Sentence::new(&format!("GOAL_{}", id.to_uppercase()), text);
            Goal { month, id: id.to_owned(), status, sentence, due_at: time_text(due_ms(month)), route: route.to_owned() }
        };
        let day = |ms: i64| phrase::day(ms, self.now_ms);
        let since = |month: u32, at_ms: Option<i64>, done: &str, open: &str| match at_ms {
            Some(at_ms) if at_ms > due_ms(month) => {
                (Status::Fail, format!("{done} on {}; it was due on {}.", day(at_ms), day(due_ms(month))))
            }
            Some(at_ms) => (Status::Pass, format!("{done} on {}.", day(at_ms))),
            None => (Status::InsufficientData, format!("{open}.")),
        };
        let (shadow, shadow_text) =
            since(1, progress.shadow_ms, "A challenger first ran in shadow", "No challenger has run in shadow yet");
        let (approved, approved_text) =
            since(2, progress.approved_ms, "A stage was first passed by approval", "No stage has been passed by approval yet");
        let (full, full_text) =
            since(3, progress.full_ms, "A challenger first served all leads", "No challenger serves all leads yet");
        let (retrained, retrained_text) = since(
            3,
            progress.retrained_ms,
            "The schedule first retrained a model",
            "No model has been retrained by the schedule yet",
        );
        let (incidents, incidents_text) = match (progress.red_incidents, self.now_ms > due_ms(1)) {
            (0, true) => (Status::Pass, "No red incident in the first 30 days.".to_owned()),
            (0, false) => (Status::Inconclusive, "No red incident so far.".to_owned()),
            (1, _) => (Status::Fail, "One red incident in the first 30 days.".to_owned()),
            (n, _) => (Status::Fail, format!("{n} red incidents in the first 30 days.")),
        };
        let (lift, lift_text) = self.lift_goal();
        let (rating, rating_text) = match measures.iter().find(|measure| measure.id == MeasureId::Satisfaction) {
            Some(measure) => (measure.status, measure.sentence.text.clone()),
            None => (Status::InsufficientData, "No ratings by sales yet.".to_owned()),
        };
        let (money, money_text) = self.money_goal(revenue);
        vec![
            goal(1, "shadow_operational", shadow, shadow_text, "#/rollout"),
            goal(1, "zero_critical_incidents", incidents, incidents_text, "#/diagnosis"),
            goal(1, "dashboard_live", Status::Pass, "This report is served.".to_owned(), "#/"),
            goal(2, "lift", lift, lift_text, "#/experiment"),
            goal(2, "satisfaction", rating, rating_text, "#/business"),
            goal(2, "rollout_approved", approved, approved_text, "#/rollout"),
            goal(3, "all_leads", full, full_text, "#/rollout"),
            goal(3, "automated_retraining", retrained, retrained_text, "#/models"),
            goal(3, "revenue", money, money_text, "#/goals"),
        ]
    }

    /// Whether the newest test shows the lift that the policy asks for.
    fn lift_goal(&self) -> (Status, String) {
        let wanted = self.policy.experiment.primary.lift;
        let newest = self.test.as_ref().and_then(|test| test.looks.last());
        let lift =
            newest.and_then(|(_, test)| test.analysis.comparisons.first()).map(|c| super::experiment::change(&c.primary.outcome));
        let percent = |x: f64| format!("{:+.1} %", 100.0 * x);
        match lift.and_then(|lift| Some((lift.value?, lift.low?, lift.high?))) {
            None => (Status::InsufficientData, "Not measurable yet: no A/B test has been looked at.".to_owned()),
            Some((value, low, high)) => {
                let status = match () {
                    () if value >= wanted && low > 0.0 => Status::Pass,
                    () if high < wanted => Status::Fail,
                    () => Status::Inconclusive,
                };
                let text = format!(
                    "The A/B test shows {} more leads that bought ({} to {}); {} are wanted.",
                    percent(value),
                    percent(low),
                    percent(high),
                    percent(wanted)
                );
                (status, text)
            }
        }
    }

    fn money_goal(&self, revenue: &Revenue) -> (Status, String) {
        let currency = &self.deployment.currency;
        let money = |x: f64| format!("{x:.0} {currency}");
        let estimate = &revenue.estimate;
        match (estimate.value, estimate.low, estimate.high) {
            (Some(value), Some(low), Some(high)) => {
                let status = match () {
                    () if low >= revenue.target => Status::Pass,
                    () if high < revenue.target && self.now_ms > self.progress.started_ms + 3 * MONTH_DAYS * DAY_MS => {
                        Status::Fail
                    }
                    () => Status::Inconclusive,
                };
                let text = format!(
                    "{} more so far ({} to {}); the goal is {}.",
                    money(value),
                    money(low),
                    money(high),
                    money(revenue.target)
                );
                (status, text)
            }
            _ => (Status::InsufficientData, revenue.method.text.clone()),
        }
    }
}
