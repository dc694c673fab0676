//! Slices of time.
#![allow(clippy::disallowed_methods, reason = "timing is what this is for")]

use std::time::{Duration, Instant};

/// How long one request measures.
const ROUND: Duration = Duration::from_millis(250);

/// Microseconds per unit of work, of each slice.
pub struct Slices(Vec<f64>);

impl Slices {
    /// Repeats `work` (which does `units` of it) for a round.
    pub fn of(units: usize, mut work: impl FnMut()) -> Slices {
        let (mut times, began) = (Vec::new(), Instant::now());
        while times.len() < 3 || began.elapsed() < ROUND {
            let start = Instant::now();
            work();
            times.push(start.elapsed().as_secs_f64() * 1e6 / units as f64);
        }
        times.sort_by(f64::total_cmp);
        Slices(times)
    }

    /// `{"us": fastest, "median_us": …, "slices": …}`
    pub fn to_json(&self) -> String {
        let at = |i: usize| self.0.get(i).copied().unwrap_or(f64::NAN);
        serde_json::json!({ "us": at(0), "median_us": at(self.0.len() / 2), "slices": self.0.len() }).to_string()
    }
}

/// 0..n in an order that is always the same and looks random (Fisher and Yates, numbers by Knuth's MMIX generator).
pub fn permutation(n: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    let mut state = 1u64;
    for i in (1..n).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(i, (state >> 33) as usize % (i + 1));
    }
    order
}
