//! A verdict being put together: figures and a sentence first, then what all verdicts have in common.

use serde_json::Value;

use super::Case;
use crate::rollout::{Comparator, Family, Gate, Interval, Outcome, Severity, Stage, Verdict, phrase};
use crate::sentence::Sentence;
use crate::stats::sequential::Spread;

/// Before so many leads or requests the normal bounds of the daily judgement are not trusted.
const LEAST_DAILY: u64 = 1_000;
/// A factor by which leads would have to grow that is no forecast any more.
const HOPELESS: f64 = 100.0;
/// Days after which leads would have come that are no forecast any more.
const FAR_DAYS: f64 = 366.0;

/// What is counted, and how fast it grows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit {
    /// How one and several are counted: `lead has an outcome`, `leads have an outcome`.
    pub has: [&'static str; 2],
    /// What more are called: `leads`.
    pub more: &'static str,
    /// How many come a day; 0 while unknown.
    pub per_day: f64,
}

/// A figure that may fail on any day: how many standard errors beyond its line, after how many of how many planned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beyond {
    pub errors: f64,
    pub n: u64,
    pub planned: u64,
}

impl Beyond {
    /// Whether the figure is beyond its line by an always-valid bound with a chance of error of `alpha` over all days.
    pub fn is_certain(&self, levels: Option<(crate::stats::level::Level, crate::stats::level::Level)>) -> bool {
        let Some((level, tuned)) = levels else { return false };
        let spread = Spread::after(self.n as f64, self.planned.max(1) as f64, tuned);
        self.n >= LEAST_DAILY && self.errors > spread.one_sided_width(level)
    }
}

/// A verdict being put together.
#[derive(Debug)]
pub(super) struct Draft {
    pub outcome: Outcome,
    kind: &'static str,
    text: String,
    values: Vec<(&'static str, Value)>,
    severity: Option<Severity>,
    pub value: Option<f64>,
    pub baseline: Option<f64>,
    threshold: Option<f64>,
    comparator: Comparator,
    unit: &'static str,
    n: u64,
    needed_n: Option<u64>,
    ready_ms: Option<i64>,
    interval: Option<Interval>,
    method: &'static str,
    pub champion: Option<Outcome>,
    pub beyond: Option<Beyond>,
}

impl Draft {
    /// A draft with this outcome and sentence.
    pub fn new(outcome: Outcome, text: impl Into<String>) -> Draft {
        let kind = match outcome {
            Outcome::Pass => "PASS",
            Outcome::Fail => "FAIL",
            Outcome::Inconclusive => "OPEN",
            Outcome::InsufficientData => "TOO_FEW",
            Outcome::Error => "ERROR",
        };
        Draft {
            outcome,
            kind,
            text: text.into(),
            values: Vec::new(),
            severity: None,
            value: None,
            baseline: None,
            threshold: None,
            comparator: Comparator::AtMost,
            unit: "count",
            n: 0,
            needed_n: None,
            ready_ms: None,
            interval: None,
            method: "none",
            champion: None,
            beyond: None,
        }
    }

    /// Too little to judge: what is missing, a clause.
    pub fn missing(what: &str) -> Draft {
        Draft::new(Outcome::InsufficientData, format!("Not enough data: {what}.")).kind("MISSING")
    }

    /// Another kind of sentence than the outcome's usual one.
    pub fn kind(mut self, kind: &'static str) -> Draft {
        self.kind = kind;
        self
    }

    pub fn severity(mut self, severity: Severity) -> Draft {
        self.severity = Some(severity);
        self
    }

    /// The figure, its unit, and what it is held against.
    pub fn figure(mut self, value: f64, unit: &'static str, comparator: Comparator, threshold: f64) -> Draft {
        (self.value, self.unit, self.comparator, self.threshold) = (Some(value), unit, comparator, Some(threshold));
        self
    }

    pub fn baseline(mut self, baseline: f64) -> Draft {
        self.baseline = Some(baseline);
        self
    }

    pub fn n(mut self, n: u64) -> Draft {
        self.n = n;
        self
    }

    /// The interval; one with an open end is none.
    pub fn interval(mut self, low: f64, high: f64, level: f64) -> Draft {
        let open = low.is_infinite() || high.is_infinite();
        self.interval = (!open).then_some(Interval { low, high, level });
        self
    }

    pub fn method(mut self, method: &'static str) -> Draft {
        self.method = method;
        self
    }

    pub fn needed(mut self, forecast: Forecast) -> Draft {
        (self.needed_n, self.ready_ms) = (forecast.needed_n, forecast.ready_ms);
        self
    }

    /// A further value of the sentence.
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Draft {
        self.values.push((name, value.into()));
        self
    }

    pub fn beyond(mut self, errors: f64, n: u64, planned: u64) -> Draft {
        self.beyond = Some(Beyond { errors, n, planned });
        self
    }

    /// The same as a day without a look shows it: it fails only beyond an always-valid bound.
    pub fn on_a_day(mut self, case: &Case<'_>) -> Draft {
        if self.outcome != Outcome::Fail {
            return self;
        }
        if self.beyond.is_some_and(|beyond| beyond.is_certain(case.daily_levels())) {
            self.method = "always-valid bound";
            self.kind = "FAIL_DAILY";
            return self;
        }
        self.outcome = Outcome::Inconclusive;
        self.kind = "DAY_FAIL";
        self.text = format!("By today's figures it would fail; the next look decides. {}", self.text);
        self
    }

