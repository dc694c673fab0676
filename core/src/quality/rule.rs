//! What an expectation asks, read once from its kwargs.

use serde_json::Value as Json;

use super::SuiteError;
use super::distribution::{CramersPhi, Partition, Shape};
use super::kwargs::Kwargs;
use super::moment::parse_moment;
use super::pattern::{self, Like};
use super::schema::JsonSchema;
use super::strptime::Format;
use super::test::{Bounds, Set, Test, Types, date};
use crate::table::Scalar;

/// What an expectation asks.
#[derive(Debug, Clone)]
pub(super) enum Rule {
    RowCount(Bounds),
    ColumnCount(Bounds),
    ColumnOrder(Option<Vec<String>>),
    ColumnSet { names: Option<Vec<String>>, exact: bool },
    ColumnExists { column: String, at: Option<i64> },
    Cells { column: String, test: Test, mostly: f64 },
    Unique { column: String, mostly: f64 },
    Ordered { column: String, rising: bool, strictly: bool, mostly: f64 },
    ZScores { column: String, threshold: f64, double_sided: bool, mostly: f64 },
    Outliers { column: String, by_quartiles: bool, multiplier: f64, mostly: f64 },
    Types { column: String, types: Option<Types>, mostly: f64 },
    Dtype { column: String, name: String },
    Aggregate { column: String, of: Aggregate, bounds: Bounds },
    Quantiles { column: String, at: Vec<f64>, ranges: Vec<(f64, f64)>, between: Interpolation, shown: Json },
    MostCommon { column: String, set: Set, ties_okay: bool },
    Distinct { column: String, set: Set, no_others: bool, all: bool },
    Divergence { column: String, partition: Option<Partition>, threshold: Option<f64>, tail: f64, internal: f64, bucketize: bool },
    ChiSquare { column: String, partition: Partition, p: f64, tail: f64 },
    Shape { column: String, shape: Shape, p: f64 },
    CramersPhi(CramersPhi),
    Pair { a: String, b: String, test: PairTest, ignore: Ignore, mostly: f64 },
    Several { columns: Vec<String>, test: SeveralTest, ignore: Ignore, mostly: f64 },
}

/// One number of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Aggregate {
    Min,
    Max,
    Mean,
    Median,
    Stdev,
    Sum,
    UniqueCount,
    UniqueShare,
    NonNullShare,
}

/// What a quantile between two values is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Interpolation {
    Nearest,
    Linear,
    Lower,
    Higher,
    Midpoint,
}

#[derive(Debug, Clone)]
pub(super) enum PairTest {
    Equal,
    Above { or_equal: bool },
    In(Option<Vec<(Scalar, Scalar)>>),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum SeveralTest {
    /// The combination occurs once.
    Unique,
    /// The values of a row differ from one another.
    Differ,
    Equal,
    Sum(f64),
}

/// Which rows are passed over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ignore {
    AllMissing,
    AnyMissing,
    Never,
}

/// Types that run a query.
const SQL: [&str; 3] =
    ["unexpected_rows_expectation", "expect_query_results_to_match_comparison", "expect_table_row_count_to_equal_other_table"];

