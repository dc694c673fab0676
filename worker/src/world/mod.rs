//! A simulated company: leads that come, reps who work them hot first, deals that close late. It sends what a CRM would send, as
//! requests with their times, to a real service; the same seed sends the same leads.
//!
//! Not here: the service, and time, which the caller moves as the requests say.

mod deal;
mod file;
mod happening;
mod inside;
mod lead;
mod model;
mod play;
mod script;
mod training;
mod trouble;

pub use file::{ScriptError, ScriptFile};
pub use happening::{Happening, Side, Step};
pub use inside::{Inside, Kept, deploy, models, prepare};
pub use lead::{FIELDS, Lead};
pub use model::{bundle, policy};
pub use play::{Played, Target, play};
pub use script::{Challenger, DEMO_LEADS, DEMO_SEED, HARMED, Person, Script};
