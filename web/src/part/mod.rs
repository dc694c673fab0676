//! Parts that any view may use.

mod gauge;
mod icon;
mod status;

pub use gauge::Gauge;
pub use icon::{Icon, Sign};
pub use status::{Mood, Status};