impl Rule {
    /// Reads the kwargs of an expectation of `kwargs.expectation`.
    pub fn new(kwargs: &Kwargs<'_>, like_brackets: bool) -> Result<Rule, SuiteError> {
        let k = kwargs;
        let column = || k.text("column");
        let cells = |test: Test| Ok(Rule::Cells { column: column()?, test, mostly: k.mostly()? });
        let aggregate = |of: Aggregate| Ok(Rule::Aggregate { column: column()?, of, bounds: bounds(k, Kinds::Dates)? });
        let count = |of: Aggregate| Ok(Rule::Aggregate { column: column()?, of, bounds: bounds(k, Kinds::Numbers)? });
        match k.expectation {
            "expect_table_row_count_to_be_between" => Ok(Rule::RowCount(bounds(k, Kinds::Whole)?)),
            "expect_table_row_count_to_equal" => Ok(Rule::RowCount(Bounds::exactly(k.needed_integer("value")?))),
            "expect_table_column_count_to_be_between" => Ok(Rule::ColumnCount(any_bounds(k, Kinds::Whole)?)),
            "expect_table_column_count_to_equal" => Ok(Rule::ColumnCount(Bounds::exactly(k.needed_integer("value")?))),
            "expect_table_columns_to_match_ordered_list" => Ok(Rule::ColumnOrder(k.opt_texts("column_list")?)),
            "expect_table_columns_to_match_set" => {
                Ok(Rule::ColumnSet { names: k.opt_texts("column_set")?, exact: k.flag("exact_match")?.unwrap_or(true) })
            }
            "expect_column_to_exist" => Ok(Rule::ColumnExists { column: column()?, at: k.integer("column_index")? }),
            "expect_column_values_to_not_be_null" => cells(Test::NotNull),
            "expect_column_values_to_be_null" => cells(Test::Null),
            "expect_column_values_to_be_unique" => Ok(Rule::Unique { column: column()?, mostly: k.mostly()? }),
            "expect_column_values_to_be_between" => {
                let bounds = bounds(k, Kinds::Any)?;
                if bounds.min.is_none() && bounds.max.is_none() {
                    return Err(k.wrong("min_value", "min_value and max_value cannot both be None"));
                }
                cells(Test::Between(bounds))
            }
            "expect_column_values_to_be_in_set" => cells(Test::In(Set::new(k.list("value_set")?), true)),
            "expect_column_values_to_not_be_in_set" => cells(Test::In(Set::new(k.list("value_set")?), false)),
            "expect_column_values_to_match_regex" => cells(regexes(k, false, false)?),
            "expect_column_values_to_not_match_regex" => cells(regexes(k, false, true)?),
            "expect_column_values_to_match_regex_list" => cells(regexes(k, true, false)?),
            "expect_column_values_to_not_match_regex_list" => cells(regexes(k, true, true)?),
            "expect_column_values_to_match_like_pattern" => cells(likes(k, false, false, like_brackets)?),
            "expect_column_values_to_not_match_like_pattern" => cells(likes(k, false, true, like_brackets)?),
            "expect_column_values_to_match_like_pattern_list" => cells(likes(k, true, false, like_brackets)?),
            "expect_column_values_to_not_match_like_pattern_list" => cells(likes(k, true, true, like_brackets)?),
            "expect_column_value_lengths_to_be_between" => {
                let bounds = any_bounds(k, Kinds::Whole)?;
                if bounds.min.is_none() && bounds.max.is_none() {
                    return Err(k.wrong("min_value", "min_value and max_value cannot both be None"));
                }
                cells(Test::Length(bounds))
            }
            "expect_column_value_lengths_to_equal" => cells(Test::Length(Bounds::exactly(k.needed_integer("value")?))),
            "expect_column_values_to_match_strftime_format" => {
                let format = Format::new(&k.text("strftime_format")?).map_err(|e| k.wrong("strftime_format", e))?;
                cells(Test::Strftime(format))
            }
            "expect_column_values_to_be_dateutil_parseable" => cells(Test::Dateutil),
            "expect_column_values_to_be_json_parseable" => cells(Test::Json),
            "expect_column_values_to_match_json_schema" => {
                let schema = k.get("json_schema").ok_or_else(|| k.wrong("json_schema", "field required"))?;
                let schema = match schema.as_str() {
                    Some(text) => super::json::read(text).map_err(|e| k.wrong("json_schema", e))?,
                    None => schema.clone(),
                };
                cells(Test::Schema(JsonSchema::new(&schema).map_err(|e| k.wrong("json_schema", e))?))
            }
            "expect_column_values_to_be_increasing" | "expect_column_values_to_be_decreasing" => {
                let rising = k.expectation.ends_with("increasing");
                let strictly = k.flag("strictly")?.unwrap_or(false);
                Ok(Rule::Ordered { column: column()?, rising, strictly, mostly: k.mostly()? })
            }
            "expect_column_value_z_scores_to_be_less_than" => Ok(Rule::ZScores {
                column: column()?,
                threshold: k.number("threshold")?,
                double_sided: k.flag("double_sided")?.unwrap_or(false),
                mostly: k.mostly()?,
            }),
            "expect_column_values_to_not_be_outliers" => {
                let multiplier = k.opt_number("multiplier")?.unwrap_or(1.5);
                if multiplier < 0.0 {
                    return Err(k.wrong("multiplier", "ensure this value is greater than or equal to 0"));
                }
                let by_quartiles = k.choice("method", &["iqr", "std"])? == "iqr";
                Ok(Rule::Outliers { column: column()?, by_quartiles, multiplier, mostly: k.mostly()? })
            }
            "expect_column_values_to_be_of_type" => {
                let types = k.opt_text("type_")?.map(|name| Types { names: vec![name] });
                Ok(Rule::Types { column: column()?, types, mostly: k.mostly()? })
            }
            "expect_column_values_to_be_in_type_list" => {
                let types = k.opt_texts("type_list")?.map(|names| Types { names });
                Ok(Rule::Types { column: column()?, types, mostly: k.mostly()? })
            }
            "expect_column_type_to_be" => Ok(Rule::Dtype { column: column()?, name: k.text("type_")? }),
            "expect_column_min_to_be_between" => aggregate(Aggregate::Min),
            "expect_column_max_to_be_between" => aggregate(Aggregate::Max),
            "expect_column_mean_to_be_between" => aggregate(Aggregate::Mean),
            "expect_column_median_to_be_between" => aggregate(Aggregate::Median),
            "expect_column_stdev_to_be_between" => count(Aggregate::Stdev),
            "expect_column_sum_to_be_between" => aggregate(Aggregate::Sum),
            "expect_column_unique_value_count_to_be_between" => count(Aggregate::UniqueCount),
            "expect_column_proportion_of_unique_values_to_be_between" => count(Aggregate::UniqueShare),
            "expect_column_proportion_of_non_null_values_to_be_between" => count(Aggregate::NonNullShare),
            "expect_column_quantile_values_to_be_between" => quantiles(k),
            "expect_column_most_common_value_to_be_in_set" => {
                let ties_okay = k.flag("ties_okay")?.unwrap_or(false);
                Ok(Rule::MostCommon { column: column()?, set: Set::new(k.list("value_set")?), ties_okay })
            }
            "expect_column_distinct_values_to_be_in_set" => distinct(k, true, false),
            "expect_column_distinct_values_to_contain_set" => distinct(k, false, true),
            "expect_column_distinct_values_to_equal_set" => distinct(k, true, true),
            "expect_column_kl_divergence_to_be_less_than" => divergence(k),
            "expect_column_chisquare_test_p_value_to_be_greater_than" => Ok(Rule::ChiSquare {
                column: column()?,
                partition: Partition::new(k)?.ok_or_else(|| k.wrong("partition_object", "field required"))?,
                p: k.share("p", 0.05)?,
                tail: k.share("tail_weight_holdout", 0.0)?,
            }),
            "expect_column_parameterized_distribution_ks_test_p_value_to_be_greater_than" => {
                Ok(Rule::Shape { column: column()?, shape: Shape::new(k)?, p: k.share("p_value", 0.05)? })
            }
            "expect_column_pair_cramers_phi_value_to_be_less_than" => Ok(Rule::CramersPhi(CramersPhi::new(k)?)),
            "expect_column_pair_values_to_be_equal" => pair(k, PairTest::Equal),
            "expect_column_pair_values_a_to_be_greater_than_b" => {
                pair(k, PairTest::Above { or_equal: k.flag("or_equal")?.unwrap_or(false) })
            }
            "expect_column_pair_values_to_be_in_set" => pair(k, PairTest::In(pairs(k)?)),
            "expect_compound_columns_to_be_unique" => several(k, SeveralTest::Unique),
            "expect_select_column_values_to_be_unique_within_record" | "expect_multicolumn_values_to_be_unique" => {
                several(k, SeveralTest::Differ)
            }
            "expect_multicolumn_values_to_be_equal" => several(k, SeveralTest::Equal),
            "expect_multicolumn_sum_to_equal" => several(k, SeveralTest::Sum(k.number("sum_total")?)),
            name if SQL.contains(&name) => Err(SuiteError::NeedsSql { index: k.index, expectation: name.to_owned() }),
            name => Err(SuiteError::Unknown { index: k.index, expectation: name.to_owned() }),
        }
    }

