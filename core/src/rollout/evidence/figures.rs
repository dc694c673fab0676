//! What windows say of one version: traffic, outcomes and features, as sums.

use serde::{Deserialize, Serialize};

use super::FeatureFigures;
use crate::bundle::Baseline;
use crate::window::{Latency, Layout, LayoutMismatch, Scores, Window};

/// The figures of one version. What is absent is not known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// The version.
    pub version: String,
    /// Traffic of the last seven days.
    pub recent: Option<Traffic>,
    /// Traffic since Start.
    pub since_start: Option<Traffic>,
    /// Latencies of the probes of the last seven days: requests for a golden lead, one a minute.
    pub probes: Option<Latency>,
    /// Scores of the leads of the rollout that have an outcome.
    pub outcomes: Option<Scores>,
    /// Of those, the exploration slice, by whose scores nobody worked: shown, decides nothing.
    pub explored: Option<Scores>,
    /// Scores of the leads of the test that have an outcome, of both arms.
    pub test_outcomes: Option<Scores>,
    /// The fields of leads of the last seven days against the training data; none without a baseline in the bundle.
    pub features: Option<Vec<FeatureFigures>>,
    /// What the version was when it was trained; none without a baseline in the bundle. It is said next to the figures and decides nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trained: Option<Trained>,
}

/// Figures of a version's training.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Trained {
    /// Area under the ROC curve.
    pub auc: Option<f64>,
    /// Expected calibration error.
    pub calibration_error: Option<f64>,
}

/// Requests and leads of a stretch of time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// Requests the version was asked.
    pub requests: u64,
    /// Of those, the ones that failed for the service's own fault.
    pub failed: u64,
    /// Leads that came.
    pub leads: u64,
    /// Of those, the ones the version scored.
    pub scored: u64,
    /// How long the single-lead requests took that the version answered.
    pub latency: Latency,
}

impl Traffic {
    /// The traffic of `window`.
    pub fn of(window: &Window) -> Traffic {
        let counters = &window.counters;
        Traffic {
            requests: counters.requests,
            failed: counters.failed,
            leads: counters.leads,
            scored: counters.scored,
            latency: window.latency.clone(),
        }
    }
}

impl Figures {
    /// Figures of `version` of which none is known yet.
    pub fn new(version: &str) -> Figures {
        Figures { version: version.to_owned(), ..Figures::default() }
    }

    /// With the traffic windows of the last seven days, merged.
    #[must_use]
    pub fn with_recent(mut self, window: &Window) -> Figures {
        self.recent = Some(Traffic::of(window));
        self
    }

    /// With the features of the traffic windows of the last seven days against `reference`, the training data as a window of the same
    /// `layout` ([`Window::of`]).
    #[must_use]
    pub fn with_features(mut self, window: &Window, layout: &Layout, reference: &Window) -> Figures {
        let pairs = layout.features().iter().zip(window.features()).zip(reference.features());
        self.features = Some(pairs.map(|((layout, now), before)| FeatureFigures::new(layout, before, now)).collect());
        self
    }

    /// With what the bundle's baseline says of its training.
    #[must_use]
    pub fn with_training(mut self, baseline: &Baseline) -> Figures {
        let value = |id: &str| baseline.figure(id).map(|figure| figure.value);
        self.trained = Some(Trained { auc: value("auc"), calibration_error: value("calibration_error") });
        self
    }

    /// With the traffic windows since Start, merged.
    #[must_use]
    pub fn with_traffic_since_start(mut self, window: &Window) -> Figures {
        self.since_start = Some(Traffic::of(window));
        self
    }

    /// With the windows of the probes of the last seven days, merged.
    #[must_use]
    pub fn with_probes(mut self, window: &Window) -> Figures {
        self.probes = Some(window.latency.clone());
        self
    }

    /// With the outcome windows of the leads of the rollout, merged.
    #[must_use]
    pub fn with_outcomes(mut self, window: &Window) -> Figures {
        self.outcomes = Some(window.scores.clone());
        self.explored = Some(window.explored.clone());
        self
    }

    /// With the outcome windows of the leads of the test, those of both arms merged.
    #[must_use]
    pub fn with_test_outcomes(mut self, window: &Window) -> Figures {
        self.test_outcomes = Some(window.scores.clone());
        self
    }
}

/// The windows of one `layout` added up.
///
/// # Errors
/// A window of another layout.
pub fn merged<'w>(layout: &Layout, windows: impl IntoIterator<Item = &'w Window>) -> Result<Window, LayoutMismatch> {
    let mut sum = Window::new(layout);
    windows.into_iter().try_for_each(|window| sum.merge(window))?;
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::FeatureLayout;

    #[test]
    fn figures_are_those_of_the_windows_and_survive_a_document() {
        let layout = Layout::default();
        let mut hour = Window::new(&layout);
        (hour.counters.requests, hour.counters.failed, hour.counters.leads, hour.counters.scored) = (10, 1, 12, 11);
        hour.latency.add(150_000);
        hour.scores.add(0.7, Some(true));
        hour.scores.add(0.2, Some(false));
        let day = merged(&layout, [&hour, &hour]).unwrap();
        let figures = Figures::new("a").with_recent(&day).with_traffic_since_start(&day).with_probes(&hour).with_outcomes(&day);
        let traffic = figures.recent.as_ref().unwrap();
        assert_eq!((traffic.requests, traffic.failed, traffic.leads, traffic.scored), (20, 2, 24, 22));
        assert_eq!((traffic.latency.count(), figures.outcomes.as_ref().unwrap().counts()), (2, [2, 2, 0]));
        let json = serde_json::to_string(&figures).unwrap();
        assert!(json.contains(r#""converted":[[700,2]]"#), "{json}");
        assert_eq!(serde_json::from_str::<Figures>(&json).unwrap(), figures);
        assert!(serde_json::from_str::<Figures>(&json.replace("[700,2]", "[1000,2]")).is_err(), "a place that no list has");
        let other = Layout::new(vec![FeatureLayout::Category { name: "region".into(), known: vec!["EMEA".into()] }]);
        assert_eq!(merged(&other, [&hour]).unwrap_err().code(), "WINDOW_LAYOUT_MISMATCH");
    }
}
