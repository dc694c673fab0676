//! A/B tests as GrowthBook's gbstats computes them: every figure of every test of every metric kind, and its sample ratio check.

use std::path::Path;

use plumbline_core::stats::alternative::Alternative;
use plumbline_core::stats::bayes::{Loss, Posterior, Prior};
use plumbline_core::stats::effect::{Effect, Scale, Test};
use plumbline_core::stats::estimate::Estimate;
use plumbline_core::stats::level::{Interval, Level};
use plumbline_core::stats::moments::{Comoments, Moments};
use plumbline_core::stats::sequential::Mixture;
use plumbline_core::stats::{cuped, srm::SampleRatio};
use serde_json::Value;

use super::super::Suite;
use super::case::{Case, File, number};

/// Closed forms on both sides; what differs is the order of a few operations.
const RELATIVE: f64 = 1e-12;
/// gbstats takes p-values and chances as 1 − cdf, and risks as such a difference times a mean: each is off by an ulp of 1, and so is
/// anything smaller than that. Of an interval's end near 0 the same holds in units of the standard error.
const ULPS: f64 = 4e-15;
/// The daily numbers of the files: the treated are half of the traffic, for 14 days.
const SHARE_AND_DAYS: (f64, f64) = (0.5, 14.0);
/// The files' prior on the relative effect.
const PRIOR: (f64, f64) = (0.01, 0.09);

pub(super) fn run(folder: &Path) -> Result<Suite, String> {
    let file = File::read(folder, "gbstats.json")?;
    let mut suite = file.suite("experiments (GrowthBook gbstats)", compare)?;
    let ratios = file.whole.get("srm").and_then(Value::as_array).ok_or("gbstats.json: no srm")?;
    for ratio in ratios {
        compare_ratio(ratio, &mut suite).ok_or("gbstats.json: a case of srm lacks a value")?;
    }
    Ok(suite)
}

fn compare(case: &Case<'_>, suite: &mut Suite) -> Result<(), String> {
    let ([control, treatment], plain) = estimates(case, suite)?;
    // What the files say of one arm is computed before the slope of both arms.
    for (name, estimate) in [("a", &plain[0]), ("b", &plain[1])] {
        near(case, suite, &format!("/{name}_mean"), estimate.mean, 0.0);
        near(case, suite, &format!("/{name}_variance"), estimate.variance, 0.0);
    }
    for answer in case.expected.as_object().into_iter().flatten().filter(|(_, answer)| answer.is_object()) {
        let (name, kind) =
            (answer.0.as_str(), AnswerKind::of(answer.0).ok_or_else(|| format!("gbstats.json: what is {}?", answer.0))?);
        let scale = if kind.scale == "relative" { Scale::Relative } else { Scale::Absolute };
        let effect = Effect::between(&control, &treatment, scale).map_err(|e| format!("gbstats.json {name}: {e}"))?;
        let (share, days) = SHARE_AND_DAYS;
        let per_day = if kind.scale == "scaled" { Effect::per_day(treatment.units, share, days) } else { 1.0 };
        Answer { case, name, effect, per_day, baseline: control.unadjusted }.compare(suite, &kind);
    }
    Ok(())
}

/// What the name of an answer says: `ttest_relative_a0.05`, `ttest_lesser_scaled`, `sequential_absolute_tune5000`, `bayes_flat_…`.
struct AnswerKind<'a> {
    test: &'a str,
    scale: &'a str,
    detail: &'a str,
}

impl<'a> AnswerKind<'a> {
    fn of(name: &'a str) -> Option<AnswerKind<'a>> {
        let parts: Vec<&str> = name.split('_').collect();
        let &[test, second, third] = parts.as_slice() else { return None };
        let scales = ["relative", "absolute", "scaled"];
        let (scale, detail) = if scales.contains(&second) { (second, third) } else { (third, second) };
        scales.contains(&scale).then_some(AnswerKind { test, scale, detail })
    }
}

struct Answer<'a> {
    case: &'a Case<'a>,
    name: &'a str,
    effect: Effect,
    per_day: f64,
    baseline: f64,
}

