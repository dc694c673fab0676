//! The exact distribution of the distance between two samples: paths through a lattice that leave a strip.
#![allow(clippy::indexing_slicing, reason = "one column of n + 1 cells, indexed by a window inside it")]

/// Which side of the strip a path must not cross.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boundary {
    /// Neither.
    Both,
    /// The upper one: only the first sample's distribution may not lie that far above the second's.
    Upper,
}

/// P(D ≥ `h` / lcm(m, n)): the chance that the empirical distributions of two samples of one continuous distribution, of `m` and `n`
/// draws, lie that far apart somewhere. `h` is the distance in units of 1 / lcm(m, n), as a whole number. The work grows with m·n.
///
/// # Formula
/// The part of the paths from (0, 0) to (m, n) that touch |x/m − y/n| ≥ h / lcm(m, n), by a recursion of weighted means: no term is
/// subtracted, so small probabilities keep their digits.
///
/// # Source
/// Schröer & Trenkler (1995); Hodges (1957).
///
/// # Example
/// ```
/// use plumbline_core::stats::kolmogorov::{Boundary, two_sample_sf};
/// // Three values all below four others: 2 of the 35 orders.
/// assert!((two_sample_sf(3, 4, 12, Boundary::Both) - 2.0 / 35.0).abs() < 1e-15);
/// ```
pub fn two_sample_sf(m: u64, n: u64, h: u64, boundary: Boundary) -> f64 {
    if h == 0 || m == 0 || n == 0 {
        return 1.0;
    }
    // One boundary is not symmetric in the samples, but its probability is: turn the paths round by a half.
    let (m, n) = (m.max(n), m.min(n));
    let divisor = gcd(m, n);
    let (step_x, step_y, h) = ((n / divisor) as i64, (m / divisor) as i64, h as i64);
    let (m, n) = (m as i64, n as i64);
    // Inside the strip at x: y with |step_x·x − step_y·y| < h.
    let first_inside = |x: i64| ((step_x * x - h).div_euclid(step_y) + 1).clamp(0, n);
    let after_inside = |x: i64| match boundary {
        Boundary::Both => ((step_x * x + h + step_y - 1).div_euclid(step_y)).min(n + 1),
        Boundary::Upper => n + 1,
    };
    // The part of the paths to (x, y) that left the strip; outside it, all of them.
    let mut part = vec![1.0; n as usize + 1];
    (0..after_inside(0)).for_each(|y| part[y as usize] = 0.0);
    for x in 1..=m {
        let (from, to) = (first_inside(x), after_inside(x));
        if to <= from {
            return 1.0;
        }
        let mut below = if from == 0 { 0.0 } else { 1.0 };
        (first_inside(x - 1)..from).for_each(|y| part[y as usize] = 1.0);
        for y in from..to {
            let cell = &mut part[y as usize];
            below = (*cell * x as f64 + below * y as f64) / (x + y) as f64;
            *cell = below;
        }
    }
    part[n as usize]
}

/// The greatest common divisor.
pub(crate) fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts the paths one by one.
    fn by_paths(m: u64, n: u64, h: u64, boundary: Boundary) -> f64 {
        let unit = (m / gcd(m, n) * n) as i64;
        let (mut all, mut out) = (0u64, 0u64);
        for path in 0..1u64 << (m + n) {
            if u64::from(path.count_ones()) != m {
                continue;
            }
            all += 1;
            let (mut x, mut y, mut outside) = (0i64, 0i64, false);
            for i in 0..m + n {
                if path >> i & 1 == 1 {
                    x += 1
                } else {
                    y += 1
                }
                let apart = x * unit / m as i64 - y * unit / n as i64;
                outside |= apart >= h as i64 || boundary == Boundary::Both && -apart >= h as i64;
            }
            out += u64::from(outside);
        }
        out as f64 / all as f64
    }

    #[test]
    fn counts_paths() {
        for (m, n) in [(1, 1), (1, 2), (2, 1), (3, 4), (5, 5), (6, 3), (7, 5), (4, 8)] {
            for h in 0..=m / gcd(m, n) * n {
                for boundary in [Boundary::Both, Boundary::Upper] {
                    let (ours, truth) = (two_sample_sf(m, n, h, boundary), by_paths(m, n, h, boundary));
                    let truth = if h == 0 { 1.0 } else { truth };
                    assert!((ours - truth).abs() < 1e-14, "{m} {n} {h} {boundary:?}: {ours} {truth}");
                }
            }
        }
    }
}
