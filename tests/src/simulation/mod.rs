//! Whether verdicts and intervals keep their promises, by seeded simulation: each measure and size on its own, never averaged.
//!
//! `cargo run --release -p plumbline-tests --bin simulate` prints the full tables of METHODS.md; `tests/tests/simulations.rs` runs small
//! ones.

pub mod alert;
pub mod area;
pub mod drift;
pub mod experiment;
pub mod performance;
pub mod rollout;

use plumbline_core::stats::level::Level;
use plumbline_core::stats::normal;
use plumbline_core::stats::proportion::Proportion;

use crate::golden::Draw;

/// The share of runs that is promised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Promise {
    /// At most that.
    AtMost(f64),
    /// At least that.
    AtLeast(f64),
    /// Between the two.
    Between(f64, f64),
    /// Within four standard errors of a share that was measured by another way, in so many runs.
    Near(f64, u32),
}

/// What came of one simulation.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What was simulated.
    pub what: String,
    /// Runs.
    pub runs: u32,
    /// Runs in which it happened.
    pub count: u32,
    /// How often it should.
    pub promise: Promise,
}

impl Row {
    /// The share of runs.
    pub fn share(&self) -> f64 {
        f64::from(self.count) / f64::from(self.runs)
    }

    /// The 95 % bounds of the share (Clopper and Pearson).
    pub fn bounds(&self) -> (f64, f64) {
        self.ends(Level::FIVE_PERCENT)
    }

    fn ends(&self, level: Level) -> (f64, f64) {
        let found = Proportion::new(self.count.into(), self.runs.into()).map(|share| share.clopper_pearson(level));
        found.map_or((0.0, 1.0), |interval| (interval.lower, interval.upper))
    }

    /// Whether the runs agree with the promise: it lies within their bounds at 1 in 10,000, which is how seldom a sound method fails.
    pub fn holds(&self) -> bool {
        let (low, high) = Level::new(2e-4).map_or((0.0, 1.0), |level| self.ends(level));
        match self.promise {
            Promise::AtMost(most) => low <= most,
            Promise::AtLeast(least) => high >= least,
            Promise::Between(least, most) => high >= least && low <= most,
            Promise::Near(share, runs) => {
                let both = |p: f64, n: u32| p * (1.0 - p) / f64::from(n);
                (self.share() - share).abs() <= 4.0 * (both(self.share(), self.runs) + both(share, runs)).sqrt() + 0.002
            }
        }
    }
}

impl std::fmt::Display for Row {
    /// A line of a table in Markdown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (low, high) = self.bounds();
        let promise = match self.promise {
            Promise::AtMost(most) => format!("≤ {:.1} %", 100.0 * most),
            Promise::AtLeast(least) => format!("≥ {:.1} %", 100.0 * least),
            Promise::Between(least, most) => format!("{:.0} to {:.0} %", 100.0 * least, 100.0 * most),
            Promise::Near(share, _) => format!("{:.2} % printed", 100.0 * share),
        };
        let (what, runs) = (&self.what, self.runs);
        write!(f, "| {what} | {runs} | {:.2} % | {:.2} to {:.2} % | {promise} |", 100.0 * self.share(), 100.0 * low, 100.0 * high)
    }
}

/// A standard normal deviate.
pub(crate) fn deviate(draw: &mut Draw) -> f64 {
    normal::quantile(draw.unit().max(1e-16))
}

/// How many of `runs` something happens in.
pub(crate) fn count(runs: u32, seed: u64, mut happens: impl FnMut(&mut Draw) -> bool) -> u32 {
    let mut draw = Draw::new(seed);
    (0..runs).map(|_| u32::from(happens(&mut draw))).sum()
}