impl Answer<'_> {
    fn compare(&self, suite: &mut Suite, kind: &AnswerKind<'_>) {
        let level = |alpha| Level::new(alpha).unwrap_or(Level::FIVE_PERCENT);
        match (kind.test, kind.detail) {
            ("ttest", "a0.05") => self.frequentist(suite, self.effect.t_test(0.0, Alternative::TwoSided, level(0.05))),
            ("ttest", "a0.1") => self.frequentist(suite, self.effect.t_test(0.0, Alternative::TwoSided, level(0.1))),
            ("ttest", "greater") => self.frequentist(suite, self.effect.t_test(0.0, Alternative::Greater, level(0.05))),
            ("ttest", "lesser") => self.lesser(suite, self.effect.t_test(0.0, Alternative::Less, level(0.05))),
            ("sequential", tune) => {
                let tuned = tune.strip_prefix("tune").and_then(|units| units.parse().ok()).unwrap_or(f64::NAN);
                match Mixture::tuned(tuned) {
                    Ok(mixture) => self.frequentist(suite, self.effect.always_valid(0.0, &mixture, level(0.05))),
                    Err(e) => self.fails(suite, e.to_string()),
                }
            }
            ("bayes", prior) => self.bayesian(suite, prior),
            _ => self.fails(suite, "a kind of test that is not known".to_owned()),
        }
    }

    fn fails(&self, suite: &mut Suite, words: String) {
        self.case.holds(suite, self.name, false, || words);
    }

    fn at(&self, suite: &mut Suite, figure: &str, ours: f64, slack: f64) {
        near(self.case, suite, &format!("/{}/{figure}", self.name), ours, slack);
    }

    fn common(&self, suite: &mut Suite, mean: f64, deviation: f64) {
        for figure in ["expected", "uplift/mean"] {
            self.at(suite, figure, mean * self.per_day, 0.0);
        }
        self.at(suite, "uplift/stddev", deviation * self.per_day, 0.0);
        for (figure, wanted) in [("uplift/dist", Value::from("normal")), ("error_message", Value::Null)] {
            let pointer = format!("/{}/{figure}", self.name);
            let agrees = self.case.answer(&pointer) == Some(&wanted);
            self.case.holds(suite, &pointer, agrees, || format!("is not {wanted}"));
        }
    }

    fn interval(&self, suite: &mut Suite, interval: Interval) {
        let slack = ULPS * self.effect.standard_error * self.per_day;
        self.at(suite, "ci/0", interval.lower * self.per_day, slack);
        self.at(suite, "ci/1", interval.upper * self.per_day, slack);
    }

    fn frequentist(&self, suite: &mut Suite, test: Test) {
        self.common(suite, self.effect.value, self.effect.standard_error);
        self.interval(suite, test.interval);
        self.at(suite, "p_value", test.p_value, ULPS);
    }

    /// The peer's upper end is estimate − width, the lower end of "greater": a bug that is noted here and not copied. Ours lies as far
    /// on the other side of the estimate.
    fn lesser(&self, suite: &mut Suite, test: Test) {
        let mirrored = 2.0 * self.effect.value - test.interval.upper;
        self.frequentist(suite, Test { interval: Interval { upper: mirrored, ..test.interval }, ..test });
        let sound = test.interval.upper > self.effect.value;
        self.case.holds(suite, self.name, sound, || "our upper end is not above the estimate".to_owned());
    }

    fn bayesian(&self, suite: &mut Suite, prior: &str) {
        let relative = self.effect.scale == Scale::Relative;
        let normal = Prior::normal(PRIOR.0, PRIOR.1).unwrap_or_default();
        let prior_used = match prior {
            "prior" if relative => normal,
            "prior" => normal.relative_to(self.baseline),
            _ => Prior::Flat,
        };
        let posterior = Posterior::new(&self.effect, prior_used);
        self.common(suite, posterior.mean, posterior.deviation);
        self.interval(suite, posterior.interval(Level::FIVE_PERCENT));
        let Loss { control, treatment } = posterior.loss();
        let (chance, risk) = match prior {
            "inverse" => (posterior.chance_to_lose(), [treatment, control]),
            _ => (posterior.chance_to_win(), [control, treatment]),
        };
        self.at(suite, "chance_to_win", chance, ULPS);
        let slack = ULPS * (posterior.mean.abs() + posterior.deviation);
        self.at(suite, "risk/0", risk[0], slack);
        self.at(suite, "risk/1", risk[1], slack);
        let pointer = format!("/{}/risk_type", self.name);
        let wanted = if relative { "relative" } else { "absolute" };
        let agrees = self.case.answer(&pointer).and_then(Value::as_str) == Some(wanted);
        self.case.holds(suite, &pointer, agrees, || format!("is not {wanted}"));
    }
}