    /// The verdict on `gate`. A figure that is NaN or infinite makes it an error.
    pub fn verdict(self, gate: Gate, case: &Case<'_>, provisional: bool) -> Verdict {
        let ends = self.interval.map(|i| [i.low, i.high, i.level]);
        let figures = [self.value, self.baseline, self.threshold].into_iter().flatten();
        if !figures.chain(ends.into_iter().flatten()).all(f64::is_finite) {
            let text = "Not judged: a figure could not be calculated. The rollout waits; nothing was promoted.";
            return Draft::new(Outcome::Error, text).kind("NOT_FINITE").verdict(gate, case, provisional);
        }
        let mut sentence = Sentence::new(&format!("{}_{}", gate.id().replace('.', "_").to_uppercase(), self.kind), self.text);
        let number = |x: f64| Some(Value::from(x));
        let interval = self.interval;
        let shown = [
            ("value", self.value.and_then(number)),
            ("baseline", self.baseline.and_then(number)),
            ("threshold", self.threshold.and_then(number)),
            ("low", interval.and_then(|interval| number(interval.low))),
            ("high", interval.and_then(|interval| number(interval.high))),
            ("n", Some(self.n.into())),
            ("needed_n", self.needed_n.map(Value::from)),
            ("ready_ms", self.ready_ms.map(Value::from)),
        ];
        for (name, value) in shown {
            if let Some(value) = value {
                sentence = sentence.with(name, value);
            }
        }
        for (name, value) in self.values {
            sentence = sentence.with(name, value);
        }
        Verdict {
            gate,
            stage: case.stage,
            outcome: self.outcome,
            provisional,
            severity: self.severity.unwrap_or_else(|| severity(gate, case.stage, self.outcome)),
            value: self.value,
            baseline: self.baseline,
            threshold: self.threshold,
            comparator: self.comparator,
            unit: self.unit.to_owned(),
            n: self.n,
            needed_n: self.needed_n,
            ready_ms: self.ready_ms,
            interval,
            method: self.method.to_owned(),
            waived: None,
            champion: self.champion,
            sentence,
            evidence_sha256: String::new(),
        }
    }
}

/// How urgent an outcome is by itself: what rolls back or breaks the test is red, any other failure yellow.
fn severity(gate: Gate, stage: Stage, outcome: Outcome) -> Severity {
    let acts = matches!(gate.family(), Family::Sys | Family::Rel | Family::Fb | Family::Ab) && stage != Stage::Shadow;
    match outcome {
        Outcome::Fail if acts => Severity::Red,
        Outcome::Fail | Outcome::Error => Severity::Yellow,
        _ => Severity::Info,
    }
}

/// How many are needed, and when they will have come.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Forecast {
    pub needed_n: Option<u64>,
    pub ready_ms: Option<i64>,
}

impl Case<'_> {
    /// `needed` of `unit` are needed and `found` are there.
    pub fn forecast(&self, unit: Unit, found: u64, needed: u64) -> Forecast {
        let days = needed.saturating_sub(found) as f64 / unit.per_day;
        let ready_ms =
            (unit.per_day > 0.0 && days < 3_650.0).then(|| self.now_ms.saturating_add((days * 86_400_000.0).ceil() as i64));
        Forecast { needed_n: Some(needed), ready_ms }
    }

    /// When an interval that now reaches `reach` beyond its figure will reach no further than `distance`, if the figure stays.
    pub fn growing(&self, unit: Unit, found: u64, reach: f64, distance: f64) -> Forecast {
        let factor = (reach / distance) * (reach / distance);
        let needed = ((found as f64 * factor).ceil() as u64).max(found.saturating_add(1));
        let far = unit.per_day > 0.0 && needed.saturating_sub(found) as f64 / unit.per_day > FAR_DAYS;
        if !(distance > 0.0 && reach.is_finite() && factor < HOPELESS) || far {
            return Forecast::default();
        }
        self.forecast(unit, found, needed)
    }

    /// Fewer than are needed to judge at all.
    pub fn too_few(&self, unit: Unit, found: u64, needed: u64) -> Draft {
        let forecast = self.forecast(unit, found, needed);
        let when = forecast.ready_ms.map_or(String::new(), |ms| format!(", at this pace on {}", phrase::day(ms, self.now_ms)));
        let [one, many] = unit.has;
        let are = if needed == 1 { "is" } else { "are" };
        let text =
            format!("Not enough data: {}, {} {are} needed{when}.", phrase::counted(found, one, many), phrase::count(needed));
        Draft::new(Outcome::InsufficientData, text).n(found).needed(forecast)
    }

    /// How an undecided sentence ends: how many more are needed and by when.
    pub fn more(&self, unit: Unit, found: u64, forecast: Forecast) -> String {
        let Some(needed) = forecast.needed_n else { return format!("more {} alone will hardly decide it.", unit.more) };
        let more = needed.saturating_sub(found);
        // Two digits: a forecast is not exact.
        let tens = 10u64.pow(more.checked_ilog10().unwrap_or_default().saturating_sub(1));
        let more = more.div_ceil(tens) * tens;
        let when = forecast.ready_ms.map_or(String::new(), |ms| format!(", at this pace by {}", phrase::day(ms, self.now_ms)));
        format!("about {} more {}{when}.", phrase::count(more), unit.more)
    }
}
