//! The models that are served, and which control each of their fields gets.

use serde_json::Value;

use crate::read::{Read, field};

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
    /// Its bands, the lowest first.
    pub bands: Vec<String>,
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
    /// A number with its limits.
    Number(Option<f64>, Option<f64>),
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
    fn read(value: &Value) -> Result<Field, String> {
        let name: String = field(value, "name")?;
        let kind: String = field(value, "kind")?;
        let categories: Vec<String> = field(value, "categories")?;
        let control = match kind.as_str() {
            "number" => Control::Number(field(value, "min")?, field(value, "max")?),
            "category" if categories.is_empty() => Control::Number(Some(0.0), None),
            "category" => Control::Choice(categories),
            "flag" => Control::Flag,
            "list" => Control::Tags,
            "date" => Control::Day,
            _ => Control::Text,
        };
        let label: String = field(value, "label")?;
        let label = if label.is_empty() { name.replace('_', " ") } else { label };
        let mut letters = label.chars();
        let label = letters.next().map_or_else(String::new, |first| format!("{}{}", first.to_ascii_uppercase(), letters.as_str()));
        Ok(Field { name, label, unit: field(value, "unit")?, required: field::<Option<bool>>(value, "required")?.unwrap_or_default(), control })
    }
}

impl Read for Served {
    fn read(value: &Value) -> Result<Served, String> {
        let all: Vec<Value> = field(value, "fields")?;
        // Ids are shown elsewhere; scores by people are not asked for here.
        let is_edited = |one: &&Value| !matches!(one.get("role").and_then(Value::as_str), Some("id" | "human_score"));
        Ok(Served {
            version: field(value, "version")?,
            is_default: field::<Option<bool>>(value, "default")?.unwrap_or_default(),
            digest: field(value, "digest")?,
            bundle: field(value, "bundle")?,
            bands: field(value, "bands")?,
            all: all.iter().filter_map(|one| one.get("name")?.as_str().map(str::to_owned)).collect(),
            fields: all.iter().filter(is_edited).map(Field::read).collect::<Result<_, _>>()?,
        })
    }
}

/// The models in the answer of `GET /v1/models`; the one that answers when none is named first.
pub fn models(text: &str) -> Vec<Served> {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    let mut models: Vec<Served> = field(&value, "models").unwrap_or_default();
    models.retain(|model| !model.bundle.is_empty());
    models.sort_by_key(|model| !model.is_default);
    models
}
