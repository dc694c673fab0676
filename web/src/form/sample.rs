//! Leads to start from: the file beside the bundle, one JSON object a line.

use plumbline_core::lead::{Lead, Value};
use plumbline_core::schema::{FieldKind, Role, Schema};

/// A lead to start from.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// What a person calls it.
    pub title: String,
    /// Its values.
    pub lead: Lead,
}

impl Sample {
    /// The samples in `ndjson`, in order; lines that are no lead, or a lead with fields that `schema` does not know, are left out.
    pub fn read(ndjson: &str, schema: &Schema) -> Vec<Sample> {
        let leads = ndjson.lines().filter_map(|line| serde_json::from_str::<Lead>(line).ok());
        let leads = leads.filter(|lead| lead.iter().all(|(name, _)| schema.field(name).is_some()));
        leads.enumerate().map(|(i, lead)| Sample { title: title(&lead, schema, i + 1), lead }).collect()
    }

    /// A lead of which nothing is known.
    pub fn empty() -> Sample {
        Sample { title: "Empty lead".to_owned(), lead: Lead::default() }
    }

    /// The texts that `samples` hold in the list field `field`, sorted, each once.
    pub fn tags(samples: &[Sample], field: &str) -> Vec<String> {
        let lists = samples.iter().filter_map(|sample| match sample.lead.value(field) {
            Value::List(tags) => Some(tags),
            _ => None,
        });
        let mut tags: Vec<String> = lists.flatten().cloned().collect();
        tags.sort();
        tags.dedup();
        tags
    }
}

/// The lead's id, else its first text that no model reads, else its number.
fn title(lead: &Lead, schema: &Schema, number: usize) -> String {
    let ids = schema.fields.iter().filter(|f| f.role == Role::Id);
    let texts = schema.fields.iter().filter(|f| f.kind == FieldKind::Text);
    let named = ids.chain(texts).find_map(|field| match lead.value(&field.name) {
        Value::Text(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(x) => Some(x.to_string()),
        _ => None,
    });
    named.unwrap_or_else(|| format!("Lead {number}"))
}

#[cfg(test)]
mod tests {
    use plumbline_core::schema::Field;

    use super::*;

    #[test]
    fn leads_of_another_model_are_left_out() {
        let schema = Schema { fields: vec![Field { name: "visits".into(), ..Field::default() }] };
        let samples = Sample::read("{\"visits\":1}\n{\"visits\":1,\"pages\":2}\nno lead\n{}", &schema);
        let titles: Vec<&str> = samples.iter().map(|sample| sample.title.as_str()).collect();
        assert_eq!(titles, ["Lead 1", "Lead 2"]);
        assert_eq!(samples[1].lead, Lead::default());
    }
}
