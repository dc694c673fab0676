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
    // Each step waits for the one before it, so two walks at once, below and from the middle on, take little longer than one.
    let middle = *a.get(a.len() / 2)?;
    let ((low_a, high_a), (low_b, high_b)) = (split(a, middle), split(b, middle));
    let begin = a.first()?.min(*b.first()?);
    let between = low_a.last().into_iter().chain(low_b.last()).fold(begin, |most, x| most.max(*x));
    let mut below = Walk::new([low_a, low_b], [n, -m], begin, 0);
    let mut from = Walk::new([high_a, high_b], [n, -m], between, low_a.len() as i64 * n - low_b.len() as i64 * m);
    loop {
        let both = below.sure().min(from.sure());
        if both == 0 {
            break;
        }
        for _ in 0..both {
            below.step();
            from.step();
        }
    }
    below.finish();
    from.finish();
    let unit = m as f64 * n as f64;
    // Of equal differences the lower value counts.
    let most = if from.most.0 > below.most.0 { from.most } else { below.most };
    let least = if from.least.0 < below.least.0 { from.least } else { below.least };
    Some(Merged {
        higher: (most.0 as f64 / unit, most.1),
        lower: (-least.0 as f64 / unit, least.1),
        area: (below.area + from.area) / unit,
    })
}

/// What lies below `middle`, and the rest.
fn split(values: &[f64], middle: f64) -> (&[f64], &[f64]) {
    values.split_at_checked(values.partition_point(|x| *x < middle)).unwrap_or((values, &[]))
}

/// A walk through two lists of sorted values.
struct Walk<'a> {
    lists: [&'a [f64]; 2],
    /// By how much a value of each list moves `apart`.
    changes: [i64; 2],
    at: [usize; 2],
    last: f64,
    /// F − G in units of 1 / (mn), as it stands behind all values taken so far.
    apart: i64,
    most: (i64, f64),
    least: (i64, f64),
    area: f64,
}

impl<'a> Walk<'a> {
    fn new(lists: [&'a [f64]; 2], changes: [i64; 2], last: f64, apart: i64) -> Walk<'a> {
        Walk { lists, changes, at: [0, 0], last, apart, most: (0, last), least: (0, last), area: 0.0 }
    }

    /// How many steps there are for sure before a list ends.
    fn sure(&self) -> usize {
        let ([a, b], [i, j]) = (self.lists, self.at);
        (a.len() - i).min(b.len() - j)
    }

    #[inline(always)]
    fn step(&mut self) {
        let ([a, b], [i, j]) = (self.lists, self.at);
        if let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
            let first = usize::from(x <= y);
            // Written so, the lesser is one instruction; of equal ones it does not matter.
            self.take(if x < y { *x } else { *y }, if x <= y { self.changes[0] } else { self.changes[1] });
            self.at = [i + first, j + 1 - first];
        }
    }

    #[inline(always)]
    fn take(&mut self, value: f64, change: i64) {
        // Before equal values are all taken the difference means nothing; nor has it width then.
        let counts = if value > self.last { self.apart } else { 0 };
        self.most = if counts > self.most.0 { (counts, self.last) } else { self.most };
        self.least = if counts < self.least.0 { (counts, self.last) } else { self.least };
        self.area += self.apart.abs() as f64 * (value - self.last);
        self.last = value;
        self.apart += change;
    }

    fn finish(&mut self) {
        while self.sure() > 0 {
            self.step();
        }
        for (list, at, change) in [(self.lists[0], self.at[0], self.changes[0]), (self.lists[1], self.at[1], self.changes[1])] {
            list.get(at..).unwrap_or_default().iter().for_each(|x| self.take(*x, change));
        }
    }
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
