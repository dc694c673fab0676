//! Rows that try what hosts might do differently: extremes, signed zeros, denormals, missing values, odd category codes.

use super::Draw;
use super::models::{CODES, COLUMNS, NUMERIC};

const EXTREMES: [f64; 14] = [
    0.0,
    -0.0,
    f64::NAN,
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    5e-324,
    -5e-324,
    f64::INFINITY,
    f64::NEG_INFINITY,
    1e-35,
    16_777_217.0,
    0.1,
    1e30,
];

const CODES_AT_THE_EDGE: [f64; 6] = [f64::NAN, -1.0, 0.9, 31.5, 32.0, 1e12];

/// `count` rows for the models of [`cases`](super::cases), laid end to end.
pub fn rows(seed: u64, count: usize) -> Vec<f64> {
    let mut draw = Draw::new(seed);
    (0..count * COLUMNS as usize)
        .map(|i| {
            let categorical = i as u32 % COLUMNS >= NUMERIC;
            match (draw.below(8), categorical) {
                (0, true) => draw.pick(&CODES_AT_THE_EDGE),
                (_, true) => draw.below(CODES + 8) as f64,
                (0..2, false) => draw.pick(&EXTREMES),
                (2..4, false) => draw.below(17) as f64 / 2.0 - 4.0,
                (4, false) => (draw.unit() - 0.5) * 1e-3,
                (_, false) => (draw.unit() - 0.5) * 20.0,
            }
        })
        .collect()
}
