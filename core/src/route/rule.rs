//! Who may be in an experiment: conditions on a lead's fields.

use serde::{Deserialize, Serialize};

use crate::lead::Value;
use crate::schema::ConfigErrors;

/// Conditions on one field; all that are given must hold. A missing value meets `present = false` and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "AllocationRule"))]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The field.
    pub field: String,
    /// The value, or one item of a list, is one of these. Texts are compared exactly.
    #[serde(default, rename = "in", skip_serializing_if = "Option::is_none")]
    pub any_of: Option<Vec<Value>>,
    /// Neither the value nor an item of a list is one of these.
    #[serde(default, rename = "not_in", skip_serializing_if = "Option::is_none")]
    pub none_of: Option<Vec<Value>>,
    /// The number is at least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// The number is less than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<f64>,
    /// The field has a value, or has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present: Option<bool>,
}

impl Rule {
    /// Whether a lead with this value of the field may be in.
    pub fn admits(&self, value: &Value) -> bool {
        let missing = match value {
            Value::Missing => true,
            Value::Text(text) => text.is_empty(),
            _ => false,
        };
        if missing {
            let asks = self.any_of.is_some() || self.none_of.is_some() || self.at_least.is_some() || self.below.is_some();
            return !asks && self.present != Some(true);
        }
        let number = match value {
            Value::Number(x) => *x,
            _ => f64::NAN,
        };
        self.any_of.as_ref().is_none_or(|set| among(value, set))
            && self.none_of.as_ref().is_none_or(|set| !among(value, set))
            && self.at_least.is_none_or(|least| number >= least)
            && self.below.is_none_or(|limit| number < limit)
            && self.present != Some(false)
    }

    /// Adds the problems of the rule at `path`.
    pub(super) fn check(&self, path: &str, errors: &mut ConfigErrors) {
        if self.field.is_empty() {
            errors.add("RULE_WITHOUT_FIELD", format!("{path}.field"), "the rule names no field".to_owned());
        }
        let blank = Rule { field: self.field.clone(), ..Rule::default() };
        if *self == blank {
            errors.add(
                "RULE_EMPTY",
                path.to_owned(),
                "the rule has no condition; use in, not_in, at_least, below or present".to_owned(),
            );
        }
        for (name, limit) in [("at_least", self.at_least), ("below", self.below)] {
            if let Some(limit) = limit.filter(|limit| !limit.is_finite()) {
                errors.add("RULE_NOT_FINITE", format!("{path}.{name}"), format!("{limit} is not a finite number"));
            }
        }
        if let (Some(least), Some(limit)) = (self.at_least, self.below)
            && least >= limit
        {
            errors.add("RULE_ADMITS_NONE", path.to_owned(), format!("no number can be at least {least} and below {limit}"));
        }
    }
}

fn among(value: &Value, set: &[Value]) -> bool {
    match value {
        Value::List(items) => set.iter().any(|one| matches!(one, Value::Text(text) if items.contains(text))),
        value => set.contains(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn rules_admit() {
        let nordic = Rule { any_of: Some(vec![text("NO"), text("SE")]), ..Rule::default() };
        let not_nordic = Rule { none_of: nordic.any_of.clone(), ..Rule::default() };
        let medium = Rule { at_least: Some(10.0), below: Some(250.0), ..Rule::default() };
        let known = Rule { present: Some(true), ..Rule::default() };
        let unknown = Rule { present: Some(false), ..Rule::default() };
        let rows = [
            (&nordic, text("SE"), true),
            (&nordic, text("DE"), false),
            (&nordic, Value::List(vec!["DE".to_owned(), "NO".to_owned()]), true),
            (&nordic, Value::Missing, false),
            (&not_nordic, text("DE"), true),
            (&not_nordic, Value::List(vec!["NO".to_owned()]), false),
            (&not_nordic, Value::Missing, false),
            (&medium, Value::Number(10.0), true),
            (&medium, Value::Number(250.0), false),
            (&medium, text("40"), false),
            (&known, text(""), false),
            (&known, Value::Flag(false), true),
            (&unknown, Value::Missing, true),
            (&unknown, Value::Number(0.0), false),
        ];
        for (rule, value, expected) in rows {
            assert_eq!(rule.admits(&value), expected, "{rule:?} {value:?}");
        }
    }
}
