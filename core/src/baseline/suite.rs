//! The expectation suite of a baseline: what was true of the training data, with slack, in the JSON of Great Expectations 1.x.
//!
//! Nothing in it rejects a lead (severity `critical`) but a field that has become something else: a number that is no number any more. What
//! drifts is a warning: leads are scored and flagged. Not here: rules of the business, which a person adds.

use serde_json::{Value as Json, json};

use crate::order;
use crate::schema::{Field, FieldKind};
use crate::stats::level::Level;
use crate::stats::proportion::Proportion;

/// How much wider than the training data's a range is, as a part of its own width, at each end.
const SLACK: f64 = 0.1;
/// The part of values that must be in their range or set.
const MOSTLY: f64 = 0.99;
/// How many percentage points more values may be missing than in training, as a part of 1.
const MISSING: f64 = 0.01;
/// The most values of an expected set.
const SET: usize = 200;

/// What is expected of one field.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    name: String,
    missing: u64,
    values: Kind,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    /// Of a number: its range, with slack; none without values. Whether it is a list, whose items are counted.
    Number { range: Option<(f64, f64)>, is_list: bool },
    /// Of a category: its values; none where they are too many.
    Category(Option<Vec<String>>),
}

impl Expected {
    /// Of a number with these values.
    pub fn number(name: String, field: &Field, sorted: &[f64], missing: u64) -> Expected {
        let ends = order::quantile(sorted, 0.0).zip(order::quantile(sorted, 1.0));
        let range = ends.map(|(low, high)| {
            let slack = SLACK * (high - low);
            // A count stays one: no one expects −0.7 visits.
            let below = if low >= 0.0 { (low - slack).max(0.0) } else { low - slack };
            (below, high + slack)
        });
        Expected { name, missing, values: Kind::Number { range, is_list: field.kind == FieldKind::List } }
    }

    /// Of a category with these values.
    pub fn category(name: String, named: &[(String, u64)], missing: u64) -> Expected {
        let values = (!named.is_empty() && named.len() <= SET).then(|| named.iter().map(|(name, _)| name.clone()).collect());
        Expected { name, missing, values: Kind::Category(values) }
    }

    fn expectations(&self, rows: u64) -> Vec<Json> {
        let expectation = |kind: &str, extra: Json, severity: &str| {
            let mut kwargs = json!({ "column": self.name });
            if let (Some(map), Json::Object(extra)) = (kwargs.as_object_mut(), extra) {
                map.extend(extra);
            }
            json!({ "type": kind, "kwargs": kwargs, "meta": {}, "severity": severity })
        };
        let mut list = vec![expectation("expect_column_to_exist", json!({}), "warning")];
        if self.missing < rows {
            // The upper end of the share in training, and the rise that gates allow.
            let most = Proportion::new(self.missing, rows).map_or(1.0, |share| share.wilson(Level::FIVE_PERCENT).upper) + MISSING;
            let present = ((1.0 - most) * 1_000.0).floor().max(0.0) / 1_000.0;
            list.push(expectation("expect_column_values_to_not_be_null", json!({ "mostly": present }), "warning"));
        }
        match &self.values {
            Kind::Number { range: Some((low, high)), is_list: false } => {
                let numbers = ["int64", "float64", "int", "float", "bool"];
                list.push(expectation("expect_column_values_to_be_in_type_list", json!({ "type_list": numbers }), "critical"));
                let range = json!({ "min_value": low, "max_value": high, "mostly": MOSTLY });
                list.push(expectation("expect_column_values_to_be_between", range, "warning"));
            }
            Kind::Category(Some(values)) => {
                let set = json!({ "value_set": values, "mostly": MOSTLY });
                list.push(expectation("expect_column_values_to_be_in_set", set, "warning"));
            }
            _ => {}
        }
        list
    }
}

/// The suite called `name` of `rows` leads.
pub fn suite(name: &str, rows: u64, fields: &[Expected]) -> String {
    let expectations: Vec<Json> = fields.iter().flat_map(|field| field.expectations(rows)).collect();
    let suite = json!({
        "name": name,
        "id": null,
        "expectations": expectations,
        "meta": { "great_expectations_version": "1.24.1" },
        "notes": format!("Made of {rows} leads of the training data by plumbline baseline."),
    });
    suite.to_string()
}
