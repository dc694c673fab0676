//! A/A experiments analysed every week with the default settings: how often they end in Win or Lose.

use plumbline_core::experiment::{
    Data, Demand, Guardrail, Kind, Measured, Method, Metric, Observation, Settings, Verdict, analyse,
};
use plumbline_core::math;
use plumbline_core::stats::group_sequential::Spending;

use super::{Promise, Row, count, deviate};
use crate::golden::Draw;

const WEEKS: usize = 6;

/// How the six looks are judged.
#[derive(Debug, Clone, Copy)]
pub enum Looks {
    /// By the default method.
    Default,
    /// As planned looks.
    Pocock,
}

impl Looks {
    fn name(self) -> &'static str {
        match self {
            Looks::Default => "",
            Looks::Pocock => ", Pocock",
        }
    }
}

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub enum Measure {
    /// A rate.
    Rate(f64),
    /// A lognormal amount.
    Amount,
    /// An amount that is 0 for nine leads in ten, and negative as often as positive.
    Profit,
    /// A rate of one in ten with three guardrails: an amount, a rate of one in twenty and a bound.
    Guarded,
    /// A rate of one in ten, and a skewed amount that has to be at least, or at most, `bound` of its mean.
    Bounded {
        /// The amount.
        amount: Skewed,
        /// The bound as a part of the mean; at most that when negative.
        bound: f64,
    },
}

/// A skewed amount with a mean of 1.
#[derive(Debug, Clone, Copy)]
pub enum Skewed {
    /// Lognormal, with this coefficient of variation.
    Lognormal(f64),
    /// Lognormal with a coefficient of variation of 1 for one lead in ten, 0 for the others.
    NineInTenZero,
}

impl Skewed {
    fn draw(self, draw: &mut Draw) -> f64 {
        let lognormal = |draw: &mut Draw, variation: f64| {
            let variance = math::ln(1.0 + variation * variation);
            math::exp(deviate(draw) * variance.sqrt() - variance / 2.0)
        };
        match self {
            Skewed::Lognormal(variation) => lognormal(draw, variation),
            Skewed::NineInTenZero if draw.unit() < 0.9 => 0.0,
            Skewed::NineInTenZero => 10.0 * lognormal(draw, 1.0),
        }
    }
}

impl Measure {
    fn settings(self) -> Settings {
        let primary = match self {
            Measure::Rate(_) | Measure::Guarded | Measure::Bounded { .. } => Metric::new("converted", Kind::Rate),
            Measure::Amount | Measure::Profit => Metric::new("amount", Kind::Mean),
        };
        let limit = |name: &str, demand| Guardrail { metric: Metric::new(name, Kind::Mean), demand };
        let guardrails = match self {
            Measure::Guarded => {
                vec![
                    limit("amount", Demand::Margin(0.02)),
                    limit("replied", Demand::Margin(0.02)),
                    limit("satisfied", Demand::AtLeast(0.8)),
                ]
            }
            Measure::Bounded { bound, .. } if bound < 0.0 => vec![limit("amount", Demand::AtMost(-bound))],
            Measure::Bounded { bound, .. } => vec![limit("amount", Demand::AtLeast(bound))],
            _ => Vec::new(),
        };
        // Without the minimum of leads, so that what keeps the error is the method.
        Settings { guardrails, least_per_arm: 10, ..Settings::new(&["a", "b"], primary) }
    }

    fn lead(self, draw: &mut Draw, out: &mut Vec<Measured>) {
        let mut rate = |rate: f64| Measured::Value(f64::from(u8::from(draw.unit() < rate)));
        out.clear();
        match self {
            Measure::Rate(p) => out.push(rate(p)),
            Measure::Guarded => {
                let (converted, replied, satisfied) = (rate(0.1), rate(0.05), rate(0.8));
                out.extend([converted, Measured::Value(math::exp(deviate(draw))), replied, satisfied]);
            }
            Measure::Bounded { amount, .. } => {
                out.push(rate(0.1));
                out.push(Measured::Value(amount.draw(draw)));
            }
            Measure::Amount => out.push(Measured::Value(math::exp(deviate(draw)))),
            Measure::Profit => {
                let x = deviate(draw);
                out.push(Measured::Value(if draw.unit() < 0.9 { 0.0 } else { 100.0 * x }));
            }
        }
    }

