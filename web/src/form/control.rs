//! Which control a field gets.

use plumbline_core::schema::{Field, FieldKind, Role, Schema};

use crate::words;

/// The controls of a lead, in the schema's order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Form {
    /// The fields a person may edit.
    pub items: Vec<Item>,
}

/// One field's control.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The key in a lead; also the id of its element.
    pub name: String,
    /// Name for people.
    pub label: String,
    /// Unit for people, such as `EUR`; may be empty.
    pub unit: String,
    /// A lead without it is refused.
    pub required: bool,
    /// How it is edited.
    pub control: Control,
}

/// How a field is edited.
#[derive(Debug, Clone, PartialEq)]
pub enum Control {
    /// A number with optional limits.
    Number {
        /// Least value accepted.
        min: Option<f64>,
        /// Greatest value accepted.
        max: Option<f64>,
    },
    /// One of the categories, or not known.
    Choice(Vec<String>),
    /// Yes, no, or not known.
    Flag,
    /// A day.
    Day,
    /// Several texts, with those seen elsewhere as suggestions.
    Tags(Vec<String>),
    /// Free text.
    Text,
}

impl Form {
    /// The form of `schema`; `tags` suggests texts for a list field. Ids are shown elsewhere, scores given by people are not shown.
    pub fn of(schema: &Schema, tags: impl Fn(&str) -> Vec<String>) -> Form {
        let editable = schema.fields.iter().filter(|field| matches!(field.role, Role::Feature | Role::Segment));
        Form { items: editable.map(|field| Item::of(field, &tags)).collect() }
    }

    /// The item of field `name`.
    pub fn item(&self, name: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.name == name)
    }
}

impl Item {
    fn of(field: &Field, tags: &impl Fn(&str) -> Vec<String>) -> Item {
        let control = match field.kind {
            FieldKind::Number => Control::Number { min: field.min, max: field.max },
            FieldKind::Category if field.categories.is_empty() => Control::Number { min: Some(0.0), max: None },
            FieldKind::Category => Control::Choice(field.categories.clone()),
            FieldKind::Flag => Control::Flag,
            FieldKind::List => Control::Tags(tags(&field.name)),
            FieldKind::Date => Control::Day,
            _ => Control::Text,
        };
        Item {
            name: field.name.clone(),
            label: words::capital(&field.display_name()),
            unit: field.unit.clone(),
            required: field.required,
            control,
        }
    }
}
