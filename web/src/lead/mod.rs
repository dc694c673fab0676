//! A lead on the desk: the form that its model asks for, what was typed into it, its score with reasons, and what the service says.
//! Nothing here knows a field by name.

mod answer;
mod desk;
mod draft;
mod form;
mod stored;

pub use answer::{Fault, Reason, Score, judged};
pub use desk::{Desk, Edge};
pub use draft::{Draft, Entry, number};
pub use form::{Control, Field, Served, models};
pub use stored::{Row, Stored, rows};