    fn name(self) -> String {
        match self {
            Measure::Rate(rate) => format!("rate of {} %", 100.0 * rate),
            Measure::Amount => "lognormal amount".to_owned(),
            Measure::Profit => "profit about 0, nine in ten 0".to_owned(),
            Measure::Guarded => "rate of 10 %, three guardrails".to_owned(),
            Measure::Bounded { amount, bound } => {
                let amount = match amount {
                    Skewed::Lognormal(variation) => format!("lognormal amount, c.v. {variation}"),
                    Skewed::NineInTenZero => "amount that is 0 for nine in ten".to_owned(),
                };
                let side = if bound < 0.0 { "at most" } else { "at least" };
                format!("{amount}, {side} {} times its mean", bound.abs())
            }
        }
    }
}

/// Six weekly looks at `traffic` leads per arm and week: runs that end in a verdict, of a bound those that end in Lose.
pub fn weekly(measure: Measure, looks: Looks, traffic: u32, runs: u32, seed: u64) -> Row {
    let mut settings = measure.settings();
    let mut metrics = Vec::new();
    let found = count(runs, seed, |draw| {
        let mut data = Data::new(&settings);
        (1..=WEEKS).any(|week| {
            if let Looks::Pocock = looks {
                let information = (1..=WEEKS).map(|week| week as f64 / WEEKS as f64).collect();
                settings.method = Method::GroupSequential { spending: Spending::Pocock, information, look: Some(week) };
            }
            for lead in 0..2 * traffic {
                measure.lead(draw, &mut metrics);
                let lead = Observation { arm: (lead % 2) as usize, metrics: &metrics, cycle: None, segments: &[] };
                if data.push(&settings, &lead).is_err() {
                    return true;
                }
            }
            let verdict = analyse(&settings, &data).map(|analysis| analysis.verdict);
            match measure {
                Measure::Bounded { .. } => matches!(verdict, Ok(Verdict::Lose)),
                _ => !matches!(verdict, Ok(Verdict::Inconclusive { .. } | Verdict::InsufficientData { .. })),
            }
        })
    });
    Row {
        what: format!("{}, {traffic} leads per arm and week{}", measure.name(), looks.name()),
        runs,
        count: found,
        promise: if harmed(measure) { Promise::AtLeast(0.8) } else { Promise::AtMost(0.05) },
    }
}

/// Every measure at every traffic.
pub fn table(traffics: &[u32], runs: impl Fn(u32) -> u32) -> Vec<Row> {
    let measures = [Measure::Rate(0.1), Measure::Rate(0.01), Measure::Amount, Measure::Profit, Measure::Guarded];
    let cases = measures.into_iter().enumerate().flat_map(|(at, measure)| traffics.iter().map(move |t| (at as u64, measure, *t)));
    cases
        .map(|(at, measure, traffic)| weekly(measure, Looks::Default, traffic, runs(traffic), 100 * at + u64::from(traffic)))
        .collect()
}

/// Whether the mean violates its bound.
fn harmed(measure: Measure) -> bool {
    matches!(measure, Measure::Bounded { bound, .. } if bound > 1.0 || (-1.0 < bound && bound < 0.0))
}

/// Bounds of skewed amounts: at the mean, where they must not be reported as violated, and beyond it, where they must.
pub fn bounds(traffics: &[u32], runs: u32) -> Vec<Row> {
    let amounts = [Skewed::Lognormal(1.0), Skewed::Lognormal(2.0), Skewed::NineInTenZero];
    let mut rows = Vec::new();
    for (at, amount) in amounts.into_iter().enumerate() {
        for traffic in traffics {
            let seed = 1_000 * at as u64 + u64::from(*traffic);
            for bound in [1.0, -1.0] {
                rows.push(weekly(Measure::Bounded { amount, bound }, Looks::Default, *traffic, runs, seed));
            }
            // The bounds of planned looks take longer to compute than the leads.
            rows.push(weekly(Measure::Bounded { amount, bound: 1.0 }, Looks::Pocock, *traffic, runs / 3, seed));
        }
        // The primary metric loses in at most a twentieth of these, so nearly all of them are found by the bound.
        if traffics.contains(&700) {
            rows.push(weekly(Measure::Bounded { amount, bound: 2.0 }, Looks::Default, 700, runs / 4, 9 + at as u64));
        }
    }
    rows
}
