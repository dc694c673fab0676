//! A single lead judged by a suite, at scoring time.
//!
//! Only what one lead can answer is checked: its own values, pairs and sums of them, whether a field is there. Expectations
//! about a column or a table are left to tables. A field that the lead does not carry counts as missing.

use serde_json::Value as Json;

use super::rule::{Rule, SeveralTest};
use super::test::Test;
use super::words::{allowed, shown};
use super::{Expectation, Raised, Severity, Suite};
use crate::lead::{Lead, Value};
use crate::table::{Cell, Scalar};

/// An expectation that a lead does not meet.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The expectation's number in the suite, from 0.
    pub index: usize,
    /// Its type.
    pub expectation: String,
    /// The fields it reads.
    pub fields: Vec<String>,
    /// How grave it is.
    pub severity: Severity,
    /// What is wrong, a sentence that shows the value.
    pub message: String,
    /// The same without the value, for what is stored.
    pub claim: String,
}

/// What is wrong with a lead, with the value and without.
#[derive(Debug)]
struct Wrong {
    message: String,
    claim: String,
}

impl Wrong {
    /// A sentence that shows no value.
    fn plain(message: String) -> Wrong {
        Wrong { claim: message.clone(), message }
    }
}

/// What a suite says of a lead.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Verdict {
    /// Reasons to refuse it: critical expectations that every lead has to meet.
    pub refused: Vec<Finding>,
    /// Reasons to score it with a flag: warnings, and critical expectations that some leads may miss (`mostly` below 1).
    pub flagged: Vec<Finding>,
    /// What is only to be known.
    pub noted: Vec<Finding>,
    /// Expectations that one lead cannot answer.
    pub left_out: usize,
}

impl Verdict {
    /// Whether the lead may be scored.
    pub fn is_accepted(&self) -> bool {
        self.refused.is_empty()
    }
}

/// An expectation that does not apply to single leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The expectation's number in the suite, from 0.
    pub index: usize,
    /// Its type.
    pub expectation: String,
    /// Why, a clause.
    pub why: String,
}

impl Suite {
    /// The part of the suite that applies to single leads whose fields `known` admits, and what is left out.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::quality::Suite;
    /// let suite = Suite::read(r#"{"name": "s", "expectations": [
    ///     {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "email"}},
    ///     {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "converted"}},
    ///     {"type": "expect_table_row_count_to_equal", "kwargs": {"value": 10}}]}"#)?;
    /// let (suite, left_out) = suite.for_leads(|field| field == "email");
    /// assert_eq!((suite.expectations().len(), left_out.len()), (1, 2));
    /// assert_eq!(left_out[0].why, "the model has no field \"converted\"");
    /// assert_eq!(left_out[1].why, "it needs a whole table");
    /// # Ok::<(), plumbline_core::quality::SuiteErrors>(())
    /// ```
    pub fn for_leads(self, known: impl Fn(&str) -> bool) -> (Suite, Vec<LeftOut>) {
        let mut left_out = Vec::new();
        let mut expectations = Vec::new();
        for (index, expectation) in self.expectations.into_iter().enumerate() {
            let fields = expectation.fields();
            let why = match fields.iter().find(|field| !known(field)) {
                _ if !expectation.rule.asks_one_lead() => "it needs a whole table".to_owned(),
                Some(field) => format!("the model has no field {field:?}"),
                None => {
                    expectations.push(expectation);
                    continue;
                }
            };
            left_out.push(LeftOut { index, expectation: expectation.kind, why });
        }
        (Suite { expectations, ..self }, left_out)
    }

    /// The fields that expectations and their conditions read.
    pub fn fields(&self) -> Vec<String> {
        let mut fields: Vec<String> = self.expectations.iter().flat_map(Expectation::fields).collect();
        fields.sort_unstable();
        fields.dedup();
        fields
    }

    /// What the suite says of `lead`.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::{Lead, Value, quality::Suite};
    /// let suite = Suite::read(r#"{"name": "s", "expectations": [
    ///     {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "email"}},
    ///     {"type": "expect_column_values_to_be_between", "kwargs": {"column": "visits", "max_value": 100}, "severity": "warning"}]}"#)?;
    /// let mut lead = Lead::default();
    /// lead.set("visits", Value::Number(250.0));
    /// let verdict = suite.check_lead(&lead);
    /// assert_eq!((verdict.refused.len(), verdict.flagged.len()), (1, 1));
    /// assert_eq!(verdict.refused[0].message, "email is missing");
    /// assert_eq!(verdict.flagged[0].message, "visits is 250; the suite allows at most 100");
    /// assert_eq!(verdict.flagged[0].claim, "visits is not allowed; the suite allows at most 100");
    /// # Ok::<(), plumbline_core::quality::SuiteErrors>(())
    /// ```
    pub fn check_lead(&self, lead: &Lead) -> Verdict {
        let values = lead.iter().map(|(name, value)| (name, scalar(value), !matches!(value, Value::Missing))).collect();
        self.check_values(&Given { values })
    }

