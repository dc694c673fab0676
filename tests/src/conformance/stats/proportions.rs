//! Conversion rates and the power of their tests as statsmodels has them.
//!
//! Two of its figures are wrong, and it is shown here how: its score test of a difference takes a coefficient of Miettinen and
//! Nurminen's cubic from the wrong count, and its closed form of the score interval of a ratio picks a wrong root when every lead of
//! an arm converted. Our figures are held against the test that they must pass instead.

use std::path::Path;

use plumbline_core::stats::alternative::{Alternative, Outcome};
use plumbline_core::stats::error::StatsError;
use plumbline_core::stats::level::{Interval, Level};
use plumbline_core::stats::normal;
use plumbline_core::stats::power::{Kind, TwoGroups, TwoRates, cohens_h};
use plumbline_core::stats::proportion::{DifferenceTest, Equivalence, Proportion, TwoProportions};
use serde_json::Value;

use super::super::Suite;
use super::case::{Case, File, number};

/// Closed forms and tails that both compute to the last digits.
const CLOSED: f64 = 1e-12;
/// The roots of a cubic by eigenvalues (numpy): some digits are lost where two roots are near each other.
const EIGENVALUES: f64 = 1e-9;
/// scipy's brentq stops within 2e-12 of a root, absolutely; twice that of the ends of an interval.
const BRENT: f64 = 4e-12;
/// statsmodels solves power for a size or an effect by a brentq that stops within 1e-5 of the root, absolutely.
const SOLVED: f64 = 2e-5;

pub(super) fn run(folder: &Path) -> Result<Suite, String> {
    File::read(folder, "proportions.json")?.suite("proportions, power (statsmodels)", compare)
}

fn compare(case: &Case<'_>, suite: &mut Suite) -> Result<(), String> {
    for (figure, answer) in case.figures()? {
        let known =
            if case.inputs.get("power").is_some() { power(case, suite, figure)? } else { rates(case, suite, figure, answer)? };
        if !known {
            return Err(format!("proportions.json holds {figure}, which nothing compares"));
        }
    }
    Ok(())
}

fn power(case: &Case<'_>, suite: &mut Suite, figure: &str) -> Result<bool, String> {
    let [p1, p2, alpha, power, ratio] = ["p1", "p2", "alpha", "power", "ratio"].map(|name| case.number(name));
    let (p1, p2, power, ratio) = (p1?, p2?, power?, ratio?);
    let level = Level::new(alpha?).map_err(|e| e.to_string())?;
    let h = cohens_h(p2, p1);
    let words = |e: StatsError| e.to_string();
    let test = |kind, alternative| TwoGroups::new(kind, level, alternative, ratio).map_err(words);
    let normal = test(Kind::Normal, Alternative::TwoSided)?;
    // The reference's first group, of which there are `ratio` times as many in the second, is the one with the rate p2.
    let rates = TwoRates::new(p2, p1, ratio).map_err(words)?;
    // That ours solves the equation to the last digits is for its own tests.
    let mut solved = |ours: f64| {
        case.near(suite, &format!("/{figure}"), ours, SOLVED);
        Ok(true)
    };
    let ours = match figure {
        "h" => h,
        "n1" => return solved(normal.size(h, power).map_err(words)?),
        "n1_larger" => return solved(test(Kind::Normal, Alternative::Greater)?.size(h.abs(), power).map_err(words)?),
        "power_at_1000" => normal.power(h, 1000.0).map_err(words)?,
        "mde_h_at_5000" => return solved(normal.detectable(5000.0, power).map_err(words)?),
        "samplesize_2indep_onetail" => rates.size(power, level).map_err(words)?,
        "power_proportions_2indep" => rates.power(2000.0, level).map_err(words)?,
        "ttest_n1" => return solved(test(Kind::Student, Alternative::TwoSided)?.size(h, power).map_err(words)?),
        _ => return Ok(false),
    };
    case.close(suite, &format!("/{figure}"), ours, CLOSED);
    Ok(true)
}

