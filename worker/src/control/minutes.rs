//! Tallies of minutes that the shards sent, for the rules that roll back at once. Each tick brings the last hour again and asks for the last
//! day: what did not change is not written, and sums over the shards are kept in memory.

use std::collections::BTreeMap;

use plumbline_core::rollout::DAY_MS;
use plumbline_core::rollout::minute::Minute as Judged;
use serde_json::{Value, json};

use super::{Control, integer, text};
use crate::log::Minute;
use crate::store::{Param, Sql, SqlError};

const HOUR_MS: i64 = 3_600_000;
/// Minutes stored by one statement.
const MINUTES_AT_ONCE: usize = 1_000;

/// Requests, failed, over 200 ms, over 500 ms.
type Tally = [u64; 4];

/// The same of leads and probes together: requests for leads and those that failed, and of all how many were timed, over 200 ms and over
/// 500 ms. A probe that is answered says nothing of the leads that are not.
type Sum = [u64; 5];

fn summed(role: &str, [requests, failed, slow, very_slow]: Tally) -> Sum {
    let [of_leads, lost] = if role == PROBE { [0, 0] } else { [requests, failed] };
    [of_leads, lost, requests, slow, very_slow]
}

const PROBE: &str = "probe";

/// What is kept in memory of the table `minutes`; lost without harm.
#[derive(Debug, Default)]
pub(super) struct Minutes {
    /// Of each shard what it sent of late, by start, version and role.
    sent: BTreeMap<u32, BTreeMap<(i64, String, String), Tally>>,
    /// The last day by start and version, all shards and roles together; none while the table has to be read.
    sums: Option<BTreeMap<(i64, String), Sum>>,
}

impl Minutes {
    /// Notes what `shard` sent; whether it is news. The first that it sends after the object was opened is all of its last day.
    fn note(&mut self, shard: u32, minute: &Minute) -> bool {
        let Minute { minute_ms, version, role, requests, failed, over_200, over_500 } = minute;
        let tally = [*requests, *failed, *over_200, *over_500];
        let known = self.sent.entry(shard).or_default();
        let oldest = known.first_key_value().map(|((start, ..), _)| *start);
        let before = known.insert((*minute_ms, version.clone(), role.clone()), tally);
        if before == Some(tally) {
            return false;
        }
        if before.is_none() && oldest.is_none_or(|oldest| *minute_ms <= oldest) {
            // What was summed up of it before is not known.
            self.sums = None;
        }
        if let Some(sums) = &mut self.sums {
            let sum = sums.entry((*minute_ms, version.clone())).or_default();
            let [new, old] = [tally, before.unwrap_or_default()].map(|tally| summed(role, tally));
            for ((sum, new), old) in sum.iter_mut().zip(new).zip(old) {
                *sum = (*sum + new).saturating_sub(old);
            }
        }
        true
    }
}

impl<S: Sql> Control<S> {
    /// Since when `shard` is to send its minutes at `now_ms`: an hour before the newest that it sent, at most a day ago.
    pub fn minutes_since(&self, shard: u32, now_ms: i64) -> i64 {
        let newest = self.minutes.sent.get(&shard).and_then(|sent| sent.last_key_value()).map(|((start, ..), _)| *start);
        newest.map_or(i64::MIN, |newest| newest - HOUR_MS).max(now_ms - DAY_MS)
    }

    /// Stores the tallies of minutes that `shard` sends: they replace those it sent before.
    ///
    /// # Errors
    /// The store failed; then nothing changed.
    pub fn receive_minutes(&mut self, shard: u32, minutes: &[Minute]) -> Result<(), SqlError> {
        let news: Vec<&Minute> = minutes.iter().filter(|minute| self.minutes.note(shard, minute)).collect();
        if news.is_empty() {
            return Ok(());
        }
        let insert = "INSERT INTO minutes (shard, start_ms, version, role, requests, failed, slow, very_slow)
            SELECT CAST(?2 AS INTEGER), m.value ->> 0, m.value ->> 1, m.value ->> 2, m.value ->> 3, m.value ->> 4, m.value ->> 5,
                m.value ->> 6 FROM json_each(?1) AS m WHERE true
            ON CONFLICT (start_ms, version, role, shard) DO UPDATE SET requests = excluded.requests, failed = excluded.failed,
                slow = excluded.slow, very_slow = excluded.very_slow
            WHERE excluded.requests <> minutes.requests OR excluded.failed <> minutes.failed OR excluded.slow <> minutes.slow
                OR excluded.very_slow <> minutes.very_slow";
        let row = |m: &&Minute| json!([m.minute_ms, m.version, m.role, m.requests, m.failed, m.over_200, m.over_500]);
        let stored = self.sql.transaction(&mut |sql| {
            for news in news.chunks(MINUTES_AT_ONCE) {
                let rows = Value::from_iter(news.iter().map(row)).to_string();
                sql.execute(insert, &[Param::Text(&rows), Param::Integer(shard.into())])?;
            }
            Ok(())
        });
        match stored {
            Ok(()) => {
                let since = self.minutes_since(shard, i64::MIN / 2);
                if let Some(sent) = self.minutes.sent.get_mut(&shard) {
                    sent.retain(|(start, ..), _| *start >= since);
                }
            }
            // What was noted is not stored.
            Err(_) => self.minutes = Minutes::default(),
        }
        stored
    }