    /// The suite's verdict on the lead with these `values`.
    pub(super) fn check_values(&self, values: &dyn LeadValues) -> Verdict {
        let mut verdict = Verdict::default();
        for (index, expectation) in self.expectations.iter().enumerate() {
            let Some(answer) = expectation.ask(values) else {
                verdict.left_out += 1;
                continue;
            };
            let Wrong { message, claim } = match answer {
                Ok(None) => continue,
                Ok(Some(wrong)) => wrong,
                Err(raised) => Wrong::plain(raised.message),
            };
            let finding = Finding {
                index,
                expectation: expectation.kind.clone(),
                fields: expectation.asked(),
                severity: expectation.severity,
                message,
                claim,
            };
            match expectation.severity {
                Severity::Critical if expectation.rule.mostly() >= 1.0 => verdict.refused.push(finding),
                Severity::Critical | Severity::Warning => verdict.flagged.push(finding),
                Severity::Info => verdict.noted.push(finding),
            }
        }
        verdict
    }
}

/// The values of one lead, as a table would hold them.
pub(super) trait LeadValues {
    /// The value of the field `name`.
    fn cell(&self, name: &str) -> Cell<'_>;

    /// Whether the lead carries the field `name`.
    fn carries(&self, name: &str) -> bool;
}

/// The values of a [`Lead`]: names in order, each with its value and whether the lead carries it.
struct Given<'a> {
    values: Vec<(&'a str, Scalar, bool)>,
}

impl Given<'_> {
    fn find(&self, name: &str) -> Option<&(&str, Scalar, bool)> {
        let at = self.values.binary_search_by(|(own, ..)| (*own).cmp(name)).ok()?;
        self.values.get(at)
    }
}

impl LeadValues for Given<'_> {
    fn cell(&self, name: &str) -> Cell<'_> {
        self.find(name).map_or(Cell::Missing, |(_, value, _)| value.cell())
    }

    fn carries(&self, name: &str) -> bool {
        self.find(name).is_some_and(|(.., carries)| *carries)
    }
}

impl Rule {
    /// Whether a single lead can answer.
    fn asks_one_lead(&self) -> bool {
        match self {
            Rule::ColumnExists { at, .. } => at.is_none(),
            Rule::Types { types, .. } => types.is_some(),
            Rule::Several { test, .. } => !matches!(test, SeveralTest::Unique),
            Rule::Cells { .. } | Rule::Pair { .. } => true,
            _ => false,
        }
    }
}

impl Expectation {
    /// The fields it reads of a lead.
    fn fields(&self) -> Vec<String> {
        let mut fields = self.asked();
        if let Some(condition) = &self.condition {
            condition.columns(&mut fields);
        }
        fields
    }

    /// What is wrong with the lead, `Ok(None)` when nothing is; `None` when one lead cannot answer.
    fn ask(&self, lead: &dyn LeadValues) -> Option<Result<Option<Wrong>, Raised>> {
        if let Some(condition) = &self.condition {
            match condition.holds(&|name| Ok(lead.cell(name))) {
                Ok(true) => {}
                Ok(false) => return Some(Ok(None)),
                Err(raised) => return Some(Err(raised)),
            }
        }
        Some(match &self.rule {
            Rule::ColumnExists { column, at: None } => {
                Ok((!lead.carries(column)).then(|| Wrong::plain(format!("{column} is missing"))))
            }
            Rule::Cells { column, test, .. } => {
                let value = lead.cell(column);
                if value.is_missing() && test.skips_missing() {
                    return Some(Ok(None));
                }
                let holds = match test {
                    // A lead has dates as texts: they are compared as dates, and a text that is none is not allowed.
                    Test::Between(bounds) => bounds.holds_date(value),
                    test => test.holds(value),
                };
                holds.map(|holds| (!holds).then(|| refused(column, value, test)))
            }
            Rule::Types { column, types: Some(types), .. } => {
                let value = lead.cell(column);
                let fits = value.is_missing() || types.take(value);
                let words = || format!("{column} is {}, not of type {}", value.name(), types.names.join(" or "));
                Ok((!fits).then(|| Wrong::plain(words())))
            }
            Rule::Pair { a, b, test, ignore, .. } => {
                let cells = [lead.cell(a), lead.cell(b)];
                if ignore.skips(&cells) {
                    return Some(Ok(None));
                }
                let [one, other] = cells;
                let words = || Wrong {
                    message: format!("{a} ({}) and {b} ({}) do not agree", shown(one), shown(other)),
                    claim: format!("{a} and {b} do not agree"),
                };
                test.holds(one, other).map(|holds| (!holds).then(words))
            }
            Rule::Several { columns, test, ignore, .. } if !matches!(test, SeveralTest::Unique) => {
                let cells: Vec<Cell<'_>> = columns.iter().map(|name| lead.cell(name)).collect();
                if ignore.skips(&cells) {
                    return Some(Ok(None));
                }
                let words = || Wrong::plain(format!("{} do not agree", columns.join(", ")));
                test.holds(&cells).map(|holds| (!holds).then(words))
            }
            _ => return None,
        })
    }