    /// The columns it reads.
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Rule::RowCount(_)
            | Rule::ColumnCount(_)
            | Rule::ColumnOrder(_)
            | Rule::ColumnSet { .. }
            | Rule::ColumnExists { .. } => Vec::new(),
            Rule::Cells { column, .. }
            | Rule::Unique { column, .. }
            | Rule::Ordered { column, .. }
            | Rule::ZScores { column, .. }
            | Rule::Outliers { column, .. }
            | Rule::Types { column, .. }
            | Rule::Dtype { column, .. }
            | Rule::Aggregate { column, .. }
            | Rule::Quantiles { column, .. }
            | Rule::MostCommon { column, .. }
            | Rule::Distinct { column, .. }
            | Rule::Divergence { column, .. }
            | Rule::ChiSquare { column, .. }
            | Rule::Shape { column, .. } => vec![column],
            Rule::CramersPhi(phi) => vec![&phi.a.column, &phi.b.column],
            Rule::Pair { a, b, .. } => vec![a, b],
            Rule::Several { columns, .. } => columns.iter().map(String::as_str).collect(),
        }
    }

    /// The share of rows that must be as expected, for an expectation about rows.
    pub fn mostly(&self) -> f64 {
        match self {
            Rule::Cells { mostly, .. }
            | Rule::Unique { mostly, .. }
            | Rule::Ordered { mostly, .. }
            | Rule::ZScores { mostly, .. }
            | Rule::Outliers { mostly, .. }
            | Rule::Types { mostly, .. }
            | Rule::Pair { mostly, .. }
            | Rule::Several { mostly, .. } => *mostly,
            _ => 1.0,
        }
    }
}

