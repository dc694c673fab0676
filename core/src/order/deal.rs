//! Sorting by dealing: values go into buckets of equal width, those of a bucket into finer ones, and what is then still out of order is
//! only a few positions away from its place.
//!
//! A comparison sort mispredicts every other comparison; here only the last pass has branches to predict. An ordinary bucket's
//! values lie in the first-level cache, so dealing them scatters nothing. It does not help with values that repeat often.

use super::{key, quantile, value};

/// Below this many values, buckets do not pay off.
const FEW: usize = 2_048;
/// Values that a coarse bucket holds when they lie evenly.
const EVEN: usize = 512;
/// A bucket of more values is dealt anew.
const CROWDED: usize = 8_192;
/// Values looked at to place the coarse buckets.
const LOOKED_AT: usize = 512;
/// The most values that are sorted by insertion.
const INSERTED: usize = 16;

/// The values that are not NaN, rising; −0 becomes 0.
pub(crate) fn sorted(values: &[f64]) -> Vec<f64> {
    if values.is_sorted_by(|a, b| a <= b) {
        // A NaN is in order only when it is alone.
        return values.iter().filter(|x| !x.is_nan()).map(|x| x + 0.0).collect();
    }
    deal(values, true).unwrap_or_else(|| {
        let mut keys: Vec<u64> = values.iter().filter(|x| !x.is_nan()).map(|x| key(*x)).collect();
        keys.sort_unstable();
        keys.into_iter().map(value).collect()
    })
}

/// The values in order; `None` when there are too few, or when buckets cannot distinguish them. A bucket that receives most values is
/// dealt `again` by its own range.
fn deal(values: &[f64], again: bool) -> Option<Vec<f64>> {
    if values.len() < FEW {
        return None;
    }
    let buckets = Buckets::of(values)?;
    let places: Vec<u16> = values.iter().map(|x| buckets.place(*x)).collect();
    let mut ends = vec![0u32; usize::from(buckets.last) + 2];
    let mut missing = 0;
    for (x, place) in values.iter().zip(&places) {
        missing += usize::from(x.is_nan());
        if let Some(count) = ends.get_mut(usize::from(*place) + 1) {
            *count += u32::from(!x.is_nan());
        }
    }
    let mut sum = 0;
    for end in &mut ends {
        sum += *end;
        *end = sum;
    }
    // While values are dealt, what begins as the start of a bucket grows into its end.
    let mut out = vec![0.0; values.len() - missing];
    for (x, place) in values.iter().zip(&places).filter(|(x, _)| !x.is_nan()) {
        if let Some(at) = ends.get_mut(usize::from(*place)) {
            if let Some(slot) = out.get_mut(*at as usize) {
                *slot = x + 0.0;
            }
            *at += 1;
        }
    }
    let (mut rest, mut start, mut table) = (out.as_mut_slice(), 0, Table::default());
    for end in ends.iter().take(usize::from(buckets.last) + 1) {
        let Some((bucket, after)) = std::mem::take(&mut rest).split_at_mut_checked((end - start) as usize) else { break };
        (rest, start) = (after, *end);
        match (bucket.len() > CROWDED).then(|| if again { deal(bucket, false) } else { None }) {
            None => table.sort(bucket),
            Some(None) => bucket.sort_unstable_by(f64::total_cmp),
            Some(Some(sorted)) => bucket.copy_from_slice(&sorted),
        }
    }
    Some(out)
}

/// Coarse buckets between two quantiles of a few of the values.
struct Buckets {
    low: f64,
    scale: f64,
    last: u16,
}

impl Buckets {
    fn of(values: &[f64]) -> Option<Buckets> {
        let step = values.len() / LOOKED_AT;
        let mut few: Vec<f64> = values.iter().copied().step_by(step.max(1)).filter(|x| x.is_finite()).collect();
        few.sort_unstable_by(f64::total_cmp);
        let (low, high) = (quantile(&few, 0.005)?, quantile(&few, 0.995)?);
        let last = (values.len() / EVEN).next_power_of_two().clamp(4, 4096) as u16 - 1;
        let scale = f64::from(last - 1) / (high - low);
        // Of equal or enormous values no bucket is like another.
        (scale.is_finite() && scale > 0.0).then_some(Buckets { low, scale, last })
    }

    /// The bucket of a value; it never decreases as the value increases, because each operation is monotone.
    fn place(&self, x: f64) -> u16 {
        let (at, last) = ((x - self.low) * self.scale + 1.0, f64::from(self.last));
        let at = if at > 0.0 { at } else { 0.0 };
        whole(if at < last { at } else { last })
    }
}

/// The nearest whole number of a double from 0 to 65 535: added to 2⁵², it appears in the lowest bits. Cheaper than a cast, which first
/// checks whether the number fits.
fn whole(x: f64) -> u16 {
    const ONES: f64 = 4_503_599_627_370_496.0;
    (x + ONES).to_bits() as u16
}

