//! Made-up leads: thirty numbers and ten categories of up to 200 values, interactions, bends, and a tenth missing in twelve columns. A value
//! depends on its lead and column alone, so columns come one at a time and in any order of leads.

use plumbline_core::math::logistic;
use plumbline_core::random::Random;

/// Leads in an order.
#[derive(Debug)]
pub struct Table {
    order: Vec<u32>,
}

const SIZES: [u64; 10] = [4, 7, 12, 20, 40, 80, 150, 6, 3, 200];

impl Table {
    /// Columns of numbers, which come first.
    pub const NUMBERS: usize = 30;
    /// All columns.
    pub const COLUMNS: usize = 40;

    /// `rows` leads in the order that the seed `order` shuffles them to; 0: as they were drawn.
    pub fn new(rows: u32, order: u64) -> Table {
        let mut rows: Vec<u32> = (0..rows).collect();
        if order != 0 {
            Random::new(order).shuffle(&mut rows);
        }
        Table { order: rows }
    }

    /// One key a lead.
    pub fn keys(&self) -> Vec<u64> {
        self.order.iter().map(|lead| draw(*lead, 1_000).bits()).collect()
    }

    /// Whether each lead converted.
    pub fn outcomes(&self) -> Vec<bool> {
        self.order.iter().map(|lead| draw(*lead, 2_000).unit() < logistic(logit(*lead))).collect()
    }

    /// The values of a column; NaN: missing.
    pub fn column(&self, place: usize) -> Vec<f64> {
        self.order.iter().map(|lead| value(*lead, place)).collect()
    }

    /// The same with zero for what is missing.
    pub fn filled(&self, place: usize) -> Vec<f64> {
        self.order.iter().map(|lead| Some(value(*lead, place)).filter(|value| !value.is_nan()).unwrap_or(0.0)).collect()
    }
}

fn draw(lead: u32, purpose: u64) -> Random {
    Random::new(u64::from(lead) << 12 | purpose)
}

fn value(lead: u32, place: usize) -> f64 {
    let mut random = draw(lead, place as u64);
    if let Some(size) = place.checked_sub(Table::NUMBERS).and_then(|at| SIZES.get(at)) {
        return random.below(*size) as f64;
    }
    let number = random.normal();
    let is_sparse = (20..26).contains(&place) || place < 12 && place.is_multiple_of(2);
    if is_sparse && random.unit() < 0.1 {
        return f64::NAN;
    }
    // Some have few distinct values.
    if place == 10 { (number * 3.0).round() } else { number }
}

/// The effect of a category's value.
fn effect(place: usize, code: f64) -> f64 {
    Random::new(0xeffec7 ^ ((place as u64) << 32) ^ code as u64).normal() * 0.5
}

fn logit(lead: u32) -> f64 {
    let x = |place: usize| Some(value(lead, place)).filter(|value| !value.is_nan()).unwrap_or(0.6);
    let mut logit = -2.0 + 0.8 * x(0) + 0.5 * x(1) * x(2) + 0.3 * x(3) * x(3) - 0.4 * x(6).abs();
    logit += if x(4) > 0.5 { 0.5 * x(5) } else { 0.0 } + if x(8) > 0.0 { 0.3 * x(7) } else { 0.0 };
    for place in Table::NUMBERS..Table::COLUMNS {
        logit += effect(place, x(place));
    }
    logit
}
