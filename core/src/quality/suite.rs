//! A suite of expectations, read from the JSON that Great Expectations 1.x writes.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::condition::Condition;
use super::kwargs::Kwargs;
use super::now;
use super::result::ResultFormat;
use super::rule::Rule;
use super::{SuiteError, SuiteErrors, json};

/// How grave it is when an expectation is not met.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// To be known.
    Info,
    /// A lead is scored and flagged.
    Warning,
    /// A lead is refused.
    #[default]
    Critical,
}

impl Severity {
    /// As suites write it.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }
}

/// One expectation.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// Its type, such as `expect_column_values_to_be_in_set`.
    pub kind: String,
    /// Its arguments as they stand in the suite.
    pub kwargs: Map<String, Json>,
    /// What its author noted.
    pub meta: Json,
    /// Its id, when it has one.
    pub id: Option<String>,
    /// How grave it is when it is not met.
    pub severity: Severity,
    pub(super) rule: Rule,
    pub(super) condition: Option<Condition>,
    pub(super) format: Option<ResultFormat>,
}

/// A suite of expectations, checked.
#[derive(Debug, Clone)]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// Its id, when it has one.
    pub id: Option<String>,
    /// What its author noted, with the peer's version.
    pub meta: Json,
    pub(super) expectations: Vec<Expectation>,
}

/// How a suite is read.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// Values of the suite's parameters: `{"$PARAMETER": name}` in a kwarg stands for them.
    pub parameters: Map<String, Json>,
    /// The time of validation, milliseconds since 1970: what `now()` in a parameter stands for. None where it is not known yet.
    pub now_ms: Option<i64>,
    /// LIKE knows `[abc]`, as in SQL Server.
    pub like_brackets: bool,
}

impl Reading {
    /// What the parameter `name` stands for.
    fn value_of(&self, name: &str) -> Result<Json, String> {
        if !now::is_of_now(name) {
            return self.parameters.get(name).cloned().ok_or_else(|| format!("the parameter {name:?} has no value"));
        }
        let now_ms = self.now_ms.ok_or("now() is known only where a whole table is checked")?;
        let moment = now::moment(name, now_ms);
        let wanted = || format!("{name:?} is not understood; write now() or now() - timedelta(weeks=2, days=1)");
        moment.map(Json::from).ok_or_else(wanted)
    }
}

/// The most expectations of a suite.
const MOST: usize = 2_000;

impl Suite {
    /// Reads a suite.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with the expectation's number and the kwarg.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::quality::Suite;
    /// let text = r#"{"name": "s", "expectations": [
    ///     {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "email", "mostly": 2}}]}"#;
    /// let error = Suite::read(text).unwrap_err();
    /// assert_eq!((error.code(), error.to_string().contains("expectations[0].kwargs.mostly")), ("KWARG_INVALID", true));
    /// ```
    pub fn read(text: &str) -> Result<Suite, SuiteErrors> {
        Suite::read_with(text, &Reading::default())
    }

    /// [`read`](Suite::read) with parameters and options.
    ///
    /// # Errors
    /// As [`read`](Suite::read).
    pub fn read_with(text: &str, reading: &Reading) -> Result<Suite, SuiteErrors> {
        let one = |error: SuiteError| SuiteErrors(vec![error]);
        let document = json::read(text).map_err(|message| one(SuiteError::NotJson { message }))?;
        let malformed =
            |path: &str, message: &str| one(SuiteError::NotASuite { path: path.to_owned(), message: message.to_owned() });
        let map = document.as_object().ok_or_else(|| malformed("suite", "a suite must be an object"))?;
        let list = map.get("expectations").and_then(Json::as_array);
        let list = list.ok_or_else(|| malformed("expectations", "expected a list"))?;
        if list.len() > MOST {
            return Err(malformed("expectations", &format!("{} expectations; the limit is {MOST}", list.len())));
        }
        let (mut expectations, mut errors) = (Vec::new(), Vec::new());
        for (index, value) in list.iter().enumerate() {
            match Expectation::new(index, value, reading) {
                Ok(expectation) => expectations.push(expectation),
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(SuiteErrors(errors));
        }
        let text = |name: &str| map.get(name).and_then(Json::as_str).map(str::to_owned);
        let meta = map.get("meta").cloned().unwrap_or_default();
        Ok(Suite { name: text("name").unwrap_or_default(), id: text("id"), meta, expectations })
    }

    /// The expectations, in the suite's order.
    pub fn expectations(&self) -> &[Expectation] {
        &self.expectations
    }

    /// Names of the columns that any expectation reads.
    pub fn columns(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for expectation in &self.expectations {
            names.extend(expectation.rule.columns().into_iter().map(str::to_owned));
            if let Some(condition) = &expectation.condition {
                condition.columns(&mut names);
            }
            names.extend(expectation.format.iter().flat_map(|format| format.unexpected_index_column_names.iter().cloned()));
        }
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl Expectation {
    fn new(index: usize, value: &Json, reading: &Reading) -> Result<Expectation, SuiteError> {
        let path = |part: &str| format!("expectations[{index}]{part}");
        let malformed = |part: &str, message: &str| SuiteError::NotASuite { path: path(part), message: message.to_owned() };
        let map = value.as_object().ok_or_else(|| malformed("", "an expectation must be an object"))?;
        // Before 1.0 the type was called expectation_type.
        let kind = map.get("type").or(map.get("expectation_type")).and_then(Json::as_str);
        let kind = kind.ok_or_else(|| malformed(".type", "the expectation has no type"))?;
        let mut map_of = match map.get("kwargs") {
            Some(Json::Object(kwargs)) => kwargs.clone(),
            None => Map::new(),
            Some(_) => return Err(malformed(".kwargs", "expected an object")),
        };
        for (kwarg, value) in &mut map_of {
            if let Some(name) = value.get("$PARAMETER").and_then(Json::as_str) {
                let wrong = |message| SuiteError::Kwarg { index, expectation: kind.to_owned(), kwarg: kwarg.clone(), message };
                *value = reading.value_of(name).map_err(wrong)?;
            }
        }
        let kwargs = Kwargs { index, expectation: kind, map: &map_of };
        let severity = match map.get("severity").filter(|severity| !severity.is_null()).map(|severity| severity.as_str()) {
            None | Some(Some("critical")) => Severity::Critical,
            Some(Some("warning")) => Severity::Warning,
            Some(Some("info")) => Severity::Info,
            Some(_) => return Err(malformed(".severity", "expected critical, warning or info")),
        };
        kwargs.choice("condition_parser", &["great_expectations", "great_expectations__experimental__", "pandas", "spark"])?;
        let condition = match kwargs.get("row_condition") {
            Some(condition) => Some(Condition::new(condition).map_err(|e| kwargs.wrong("row_condition", e))?),
            None => None,
        };
        let format = match kwargs.get("result_format") {
            Some(format) => Some(ResultFormat::read(format).map_err(|e| kwargs.wrong("result_format", e))?),
            None => None,
        };
        let rule = Rule::new(&kwargs, reading.like_brackets)?;
        Ok(Expectation {
            rule,
            condition,
            format,
            severity,
            kind: kind.to_owned(),
            meta: map.get("meta").cloned().unwrap_or_else(|| Json::Object(Map::new())),
            id: map.get("id").and_then(Json::as_str).map(str::to_owned),
            kwargs: map_of,
        })
    }
}
