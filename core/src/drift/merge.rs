//! Two sorted samples walked through once, without a branch that depends on which value comes next: what a report needs of them.

use super::Sample;

/// What one walk finds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Merged {
    /// The largest F − G, and the lowest value at which it is reached.
    pub higher: (f64, f64),
    /// The largest G − F, and the lowest value at which it is reached.
    pub lower: (f64, f64),
    /// ∫ |F − G|
    pub area: f64,
}

/// Walks through two samples, neither empty.
pub(super) fn merge(reference: &Sample, current: &Sample) -> Option<Merged> {
    let (a, b) = (reference.values(), current.values());
    let (m, n) = (a.len() as i64, b.len() as i64);
    let (mut i, mut j) = (0, 0);
    let mut last = a.first()?.min(*b.first()?);
    // F − G in units of 1 / (mn), as it stands behind all values taken so far.
    let mut apart = 0i64;
    let (mut most, mut least, mut area) = ((0i64, last), (0i64, last), 0.0);
    let mut take = |value: f64, change: i64| {
        // Before equal values are all taken the difference means nothing; nor has it width then.
        let counts = if value > last { apart } else { 0 };
        most = if counts > most.0 { (counts, last) } else { most };
        least = if counts < least.0 { (counts, last) } else { least };
        area += apart.abs() as f64 * (value - last);
        last = value;
        apart += change;
    };
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        let first = usize::from(x <= y);
        take(if x <= y { *x } else { *y }, if x <= y { n } else { -m });
        i += first;
        j += 1 - first;
    }
    a.get(i..).unwrap_or_default().iter().for_each(|x| take(*x, n));
    b.get(j..).unwrap_or_default().iter().for_each(|y| take(*y, -m));
    let unit = m as f64 * n as f64;
    Some(Merged { higher: (most.0 as f64 / unit, most.1), lower: (-least.0 as f64 / unit, least.1), area: area / unit })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::{KolmogorovSmirnov, wasserstein};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_finds_what_the_tests_find(a in prop::collection::vec(-9i32..9, 1..60), b in prop::collection::vec(-9i32..9, 1..60)) {
            let of = |v: &[i32]| v.iter().map(|x| f64::from(*x) / 4.0).collect::<Vec<_>>();
            let (a, b) = (Sample::reference(&of(&a)).unwrap(), Sample::current(&of(&b)).unwrap());
            let (found, test) = (merge(&a, &b).unwrap(), KolmogorovSmirnov::new(&a, &b).unwrap());
            prop_assert_eq!((found.higher.0, found.lower.0), (test.higher.statistic, test.lower.statistic));
            prop_assert!((found.area - wasserstein(&a, &b).unwrap()).abs() < 1e-12);
        }
    }
}
