//! The data of an experiment: sums per arm, metric and segment, so that its size does not grow with the leads (except for the sales
//! cycle, whose curve needs every deal, and AUCs, which need every score) and data from several places can be merged.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::range::Range;
use super::settings::{Kind, Settings};
use super::skew::Skew;
use crate::stats::moments::Comoments;

/// The maximum of distinct values of one segment; later ones are grouped together.
pub const MOST_VALUES: usize = 200;
/// The name under which leads with further values are grouped.
pub const OTHER_VALUES: &str = "(other values)";
/// The name under which leads without a value are grouped.
pub const NO_VALUE: &str = "(none)";

/// One metric of one lead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measured {
    /// The outcome is not known yet.
    Open,
    /// The lead has no value and is not counted, such as the deal size of a lead without a deal.
    Absent,
    /// The value: of a rate 1 or 0.
    Value(f64),
    /// The value with a second one: known before (adjusted metrics), the denominator (ratios), or, for a score, the outcome 1 or 0 (AUCs).
    Pair(f64, f64),
}

/// How long a lead's deal took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Deal {
    /// It closed after so many days.
    Closed(f64),
    /// It has been open for so many days.
    Open(f64),
    /// It exists, but its days are not known: no finding about the cycle can hold while there are such deals.
    Unknown,
}

impl Deal {
    /// Days that a deal can have.
    pub const DAYS: std::ops::RangeInclusive<f64> = 0.0..=1e6;

    /// Of two reports of one deal the later: the one in which it closed, or that has more days.
    pub(super) fn later(self, other: Deal) -> Deal {
        match (self, other) {
            (Deal::Closed(_), _) | (_, Deal::Unknown) => self,
            (_, Deal::Closed(_)) | (Deal::Unknown, _) => other,
            (Deal::Open(a), Deal::Open(b)) => Deal::Open(a.max(b)),
        }
    }

    fn days(self) -> Option<f64> {
        match self {
            Deal::Closed(days) | Deal::Open(days) => Some(days),
            Deal::Unknown => None,
        }
    }
}

/// One lead.
#[derive(Debug, Clone, Copy)]
pub struct Observation<'a> {
    /// Its arm, an index into the settings'.
    pub arm: usize,
    /// Its metrics, in the order of [`Settings::metrics`].
    pub metrics: &'a [Measured],
    /// Its deal; none when it has none.
    pub cycle: Option<Deal>,
    /// Its values of the segments, in the settings' order.
    pub segments: &'a [Option<&'a str>],
}

/// Why a lead is rejected.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ObservationError {
    /// An arm that does not exist.
    #[error("there is no arm {arm}; the experiment has {arms} arms")]
    NoSuchArm {
        /// The index.
        arm: usize,
        /// The number of arms.
        arms: usize,
    },
    /// Not as many metrics or segments as the settings name.
    #[error("the lead has {found} {what}; the experiment has {expected}")]
    LengthMismatch {
        /// Metrics or segments.
        what: &'static str,
        /// How many.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A number that is NaN or infinite, a rate that is neither 0 nor 1, a cycle below 0, a pair where none belongs.
    #[error("{metric}: {} is not {wanted}", told(*value))]
    BadValue {
        /// The metric.
        metric: String,
        /// The value.
        value: f64,
        /// What it should be.
        wanted: &'static str,
    },
}

/// A number that may be of any size, in few digits.
fn told(value: f64) -> String {
    if value.abs() < 1e15 { value.to_string() } else { format!("{value:e}") }
}

impl ObservationError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            ObservationError::NoSuchArm { .. } => "NO_SUCH_ARM",
            ObservationError::LengthMismatch { .. } => "LENGTH_MISMATCH",
            ObservationError::BadValue { .. } => "BAD_VALUE",
        }
    }
}

/// One arm of one metric.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cell {
    pub moments: Comoments,
    /// The values' ends, and whether there are any between them.
    pub range: Range,
    /// How lopsided the values are.
    pub skew: Skew,
    /// For an AUC: each score, and whether the lead converted.
    pub ranked: (Vec<f64>, Vec<bool>),
    /// Leads whose outcome is not known yet.
    pub open: u64,
}

impl Cell {
    fn push(&mut self, measured: Measured, kind: Kind) {
        match measured {
            Measured::Open => self.open += 1,
            Measured::Absent => {}
            Measured::Value(x) => self.take(x, 0.0),
            Measured::Pair(x, y) => {
                self.take(x, y);
                if kind == Kind::Auc {
                    self.ranked.0.push(x);
                    self.ranked.1.push(y == 1.0);
                }
            }
        }
    }

