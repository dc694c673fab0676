//! Whether what is seen now is still what was seen in training.
//!
//! [`Sample`] sorts a feature's values once; every distance of two of them has a function here, and the report gets all of its own from one walk (`merge`). Counts in frozen [`Bins`](crate::histogram::Bins) can be merged where
//! samples are too large to keep, and [`Bracket`] says how far the statistic they give can be off.
//!
//! [`DriftReport`] puts them together by [`Rules`], and [`FalseAlarms`] says how often those rules are wrong. A comparison that the data do not hold is
//! [`InsufficientData`](crate::evidence::InsufficientData), never NaN and never p = 1.
//!
//! Tested against scipy and Evidently by the conformance runner, and by properties.

mod bracket;
mod cramer;
mod decile;
mod distance;
mod divergence;
mod error;
mod frequency;
mod kolmogorov;
mod merge;
pub mod performance;
mod rate;
mod report;
mod sample;

pub use bracket::Bracket;
pub use cramer::CramerVonMises;
pub use decile::{DECILES, SCORE_BINS, deciles};
pub(crate) use decile::{decile_ends, score_bin};
pub use distance::{energy, wasserstein, wasserstein_normed};
pub use divergence::{EMPTY_SHARE, Shares};
pub use error::DriftError;
pub use frequency::Frequency;
pub use kolmogorov::{Deviation, Direction, EXACT_UP_TO, KolmogorovSmirnov};
pub use rate::Rate;
pub(crate) use report::chance;
pub use report::{
    AlarmRates, DriftReport, FalseAlarms, Feature, FeatureDrift, LeftOut, Location, MeanScore, NewCategories, Observed,
    PERCENTILES, Percentile, PredictionDrift, Reason, Rules, Unscored, Verdict,
};
pub use sample::Sample;
