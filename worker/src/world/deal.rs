//! What becomes of a lead: whether and when it buys, for how much, and what sales thinks of its score.

use plumbline_core::math::exp;
use plumbline_core::random::Random;
use plumbline_core::report::time_text;
use serde_json::{Value, json};

const DAY_MS: f64 = plumbline_core::rollout::DAY_MS as f64;
/// Days from the first score to the conversion: median, and σ of its logarithm; 95 % come within 7 days.
const DELAY: (f64, f64) = (3.0, 0.515);
/// Value of a deal: median, and σ of its logarithm, whose coefficient of variation is 1.
const VALUE: (f64, f64) = (13_000.0, 0.832_554_6);
/// Days that a deal is open: median and σ.
const CYCLE: (f64, f64) = (21.0, 0.5);
/// The part of leads that sales rates.
const RATED: f64 = 0.06;

/// The part of leads whose score gets a thumb, up or down.
const VOTED: f64 = 0.3;

/// An event that a CRM will send.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Later {
    /// When it happens and is sent.
    pub at_ms: i64,
    /// The path.
    pub path: &'static str,
    /// The event as JSON.
    pub event: String,
}

/// What becomes of a lead that was first scored at `scored_ms` by `version` and buys with `chance`.
pub(super) fn fate(random: &mut Random, lead: &str, version: &str, scored_ms: i64, chance: f64) -> Vec<Later> {
    let mut events = Vec::new();
    let mut send = |at_ms: i64, path, mut event: Value, id: &str| {
        if let Value::Object(event) = &mut event {
            event.insert("lead_id".into(), lead.into());
            event.insert("event_id".into(), format!("{lead}-{id}").into());
            event.insert("occurred_at".into(), time_text(at_ms).into());
        }
        events.push(Later { at_ms, path, event: event.to_string() });
    };
    let lognormal = |random: &mut Random, (median, sigma): (f64, f64)| median * exp(sigma * random.normal());
    let buys = random.unit() < chance;
    let (delay, value, cycle) = (lognormal(random, DELAY), lognormal(random, VALUE), lognormal(random, CYCLE));
    if buys {
        let converted = scored_ms + (delay * DAY_MS) as i64;
        send(converted, "/v1/outcomes", json!({ "kind": "converted" }), "c");
        send(converted + 60_000, "/v1/outcomes", json!({ "kind": "deal_opened" }), "o");
        let closed = converted + (cycle * DAY_MS) as i64;
        send(closed, "/v1/outcomes", json!({ "kind": "deal_closed", "value": (value / 100.0).round() * 100.0 }), "d");
    }
    let (votes, is_up) = (random.unit() < VOTED, random.unit() < 0.9);
    if votes {
        let at = scored_ms + 7_200_000;
        send(at, "/v1/feedback", json!({ "kind": "thumb", "rating": u8::from(is_up), "version": version }), "t");
    }
    let (rates, rating) = (random.unit() < RATED, (8.4 + 1.4 * random.normal()).round().clamp(1.0, 10.0));
    if rates {
        let at = scored_ms + 3_600_000;
        send(at, "/v1/feedback", json!({ "kind": "satisfaction", "rating": rating, "version": version }), "r");
    }
    events
}
