//! When this instance last heard of the newest deployment, and what follows from silence.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

/// After so long a silence, a host asks which deployment is the newest before it answers a lead.
const ASK_MS: i64 = 500;
/// After so long a silence, what is served may be outdated, and health and metrics say so.
const STALE_MS: i64 = 60_000;
/// After so long a silence, nobody watches a challenger on trial: the champion serves its leads.
const UNWATCHED_MS: i64 = 3_600_000;
/// So long an instance that has heard nothing yet is not ready; then it serves what it was started with.
const START_MS: i64 = 10_000;
/// Nobody counts deployments here.
const NEVER: i64 = i64::MIN;

/// What was heard of deployments, and when.
#[derive(Debug)]
pub(crate) struct Contact {
    /// Since when deployments are expected to be announced.
    since_ms: AtomicI64,
    heard_ms: AtomicI64,
    newest: AtomicU64,
}

impl Default for Contact {
    fn default() -> Contact {
        Contact { since_ms: AtomicI64::new(NEVER), heard_ms: AtomicI64::new(NEVER), newest: AtomicU64::new(0) }
    }
}

impl Contact {
    /// From `now_ms` on, deployments are announced.
    pub(crate) fn expect(&self, now_ms: i64) {
        let _ = self.since_ms.compare_exchange(NEVER, now_ms, Relaxed, Relaxed);
    }

    /// At `now_ms`, the newest deployment was number `epoch`.
    pub(crate) fn heard(&self, now_ms: i64, epoch: u64) {
        self.expect(now_ms);
        self.heard_ms.fetch_max(now_ms, Relaxed);
        self.newest.fetch_max(epoch, Relaxed);
    }

    /// The largest number heard of.
    pub(crate) fn newest(&self) -> u64 {
        self.newest.load(Relaxed)
    }

    /// Whether a host should ask which deployment is the newest.
    pub(crate) fn must_ask(&self, now_ms: i64) -> bool {
        self.silence_ms(now_ms) > ASK_MS
    }

    /// Whether nothing was heard for so long that what is served may be outdated.
    pub(crate) fn is_stale(&self, now_ms: i64) -> bool {
        self.silence_ms(now_ms) > STALE_MS
    }

    /// Whether nothing was heard for so long that nobody watches what is on trial.
    pub(crate) fn is_unwatched(&self, now_ms: i64) -> bool {
        self.silence_ms(now_ms) > UNWATCHED_MS
    }

    /// Whether the first announcement is still waited for.
    pub(crate) fn is_starting(&self, now_ms: i64) -> bool {
        self.heard_ms.load(Relaxed) == NEVER && self.silence_ms(now_ms) > 0 && self.silence_ms(now_ms) <= START_MS
    }

    /// How long nothing was heard; 0 where nothing is expected.
    fn silence_ms(&self, now_ms: i64) -> i64 {
        match (self.since_ms.load(Relaxed), self.heard_ms.load(Relaxed)) {
            (NEVER, _) => 0,
            (since, NEVER) => now_ms.saturating_sub(since).saturating_add(1),
            (_, heard) => now_ms.saturating_sub(heard),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_means_more_the_longer_it_lasts() {
        let contact = Contact::default();
        let of = |now| [contact.is_starting(now), contact.must_ask(now), contact.is_stale(now), contact.is_unwatched(now)];
        assert_eq!(of(i64::MAX), [false; 4], "without anyone who announces, silence means nothing");
        contact.expect(1_000);
        assert_eq!(of(1_000), [true, false, false, false]);
        assert_eq!(of(10_999), [true, true, false, false]);
        assert_eq!(of(11_000), [false, true, false, false]);
        assert_eq!(of(61_001), [false, true, true, false]);
        contact.heard(62_000, 7);
        contact.expect(5);
        assert_eq!(of(62_500), [false; 4]);
        assert_eq!(of(62_501), [false, true, false, false]);
        assert_eq!(of(122_001), [false, true, true, false]);
        assert_eq!(of(62_001 + UNWATCHED_MS), [false, true, true, true]);
        contact.heard(62_400, 6);
        assert_eq!((contact.newest(), of(62_900)), (7, [false; 4]), "an older number does not undo a newer one");
    }
}
