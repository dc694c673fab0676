//! A lead while it is edited: what was typed, right or wrong, until it becomes a [`Lead`].

use std::collections::BTreeMap;

use plumbline_core::lead::{Lead, Value};

use super::{Control, Form};

/// A lead while it is edited.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft {
    entries: BTreeMap<String, Entry>,
}

/// What stands in one field.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// Nothing is known.
    Unknown,
    /// As typed or chosen; never empty.
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// Several texts; may be none.
    Tags(Vec<String>),
}

impl Entry {
    /// What stands in a field after `text` was typed into it.
    pub fn typed(text: &str) -> Entry {
        if text.trim().is_empty() { Entry::Unknown } else { Entry::Text(text.to_owned()) }
    }

    fn of(value: &Value) -> Entry {
        match value {
            Value::Missing => Entry::Unknown,
            Value::Flag(flag) => Entry::Flag(*flag),
            Value::Number(x) => Entry::Text(x.to_string()),
            Value::Text(text) => Entry::typed(text),
            Value::List(tags) => Entry::Tags(tags.clone()),
        }
    }
}

impl Draft {
    /// A draft that holds what `lead` holds.
    pub fn of(lead: &Lead) -> Draft {
        Draft { entries: lead.iter().map(|(name, value)| (name.to_owned(), Entry::of(value))).collect() }
    }

    /// What stands in `field`.
    pub fn entry(&self, field: &str) -> &Entry {
        self.entries.get(field).unwrap_or(&Entry::Unknown)
    }

    /// What stands in `field` as text for an input; empty when unknown.
    pub fn text(&self, field: &str) -> String {
        match self.entry(field) {
            Entry::Unknown => String::new(),
            Entry::Text(text) => text.clone(),
            Entry::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
            Entry::Tags(tags) => tags.join(", "),
        }
    }

    /// Puts `entry` into `field`.
    pub fn set(&mut self, field: &str, entry: Entry) {
        self.entries.insert(field.to_owned(), entry);
    }

    /// The lead as it stands. What is typed into a number field and is no number stays text: the scorer refuses it and says why.
    pub fn lead(&self, form: &Form) -> Lead {
        let mut lead = Lead::default();
        for (name, entry) in &self.entries {
            let numeric = form.item(name).is_none_or(|item| matches!(item.control, Control::Number { .. }));
            lead.set(name.clone(), value(entry, numeric));
        }
        lead
    }
}

fn value(entry: &Entry, numeric: bool) -> Value {
    match entry {
        Entry::Unknown => Value::Missing,
        Entry::Flag(flag) => Value::Flag(*flag),
        Entry::Tags(tags) => Value::List(tags.clone()),
        Entry::Text(text) => match number(text) {
            Some(x) if numeric => Value::Number(x),
            _ => Value::Text(text.clone()),
        },
    }
}

/// A finite number as people type it: spaces around it, a comma or a point before the decimals. `12,500` may be either, and is
/// no number: better refused than scored as twelve and a half.
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let text = match text.split_once(',') {
        Some((_, decimals)) if decimals.len() == 3 || decimals.contains([',', '.']) => return None,
        _ => text.replace(',', "."),
    };
    text.parse().ok().filter(|x: &f64| x.is_finite())
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_taken_as_typed_unless_a_comma_leaves_two_readings() {
        for (text, x) in [(" 7 ", 7.0), ("1,5", 1.5), ("-0.25", -0.25), ("1e3", 1000.0), ("0,1255", 0.1255)] {
            assert_eq!(number(text), Some(x), "{text}");
        }
        for text in ["12,500", "1,234,567", "1,234.5", "1.234,5,6", "twelve", "", "inf", "NaN", "1e999"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
