//! What happened in a stretch of time, in a few kilobytes whatever the traffic, to be merged in any order.
//!
//! Every part is a sum of whole numbers (or exact sums of doubles), so merging is associative and commutative to the bit, with the
//! empty window as identity: an hour's window is the same whichever host counted which lead, and a month's however its hours are merged.
//! The precision that a window loses against the leads is reported with each figure: the area under the ROC curve, quantiles and the distance of
//! distributions come with bounds.
//!
//! Not here: raw leads, and the judgement of what the figures mean.

mod bytes;
mod category;
mod latency;
mod layout;
mod moments;
mod report;
mod score;
mod series;
mod sparse;
mod summary;

pub use bytes::ReadError;
pub use category::{Categories, NEW_BY_NAME};
pub use latency::Latency;
pub use layout::{FeatureLayout, Layout};
pub use moments::Moments;
pub use report::{Piece, Report};
pub use score::{Binned, CalibrationNoise, SCORE_BINS, Scores};
pub use series::{HOUR_MS, Series, SeriesError};
pub use summary::{AreaSummary, Distance, FeatureSummary, Summary};

use thiserror::Error;

use crate::bundle::{Distribution, Reference};

/// Plain counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Requests answered, rightly or not.
    pub requests: u64,
    /// Of those, the ones that failed.
    pub failed: u64,
    /// Leads that came in.
    pub leads: u64,
    /// Of those, the ones that were scored.
    pub scored: u64,
    /// Looks at whether the service is up.
    pub checks: u64,
    /// Of those, the ones that found it up.
    pub up: u64,
}

/// One feature's values.
#[derive(Debug, Clone, PartialEq)]
pub enum Feature {
    /// Of a number.
    Number {
        /// Values in each frozen bin.
        bins: Vec<u64>,
        /// Values that were missing or not finite.
        missing: u64,
        /// Mean and variance of the others.
        moments: Moments,
    },
    /// Of a category.
    Category {
        /// Values of each category.
        counts: Categories,
        /// Values that were missing.
        missing: u64,
    },
}

/// What happened in a stretch of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// Which [`Layout`] its features were counted by.
    layout: u64,
    /// The first and the last moment something was counted, in milliseconds since 1970.
    span_ms: Option<(i64, i64)>,
    /// Plain counts.
    pub counters: Counters,
    /// How long requests took.
    pub latency: Latency,
    /// Scores by outcome.
    pub scores: Scores,
    /// Of those, the scores of the exploration slice, which were hidden from sales.
    pub explored: Scores,
    features: Vec<Feature>,
}

/// Two windows that cannot be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("cannot merge a window of layout {other:016x} into one of layout {this:016x}: their bins or features differ")]
pub struct LayoutMismatch {
    /// The layout merged into.
    pub this: u64,
    /// The layout to be merged.
    pub other: u64,
}

impl LayoutMismatch {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        "WINDOW_LAYOUT_MISMATCH"
    }
}

impl Window {
    /// A window in which nothing happened.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::window::{Layout, Window};
    /// let layout = Layout::default();
    /// let (mut day, mut hour) = (Window::new(&layout), Window::new(&layout));
    /// hour.at(1_700_000_000_000);
    /// hour.scores.add(0.7, Some(true));
    /// day.merge(&hour).expect("they have one layout");
    /// assert_eq!(day, hour);
    /// assert_eq!(Window::read(&day.write(), &layout).as_ref(), Ok(&day));
    /// ```
    pub fn new(layout: &Layout) -> Window {
        let features = layout.features().iter().map(|feature| match feature {
            FeatureLayout::Number { bins, .. } => {
                Feature::Number { bins: vec![0; bins.count()], missing: 0, moments: Moments::default() }
            }
            FeatureLayout::Category { known, .. } => Feature::Category { counts: Categories::new(known.len()), missing: 0 },
        });
        Window {
            layout: layout.id(),
            span_ms: None,
            counters: Counters::default(),
            latency: Latency::default(),
            scores: Scores::default(),
            explored: Scores::default(),
            features: features.collect(),
        }
    }

    /// The training data as a window of [`Layout::of`] the same reference: what later windows of that layout are compared with. Scores are
    /// left out: the reference counts them in bins of its own.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::bundle::{Distribution, FieldReference, Reference};
    /// use plumbline_core::histogram::{Bins, Histogram};
    /// use plumbline_core::evidence::Answer;
    /// use plumbline_core::window::{Layout, Summary, Window};
    /// let visits = Histogram::with_counts(Bins::new(vec![5.0])?, vec![50, 50], 0).expect("a count per bin");
    /// let field = FieldReference { name: "visits".into(), distribution: Distribution::Number(visits) };
    /// let reference = Reference { fields: vec![field], ..Reference::default() };
    /// let layout = Layout::of(&reference);
    /// let mut hour = Window::new(&layout);
    /// [1.0, 7.0, 9.0, 8.0].into_iter().for_each(|visits| hour.count_number(&layout, 0, Some(visits)));
    /// let summary = Summary::new(&hour, &layout, Some(&Window::of(&reference)), 0);
    /// assert!(matches!(summary.features[0].drift, Some(Answer::Known(drift)) if drift.at_least == 0.25));
    /// # Ok::<(), plumbline_core::histogram::BadEdge>(())
    /// ```
    pub fn of(reference: &Reference) -> Window {
        let mut window = Window::new(&Layout::of(reference));
        for (feature, field) in window.features.iter_mut().zip(&reference.fields) {
            match (feature, &field.distribution) {
                (Feature::Number { bins, missing, .. }, Distribution::Number(found)) => {
                    (*bins, *missing) = (found.counts().to_vec(), found.missing());
                }
                (Feature::Category { counts, missing }, Distribution::Category(found)) => {
                    counts.known = found.counts().to_vec();
                    (counts.overflow, *missing) = (found.other(), found.missing());
                }
                // One layout has one kind of feature in each place.
                _ => {}
            }
        }
        window
    }