/// Both arms' estimates, of whichever kind the case is, and the same before adjustment.
fn estimates(case: &Case<'_>, suite: &mut Suite) -> Result<([Estimate; 2], [Estimate; 2]), String> {
    let kind = case.inputs.get("kind").and_then(Value::as_str).unwrap_or_default();
    let arms = ["a", "b"].map(|name| Arm(case.inputs.get(name).unwrap_or(&Value::Null)));
    let failed = |e: &dyn std::fmt::Display| format!("gbstats.json {kind}: {e}");
    let [a, b] = match kind {
        "proportion" => arms.map(|arm| Estimate::proportion(arm.number(&["sum"])? as u64, arm.count()?).map_err(|e| failed(&e))),
        "mean" => arms.map(|arm| Estimate::mean(&arm.moments()?).map_err(|e| failed(&e))),
        "ratio" => arms.map(|arm| {
            let moments = arm.comoments("m_statistic", "d_statistic", "m_d_sum_of_products")?;
            Estimate::ratio(&moments).map_err(|e| failed(&e))
        }),
        "cuped" => {
            let moments = arms.map(|arm| arm.comoments("post_statistic", "pre_statistic", "post_pre_sum_of_products"));
            let [a, b] = moments;
            let (a, b) = (a?, b?);
            let slope = cuped::slope(&a, &b);
            near(case, suite, "/theta", slope, 0.0);
            let adjusted = |slope: f64| -> Result<[Estimate; 2], String> {
                let [a, b] = [a, b].map(|moments| Estimate::adjusted(&moments, slope).map_err(|e| failed(&e)));
                Ok([a?, b?])
            };
            return Ok((adjusted(slope)?, adjusted(0.0)?));
        }
        "quantile" => arms.map(|arm| {
            let [level, estimate, lower, upper] = [
                arm.number(&["nu"])?,
                arm.number(&["quantile_hat"])?,
                arm.number(&["quantile_lower"])?,
                arm.number(&["quantile_upper"])?,
            ];
            if arm.number(&["n_star"])? != arm.number(&["n"])? {
                return Err(failed(&"n_star differs from n"));
            }
            Estimate::quantile(arm.count()?, level, estimate, lower, upper).map_err(|e| failed(&e))
        }),
        other => return Err(format!("gbstats.json: no such kind of metric: {other:?}")),
    };
    let both = [a?, b?];
    Ok((both, both))
}

struct Arm<'a>(&'a Value);

impl Arm<'_> {
    fn number(&self, path: &[&str]) -> Result<f64, String> {
        let found = path.iter().try_fold(self.0, |value, key| value.get(*key)).and_then(number);
        found.ok_or_else(|| format!("gbstats.json: an arm without {}", path.join("/")))
    }

    fn count(&self) -> Result<u64, String> {
        Ok(self.number(&["n"])? as u64)
    }

    fn moments(&self) -> Result<Moments, String> {
        Ok(Moments::from_sums(self.count()?, self.number(&["sum"])?, self.number(&["sum_squares"])?))
    }

    fn comoments(&self, x: &str, y: &str, products: &str) -> Result<Comoments, String> {
        let sums = [self.number(&[x, "sum"])?, self.number(&[y, "sum"])?];
        let squares = [self.number(&[x, "sum_squares"])?, self.number(&[y, "sum_squares"])?];
        Ok(Comoments::from_sums(self.count()?, sums, squares, self.number(&[products])?))
    }
}

/// Compares with the number at `pointer`: equal, within [`RELATIVE`], or within `slack`.
fn near(case: &Case<'_>, suite: &mut Suite, pointer: &str, ours: f64, slack: f64) {
    let theirs = case.answer(pointer).and_then(number);
    let agrees = theirs.is_some_and(|theirs| ours == theirs || agree(ours, theirs, slack));
    case.holds(suite, pointer, agrees, || format!("ours {ours:?}, theirs {theirs:?}"));
}

fn agree(ours: f64, theirs: f64, slack: f64) -> bool {
    (ours - theirs).abs() <= (RELATIVE * ours.abs().max(theirs.abs())).max(slack)
}

fn compare_ratio(ratio: &Value, suite: &mut Suite) -> Option<()> {
    let name = ratio.get("name")?.as_str()?;
    let users: Vec<u64> = ratio.pointer("/inputs/users")?.as_array()?.iter().filter_map(Value::as_u64).collect();
    let weights: Vec<f64> = ratio.pointer("/inputs/weights")?.as_array()?.iter().filter_map(Value::as_f64).collect();
    let theirs = ratio.pointer("/expected/pvalue").and_then(number)?;
    let ours = SampleRatio::new(&users, &weights).ok()?;
    // Without users gbstats answers 1; here that is no answer.
    let agrees = match &ours {
        Ok(ours) => agree(ours.p_value, theirs, 0.0),
        Err(missing) => missing.found == 0 && users.iter().sum::<u64>() == 0 && theirs == 1.0,
    };
    suite.check(agrees, || format!("gbstats.json {name}: ours {ours:?}, theirs {theirs:?}"));
    Some(())
}
