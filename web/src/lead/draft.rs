//! A lead while it is edited: what was typed, right or wrong, until it is scored.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Control, Field};
use crate::read::shortest;

/// A lead while it is edited.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft {
    entries: BTreeMap<String, Entry>,
}

/// What stands in one field.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// As typed or chosen; never empty.
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// Several texts; may be none.
    Tags(Vec<String>),
}

impl Draft {
    /// A draft that holds what `lead` holds.
    pub fn of(lead: &Map<String, Value>) -> Draft {
        let entry = |value: &Value| match value {
            Value::Bool(flag) => Some(Entry::Flag(*flag)),
            Value::String(text) => typed(text),
            Value::Array(tags) => Some(Entry::Tags(tags.iter().filter_map(Value::as_str).map(str::to_owned).collect())),
            Value::Number(x) => Some(Entry::Text(shortest(x.as_f64()?))),
            _ => None,
        };
        let mut draft = Draft::default();
        for (name, value) in lead {
            if let Some(entry) = entry(value) {
                draft.entries.insert(name.clone(), entry);
            }
        }
        draft
    }

    /// What stands in `field` as text for a control; empty where nothing is known.
    pub fn text(&self, field: &str) -> String {
        match self.entries.get(field) {
            None => String::new(),
            Some(Entry::Text(text)) => text.clone(),
            Some(Entry::Flag(flag)) => if *flag { "yes" } else { "no" }.to_owned(),
            Some(Entry::Tags(tags)) => tags.join(", "),
        }
    }

    /// Puts what was typed or chosen into `field`.
    pub fn set(&mut self, field: &Field, text: &str) {
        let entry = match (&field.control, text) {
            (Control::Flag, "yes" | "no") => Some(Entry::Flag(text == "yes")),
            (Control::Tags, text) => typed(text)
                .map(|_| Entry::Tags(text.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect())),
            _ => typed(text),
        };
        match entry {
            Some(entry) => drop(self.entries.insert(field.name.clone(), entry)),
            None => drop(self.entries.remove(&field.name)),
        }
    }

    /// The lead as it stands. What is typed into a number field and is no number stays text: the scorer rejects it and says why.
    pub fn lead(&self, fields: &[Field]) -> Map<String, Value> {
        let value = |name: &str, entry: &Entry| match entry {
            Entry::Flag(flag) => Value::from(*flag),
            Entry::Tags(tags) => Value::from(tags.clone()),
            Entry::Text(text) => {
                let is_number =
                    fields.iter().find(|field| field.name == name).is_some_and(|field| field.control == Control::Number);
                number(text).filter(|_| is_number).map_or_else(|| Value::from(text.as_str()), Value::from)
            }
        };
        let mut lead = Map::new();
        for (name, entry) in &self.entries {
            lead.insert(name.clone(), value(name, entry));
        }
        lead
    }
}

fn typed(text: &str) -> Option<Entry> {
    (!text.trim().is_empty()).then(|| Entry::Text(text.to_owned()))
}

/// A finite number as people type it: spaces around it, a comma or a point before the decimals. `12,500` may be either, and is
/// no number: better rejected than scored as twelve and a half.
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let text = match text.split_once(',') {
        Some((_, decimals)) if decimals.len() == 3 || decimals.contains([',', '.']) => return None,
        _ => text.replace(',', "."),
    };
    crate::read::number(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_as_typed_unless_a_comma_leaves_two_readings() {
        for (text, x) in [(" 7 ", 7.0), ("1,5", 1.5), ("-0.25", -0.25), ("1e3", 1000.0), ("0,1255", 0.1255)] {
            assert_eq!(number(text), Some(x), "{text}");
        }
        for text in ["12,500", "1,234,567", "1,234.5", "1.234,5,6", "twelve", "", "inf", "NaN", "1e999"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn a_lead_survives_the_form() {
        let lead: Map<String, Value> =
            serde_json::from_str(r#"{"visits":4.25,"is_eu":false,"tags":["a","b"],"region":"North"}"#).unwrap();
        let number = Field { name: "visits".into(), control: Control::Number, ..Field::default() };
        assert_eq!(Draft::of(&lead).lead(&[number]), lead);
    }
}