    /// Notes that something was counted at `now_ms`.
    pub fn at(&mut self, now_ms: i64) {
        let (first, last) = self.span_ms.unwrap_or((now_ms, now_ms));
        self.span_ms = Some((first.min(now_ms), last.max(now_ms)));
    }

    /// The first and the last moment something was counted.
    pub fn span_ms(&self) -> Option<(i64, i64)> {
        self.span_ms
    }

    /// The features, in the layout's order.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// Counts one value of the numeric feature `place`; none, NaN and infinity are missing.
    pub fn count_number(&mut self, layout: &Layout, place: usize, value: Option<f64>) {
        let frozen = match layout.features().get(place) {
            Some(FeatureLayout::Number { bins, .. }) => bins,
            _ => return,
        };
        if let Some(Feature::Number { bins, missing, moments }) = self.features.get_mut(place) {
            match value.filter(|value| value.is_finite()) {
                Some(value) => {
                    moments.add(value);
                    if let Some(count) = bins.get_mut(frozen.of(value)) {
                        *count = count.saturating_add(1);
                    }
                }
                None => *missing = missing.saturating_add(1),
            }
        }
    }

    /// Counts one value of the categorical feature `place`.
    pub fn count_category(&mut self, layout: &Layout, place: usize, value: Option<&str>) {
        if let Some(Feature::Category { counts, missing }) = self.features.get_mut(place) {
            match value.map(|value| (value, layout.category(place, value))) {
                Some((_, Some(known))) => counts.add_known(known),
                Some((value, None)) => counts.add_new(value),
                None => *missing = missing.saturating_add(1),
            }
        }
    }

    /// Takes out the leads and scores that `was` counted and puts in those of `is`: windows of outcomes count nothing else. False, and
    /// nothing is changed: it does not hold what `was` counted.
    pub fn exchange(&mut self, was: &Window, is: &Window) -> bool {
        let count = |all: u64, was: u64, is: u64| Some(all.checked_sub(was)?.saturating_add(is));
        let (all, before, now) = (&self.counters, &was.counters, &is.counters);
        let leads = count(all.leads, before.leads, now.leads).zip(count(all.scored, before.scored, now.scored));
        let (mut scores, mut explored) = (self.scores.clone(), self.explored.clone());
        let Some((leads, scored)) = leads else { return false };
        if !scores.exchange(&was.scores, &is.scores) || !explored.exchange(&was.explored, &is.explored) {
            return false;
        }
        (self.counters.leads, self.counters.scored) = (leads, scored);
        (self.scores, self.explored) = (scores, explored);
        true
    }

    /// Adds what `other` counted: associative, commutative, and the empty window changes nothing.
    ///
    /// # Errors
    /// The windows were counted by different layouts; nothing is changed then.
    pub fn merge(&mut self, other: &Window) -> Result<(), LayoutMismatch> {
        if self.layout != other.layout || self.features.len() != other.features.len() {
            return Err(LayoutMismatch { this: self.layout, other: other.layout });
        }
        if let Some((first, last)) = other.span_ms {
            self.at(first);
            self.at(last);
        }
        let (mine, theirs) = (&mut self.counters, &other.counters);
        mine.requests = mine.requests.saturating_add(theirs.requests);
        mine.failed = mine.failed.saturating_add(theirs.failed);
        mine.leads = mine.leads.saturating_add(theirs.leads);
        mine.scored = mine.scored.saturating_add(theirs.scored);
        mine.checks = mine.checks.saturating_add(theirs.checks);
        mine.up = mine.up.saturating_add(theirs.up);
        self.latency.merge(&other.latency);
        self.scores.merge(&other.scores);
        self.explored.merge(&other.explored);
        for (mine, theirs) in self.features.iter_mut().zip(&other.features) {
            match (mine, theirs) {
                (
                    Feature::Number { bins, missing, moments },
                    Feature::Number { bins: more_bins, missing: more_missing, moments: more_moments },
                ) => {
                    add_all(bins, more_bins);
                    *missing = missing.saturating_add(*more_missing);
                    moments.merge(more_moments);
                }
                (Feature::Category { counts, missing }, Feature::Category { counts: more, missing: more_missing }) => {
                    counts.merge(more);
                    *missing = missing.saturating_add(*more_missing);
                }
                // One layout has one kind of feature in each place.
                _ => {}
            }
        }
        Ok(())
    }
}

/// Adds a side that may have counted nothing, and then has no places, to another.
fn add_side(side: &mut Vec<u64>, more: &[u64]) {
    if side.is_empty() {
        side.extend_from_slice(more);
    } else {
        add_all(side, more);
    }
}

/// Adds `more` to `counts`, place by place; a count that would overflow stays at the largest.
fn add_all(counts: &mut [u64], more: &[u64]) {
    counts.iter_mut().zip(more).for_each(|(count, more)| *count = count.saturating_add(*more));
}

#[cfg(test)]
mod tests;
