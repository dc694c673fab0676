//! From sums to a change: the estimate of each arm, the effect, and the result of each test.

use super::arm::{estimate, near_normal};
use super::change::Change;
use super::data::Cell;
use super::method::Judge;
use super::report::{Figure, Measurement, MetricReport};
use super::settings::{Better, Metric, Settings};
use super::words::{change, rounded};
use crate::stats::bayes::{Belief, Loss, Posterior};
use crate::stats::cuped;
use crate::stats::effect::{Scale, Test};
use crate::stats::level::{Level, SettingError};
use crate::stats::normal;

/// How one comparison is judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Yardstick {
    pub judge: Judge,
    pub level: Level,
    /// The same for the violation of one limit: all limits together share half the level.
    pub harm: (Judge, Level),
    pub scale: Scale,
}

impl Yardstick {
    /// One metric of control and treatment, the first of `cells` and that at `arm`, and its change.
    pub fn metric(&self, metric: &Metric, cells: &[Cell], arm: usize) -> (MetricReport, Option<Change>) {
        let none = Cell::default();
        let pair = [cells.first().unwrap_or(&none), cells.get(arm).unwrap_or(&none)];
        // One slope for all arms, so that comparisons and the arms' chances are of the same means.
        let slope = metric.adjusted.then(|| slope(cells));
        let figure =
            |cell: &Cell| Figure::of(estimate(metric, cell, slope.unwrap_or(0.0)).as_ref().ok(), cell.moments.count(), cell.open);
        let change = Change::between(metric, pair, slope.unwrap_or(0.0), self.scale, (&self.judge, self.level));
        let report = MetricReport {
            name: metric.name.clone(),
            better: metric.better,
            control: figure(pair[0]),
            treatment: figure(pair[1]),
            slope,
            outcome: match change {
                Ok(change) => super::report::Outcome::Measured(self.measurement(&change, metric.better)),
                Err(reason) => reason.into(),
            },
        };
        (report, change.ok())
    }

    fn measurement(&self, change: &Change, better: Better) -> Measurement {
        let effect = *change.effect();
        // The chances are of the difference that is tested, so that they never contradict its sign.
        let z = change.z();
        let deviation = if z == 0.0 { effect.standard_error } else { effect.value / z };
        let loss = Posterior { mean: effect.value, deviation }.loss();
        let (chance_to_win, expected_loss) = match better {
            Better::More => (normal::sf(-z), loss),
            Better::Less => (normal::sf(z), Loss { control: loss.treatment, treatment: loss.control }),
        };
        let (test, delta_method) = match change {
            Change::Estimated(effect) => (self.judge.two_sided(effect, self.level), self.judge.delta(effect, self.level)),
            Change::Counted(counts) => {
                let interval = counts.within(self.judge.tail(&effect, self.level));
                (Test { p_value: self.judge.exact_p(counts.p(), &effect, self.level), interval }, None)
            }
        };
        let exact = matches!(change, Change::Counted(_));
        Measurement { effect, test, exact, delta_method, chance_to_win, expected_loss }
    }
}

/// The slope on what was known before, over all arms.
fn slope(cells: &[Cell]) -> f64 {
    let (first, rest) = cells.split_first().map_or((Cell::default(), &[][..]), |(first, rest)| (first.clone(), rest));
    let mut others = crate::stats::moments::Comoments::default();
    rest.iter().for_each(|cell| others.merge(&cell.moments));
    cuped::slope(&first.moments, &others)
}

/// What is known of each arm's mean, turned so that more is better; none while an arm's error is unknown.
pub(super) fn beliefs(metric: &Metric, cells: &[Cell]) -> Option<Vec<Belief>> {
    let slope = if metric.adjusted { slope(cells) } else { 0.0 };
    let turn = if metric.better == Better::Less { -1.0 } else { 1.0 };
    let belief = |cell: &Cell| {
        near_normal(metric, cell).ok()?;
        let estimate = estimate(metric, cell, slope).ok()?;
        Belief::mean(turn * estimate.mean, estimate.sampling_variance().sqrt()).ok()
    };
    cells.iter().map(belief).collect()
}

/// A change as people read it.
pub(super) fn moved(x: f64, scale: Scale, rate: bool) -> String {
    match (scale, rate) {
        (Scale::Relative, _) => change(x),
        (Scale::Absolute, true) => change(x).replace(" %", " points"),
        (Scale::Absolute, false) => {
            let text = rounded(x, 3);
            if text.starts_with('−') || text == "0" { text } else { format!("+{text}") }
        }
    }
}

/// How the change of one of the treatments is judged with these settings.
pub(super) fn yardstick(settings: &Settings) -> Result<Yardstick, SettingError> {
    let level = settings.alpha.divided(settings.arms.len().saturating_sub(1));
    let limits = settings.guardrails.len() + usize::from(settings.cycle.is_some());
    let harm = level.divided(2 * limits.max(1));
    Ok(Yardstick {
        judge: settings.method.judge(level)?,
        level,
        harm: (settings.method.judge(harm)?, harm),
        scale: settings.scale,
    })
}
