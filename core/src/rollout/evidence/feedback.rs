//! What sales reports of the two versions.

use serde::{Deserialize, Serialize};

use crate::stats::moments::Moments;

/// What sales reports since Start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    /// Reports "something is odd" about the challenger that are open.
    pub odd_open: u32,
    /// Those that an operator closed as confirmed.
    pub odd_confirmed: u32,
    /// Thumbs on the challenger's scores.
    pub challenger: Votes,
    /// Thumbs on the champion's scores.
    pub champion: Votes,
    /// Ratings of the challenger's scores, 1 to 10.
    pub ratings: Ratings,
}

/// Thumbs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Votes {
    /// Up.
    pub up: u64,
    /// Down.
    pub down: u64,
}

impl Votes {
    /// Both.
    pub fn all(&self) -> u64 {
        self.up.saturating_add(self.down)
    }
}

/// Ratings: how many, their sum and the sum of their squares, both exact for whole numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Ratings {
    /// How many.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The sum of their squares.
    pub squares: f64,
}

impl Ratings {
    /// Adds a rating.
    pub fn add(&mut self, rating: f64) {
        (self.count, self.sum, self.squares) = (self.count + 1, self.sum + rating, self.squares + rating * rating);
    }

    /// Adds what `other` counted.
    pub fn merge(&mut self, other: &Ratings) {
        (self.count, self.sum, self.squares) = (self.count + other.count, self.sum + other.sum, self.squares + other.squares);
    }

    /// Count, mean and variance.
    pub fn moments(&self) -> Moments {
        Moments::from_sums(self.count, self.sum, self.squares)
    }
}