/// What bounds may be.
#[derive(Clone, Copy, PartialEq)]
enum Kinds {
    Whole,
    Numbers,
    Dates,
    Any,
}

/// Two ends, the lower one first.
fn bounds(k: &Kwargs<'_>, kinds: Kinds) -> Result<Bounds, SuiteError> {
    let bounds = any_bounds(k, kinds)?;
    if let (Some(low), Some(high)) = (&bounds.min, &bounds.max) {
        let moment = |bound: &Scalar| if let Scalar::Text(text) = bound { date(text) } else { None };
        let order = match (moment(low), moment(high)) {
            (Some(low), Some(high)) => Ok(Some(low.cmp(&high))),
            _ => low.cell().order(high.cell()),
        };
        match order {
            Ok(Some(order)) if order.is_gt() => return Err(k.wrong("min_value", "min_value cannot be greater than max_value")),
            Ok(_) => {}
            Err(e) => return Err(k.wrong("min_value", e.message)),
        }
    }
    Ok(bounds)
}

/// Two ends, which nothing meets when the lower one is above: lengths and numbers of columns, as in the reference.
fn any_bounds(k: &Kwargs<'_>, kinds: Kinds) -> Result<Bounds, SuiteError> {
    let bound = |kwarg: &str| -> Result<Option<Scalar>, SuiteError> {
        let Some(value) = k.get(kwarg) else { return Ok(None) };
        Ok(Some(match Scalar::of_json(value) {
            Scalar::Int(n) => Scalar::Int(n),
            Scalar::UInt(n) => Scalar::UInt(n),
            Scalar::Float(x) if kinds == Kinds::Whole && x.fract() != 0.0 => {
                return Err(k.wrong(kwarg, format!("value is not a valid integer: {x}")));
            }
            Scalar::Float(x) => Scalar::Float(x),
            Scalar::Text(text) if text == "Infinity" => Scalar::Float(f64::INFINITY),
            Scalar::Text(text) if text == "-Infinity" => Scalar::Float(f64::NEG_INFINITY),
            Scalar::Text(text) if kinds == Kinds::Any => Scalar::Text(text),
            Scalar::Text(text) if kinds == Kinds::Dates && parse_moment(&text).is_some() => Scalar::Text(text),
            Scalar::Text(_) if kinds == Kinds::Dates => {
                return Err(k.wrong(kwarg, "value is not a valid float; invalid date format; invalid datetime format"));
            }
            _ if kinds == Kinds::Whole => return Err(k.wrong(kwarg, format!("value is not a valid integer: {value}"))),
            _ => return Err(k.wrong(kwarg, format!("value is not a valid float: {value}"))),
        }))
    };
    let (min, max) = (bound("min_value")?, bound("max_value")?);
    let (strict_min, strict_max) = (k.flag("strict_min")?.unwrap_or(false), k.flag("strict_max")?.unwrap_or(false));
    Ok(Bounds { min, max, strict_min, strict_max })
}

