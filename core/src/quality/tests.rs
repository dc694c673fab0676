use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::table::{Cell, Column, Kind};

fn columns() -> (Vec<String>, Vec<Column>) {
    let names = ["n", "x", "t", "d"].map(str::to_owned).to_vec();
    let columns = vec![
        Column::Int(vec![1, 2, 2, 4]),
        Column::Float(vec![0.5, f64::NAN, 2.5, -1.0]),
        Column::of_json(&[json!("a"), json!(null), json!("b"), json!("a")]),
        Column::of_json(&[json!("2026-01-01"), json!("x"), json!("2026-02-30"), json!(null)]),
    ];
    (names, columns)
}

fn run(expectation: Json, detail: Detail, size: usize) -> Json {
    let suite = Suite::read(&json!({"name": "s", "expectations": [expectation]}).to_string()).unwrap();
    let (names, columns) = columns();
    let kinds: Vec<Kind> = columns.iter().map(Column::kind).collect();
    let mut validation = Validation::new(&suite, &names, &kinds, &ResultFormat::of(detail));
    for start in (0..4).step_by(size) {
        let part = |column: &Column| {
            let mut part = Column::new(column.kind());
            (start..(start + size).min(4)).for_each(|row| part.push(column.cell(row)));
            part
        };
        validation.push(&columns.iter().map(part).collect::<Vec<_>>());
    }
    serde_json::to_value(validation.finish().document(None)).unwrap()["results"][0].clone()
}

