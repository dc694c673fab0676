//! When each gate that needs outcomes, requests or deals has enough of them.

use serde::{Deserialize, Serialize};

use super::{Basis, Expected, TestReport, requests_needed};
use crate::experiment::words::{count, percent, rounded};
use crate::math;
use crate::rollout::{Gate, Modes, Policy, Stage, words};
use crate::sentence::Sentence;

/// What one gate needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "GatePlan"))]
pub struct GatePlan {
    /// The gate.
    pub gate: Gate,
    /// The stage.
    pub stage: Stage,
    /// How many leads, requests or deals decide it with a chance of 80 % for a good model; none where no number does.
    pub needed_n: Option<u64>,
    /// The day of the stage by which they have come; none if they never do.
    pub day: Option<u32>,
    /// Whether that is before the stage's last look.
    pub is_in_time: bool,
    /// It in words.
    pub sentence: Sentence,
}

pub(super) fn gates(policy: &Policy, basis: &Basis, modes: Modes, test: &TestReport) -> Vec<GatePlan> {
    let b = basis.base_rate;
    let challenger = Expected { base_rate: b, auc: basis.challenger_auc };
    let mature = if basis.has_fields { 0 } else { policy.outcome.mature_days };
    let mut plans = Vec::new();
    let mut shadow = |gate: Gate, needed: f64, per_day: f64, delay: u32| {
        let stage = &policy.stage.shadow;
        let last = stage.min_days + stage.max_extensions * stage.extend_days;
        let n = (Gate::must_pass(gate, Stage::Shadow) && modes.applies(gate, Stage::Shadow)).then_some(needed);
        plans.extend(n.map(|needed| match needed.is_finite() {
            true => gate_plan(gate, Stage::Shadow, needed, per_day, delay, last),
            false => undecidable(gate, policy, basis),
        }));
    };
    let area = challenger.leads_needed(policy.gates.auc.min - policy.gates.auc.slack).map_or(f64::INFINITY, |leads| leads as f64);
    shadow(Gate::PerfAuc, area.max(200.0).max(30.0 / b), basis.leads_per_day, mature);
    let (precision, recall) = challenger.at(policy.outcome.threshold);
    let called = (recall * b / precision).max(1e-9);
    // An interval of a share, with one of 80 % chance: p·(1 − p)·(z/distance)²; without a distance the least number.
    let share = |p: f64, line: f64, slack: f64, least: f64| {
        let distance = (p - line).max(slack).max(1e-3);
        let z = if p > line { 1.96 + 0.8416 } else { 1.96 };
        (p * (1.0 - p) * (z / distance) * (z / distance)).max(least)
    };
    let precise = &policy.gates.precision;
    shadow(Gate::PerfPrecision, share(precision, precise.min, precise.slack, 50.0), basis.leads_per_day * called, mature);
    let complete = &policy.gates.recall;
    shadow(Gate::PerfRecall, share(recall, complete.min, complete.slack, 50.0), basis.leads_per_day * b, mature);
    // No worse by d, for an equal model: the ratio's lower end has to lie above 1 − 2d. Taken as if unpaired, so rather too many.
    let ratio = |p: f64, least: f64| {
        let reach = -math::ln(1.0 - 2.0 * policy.gates.rules.max_relative_drop.min(0.49));
        (2.0 * (1.0 - p) / p * (2.8016 / reach) * (2.8016 / reach)).max(least)
    };
    shadow(Gate::RelPrecision, ratio(precision, 50.0), basis.leads_per_day * called, mature);
    shadow(Gate::RelRecall, ratio(recall, 50.0), basis.leads_per_day * b, mature);
    shadow(Gate::PerfCalibration, 500.0, basis.leads_per_day, mature);
    let errors = requests_needed(0.0, policy.gates.service.max_error_rate).map_or(f64::INFINITY, |requests| requests as f64);
    shadow(Gate::SysErrors, errors, basis.leads_per_day, 0);
    plans.extend(deals(policy, basis, test));
    plans
}

fn gate_plan(gate: Gate, stage: Stage, needed: f64, per_day: f64, delay: u32, last: u32) -> GatePlan {
    let days = (needed / per_day).ceil() + f64::from(delay);
    let day = (days < 10_000.0).then_some(days as u32);
    let is_in_time = day.is_some_and(|day| day <= last);
    let (name, what) = (words::capital(words::gate(gate)), words::counted(gate));
    let n = needed.ceil() as u64;
    let when = match day {
        Some(day) if is_in_time => format!("on day {day} of {}", stage.name()),
        Some(day) => format!("on day {day} of {}, after its last look on day {last}", stage.name()),
        None => "never at this traffic".to_owned(),
    };
    let text = format!("{name} needs about {} {what}: reached {when}.", count(n));
    let code = if is_in_time { "GATE_IN_TIME" } else { "GATE_TOO_LATE" };
    let sentence = Sentence::new(code, text).with("gate", gate.id()).with("needed", n);
    GatePlan { gate, stage, needed_n: Some(n), day, is_in_time, sentence }
}

/// A gate of shadow that no number of leads or requests decides for a good model.
fn undecidable(gate: Gate, policy: &Policy, basis: &Basis) -> GatePlan {
    let name = words::capital(words::gate(gate));
    let why = match gate {
        Gate::PerfAuc => {
            let (auc, line) = (rounded(basis.challenger_auc, 3), rounded(policy.gates.auc.min - policy.gates.auc.slack, 3));
            format!(
                "a good model is taken to have an AUC of {auc}, which is the line itself ({line}), so no number of leads shows on which side \
                 it lies. Lower gates.auc.min, raise gates.auc.slack, or bring a better model"
            )
        }
        _ => format!(
            "no number of requests shows a rate below {}. Raise gates.service.max_error_rate",
            percent(policy.gates.service.max_error_rate)
        ),
    };
    let sentence = Sentence::new("GATE_UNDECIDABLE", format!("{name} cannot be decided: {why}.")).with("gate", gate.id());
    GatePlan { gate, stage: Stage::Shadow, needed_n: None, day: None, is_in_time: false, sentence }
}

/// Deal size and sales cycle in the test: only leads whose deal can have closed by the last look have a value.
fn deals(policy: &Policy, basis: &Basis, test: &TestReport) -> Vec<GatePlan> {
    const LEAST: f64 = 100.0;
    let Some(deal_days) = basis.deal_days else { return Vec::new() };
    let last = 7 * test.weeks + policy.outcome.mature_days;
    let per_day = test.planned_per_arm as f64 / f64::from(7 * test.weeks) * basis.base_rate;
    [Gate::AbDealSize, Gate::AbCycle]
        .map(|gate| gate_plan(gate, Stage::AbTest, LEAST, per_day, deal_days.ceil() as u32, last))
        .into()
}
