//! Figures in their units.

use plumbline_core::report::{Estimate, Measure, MeasureId, Target};

use super::Text;
use super::number::UNKNOWN;

/// How a figure is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A part of 1 with three decimals: areas, precision, recall, calibration.
    Part,
    /// A distance with two decimals.
    Distance,
    /// A part of 1 in per cent.
    Percent,
    /// Milliseconds.
    Ms,
    /// Requests a second.
    PerSecond,
    /// Hours.
    Hours,
    /// Money.
    Money,
    /// A rating.
    Score,
    /// A number of cases.
    Count,
    /// A ratio of two figures, such as `1.03×`.
    Times,
    /// Megabytes.
    Megabytes,
    /// A number of what a text with plural forms names.
    Named(&'static str),
    /// A relative change in per cent, with its sign.
    Change,
    /// Days.
    Days,
}

impl Unit {
    /// The unit of a measure.
    pub fn of(measure: MeasureId) -> Unit {
        match measure {
            MeasureId::Auc | MeasureId::Precision | MeasureId::Recall | MeasureId::CalibrationError => Unit::Part,
            MeasureId::DriftKs => Unit::Distance,
            MeasureId::P50Ms | MeasureId::P99Ms => Unit::Ms,
            MeasureId::Throughput => Unit::PerSecond,
            MeasureId::Freshness => Unit::Hours,
            MeasureId::DealSize => Unit::Money,
            MeasureId::Satisfaction => Unit::Score,
            MeasureId::ScoresPerDay => Unit::Count,
            MeasureId::ErrorRate | MeasureId::Uptime | MeasureId::Missing | MeasureId::Coverage | MeasureId::Conversion => {
                Unit::Percent
            }
        }
    }

    /// The unit of a gate's figures, by its id.
    pub fn of_gate(id: &str) -> Unit {
        match id {
            "sys.latency" | "sys.errors" | "data.missing" | "data.categories" | "data.coverage" => Unit::Percent,
            "sys.memory" => Unit::Megabytes,
            "sys.throughput" => Unit::PerSecond,
            "data.drift" => Unit::Named("unit.fields"),
            "data.suite" => Unit::Named("unit.expectations"),
            "gov.days" => Unit::Named("days"),
            "gov.incidents" => Unit::Named("unit.incidents"),
            "ab.segments" => Unit::Named("unit.segments"),
            "ab.conversion" => Unit::Change,
            "ab.satisfaction" => Unit::Score,
            "ab.sample_ratio" => Unit::Part,
            id if id.starts_with("perf.") => Unit::Part,
            _ => Unit::Times,
        }
    }
}

impl Text {
    /// `x` in `unit`; a dash where it is unknown.
    pub fn value(&self, x: Option<f64>, unit: Unit, currency: &str) -> String {
        let Some(x) = x.filter(|x| x.is_finite()) else { return UNKNOWN.to_owned() };
        let locale = &self.locale;
        match unit {
            Unit::Part => locale.fixed(x, 3),
            Unit::Distance => locale.fixed(x, 2),
            Unit::Percent => locale.percent(x),
            Unit::Ms if x > 0.0 && x < 10.0 => format!("{}\u{202f}ms", locale.fixed(x, 1)),
            Unit::Ms => format!("{}\u{202f}ms", locale.fixed(x, 0)),
            Unit::PerSecond if x < 1.0 => format!("{}/s", locale.fixed(x, 3)),
            Unit::PerSecond => format!("{}/s", locale.fixed(x, if x < 10.0 { 1 } else { 0 })),
            Unit::Hours if x.abs() < 1.0 => format!("{}\u{202f}min", locale.fixed(60.0 * x, 0)),
            Unit::Hours => format!("{}\u{202f}h", locale.fixed(x, 1)),
            Unit::Money => locale.money(x, currency),
            Unit::Score => locale.fixed(x, 1),
            Unit::Count => locale.fixed(x, 0),
            Unit::Times => format!("{}×", locale.fixed(x, 2)),
            Unit::Megabytes => format!("{}\u{202f}MB", locale.fixed(x, 0)),
            Unit::Named(key) => self.count(key, x.max(0.0) as u64, &[]),
            Unit::Change => locale.signed_percent(x),
            Unit::Days => locale.fixed(x, 1),
        }
    }

    /// The figure with its interval: `0.842 (0.830 to 0.854)`.
    pub fn estimate(&self, estimate: &Estimate, unit: Unit, currency: &str) -> String {
        let value = self.value(estimate.value, unit, currency);
        match (estimate.value, estimate.low, estimate.high) {
            (Some(_), Some(low), Some(high)) => {
                let [low, high] = [low, high].map(|end| self.value(Some(end), unit, currency));
                format!("{value} ({})", self.fill("interval", &[("low", &low), ("high", &high)]))
            }
            _ => value,
        }
    }

    /// What is wanted of a figure: `at least 0.850`.
    pub fn target(&self, target: &Target, unit: Unit, currency: &str) -> String {
        let value = self.value(Some(target.value), unit, currency);
        let key = match target.op.as_str() {
            ">" => "target.above",
            ">=" => "target.at_least",
            "<" => "target.below",
            _ => "target.at_most",
        };
        self.fill(key, &[("value", &value)])
    }

    /// The name of a measure.
    pub fn measure(&self, measure: &Measure) -> String {
        self.of(&format!("measure.{}", id_of(measure.id))).to_owned()
    }
}

/// The id of a measure, as JSON has it.
pub fn id_of(id: MeasureId) -> &'static str {
    match id {
        MeasureId::P50Ms => "p50_ms",
        MeasureId::P99Ms => "p99_ms",
        MeasureId::Throughput => "throughput",
        MeasureId::ErrorRate => "error_rate",
        MeasureId::Uptime => "uptime",
        MeasureId::Auc => "auc",
        MeasureId::Precision => "precision",
        MeasureId::Recall => "recall",
        MeasureId::CalibrationError => "calibration_error",
        MeasureId::Freshness => "freshness",
        MeasureId::Missing => "missing",
        MeasureId::DriftKs => "drift_ks",
        MeasureId::Coverage => "coverage",
        MeasureId::Conversion => "conversion",
        MeasureId::DealSize => "deal_size",
        MeasureId::Satisfaction => "satisfaction",
        MeasureId::ScoresPerDay => "scores_per_day",
    }
}