    /// The tallies of the last day by version, all shards and roles together.
    pub(super) fn minutes(&mut self, now_ms: i64) -> Result<BTreeMap<String, Vec<Judged>>, SqlError> {
        let from = now_ms - DAY_MS;
        let mut sums = match self.minutes.sums.take() {
            Some(sums) => sums,
            None => self.summed_minutes(from)?,
        };
        sums.retain(|(start, _), _| *start > from);
        let mut minutes: BTreeMap<String, Vec<Judged>> = BTreeMap::new();
        for ((at_ms, version), [requests, failed, timed, slow, very_slow]) in &sums {
            let minute =
                Judged { at_ms: *at_ms, requests: *requests, failed: *failed, timed: *timed, slow: *slow, very_slow: *very_slow };
            match minutes.get_mut(version) {
                Some(known) => known.push(minute),
                None => drop(minutes.insert(version.clone(), vec![minute])),
            }
        }
        self.minutes.sums = Some(sums);
        Ok(minutes)
    }

    fn summed_minutes(&mut self, from_ms: i64) -> Result<BTreeMap<(i64, String), Sum>, SqlError> {
        let query = "SELECT start_ms, version, role, sum(requests), sum(failed), sum(slow), sum(very_slow) FROM minutes
            WHERE start_ms > ?1 GROUP BY start_ms, version, role ORDER BY start_ms";
        let rows = self.sql.query(query, &[Param::Integer(from_ms)])?;
        let mut sums: BTreeMap<(i64, String), Sum> = BTreeMap::new();
        for row in &rows {
            let tally = [3, 4, 5, 6].map(|at| integer(row, at).unsigned_abs());
            let sum = sums.entry((integer(row, 0), text(row, 1))).or_default();
            for (sum, more) in sum.iter_mut().zip(summed(&text(row, 2), tally)) {
                *sum += more;
            }
        }
        Ok(sums)
    }
}

#[cfg(test)]
mod tests {
    use plumbline_core::rollout::Policy;
    use plumbline_core::route::AllocationSettings;

    use super::*;
    use crate::store::memory::Memory;

    #[test]
    fn what_is_kept_in_memory_is_what_a_fresh_object_reads() {
        let open = |sql| Control::open(sql, Policy::default(), AllocationSettings::champion_only("")).unwrap();
        let mut control = open(Memory::new());
        let minute = |at: i64, version: &str, requests: u64| Minute {
            minute_ms: at * 60_000,
            version: version.into(),
            role: "champion".into(),
            requests,
            failed: requests / 2,
            over_200: 0,
            over_500: 0,
        };
        let now = 200 * 60_000;
        assert_eq!(control.minutes_since(0, now), now - DAY_MS);
        let sent: [(u32, Vec<Minute>); 6] = [
            (0, vec![minute(1, "a", 4), minute(2, "a", 6)]),
            (1, vec![minute(2, "a", 10), minute(2, "b", 2)]),
            (0, vec![minute(2, "a", 8), minute(150, "a", 2)]),
            (1, vec![minute(151, "a", 20)]),
            // Late, and older than what is remembered of the shard.
            (0, vec![minute(1, "a", 6)]),
            (0, vec![minute(150, "a", 4)]),
        ];
        for (shard, minutes) in sent {
            control.receive_minutes(shard, &minutes).unwrap();
            let kept = control.minutes(now).unwrap();
            let known = std::mem::take(&mut control.minutes);
            assert_eq!(control.minutes(now).unwrap(), kept, "{shard} {minutes:?}");
            control.minutes = known;
            control.receive_minutes(shard, &minutes).unwrap();
            assert_eq!(control.minutes(now).unwrap(), kept, "sent again");
        }
        assert_eq!(control.minutes_since(0, now), (150 - 60) * 60_000);
        let of_a: Vec<_> = control.minutes(now).unwrap()["a"].iter().map(|m| (m.at_ms / 60_000, m.requests, m.failed)).collect();
        assert_eq!(of_a, [(1, 6, 3), (2, 18, 9), (150, 4, 2), (151, 20, 10)]);
        assert!(control.minutes(now + DAY_MS).unwrap().is_empty());

        // A probe is timed; it is no request of a lead, so answered probes do not hide leads that fail.
        let probe = Minute { role: "probe".into(), over_500: 3, ..minute(150, "a", 40) };
        control.receive_minutes(2, &[probe]).unwrap();
        for _ in 0..2 {
            let kept = control.minutes(now).unwrap();
            let seen = kept["a"].iter().find(|minute| minute.at_ms == 150 * 60_000).unwrap();
            assert_eq!((seen.requests, seen.failed, seen.timed, seen.very_slow), (4, 2, 44, 3));
            control.minutes = Minutes::default();
        }
    }
}
