//! Pomeranz' recursion: the distribution of one sample's distance for up to 140 draws.
#![allow(clippy::indexing_slicing, reason = "rows of n + 1 cells, indexed by ranges clamped to them")]

const BIG: f64 = 340_282_366_920_938_463_463_374_607_431_768_211_456.0;

/// P(Dₙ ≤ `d`) for 1 < n·d < n − 1.
///
/// # Formula
/// Draws fall into 2n + 2 bands, between which the empirical distribution may not leave its strip; the Poisson probabilities of the
/// bands are convolved one after another.
///
/// # Source
/// Pomeranz (1974); Simard & L'Ecuyer (2011), section 2.
pub(super) fn cdf(n: u64, d: f64) -> f64 {
    let count = n as f64;
    let t = count * d;
    let whole = t.floor();
    let part = t - whole;
    let near = part.min(1.0 - part);
    let bounds = Bounds { n: n as i64, whole: whole as i64, any: i64::from(part > 0.0), most: i64::from(part > 0.5) };
    let size = n as usize + 1;
    let terms = |step: f64| {
        let mut term = 1.0;
        (0..size)
            .map(|m| {
                if m > 0 {
                    term *= step / m as f64;
                }
                term
            })
            .collect::<Vec<f64>>()
    };
    let (one, two, rest) = (terms(near / count), terms(2.0 * near / count), terms((1.0 - 2.0 * near) / count));
    let mut row = vec![0.0; size];
    row[0] = 1.0;
    let mut scale = 0i32;
    let last = 2 * n as i64 + 1;
    for i in 1..=last {
        let weights = if i == 1 || i == last {
            &one
        } else if i % 2 == 1 {
            &two
        } else {
            &rest
        };
        let (low, high) = bounds.of(i);
        let (before, until) = bounds.of(i - 1);
        let mut next = vec![0.0; size];
        for to in low..=high {
            let from = before..=until.min(to);
            next[to] = from.fold(0.0, |sum, from| sum + row[from] * weights[to - from]);
        }
        if next.iter().fold(0.0, |most: f64, x| most.max(*x)) < 1.0 / BIG {
            next.iter_mut().for_each(|x| *x *= BIG);
            scale -= 1;
        }
        row = next;
    }
    let mut p = row[size - 1];
    for m in 1..=n {
        p *= m as f64;
        if p > BIG {
            p /= BIG;
            scale += 1;
        }
    }
    for _ in 0..scale.abs() {
        p = if scale > 0 { p * BIG } else { p / BIG };
    }
    p.clamp(0.0, 1.0)
}

struct Bounds {
    n: i64,
    whole: i64,
    /// 1 when n·d is not whole.
    any: i64,
    /// 1 when its part is above a half.
    most: i64,
}

impl Bounds {
    /// How many draws may lie in the first `i` bands, lowest and highest.
    fn of(&self, i: i64) -> (usize, usize) {
        let half = (i + 1) / 2;
        let (low, high) = if i == 0 {
            (-self.whole - self.any - 1, self.whole + self.any - 1)
        } else if i % 2 == 1 && half == self.n + 1 {
            (self.n - self.whole - self.any - 1, self.n + self.whole + self.any - 1)
        } else if i % 2 == 1 {
            (half - 1 - self.whole - self.most - 1, half + self.whole - 1 + self.any - 1)
        } else {
            (half - 1 - self.whole - 1, half + self.whole + self.most - 1)
        };
        ((low + 2).max(0) as usize, high.clamp(0, self.n) as usize)
    }
}
