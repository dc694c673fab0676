//! A suite made of training data: what was true of it is expected of what comes later.
//!
//! Thresholds are those of the data, not widened; every expectation about values says `mostly` 0.99, so that a lead a little beyond
//! the training range is flagged and not refused. What the suite cannot know (a rule of the business) is for a person to add.

use serde_json::{Value as Json, json};

use super::distinct::Distinct;
use crate::table::{Cell, Column, Kind, Scalar};

/// What is gathered of a table to make a suite of it.
#[derive(Debug, Clone)]
pub struct Profile {
    columns: Vec<Known>,
    rows: u64,
}

#[derive(Debug, Clone)]
struct Known {
    name: String,
    kind: Kind,
    missing: u64,
    min: Scalar,
    max: Scalar,
    shortest: u64,
    longest: u64,
    /// `None` once there are too many to remember.
    distinct: Option<Distinct>,
}

/// The most distinct values of a column that are kept to check whether they are unique.
const REMEMBERED: usize = 1 << 22;
/// The most values of an expected set.
const SET: usize = 50;
/// Rows for each value of an expected set, at least.
const ROWS_PER_VALUE: u64 = 20;
/// From this number of rows on, uniqueness is not an accident.
const ENOUGH: u64 = 100;

impl Profile {
    /// Begins with a table of columns `names` of `kinds`.
    pub fn new(names: &[String], kinds: &[Kind]) -> Profile {
        let known = |(name, kind): (&String, &Kind)| Known {
            name: name.clone(),
            kind: *kind,
            missing: 0,
            min: Scalar::Missing,
            max: Scalar::Missing,
            shortest: u64::MAX,
            longest: 0,
            distinct: Some(Distinct::default()),
        };
        Profile { columns: names.iter().zip(kinds).map(known).collect(), rows: 0 }
    }

    /// Takes in the next rows.
    pub fn push(&mut self, columns: &[Column]) {
        self.rows += columns.first().map_or(0, Column::len) as u64;
        for (known, column) in self.columns.iter_mut().zip(columns) {
            for row in 0..column.len() {
                known.see(column.cell(row));
            }
        }
    }
}

impl Known {
    fn see(&mut self, cell: Cell<'_>) {
        if cell.is_missing() {
            self.missing += 1;
            return;
        }
        if let Cell::Text(text) = cell {
            let length = text.chars().count() as u64;
            (self.shortest, self.longest) = (self.shortest.min(length), self.longest.max(length));
        } else {
            let beyond = |bound: &Scalar, is: fn(std::cmp::Ordering) -> bool| {
                bound.cell().is_missing() || cell.order(bound.cell()).ok().flatten().is_some_and(is)
            };
            if beyond(&self.min, std::cmp::Ordering::is_lt) {
                self.min = cell.own();
            }
            if beyond(&self.max, std::cmp::Ordering::is_gt) {
                self.max = cell.own();
            }
        }
        if self.distinct.as_mut().is_some_and(|distinct| distinct.len() >= REMEMBERED || distinct.add(cell).is_err()) {
            self.distinct = None;
        }
    }

    fn expectations(&self, rows: u64) -> Vec<Json> {
        let expectation = |kind: &str, extra: Json, severity: &str| {
            let mut kwargs = json!({"column": self.name});
            if let (Some(map), Json::Object(extra)) = (kwargs.as_object_mut(), extra) {
                map.extend(extra);
            }
            json!({"type": kind, "kwargs": kwargs, "meta": {}, "severity": severity})
        };
        let mut list = vec![expectation("expect_column_to_exist", json!({}), "critical")];
        let present = rows - self.missing;
        if present == 0 {
            return list;
        }
        match self.kind {
            Kind::Int | Kind::UInt | Kind::Float | Kind::Bool => {
                list.push(expectation("expect_column_values_to_be_of_type", json!({"type_": self.kind.dtype()}), "critical"));
            }
            Kind::Text => list.push(expectation("expect_column_values_to_be_of_type", json!({"type_": "str"}), "critical")),
            _ => {}
        }
        if self.missing == 0 {
            list.push(expectation("expect_column_values_to_not_be_null", json!({}), "critical"));
        } else {
            let share = (present as f64 / rows as f64 * 100.0 - 5.0).floor().max(0.0) / 100.0;
            list.push(expectation("expect_column_values_to_not_be_null", json!({"mostly": share}), "warning"));
        }
        let distinct = self.distinct.as_ref().map(Distinct::len);
        let is_key = self.missing == 0 && rows >= ENOUGH && distinct == Some(rows as usize);
        if is_key && matches!(self.kind, Kind::Int | Kind::UInt | Kind::Text) {
            list.push(expectation("expect_column_values_to_be_unique", json!({}), "warning"));
        }
        if let (Kind::Int | Kind::UInt | Kind::Float, false) = (self.kind, is_key) {
            let bounds = json!({"min_value": self.min.cell().json(), "max_value": self.max.cell().json(), "mostly": 0.99});
            list.push(expectation("expect_column_values_to_be_between", bounds, "warning"));
        }
        if let (Kind::Text, Some(distinct)) = (self.kind, &self.distinct) {
            let few = distinct.len() <= SET && distinct.len() as u64 * ROWS_PER_VALUE <= present;
            if few {
                let mut values: Vec<Json> = distinct.iter().map(|(value, _)| value.cell().json()).collect();
                values.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
                let set = json!({"value_set": values, "mostly": 0.99});
                list.push(expectation("expect_column_values_to_be_in_set", set, "warning"));
                return list;
            }
        }
        if self.kind == Kind::Text {
            let bounds = json!({"min_value": self.shortest, "max_value": self.longest, "mostly": 0.99});
            list.push(expectation("expect_column_value_lengths_to_be_between", bounds, "warning"));
        }
        list
    }
}

/// The suite called `name` that `profile`'s table meets.
pub fn generate(profile: &Profile, name: &str) -> Json {
    let names: Vec<&String> = profile.columns.iter().map(|known| &known.name).collect();
    let mut expectations = vec![json!({
        "type": "expect_table_columns_to_match_set",
        "kwargs": {"column_set": names, "exact_match": false},
        "meta": {},
        "severity": "critical",
    })];
    expectations.extend(profile.columns.iter().flat_map(|known| known.expectations(profile.rows)));
    json!({
        "name": name,
        "id": null,
        "expectations": expectations,
        "meta": {"great_expectations_version": "1.24.1"},
        "notes": format!("Made of {} rows by Plumbline.", profile.rows),
    })
}
