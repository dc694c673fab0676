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

/// A finite number as people type it: spaces around it, a comma or a point before the decimals.
fn number(text: &str) -> Option<f64> {
    let text = text.trim().replace(',', ".");
    text.parse().ok().filter(|x: &f64| x.is_finite())
}
