//! Latencies in buckets of fixed layout: any two histograms can be merged, and a quantile is known to 1/64.

use serde::{Deserialize, Serialize};

use super::sparse;
use crate::evidence::InsufficientData;
use crate::math;
use crate::stats::binomial;
use crate::stats::level::Level;

/// Buckets of a doubling.
const PER_DOUBLING: u64 = 64;
/// Below that every microsecond has its own bucket.
const EXACT: u64 = 2 * PER_DOUBLING;
/// The longest latency that is resolved: 2³⁶ µs, nineteen hours. A longer one counts as this.
const LONGEST: u64 = (1 << 36) - 1;
/// How many buckets there are.
pub(super) const BUCKETS: usize = (EXACT + PER_DOUBLING * (36 - 7)) as usize;

/// How many requests took how long, in microseconds. There are no buckets before the first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Latency {
    #[serde(serialize_with = "sparse::write", deserialize_with = "sparse::read::<_, BUCKETS>")]
    pub(super) counts: Vec<u64>,
}

impl Latency {
    /// Counts one request.
    pub fn add(&mut self, micros: u64) {
        self.counts.resize(BUCKETS, 0);
        if let Some(count) = self.counts.get_mut(bucket(micros)) {
            *count = count.saturating_add(1);
        }
    }

    /// Adds what `other` counted.
    pub fn merge(&mut self, other: &Latency) {
        super::add_side(&mut self.counts, &other.counts);
    }

    /// Requests counted.
    pub fn count(&self) -> u64 {
        self.counts.iter().fold(0u64, |sum, count| sum.saturating_add(*count))
    }

    /// The latency in microseconds that the part `q` of the requests does not exceed: the upper end of its bucket, so at least the exact
    /// nearest-rank quantile and at most 1/64 above it (exact up to 128 µs).
    ///
    /// # Errors
    /// [`InsufficientData`] without latencies, or when `q` is not in [0, 1].
    ///
    /// # Source
    /// The layout of HdrHistogram (Tene), with six bits for the mantissa.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::window::Latency;
    /// let mut latency = Latency::default();
    /// (1..=1000).for_each(|micros| latency.add(micros));
    /// assert_eq!((latency.quantile(0.1), latency.quantile(0.99)), (Ok(100), Ok(991)));
    /// ```
    pub fn quantile(&self, q: f64) -> Result<u64, InsufficientData> {
        let total = self.count();
        InsufficientData::unless(total, 1, "latencies")?;
        InsufficientData::unless(u64::from((0.0..=1.0).contains(&q)), 1, "quantiles in [0, 1]")?;
        let rank = ((q * total as f64).ceil() as u64).clamp(1, total);
        Ok(upper_end(self.bucket_of_rank(rank)))
    }