    fn take(&mut self, x: f64, y: f64) {
        self.range.push(x);
        self.skew.push(&self.moments.x, x);
        self.moments.push(x, y);
    }

    /// The skewness of the values.
    pub fn skewness(&self) -> f64 {
        self.skew.skewness(&self.moments.x)
    }

    /// Whether `leads` leads can have given these sums.
    pub(super) fn is_sound(&self, leads: u64) -> bool {
        let (x, y) = (&self.moments.x, &self.moments.y);
        let values = x.count.checked_add(self.open);
        let sums = [x.mean, x.squares, y.mean, y.squares, self.moments.products];
        let (scores, outcomes) = &self.ranked;
        values.is_some_and(|values| values <= leads)
            && x.count == y.count
            && sums.iter().all(|sum| sum.is_finite())
            && x.squares >= 0.0
            && y.squares >= 0.0
            && self.skew.is_finite()
            && scores.len() == outcomes.len()
            && scores.len() as u64 <= x.count
            && scores.iter().all(|score| score.is_finite())
    }

    fn merge(&mut self, other: &Cell) {
        self.skew.merge(&self.moments.x, &other.skew, &other.moments.x);
        self.moments.merge(&other.moments);
        self.range.merge(&other.range);
        self.ranked.0.extend(&other.ranked.0);
        self.ranked.1.extend(&other.ranked.1);
        self.open += other.open;
    }
}

/// The data of an experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Data {
    /// By arm, those left out included: who was assigned.
    pub(super) leads: Vec<u64>,
    /// By arm: leads left out because their values could not be read.
    pub(super) lost: Vec<u64>,
    /// By metric, by arm.
    pub(super) metrics: Vec<Vec<Cell>>,
    /// By arm: days and whether the deal closed.
    pub(super) cycles: Vec<Vec<(f64, bool)>>,
    /// By arm: deals whose days are not known.
    pub(super) unknown_cycles: Vec<u64>,
    /// By segment, by value, by arm: the primary metric.
    pub(super) segments: Vec<BTreeMap<String, Vec<Cell>>>,
}

impl Data {
    /// No data yet.
    pub fn new(settings: &Settings) -> Data {
        let arms = settings.arms.len();
        Data {
            leads: vec![0; arms],
            lost: vec![0; arms],
            metrics: settings.metrics().map(|_| vec![Cell::default(); arms]).collect(),
            cycles: vec![Vec::new(); arms],
            unknown_cycles: vec![0; arms],
            segments: vec![BTreeMap::new(); settings.segments.len()],
        }
    }

    /// The number of leads of each arm.
    pub fn leads_per_arm(&self) -> &[u64] {
        &self.leads
    }

    /// The number of leads in all arms.
    pub fn leads(&self) -> u64 {
        self.leads.iter().sum()
    }

    /// Adds one lead, or nothing of it.
    ///
    /// # Errors
    /// [`ObservationError`]; the data are then unchanged.
    pub fn push(&mut self, settings: &Settings, lead: &Observation<'_>) -> Result<(), ObservationError> {
        check(settings, lead)?;
        if let Some(leads) = self.leads.get_mut(lead.arm) {
            *leads += 1;
        }
        for ((cells, measured), metric) in self.metrics.iter_mut().zip(lead.metrics).zip(settings.metrics()) {
            if let Some(cell) = cells.get_mut(lead.arm) {
                cell.push(*measured, metric.kind);
            }
        }
        if let (Some(deal), Some(cycles), Some(unknown)) =
            (lead.cycle, self.cycles.get_mut(lead.arm), self.unknown_cycles.get_mut(lead.arm))
        {
            match deal {
                Deal::Closed(days) => cycles.push((days, true)),
                Deal::Open(days) => cycles.push((days, false)),
                Deal::Unknown => *unknown += 1,
            }
        }
        let primary = lead.metrics.first().copied().unwrap_or(Measured::Open);
        for (values, value) in self.segments.iter_mut().zip(lead.segments) {
            let cells = values_of(values, value.unwrap_or(NO_VALUE), settings.arms.len());
            if let Some(cell) = cells.get_mut(lead.arm) {
                cell.push(primary, settings.primary.kind);
            }
        }
        Ok(())
    }

    /// Adds a lead of `arm` whose values cannot be used: it counts for the split alone.
    pub fn lose(&mut self, arm: usize) {
        for counts in [&mut self.leads, &mut self.lost] {
            if let Some(count) = counts.get_mut(arm) {
                *count += 1;
            }
        }
    }

