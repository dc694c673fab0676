//! Doubles in order: keys whose integer order is theirs, sorting by those keys, and quantiles of what is sorted.

/// An integer that orders as the double does; −0 and 0 are one.
pub(crate) fn key(x: f64) -> u64 {
    let bits = (x + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// The double of a key.
pub(crate) fn value(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

/// The values that are not NaN, rising; −0 becomes 0.
///
/// Many finite values are dealt into buckets of equal width between two quantiles of a few of them, about eight to a bucket, and
/// sorted there; where values crowd into a bucket, that is dealt out once more.
pub(crate) fn sorted(values: &[f64]) -> Vec<f64> {
    match Buckets::of(values, FEW) {
        Some(buckets) => buckets.sorted(values, true),
        None => {
            let mut keys: Vec<u64> = values.iter().filter(|x| !x.is_nan()).map(|x| key(*x)).collect();
            keys.sort_unstable();
            keys.into_iter().map(value).collect()
        }
    }
}

/// Below this many values buckets do not pay.
const FEW: usize = 2_048;
/// From so many values on a crowded bucket is dealt out once more.
const CROWDED: usize = 512;
/// Values looked at to place the buckets.
const LOOKED_AT: usize = 512;
/// The most values of a bucket that are sorted by insertion.
const INSERTED: usize = 24;

struct Buckets {
    low: f64,
    scale: f64,
    /// The last bucket, at most 2¹⁶ − 1.
    last: u16,
}

impl Buckets {
    fn of(values: &[f64], least: usize) -> Option<Buckets> {
        if values.len() < least {
            return None;
        }
        let step = values.len() / LOOKED_AT;
        let mut few: Vec<f64> = values.iter().copied().step_by(step.max(1)).filter(|x| x.is_finite()).collect();
        few.sort_unstable_by(f64::total_cmp);
        let (low, high) = (quantile(&few, 0.005)?, quantile(&few, 0.995)?);
        let last = u16::try_from((values.len() / 8).next_power_of_two() - 1).unwrap_or(u16::MAX);
        let scale = f64::from(last - 1) / (high - low);
        // Of equal or enormous values no bucket is like another.
        (scale.is_finite() && scale > 0.0).then_some(Buckets { low, scale, last })
    }

    /// The bucket of a value; it never falls as the value rises, because no operation on the way does.
    fn place(&self, x: f64) -> u16 {
        // A double is held at the ends at less cost than a whole number; of the signed ones a cast costs least.
        ((x - self.low) * self.scale + 1.0).clamp(0.0, f64::from(self.last)) as i32 as u16
    }

    fn sorted(&self, values: &[f64], again: bool) -> Vec<f64> {
        let mut ends = vec![0u32; usize::from(self.last) + 2];
        let mut missing = 0;
        let places: Vec<u16> = values.iter().map(|x| self.place(*x)).collect();
        for (x, place) in values.iter().zip(&places) {
            if x.is_nan() {
                missing += 1;
            } else if let Some(count) = ends.get_mut(usize::from(*place) + 1) {
                *count += 1;
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
        let mut rest = out.as_mut_slice();
        let mut start = 0;
        for end in ends.iter().take(usize::from(self.last) + 1) {
            let Some((bucket, after)) = std::mem::take(&mut rest).split_at_mut_checked((end - start) as usize) else { break };
            (rest, start) = (after, *end);
            if bucket.len() <= INSERTED {
                insert(bucket);
            } else if let Some(finer) = again.then(|| Buckets::of(bucket, CROWDED)).flatten() {
                let sorted = finer.sorted(bucket, false);
                bucket.iter_mut().zip(sorted).for_each(|(slot, x)| *slot = x);
            } else {
                bucket.sort_unstable_by(f64::total_cmp);
            }
        }
        out
    }
}

fn insert(bucket: &mut [f64]) {
    for end in 1..bucket.len() {
        let Some((last, before)) = bucket.get_mut(..=end).and_then(|part| part.split_last_mut()) else { continue };
        let mut hole = last;
        for slot in before.iter_mut().rev() {
            if *slot <= *hole {
                break;
            }
            std::mem::swap(slot, hole);
            hole = slot;
        }
    }
}

/// Sorts in place: a heap, whose code is a tenth of that of std's sorts, for lists that a page sorts once. Equal items end in any
/// order.
pub(crate) fn heap_sort<T>(items: &mut [T], less: &impl Fn(&T, &T) -> bool) {
    let n = items.len();
    // First every parent sinks to its place, then the greatest goes to the end, again and again.
    for round in (0..n + n / 2).rev() {
        let (mut at, end) = if round >= n { (round - n, n) } else { (0, round) };
        if round < n {
            items.swap(0, round);
        }
        while let Some([left, rest @ ..]) = items.get(2 * at + 1..end) {
            let child = 2 * at + 1 + usize::from(rest.first().is_some_and(|right| less(left, right)));
            if !items.get(at).zip(items.get(child)).is_some_and(|(parent, child)| less(parent, child)) {
                break;
            }
            items.swap(at, child);
            at = child;
        }
    }
}

/// The quantile `q` of sorted values, as NumPy's default method has it: linear between order statistics. None of no values, and
/// none of a `q` outside [0, 1].
pub(crate) fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1).filter(|_| (0.0..=1.0).contains(&q))?;
    let at = (q * last as f64).clamp(0.0, last as f64);
    let low = at as usize;
    let (below, above, part) = (*sorted.get(low)?, *sorted.get((low + 1).min(last))?, at - low as f64);
    // NumPy interpolates from the nearer end.
    Some(if part >= 0.5 { above - (above - below) * (1.0 - part) } else { below + (above - below) * part })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_order_as_doubles_do() {
        let scores = [-f64::MAX, -1.0, -f64::MIN_POSITIVE, -5e-324, 0.0, 5e-324, 0.1, 1.0, f64::MAX];
        assert!(scores.windows(2).all(|pair| key(pair[0]) < key(pair[1])));
        assert!(scores.iter().all(|x| value(key(*x)) == *x));
        assert_eq!(
            sorted(&[3.0, -0.0, -2.0, 0.0]).iter().map(|x| x.to_bits()).collect::<Vec<_>>(),
            [-2.0f64, 0.0, 0.0, 3.0].map(f64::to_bits)
        );
    }

    #[test]
    fn many_values_are_sorted_however_they_lie() {
        let mut random = crate::random::Random::new(1);
        let mut check = |what: &str, of: &mut dyn FnMut(f64) -> f64| {
            let values: Vec<f64> = (0..20_000).map(|_| of(random.unit())).collect();
            let mut expected: Vec<f64> = values.iter().filter(|x| !x.is_nan()).map(|x| x + 0.0).collect();
            expected.sort_by(f64::total_cmp);
            let ours = sorted(&values);
            assert!(ours.iter().map(|x| x.to_bits()).eq(expected.iter().map(|x| x.to_bits())), "{what}");
        };
        check("even", &mut |u| u - 0.5);
        check("skewed", &mut |u| u * u * u * u * u * u * 1e9);
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

    #[test]
    fn a_heap_sorts() {
        let mut random = crate::random::Random::new(2);
        for n in (0..40).chain([1000]) {
            let mut items: Vec<u64> = (0..n).map(|_| random.bits() >> (60 - n % 40)).collect();
            let mut expected = items.clone();
            expected.sort_unstable();
            heap_sort(&mut items, &|a, b| a < b);
            assert_eq!(items, expected);
        }
    }

    #[test]
    fn quantiles_are_numpys() {
        let sorted = [1.0, 2.0, 4.0, 8.0];
        for (q, expected) in [(0.0, 1.0), (0.5, 3.0), (0.9, 6.8), (1.0, 8.0)] {
            assert!((quantile(&sorted, q).unwrap() - expected).abs() < 1e-12);
        }
        assert_eq!((quantile(&[], 0.5), quantile(&sorted, 1.5), quantile(&sorted, f64::NAN)), (None, None, None));
    }
}
