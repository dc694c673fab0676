//! `perf.*`: how well scores rank and what they promise, by leads whose outcome is known.

use super::Case;
use super::draft::{Draft, Unit};
use super::limit::{Exactness, Share, decided};
use crate::math;
use crate::rollout::evidence::Figures;
use crate::rollout::{Comparator, Gate, Outcome, Stage, phrase};
use crate::stats::normal;
use crate::window::Scores;

const LEAST_LEADS: u64 = 200;
const LEAST_OF_A_CLASS: u64 = 30;
const LEAST_CALLED: u64 = 50;
pub(super) const LEAST_CALIBRATION: u64 = 500;

pub(super) fn judge(gate: Gate, case: &Case<'_>) -> Draft {
    match gate {
        Gate::PerfAuc => case.of_both(auc),
        Gate::PerfPrecision => case.of_both(precision),
        Gate::PerfRecall => case.of_both(recall),
        _ => case.of_both(calibration),
    }
}

/// The leads whose outcomes are judged: in the test those of the test, else those of the rollout.
pub(super) fn scores<'a>(case: &Case<'_>, figures: &'a Figures) -> Option<&'a Scores> {
    if case.stage == Stage::AbTest { figures.test_outcomes.as_ref() } else { figures.outcomes.as_ref() }
}

/// No lead of the rollout has an outcome.
pub(super) fn no_outcome(case: &Case<'_>) -> Draft {
    let days = phrase::counted(u64::from(case.policy.outcome.mature_days), "day", "days");
    Draft::missing(&format!("no lead has an outcome yet; one counts {days} after its first score"))
}

/// An area that may be judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct JudgedArea {
    pub value: f64,
    pub at_least: f64,
    pub at_most: f64,
    /// The interval, the bound of the bins added to both ends.
    pub low: f64,
    pub high: f64,
    pub error: f64,
    pub n: u64,
}

/// The area under the ROC curve of `scores`, or why there are too few leads for one.
pub(super) fn area(case: &Case<'_>, scores: &Scores) -> Result<JudgedArea, Box<Draft>> {
    let [converted, not, _] = scores.counts();
    let n = converted.saturating_add(not);
    let unit = case.outcomes();
    if n < LEAST_LEADS {
        return Err(Box::new(case.too_few(unit, n, LEAST_LEADS)));
    }
    let rarer = converted.min(not);
    if rarer < LEAST_OF_A_CLASS {
        let has = if converted <= not { ["lead bought", "leads bought"] } else { ["lead did not buy", "leads did not buy"] };
        let per_day = unit.per_day * rarer as f64 / n as f64;
        let draft = case.too_few(Unit { has, more: "leads", per_day }, rarer, LEAST_OF_A_CLASS);
        // The verdict counts leads: as many as will probably hold enough of the rarer kind.
        let needed = (n as f64 * LEAST_OF_A_CLASS as f64 / rarer.max(1) as f64).ceil() as u64;
        return Err(Box::new(draft.n(n).needed(case.forecast(unit, n, needed))));
    }
    let (Ok(binned), Some(area)) = (scores.roc_auc(), scores.delong()) else { return Err(Box::new(no_outcome(case))) };
    let (low, high) = area.cautious_interval(case.confidence());
    Ok(JudgedArea {
        value: binned.value,
        at_least: binned.at_least,
        at_most: binned.at_most,
        low: (low - (binned.value - binned.at_least)).max(0.0),
        high: (high + (binned.at_most - binned.value)).min(1.0),
        error: area.variance.sqrt(),
        n,
    })
}

