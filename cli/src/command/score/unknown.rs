//! Values that the model has never seen: how many leads have some, and which.

use std::collections::BTreeMap;

use plumbline_core::Scorer;
use plumbline_core::lead::{ReadValue, Slots};

use crate::output::terminal::thousands;
use crate::report::summary::{UnknownField, UnknownValue, UnknownValues};

/// Distinct values counted by name of one field; of others only their leads are counted.
const NAMED: usize = 10_000;
/// Values shown of one field.
const SHOWN: usize = 5;
/// Above this share of the leads the summary warns.
const WARNING: f64 = 0.01;

/// Counts of leads by field and value.
#[derive(Debug, Default)]
pub struct Unknown {
    leads: u64,
    fields: BTreeMap<usize, Field>,
}

#[derive(Debug, Default)]
struct Field {
    name: String,
    leads: u64,
    values: BTreeMap<String, u64>,
}

impl Unknown {
    /// Counts the lead that was read into `slots`.
    pub fn count(&mut self, scorer: &Scorer, slots: &Slots) {
        let names = scorer.unknown_values(slots);
        if names.is_empty() {
            return;
        }
        let known = |at: usize| Some((at, scorer.bundle().manifest.schema.fields.get(at)?));
        let fields = slots.unknown_values().filter_map(known).filter(|(_, field)| names.contains(&field.name));
        self.add(fields.map(|(at, field)| {
            let value = if let ReadValue::Text(value) = slots.value(at, field) { Some(value) } else { None };
            (at, &*field.name, value)
        }));
    }

    /// Counts a lead or a row with these unknown values: each field's place, its name and its value.
    pub fn add<'v>(&mut self, found: impl Iterator<Item = (usize, &'v str, Option<&'v str>)>) {
        let mut is_known = true;
        for (at, name, value) in found {
            is_known = false;
            let counts = self.fields.entry(at).or_insert_with(|| Field { name: name.to_owned(), ..Field::default() });
            counts.leads += 1;
            let Some(value) = value else { continue };
            if let Some(leads) = counts.values.get_mut(value) {
                *leads += 1;
            } else if counts.values.len() < NAMED {
                counts.values.insert(value.to_owned(), 1);
            }
        }
        self.leads += u64::from(!is_known);
    }

    /// The counts, the most frequent values of a field first.
    pub fn report(&self) -> UnknownValues {
        let value = |(value, leads): (&str, u64)| UnknownValue { value: value.to_owned(), leads };
        let field = |field: &Field| UnknownField {
            field: field.name.clone(),
            leads: field.leads,
            values: field.most_frequent().into_iter().map(value).collect(),
        };
        UnknownValues { leads: self.leads, fields: self.fields.values().map(field).collect() }
    }

    /// A line for each field, and a warning when more than 1 % of the `scored` leads have such a value.
    pub fn words(&self, scored: u64) -> Vec<String> {
        let mut lines = Vec::new();
        let share = self.leads as f64 / scored.max(1) as f64;
        if share > WARNING {
            let percent = share * 100.0;
            lines.push(format!(
                "warning: {} of {} leads ({percent:.1} %) have a value that the model has never seen; it scores them as missing",
                thousands(self.leads),
                thousands(scored)
            ));
        }
        for field in self.fields.values() {
            let shown = field.most_frequent();
            let shown: Vec<String> = shown.iter().map(|(value, leads)| format!("{value:?} ({})", thousands(*leads))).collect();
            let more = field.values.len().saturating_sub(SHOWN);
            let more = if more > 0 { format!(" and {} more", thousands(more as u64)) } else { String::new() };
            let leads = if field.leads == 1 { "lead" } else { "leads" };
            lines.push(format!(
                "not known to the model in {:?}, {} {leads}: {}{more}",
                field.name,
                thousands(field.leads),
                shown.join(", ")
            ));
        }
        lines
    }
}

impl Field {
    fn most_frequent(&self) -> Vec<(&str, u64)> {
        let mut values: Vec<(&str, u64)> = self.values.iter().map(|(value, leads)| (value.as_str(), *leads)).collect();
        values.sort_by_key(|(_, leads)| std::cmp::Reverse(*leads));
        values.truncate(SHOWN);
        values
    }
}