fn regexes(k: &Kwargs<'_>, list: bool, negated: bool) -> Result<Test, SuiteError> {
    let kwarg = if list { "regex_list" } else { "regex" };
    let patterns = if list { k.texts(kwarg)? } else { vec![k.text(kwarg)?] };
    if !(1..=64).contains(&patterns.len()) {
        return Err(k.wrong(kwarg, "ensure this list has at least one item and at most 64"));
    }
    let compiled =
        patterns.iter().map(|pattern| pattern::compile(pattern).map_err(|e| k.wrong(kwarg, e))).collect::<Result<_, _>>()?;
    Ok(Test::Regex { expressions: compiled, all: list && !negated && k.choice("match_on", &["any", "all"])? == "all", negated })
}

fn likes(k: &Kwargs<'_>, list: bool, negated: bool, brackets: bool) -> Result<Test, SuiteError> {
    let kwarg = if list { "like_pattern_list" } else { "like_pattern" };
    let patterns = if list { k.texts(kwarg)? } else { vec![k.text(kwarg)?] };
    if patterns.is_empty() {
        return Err(k.wrong(kwarg, "At least one like_pattern must be supplied in the like_pattern_list."));
    }
    let all = list && !negated && k.choice("match_on", &["any", "all"])? == "all";
    Ok(Test::Like { patterns: patterns.iter().map(|pattern| Like::new(pattern, brackets)).collect(), all, negated })
}

fn quantiles(k: &Kwargs<'_>) -> Result<Rule, SuiteError> {
    const KWARG: &str = "quantile_ranges";
    let ranges = k.get(KWARG).ok_or_else(|| k.wrong(KWARG, "field required"))?;
    let shown = ranges.get("quantiles").cloned().unwrap_or_default();
    let at = k.numbers(KWARG, ranges.get("quantiles"))?.ok_or_else(|| k.wrong(KWARG, "quantiles are required"))?;
    if at.iter().any(|q| !(0.0..=1.0).contains(q)) {
        return Err(k.wrong(KWARG, "quantiles must be in [0, 1]"));
    }
    let list = ranges.get("value_ranges").and_then(Json::as_array).ok_or_else(|| k.wrong(KWARG, "value_ranges are required"))?;
    if list.len() != at.len() {
        return Err(k.wrong(KWARG, "quantile_values and quantiles must have the same number of elements"));
    }
    let mut bounds = Vec::new();
    for range in list {
        let bound = |at: usize, open: f64| match range.get(at) {
            Some(Json::Null) => Some(open),
            Some(value) => super::kwargs::number(value),
            None => None,
        };
        let (Some(low), Some(high)) = (bound(0, f64::NEG_INFINITY), bound(1, f64::INFINITY)) else {
            return Err(k.wrong(KWARG, "each range must be two numbers or nulls"));
        };
        if low > high || range.as_array().is_none_or(|range| range.len() != 2) {
            return Err(k.wrong(KWARG, "quantile_ranges must consist of ordered pairs"));
        }
        bounds.push((low, high));
    }
    let between = match k.get("allow_relative_error") {
        None | Some(Json::Bool(false)) => Interpolation::Nearest,
        Some(Json::String(word)) => match word.as_str() {
            "nearest" => Interpolation::Nearest,
            "linear" => Interpolation::Linear,
            "lower" => Interpolation::Lower,
            "higher" => Interpolation::Higher,
            "midpoint" => Interpolation::Midpoint,
            _ => return Err(k.wrong("allow_relative_error", "expected linear, lower, higher, midpoint or nearest")),
        },
        Some(_) => return Err(k.wrong("allow_relative_error", "expected linear, lower, higher, midpoint or nearest")),
    };
    Ok(Rule::Quantiles { column: k.text("column")?, at, ranges: bounds, between, shown })
}

