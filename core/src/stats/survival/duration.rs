//! Durations, each ended or still open.

use crate::stats::error::StatsError;

/// How long one lead has been followed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Duration {
    /// The time, in any unit, at least 0.
    pub time: f64,
    /// Whether it ended then (the deal was closed); otherwise it was still open when last seen.
    pub ended: bool,
}

/// Durations in order of time, checked once.
#[derive(Debug, Clone, PartialEq)]
pub struct Durations {
    sorted: Vec<Duration>,
}

/// What happens at one time: those at risk just before it, those that end at it, those last seen at it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moment {
    pub time: f64,
    pub at_risk: u64,
    pub ended: u64,
    pub left: u64,
}

impl Durations {
    /// The durations.
    ///
    /// # Errors
    /// None; a time that is negative or not finite.
    pub fn new(durations: impl IntoIterator<Item = Duration>) -> Result<Durations, StatsError> {
        let mut sorted: Vec<Duration> = durations.into_iter().collect();
        StatsError::unless_enough(sorted.len() as u64, 1, "durations")?;
        let wrong = |duration: &Duration| !(duration.time.is_finite() && duration.time >= 0.0);
        if let Some((row, duration)) = sorted.iter().enumerate().find(|(_, duration)| wrong(duration)) {
            let wanted = "finite and at least 0";
            return Err(StatsError::OutOfRange { what: "the list of durations", row, value: duration.time, wanted });
        }
        sorted.sort_by(|a, b| a.time.total_cmp(&b.time));
        Ok(Durations { sorted })
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.sorted.len() as u64
    }

    /// Those that ended.
    pub fn ended(&self) -> u64 {
        self.sorted.iter().filter(|duration| duration.ended).count() as u64
    }

    /// The longest time seen.
    pub fn longest(&self) -> f64 {
        self.sorted.last().map_or(0.0, |duration| duration.time)
    }

    /// Every distinct time in order. Who was last seen at the time of an end was still at risk.
    pub(super) fn moments(&self) -> impl Iterator<Item = Moment> + '_ {
        let mut at_risk = self.count();
        self.sorted.chunk_by(|a, b| a.time == b.time).map(move |group| {
            let ended = group.iter().filter(|duration| duration.ended).count() as u64;
            let time = group.first().map_or(0.0, |duration| duration.time);
            let moment = Moment { time, at_risk, ended, left: group.len() as u64 - ended };
            at_risk -= group.len() as u64;
            moment
        })
    }
}