/// The least and the greatest of values that are not NaN: four of each at a time, which do not wait for one another.
fn ends(values: &[f64]) -> (f64, f64) {
    let (mut low, mut high) = ([f64::MAX; 4], [f64::MIN; 4]);
    let (fours, rest) = values.as_chunks::<4>();
    for four in fours {
        for (x, (low, high)) in four.iter().zip(low.iter_mut().zip(&mut high)) {
            *low = if x < low { *x } else { *low };
            *high = if x > high { *x } else { *high };
        }
    }
    let all = |ends: [f64; 4], of: fn(f64, f64) -> f64, begin: f64| ends.iter().chain(rest).fold(begin, |end, x| of(end, *x));
    (all(low, f64::min, f64::MAX), all(high, f64::max, f64::MIN))
}

/// Room for dealing the values of one bucket.
#[derive(Default)]
struct Table {
    places: Vec<u16>,
    starts: Vec<i16>,
    dealt: Vec<f64>,
}

impl Table {
    /// Sorts at most [`CROWDED`] values, none of them NaN.
    fn sort(&mut self, bucket: &mut [f64]) {
        if bucket.len() <= INSERTED {
            return insert(bucket);
        }
        let (low, high) = ends(bucket);
        if low == high {
            return;
        }
        let last = 2 * bucket.len().next_power_of_two() - 1;
        let scale = last as f64 / (high - low);
        if !(scale.is_finite() && scale > 0.0) {
            return bucket.sort_unstable_by(f64::total_cmp);
        }
        self.places.clear();
        self.places.extend(bucket.iter().map(|x| whole((x - low) * scale)));
        self.starts.clear();
        self.starts.resize(last + 2, 0);
        for place in &self.places {
            if let Some(count) = self.starts.get_mut(usize::from(*place) + 1) {
                *count += 1;
            }
        }
        let most = self.starts.iter().fold(0, |most, count| if *count > most { *count } else { most });
        let mut sum = 0;
        for start in &mut self.starts {
            sum += *start;
            *start = sum;
        }
        self.dealt.resize(bucket.len(), 0.0);
        for (x, place) in bucket.iter().zip(&self.places) {
            if let Some(at) = self.starts.get_mut(usize::from(*place)) {
                if let Some(slot) = self.dealt.get_mut(*at as usize) {
                    *slot = *x;
                }
                *at += 1;
            }
        }
        bucket.copy_from_slice(&self.dealt);
        if most > INSERTED as i16 {
            self.sort_crowds(bucket);
        }
        insert(bucket);
    }

    /// Sorts what is too much for insertion.
    fn sort_crowds(&self, bucket: &mut [f64]) {
        let mut start = 0;
        for end in &self.starts {
            let end = *end as usize;
            if let Some(crowd) = bucket.get_mut(start..end).filter(|crowd| crowd.len() > INSERTED) {
                crowd.sort_unstable_by(f64::total_cmp);
            }
            start = end;
        }
    }
}

/// Sorts by insertion: fast when almost everything is in order.
fn insert(bucket: &mut [f64]) {
    let mut most = bucket.first().copied().unwrap_or_default();
    for at in 1..bucket.len() {
        match bucket.get(at).copied() {
            Some(x) if x < most => sink(bucket.get_mut(..=at).unwrap_or_default(), x),
            Some(x) => most = x,
            None => {}
        }
    }
}

/// Moves the last value, `x`, down to its place.
fn sink(part: &mut [f64], x: f64) {
    let mut hole: Option<&mut f64> = None;
    for slot in part.iter_mut().rev() {
        match hole {
            None => {}
            Some(_) if *slot <= x => break,
            Some(higher) => *higher = *slot,
        }
        hole = Some(slot);
    }
    if let Some(slot) = hole {
        *slot = x;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_values_are_sorted_however_they_lie() {
        let mut random = crate::random::Random::new(1);
        let mut check = |what: &str, of: &mut dyn FnMut(f64) -> f64| {
            let values: Vec<f64> = (0..30_000).map(|_| of(random.unit())).collect();
            let mut expected: Vec<f64> = values.iter().filter(|x| !x.is_nan()).map(|x| x + 0.0).collect();
            expected.sort_by(f64::total_cmp);
            let ours = sorted(&values);
            assert!(ours.iter().map(|x| x.to_bits()).eq(expected.iter().map(|x| x.to_bits())), "{what}");
        };
        check("even", &mut |u| u - 0.5);
        check("skewed", &mut |u| u * u * u * u * u * u * 1e9);
        check("crowded", &mut |u| if u < 0.9 { u * 1e-9 } else { u * 1e9 });
        check("crowded twice", &mut |u| if u < 0.9 { f64::from_bits((u * 9.0) as u64) } else { u });
        check("far", &mut |u| if u < 0.999 { u } else { u * 1e300 });
        check("tied", &mut |u| (u * 5.0).floor() - 2.0);
        check("zeros", &mut |u| if u < 0.5 { -0.0 } else { 0.0 });
        check("equal", &mut |_| 7.25);
        check("huge", &mut |u| (u - 0.5) * f64::MAX);
        check("tiny", &mut |u| u * 1e-310);
        check("infinite", &mut |u| {
            if u < 0.01 {
                f64::INFINITY
            } else if u > 0.99 {
                f64::NEG_INFINITY
            } else {
                u
            }
        });
        check("missing", &mut |u| if u < 0.3 { f64::NAN } else { u });
        check("all missing", &mut |_| f64::NAN);
    }
}
