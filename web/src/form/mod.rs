//! The form of a lead, made from the bundle's schema: nothing here knows the demo's fields.

mod control;
mod draft;
mod sample;

pub use control::{Control, Form, Item};
pub use draft::{Draft, Entry, number};
pub use sample::Sample;
