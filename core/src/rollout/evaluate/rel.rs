//! `rel.*`: the challenger against the champion on the same leads.

use super::Case;
use super::data::LEAST_FOR_COVERAGE;
use super::draft::{Draft, Unit};
use super::perf::{self, JudgedArea, JudgedCalibration};
use super::ratio::{self, Better, Ratio, Wording};
use super::sys::{self, LEAST_REQUESTS, LEAST_TIMED};
use crate::math;
use crate::metric::PairedRatio;
use crate::rollout::{Comparator, Gate, Outcome, phrase};
use crate::stats::level::Interval;
use crate::stats::normal;
use crate::stats::proportion::{Proportion, TwoProportions};

/// Below these a figure is never held against a model: a ratio of two small figures says nothing.
const FLOOR_CALIBRATION: f64 = 0.02;
const FLOOR_LATENCY_MS: f64 = 40.0;
const FLOOR_ERRORS: f64 = 0.0005;
const LEAST_PAIRS: u64 = 50;

pub(super) fn judge(gate: Gate, case: &Case<'_>) -> Draft {
    match gate {
        Gate::RelAuc => auc(case),
        Gate::RelCoverage => coverage(case),
        Gate::RelPrecision | Gate::RelRecall => called(case, gate),
        Gate::RelCalibration => calibration(case),
        Gate::RelLatency => latency(case),
        _ => errors(case),
    }
}

fn allowed(case: &Case<'_>) -> f64 {
    case.policy.gates.rules.max_relative_drop
}

/// Standard errors of a two-sided interval.
fn z(case: &Case<'_>) -> f64 {
    normal::quantile(1.0 - case.level().alpha() / 2.0)
}

fn auc(case: &Case<'_>) -> Draft {
    let pair = perf::scores(case, case.challenger()).zip(perf::scores(case, case.champion()));
    let Some((challenger, champion)) = pair else { return perf::no_outcome(case) };
    let (two, one): (JudgedArea, JudgedArea) = match (perf::area(case, challenger), perf::area(case, champion)) {
        (Ok(two), Ok(one)) => (two, one),
        (Err(too_few), _) | (_, Err(too_few)) => return *too_few,
    };
    let part = |area: &JudgedArea| (area.error / area.value) * (area.error / area.value);
    let (value, error, n) = (two.value / one.value, (part(&two) + part(&one)).sqrt(), two.n.min(one.n));
    let (lowest, highest) = (two.at_least / one.at_most, two.at_most / one.at_least);
    let (low, high) = (lowest * math::exp(-z(case) * error), highest * math::exp(z(case) * error));
    let ratio = Ratio { value, low, high, better: Better::More, by: allowed(case) };
    let wording = Wording {
        titles: ["No worse", "Ranks worse"],
        figures: format!("AUC {} against {} on the same leads", phrase::auc(two.value), phrase::auc(one.value)),
        change: ["less", "more"],
        than: String::new(),
    };
    let beyond = (math::ln(ratio.line()) - math::ln(highest)) / error;
    let draft = ratio::draft(case, ratio, wording, case.outcomes(), n).baseline(one.value).with("challenger", two.value);
    draft.beyond(beyond, n, case.evidence.planned.outcomes).method("DeLong, logarithms of both")
}

fn coverage(case: &Case<'_>) -> Draft {
    let (Some(two), Some(one)) = (&case.challenger().recent, &case.champion().recent) else {
        return Draft::missing("the traffic of the last seven days of both models is not known");
    };
    let n = two.leads.min(one.leads);
    if n < LEAST_FOR_COVERAGE {
        return case.too_few(case.leads(), n, LEAST_FOR_COVERAGE);
    }
    let shares = Proportion::new(two.scored, two.leads).ok().zip(Proportion::new(one.scored, one.leads).ok());
    let Some((two, one)) = shares.filter(|(_, one)| one.rate() > 0.0) else {
        return Draft::missing("today's model scored no lead in the last seven days");
    };
    let Interval { lower, upper } = TwoProportions::new(two, one).score_ratio(case.level());
    let value = two.rate() / one.rate();
    let ratio = Ratio { value, low: lower, high: upper, better: Better::More, by: allowed(case) };
    let wording = Wording {
        titles: ["No worse", "Scores fewer leads"],
        figures: format!("it scored {} of leads, today's model {}", phrase::percent(two.rate()), phrase::percent(one.rate())),
        change: ["fewer", "more"],
        than: String::new(),
    };
    let draft = ratio::draft(case, ratio, wording, case.leads(), n).baseline(one.rate()).with("challenger", two.rate());
    draft.method("Miettinen-Nurminen")
}