fn distinct(k: &Kwargs<'_>, no_others: bool, all: bool) -> Result<Rule, SuiteError> {
    let values = k.list("value_set")?;
    if values.is_empty() {
        return Err(k.wrong("value_set", "value_set must be a non-empty set-like object."));
    }
    Ok(Rule::Distinct { column: k.text("column")?, set: Set::new(values), no_others, all })
}

fn divergence(k: &Kwargs<'_>) -> Result<Rule, SuiteError> {
    let threshold = k.opt_number("threshold")?;
    if threshold.is_some_and(|threshold| threshold < 0.0) {
        return Err(k.wrong("threshold", "Threshold must be specified, greater than or equal to zero."));
    }
    let (partition, tail) = (Partition::new(k)?, k.share("tail_weight_holdout", 0.0)?);
    let (internal, bucketize) = (k.share("internal_weight_holdout", 0.0)?, k.flag("bucketize_data")?.unwrap_or(true));
    if let Some(partition) = &partition {
        partition.check(k, tail, internal, bucketize)?;
    }
    Ok(Rule::Divergence { column: k.text("column")?, partition, threshold, tail, internal, bucketize })
}

fn pair(k: &Kwargs<'_>, test: PairTest) -> Result<Rule, SuiteError> {
    let words = ["both_values_are_missing", "either_value_is_missing", "neither"];
    Ok(Rule::Pair { a: k.text("column_A")?, b: k.text("column_B")?, test, ignore: ignore(k, words)?, mostly: k.mostly()? })
}

fn pairs(k: &Kwargs<'_>) -> Result<Option<Vec<(Scalar, Scalar)>>, SuiteError> {
    let Some(list) = k.opt_list("value_pairs_set")? else { return Ok(None) };
    let pair = |value: &Scalar| match value {
        Scalar::Other(Json::Array(pair)) => match pair.as_slice() {
            [a, b] => Some((Scalar::of_json(a), Scalar::of_json(b))),
            _ => None,
        },
        _ => None,
    };
    let pairs: Option<Vec<_>> = list.iter().map(pair).collect();
    pairs.map(Some).ok_or_else(|| k.wrong("value_pairs_set", "expected a list of pairs"))
}

fn several(k: &Kwargs<'_>, test: SeveralTest) -> Result<Rule, SuiteError> {
    let columns = k.texts("column_list")?;
    if columns.len() < 2 {
        return Err(k.wrong("column_list", "column_list must contain at least two columns."));
    }
    let words = ["all_values_are_missing", "any_value_is_missing", "never"];
    Ok(Rule::Several { columns, test, ignore: ignore(k, words)?, mostly: k.mostly()? })
}

fn ignore(k: &Kwargs<'_>, words: [&'static str; 3]) -> Result<Ignore, SuiteError> {
    let word = k.choice("ignore_row_if", &words)?;
    Ok(match words.iter().position(|own| *own == word) {
        Some(1) => Ignore::AnyMissing,
        Some(2) => Ignore::Never,
        _ => Ignore::AllMissing,
    })
}
