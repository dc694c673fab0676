//! A declaration made of leads: which fields there are and of what kind, as TOML that a person reads and edits.

mod derive;
mod scale;
mod text;

pub use derive::{Sketch, sketch};
pub use text::{quoted, title, written};
