//! What becomes of a message after it was sent: done, sent again later, or given up.

use sha2::{Digest, Sha256};

/// A message that was handed to a sender is his for so long, in milliseconds; a sender that ends in between loses it to the next.
pub const LEASE_MS: i64 = 30_000;
/// The longest wait between two tries, in milliseconds.
const LONGEST_MS: i64 = 3_600_000;
/// A receiver may ask for a wait of so many seconds at most.
const LONGEST_ASKED_S: u32 = 86_400;
/// A message that the receiver cannot take, by its answer, is given up after so many tries, within half an hour.
const TRIES_OF_CONTENT: u32 = 10;
/// A message that is old has so many tries all the same.
const LEAST_TRIES: u32 = 8;
/// A message is given up at this age, in milliseconds.
const AGE_MS: i64 = 3 * 86_400_000;
/// Tries after which the wait no longer doubles.
const DOUBLED: u32 = 12;

/// What the receiver answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// A status, and the seconds of its `Retry-After`.
    Status {
        /// As HTTP numbers it.
        status: u16,
        /// See above.
        retry_after_s: Option<u32>,
    },
    /// Nothing came back: no connection, no name, no time left.
    Nothing,
}

/// What becomes of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It arrived.
    Done,
    /// It is sent again at this time.
    Again {
        /// When, in milliseconds since 1970.
        due_ms: i64,
    },
    /// It is given up, and shown.
    Dead,
}

/// What becomes of message `id`, written at `created_ms` and sent for the `tries`th time, after `answered` at `now_ms`.
///
/// 2xx: done. 410: the receiver no longer wants messages, given up at once. Anything else, and no answer: again after 2^tries seconds and a
/// jitter that the id decides, at most an hour, until the message is three days old and was sent 8 times; 429 and 503 wait at least as long
/// as `Retry-After` says, at most a day. A 4xx is tried again too, for people mend what causes it: a key that changed, a route that is not
/// there yet. 400, 413, 415 and 422 speak of the message itself: given up after the tenth.
///
/// # Example
/// ```
/// use plumbline_core::alert::{Answered, Settled, settle};
/// let status = |status| Answered::Status { status, retry_after_s: None };
/// assert_eq!(settle("a", 1, 0, status(204), 5), Settled::Done);
/// assert_eq!(settle("a", 1, 0, status(410), 5), Settled::Dead);
/// assert!(matches!(settle("a", 1, 0, status(401), 5), Settled::Again { .. }));
/// let again = settle("a", 3, 0, status(503), 0);
/// assert!(matches!(again, Settled::Again { due_ms: 8_000..=12_000 }), "{again:?}");
/// ```
pub fn settle(id: &str, tries: u32, created_ms: i64, answered: Answered, now_ms: i64) -> Settled {
    let wait_ms = match answered {
        Answered::Status { status: 200..=299, .. } => return Settled::Done,
        Answered::Status { status: 410, .. } => return Settled::Dead,
        // What the message itself causes does not get better, and others wait behind it.
        Answered::Status { status: 400 | 413 | 415 | 422, .. } if tries >= TRIES_OF_CONTENT => return Settled::Dead,
        Answered::Status { status: 429 | 503, retry_after_s: Some(seconds) } => {
            backed_off_ms(id, tries).max(i64::from(seconds.min(LONGEST_ASKED_S)) * 1_000)
        }
        Answered::Status { .. } | Answered::Nothing => backed_off_ms(id, tries),
    };
    let due_ms = now_ms.saturating_add(wait_ms);
    // One that waited behind others has its tries, however old it is.
    if due_ms.saturating_sub(created_ms) > AGE_MS && tries >= LEAST_TRIES { Settled::Dead } else { Settled::Again { due_ms } }
}

/// 2^tries seconds, and up to half as much again by the id, so that messages that failed together do not come back together.
fn backed_off_ms(id: &str, tries: u32) -> i64 {
    let base = 1_000i64 << tries.min(DOUBLED);
    let hash = Sha256::digest(format!("{id} {tries}"));
    let part = hash.iter().take(2).fold(0i64, |part, byte| part << 8 | i64::from(*byte));
    (base + base / 2 * part / 65_535).min(LONGEST_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_has_its_consequence() {
        let status = |status, retry_after_s| Answered::Status { status, retry_after_s };
        for (answered, expected) in [
            (status(200, None), "done"),
            (status(302, None), "again"),
            (status(400, None), "again"),
            (status(401, None), "again"),
            (status(404, Some(5)), "again"),
            (status(408, None), "again"),
            (status(410, None), "dead"),
            (status(425, None), "again"),
            (status(429, None), "again"),
            (status(500, None), "again"),
            (status(503, Some(900)), "again"),
            (Answered::Nothing, "again"),
        ] {
            let found = match settle("m", 1, 0, answered, 0) {
                Settled::Done => "done",
                Settled::Again { .. } => "again",
                Settled::Dead => "dead",
            };
            assert_eq!(found, expected, "{answered:?}");
        }
        for code in [429, 503] {
            assert_eq!(settle("m", 1, 0, status(code, Some(120)), 7), Settled::Again { due_ms: 120_007 });
            assert_eq!(
                settle("m", 1, 0, status(code, Some(u32::MAX)), 7),
                Settled::Again { due_ms: 86_400_007 },
                "a day at most"
            );
        }
        assert!(
            matches!(settle("m", 10, 0, status(503, Some(0)), 0), Settled::Again { due_ms: 60_000.. }),
            "no shorter than its back-off"
        );
        // What speaks of the message is given up soon, for others wait behind it.
        for code in [400, 413, 415, 422] {
            assert!(matches!(settle("m", 9, 0, status(code, None), 0), Settled::Again { .. }));
            assert_eq!(settle("m", 10, 0, status(code, None), 0), Settled::Dead);
        }
        // One that waited behind it for three days is not given up at its first failure.
        assert!(matches!(settle("m", 1, 0, status(500, None), AGE_MS), Settled::Again { .. }));
        // Whatever else is answered, three days are the end.
        assert_eq!(settle("m", 60, 0, status(401, None), AGE_MS), Settled::Dead);
    }

    #[test]
    fn waits_double_to_an_hour_and_end_after_three_days() {
        let mut now_ms = 0;
        let mut waits = Vec::new();
        for tries in 1.. {
            match settle("m", tries, 0, Answered::Nothing, now_ms) {
                Settled::Again { due_ms } => {
                    waits.push(due_ms - now_ms);
                    now_ms = due_ms;
                }
                _ => break,
            }
        }
        for (wait, tries) in waits.iter().zip(1..) {
            let base = (1_000i64 << tries.min(20)).min(LONGEST_MS);
            assert!((base..=(base * 3 / 2).min(LONGEST_MS)).contains(wait), "{tries}: {wait}");
        }
        assert!((AGE_MS - LONGEST_MS..=AGE_MS).contains(&now_ms), "{now_ms}");
        assert_ne!(backed_off_ms("a", 5), backed_off_ms("b", 5));
    }
}
