//! How long conversions take.

use plumbline_core::metric::Maturity;
use plumbline_core::table::DAY_MS;
use serde_json::{Value, json};

use crate::client::{Service, encoded};
use crate::output::terminal;
use crate::{Failure, Outcome, clock};

/// Prints which part of conversions comes within a few horizons.
pub(super) fn horizon(service: &Service, most: usize, json: bool) -> Result<Outcome, Failure> {
    const HORIZONS: [i64; 4] = [7, 14, 30, 60];
    let (mut after, mut leads) = (String::new(), Vec::new());
    while leads.len() < most {
        let page = service.get(&format!("/v1/leads?limit=200&after={}", encoded(&after)))?.body;
        let found = page.get("leads").and_then(Value::as_array).cloned().unwrap_or_default();
        let lead =
            |lead: &Value| Some((lead.get("first_ms")?.as_i64()?, lead.pointer("/outcome/converted_ms").and_then(Value::as_i64)));
        leads.extend(found.iter().filter_map(lead));
        match page.get("next").and_then(Value::as_str) {
            Some(next) => next.clone_into(&mut after),
            None => break,
        }
    }
    let now = clock::now().0;
    // Only leads as old as the longest horizon that some have reached: late conversions of younger ones are still to come.
    let oldest = leads.iter().map(|(first, _)| now - first).max().unwrap_or_default();
    let Some(longest) = HORIZONS.into_iter().rev().find(|days| days * DAY_MS <= oldest) else {
        return Err(Failure::usage("TOO_YOUNG", "no lead was scored seven days ago or earlier"));
    };
    let old = leads.iter().filter(|(first, _)| now - first >= longest * DAY_MS);
    let delays: Vec<i64> =
        old.filter_map(|(first, converted)| Some(converted.as_ref()? - first)).filter(|delay| *delay >= 0).collect();
    let within = |days: i64| delays.iter().filter(|delay| **delay <= days * DAY_MS).count();
    let most_of = Maturity::covering(0.95, &delays).ok().map(|rule| rule.after_ms as f64 / DAY_MS as f64);
    let shares: Vec<(i64, usize, f64)> = HORIZONS
        .into_iter()
        .filter(|days| *days <= longest)
        .map(|days| (days, within(days), within(days) as f64 / delays.len().max(1) as f64))
        .collect();
    if json {
        let shares: Vec<Value> =
            shares.iter().map(|(days, n, share)| json!({ "days": days, "conversions": n, "share": share })).collect();
        terminal::say_json(
            &json!({ "leads": leads.len(), "conversions": delays.len(), "oldest_days": oldest / DAY_MS, "within": shares, "days_for_95_percent": most_of }),
        )?;
        return Ok(Outcome::Done);
    }
    terminal::say(&format!("of {} conversions of leads at least {longest} days old", terminal::thousands(delays.len() as u64)))?;
    let rows =
        shares.iter().map(|(days, n, share)| vec![format!("{days} days"), n.to_string(), format!("{:.0} %", share * 100.0)]);
    terminal::say(&terminal::columns(&["within", "conversions", "share"], rows))?;
    if let Some(days) = most_of {
        terminal::say(&format!("95 % come within {days:.1} days: outcome.mature_days should not be much shorter"))?;
    }
    Ok(Outcome::Done)
}
