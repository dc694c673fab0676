//! What the service says besides its report: notes, older entries of the ledger and its verification, and what a start or a test would take.

use plumbline_core::report::Event;
use plumbline_core::sentence::Sentence;
use serde_json::Value;

use crate::chain::Chain;
use crate::order::order;
use crate::read::{Misfit, Read, field, member, parse, write};

/// Entries of the ledger that are asked for at once.
pub const ENTRIES: u64 = 50;

/// What the page asks for besides the report.
#[derive(Debug, Default, Clone)]
pub struct Aside {
    /// Notes of people and of the service, the newest first.
    pub notes: Vec<Note>,
    /// Entries of the ledger, the newest first.
    pub entries: Vec<Event>,
    /// How many the ledger has, as far as it was asked for.
    pub total: u64,
    /// Its verification by the page; none before it was asked for.
    pub chain: Option<Chain>,
    /// What its verification by the service found; none before it was asked for.
    pub verified: Option<Verified>,
    /// What a start or a test would take; none before the service answered.
    pub ahead: Option<Ahead>,
    /// The revision of the rollout, as the service last said it.
    pub revision: Option<u64>,
}

/// A note.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Note {
    /// When it was written.
    pub at: String,
    /// Such as `change`.
    pub kind: String,
    /// Who wrote it.
    pub by: String,
    /// What it is about, such as the id of a review; empty where it stands alone.
    pub about: String,
    /// What it says.
    pub text: String,
}

impl Read for Note {
    fn read(value: &Value, misfit: &mut Misfit) -> Note {
        Note {
            at: member(value, "at", misfit),
            kind: member(value, "kind", misfit),
            by: member(value, "by", misfit),
            about: member(value, "about", misfit),
            text: member(value, "text", misfit),
        }
    }
}

/// What the verification of the ledger found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Whether all entries follow from one another.
    pub is_valid: bool,
    /// Entries that were verified.
    pub entries: u64,
    /// The entry with the first fault.
    pub fault: u64,
}

/// What a start or a test would take.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ahead {
    /// Weeks of the A/B test.
    pub weeks: u64,
    /// Leads in each arm of it.
    pub per_arm: u64,
    /// The chance that it shows the change it is planned for.
    pub power: f64,
    /// The smallest change that it is likely to show.
    pub least: Option<f64>,
    /// Weeks that it has to have.
    pub weeks_needed: u64,
    /// Whether it has them.
    pub is_long_enough: bool,
    /// Whether precision and recall cannot both hold, which a start has to acknowledge.
    pub cannot_hold: bool,
    /// The whole way in one sentence.
    pub sentence: Sentence,
    /// What stands in the way.
    pub warnings: Vec<Sentence>,
    /// Why there is no plan; empty where there is one.
    pub wrong: String,
}

impl Ahead {
    /// The plan that `GET /v1/plan` answers, or why there is none.
    pub fn of(text: &str) -> Ahead {
        let value = parse(text).unwrap_or_default();
        let test = value.get("test").unwrap_or(&Value::Null);
        let is_plan = test.is_object();
        let wrong: String = field(&value, "detail");
        Ahead {
            weeks: field(test, "weeks"),
            per_arm: field(test, "planned_per_arm"),
            power: field(test, "power"),
            least: field(test, "detectable"),
            weeks_needed: field(test, "weeks_needed"),
            is_long_enough: field(test, "is_long_enough"),
            cannot_hold: value.pointer("/precision_recall/cannot_hold_together").and_then(Value::as_bool).unwrap_or_default(),
            sentence: if is_plan { field(&value, "sentence") } else { Sentence::default() },
            warnings: field(&value, "warnings"),
            wrong: if is_plan || !wrong.is_empty() { wrong } else { "–".to_owned() },
        }
    }
}

impl Aside {
    /// Takes an answer of `GET /v1/ledger`.
    pub fn take_entries(&mut self, text: &str) {
        let value = parse(text).unwrap_or_default();
        let more: Vec<Event> = field(&value, "entries");
        for entry in more {
            if !self.entries.iter().any(|own| own.seq == entry.seq) {
                self.entries.push(entry);
            }
        }
        order(&mut self.entries, |a, b| a.seq > b.seq);
        self.total = field(&value, "total");
    }

    /// Takes an answer of `GET /v1/ledger/verify`.
    pub fn take_verified(&mut self, text: &str) {
        let value = parse(text).unwrap_or_default();
        let number = |path: &str| value.pointer(path).and_then(Value::as_u64).unwrap_or_default();
        let (entries, fault) = (number("/verified/entries"), number("/verified/fault/seq"));
        self.verified = Some(Verified { is_valid: field(&value, "valid"), entries, fault });
    }