fn called(case: &Case<'_>, gate: Gate) -> Draft {
    let is_precision = gate == Gate::RelPrecision;
    let Some(pairs) = case.evidence.pairs.filter(|pairs| pairs.leads() > 0) else { return perf::no_outcome(case) };
    let by_both = [pairs.count(|one, _, _| one), pairs.count(|_, two, _| two)];
    let n = if is_precision { by_both[0].min(by_both[1]) } else { pairs.count(|_, _, converted| converted) };
    let per_day = case.evidence.pace.outcomes * n as f64 / pairs.leads() as f64;
    let (has, more) = match is_precision {
        true => (["called lead of each model has an outcome", "called leads of each model have an outcome"], "called leads"),
        false => (["lead bought", "leads bought"], "leads that bought"),
    };
    let unit = Unit { has, more, per_day };
    if n < LEAST_PAIRS {
        return case.too_few(unit, n, LEAST_PAIRS);
    }
    let hits = [pairs.count(|one, _, converted| one && converted), pairs.count(|_, two, converted| two && converted)];
    if hits[0] == 0 {
        return Draft::missing("no lead that today's model called bought").n(n);
    }
    let found = if is_precision { pairs.precision() } else { pairs.recall() };
    let wholes = if is_precision { by_both } else { [n, n] };
    let (paired, low, high) = match found {
        Some(paired) => (paired, paired.moved(-z(case)), paired.moved(z(case))),
        None => {
            // The challenger called none that bought: its share is at most Wilson's upper end.
            let share = |hits, whole| Proportion::new(hits, whole).map(|part| part.wilson(case.level())).ok();
            let (Some(two), Some(one)) = (share(0, wholes[1]), share(hits[0], wholes[0])) else { return perf::no_outcome(case) };
            let champion = hits[0] as f64 / wholes[0] as f64;
            let paired = PairedRatio { challenger: 0.0, champion, ratio: 0.0, log_error: 0.0 };
            (paired, 0.0, two.upper / one.lower)
        }
    };
    let ratio = Ratio { value: paired.ratio, low, high, better: Better::More, by: allowed(case) };
    let of = phrase::of_hundred;
    let figures = if is_precision {
        format!("of 100 leads it called, {} bought, of today's model's {}", of(paired.challenger), of(paired.champion))
    } else {
        format!("of 100 leads that bought, it called {}, today's model {}", of(paired.challenger), of(paired.champion))
    };
    let titles = if is_precision { ["No worse", "Calls more wrong leads"] } else { ["No worse", "Misses more"] };
    let wording = Wording { titles, figures, change: ["less", "more"], than: String::new() };
    let beyond = (math::ln(ratio.line()) - math::ln(paired.ratio)) / paired.log_error;
    let draft = ratio::draft(case, ratio, wording, unit, n).baseline(paired.champion).with("challenger", paired.challenger);
    draft.beyond(beyond, pairs.leads(), case.evidence.planned.outcomes).method("paired log ratio").with("leads", pairs.leads())
}

/// A figure where less is better that is so small that it is never held against a model.
fn below_floor(figures: &str, value: f64, floor: f64, floor_in_words: &str, n: u64) -> Draft {
    let text = format!("Nothing to hold against it: {figures}; {floor_in_words} or less is always accepted.");
    let draft = Draft::new(Outcome::Pass, text).kind("BELOW_FLOOR").n(n).method("floor");
    // Against a floor there is no ratio.
    draft.figure(value / floor, "ratio", Comparator::AtMost, 1.0)
}

fn calibration(case: &Case<'_>) -> Draft {
    let pair = perf::scores(case, case.challenger()).zip(perf::scores(case, case.champion()));
    let Some((challenger, champion)) = pair else { return perf::no_outcome(case) };
    let found = (perf::calibration_of(case, challenger), perf::calibration_of(case, champion));
    let (two, one): (JudgedCalibration, JudgedCalibration) = match found {
        (Ok(two), Ok(one)) => (two, one),
        (Err(too_few), _) | (_, Err(too_few)) => return *too_few,
    };
    let points = |part: f64| phrase::rounded(100.0 * part, 2);
    let n = two.n.min(one.n);
    let figures = |chance: &str| {
        let (two, one) = (points(two.value), points(one.value));
        format!("on average its probabilities are off by {two} percentage points{chance}, today's model's by {one}")
    };
    let floor = format!("{} percentage points", points(FLOOR_CALIBRATION));
    if two.value <= FLOOR_CALIBRATION {
        let draft = below_floor(&figures(""), two.value, FLOOR_CALIBRATION, &floor, n);
        return draft.baseline(one.value).with("challenger", two.value);
    }
    let part = |of: &JudgedCalibration| (of.error / of.value) * (of.error / of.value);
    let (base, error, than) = if one.value > FLOOR_CALIBRATION {
        (one.value, (part(&two) + part(&one)).sqrt(), String::new())
    } else {
        (FLOOR_CALIBRATION, part(&two).sqrt(), format!(" than the {floor} that is always accepted"))
    };
    let value = two.value / base;
    // What chance adds to the error of a calibrated model is not held against it, as in `perf.calibration`.
    let of_base = if one.value > FLOOR_CALIBRATION { part(&one).sqrt() } else { 0.0 };
    let least = (two.value - z(case) * two.error - two.bias).max(0.0);
    let (low, high) = (least / base * math::exp(-z(case) * of_base), value * math::exp(z(case) * error));
    let ratio = Ratio { value, low, high, better: Better::Less, by: allowed(case) };
    let figures = figures(&format!(", of which chance explains {}", points(two.bias)));
    let wording = Wording { titles: ["No worse", "Probabilities are further off"], figures, change: ["less", "more"], than };
    let draft = ratio::draft(case, ratio, wording, case.outcomes(), n).baseline(one.value).with("challenger", two.value);
    draft.method("normal, logarithms of both; lower bound reduced by the bias of chance").with("bias", two.bias)
}

