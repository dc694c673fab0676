//! Doubles in order: keys whose integer order is theirs, sorting, and quantiles of what is sorted.

mod deal;

pub(crate) use deal::sorted;

/// An integer that orders as the double does; −0 and 0 are one.
pub(crate) fn key(x: f64) -> u64 {
    let bits = (x + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// The double of a key.
pub(crate) fn value(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
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

/// Sorts leads by their score, rising; leads of one score stay as they are.
pub(crate) fn sort_by_score(leads: &mut [(f64, bool)]) {
    leads.sort_by_key(|(score, _)| key(*score));
}

/// Puts the greatest counts first, equal ones by name, and keeps `most` of them.
pub(crate) fn keep_most_frequent(named: &mut Vec<(String, u64)>, most: usize) {
    heap_sort(named, &|a, b| (b.1, &a.0) < (a.1, &b.0));
    named.truncate(most);
}

/// The quantile `q` of sorted values, by NumPy's default method: linear between order statistics. `None` without values and
/// for a `q` outside [0, 1].
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
    fn the_most_frequent_come_first_and_equal_ones_by_name() {
        let mut named: Vec<_> = [("b", 1), ("d", 3), ("a", 1), ("c", 3), ("e", 2)].map(|(name, n)| (name.to_owned(), n)).into();
        keep_most_frequent(&mut named, 4);
        assert_eq!(named.iter().map(|(name, _)| name.as_str()).collect::<String>(), "cdea");
    }

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
