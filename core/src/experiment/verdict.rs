//! The verdict on one treatment, with its sentence.

use super::arm::{LEAST_FOR_A_MEAN, LEAST_OF_A_KIND};
use super::change::too_few;
use super::data::Cell;
use super::extension::extension;
use super::judged::Judged;
use super::measure::moved;
use super::report::{Comparison, Direction, Extension, Measurement, Outcome, Verdict};
use super::settings::{Better, Kind};
use super::words::{count, counted, listed, rounded};
use crate::stats::level::Interval;

/// Combines the findings into a verdict. `control` and `treatment` are the primary metric's cells, for the planning of an extension.
pub(super) fn decide(judged: Judged<'_>, control: &Cell, treatment: &Cell) -> Comparison {
    let harm = judged.harm();
    let (verdict, reason) = judged.verdict(control, treatment, harm.as_deref());
    let sentence = format!("{}: {reason}{}", verdict.word(), judged.harmed_segments());
    let Judged { treatment, primary, guardrails, cycle, segments, .. } = judged;
    Comparison { treatment: treatment.to_owned(), verdict, sentence, harm, primary, guardrails, cycle, segments }
}

/// The headline: the verdict of the best treatment.
pub(super) fn overall(comparisons: &[Comparison]) -> (Verdict, String) {
    let estimate = |c: &Comparison| {
        let sign = if c.primary.better == Better::More { 1.0 } else { -1.0 };
        c.primary.outcome.measured().map_or(f64::NEG_INFINITY, |m| sign * m.effect.contrast.difference)
    };
    let best =
        comparisons.iter().min_by(|a, b| a.verdict.rank().cmp(&b.verdict.rank()).then(estimate(b).total_cmp(&estimate(a))));
    best.map_or((Verdict::InsufficientData { found: 0, needed: Some(1) }, String::new()), |best| {
        (best.verdict.clone(), best.sentence.clone())
    })
}

