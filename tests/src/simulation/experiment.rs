//! A/A experiments analysed every week with the default settings: how often they end in Win or Lose.

use plumbline_core::experiment::{Data, Demand, Guardrail, Kind, Measured, Metric, Observation, Settings, Verdict, analyse};
use plumbline_core::math;

use super::{Promise, Row, count, deviate};
use crate::golden::Draw;

const WEEKS: usize = 6;

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
}

impl Measure {
    fn settings(self) -> Settings {
        let primary = match self {
            Measure::Rate(_) | Measure::Guarded => Metric::new("converted", Kind::Rate),
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
        }
    }
}

/// Six weekly looks at `traffic` leads per arm and week.
pub fn weekly(measure: Measure, traffic: u32, runs: u32, seed: u64) -> Row {
    let settings = measure.settings();
    let mut metrics = Vec::new();
    let found = count(runs, seed, |draw| {
        let mut data = Data::new(&settings);
        (0..WEEKS).any(|_| {
            for lead in 0..2 * traffic {
                measure.lead(draw, &mut metrics);
                let lead = Observation { arm: (lead % 2) as usize, metrics: &metrics, cycle: None, segments: &[] };
                if data.push(&settings, &lead).is_err() {
                    return true;
                }
            }
            let verdict = analyse(&settings, &data).map(|analysis| analysis.verdict);
            !matches!(verdict, Ok(Verdict::Inconclusive { .. } | Verdict::InsufficientData { .. }))
        })
    });
    Row {
        what: format!("{}, {traffic} leads per arm and week", measure.name()),
        runs,
        count: found,
        promise: Promise::AtMost(0.05),
    }
}

/// Every measure at every traffic.
pub fn table(traffics: &[u32], runs: impl Fn(u32) -> u32) -> Vec<Row> {
    let measures = [Measure::Rate(0.1), Measure::Rate(0.01), Measure::Amount, Measure::Profit, Measure::Guarded];
    let cases = measures.into_iter().enumerate().flat_map(|(at, measure)| traffics.iter().map(move |t| (at as u64, measure, *t)));
    cases.map(|(at, measure, traffic)| weekly(measure, traffic, runs(traffic), 100 * at + u64::from(traffic))).collect()
}