/// (expectation, met, what the result holds): computed with Great Expectations 1.24.1 on pandas.
#[test]
fn results_do_not_depend_on_how_the_table_is_cut() {
    let rows = [
        (
            json!({"type": "expect_column_values_to_be_unique", "kwargs": {"column": "n"}}),
            false,
            "unexpected_list",
            json!([2, 2]),
        ),
        (
            json!({"type": "expect_column_values_to_be_unique", "kwargs": {"column": "t"}}),
            false,
            "unexpected_index_list",
            json!([0, 3]),
        ),
        (
            json!({"type": "expect_column_mean_to_be_between", "kwargs": {"column": "n", "min_value": 2, "max_value": 3}}),
            true,
            "observed_value",
            json!(2.25),
        ),
        (
            json!({"type": "expect_column_median_to_be_between", "kwargs": {"column": "x", "min_value": 0}}),
            true,
            "observed_value",
            json!(0.5),
        ),
        (
            json!({"type": "expect_column_min_to_be_between", "kwargs": {"column": "x", "min_value": 0}}),
            false,
            "observed_value",
            json!(-1.0),
        ),
        (
            json!({"type": "expect_column_sum_to_be_between", "kwargs": {"column": "n", "max_value": 9}}),
            true,
            "observed_value",
            json!(9),
        ),
        (
            json!({"type": "expect_column_values_to_be_increasing", "kwargs": {"column": "x"}}),
            false,
            "unexpected_list",
            json!([-1.0]),
        ),
        (
            json!({"type": "expect_column_values_to_be_dateutil_parseable", "kwargs": {"column": "d"}}),
            false,
            "unexpected_list",
            json!(["x", "2026-02-30"]),
        ),
        (
            json!({"type": "expect_column_value_z_scores_to_be_less_than", "kwargs": {"column": "n", "threshold": 1, "double_sided": true}}),
            false,
            "unexpected_list",
            json!([4]),
        ),
        (
            json!({"type": "expect_compound_columns_to_be_unique", "kwargs": {"column_list": ["n", "t"]}}),
            true,
            "unexpected_count",
            json!(0),
        ),
        (
            json!({"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "t", "value_set": ["a"], "row_condition": "n > 1", "condition_parser": "pandas"}}),
            false,
            "element_count",
            json!(3),
        ),
        (
            json!({"type": "expect_column_values_to_not_be_outliers", "kwargs": {"column": "n", "multiplier": 0.5}}),
            false,
            "unexpected_list",
            json!([1, 4]),
        ),
    ];
    for (expectation, met, key, value) in rows {
        for size in [1, 3, 4] {
            let result = run(expectation.clone(), Detail::Complete, size);
            assert_eq!((&result["success"], &result["result"][key]), (&json!(met), &value), "{expectation} {size}: {result}");
        }
        assert!(run(expectation, Detail::BooleanOnly, 2)["result"].as_object().unwrap().is_empty());
    }
}

#[test]
fn what_cannot_be_judged_is_not_met() {
    let rows = [
        (json!({"type": "expect_column_values_to_be_unique", "kwargs": {"column": "nope"}}), "KeyError"),
        (json!({"type": "expect_column_mean_to_be_between", "kwargs": {"column": "t", "min_value": 0}}), "TypeError"),
        (json!({"type": "expect_column_values_to_be_between", "kwargs": {"column": "n", "min_value": "a"}}), "TypeError"),
        (json!({"type": "expect_column_values_to_be_of_type", "kwargs": {"column": "t", "type_": "varchar2"}}), "ValueError"),
        (
            json!({"type": "expect_column_values_to_be_null", "kwargs": {"column": "n", "row_condition": "m > 1", "condition_parser": "pandas"}}),
            "KeyError",
        ),
    ];
    for (expectation, exception) in rows {
        let result = run(expectation.clone(), Detail::Summary, 2);
        let traceback = result["exception_info"]["exception_traceback"].as_str().unwrap_or_default();
        assert!(result["success"] == json!(false) && traceback.starts_with(exception), "{expectation}: {result}");
    }
}

/// As Great Expectations 1.24.1 on pandas: a text is no date, so that values do not compare; the least and the greatest are read as dates.
#[test]
fn dates_are_compared_as_dates_or_the_expectation_raises() {
    let between = |column: &str, min: Json, max: Json| json!({"type": "expect_column_values_to_be_between", "kwargs": {"column": column, "min_value": min, "max_value": max}});
    for (min, max) in [
        (json!("2026-01-01"), json!("2026-12-31")),
        (json!("2026-9-1"), json!(null)),
        (json!(null), json!("2027-01-01T00:00:00")),
    ] {
        for size in [1, 4] {
            let result = run(between("d", min.clone(), max.clone()), Detail::Summary, size);
            let message = result["exception_info"]["exception_message"].as_str().unwrap_or_default();
            assert!(result["success"] == json!(false) && message.contains("of the same type"), "{min} {max}: {result}");
        }
    }
    let crossed =
        Suite::read(&json!({"name": "s", "expectations": [between("d", json!("2026-10-1"), json!("2026-9-1"))]}).to_string());
    assert!(crossed.is_err());
    assert!(
        Suite::read(&json!({"name": "s", "expectations": [between("d", json!("2026-9-1"), json!("2026-10-1"))]}).to_string())
            .is_ok()
    );
    let aggregate = |of: &str, min: &str| json!({"type": format!("expect_column_{of}_to_be_between"), "kwargs": {"column": "d", "min_value": min}});
    let least = run(aggregate("min", "2025-9-30"), Detail::Summary, 2);
    assert_eq!((&least["success"], &least["result"]["observed_value"]), (&json!(true), &json!("2026-01-01")), "{least}");
    let greatest = run(aggregate("max", "2026-01-01"), Detail::Summary, 2);
    assert!(greatest["success"] == json!(false), "{greatest}");
    assert!(greatest["exception_info"].to_string().contains("Unknown string format: x"), "{greatest}");
    // A lead has dates as texts: here they are read.
    let suite =
        Suite::read(&json!({"name": "s", "expectations": [between("d", json!("2026-1-1"), json!("2026-12-31"))]}).to_string())
            .unwrap();
    for (value, accepted) in
        [("2026-09-30", true), ("2026-9-30", true), ("2026-02-30", false), ("2027-01-01", false), ("soon", false)]
    {
        let lead = serde_json::from_value(json!({ "d": value })).unwrap();
        assert_eq!(suite.check_lead(&lead).is_accepted(), accepted, "{value}");
    }
}

#[test]
fn an_empty_table_meets_what_asks_rows_and_not_what_asks_numbers() {
    for (kind, extra, met) in [
        ("expect_column_values_to_be_unique", json!({}), true),
        ("expect_column_mean_to_be_between", json!({"min_value": 0}), false),
        ("expect_column_median_to_be_between", json!({"min_value": 0}), false),
        ("expect_column_value_z_scores_to_be_less_than", json!({"threshold": 1}), true),
        (
            "expect_column_quantile_values_to_be_between",
            json!({"quantile_ranges": {"quantiles": [0.5], "value_ranges": [[0, 1]]}}),
            false,
        ),
    ] {
        let mut kwargs = json!({"column": "x"});
        kwargs.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let suite = Suite::read(&json!({"expectations": [{"type": kind, "kwargs": kwargs}]}).to_string()).unwrap();
        let mut validation = Validation::new(&suite, &["x".to_owned()], &[Kind::Float], &ResultFormat::of(Detail::Complete));
        validation.push(&[Column::new(Kind::Float)]);
        assert_eq!(validation.finish().success(), met, "{kind}");
    }
}

#[test]
fn a_malformed_suite_names_the_expectation_and_the_kwarg() {
    let rows = [
        ("{", "SUITE_NOT_JSON", "not valid JSON"),
        ("[]", "SUITE_MALFORMED", "a suite must be an object"),
        (r#"{"expectations": [1]}"#, "SUITE_MALFORMED", "expectations[0]"),
        (r#"{"expectations": [{"type": "expect_magic"}]}"#, "EXPECTATION_UNKNOWN", "expect_magic"),
        (r#"{"expectations": [{"type": "unexpected_rows_expectation"}]}"#, "EXPECTATION_NEEDS_SQL", "needs a database"),
        (
            r#"{"expectations": [{"type": "expect_column_to_exist", "kwargs": {"column": "a"}}, {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "a", "regex": "(?=x)"}}]}"#,
            "KWARG_INVALID",
            "expectations[1].kwargs.regex",
        ),
        (
            r#"{"expectations": [{"type": "expect_column_to_exist", "kwargs": {"column": "a"}, "severity": "mild"}]}"#,
            "SUITE_MALFORMED",
            "severity",
        ),
        (
            r#"{"expectations": [{"type": "expect_column_values_to_be_between", "kwargs": {"column": "a", "min_value": {"$PARAMETER": "low"}}}]}"#,
            "KWARG_INVALID",
            "min_value",
        ),
    ];
    for (text, code, words) in rows {
        let error = Suite::read(text).unwrap_err();
        assert!(error.code() == code && error.to_string().contains(words), "{text}: {} {error}", error.code());
    }
}

#[test]
fn a_table_meets_the_suite_made_of_it() {
    let rows = 200;
    let text = |i: i64| json!(["google", "direct"][i as usize % 2]);
    let columns = [
        Column::Int((0..rows).collect()),
        Column::of_json(&(0..rows).map(text).collect::<Vec<_>>()),
        Column::Float((0..rows).map(|i| if i % 10 == 0 { f64::NAN } else { i as f64 / 3.0 }).collect()),
    ];
    let names = ["id", "source", "minutes"].map(str::to_owned);
    let kinds: Vec<Kind> = columns.iter().map(Column::kind).collect();
    let mut profile = Profile::new(&names, &kinds);
    profile.push(&columns);
    let document = generate(&profile, "made");
    let suite = Suite::read(&document.to_string()).unwrap();
    let mut validation = Validation::new(&suite, &names, &kinds, &ResultFormat::default());
    validation.push(&columns);
    let report = validation.finish();
    assert!(report.success() && report.outcomes.len() == 13, "{:?}", report.document(None));
    let kwargs = |kind: &str| suite.expectations().iter().find(|own| own.kind == kind).unwrap().kwargs.clone();
    assert_eq!(kwargs("expect_column_values_to_be_in_set")["value_set"], json!(["direct", "google"]));
    assert_eq!(kwargs("expect_column_values_to_be_unique")["column"], json!("id"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever a suite says, it is read or refused, and what is read runs on any table.
    #[test]
    fn no_suite_breaks_a_table(
        kind in prop::sample::select(KINDS.to_vec()),
        kwargs in prop::collection::btree_map(prop::sample::select(KWARGS.to_vec()), 0..VALUES.len(), 0..7),
        column in prop::sample::select(vec!["n", "x", "t", "d", "gone"]),
    ) {
        let mut map: serde_json::Map<String, Json> =
            kwargs.into_iter().map(|(name, at)| (name.to_owned(), serde_json::from_str(VALUES[at]).unwrap())).collect();
        for name in ["column", "column_A"] {
            map.entry(name).or_insert(json!(column));
        }
        map.entry("column_B").or_insert(json!("t"));
        map.entry("column_list").or_insert(json!(["n", "t"]));
        let text = json!({"expectations": [{"type": kind, "kwargs": map}]}).to_string();
        if let Ok(suite) = Suite::read(&text) {
            let (names, columns) = columns();
            let kinds: Vec<Kind> = columns.iter().map(Column::kind).collect();
            let mut validation = Validation::new(&suite, &names, &kinds, &ResultFormat::of(Detail::Complete));
            validation.push(&columns);
            let found = validation.finish().document(None);
            let json = serde_json::to_string(&found).unwrap();
            assert_eq!(serde_json::from_str::<SuiteResult>(&json).unwrap(), found);
            let mut lead = crate::Lead::default();
            lead.set("n", crate::Value::Number(3.0));
            lead.set("t", crate::Value::Text("a".to_owned()));
            suite.check_lead(&lead);
        }
    }
}

const KINDS: [&str; 30] = [
    "expect_table_row_count_to_be_between",
    "expect_table_columns_to_match_ordered_list",
    "expect_column_values_to_be_between",
    "expect_column_values_to_be_in_set",
    "expect_column_values_to_match_regex",
    "expect_column_values_to_match_like_pattern",
    "expect_column_value_lengths_to_be_between",
    "expect_column_values_to_match_strftime_format",
    "expect_column_values_to_be_increasing",
    "expect_column_value_z_scores_to_be_less_than",
    "expect_column_values_to_not_be_outliers",
    "expect_column_values_to_be_in_type_list",
    "expect_column_min_to_be_between",
    "expect_column_mean_to_be_between",
    "expect_column_stdev_to_be_between",
    "expect_column_proportion_of_unique_values_to_be_between",
    "expect_column_quantile_values_to_be_between",
    "expect_column_most_common_value_to_be_in_set",
    "expect_column_distinct_values_to_equal_set",
    "expect_column_kl_divergence_to_be_less_than",
    "expect_column_chisquare_test_p_value_to_be_greater_than",
    "expect_column_parameterized_distribution_ks_test_p_value_to_be_greater_than",
    "expect_column_pair_cramers_phi_value_to_be_less_than",
    "expect_column_pair_values_to_be_equal",
    "expect_column_pair_values_a_to_be_greater_than_b",
    "expect_column_pair_values_to_be_in_set",
    "expect_compound_columns_to_be_unique",
    "expect_select_column_values_to_be_unique_within_record",
    "expect_multicolumn_sum_to_equal",
    "expect_multicolumn_values_to_be_equal",
];
const KWARGS: [&str; 22] = [
    "min_value",
    "max_value",
    "strict_min",
    "mostly",
    "value_set",
    "regex",
    "like_pattern",
    "strftime_format",
    "threshold",
    "type_list",
    "quantile_ranges",
    "partition_object",
    "distribution",
    "params",
    "sum_total",
    "row_condition",
    "result_format",
    "ignore_row_if",
    "value_pairs_set",
    "multiplier",
    "bucketize_data",
    "n_bins_A",
];
const VALUES: [&str; 30] = [
    "null",
    "true",
    "-1",
    "0",
    "1",
    "2.5",
    "1e300",
    "-1e300",
    "9223372036854775807",
    "\"a\"",
    "\"\"",
    "\"%Y-%m-%d\"",
    "\"[a-z]+$\"",
    "\"Infinity\"",
    "\"norm\"",
    "\"beta\"",
    "[]",
    "[1, 2]",
    "[\"a\", \"b\"]",
    "[[1, \"a\"], [null, 2]]",
    "{}",
    "[\"str\", \"float\"]",
    r#"{"quantiles": [0, 0.5, 1], "value_ranges": [[0, 1], [null, 1], [0, null]]}"#,
    r#"{"values": ["a", "b"], "weights": [0.5, 0.5]}"#,
    r#"{"bins": [0, 1, 2], "weights": [0.5, 0.5]}"#,
    r#"{"bins": ["-Infinity", 0, "Infinity"], "weights": [0.5, 0.5]}"#,
    "\"n > 1 & t == 'a'\"",
    "\"COMPLETE\"",
    r#"{"result_format": "SUMMARY", "unexpected_index_column_names": ["n"]}"#,
    "\"any_value_is_missing\"",
];

#[test]
fn a_bound_may_be_relative_to_the_time_of_validation() {
    let suite = |parameter: &str, now_ms| {
        let kwargs = json!({"column": "at", "max_value": {"$PARAMETER": parameter}});
        let text = json!({"expectations": [{"type": "expect_column_values_to_be_between", "kwargs": kwargs}]}).to_string();
        Suite::read_with(&text, &Reading { now_ms, ..Reading::default() })
    };
    // 1 June 2026.
    let now = Some(1_780_272_000_000);
    for (parameter, met) in [("now()", true), ("now() - timedelta(days=1)", false)] {
        let suite = suite(parameter, now).unwrap();
        let mut validation = Validation::new(&suite, &["at".to_owned()], &[Kind::Time], &ResultFormat::of(Detail::Complete));
        let mut column = Column::new(Kind::Time);
        column.push(Cell::Time(parse_moment("2026-05-31T12:00:00").unwrap().at));
        validation.push(&[column]);
        assert_eq!(validation.finish().success(), met, "{parameter}");
    }
    assert!(suite("now()", None).unwrap_err().to_string().contains("only where a whole table is checked"));
    assert!(suite("now() - timedelta(months=1)", now).unwrap_err().to_string().contains("is not understood"));
}

#[test]
fn lengths_between_ends_in_the_wrong_order_are_met_by_nothing() {
    let kwargs = json!({"column": "x", "min_value": 3, "max_value": 1});
    let text = json!({"expectations": [{"type": "expect_column_value_lengths_to_be_between", "kwargs": kwargs}]}).to_string();
    let suite = Suite::read(&text).unwrap();
    let mut validation = Validation::new(&suite, &["x".to_owned()], &[Kind::Text], &ResultFormat::of(Detail::Complete));
    validation.push(&[Column::of_json(&[json!("ab"), json!("abcd")])]);
    assert!(!validation.finish().success());
    let values = text.replace("value_lengths", "values");
    assert!(Suite::read(&values).unwrap_err().to_string().contains("min_value cannot be greater"));
}