impl Judged<'_> {
    fn verdict(&self, control: &Cell, treatment: &Cell, harm: Option<&str>) -> (Verdict, String) {
        for (ratio, why) in [(self.sample_ratio, BROKEN_SPLIT), (self.kept_ratio, UNEQUAL_LOSS)] {
            if let Some(ratio) = ratio.filter(|ratio| ratio.is_mismatch()) {
                let harm = harm.map_or(String::new(), |harm| format!(" The leads as they are show harm: {harm}"));
                return (Verdict::Invalid { p_value: ratio.p_value }, format!("{why}{harm}"));
            }
        }
        let found = control.moments.count().min(treatment.moments.count());
        let least = self.settings.least_per_arm;
        // Minimum counts limit a win, not a loss; only a method for one look has to wait for the planned number.
        if let Some(harm) = harm.filter(|_| found >= least || self.settings.method.allows_looking()) {
            return (Verdict::Lose, format!("{harm} Stop and roll back."));
        }
        if found < least {
            let reason = format!(
                "{} with an outcome in the smaller arm; the experiment is judged from {} in each arm.",
                counted(found, "lead", "leads"),
                count(least)
            );
            let warning = harm.map_or(String::new(), |harm| format!(" Evidence of harm so far: {harm}"));
            return (Verdict::InsufficientData { found, needed: Some(least) }, format!("{reason}{warning}"));
        }
        let m = match &self.primary.outcome {
            Outcome::Measured(m) => m,
            Outcome::Unknown { code, message } => {
                return self.unknown(message, code == "NO_VARIATION", control, treatment, found);
            }
        };
        if let Some(few) = too_few(&self.settings.primary, control, treatment) {
            return self.unknown(&few.to_string(), false, control, treatment, found);
        }
        let good = self.good(&m.test.interval);
        let open: Vec<&str> = self.open().collect();
        if good.lower > 0.0 && open.is_empty() {
            return (Verdict::Win, format!("{}{}. Roll out.", self.told_primary(m), self.told_guardrails()));
        }
        let extend = extension(self, control, treatment);
        let reason = if good.lower > 0.0 {
            format!("{}, but: {}", self.told_primary(m), open.join(" "))
        } else {
            format!("{}, so there may be no change at all.", self.told_primary(m))
        };
        let known = good.lower <= 0.0 && m.effect.scale == self.settings.scale;
        (Verdict::Inconclusive { extend }, format!("{reason} {}", self.told_extension(extend, known)))
    }

    /// The primary metric's change for the worse and the violated limits, when there are any.
    fn harm(&self) -> Option<String> {
        let worse = self.primary.outcome.measured().filter(|m| self.good(&m.test.interval).upper < 0.0);
        let worse = worse.map(|m| format!("{}.", self.told_primary(m)));
        let harmed: Vec<String> = worse.into_iter().chain(self.refuted().map(str::to_owned)).collect();
        (!harmed.is_empty()).then(|| harmed.join(" "))
    }

    /// The primary metric's change is unknown: too few leads of a kind, or no variation.
    fn unknown(&self, message: &str, alike: bool, control: &Cell, treatment: &Cell, found: u64) -> (Verdict, String) {
        // At the rate so far, this many leads include ten with outcome 1 and ten with outcome 0.
        let metric = &self.settings.primary;
        let per_arm = |cell: &Cell| {
            let share = match metric.kind {
                Kind::Rate => cell.moments.x.mean.min(1.0 - cell.moments.x.mean),
                Kind::Auc => cell.moments.y.mean.min(1.0 - cell.moments.y.mean),
                Kind::Mean | Kind::Ratio => LEAST_OF_A_KIND as f64 / LEAST_FOR_A_MEAN as f64,
            };
            (share > 0.0 && !alike).then(|| (LEAST_OF_A_KIND as f64 / share).ceil() as u64)
        };
        let needed = per_arm(control).zip(per_arm(treatment)).map(|(a, b)| a.max(b).max(self.settings.least_per_arm));
        let reason = match needed.filter(|needed| *needed > found) {
            Some(needed) => format!("{message}; about {} per arm are needed.", counted(needed, "lead", "leads")),
            None => format!("{message}."),
        };
        (Verdict::InsufficientData { found, needed: needed.filter(|needed| *needed > found) }, reason)
    }

    fn told_primary(&self, m: &Measurement) -> String {
        let rate = self.settings.primary.kind == Kind::Rate;
        let told = |x: f64| moved(x, m.effect.scale, rate);
        let (name, treatment) = (&self.primary.name, self.treatment);
        let control = self.settings.arms.first().map_or("control", |arm| arm.name.as_str());
        let side = if m.effect.value < 0.0 { "below" } else { "above" };
        let size = told(m.effect.value.abs());
        let size = size.trim_start_matches('+');
        let level = self.settings.alpha.divided(self.settings.arms.len() - 1);
        let confidence = format!("{} %", rounded(100.0 * (1.0 - level.alpha()), 3));
        let Interval { lower, upper } = m.test.interval;
        let ends = match (lower.is_finite(), upper.is_finite()) {
            (true, true) => format!("{confidence} interval {} to {}", told(lower), told(upper)),
            _ => "no interval at this look yet".to_owned(),
        };
        let unit = if rate && !name.ends_with("rate") { " rate" } else { "" };
        format!("{treatment}'s {name}{unit} is {size} {side} {control}'s ({ends})")
    }

    fn told_guardrails(&self) -> String {
        let names = self.guardrails.iter().map(|g| g.metric.name.as_str()).chain(self.cycle.iter().map(|c| c.name.as_str()));
        let names: Vec<&str> = names.collect();
        if names.is_empty() { String::new() } else { format!("; all guardrails held ({})", listed(&names)) }
    }

    fn told_extension(&self, extend: Option<Extension>, known: bool) -> String {
        match extend {
            Some(Extension { leads_per_arm, days: Some(days) }) => {
                let weeks = counted(days.div_ceil(7), "week", "weeks");
                format!("Extend by {weeks}: {} more per arm.", counted(leads_per_arm, "lead", "leads"))
            }
            Some(Extension { leads_per_arm, days: None }) => {
                format!("Extend by {} per arm.", counted(leads_per_arm, "lead", "leads"))
            }
            None if !known => "The number of further leads needed cannot be estimated.".to_owned(),
            None => {
                let lift = moved(self.settings.lift, self.settings.scale, self.settings.primary.kind == Kind::Rate);
                format!(
                    "There are enough leads to find {lift}; more would at best show a smaller change than matters. Keep the control."
                )
            }
        }
    }

    fn harmed_segments(&self) -> String {
        let worse = self.segments.iter().filter(|s| s.direction == Direction::Worse);
        let worse: Vec<String> = worse.map(|s| format!("{} {}", s.segment, s.value)).collect();
        if worse.is_empty() { String::new() } else { format!(" Worse in {}.", listed(&worse)) }
    }
}

/// Why nothing can be concluded from arms without the planned split.
const BROKEN_SPLIT: &str = "the arms do not have the planned split (p < 0.001). Something biased who is in which arm: fix the assignment \
                            or the log and start again.";

/// Why nothing can be concluded from arms that lost leads unequally.
const UNEQUAL_LOSS: &str = "the leads left out are not spread over the arms as planned (p < 0.001), so those that remain cannot be \
                            compared. Make their values readable and analyse again.";
