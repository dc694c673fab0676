//! Additional revenue with its interval: what a lead is worth more, times the leads served since.

use super::{DAY_MS, Facts};
use crate::experiment::{Comparison, MetricReport};
use crate::report::experiment::Revenue;
use crate::report::value::{Estimate, Series};
use crate::rollout::evidence::Test;
use crate::sentence::Sentence;
use crate::stats::effect::Scale;

impl Facts<'_> {
    /// Additional revenue since the challenger of the newest test has served all leads.
    pub(super) fn revenue(&self) -> Revenue {
        let mut revenue = Revenue {
            estimate: Estimate::default(),
            target: self.policy.report.goals.revenue_90_days,
            per_lead: Estimate::default(),
            leads: 0,
            series: Series::default(),
            method: Sentence::new(
                "REVENUE_UNKNOWN",
                "Not measurable yet: money needs a comparison, and no A/B test has been looked at.",
            ),
            excluded: vec!["deals without a value".to_owned()],
        };
        let Some(test) = &self.test else { return revenue };
        let Some(worth) = test.looks.last().and_then(|(_, test)| per_lead(test.analysis.comparisons.first()?)) else {
            return revenue;
        };
        revenue.per_lead = times(worth, 1.0);
        let Some(full_ms) = test.full_ms else {
            revenue.method =
                Sentence::new("REVENUE_OPEN", "Nothing yet: the challenger of the A/B test does not serve all leads.");
            return revenue;
        };
        let first = full_ms.div_euclid(DAY_MS);
        let served = |day: i64| {
            let rows = self.days.iter().filter(|row| row.version == test.challenger && row.day_ms.div_euclid(DAY_MS) == day);
            rows.filter(|row| matches!(row.role.as_str(), "champion" | "challenger")).map(|row| row.leads).sum::<u64>()
        };
        let mut leads = 0;
        let span = self.span();
        let by_day: Vec<Estimate> = (first.max(span.start)..span.end)
            .map(|day| {
                leads += served(day);
                times(worth, leads as f64)
            })
            .collect();
        revenue.leads = leads;
        revenue.estimate = by_day.last().copied().unwrap_or_default();
        let ends = by_day.iter().map(|estimate| estimate.low.zip(estimate.high));
        let series = Series::new(first.max(span.start) * DAY_MS, 86_400, by_day.iter().map(|estimate| estimate.value));
        revenue.series = series.within(ends.collect::<Vec<_>>());
        revenue.method = Sentence::new(
            "REVENUE_METHOD",
            "What a lead was worth more in the A/B test, with its interval, times the leads served since the challenger has served all.",
        );
        revenue
    }
}

/// What a lead is worth more with the treatment, and its standard error.
///
/// # Formula
/// With c the converted part and d the mean deal of each arm: c₁d₁ − c₀d₀ = Δc (d₀ + d₁)/2 + Δd (c₀ + c₁)/2, exactly. The variance takes the
/// means in it as known (delta method): Var Δc · ((d₀ + d₁)/2)² + Var Δd · ((c₀ + c₁)/2)².
fn per_lead(comparison: &Comparison) -> Option<(f64, f64)> {
    let deal = comparison.guardrails.iter().map(|guardrail| &guardrail.metric).find(|metric| metric.name == Test::DEAL_SIZE)?;
    let (converted, converted_error, rate) = difference(&comparison.primary)?;
    let (size, size_error, value) = difference(deal)?;
    let (a, b) = (converted_error * value, size_error * rate);
    Some((converted * value + size * rate, (a * a + b * b).sqrt()))
}

/// The absolute difference, its standard error, and the mean of both arms.
fn difference(metric: &MetricReport) -> Option<(f64, f64, f64)> {
    let (control, treatment) = (metric.control.mean?, metric.treatment.mean?);
    let effect = &metric.outcome.measured()?.effect;
    let unit = match effect.scale {
        Scale::Relative => control,
        Scale::Absolute => 1.0,
    };
    Some((effect.value * unit, (effect.standard_error * unit).abs(), (control + treatment) / 2.0))
}

fn times((worth, error): (f64, f64), leads: f64) -> Estimate {
    Estimate::by_error(worth * leads, error * leads)
}
