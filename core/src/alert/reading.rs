//! What a rule finds at one moment.

use serde::{Deserialize, Serialize};

use super::Rule;
use crate::rollout::phrase;
use crate::sentence::Sentence;
use crate::stats::level::Level;
use crate::stats::proportion::Proportion;

/// What a rule finds at one moment of one subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The rule.
    pub rule: Rule,
    /// A version, a field, an instance; empty where the rule watches the service as a whole.
    pub subject: String,
    /// What was found.
    pub finding: Finding,
    /// The figure behind it.
    pub figure: Figure,
    /// The finding in words.
    pub sentence: Sentence,
}

/// Where a figure lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// The condition of the rule is met.
    Outside,
    /// Neither is it, nor is the figure far enough inside to end an alert.
    Between,
    /// The figure is far enough inside to end an alert.
    Inside,
    /// There are too few data.
    Unknown,
}

/// A figure next to its limit. What is not known is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "AlertFigure"))]
#[serde(default)]
pub struct Figure {
    /// The figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The lower end of its 95 % interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// The upper end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// Cases behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<u64>,
    /// The limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
}

impl Figure {
    /// A value next to its limit.
    pub(super) fn new(value: f64, threshold: f64) -> Figure {
        let finite = |x: f64| Some(x).filter(|x| x.is_finite());
        Figure { value: finite(value), threshold: finite(threshold), ..Figure::default() }
    }

    pub(super) fn within(self, (low, high): (f64, f64)) -> Figure {
        let finite = |x: f64| Some(x).filter(|x| x.is_finite());
        Figure { low: finite(low), high: finite(high), ..self }
    }

    pub(super) fn of(self, n: u64) -> Figure {
        Figure { n: Some(n), ..self }
    }
}

impl Reading {
    pub(super) fn new(rule: Rule, subject: &str, finding: Finding, figure: Figure, text: String) -> Reading {
        let end = if finding == Finding::Outside { "" } else { "_NOT" };
        let code = format!("ALERT_{}{end}", rule.name().to_ascii_uppercase().replace('.', "_"));
        let mut sentence = Sentence::new(&code, text);
        let values = [
            ("value", figure.value),
            ("low", figure.low),
            ("high", figure.high),
            ("threshold", figure.threshold),
            ("n", figure.n.map(|n| n as f64)),
        ];
        for (name, value) in values {
            if let Some(value) = value {
                sentence = sentence.with(name, value);
            }
        }
        if !subject.is_empty() {
            sentence = sentence.with("subject", subject);
        }
        Reading { rule, subject: subject.to_owned(), finding, figure, sentence }
    }

    /// The reading of a subject of which too little is known.
    pub fn unknown(rule: Rule, subject: &str) -> Reading {
        Reading::new(rule, subject, Finding::Unknown, Figure::default(), format!("{}: not enough data to judge.", rule.title()))
    }
}

/// A share whose limit is exceeded beyond doubt, or is not.
pub(super) struct Share {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    pub n: u64,
}

impl Share {
    /// `bad` of `all`; none of nothing.
    pub(super) fn new(bad: u64, all: u64) -> Option<Share> {
        let part = Proportion::new(bad.min(all), all).ok().filter(|_| all > 0)?;
        let interval = part.wilson(Level::FIVE_PERCENT);
        Some(Share { value: bad.min(all) as f64 / all as f64, low: interval.lower, high: interval.upper, n: all })
    }

    pub(super) fn figure(&self, limit: f64) -> Figure {
        Figure::new(self.value, limit).within((self.low, self.high)).of(self.n)
    }

    /// Outside where the lower end is above `limit`, inside where the share itself is at most `inside`.
    pub(super) fn finding(&self, limit: f64, inside: f64) -> Finding {
        if self.low > limit {
            Finding::Outside
        } else if self.value <= inside {
            Finding::Inside
        } else {
            Finding::Between
        }
    }
}

/// `3 % (5 of 170)`.
pub(super) fn part(bad: u64, all: u64) -> String {
    let share = if all == 0 { 0.0 } else { bad as f64 / all as f64 };
    format!("{} ({} of {})", phrase::percent(share), phrase::count(bad), phrase::count(all))
}
