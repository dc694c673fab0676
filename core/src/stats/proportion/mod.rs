//! Conversion rates: intervals of one, and tests and intervals of the difference and the ratio of two independent ones.
//!
//! Which to take: [`wilson`](Proportion::wilson) for one rate; [`newcombe`](TwoProportions::newcombe) or
//! [`score_difference`](TwoProportions::score_difference) for a difference, [`score_ratio`](TwoProportions::score_ratio) for a relative
//! change. The normal (Wald) forms are here for comparison with other software: they cover too little with few conversions.

mod difference;
mod one;
mod ratio;
mod score;

pub use difference::{DifferenceTest, Equivalence, TwoProportions};
pub use one::Proportion;
