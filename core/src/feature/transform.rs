//! A transform as declared.

use serde::{Deserialize, Serialize};

use crate::json::ByName;
use crate::schema::{Field, FieldKind, Schema};

/// How one field becomes one or several columns of the model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transform {
    /// Name of the column; of several, their prefix: `name=category`.
    pub name: String,
    /// The field.
    pub from: String,
    /// What is made of the field.
    #[serde(default)]
    pub make: Make,
    /// Spread a code over one 0/1 column per code.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub one_hot: bool,
    /// Of several columns the model's own names, one per code, such as `source_Web` of pandas or `cat__source_Web` of scikit-learn;
    /// empty for a code without a column. Without names they are `name=category`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Steps on the number (or on each of the columns), in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<Step>,
}

/// What is made of a field.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Make {
    /// A number itself; a flag as 0 or 1; a category's code (a category the schema does not list: missing; spread: all 0); a
    /// date's days since 1970.
    #[default]
    Value,
    /// 1 when the lead lacks the field, else 0: the flag that goes with an imputed value.
    Missing,
    /// The interval of a number, by its inner edges, strictly increasing: 0 below the first, 1 from the first on, …
    Bucket(Vec<f64>),
    /// A category's place in this order, from 0; a category not in it is missing (spread: all 0).
    Ordinal(Vec<String>),
    /// The training data's mean outcome of a category; `default` when the category is missing or unknown.
    Target {
        /// Mean outcome by category.
        values: ByName<f64>,
        /// For all others.
        default: f64,
    },
    /// One 0/1 column per item: whether a list has it. Other items are ignored.
    MultiHot(Vec<String>),
    /// How many items a list has, or characters a text.
    Count,
    /// A part of a date, UTC.
    DatePart(DatePart),
    /// Days from a date to the time of scoring, with their fraction; negative for a future date.
    DaysSince,
    /// The class of an e-mail address's domain, as a code: its place among the classes; then, for any other domain, the number
    /// of classes; for an invalid address, one more. Spread: `name=<class>`, `name=other`, `name=invalid`.
    EmailDomain(Vec<DomainClass>),
    /// The number divided by another field's number.
    Ratio(String),
}

/// A part of a date, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatePart {
    /// Such as 2026.
    Year,
    /// 1–4.
    Quarter,
    /// 1–12.
    Month,
    /// Day of the month, 1–31.
    Day,
    /// Monday 0 to Sunday 6.
    Weekday,
    /// 1–366.
    DayOfYear,
    /// 0–23.
    Hour,
}

/// A class of e-mail domains, such as free mail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DomainClass {
    /// Name, such as `free`.
    pub name: String,
    /// Whole domains (`gmail.com`), or endings that begin with a dot (`.edu`, `.ac.uk`); lower case. The first class that has
    /// the domain counts; whole domains before endings.
    pub domains: Vec<String>,
}

/// A step on a number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// Replaces a missing value.
    Impute(Impute),
    /// Clamps values to the limits.
    Clip {
        /// Least value.
        min: f64,
        /// Greatest value.
        max: f64,
    },
    /// ln(1 + x); missing at or below −1.
    Log1p,
    /// (x − mean) / std.
    Standard {
        /// Mean of the training data.
        mean: f64,
        /// Standard deviation of the training data, above 0.
        std: f64,
    },
    /// (x − min) / (max − min).
    MinMax {
        /// Becomes 0.
        min: f64,
        /// Becomes 1; above `min`.
        max: f64,
    },
}

/// What replaces a missing value. Both do the same; the name records where the number comes from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Impute {
    /// A chosen value.
    Constant(f64),
    /// The mean of the training data.
    Mean(f64),
}

impl Transform {
    /// Names of the columns this transform makes of `schema`'s field.
    pub fn columns(&self, schema: &Schema) -> Vec<String> {
        self.columns_of(schema.field(&self.from).map(|(_, field)| field))
    }

    /// Names of the columns this transform makes of `field`.
    pub(crate) fn columns_of(&self, field: Option<&Field>) -> Vec<String> {
        if !self.columns.is_empty() { self.columns.clone() } else { self.default_columns(field) }
    }

    /// The names of its columns when none are declared.
    pub(super) fn default_columns(&self, field: Option<&Field>) -> Vec<String> {
        let spread = |names: &mut dyn Iterator<Item = &str>| names.map(|name| format!("{}={name}", self.name)).collect();
        match &self.make {
            Make::MultiHot(items) => spread(&mut items.iter().map(String::as_str)),
            _ if !self.one_hot => vec![self.name.clone()],
            Make::Ordinal(order) => spread(&mut order.iter().map(String::as_str)),
            Make::Bucket(edges) => (0..=edges.len()).map(|bucket| format!("{}={bucket}", self.name)).collect(),
            Make::EmailDomain(classes) => spread(&mut classes.iter().map(|c| c.name.as_str()).chain(["other", "invalid"])),
            _ => match field {
                Some(field) if field.kind == FieldKind::Category => spread(&mut field.categories.iter().map(String::as_str)),
                _ => vec![self.name.clone()],
            },
        }
    }
}

impl Make {
    /// The word a declaration uses for it.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Make::Value => "value",
            Make::Missing => "missing",
            Make::Bucket(_) => "bucket",
            Make::Ordinal(_) => "ordinal",
            Make::Target { .. } => "target",
            Make::MultiHot(_) => "multi_hot",
            Make::Count => "count",
            Make::DatePart(_) => "date_part",
            Make::DaysSince => "days_since",
            Make::EmailDomain(_) => "email_domain",
            Make::Ratio(_) => "ratio",
        }
    }

    /// Whether it can be made of a field of `kind`.
    pub(crate) fn fits(&self, kind: FieldKind) -> bool {
        match self {
            Make::Value => !matches!(kind, FieldKind::Text | FieldKind::List),
            Make::Missing => true,
            Make::Bucket(_) => matches!(kind, FieldKind::Number | FieldKind::Date),
            Make::Ratio(_) => matches!(kind, FieldKind::Number | FieldKind::Flag),
            Make::Ordinal(_) | Make::Target { .. } => kind == FieldKind::Category,
            Make::MultiHot(_) => kind == FieldKind::List,
            Make::Count => matches!(kind, FieldKind::List | FieldKind::Text),
            Make::DatePart(_) | Make::DaysSince => kind == FieldKind::Date,
            Make::EmailDomain(_) => kind == FieldKind::Text,
        }
    }
}