fn latency(case: &Case<'_>) -> Draft {
    const SLOWEST: f64 = 0.99;
    let (Some(two), Some(one)) = (sys::timed(case.challenger()), sys::timed(case.champion())) else {
        return Draft::missing("requests to both models were not timed in the last seven days");
    };
    let n = two.count().min(one.count());
    if n < LEAST_TIMED {
        return case.too_few(case.timed(), n, LEAST_TIMED);
    }
    let ms = |micros: u64| micros as f64 / 1_000.0;
    let figure = |latency: &crate::window::Latency| {
        let (low, high) = latency.interval(SLOWEST, case.level()).ok()?;
        Some((ms(latency.quantile(SLOWEST).ok()?), ms(low).max(0.001), ms(high)))
    };
    let (Some((two, two_low, two_high)), Some((one, one_low, one_high))) = (figure(&two), figure(&one)) else {
        return case.too_few(case.timed(), n, LEAST_TIMED);
    };
    let shown = |ms: f64| phrase::rounded(ms, 3);
    let figures = format!("{} ms against {} ms for the slowest hundredth", shown(two), shown(one));
    let floor = format!("{} ms", shown(FLOOR_LATENCY_MS));
    if two <= FLOOR_LATENCY_MS {
        return below_floor(&figures, two, FLOOR_LATENCY_MS, &floor, n).baseline(one).with("challenger", two);
    }
    let (base, base_low, base_high, than) = if one > FLOOR_LATENCY_MS {
        (one, one_low, one_high, String::new())
    } else {
        (FLOOR_LATENCY_MS, FLOOR_LATENCY_MS, FLOOR_LATENCY_MS, format!(" than the {floor} that is always accepted"))
    };
    // The ends of both intervals, put together on the scale of logarithms (Zou and Donner 2008).
    let far = |a: f64, b: f64| math::ln(a / b) * math::ln(a / b);
    let value = two / base;
    let low = value * math::exp(-(far(two, two_low) + far(base_high, base)).sqrt());
    let high = value * math::exp((far(two_high, two) + far(base, base_low)).sqrt());
    let ratio = Ratio { value, low, high, better: Better::Less, by: allowed(case) };
    let wording = Wording { titles: ["No slower", "Slower"], figures, change: ["less", "more"], than };
    let draft = ratio::draft(case, ratio, wording, case.timed(), n).baseline(one).with("challenger", two);
    draft.method("order statistics")
}

fn errors(case: &Case<'_>) -> Draft {
    let (Some(two), Some(one)) = (&case.challenger().since_start, &case.champion().since_start) else {
        return Draft::missing("the traffic of both models since the start is not known");
    };
    let n = two.requests.min(one.requests);
    let shares = Proportion::new(two.failed, two.requests).ok().zip(Proportion::new(one.failed, one.requests).ok());
    let Some((two, one)) = shares.filter(|_| n >= LEAST_REQUESTS) else {
        return case.too_few(case.requests(), n, LEAST_REQUESTS);
    };
    let figures =
        format!("{} of its requests failed, of today's model's {}", phrase::percent(two.rate()), phrase::percent(one.rate()));
    let floor = phrase::percent(FLOOR_ERRORS);
    if two.rate() <= FLOOR_ERRORS {
        let draft = below_floor(&figures, two.rate(), FLOOR_ERRORS, &floor, n);
        return draft.baseline(one.rate()).with("challenger", two.rate());
    }
    let part = |of: &Proportion| 1.0 / of.successes() - 1.0 / of.trials();
    let is_above = one.rate() > FLOOR_ERRORS;
    let than = if is_above { String::new() } else { format!(" than the {floor} that is always accepted") };
    let (value, interval, error) = if is_above {
        let Ok(interval) = TwoProportions::new(two, one).log_ratio(case.level()) else {
            return case.too_few(case.requests(), n, LEAST_REQUESTS);
        };
        (two.rate() / one.rate(), interval, (part(&two) + part(&one)).sqrt())
    } else {
        let interval = two.clopper_pearson(case.level()).scaled(1.0 / FLOOR_ERRORS);
        (two.rate() / FLOOR_ERRORS, interval, part(&two).sqrt())
    };
    let ratio = Ratio { value, low: interval.lower, high: interval.upper, better: Better::Less, by: allowed(case) };
    let wording = Wording { titles: ["No more errors", "More errors"], figures, change: ["less", "more"], than };
    let beyond = (math::ln(value) - math::ln(ratio.line())) / error;
    let draft = ratio::draft(case, ratio, wording, case.requests(), n).baseline(one.rate()).with("challenger", two.rate());
    draft.beyond(beyond, n, case.evidence.planned.requests).method("log ratio")
}
