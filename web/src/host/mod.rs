//! What the page asks of the browser; the only place that does.

pub mod clock;
pub mod document;
pub mod theme;