    /// The fields it judges.
    fn asked(&self) -> Vec<String> {
        match &self.rule {
            Rule::ColumnExists { column, .. } => vec![column.clone()],
            rule => rule.columns().into_iter().map(str::to_owned).collect(),
        }
    }
}

/// What is wrong with `value` of `column`, which `test` does not allow.
fn refused(column: &str, value: Cell<'_>, test: &Test) -> Wrong {
    if value.is_missing() {
        return Wrong::plain(format!("{column} is missing"));
    }
    let allowed = allowed(test);
    Wrong {
        message: format!("{column} is {}; the suite allows {allowed}", shown(value)),
        claim: format!("{column} is not allowed; the suite allows {allowed}"),
    }
}

/// A lead's value as a table would hold it.
fn scalar(value: &Value) -> Scalar {
    match value {
        Value::Missing => Scalar::Missing,
        Value::Flag(flag) => Scalar::Bool(*flag),
        Value::Number(x) => Cell::of_number(*x).own(),
        Value::Text(text) if text.is_empty() => Scalar::Missing,
        Value::Text(text) => Scalar::Text(text.clone()),
        Value::List(items) => Scalar::Other(Json::from(items.clone())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verdict(expectation: Json, lead: Json) -> (usize, usize, usize) {
        let suite = Suite::read(&json!({"name": "s", "expectations": [expectation]}).to_string()).unwrap();
        let verdict = suite.check_lead(&serde_json::from_value(lead).unwrap());
        (verdict.refused.len(), verdict.flagged.len(), verdict.left_out)
    }

    #[test]
    fn severity_decides_what_becomes_of_a_lead() {
        let in_set = |extra: Json| {
            let mut expectation =
                json!({"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "s", "value_set": ["a"]}});
            expectation.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            expectation
        };
        assert_eq!(verdict(in_set(json!({})), json!({"s": "b"})), (1, 0, 0));
        assert_eq!(verdict(in_set(json!({})), json!({"s": "a"})), (0, 0, 0));
        assert_eq!(verdict(in_set(json!({})), json!({})), (0, 0, 0));
        assert_eq!(verdict(in_set(json!({"severity": "warning"})), json!({"s": "b"})), (0, 1, 0));
        assert_eq!(verdict(in_set(json!({"severity": "info"})), json!({"s": "b"})), (0, 0, 0));
        let mostly = json!({"kwargs": {"column": "s", "value_set": ["a"], "mostly": 0.9}});
        assert_eq!(verdict(in_set(mostly), json!({"s": "b"})), (0, 1, 0));
    }

    #[test]
    fn one_lead_answers_for_itself_only() {
        let rows = [
            (
                json!({"type": "expect_column_mean_to_be_between", "kwargs": {"column": "x", "max_value": 1}}),
                json!({"x": 5}),
                (0, 0, 1),
            ),
            (json!({"type": "expect_column_values_to_be_unique", "kwargs": {"column": "x"}}), json!({"x": 5}), (0, 0, 1)),
            (json!({"type": "expect_column_to_exist", "kwargs": {"column": "x"}}), json!({}), (1, 0, 0)),
            (
                json!({"type": "expect_column_values_to_be_of_type", "kwargs": {"column": "x", "type_": "float64"}}),
                json!({"x": 5}),
                (0, 0, 0),
            ),
            (
                json!({"type": "expect_column_values_to_be_of_type", "kwargs": {"column": "x", "type_": "float64"}}),
                json!({"x": "5"}),
                (1, 0, 0),
            ),
            (
                json!({"type": "expect_column_values_to_be_between", "kwargs": {"column": "x", "max_value": 1}}),
                json!({"x": "5"}),
                (1, 0, 0),
            ),
            (
                json!({"type": "expect_column_pair_values_a_to_be_greater_than_b", "kwargs": {"column_A": "x", "column_B": "y"}}),
                json!({"x": 1, "y": 2}),
                (1, 0, 0),
            ),
            (
                json!({"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "x", "row_condition": "kind == \"a\"", "condition_parser": "pandas"}}),
                json!({"kind": "b"}),
                (0, 0, 0),
            ),
        ];
        for (expectation, lead, expected) in rows {
            assert_eq!(verdict(expectation.clone(), lead), expected, "{expectation}");
        }
    }
}