fn auc(case: &Case<'_>, figures: &Figures) -> Draft {
    let rule = &case.policy.gates.auc;
    let (least, least_low) = match case.stage {
        Stage::AbTest => (rule.ab_min, rule.ab_min - rule.ab_slack),
        _ => (rule.min, rule.min - rule.slack),
    };
    let Some(scores) = scores(case, figures) else { return no_outcome(case) };
    let found = match area(case, scores) {
        Ok(found) => found,
        Err(too_few) => return *too_few,
    };
    let JudgedArea { value, low, high, error, n, .. } = found;
    let unit = case.outcomes();
    let outcome = decided(value >= least && low >= least_low, high < least);
    let forecast = if value >= least {
        case.growing(unit, n, value - low, value - least_low)
    } else {
        case.growing(unit, n, high - value, least - value)
    };
    let span = format!("{} to {}", phrase::auc(low), phrase::auc(high));
    let (shown, needed, leads) = (phrase::auc(value), phrase::auc(least), phrase::counted(n, "lead", "leads"));
    let text = match outcome {
        Outcome::Pass => format!("Ranks well: AUC {shown} ({span}; {leads} with an outcome), {needed} is needed."),
        Outcome::Fail => {
            let trained = figures.trained.and_then(|trained| trained.auc);
            let then = trained.map_or_else(String::new, |auc| format!(" In training it was {}.", phrase::auc(auc)));
            format!("Ranks too poorly: AUC {shown} ({span}; {leads} with an outcome), {needed} is needed.{then}")
        }
        _ => {
            let and = if least_low < least { format!(", and no less than {}", phrase::auc(least_low)) } else { String::new() };
            format!("Too close to call: AUC {shown} ({span}), {needed} is needed{and}; {}", case.more(unit, n, forecast))
        }
    };
    let draft = Draft::new(outcome, text).figure(value, "auc", Comparator::AtLeast, least).n(n).method("DeLong, logit scale");
    let draft = draft.interval(low, high, case.confidence()).with("at_least", found.at_least).with("at_most", found.at_most);
    let trained = figures.trained.and_then(|trained| trained.auc);
    let draft = if let Some(auc) = trained { draft.with("training_auc", auc) } else { draft };
    let explored = figures.explored.as_ref().and_then(|explored| Some((explored.roc_auc().ok()?.value, explored.counts())));
    let draft = match explored {
        Some((auc, [bought, not, _])) => draft.with("explored_auc", auc).with("explored_n", bought.saturating_add(not)),
        None => draft,
    };
    // On the scale of logits, as the interval.
    let errors = (math::logit(least) - math::logit(found.at_most)) * value * (1.0 - value) / error;
    let draft = draft.beyond(errors, n, case.evidence.planned.outcomes);
    if outcome == Outcome::Inconclusive { draft.needed(forecast) } else { draft }
}

fn precision(case: &Case<'_>, figures: &Figures) -> Draft {
    of_called(case, figures, Gate::PerfPrecision)
}

fn recall(case: &Case<'_>, figures: &Figures) -> Draft {
    of_called(case, figures, Gate::PerfRecall)
}

/// Precision or recall at the policy's threshold.
fn of_called(case: &Case<'_>, figures: &Figures, gate: Gate) -> Draft {
    let rules = &case.policy.gates;
    let is_precision = gate == Gate::PerfPrecision;
    let rule = if is_precision { &rules.precision } else { &rules.recall };
    let Some(scores) = scores(case, figures) else { return no_outcome(case) };
    let counts = scores.confusion_at(case.policy.outcome.threshold);
    let whole =
        if is_precision { counts.true_positive + counts.false_positive } else { counts.true_positive + counts.false_negative };
    let (hits, n) = (counts.true_positive as u64, whole as u64);
    let all = case.outcomes();
    let per_day = if counts.total() > 0.0 { all.per_day * whole / counts.total() } else { 0.0 };
    let unit = if is_precision {
        Unit { has: ["called lead has an outcome", "called leads have an outcome"], more: "called leads", per_day }
    } else {
        Unit { has: ["lead bought", "leads bought"], more: "leads that bought", per_day }
    };
    let Some(share) = Share::new(hits, n, Exactness::Wilson, case).filter(|_| n >= LEAST_CALLED) else {
        return case.too_few(unit, n, LEAST_CALLED);
    };
    let Share { value, low, high, .. } = share;
    let (least, least_low) = (rule.min, rule.min - rule.slack);
    let outcome = decided(value >= least && low >= least_low, high < least);
    let forecast = if value >= least {
        case.growing(unit, n, value - low, value - least_low)
    } else {
        case.growing(unit, n, high - value, least - value)
    };
    let span = format!("{} to {}", phrase::of_hundred(low), phrase::of_hundred(high));
    let (of_hundred, needed) = (phrase::of_hundred(value), phrase::of_hundred(least));
    let found = if is_precision {
        format!("of 100 leads it called, {of_hundred} bought ({span})")
    } else {
        format!("of 100 leads that bought, it called {of_hundred} ({span})")
    };
    let text = match (outcome, is_precision) {
        (Outcome::Pass, true) => format!("Calls the right leads: {found}; {needed} are needed."),
        (Outcome::Pass, false) => format!("Finds the buyers: {found}; {needed} are needed."),
        (Outcome::Fail, true) => format!("Calls too many wrong leads: {found}; {needed} are needed."),
        (Outcome::Fail, false) => format!("Misses too many: {found}; {needed} are needed."),
        _ => format!("Too close to call: {found}, {needed} are needed; {}", case.more(unit, n, forecast)),
    };
    let draft = Draft::new(outcome, text).figure(value, "share", Comparator::AtLeast, least).n(n).method("Wilson");
    let draft = draft.interval(low, high, case.confidence()).with("threshold_probability", case.policy.outcome.threshold);
    if outcome == Outcome::Inconclusive { draft.needed(forecast) } else { draft }
}

