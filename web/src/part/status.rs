//! Statuses: always a word and a shape; the colour only repeats them.

use maud::{Markup, html};
use plumbline_core::report::Status;

use super::icon::{Icon, icon};
use crate::text::Text;

/// How a status looks: its key of words, its class, its icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// The key of its word.
    pub key: &'static str,
    /// The class that colours it.
    pub class: &'static str,
    /// Its shape.
    pub icon: Icon,
}

/// The look of a measure's, gate's or check's status.
pub fn of_status(status: Status) -> Level {
    let level = |key, class, icon| Level { key, class, icon };
    match status {
        Status::Pass => level("status.pass", "good", Icon::Tick),
        Status::Fail => level("status.fail", "warn", Icon::Warning),
        Status::Inconclusive => level("status.inconclusive", "wait", Icon::Bars),
        Status::InsufficientData => level("status.insufficient_data", "wait", Icon::Question),
        Status::Error => level("status.error", "wait", Icon::Slash),
        Status::Tracked => level("status.tracked", "wait", Icon::Dot),
    }
}

/// The look of the report's verdict.
pub fn of_verdict(status: &str) -> Level {
    let level = |key, class, icon| Level { key, class, icon };
    match status {
        "fine" => level("verdict.fine", "good", Icon::Tick),
        "attention" => level("verdict.attention", "warn", Icon::Warning),
        "critical" | "act" => level("verdict.critical", "critical", Icon::Octagon),
        "held" => level("verdict.held", "wait", Icon::Pause),
        "insufficient_data" => level("verdict.insufficient_data", "wait", Icon::Question),
        _ => level("verdict.none", "wait", Icon::Ring),
    }
}

/// The drawn status.
pub fn status(text: &Text, level: Level) -> Markup {
    html! { span.status.(level.class) { (icon(level.icon)) (text.of(level.key)) } }
}

/// How tall a day's cell is: 0 no data, 1 fine, 2 open, 3 off target.
pub fn level_of_days(status: Option<&Status>) -> u8 {
    match status {
        None | Some(Status::InsufficientData | Status::Tracked) => 0,
        Some(Status::Pass) => 1,
        Some(Status::Inconclusive) => 2,
        Some(Status::Fail | Status::Error) => 3,
    }
}
