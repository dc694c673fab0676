//! The conversation with the edge: asks when the lead has rested for a moment, again while it is silent.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use plumbline_core::Timestamp;

use super::desk::{Desk, Edge, Judgement};
use crate::bits::Agreement;
use crate::edge::client::{self, Reply};
use crate::edge::wire::{Answer, ModelId, Problem};
use crate::words;

/// A lead that rests this long is asked about, in milliseconds; keystrokes come faster.
const REST_MS: u32 = 150;
/// A silent edge is asked again after this long, in milliseconds.
const RETRY_MS: u32 = 4_000;
/// Round trips remembered.
const TRIPS: usize = 50;

/// Asks about every lead that stands on `desk`, from now on.
pub fn start(desk: Desk) {
    let asked = StoredValue::new(0u64);
    Effect::new(move |_| {
        let lead = desk.lead();
        desk.turn.track();
        let question = asked.get_value() + 1;
        asked.set_value(question);
        desk.edge.update(|edge| {
            if let Edge::Heard(answer) = edge {
                *edge = Edge::Asking(Some(answer.clone()));
            }
        });
        let body = serde_json::to_string(&lead).unwrap_or_default();
        spawn_local(async move {
            let mut wait = if question == 1 { 0 } else { REST_MS };
            loop {
                TimeoutFuture::new(wait).await;
                if asked.get_value() != question {
                    return;
                }
                let reply = client::score(body.clone()).await;
                if asked.get_value() != question {
                    return;
                }
                let silent = matches!(reply, Reply::Silent(_));
                settle(desk, reply);
                if !silent {
                    return;
                }
                wait = RETRY_MS;
            }
        });
    });
}

/// Takes the edge's reply. The page scores the lead again for the moment the edge scored it, so that both answer one question.
fn settle(desk: Desk, reply: Reply) {
    match reply {
        Reply::Silent(why) => {
            desk.spoken.set(desk.here.with_untracked(|here| sentence(here, None, &desk.session().served.id)));
            desk.edge.set(Edge::Silent(why));
        }
        Reply::Heard { answer, round_trip_ms } => {
            if let Ok(answer) = &answer {
                desk.at.set(Timestamp(answer.timestamp_ms));
            }
            desk.trips.update(|trips| {
                trips.push(round_trip_ms);
                let extra = trips.len().saturating_sub(TRIPS);
                trips.drain(..extra);
            });
            desk.spoken.set(desk.here.with_untracked(|here| sentence(here, Some(&answer), &desk.session().served.id)));
            desk.edge.set(Edge::Heard(answer));
        }
    }
}

/// The outcome for a screen reader, such as `Score 73 of 100, hot. The edge gives the same bits.`
fn sentence(here: &Judgement, edge: Option<&Result<Answer, Problem>>, loaded: &ModelId) -> String {
    let mine = match here {
        Ok(score) if score.band.is_empty() => format!("Score {} of 100.", words::whole(score.probability)),
        Ok(score) => format!("Score {} of 100, {}.", words::whole(score.probability), score.band),
        Err(faults) => {
            format!("No score. {}", faults.iter().map(|f| f.detail.as_str()).collect::<Vec<_>>().join(". "))
        }
    };
    let theirs = match (here, edge) {
        (_, None) => "The edge does not answer.",
        (_, Some(Ok(theirs))) if theirs.model != *loaded => "Another model answered at the edge.",
        (Ok(mine), Some(Ok(theirs))) if same(mine.margin, theirs.margin) && same(mine.probability, theirs.probability) => {
            "The edge gives the same bits."
        }
        (Err(_), Some(Err(_))) => "The edge also rejects the lead.",
        _ => "The edge disagrees.",
    };
    format!("{mine} {theirs}")
}

fn same(a: f64, b: f64) -> bool {
    Agreement::of(a, b).is_same()
}