    /// Requests that took longer than `micros`. Those of the bucket that holds it count as longer: at most 1/64 too long a limit is
    /// never applied.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::window::Latency;
    /// let mut latency = Latency::default();
    /// [100, 199_000, 201_000, 900_000].into_iter().for_each(|micros| latency.add(micros));
    /// assert_eq!(latency.above(205_000), 1);
    /// ```
    pub fn above(&self, micros: u64) -> u64 {
        let places = (0usize..).zip(&self.counts).filter(|(place, _)| upper_end(*place) > micros);
        places.fold(0u64, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// The interval of the latency that the part `q` of requests does not exceed, in microseconds; each end is moved outwards to the end
    /// of its bucket.
    ///
    /// # Errors
    /// [`InsufficientData`] while even the slowest request may be faster than the upper end, or when `q` is not in (0, 1).
    ///
    /// # Formula
    /// From the l-th to the u-th fastest of n requests, l the largest with P(X < l) ≤ α/2 and u the smallest with P(X ≥ u) ≤ α/2, X
    /// binomial (n, q).
    ///
    /// # Source
    /// Order statistics, as in Hahn & Meeker (1991), §5.2.
    pub fn interval(&self, q: f64, level: Level) -> Result<(u64, u64), InsufficientData> {
        InsufficientData::unless(u64::from(q > 0.0 && q < 1.0), 1, "quantiles in (0, 1)")?;
        let (total, tail) = (self.count(), level.alpha() / 2.0);
        let needed = (math::ln(tail) / math::ln(q)).max(math::ln(tail) / math::ln(1.0 - q)).ceil();
        InsufficientData::unless(total, needed.min(9e15) as u64, "latencies for an interval of this quantile")?;
        // Both conditions are monotone in the rank.
        let last = |holds: &dyn Fn(u64) -> bool| {
            let (mut yes, mut no) = (0, total + 1);
            while no - yes > 1 {
                let middle = yes + (no - yes) / 2;
                if holds(middle) { yes = middle } else { no = middle }
            }
            yes
        };
        let low = last(&|rank| binomial::cdf(rank - 1, total, q) <= tail).clamp(1, total);
        let high = (last(&|rank| binomial::sf(rank - 1, total, q) > tail) + 1).clamp(1, total);
        let below = self.bucket_of_rank(low).checked_sub(1).map_or(0, |before| upper_end(before) + 1);
        Ok((below, upper_end(self.bucket_of_rank(high))))
    }

    fn bucket_of_rank(&self, rank: u64) -> usize {
        let mut seen = 0u64;
        let place = self.counts.iter().position(|count| {
            seen = seen.saturating_add(*count);
            seen >= rank
        });
        place.unwrap_or(BUCKETS - 1)
    }
}

fn bucket(micros: u64) -> usize {
    let micros = micros.min(LONGEST);
    if micros < EXACT {
        return micros as usize;
    }
    let doubling = u64::from(micros.ilog2()) - 7;
    // The six bits behind the first.
    let within = (micros >> (doubling + 1)) - PER_DOUBLING;
    (EXACT + doubling * PER_DOUBLING + within) as usize
}

/// The longest latency of a bucket.
fn upper_end(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < EXACT {
        return bucket;
    }
    let (doubling, within) = ((bucket - EXACT) / PER_DOUBLING, (bucket - EXACT) % PER_DOUBLING);
    ((PER_DOUBLING + within + 1) << (doubling + 1)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn buckets_cover_everything_once() {
        let mut before = None;
        for place in 0..BUCKETS {
            let end = upper_end(place);
            assert_eq!(bucket(end), place);
            let start = before.map_or(0, |end: u64| end + 1);
            assert_eq!(bucket(start), place);
            before = Some(end);
        }
        assert_eq!((before, bucket(u64::MAX)), (Some(LONGEST), BUCKETS - 1));
        assert!(Latency::default().quantile(0.5).is_err());
    }

    #[test]
    fn the_interval_of_a_quantile_is_of_order_statistics() {
        let mut latency = Latency::default();
        (1..=100).for_each(|micros| latency.add(micros));
        // P(X < 40) = P(X >= 61) = 0.0176 and P(X < 41) = 0.0284, X binomial (100, 1/2).
        assert_eq!(latency.interval(0.5, Level::FIVE_PERCENT), Ok((40, 61)));
        let needed = latency.interval(0.99, Level::FIVE_PERCENT).unwrap_err().needed;
        assert_eq!(needed, 368);
        (0..268).for_each(|_| latency.add(50_000));
        let (low, high) = latency.interval(0.99, Level::FIVE_PERCENT).unwrap();
        assert!(low <= 50_000 && (50_000..51_000).contains(&high), "{low} {high}");
        assert!(
            latency.interval(1.0, Level::FIVE_PERCENT).is_err() && Latency::default().interval(0.5, Level::FIVE_PERCENT).is_err()
        );
    }

    proptest! {
        #[test]
        fn requests_above_a_limit_are_never_missed(micros in prop::collection::vec(0u64..1_000_000, 0..200), limit in 0u64..1_000_000) {
            let mut latency = Latency::default();
            micros.iter().for_each(|m| latency.add(*m));
            let above = |limit: f64| micros.iter().filter(|m| **m as f64 > limit).count() as u64;
            let found = latency.above(limit);
            prop_assert!(found >= above(limit as f64) && found <= above(limit as f64 * (1.0 - 1.0 / 64.0) - 1.0), "{found}");
        }

        #[test]
        fn a_quantile_is_off_by_a_64th_at_most(mut micros in prop::collection::vec(0u64..10_000_000_000, 1..200), q in 0.0f64..=1.0) {
            let mut latency = Latency::default();
            micros.iter().for_each(|m| latency.add(*m));
            micros.sort_unstable();
            let exact = micros[((q * micros.len() as f64).ceil() as usize).clamp(1, micros.len()) - 1];
            let ours = latency.quantile(q).unwrap();
            prop_assert!(ours >= exact && ours as f64 <= exact as f64 * (1.0 + 1.0 / 64.0), "{ours} {exact}");
        }
    }
}
