//! Counts in many frozen bins, put together into the deciles of the reference: the bins in which drift reports state the population
//! stability index. In a thousand bins that index measures the number of bins.

/// Bins of the population stability index of a number.
pub const DECILES: usize = 10;

/// Bins of [0, 1] in which windows count scores.
pub const SCORE_BINS: usize = 1000;

/// The bin of a score; one outside [0, 1] belongs to the nearest.
pub(crate) fn score_bin(score: f64) -> usize {
    let bins = SCORE_BINS as f64;
    ((score * bins).clamp(0.0, bins) as usize).min(SCORE_BINS - 1)
}

/// The last bin of each decile of `reference` but the last: where [`deciles`] begin anew.
pub(crate) fn decile_ends(reference: &[u64]) -> Vec<usize> {
    let all = reference.iter().fold(0u64, |sum, count| sum.saturating_add(*count));
    let (mut ends, mut passed, mut next) = (Vec::new(), 0u64, 1u64);
    // The count up to and with which a decile reaches.
    let reach = |decile: u64| (u128::from(all) * u128::from(decile)).div_ceil(DECILES as u128) as u64;
    for (place, count) in reference.iter().enumerate() {
        passed = passed.saturating_add(*count);
        // Above the largest value lies nothing of the reference; an edge there would make an empty bin.
        if *count > 0 && passed >= reach(next) && passed < all {
            ends.push(place);
            while next < DECILES as u64 && passed >= reach(next) {
                next += 1;
            }
        }
    }
    ends
}

/// The counts of both sides in at most ten bins that hold about equally many reference values. The same bins as
/// [`Bins::of_quantiles`](crate::histogram::Bins::of_quantiles) makes of the reference's values, as far as the frozen edges allow.
///
/// # Example
/// ```
/// use plumbline_core::drift::deciles;
/// let reference = [5; 100];
/// let (before, now) = deciles(&reference, &[[2; 50], [8; 50]].concat());
/// assert_eq!((before, now), (vec![50; 10], [[20; 5], [80; 5]].concat()));
/// ```
pub fn deciles(reference: &[u64], current: &[u64]) -> (Vec<u64>, Vec<u64>) {
    let ends = decile_ends(reference);
    let joined = |counts: &[u64]| {
        let mut sums = vec![0u64; ends.len() + 1];
        for (place, count) in counts.iter().take(reference.len()).enumerate() {
            // A bin belongs to the first decile that does not end before it.
            if let Some(sum) = sums.get_mut(ends.partition_point(|end| *end < place)) {
                *sum = sum.saturating_add(*count);
            }
        }
        sums
    };
    (joined(reference), joined(current))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::Sample;
    use crate::histogram::Bins;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn they_are_the_bins_of_the_reference_itself(
            a in prop::collection::vec(-40i32..40, 1..200),
            b in prop::collection::vec(-40i32..40, 1..200),
        ) {
            let of = |v: &[i32]| v.iter().map(|x| f64::from(*x)).collect::<Vec<_>>();
            let (a, b) = (Sample::reference(&of(&a)).unwrap(), Sample::current(&of(&b)).unwrap());
            let bins = Bins::of_quantiles(a.values(), DECILES).unwrap();
            // Frozen bins with an edge at every whole number.
            let frozen = Bins::new((-40..40).map(f64::from).collect()).unwrap();
            let [fine_a, fine_b] = [&a, &b].map(|sample| frozen.histogram_of_sorted(sample.values()));
            let expected = [&a, &b].map(|sample| bins.histogram_of_sorted(sample.values()));
            let (before, now) = deciles(&fine_a, &fine_b);
            prop_assert_eq!([before, now], expected);
        }
    }

    #[test]
    fn nothing_counted_is_one_bin() {
        assert_eq!(deciles(&[0, 0], &[3, 4]), (vec![0], vec![7]));
        assert_eq!(deciles(&[], &[]), (vec![0], vec![0]));
    }
}
