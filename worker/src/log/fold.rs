//! A lead's events folded into its outcome.

use std::collections::BTreeSet;

use plumbline_core::event::OutcomeKind;
use serde::{Deserialize, Serialize};

/// A stored event, as far as the fold needs it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Happened {
    pub event_id: String,
    pub kind: OutcomeKind,
    pub occurred_ms: i64,
    pub value: Option<f64>,
    pub replaces: Option<String>,
    pub sha256: String,
}

/// What became of a lead, as far as is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Folded {
    /// When it first converted.
    pub converted_ms: Option<i64>,
    /// When it was first lost.
    pub lost_ms: Option<i64>,
    /// The deal's value, as last reported.
    pub deal_value: Option<f64>,
    /// When its first deal was opened.
    pub opened_ms: Option<i64>,
    /// When its first deal was won.
    pub closed_ms: Option<i64>,
    /// Events that count.
    pub events: u32,
}

impl Folded {
    /// The outcome as JSON.
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The outcome that [`Folded::text`] wrote.
    pub fn read(text: &str) -> Option<Folded> {
        serde_json::from_str(text).ok()
    }
}

/// The outcome of `events`, in whatever order they arrived. An event that another names in `replaces` never counts, even when that one is
/// replaced in its turn.
pub(super) fn fold(events: &[Happened]) -> Folded {
    let replaced: BTreeSet<&str> = events.iter().filter_map(|event| event.replaces.as_deref()).collect();
    let mut standing: Vec<&Happened> =
        events.iter().filter(|event| event.kind != OutcomeKind::Retract && !replaced.contains(event.event_id.as_str())).collect();
    standing.sort_by(|a, b| (a.occurred_ms, &a.event_id).cmp(&(b.occurred_ms, &b.event_id)));
    let mut folded = Folded::default();
    for event in standing {
        folded.events += 1;
        folded.deal_value = event.value.or(folded.deal_value);
        let first = match event.kind {
            OutcomeKind::Converted => &mut folded.converted_ms,
            OutcomeKind::Lost => &mut folded.lost_ms,
            OutcomeKind::DealOpened => &mut folded.opened_ms,
            OutcomeKind::DealClosed => &mut folded.closed_ms,
            OutcomeKind::Retract => continue,
        };
        first.get_or_insert(event.occurred_ms);
    }
    folded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event(id: &str, kind: OutcomeKind, occurred_ms: i64, value: Option<f64>, replaces: Option<&str>) -> Happened {
        let (event_id, replaces) = (id.to_owned(), replaces.map(str::to_owned));
        Happened { event_id, kind, occurred_ms, value, replaces, sha256: String::new() }
    }

    fn history() -> Vec<Happened> {
        vec![
            event("a", OutcomeKind::Converted, 50, None, None),
            event("b", OutcomeKind::Converted, 20, None, Some("a")),
            event("c", OutcomeKind::DealOpened, 30, Some(5.0), None),
            event("d", OutcomeKind::DealClosed, 60, Some(7.0), None),
            event("e", OutcomeKind::DealClosed, 60, Some(8.0), None),
            event("f", OutcomeKind::Lost, 70, None, None),
            event("g", OutcomeKind::Retract, 71, None, Some("f")),
        ]
    }

    #[test]
    fn replaced_and_retracted_events_do_not_count() {
        let expected = Folded {
            converted_ms: Some(20),
            lost_ms: None,
            deal_value: Some(8.0),
            opened_ms: Some(30),
            closed_ms: Some(60),
            events: 4,
        };
        assert_eq!(fold(&history()), expected);
        assert_eq!(fold(&[]), Folded::default());
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_does_not_matter(order in Just(history()).prop_shuffle()) {
            prop_assert_eq!(fold(&order), fold(&history()));
        }
    }
}
