//! What gates are judged on: figures of both versions, the service, sales' feedback, the A/B test and the days, at one moment.
//!
//! The control object fills an [`Evidence`] from merged windows; every part may be absent, and gates then name what is missing. Sums are kept
//! instead of windows (scores and latencies by bin, features as counts), so that a frozen document gives the same verdicts when it is
//! judged again, also by other thresholds.

mod feature;
mod feedback;
mod figures;
mod service;
mod test;

pub use feature::{FeatureFigures, FieldDistance};
pub use feedback::{Feedback, Ratings, Votes};
pub use figures::{Figures, Traffic, Trained, merged};
pub use service::{Capacity, Instance, Missed, Service, Suite};
pub use test::{Attention, Test};

use serde::{Deserialize, Serialize};

use super::policy::Mode;
use super::{Modes, Stage};
use crate::metric::Pairs;
use crate::window::{LayoutMismatch, ReadError};

/// What gates are judged on. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// When it was put together.
    pub at_ms: i64,
    /// The rollout.
    pub rollout: String,
    /// Its stage.
    pub stage: Stage,
    /// The look's number, from 1; 0 on a day without a look.
    pub look: u32,
    /// Whether precision and recall are compared with the policy or with the champion, as resolved at Start.
    pub modes: Modes,
    /// The champion's figures.
    pub champion: Figures,
    /// The challenger's figures.
    pub challenger: Figures,
    /// Calls of leads of the rollout by both versions at the policy's threshold.
    pub pairs: Option<Pairs>,
    /// The service.
    pub service: Service,
    /// The challenger's expectation suite on the newest stored leads.
    pub suite: Option<Suite>,
    /// What sales reports.
    pub feedback: Option<Feedback>,
    /// The A/B test at this look.
    pub test: Option<Test>,
    /// Days and incidents.
    pub governance: Governance,
    /// How fast figures grow.
    pub pace: Pace,
    /// Numbers the start report expects.
    pub planned: Planned,
    /// Which log shards answered.
    pub shards: Shards,
    /// Why figures cannot be trusted: a store that failed, a window of another layout.
    pub problems: Vec<Problem>,
    /// The windows that were merged.
    pub windows: Vec<WindowName>,
}

/// Days and incidents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Governance {
    /// Days logged in the stage.
    pub days_logged: u32,
    /// Red incidents since Start that are not closed.
    pub open_incidents: Vec<String>,
    /// Segments that a person accepted although they fare worse, as `field=value`.
    pub accepted_segments: Vec<String>,
}

/// How many come a day, over the last seven days; 0 while unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    /// Requests that the challenger was asked.
    pub requests: f64,
    /// Latencies measured of the challenger: requests it answered, and probes.
    pub latencies: f64,
    /// Leads.
    pub leads: f64,
    /// Leads of the rollout whose outcome becomes known.
    pub outcomes: f64,
    /// Leads of the test whose outcome becomes known, per arm.
    pub test_outcomes: f64,
    /// Thumbs and ratings.
    pub votes: f64,
}

/// Numbers the start report expects, to which the daily bounds are tuned. Fixed at Start, so that they do not depend on the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// Leads with an outcome at the end of the stage.
    pub outcomes: u64,
    /// Requests by then.
    pub requests: u64,
}

impl Default for Planned {
    /// 5,000 leads, 50,000 requests.
    fn default() -> Planned {
        Planned { outcomes: 5_000, requests: 50_000 }
    }
}

/// Which log shards answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shards {
    /// All shards of the installation.
    pub all: u32,
    /// Those that did not answer.
    pub silent: Vec<Silence>,
}

/// A shard that does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Its number, from 1.
    pub shard: u32,
    /// Since when.
    pub since_ms: i64,
}

/// Why figures cannot be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A stable name of the kind of problem.
    pub code: String,
    /// What happened, a clause such as "the store did not answer".
    pub what: String,
}

/// A window that was merged, and which of its revisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowName {
    /// `hour`, `day` or `mature`.
    pub grain: String,
    /// Its first millisecond.
    pub start_ms: i64,
    /// The version it is about.
    pub version: String,
    /// The role of that version.
    pub role: String,
    /// Its revision.
    pub rev: u64,
}

impl Evidence {
    /// Evidence of `challenger` against `champion` (versions) at `at_ms` in which nothing is known yet.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::rollout::evidence::Evidence;
    /// use plumbline_core::rollout::Stage;
    /// let mut evidence = Evidence::new("2026-12-01.1-r1", Stage::Shadow, "2026-11-16.1", "2026-12-01.1", 1_765_000_000_000);
    /// evidence.governance.days_logged = 14;
    /// let document = evidence.freeze().expect("all figures are finite");
    /// assert_eq!(serde_json::from_str::<Evidence>(&document).expect("it is read again"), evidence);
    /// ```
    pub fn new(rollout: &str, stage: Stage, champion: &str, challenger: &str, at_ms: i64) -> Evidence {
        Evidence {
            at_ms,
            rollout: rollout.to_owned(),
            stage,
            look: 0,
            modes: Modes { precision: Mode::Relative, recall: Mode::Relative },
            champion: Figures::new(champion),
            challenger: Figures::new(challenger),
            pairs: None,
            service: Service::default(),
            suite: None,
            feedback: None,
            test: None,
            governance: Governance::default(),
            pace: Pace::default(),
            planned: Planned::default(),
            shards: Shards::default(),
            problems: Vec::new(),
            windows: Vec::new(),
        }
    }
}

impl Evidence {
    /// The document to be frozen, from which the same verdicts follow.
    ///
    /// # Errors
    /// A figure that is NaN or infinite, which no document can hold.
    pub fn freeze(&self) -> Result<String, Problem> {
        let json = serde_json::to_string(self).ok().filter(|json| serde_json::from_str::<Evidence>(json).is_ok());
        json.ok_or_else(|| Problem {
            code: "EVIDENCE_NOT_FINITE".to_owned(),
            what: "a figure of the evidence is not a finite number".to_owned(),
        })
    }
}

impl Shards {
    /// How many answered.
    pub fn answered(&self) -> u32 {
        self.all.saturating_sub(u32::try_from(self.silent.len()).unwrap_or(u32::MAX))
    }
}

impl From<LayoutMismatch> for Problem {
    fn from(mismatch: LayoutMismatch) -> Problem {
        Problem { code: mismatch.code().to_owned(), what: "windows of different layouts cannot be added up".to_owned() }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Problem {
        Problem { code: error.code().to_owned(), what: format!("a window cannot be read ({error})") }
    }
}
