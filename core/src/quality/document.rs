//! The result document of Great Expectations 1.x: what the command prints, the page shows and a file keeps.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::{Found, Outcome, Report, Severity};
use crate::table::Rows;

/// A suite's result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SuiteResult {
    /// Whether every expectation is met.
    pub success: bool,
    /// By expectation, in the peer's order.
    pub results: Vec<ExpectationResult>,
    /// The suite.
    pub suite_name: String,
    /// Values of the suite's parameters.
    pub suite_parameters: Map<String, Json>,
    /// How many expectations are met.
    pub statistics: Statistics,
    /// What the suite's author noted.
    pub meta: Json,
    /// The id of the run: null here.
    pub id: Option<String>,
    /// Where the rows of the table went; the peer has no such member, and it is absent where no file was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Rows>,
}

/// What became of one expectation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExpectationResult {
    /// Whether it is met.
    pub success: bool,
    /// The expectation.
    pub expectation_config: ExpectationConfig,
    /// What was found.
    pub result: Found,
    /// Empty.
    pub meta: Map<String, Json>,
    /// Why it could not be judged.
    pub exception_info: ExceptionInfo,
}

/// An expectation as its suite has it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExpectationConfig {
    /// Its type, such as `expect_column_values_to_be_in_set`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its arguments.
    pub kwargs: Map<String, Json>,
    /// What its author noted.
    pub meta: Json,
    /// How grave it is when it is not met.
    pub severity: Severity,
    /// Its id; absent when it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// Why an expectation could not be judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExceptionInfo {
    /// Whether it could not be judged.
    pub raised_exception: bool,
    /// The kind of exception and its message.
    pub exception_traceback: Option<String>,
    /// What happened, a sentence.
    pub exception_message: Option<String>,
}

/// How many expectations are met.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "SuiteStatistics"))]
pub struct Statistics {
    /// Expectations judged.
    pub evaluated_expectations: u64,
    /// Those that are met.
    pub successful_expectations: u64,
    /// Those that are not.
    pub unsuccessful_expectations: u64,
    /// The part that is met, in percent; null without expectations.
    pub success_percent: Option<f64>,
}

impl Report<'_> {
    /// The result document. `batch_id`, when given, stands among the kwargs as it does in the peer's.
    pub fn document(&self, batch_id: Option<&str>) -> SuiteResult {
        let (met, all) = (self.outcomes.iter().filter(|outcome| outcome.success).count() as u64, self.outcomes.len() as u64);
        SuiteResult {
            success: self.success(),
            results: self.outcomes.iter().map(|outcome| self.result(outcome, batch_id)).collect(),
            suite_name: self.suite().name.clone(),
            suite_parameters: Map::new(),
            statistics: Statistics {
                evaluated_expectations: all,
                successful_expectations: met,
                unsuccessful_expectations: all - met,
                success_percent: (all > 0).then(|| met as f64 / all as f64 * 100.0),
            },
            meta: self.suite().meta.clone(),
            id: None,
            rows: None,
        }
    }

    fn result(&self, outcome: &Outcome, batch_id: Option<&str>) -> ExpectationResult {
        let expectation = self.suite().expectations().get(outcome.index);
        let config = expectation.map(|expectation| {
            let mut kwargs = expectation.kwargs.clone();
            kwargs.extend(batch_id.map(|id| ("batch_id".to_owned(), id.into())));
            ExpectationConfig {
                kind: expectation.kind.clone(),
                kwargs,
                meta: expectation.meta.clone(),
                severity: expectation.severity,
                id: expectation.id.clone(),
            }
        });
        let raised = outcome.raised.as_ref();
        ExpectationResult {
            success: outcome.success,
            expectation_config: config.unwrap_or_default(),
            result: outcome.result.clone(),
            meta: Map::new(),
            exception_info: ExceptionInfo {
                raised_exception: raised.is_some(),
                exception_traceback: raised.map(ToString::to_string),
                exception_message: raised.map(|raised| raised.message.clone()),
            },
        }
    }
}

impl ExpectationConfig {
    /// What it is about: its column or columns, or `table`.
    pub fn subject(&self) -> String {
        let plain = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let first = ["column", "column_A", "column_list", "column_set"].iter().find_map(|name| self.kwargs.get(*name));
        match (first, self.kwargs.get("column_B")) {
            (Some(a), Some(b)) => format!("{}, {}", plain(a), plain(b)),
            (Some(Json::Array(list)), None) => list.iter().map(plain).collect::<Vec<_>>().join(", "),
            (Some(a), None) => plain(a),
            (None, _) => "table".to_owned(),
        }
    }
}
