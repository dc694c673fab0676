//! D1.3 and D3: whether leads differ from the training data where the model looks, and whether that was to be expected.

use super::performance::{Found, expected_auc};
use super::{Facts, Field, Finding, Note};
use crate::rollout::Policy;
use crate::rollout::phrase;
use crate::window::HOUR_MS;

const ID: &str = "D1.3";
const SEVERAL: &str = "D3";
/// The part of the model's importance whose drift is a cause.
const HEAVY: f64 = 0.20;
/// How far the realised area may lie below the one that the scores promise.
const SLACK: f64 = 0.02;
/// A note of change explains drift of so many days after it.
const NOTED_MS: i64 = 14 * 24 * HOUR_MS;
const NAMES: usize = 3;
const LEAST: u64 = 500;

/// The fields that drifted, the heaviest first.
fn drifted<'a>(policy: &Policy, facts: &'a Facts) -> Vec<&'a Field> {
    let rule = &policy.gates.data;
    let has = |field: &&Field| field.distance.is_some_and(|d| d > rule.ks) && field.p_value.is_some_and(|p| p < rule.ks_p);
    let mut found: Vec<&Field> = facts.fields.iter().filter(has).collect();
    found.sort_by(|a, b| b.importance.total_cmp(&a.importance).then_with(|| a.name.cmp(&b.name)));
    found
}

/// Why drift cannot be judged, if so.
fn unknown(id: &str, facts: &Facts) -> Option<Finding> {
    if facts.training.is_none() {
        let text = format!("Leads cannot be compared with the training data: {} has no baseline.", facts.version);
        let action = "Run plumbline baseline on the training data and register the new bundle.";
        return Some(Finding::unknown(id, "NO_BASELINE", text).action("ADD_BASELINE", action));
    }
    let leads = facts.fields.iter().map(|field| field.week.values).max().unwrap_or(0);
    if leads < LEAST {
        let text = format!("Only {} came in seven days, {LEAST} are needed.", phrase::counted(leads, "lead", "leads"));
        return Some(Finding::unknown(id, "TOO_FEW_LEADS", text).with("leads", leads));
    }
    None
}

fn named(fields: &[&Field]) -> String {
    let shown = |field: &&Field| {
        let distance = phrase::rounded(field.distance.unwrap_or_default(), 2);
        if field.importance > 0.0 {
            format!("{} by {distance}, {} of the model's importance", field.name, phrase::percent(field.importance))
        } else {
            format!("{} by {distance}", field.name)
        }
    };
    let mut list: Vec<String> = fields.iter().take(NAMES).map(shown).collect();
    if let Some(more) = fields.len().checked_sub(NAMES).filter(|more| *more > 0) {
        list.push(format!("{more} more"));
    }
    list.join("; ")
}

pub(super) fn find(policy: &Policy, facts: &Facts, performance: &Found) -> Finding {
    if let Some(unknown) = unknown(ID, facts) {
        return unknown;
    }
    let found = drifted(policy, facts);
    let names: Vec<&str> = found.iter().map(|field| field.name.as_str()).collect();
    let share: f64 = found.iter().map(|field| field.importance).sum();
    let route = names.first().map_or("#/data".to_owned(), |name| format!("#/data/{name}"));
    let retrain = "Retrain on recent data, once it is clear that the change is real and here to stay.";
    if share >= HEAVY {
        let text = format!("Leads changed where the model looks: {}.", named(&found));
        return Finding::cause(ID, "IMPORTANT_DRIFT", text)
            .with("fields", names)
            .with("importance", share)
            .action("RETRAIN", retrain)
            .at(route);
    }
    // Leads look the same, the scores promise as much as before, and yet they are kept less: what fields mean for buying has changed.
    let expected = expected_auc(&facts.scores);
    let trained = facts.training.as_ref().and_then(|training| training.auc);
    let broken = match (performance.high, expected, trained) {
        (Some(high), Some(expected), Some(trained)) if performance.is_degraded => {
            (high < expected - SLACK && expected >= trained - SLACK).then_some(expected)
        }
        _ => None,
    };
    if let Some(expected) = broken {
        let text = format!(
            "What the fields mean has changed (concept drift): leads look as in training, and the scores promise AUC {}, but buyers no \
             longer follow them.",
            phrase::auc(expected)
        );
        let action = "Retrain on recent outcomes; ask sales what changed in the market, the offer or the competition.";
        return Finding::cause(ID, "CONCEPT_DRIFT", text)
            .with("expected_auc", expected)
            .action("RETRAIN_ON_OUTCOMES", action)
            .at("#/performance");
    }
    if found.is_empty() {
        let text = format!(
            "Leads look like the training data: none of {} drifted.",
            phrase::counted(facts.fields.len() as u64, "field", "fields")
        );
        return Finding::fine(ID, "NO_DRIFT", text);
    }
    let text = format!("Leads changed a little where it matters less: {}.", named(&found));
    Finding::suspect(ID, "MINOR_DRIFT", text)
        .with("fields", names)
        .with("importance", share)
        .action("WATCH", "Find the reason; no retraining is needed for it.")
        .at(route)
}

/// D3: drift in several fields.
pub(super) fn several(policy: &Policy, facts: &Facts) -> Finding {
    if let Some(unknown) = unknown(SEVERAL, facts) {
        return unknown;
    }
    let found = drifted(policy, facts);
    let (count, allowed) = (found.len() as u64, u64::from(policy.gates.data.features_allowed));
    let names: Vec<&str> = found.iter().map(|field| field.name.as_str()).collect();
    if count <= allowed {
        let text = match count {
            0 => "No field drifted.".to_owned(),
            _ => format!("{} drifted; up to {allowed} are allowed.", phrase::counted(count, "field", "fields")),
        };
        return Finding::fine(SEVERAL, "FEW_DRIFTED", text).with("fields", names);
    }
    let text = format!("{} drifted, {allowed} are allowed: {}.", phrase::counted(count, "field", "fields"), named(&found));
    match expected(facts, &names) {
        Some(note) => {
            let day = phrase::day(note.at_ms, facts.at_ms);
            let text = format!("{text} It was to be expected: on {day} someone noted \"{}\".", note.text);
            Finding::suspect(SEVERAL, "DRIFT_EXPECTED", text)
                .with("fields", names)
                .with("note_ms", note.at_ms)
                .action("RETRAIN_PLANNED", "Check that the change is the one that was meant; retrain at the next planned date.")
                .at("#/data")
        }
        None => {
            let action = "Retrain now on recent data, watch the AUC for 14 days after, and write down the root cause. If someone \
                          meant this change, note it: plumbline note --kind change.";
            Finding::cause(SEVERAL, "DRIFT_UNEXPECTED", format!("{text} No note explains it."))
                .with("fields", names)
                .action("RETRAIN_NOW", action)
                .at("#/data")
        }
    }
}

/// The newest note of a change of the last 14 days that names a drifted field or a value of a segment.
fn expected<'a>(facts: &'a Facts, names: &[&str]) -> Option<&'a Note> {
    let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let segments = facts.segments.iter().flat_map(|mix| [mix.field.as_str(), mix.value.as_str()]);
    let wanted: Vec<String> = names.iter().copied().chain(segments).map(plain).filter(|word| word.len() > 2).collect();
    let recent = facts.notes.iter().rev().filter(|note| note.kind == "change" && note.at_ms > facts.at_ms - NOTED_MS);
    recent.into_iter().find(|note| {
        let text = plain(&note.text);
        wanted.iter().any(|word| text.contains(word.as_str()))
    })
}
