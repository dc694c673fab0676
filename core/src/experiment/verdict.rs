//! The verdict on one treatment, with its sentence.

use super::data::Cell;
use super::extension::extension;
use super::judged::Judged;
use super::measure::moved;
use super::report::{Comparison, Direction, Extension, Measurement, Outcome, Verdict};
use super::settings::{Better, Kind};
use super::words::{count, counted, listed, rounded};
use crate::stats::level::Interval;
use crate::stats::srm;

/// Combines the findings into a verdict. `control` and `treatment` are the primary metric's cells, for the planning of an extension.
pub(super) fn decide(judged: Judged<'_>, control: &Cell, treatment: &Cell) -> Comparison {
    let (verdict, reason) = judged.verdict(control, treatment);
    let sentence = format!("{}: {reason}{}", verdict.word(), judged.harmed_segments());
    let Judged { treatment, primary, guardrails, cycle, segments, .. } = judged;
    Comparison { treatment: treatment.to_owned(), verdict, sentence, primary, guardrails, cycle, segments }
}

/// The headline: the verdict of the best treatment.
pub(super) fn overall(comparisons: &[Comparison]) -> (Verdict, String) {
    let estimate = |c: &Comparison| {
        let sign = if c.primary.better == Better::More { 1.0 } else { -1.0 };
        c.primary.outcome.measured().map_or(f64::NEG_INFINITY, |m| sign * m.effect.value)
    };
    let best =
        comparisons.iter().min_by(|a, b| a.verdict.rank().cmp(&b.verdict.rank()).then(estimate(b).total_cmp(&estimate(a))));
    best.map_or((Verdict::InsufficientData { found: 0, needed: 1 }, String::new()), |best| {
        (best.verdict.clone(), best.sentence.clone())
    })
}

impl Judged<'_> {
    fn verdict(&self, control: &Cell, treatment: &Cell) -> (Verdict, String) {
        if let Some(ratio) = self.sample_ratio.filter(|ratio| ratio.is_mismatch()) {
            return (Verdict::Invalid { p_value: ratio.p_value }, broken_split());
        }
        let found = control.moments.count().min(treatment.moments.count());
        let least = self.settings.least_per_arm;
        // A method that allows early looks may stop for harm before the planned number of leads is in.
        let may_judge = found >= least || self.settings.method.allows_looking();
        let measured = self.primary.outcome.measured();
        let good = measured.map(|m| self.good(&m.test.interval));
        if may_judge {
            if let (Some(m), Some(good)) = (measured, good)
                && good.upper < 0.0
            {
                return (Verdict::Lose, format!("{}. Stop and roll back.", self.told_primary(m)));
            }
            let harmed: Vec<&str> = self.refuted().collect();
            if !harmed.is_empty() {
                return (Verdict::Lose, format!("{} Stop and roll back.", harmed.join(" ")));
            }
        }
        if found < least {
            let needed = least;
            let reason = format!(
                "{} with an outcome in the smaller arm; the experiment is judged from {} in each arm.",
                counted(found, "lead", "leads"),
                count(needed)
            );
            return (Verdict::InsufficientData { found, needed }, reason);
        }
        let (m, good) = match (&self.primary.outcome, good) {
            (Outcome::Measured(m), Some(good)) => (m, good),
            (Outcome::Unknown { message, .. }, _) => return self.unknown(message, control, treatment, found),
            _ => return self.unknown("", control, treatment, found),
        };
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
        (Verdict::Inconclusive { extend }, format!("{reason} {}", self.told_extension(extend, good.lower > 0.0)))
    }

    /// The primary metric's change is unknown: too few leads of a kind.
    fn unknown(&self, message: &str, control: &Cell, treatment: &Cell, found: u64) -> (Verdict, String) {
        // At the rate so far, this many leads include ten with outcome 1 and ten with outcome 0.
        let rare = [control, treatment].map(|cell| {
            let rate = cell.moments.x.mean;
            let rare = if self.settings.primary.kind == Kind::Rate { rate.min(1.0 - rate) } else { 1.0 };
            let per_kind = super::measure::LEAST_OF_A_KIND as f64;
            if rare > 0.0 { (per_kind / rare).ceil() as u64 } else { found.saturating_mul(2) }
        });
        let needed = rare.into_iter().max().unwrap_or(0).max(found + 1).max(self.settings.least_per_arm);
        let reason = format!("{message}; about {} per arm are needed.", counted(needed, "lead", "leads"));
        (Verdict::InsufficientData { found, needed }, reason)
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

    fn told_extension(&self, extend: Option<Extension>, won: bool) -> String {
        match extend {
            Some(Extension { leads_per_arm, days: Some(days) }) => {
                let weeks = counted(days.div_ceil(7), "week", "weeks");
                format!("Extend by {weeks}: {} more per arm.", counted(leads_per_arm, "lead", "leads"))
            }
            Some(Extension { leads_per_arm, days: None }) => {
                format!("Extend by {} per arm.", counted(leads_per_arm, "lead", "leads"))
            }
            None if won => "The number of further leads needed cannot be estimated.".to_owned(),
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
fn broken_split() -> String {
    format!(
        "the arms do not have the planned split (p < {}). Something biased who is in which arm: fix the assignment or the log and \
         start again.",
        srm::THRESHOLD
    )
}
