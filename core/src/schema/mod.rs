//! What fields a lead may have, of which kind, and what each is for.
//!
//! The types here are plain data: TOML for people (`plumbline import --schema`), JSON in a bundle's manifest. Nothing is
//! trusted until [`Schema::check`] has reported every problem with its path.

mod category;
mod check;
mod problem;
pub(crate) mod template;

use serde::{Deserialize, Serialize};

pub(crate) use category::is_same;
pub use category::{Categories, LOST};
pub(crate) use check::check_fields;
pub use problem::{ConfigErrors, Problem, nearest};

use crate::json::ByName;
use crate::table::Epoch;

/// The fields of a lead, in the order the model's owner declared them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// The fields, names unique.
    pub fields: Vec<Field>,
}

/// One field of a lead.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The key in a lead.
    pub name: String,
    /// What values it takes.
    #[serde(default)]
    pub kind: FieldKind,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Role::is_feature")]
    pub role: Role,
    /// A lead without it is refused.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// For a category: the known texts, in code order (code 0 first); a lead's number then stands for its text. Empty: the field is
    /// given as a code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// For a category with listed texts: a number is a code all the same. Set for ordered categories of pandas, which are numbers to
    /// LightGBM.
    #[serde(default, skip_serializing_if = "is_false")]
    pub codes: bool,
    /// Name for people; empty: `name` with spaces for underscores.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// Unit for people, in the singular, such as `employee` or `EUR`; used by the default wording only.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// For a number: a value below is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// For a number: a value above is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// Texts that mean missing in this field; [`PANDAS`] stands for the words that pandas reads so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// For a number: the one that means missing, such as -999.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_number: Option<f64>,
    /// For a date: the unit of one that is a number.
    #[serde(default, skip_serializing_if = "is_milliseconds")]
    pub epoch: Epoch,
    /// Template of a reason for this field, such as `Visited the pricing page {value} {time|times}`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Template when the lead does not carry the field.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason_missing: String,
    /// Template when the number is 0, the list is empty, or the flag is no.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason_zero: String,
    /// Templates for single categories, where the general one does not read well.
    #[serde(default, skip_serializing_if = "ByName::is_empty")]
    pub reason_of: ByName<String>,
}

/// Stands among texts that mean missing for all words that pandas reads so: `NA`, `NULL`, `NaN` and the others of
/// [`word::MISSING`](crate::table::word::MISSING).
pub const PANDAS: &str = "@pandas";

/// Whether `text` is one of `declared`, which mean missing. White space on both sides does not count.
pub(crate) fn means_missing(declared: &[String], text: &str) -> bool {
    let text = text.trim();
    declared.iter().any(|word| word == text || (word == PANDAS && crate::table::is_missing(text)))
}

/// What values a field takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FieldKind {
    /// A finite number.
    #[default]
    Number,
    /// One of a set of texts (`Field::categories`), or its code.
    Category,
    /// Free text.
    Text,
    /// Yes or no.
    Flag,
    /// Several texts, such as tags.
    List,
    /// A day or an instant: `2026-11-23`, an RFC 3339 date-time, or milliseconds since 1970 (UTC).
    Date,
}

impl FieldKind {
    /// The word a declaration uses for it.
    pub fn as_str(self) -> &'static str {
        match self {
            FieldKind::Number => "number",
            FieldKind::Category => "category",
            FieldKind::Text => "text",
            FieldKind::Flag => "flag",
            FieldKind::List => "list",
            FieldKind::Date => "date",
        }
    }

    /// What a lead must carry for it, as an error says it: `a number`.
    pub fn described(self) -> &'static str {
        match self {
            FieldKind::Number => "a number",
            FieldKind::Category => "a category",
            FieldKind::Text => "text",
            FieldKind::Flag => "true or false",
            FieldKind::List => "a list of text values",
            FieldKind::Date => "a date",
        }
    }
}

/// What a field is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Role {
    /// The model may read it.
    #[default]
    Feature,
    /// It names the lead; never read by the model.
    Id,
    /// Results are reported per value of it; the model may read it too.
    Segment,
    /// A score a person gave, kept for comparison; never read by the model.
    HumanScore,
}

impl Role {
    /// Whether the model may read a field of this role.
    pub fn is_readable(self) -> bool {
        matches!(self, Role::Feature | Role::Segment)
    }

    /// The name in a declaration.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Feature => "feature",
            Role::Id => "id",
            Role::Segment => "segment",
            Role::HumanScore => "human_score",
        }
    }

    fn is_feature(&self) -> bool {
        *self == Role::Feature
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_milliseconds(epoch: &Epoch) -> bool {
    *epoch == Epoch::Milliseconds
}

impl Schema {
    /// Whether formats 1 and 2 of a bundle know all that the fields declare: not what means missing, and no unit of dates.
    pub(crate) fn is_plain(&self) -> bool {
        let is_plain =
            |field: &Field| field.missing.is_empty() && field.missing_number.is_none() && is_milliseconds(&field.epoch);
        self.fields.iter().all(is_plain)
    }

    /// The field called `name` and its position.
    pub fn field(&self, name: &str) -> Option<(usize, &Field)> {
        self.fields.iter().enumerate().find(|(_, f)| f.name == name)
    }
}

impl Field {
    /// Takes what means missing in every field of a schema: `texts` that are not its categories, and the number of a number field.
    pub(crate) fn also_missing(&mut self, texts: &[String], number: Option<f64>) {
        if !self.role.is_readable() {
            return;
        }
        // A category that the model was trained on stays one.
        let new = texts.iter().filter(|text| !self.missing.contains(text) && !self.categories.contains(text));
        let new: Vec<String> = new.cloned().collect();
        self.missing.extend(new);
        if self.kind == FieldKind::Number {
            self.missing_number = self.missing_number.or(number);
        }
    }

    /// The name for people: the label, or the name with spaces for underscores.
    pub fn display_name(&self) -> String {
        if self.label.is_empty() {
            self.name.chars().map(|c| if c == '_' { ' ' } else { c }).collect()
        } else {
            self.label.clone()
        }
    }
}