fn rates(case: &Case<'_>, suite: &mut Suite, figure: &str, answer: &Value) -> Result<bool, String> {
    let counts = ["x1", "n1", "x2", "n2"].map(|name| case.number(name));
    let [x1, n1, x2, n2] = counts;
    let counts = [x1?, n1?, x2?, n2?];
    let margin = case.number("margin")?;
    let arm = |x: f64, n: f64| Proportion::new(x as u64, n as u64).map_err(|e| e.to_string());
    let first = arm(counts[0], counts[1])?;
    let arms = TwoProportions::new(first, arm(counts[2], counts[3])?);
    let level = Level::FIVE_PERCENT;
    let place = format!("/{figure}");
    let interval = |suite: &mut Suite, ours: Result<Interval, StatsError>| match ours {
        Ok(ours) => case.all_close(suite, &place, &[ours.lower, ours.upper], CLOSED),
        // The peer divides by zero where we say that there is no answer.
        Err(error) => case.holds(suite, &place, error.is_silence() && answer.get("error").is_some(), || error.to_string()),
    };
    let test = |suite: &mut Suite, name: &str, ours: Result<Outcome, StatsError>| match ours {
        Ok(ours) => {
            case.close(suite, &format!("{place}/{name}"), ours.statistic, CLOSED);
            case.close(suite, &format!("{place}/pvalue"), ours.p_value, CLOSED);
        }
        Err(error) => {
            // Nothing varies: the peer divides by 0 and is infinitely sure.
            let infinite = answer.get(name).and_then(number).is_some_and(f64::is_infinite);
            case.holds(suite, &place, error.is_silence() && infinite, || error.to_string());
        }
    };
    match figure {
        "ztest_two-sided" => test(suite, "z", arms.z_test(Alternative::TwoSided)),
        "ztest_larger" => test(suite, "z", arms.z_test(Alternative::Greater)),
        "ztest_smaller" => test(suite, "z", arms.z_test(Alternative::Less)),
        "confint1_normal" => interval(suite, Ok(first.normal(level))),
        "confint1_agresti_coull" => interval(suite, Ok(first.agresti_coull(level))),
        "confint1_beta" => interval(suite, Ok(first.clopper_pearson(level))),
        "confint1_wilson" => interval(suite, Ok(first.wilson(level))),
        "confint1_jeffreys" => interval(suite, Ok(first.jeffreys(level))),
        "confint_2indep_newcomb_diff" => interval(suite, Ok(arms.newcombe(level))),
        "confint_2indep_wald_diff" => interval(suite, Ok(arms.wald_difference(level))),
        "confint_2indep_agresti-caffo_diff" => interval(suite, Ok(arms.agresti_caffo(level))),
        "confint_2indep_log_ratio" => interval(suite, arms.log_ratio(level)),
        "confint_2indep_logit_odds-ratio" => interval(suite, arms.logit_odds_ratio(level)),
        "confint_2indep_score_diff" => score_difference(case, suite, &arms, counts),
        "confint_2indep_score_ratio" => score_ratio(case, suite, &arms),
        "test_2indep_wald" => test(suite, "statistic", arms.test(DifferenceTest::Wald, 0.0, Alternative::TwoSided)),
        "test_2indep_agresti-caffo" => {
            test(suite, "statistic", arms.test(DifferenceTest::AgrestiCaffo, 0.0, Alternative::TwoSided));
        }
        "test_2indep_score" => test(suite, "statistic", arms.test(DifferenceTest::Score, 0.0, Alternative::TwoSided)),
        "noninferiority_wald" => test(suite, "statistic", arms.test(DifferenceTest::Wald, -margin, Alternative::Greater)),
        "noninferiority_score" => {
            let theirs = peer_score(counts, -margin);
            test(suite, "statistic", Ok(Outcome { statistic: theirs, p_value: normal::sf(theirs) }));
            score_is_maximum_likelihood(case, suite, &place, &arms, counts, -margin);
        }
        "tost_wald" | "tost_agresti_caffo" => {
            let method = if figure == "tost_wald" { DifferenceTest::Wald } else { DifferenceTest::AgrestiCaffo };
            let ours = arms.equivalence(method, margin);
            if let Ok(ours) = &ours {
                case.close(suite, &format!("{place}/p_larger"), ours.above.p_value, CLOSED);
                case.close(suite, &format!("{place}/p_smaller"), ours.below.p_value, CLOSED);
            }
            test(suite, "statistic", ours.map(|ours| ours.overall));
        }
        "tost_score" => {
            let (low, high) = (peer_score(counts, -margin), peer_score(counts, margin));
            let above = Outcome { statistic: low, p_value: normal::sf(low) };
            let below = Outcome { statistic: high, p_value: normal::cdf(high) };
            let overall = if above.p_value < below.p_value { below } else { above };
            let theirs = Equivalence { above, below, overall };
            case.close(suite, &format!("{place}/p_larger"), theirs.above.p_value, CLOSED);
            case.close(suite, &format!("{place}/p_smaller"), theirs.below.p_value, CLOSED);
            test(suite, "statistic", Ok(theirs.overall));
            score_is_maximum_likelihood(case, suite, &place, &arms, counts, margin);
        }
        "effect_size_cohen_h" => case.close(suite, &place, arms.cohens_h(), CLOSED),
        _ => return Ok(false),
    }
    Ok(true)
}

