//! The models that are served, and which control each of their fields gets.

use serde_json::Value;

use crate::read::{Misfit, Read, field, member, parse};

/// A model that is served.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Served {
    /// Its version.
    pub version: String,
    /// It answers when a request names none.
    pub is_default: bool,
    /// SHA-256 of its bundle.
    pub digest: String,
    /// Where its bundle is.
    pub bundle: String,
    /// Names of all its fields.
    pub all: Vec<String>,
    /// Its fields that a person may edit.
    pub fields: Vec<Field>,
}

/// One field's control.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Field {
    /// The key in a lead.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// Its unit; may be empty.
    pub unit: String,
    /// A lead without it is rejected.
    pub required: bool,
    /// How it is edited.
    pub control: Control,
}

/// How a field is edited.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Control {
    /// A number.
    Number,
    /// One of these, or not known.
    Choice(Vec<String>),
    /// Yes, no or not known.
    Flag,
    /// A day.
    Day,
    /// Several texts, separated by commas.
    Tags,
    /// Free text.
    #[default]
    Text,
}

impl Read for Field {
    fn read(value: &Value, misfit: &mut Misfit) -> Field {
        let name: String = member(value, "name", misfit);
        let kind: String = member(value, "kind", misfit);
        let categories: Vec<String> = member(value, "categories", misfit);
        let control = match kind.as_str() {
            "number" => Control::Number,
            "category" if categories.is_empty() => Control::Number,
            "category" => Control::Choice(categories),
            "flag" => Control::Flag,
            "list" => Control::Tags,
            "date" => Control::Day,
            _ => Control::Text,
        };
        let label: String = member(value, "label", misfit);
        let label = if label.is_empty() { name.replace('_', " ") } else { label };
        let mut letters = label.chars();
        let label =
            letters.next().map_or_else(String::new, |first| format!("{}{}", first.to_ascii_uppercase(), letters.as_str()));
        Field { name, label, unit: member(value, "unit", misfit), required: member(value, "required", misfit), control }
    }
}

impl Read for Served {
    fn read(value: &Value, misfit: &mut Misfit) -> Served {
        let all: Vec<Value> = member(value, "fields", misfit);
        // Ids are shown elsewhere; scores by people are not asked for here.
        let is_edited = |one: &&Value| !matches!(one.get("role").and_then(Value::as_str), Some("id" | "human_score"));
        Served {
            version: member(value, "version", misfit),
            is_default: member(value, "default", misfit),
            digest: member(value, "digest", misfit),
            bundle: member(value, "bundle", misfit),
            all: all.iter().map(|one| field(one, "name")).collect(),
            fields: all.iter().filter(is_edited).map(|one| Field::read(one, misfit)).collect(),
        }
    }
}

/// The models in the answer of `GET /v1/models`; the one that answers when none is named first.
pub fn models(text: &str) -> Vec<Served> {
    let all: Vec<Served> = field(&parse(text).unwrap_or_default(), "models");
    let (mut models, others): (Vec<Served>, Vec<Served>) =
        all.into_iter().filter(|model| !model.bundle.is_empty()).partition(|model| model.is_default);
    models.extend(others);
    models
}
