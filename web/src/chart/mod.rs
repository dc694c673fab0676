//! Charts as SVG at their real size, drawn with attributes and classes only. Each has its numbers as a text and as a table.

mod band;
mod beside;
mod bins;
mod curve;
mod forest;
mod frame;
mod gain;
mod histogram;
mod lift;
mod quantiles;
mod reliability;
mod scale;
mod spark;
mod timeline;
mod waterfall;

pub use band::{Band, Line, band};
pub use beside::{NARROW, WIDTH, beside};
pub use bins::{Pair, bins, pair_of};
pub use curve::{Curve, curve};
pub use forest::{Forest, forest};
pub use frame::Frame;
pub use gain::gain;
pub use histogram::Histogram;
pub use lift::lift;
pub use quantiles::quantiles;
pub use reliability::reliability;
pub use scale::Scale;
pub use spark::spark;
pub use timeline::timeline;
pub use waterfall::waterfall;