/// The peer's interval holds its own, wrong, statistic within ±z; ours holds the right one there, wherever the peer gives up.
fn score_difference(case: &Case<'_>, suite: &mut Suite, arms: &TwoProportions, counts: [f64; 4]) {
    let place = "/confint_2indep_score_diff";
    let z = -normal::quantile(0.025);
    let ours = arms.score_difference(Level::FIVE_PERCENT);
    for (i, (end, sign)) in [(ours.lower, 1.0), (ours.upper, -1.0)].into_iter().enumerate() {
        // An end at ±1 is as far as a difference goes.
        let turns = end.abs() == 1.0 || (score(counts, end) - sign * z).abs() < 1e-7;
        case.holds(suite, place, turns, || format!("our end {end} has the score {}", score(counts, end)));
        let pointer = format!("{place}/{i}");
        if let Some(theirs) = case.answer(&pointer).and_then(number) {
            // Their search ends within BRENT of where their statistic crosses z.
            let crossed =
                (peer_score(counts, theirs - BRENT) - sign * z) * (peer_score(counts, theirs + BRENT) - sign * z) <= 0.0;
            case.holds(suite, &pointer, crossed && (theirs - end).abs() < 0.02, || format!("ours {end}, theirs {theirs}"));
        }
    }
}

fn score_ratio(case: &Case<'_>, suite: &mut Suite, arms: &TwoProportions) {
    let place = "/confint_2indep_score_ratio";
    let z = -normal::quantile(0.025);
    let ours = arms.score_ratio(Level::FIVE_PERCENT);
    let of = |ratio: f64| arms.score_ratio_test(ratio, Alternative::TwoSided).map_or(f64::NAN, |test| test.statistic);
    for (i, (end, sign)) in [(ours.lower, 1.0), (ours.upper, -1.0)].into_iter().enumerate() {
        let turns = end == 0.0 || end.is_infinite() || (of(end) - sign * z).abs() < 1e-9;
        case.holds(suite, place, turns, || format!("our end {end} has the score {}", of(end)));
        let pointer = format!("{place}/{i}");
        let theirs = case.answer(&pointer).and_then(number).unwrap_or(f64::NAN);
        let wrong_root = arms.first().failures() == 0.0 && theirs.is_finite() && (of(theirs).abs() - z).abs() > 0.1;
        if wrong_root {
            case.holds(suite, &pointer, true, String::new);
        } else {
            case.close(suite, &pointer, end, EIGENVALUES);
        }
    }
}

/// Our score statistic is that of the rates at which the likelihood's slope is 0, which a bisection finds without a cubic.
fn score_is_maximum_likelihood(
    case: &Case<'_>,
    suite: &mut Suite,
    place: &str,
    arms: &TwoProportions,
    counts: [f64; 4],
    value: f64,
) {
    let ours = arms.test(DifferenceTest::Score, value, Alternative::TwoSided).map_or(f64::NAN, |test| test.statistic);
    let right = score(counts, value);
    case.holds(suite, place, (ours / right - 1.0).abs() < 1e-10, || format!("ours {ours}, by bisection {right}"));
}

/// The score statistic of a difference, by bisection on the slope of the likelihood.
fn score([x1, n1, x2, n2]: [f64; 4], delta: f64) -> f64 {
    let share = |count: f64, p: f64| if count == 0.0 { 0.0 } else { count / p };
    let slope = |p2: f64| {
        let p1 = p2 + delta;
        share(x1, p1) - share(n1 - x1, 1.0 - p1) + share(x2, p2) - share(n2 - x2, 1.0 - p2)
    };
    let (mut low, mut high) = ((-delta).max(0.0), (1.0 - delta).min(1.0));
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if slope(middle) > 0.0 { low = middle } else { high = middle }
    }
    statistic([x1, n1, x2, n2], delta, 0.5 * (low + high))
}

/// statsmodels's statistic of a difference: the linear coefficient of its cubic holds x₂ δ where Miettinen and Nurminen have n₂ δ.
fn peer_score([x1, n1, x2, n2]: [f64; 4], delta: f64) -> f64 {
    let (n, x) = (n1 + n2, x1 + x2);
    let l2 = (n1 + 2.0 * n2) * delta - n - x;
    let l1 = (x2 * delta - n - 2.0 * x2) * delta + x;
    let l0 = x2 * delta * (1.0 - delta);
    let third = l2 / (3.0 * n);
    let q = third * third * third - l1 * l2 / (6.0 * n * n) + l0 / (2.0 * n);
    let p = (third * third - l1 / (3.0 * n)).sqrt().copysign(q);
    let angle = (std::f64::consts::PI + plumbline_core::math::acos(q / (p * p * p))) / 3.0;
    statistic([x1, n1, x2, n2], delta, 2.0 * p * plumbline_core::math::cos(angle) - third)
}

fn statistic([x1, n1, x2, n2]: [f64; 4], delta: f64, p2: f64) -> f64 {
    let (p1, n) = (p2 + delta, n1 + n2);
    let variance = (p1 * (1.0 - p1) / n1 + p2 * (1.0 - p2) / n2) * n / (n - 1.0);
    (x1 / n1 - x2 / n2 - delta) / variance.sqrt()
}
