//! The distribution of the statistic on the paths that have not crossed a bound yet, carried from look to look.
//!
//! √t·Z(t) is a Brownian motion with drift, seen at the looks. What has not crossed is kept as masses on the nodes of a composite
//! Gauss–Legendre rule, dense enough for the narrower of the two steps it takes part in.

use crate::math::{self, gauss_legendre};
use crate::stats::{normal, root};

/// Points per panel.
const POINTS: usize = 16;
/// A panel is at most so many standard deviations of a step wide: 16 points then give about 12 digits.
const PANEL: f64 = 2.0;
/// Values further out are ignored: a normal variable reaches them with probability 1e-18.
const FAR: f64 = 8.7;
/// Below this much α per side, a look has no bound.
const NOTHING: f64 = 1e-16;

/// Mass on values of z.
type Masses = Vec<(f64, f64)>;

/// The paths still under way.
pub(super) struct Walk {
    drift: f64,
    /// Information at the last look.
    t: f64,
    /// Where they are, as mass on values of z.
    masses: Masses,
    rule: Vec<(f64, f64)>,
}

impl Walk {
    /// All paths, before the first look. `drift` is the expected z at t = 1.
    pub fn start(drift: f64) -> Walk {
        Walk { drift, t: 0.0, masses: vec![(0.0, 1.0)], rule: gauss_legendre(POINTS) }
    }

    /// Mass times `tail` of (`bound` seen from each node, in standard deviations of the step to `t`).
    fn sum(&self, t: f64, bound: f64, tail: impl Fn(f64) -> f64) -> f64 {
        let step = t - self.t;
        let (scale, from, to) = (step.sqrt(), self.t.sqrt(), bound * t.sqrt());
        self.masses.iter().map(|(u, mass)| mass * tail((to - u * from - self.drift * step) / scale)).sum()
    }

    /// The probability of not having crossed yet and being above `bound` at `t`.
    pub fn above(&self, t: f64, bound: f64) -> f64 {
        self.sum(t, bound, normal::sf)
    }

    /// The probability of not having crossed yet and being below `bound` at `t`.
    pub fn below(&self, t: f64, bound: f64) -> f64 {
        self.sum(t, bound, normal::cdf)
    }

    /// The bound exceeded with probability `side` by paths that have not crossed yet; infinite for a negligible `side`.
    pub fn bound(&self, t: f64, side: f64) -> f64 {
        if side < NOTHING {
            return f64::INFINITY;
        }
        // On the scale of logarithms a normal tail is nearly a parabola.
        root::of_increasing(0.0, FAR, |bound| math::ln(side) - math::ln(self.above(t, bound)))
    }

    /// Goes on to `t` with the paths within ±`bound`; `next` is the look after it.
    pub fn pass(&mut self, t: f64, bound: f64, next: Option<f64>) {
        let Some(next) = next else { return };
        let step = t - self.t;
        let centre = self.drift * t.sqrt();
        let (low, high) = ((-bound).max(centre - FAR), bound.min(centre + FAR));
        if low >= high {
            self.masses.clear();
            self.t = t;
            return;
        }
        // z spreads by √(step / t) on the way here and is asked for with √((next − t) / t) on the way on.
        let width = PANEL * (step / t).sqrt().min(((next - t) / t).sqrt()).min(1.0);
        let panels = ((high - low) / width).ceil().max(1.0);
        let panel = (high - low) / panels;
        let (scale, root) = (step.sqrt(), t.sqrt());
        let density = |z: f64| {
            let from = self.t.sqrt();
            let kernel = |u: f64| {
                let x = (z * root - u * from - self.drift * step) / scale;
                math::exp(-0.5 * x * x)
            };
            let sum: f64 = self.masses.iter().map(|(u, mass)| mass * kernel(*u)).sum();
            sum * root / (scale * SQRT_TAU)
        };
        let nodes = (0..panels as usize).flat_map(|at| {
            let start = low + at as f64 * panel;
            self.rule.iter().map(move |(x, w)| (start + x * panel, w * panel))
        });
        let masses = nodes.map(|(z, weight)| (z, weight * density(z))).collect();
        self.masses = masses;
        self.t = t;
    }
}

/// √(2π)
const SQRT_TAU: f64 = 2.506_628_274_631_000_2;
