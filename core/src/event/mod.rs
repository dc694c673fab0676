//! The records that flow: what the service notes of its leads, and what callers report about them, each with the columns it is stored
//! in or the strict reading of its JSON.
//!
//! A record's columns are named here once, in their order. The log's rows are written by that list, and its view and its documents
//! are checked against it. Not here: how records are carried and stored, which is the service's.

mod arm;
mod column;
mod exposure;
mod fault;
mod feedback;
mod lead_number;
mod outcome;
mod page_score;
mod prediction;
mod read;
mod role;
mod score_change;
mod shard;
mod source;

pub use arm::TestArm;
pub use column::{Cell, Column, ColumnType};
pub use exposure::Exposure;
pub use fault::{EventError, EventsError};
pub use feedback::{Feedback, FeedbackKind};
pub use lead_number::lead_number;
pub use outcome::{Outcome, OutcomeKind};
pub use page_score::{PageFigure, PageScore, PageShadow};
pub use prediction::{Prediction, Status};
pub use read::{Event, MOST_EVENTS, read_events};
pub use role::Role;
pub use score_change::{ChangeReason, PreviousScore, ScoreChange, ScoreChanges, ScoresChanged};
pub use shard::shard;
pub use source::Source;
