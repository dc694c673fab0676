//! The report: one document of the lifecycle's figures, verdicts and history that managers, pages and programs read.
//!
//! It is worked out from daily figures and a few merged windows, so that its cost does not grow with predictions. Ratios are parts of 1,
//! times RFC 3339 in UTC, unknown figures `null`. Labels and definitions belong to the page, by `id`.

mod alert;
mod build;
mod business;
mod day;
mod document;
mod experiment;
mod human;
mod measure;
mod quality;
mod review;
mod time;
mod value;

pub use alert::{AlertPart, IncidentPart};
pub use build::{DriftRow, Facts, HourRow, LedgerRow, ModelRow, Progress, Recent, TestFacts};
pub use business::{BandPart, Business, Satisfaction};
pub use day::{DayRow, Sums};
pub use document::{
    ActionPart, Answers, Change, Complete, Day, Deployment, DiagnosisPart, Effect, Estimated, Event, GatePart, Health, LoadTest,
    Model, OddPart, Performance, PredictionDrift, Question, Report, RetrainingPart, RetrainingRun, RolloutPart, ScoreHistogram,
    Serving, SettingsPart, SignOff, StagePart, Verdict,
};
pub use experiment::{ChangePart, ComparisonPart, ExperimentPart, Goal, LookPart, Revenue, SegmentPart, SplitPart};
pub use human::{Human, JudgedLead, Third};
pub use measure::{Measure, MeasureId, Tab};
pub use quality::{FeaturePart, MissedPart, Quality, SuitePart};
pub use review::{Review, ReviewFacts, ReviewKind, ReviewPart};
pub use time::{day_text, time_text};
pub use value::{Estimate, PERCENTILES, Series, Status, Target};
