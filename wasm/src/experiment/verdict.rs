//! Experiments: planned before, judged after.

use plumbline_core::experiment::{Data, Deal, Kind, Measured, Metric, Observation, Plan, Settings, analyse};
use serde::Deserialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::boundary::{Answer, failure, object};
use crate::settings::{declared, settings as settings_of};

/// Columns, one value per lead.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Columns {
    /// Index of the arm.
    arm: Vec<u32>,
    /// In the order of the settings: the primary metric, then the guardrails'.
    metrics: Vec<Values>,
    /// Days of the sales cycle and whether it closed; NaN without a deal, or of a closed deal when they are not known.
    #[serde(default)]
    cycle: Option<Cycles>,
    /// By segment; null without a value.
    #[serde(default)]
    segments: Vec<Vec<Option<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Values {
    /// NaN: not known yet.
    value: Vec<f64>,
    /// What was known before (adjusted metrics), the denominator (ratios), or whether the lead converted (areas).
    #[serde(default)]
    with: Option<Vec<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cycles {
    days: Vec<f64>,
    closed: Vec<u8>,
}

impl Columns {
    /// Every column has as many values as there are leads.
    fn check(&self) -> Result<(), JsValue> {
        let lengths = [self.cycle.as_ref().map(|cycle| ("cycle.days", cycle.days.len()))];
        let closed = self.cycle.as_ref().map(|cycle| ("cycle.closed", cycle.closed.len()));
        let metrics = self
            .metrics
            .iter()
            .flat_map(|m| [Some(("metrics.value", m.value.len())), m.with.as_ref().map(|w| ("metrics.with", w.len()))]);
        let segments = self.segments.iter().map(|segment| Some(("segments", segment.len())));
        let leads = self.arm.len();
        match lengths.into_iter().chain([closed]).chain(metrics).chain(segments).flatten().find(|(_, found)| *found != leads) {
            Some((what, found)) => Err(failure("LENGTH_MISMATCH", &format!("{what} has {found} values, but arm has {leads}"))),
            None => Ok(()),
        }
    }
}

fn measured(metric: &Metric, values: &Values, at: usize) -> Measured {
    let of = |list: &[f64]| list.get(at).copied().unwrap_or(f64::NAN);
    let value = of(&values.value);
    // A score whose outcome is to come is open too.
    let awaited = metric.kind == Kind::Auc && values.with.as_ref().is_some_and(|with| of(with).is_nan());
    if value.is_nan() || awaited {
        return Measured::Open;
    }
    match &values.with {
        Some(with) if metric.is_pair() => Measured::Pair(value, of(with)),
        _ => Measured::Value(value),
    }
}

#[wasm_bindgen]
pub fn experiment(settings: JsValue, columns: JsValue) -> Answer {
    let settings: Settings = settings_of(&settings)?;
    settings.check().map_err(|e| failure(e.code(), &e.to_string()))?;
    let columns: Columns = declared(columns)?;
    columns.check()?;
    let mut data = Data::new(&settings);
    for at in 0..columns.arm.len() {
        let metrics: Vec<Measured> =
            settings.metrics().zip(&columns.metrics).map(|(metric, values)| measured(metric, values, at)).collect();
        let segments: Vec<Option<&str>> =
            columns.segments.iter().map(|segment| segment.get(at).and_then(Option::as_deref)).collect();
        let cycle = columns.cycle.as_ref().and_then(|cycle| {
            let (days, closed) = (*cycle.days.get(at)?, *cycle.closed.get(at)? != 0);
            match (days.is_nan(), closed) {
                (false, true) => Some(Deal::Closed(days)),
                (false, false) => Some(Deal::Open(days)),
                (true, true) => Some(Deal::Unknown),
                (true, false) => None,
            }
        });
        let lead = Observation {
            arm: columns.arm.get(at).map_or(usize::MAX, |arm| *arm as usize),
            metrics: &metrics,
            cycle,
            segments: &segments,
        };
        data.push(&settings, &lead).map_err(|e| failure(e.code(), &format!("lead {at}: {e}")))?;
    }
    object(&analyse(&settings, &data).map_err(|e| failure(e.code(), &e.to_string()))?)
}

#[wasm_bindgen]
pub fn plan(plan: JsValue) -> Answer {
    let plan: Plan = settings_of(&plan)?;
    object(&plan.work_out().map_err(|e| failure("PLAN_INVALID", &e.to_string()))?)
}