    /// `newest` and the older entries that follow them without a gap, the newest first.
    pub fn ledger<'a>(&'a self, newest: &'a [Event]) -> Vec<&'a Event> {
        let mut all: Vec<&Event> = newest.iter().collect();
        for entry in &self.entries {
            match all.last() {
                Some(last) if entry.seq >= last.seq => {}
                Some(last) if entry.seq + 1 < last.seq => break,
                _ => all.push(entry),
            }
        }
        all
    }
}

/// Notes that a saved report has with it, at most: it travels by mail, and beyond the service's reach.
const SAVED_NOTES: usize = 50;
/// Characters of a text in it.
const SAVED_TEXT: usize = 500;
/// Characters of all its notes.
const SAVED_ALL: usize = 2_500;

/// The text of the report `report` with the newest of `notes` in it, as its member `annotations`: a report that is read elsewhere has its notes
/// with it, 50 at most, of 500 characters each and 2,500 in all. What is cut ends with `…`.
pub fn annotated(report: &str, notes: &[Note]) -> String {
    let open = report.trim_end().strip_suffix('}').filter(|open| open.trim_end().len() > 1);
    let Some(open) = open.filter(|_| !notes.is_empty()) else { return report.to_owned() };
    let mut left = SAVED_ALL;
    let listed = notes.iter().take(SAVED_NOTES).map_while(|note| {
        // The rest of a text that is almost all cut says nothing.
        let most = Some(left.min(SAVED_TEXT)).filter(|most| *most >= 40)?;
        let members = [("at", &note.at), ("kind", &note.kind), ("by", &note.by), ("about", &note.about), ("text", &note.text)];
        let members = members.map(|(name, text)| (name, cut(text, if name == "text" { most } else { SAVED_TEXT })));
        left = left.saturating_sub(members.iter().map(|(_, text)| text.chars().count()).sum());
        Some(Value::Object(members.into_iter().map(|(name, text)| (name.to_owned(), Value::String(text))).collect()))
    });
    format!("{open},\"annotations\":{}}}", write(&Value::Array(listed.collect())))
}

/// `text` in at most `most` characters.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// The notes in an answer of `GET /v1/notes`.
pub fn notes(text: &str) -> Vec<Note> {
    field(&parse(text).unwrap_or_default(), "notes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(seq: u64) -> Event {
        let sentence = Sentence::default();
        Event {
            seq,
            at: String::new(),
            kind: String::new(),
            sentence,
            actor: String::new(),
            prev: String::new(),
            hash: String::new(),
        }
    }

    #[test]
    fn older_entries_follow_the_newest_without_a_gap() {
        let listed = |from: u64, to: u64| {
            let of = |seq: u64| {
                format!(
                    r#"{{"seq":{seq},"at":"","kind":"","actor":"","sentence":{{"code":"A","text":"a","values":{{}}}},"prev":"","hash":""}}"#
                )
            };
            format!(r#"{{"entries":[{}],"total":60}}"#, (from..=to).map(of).collect::<Vec<_>>().join(","))
        };
        let mut aside = Aside::default();
        let newest: Vec<Event> = (41..=60).rev().map(entry).collect();
        let seqs = |aside: &Aside| aside.ledger(&newest).iter().map(|event| event.seq).collect::<Vec<_>>();
        aside.take_entries(&listed(21, 30));
        assert_eq!((seqs(&aside).len(), aside.total), (20, 60), "10 entries between are not known");
        aside.take_entries(&listed(25, 40));
        assert_eq!(seqs(&aside), (21..=60).rev().collect::<Vec<_>>());
    }

    #[test]
    fn plans_and_verifications_are_read() {
        let text = r#"{"precision_recall":{"cannot_hold_together":true},"test":{"weeks":6,"planned_per_arm":5806,"power":0.9,"detectable":0.04,"weeks_needed":5,"is_long_enough":true},"sentence":{"code":"A","text":"far","values":{}},"warnings":[]}"#;
        let ahead = Ahead::of(text);
        assert_eq!((ahead.weeks, ahead.per_arm, ahead.least, ahead.cannot_hold), (6, 5_806, Some(0.04), true));
        assert_eq!((ahead.sentence.text.as_str(), ahead.wrong.as_str()), ("far", ""));
        assert_eq!((Ahead::of(r#"{"detail":"no outcome"}"#).wrong.as_str(), Ahead::of("").wrong.as_str()), ("no outcome", "–"));
        let mut aside = Aside::default();
        aside.take_verified(r#"{"valid":false,"verified":{"entries":40,"fault":{"seq":17,"kind":"changed"}},"total":40}"#);
        assert_eq!(aside.verified, Some(Verified { is_valid: false, entries: 40, fault: 17 }));
    }
}
