//! Time in a rollout: it never runs backwards, and a jump stops the looks until rows of the new day confirm it.

use serde::{Deserialize, Serialize};

pub use crate::table::DAY_MS;

/// A step back by more than this is a jump.
const BACK_MS: i64 = 5 * 60_000;

/// A jump of the clock that no row has confirmed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ClockJump"))]
#[serde(deny_unknown_fields)]
pub struct Jump {
    /// The time before it.
    pub from_ms: i64,
    /// The time after it.
    pub to_ms: i64,
}

/// The UTC day of a time, in days since 1970.
pub fn day_of(ms: i64) -> i64 {
    ms.div_euclid(DAY_MS)
}

impl Jump {
    /// The jump from `clock_ms` to `now_ms`, if it is one: more than 5 minutes back or more than a day forward.
    pub fn between(clock_ms: i64, now_ms: i64) -> Option<Jump> {
        let is_jump = now_ms < clock_ms.saturating_sub(BACK_MS) || now_ms > clock_ms.saturating_add(DAY_MS);
        is_jump.then_some(Jump { from_ms: clock_ms, to_ms: now_ms })
    }

    /// Whether a row made at `newest_ms` confirms the new time: it lies on the day of the later of the two times, or after it.
    pub fn is_confirmed_by(&self, newest_ms: i64) -> bool {
        day_of(newest_ms) >= day_of(self.from_ms.max(self.to_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_is_five_minutes_back_or_a_day_forward() {
        let now = 1_700_000_000_000;
        for (to, is_jump) in
            [(now, false), (now - BACK_MS, false), (now - BACK_MS - 1, true), (now + DAY_MS, false), (now + DAY_MS + 1, true)]
        {
            assert_eq!(Jump::between(now, to).is_some(), is_jump, "{to}");
        }
        let jump = Jump { from_ms: 10 * DAY_MS, to_ms: 13 * DAY_MS };
        assert!(!jump.is_confirmed_by(13 * DAY_MS - 1) && jump.is_confirmed_by(13 * DAY_MS));
    }
}