    /// Makes room for up to `arms` arms, for callers that discover them while reading.
    pub fn widen(&mut self, arms: usize) {
        let arms = arms.max(self.leads.len());
        self.leads.resize(arms, 0);
        self.lost.resize(arms, 0);
        self.cycles.resize(arms, Vec::new());
        self.unknown_cycles.resize(arms, 0);
        let cells = self.metrics.iter_mut().chain(self.segments.iter_mut().flat_map(BTreeMap::values_mut));
        cells.for_each(|cells| cells.resize(arms, Cell::default()));
    }

    /// Swaps arm `control` with the first.
    pub fn lead_with(&mut self, control: usize) {
        if control < self.leads.len() {
            self.leads.swap(0, control);
            self.lost.swap(0, control);
            self.cycles.swap(0, control);
            self.unknown_cycles.swap(0, control);
            let cells = self.metrics.iter_mut().chain(self.segments.iter_mut().flat_map(BTreeMap::values_mut));
            cells.for_each(|cells| cells.swap(0, control));
        }
    }

    /// Merges `other`, which has the same settings.
    pub fn merge(&mut self, other: &Data) {
        let arms = self.leads.len();
        self.leads.iter_mut().zip(&other.leads).for_each(|(ours, theirs)| *ours += theirs);
        self.lost.iter_mut().zip(&other.lost).for_each(|(ours, theirs)| *ours += theirs);
        for (ours, theirs) in self.metrics.iter_mut().zip(&other.metrics) {
            ours.iter_mut().zip(theirs).for_each(|(ours, theirs)| ours.merge(theirs));
        }
        self.cycles.iter_mut().zip(&other.cycles).for_each(|(ours, theirs)| ours.extend(theirs));
        self.unknown_cycles.iter_mut().zip(&other.unknown_cycles).for_each(|(ours, theirs)| *ours += theirs);
        for (ours, theirs) in self.segments.iter_mut().zip(&other.segments) {
            for (value, cells) in theirs {
                let into = values_of(ours, value, arms);
                into.iter_mut().zip(cells).for_each(|(ours, theirs)| ours.merge(theirs));
            }
        }
    }
}

fn values_of<'a>(values: &'a mut BTreeMap<String, Vec<Cell>>, value: &str, arms: usize) -> &'a mut Vec<Cell> {
    let known = values.contains_key(value) || values.len() < MOST_VALUES;
    let value = if known { value } else { OTHER_VALUES };
    values.entry(value.to_owned()).or_insert_with(|| vec![Cell::default(); arms])
}

pub(super) fn check(settings: &Settings, lead: &Observation<'_>) -> Result<(), ObservationError> {
    let arms = settings.arms.len();
    if lead.arm >= arms {
        return Err(ObservationError::NoSuchArm { arm: lead.arm, arms });
    }
    let length = |what, found, expected| match found == expected {
        true => Ok(()),
        false => Err(ObservationError::LengthMismatch { what, found, expected }),
    };
    length("metrics", lead.metrics.len(), settings.guardrails.len() + 1)?;
    length("segments", lead.segments.len(), settings.segments.len())?;
    for (metric, measured) in settings.metrics().zip(lead.metrics) {
        let bad = |value, wanted| Err(ObservationError::BadValue { metric: metric.name.clone(), value, wanted });
        let second = metric.is_pair();
        let (value, other) = match *measured {
            Measured::Open | Measured::Absent => continue,
            Measured::Value(x) if second => return bad(x, "a pair of values"),
            Measured::Pair(_, y) if !second => return bad(y, "expected as a second value"),
            Measured::Value(x) => (x, 0.0),
            Measured::Pair(x, y) => (x, y),
        };
        if metric.kind == Kind::Rate && value != 0.0 && value != 1.0 {
            return bad(value, "0 or 1");
        }
        if metric.kind == Kind::Auc && other != 0.0 && other != 1.0 {
            return bad(other, "0 or 1, whether the lead converted");
        }
        if let Some(value) = [value, other].into_iter().find(|x| x.is_nan() || x.abs() > 1e100) {
            return bad(value, "a finite number below 1e100 in size");
        }
    }
    match (lead.cycle.and_then(Deal::days), &settings.cycle) {
        (Some(days), cycle) if !Deal::DAYS.contains(&days) => {
            let metric = cycle.as_ref().map_or("cycle", |cycle| cycle.name.as_str()).to_owned();
            Err(ObservationError::BadValue { metric, value: days, wanted: "a number of days from 0 to a million" })
        }
        _ => Ok(()),
    }
}