/// A calibration error that may be judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct JudgedCalibration {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    pub error: f64,
    pub bias: f64,
    pub n: u64,
}

/// The expected calibration error of `scores`, or why there are too few leads for one.
pub(super) fn calibration_of(case: &Case<'_>, scores: &Scores) -> Result<JudgedCalibration, Box<Draft>> {
    let [converted, not, _] = scores.counts();
    let n = converted.saturating_add(not);
    let (Ok(binned), Some(noise)) = (scores.calibration_error(), scores.calibration_noise()) else {
        return Err(Box::new(case.too_few(case.outcomes(), n, LEAST_CALIBRATION)));
    };
    if n < LEAST_CALIBRATION {
        return Err(Box::new(case.too_few(case.outcomes(), n, LEAST_CALIBRATION)));
    }
    let reach = normal::quantile(1.0 - case.level().alpha() / 2.0) * noise.standard_error;
    Ok(JudgedCalibration {
        value: binned.value,
        low: (binned.at_least - reach).max(0.0),
        high: (binned.at_most + reach).min(1.0),
        error: noise.standard_error,
        bias: noise.bias,
        n,
    })
}

fn calibration(case: &Case<'_>, figures: &Figures) -> Draft {
    let most = case.policy.gates.calibration.max;
    let Some(scores) = scores(case, figures) else { return no_outcome(case) };
    let found = match calibration_of(case, scores) {
        Ok(found) => found,
        Err(too_few) => return *too_few,
    };
    let JudgedCalibration { value, low, high, bias, n, .. } = found;
    let unit = case.outcomes();
    let outcome = decided(high < most, low - bias >= most);
    let forecast = if value < most {
        case.growing(unit, n, high - value, most - value)
    } else {
        case.growing(unit, n, value - low + bias, value - most)
    };
    let points = |part: f64| phrase::rounded(100.0 * part, 2);
    let off =
        format!("on average a probability is off by {} percentage points ({} to {})", points(value), points(low), points(high));
    let allowed = points(most);
    let text = match outcome {
        Outcome::Pass => format!("Probabilities are right: {off}; {allowed} are allowed."),
        Outcome::Fail => {
            format!("Probabilities are wrong: {off}, of which chance explains {}; {allowed} are allowed.", points(bias))
        }
        _ => format!(
            "Too close to call: {off}, of which chance explains {}, {allowed} are allowed; {}",
            points(bias),
            case.more(unit, n, forecast)
        ),
    };
    let draft = Draft::new(outcome, text).figure(value, "share", Comparator::Below, most).n(n).method("ten bins, normal");
    let draft = draft.interval(low, high, case.confidence()).with("bias", bias);
    let trained = figures.trained.and_then(|trained| trained.calibration_error);
    let draft = if let Some(error) = trained { draft.with("training_error", error) } else { draft };
    if outcome == Outcome::Inconclusive { draft.needed(forecast) } else { draft }
}
