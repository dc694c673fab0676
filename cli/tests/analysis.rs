//! `plumbline metrics` and `plumbline drift`, run as users run them.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use common::{expect, failure, text};
use serde_json::Value;

/// Ten leads with an outcome, of whose 5 · 5 pairs six are in the wrong order.
const SCORED: &str = "lead_id,probability,converted,slice
1,0.9,1,1
2,0.8,1,0
3,0.7,0,1
4,0.6,1,0
5,0.5,0,1
6,0.4,yes,0
7,0.3,no,1
8,0.2,1,0
9,0.1,0,1
10,0.05,false,0
11,0.77,,0
12,,1,0
";

#[test]
fn metrics_are_told_to_people_and_to_programs() {
    // One of twelve leads has no score: more than is allowed unless that is said.
    let all_but_one = ["metrics", "--exploration", "slice", "--max-left-out", "10%"];
    let page = expect(0, &all_but_one, SCORED.as_bytes());
    expect(3, &["metrics"], SCORED.as_bytes());
    for words in [
        "rows: 12 read, 10 used, 2 left out",
        "1 SCORE_MISSING",
        "line 13: probability is empty",
        "10, of which 5 converted; 1 open, 1 without a score",
        "ROC AUC",
        "0.7600",
        "calibration error",
        "AUC of explored leads",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    let all: Value = serde_json::from_str(&expect(3, &["metrics", "--json", "--bands", "0.5"], SCORED.as_bytes())).expect("JSON");
    assert_eq!(all["roc_auc"], 0.76);
    assert_eq!(all["at_threshold"]["precision"], 0.6);
    assert_eq!((&all["bands"][1]["leads"], &all["bands"][1]["positives"]), (&5.into(), &3.into()));
    assert_eq!((&all["leads"], &all["open"], &all["unscored"]), (&10.into(), &1.into(), &1.into()));
    let left_out = |at: usize| ["reason", "ordinary"].map(|key| all["rows"]["left_out"][at][key].clone());
    assert_eq!(left_out(0), ["OUTCOME_OPEN".into(), Value::from(true)]);
    assert_eq!(left_out(1), ["SCORE_MISSING".into(), Value::from(false)]);
}

#[test]
fn two_models_are_compared_on_the_leads_that_have_both_scores() {
    let mut input = String::from("probability,challenger,converted\n");
    for i in 0..400u32 {
        let (converted, noise) = (u32::from(i % 3 == 0), f64::from(i * 7919 % 1000) / 1000.0);
        let (weak, strong) = ((noise + 0.2 * f64::from(converted)) / 2.0, (noise + 0.6 * f64::from(converted)) / 2.0);
        input += &if i % 10 == 0 { format!("{weak},,{converted}\n") } else { format!("{weak},{strong},{converted}\n") };
    }
    let all: Value =
        serde_json::from_str(&expect(0, &["metrics", "--json", "--against", "challenger"], input.as_bytes())).expect("JSON");
    let found = &all["comparison"];
    assert_eq!((&found["leads"], &all["leads"]), (&360.into(), &400.into()), "{found}");
    assert!(found["difference"].as_f64() < Some(-0.1) && found["p_value"].as_f64() < Some(1e-6), "{found}");
    let page = expect(0, &["metrics", "--against", "challenger"], input.as_bytes());
    assert!(page.contains("AUC against challenger") && page.contains("on 360 leads with both"), "{page}");
    // Two models that rank alike do not differ: there is no test, not a p of 1.
    let same: Value =
        serde_json::from_str(&expect(0, &["metrics", "--json", "--against", "probability"], input.as_bytes())).expect("JSON");
    assert_eq!((&same["comparison"]["difference"], &same["comparison"]["p_value"]), (&0.0.into(), &Value::Null), "{same}");
    let one_class = expect(0, &["metrics", "--json", "--against", "b"], b"score,b,outcome\n0.1,0.2,1\n0.3,0.1,1\n");
    assert!(one_class.contains("leads that did not convert"), "{one_class}");
}

#[test]
fn what_cannot_be_answered_is_said() {
    let page = expect(0, &["metrics"], b"score,outcome\n3.5,0\n-1,0\n");
    assert!(page.contains("no answer: found 0 leads that converted, need at least 1"), "{page}");
    assert!(page.contains("scores are not probabilities"), "{page}");
    let ndjson = expect(0, &["metrics", "--json"], b"{\"score\":0.4,\"outcome\":true}\n{\"score\":0.2,\"outcome\":false}\n");
    assert!(ndjson.contains("\"roc_auc\": 1.0"), "{ndjson}");
}

#[test]
fn errors_name_the_place() {
    for (input, code, words) in [
        ("probability,converted\n0.5,maybe\n", "VALUE_NOT_A_FLAG", "standard input, line 2"),
        ("probability,converted\n0.5,1\nhigh,0\n", "VALUE_NOT_A_NUMBER", "standard input, line 3"),
        ("probability,converted\n0.5,1\ninf,0\n", "SCORE_NOT_FINITE", "standard input, line 3"),
        ("a,b\n1,2\n", "COLUMN_UNKNOWN", "--score"),
        ("probability,converted\n", "INPUT_EMPTY", "no rows"),
    ] {
        let error = failure(5, &["metrics"], input.as_bytes());
        assert!(error.contains(code) && error.contains(words), "{input}{error}");
    }
    let error = failure(2, &["metrics", "--bands", "0.5,0.2"], SCORED.as_bytes());
    assert!(error.contains("BAD_CUT") && error.contains("--bands"), "{error}");
}

/// Leads with an age, a source and a score that predicts the outcome fairly well.
fn leads(rows: u32, older: u32, phone: u32, outcome: bool) -> String {
    let mut text = String::from(if outcome { "id,age,source,probability,converted\n" } else { "id,age,source,probability\n" });
    for i in 0..rows {
        let (mixed, score) = (i * 7919 % 1000, f64::from(i * 104_729 % 1000) / 1000.0);
        let source = if mixed % 10 < phone { "phone" } else { ["web", "fair"][(mixed % 2) as usize] };
        let converted = u32::from(f64::from(i * 611_953 % 1000) / 1000.0 < score);
        let age = if mixed % 20 == 0 { String::new() } else { (20 + mixed % 40 + older).to_string() };
        text += &format!("{i},{age},{source},{score}");
        text += &if outcome { format!(",{converted}\n") } else { "\n".to_owned() };
    }
    text
}

#[test]
fn drift_is_found_and_the_check_fails() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let reference = text(&folder.path().join("reference.csv"));
    std::fs::write(&reference, leads(1000, 0, 0, true)).expect("written");
    let same = leads(700, 0, 0, false);
    let drifted = leads(700, 30, 4, false);
    let arguments = ["drift", reference.as_str(), "-", "--ignore", "id", "--score", "probability", "--max-features", "1"];
    let page = expect(0, &[&arguments[..], &["--check", "--deals", "50"]].concat(), same.as_bytes());
    for words in ["None of 2 features drifted", "false alarms without drift, from 50 shuffles", "percentile  50", "roc_auc"] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    let page = expect(1, &[&arguments[..], &["--check"]].concat(), drifted.as_bytes());
    assert!(page.contains("2 of 2 features drifted") && page.contains("YES: distribution, new_categories"), "{page}");
    let all: Value = serde_json::from_str(&expect(0, &[&arguments[..], &["--json"]].concat(), drifted.as_bytes())).expect("JSON");
    assert_eq!(
        (&all["verdict"]["drifted"], &all["features"][1]["new_categories"]["most"][0][0]),
        (&true.into(), &"phone".into())
    );
    let expected = &all["performance"]["measures"]["roc_auc"];
    let (value, reference) = (expected["expected"]["value"].as_f64(), expected["reference"].as_f64());
    assert!(value.zip(reference).is_some_and(|(a, b)| (a - b).abs() < 0.05), "{expected}");
    assert!(expected["realised"].is_null());
}

#[test]
fn an_odd_value_costs_its_row_and_a_wrong_column_is_an_error() {
    let rows: String = (0..400).map(|i| format!("0.{},{}\n", 10 + i % 80, u32::from(i % 3 == 0))).collect();
    let page = expect(0, &["metrics"], format!("Score,Converted\n{rows}n.a.,1\n0.5,soon\n").as_bytes());
    for words in
        ["rows: 402 read, 400 used, 2 left out", "line 402: Score is \"n.a.\", not a number", "line 403: Converted is \"soon\""]
    {
        assert!(page.contains(words), "{words}\n{page}");
    }
    for option in [["--threshold", "NaN"], ["--bands", "0.2,inf"], ["--max-left-out", "2"]] {
        failure(2, &["metrics", option[0], option[1]], rows.as_bytes());
    }
    let error = failure(5, &["metrics"], b"Lead Score|Converted\n0.8|1\n");
    assert!(error.contains("the only column is \"Lead Score|Converted\""), "{error}");
    let seconds: String = (0..20).map(|i| format!("0.5,1,{}\n", 1_763_900_000 + i)).collect();
    let arguments = ["metrics", "--scored-at", "at", "--matured-after", "30d"];
    let error = failure(5, &arguments, format!("score,converted,at\n{seconds}").as_bytes());
    assert!(error.contains("looks like seconds"), "{error}");
}

#[test]
fn what_a_column_is_depends_on_all_of_it_and_not_on_the_order_of_rows() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let file = |name: &str, rows: &[String]| {
        let path = text(&folder.path().join(name));
        std::fs::write(&path, format!("amount,postcode,demo\n{}", rows.concat())).expect("written");
        path
    };
    let row = |i: u32| format!("{},{:05},{}\n", i % 97, 1000 + i % 50, if i.is_multiple_of(2) { "yes" } else { "No" });
    let mut rows: Vec<String> = (0..500).map(row).collect();
    let reference = file("reference.csv", &rows);
    rows[250] = "unknown,99999,TRUE\n".to_owned();
    rows.push("N/A,01001,f\n".to_owned());
    let current = file("current.csv", &rows);
    rows.reverse();
    for current in [current, file("reversed.csv", &rows)] {
        let all: Value = serde_json::from_str(&expect(0, &["drift", &reference, &current, "--json"], b"")).expect("JSON");
        assert_eq!(all["verdict"]["drifted"], false, "{all:#}");
        assert!(all["features"].as_array().expect("features").iter().all(|f| f["distance"].as_f64() < Some(0.01)), "{all:#}");
        let odd = all["odd_values"].to_string();
        assert!(
            odd.contains("1 of 501 values of amount is not a number") && odd.contains("unknown") && odd.contains("N/A"),
            "{odd}"
        );
        assert!(!odd.contains("demo") && !odd.contains("postcode"), "{odd}");
    }
}

#[test]
fn one_bad_cell_is_no_drift() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let reference = text(&folder.path().join("reference.csv"));
    let row = |row: u32| format!("{}.0,{}\n", row % 5, if row.is_multiple_of(2) { "True" } else { "False" });
    let rows: String = std::iter::once("visits,demo\n".to_owned()).chain((0..300).map(row)).collect();
    std::fs::write(&reference, &rows).expect("written");
    let current = rows + "unknown,maybe\n";
    let page = expect(0, &["drift", &reference, "-", "--check"], current.as_bytes());
    assert!(page.contains("None of 2 features drifted"), "{page}");
}

#[test]
fn drift_refuses_what_it_cannot_compare() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let reference = text(&folder.path().join("reference.csv"));
    std::fs::write(&reference, "a,b\n1,2\n3,4\n").expect("written");
    assert!(failure(5, &["drift", &reference, "-"], b"c\n1\n").contains("NOTHING_TO_COMPARE"));
    assert!(failure(5, &["drift", &reference, "-"], b"a\ninf\n").contains("VALUE_NOT_FINITE"));
    assert!(failure(5, &["drift", "nowhere.csv", "-"], b"a\n1\n").contains("nowhere.csv"));
    assert!(failure(2, &["drift", &reference, "-", "--ignore", "z"], b"a\n1\n").contains("--ignore z"));
    assert!(failure(2, &["drift", &reference, "-", "--chance", "2"], b"a\n1\n").contains("--chance"));
}

#[test]
fn what_went_missing_altogether_is_drift_and_nothing_to_compare_is_no_pass() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let reference = text(&folder.path().join("reference.csv"));
    let rows = |age: &dyn Fn(u32) -> String| (0..200).map(|i| format!("{i},{},web\n", age(i))).collect::<String>();
    std::fs::write(&reference, format!("visits,age,source\n{}", rows(&|i| i.to_string()))).expect("written");
    let gone = format!("visits,age,source\n{}", rows(&|_| "NaN".to_owned()));
    let all: Value = serde_json::from_str(&expect(0, &["drift", &reference, "-", "--json"], gone.as_bytes())).expect("JSON");
    assert_eq!(
        (&all["features"][1]["reasons"][0], &all["features"][1]["distance"]),
        (&"missing".into(), &Value::Null),
        "{all:#}"
    );
    let page = expect(0, &["drift", &reference, "-"], gone.as_bytes());
    assert!(page.contains("YES: missing") && page.contains('–'), "{page}");
    // A reference without values says nothing, and the check must not pass on it.
    std::fs::write(&reference, "age\n\n\"\"\n").expect("written");
    let error = failure(5, &["drift", &reference, "-", "--check"], b"age\n1\n2\n");
    assert!(error.contains("INSUFFICIENT_DATA") && error.contains("age"), "{error}");
    std::fs::write(&reference, "age\n1\n2\n").expect("written");
    let error = failure(5, &["drift", &reference, "-"], b"age\n1\ninf\n");
    assert!(error.contains("VALUE_NOT_FINITE") && error.contains("line 3") && error.contains("age"), "{error}");
}

/// The same table in two formats, its outcomes spelt in every way.
#[test]
fn words_for_yes_no_and_missing_are_those_of_every_format() {
    let words = [("0.9", "Y"), ("0.2", "f"), ("0.8", "1.0"), ("0.3", "No"), ("0.4", "None"), ("0.6", "<NA>"), ("NA", "true")];
    let csv =
        words.iter().fold("probability,converted\n".to_owned(), |text, (score, word)| text + &format!("{score}, {word} \n"));
    let lines = words.iter().fold(String::new(), |text, (score, word)| {
        text + &serde_json::json!({ "probability": score, "converted": word }).to_string() + "\n"
    });
    for table in [csv, lines] {
        let all: Value = serde_json::from_str(&expect(3, &["metrics", "--json"], table.as_bytes())).expect("JSON");
        let counts = ["leads", "positives", "open", "unscored"].map(|name| all[name].as_u64());
        assert_eq!(counts, [Some(4), Some(2), Some(2), Some(1)], "{table}\n{all}");
    }
}

#[test]
fn long_tails_ids_dates_and_two_rows_are_no_drift() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let reference = text(&folder.path().join("reference.csv"));
    let table = |from: u32, rows: u32| {
        let mut out = String::from("Lead ID,seen,converted,company,city,title\n");
        for i in 0..rows {
            let k = (u64::from(from + i) * 2_654_435_761) % 4_294_967_296;
            let (company, city, title) = (k % 300, (k / 7) % 250, (k / 11) % 200);
            out += &format!("{},2026-0{}-11,{},Company {company},City {city},Title {title}\n", from + i, 1 + from / 900, k % 2);
        }
        out
    };
    std::fs::write(&reference, table(0, 300)).expect("written");
    let page = expect(0, &["drift", &reference, "-", "--check", "--deals", "40"], table(1_000, 300).as_bytes());
    for words in ["None of 3 features drifted", "Lead ID: skipped, an id", "seen: skipped, a date", "this verdict 0.0 %"] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    assert!(!page.contains("importance") && !page.contains("retrain"), "{page}");
    std::fs::write(&reference, "x\n1\n2\n").expect("written");
    let page = expect(1, &["drift", &reference, "-", "--check"], b"x\n8\n9\n");
    assert!(page.contains("Insufficient data") && page.contains("0.3333") && page.contains("need at least"), "{page}");
}

#[test]
fn scores_that_went_missing_fail_the_check_and_missing_answers_say_why() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let reference = text(&folder.path().join("reference.csv"));
    std::fs::write(&reference, leads(1000, 0, 0, true)).expect("written");
    let mut current = leads(400, 0, 0, false);
    current += &"7,30,web,\n".repeat(200);
    let arguments = ["drift", reference.as_str(), "-", "--ignore", "id", "--score", "probability", "--check"];
    let page = expect(1, &arguments, current.as_bytes());
    assert!(
        page.contains("without a score: 0.00 % in the reference, 33.33 % now") && page.contains("MORE THAN BEFORE"),
        "{page}"
    );
    let all: Value = serde_json::from_str(&expect(1, &[&arguments[..], &["--json"]].concat(), current.as_bytes())).expect("JSON");
    assert_eq!(all["unscored"]["drifted"], true);
    // One class alone, and no score at all: the page says why there is no answer.
    let one: String = leads(1000, 0, 0, true).lines().map(|line| line.trim_end_matches(",1").to_owned() + "\n").collect();
    let one = one.lines().enumerate().map(|(at, line)| match at {
        0 => format!("{line}\n"),
        _ => format!("{},0\n", line.split(',').take(4).collect::<Vec<_>>().join(",")),
    });
    std::fs::write(&reference, one.collect::<String>()).expect("written");
    let page = expect(0, &arguments[..7], leads(400, 0, 0, false).as_bytes());
    assert!(page.contains("expected performance: no answer: found 0 leads that converted"), "{page}");
    let none: String = "id,age,source,probability\n".to_owned() + &"7,30,web,\n".repeat(300);
    let page = expect(1, &arguments, none.as_bytes());
    assert!(page.contains("scores: no answer: ") && page.contains("100.00 % now"), "{page}");
}

#[test]
fn a_model_limits_drift_to_what_it_reads_and_weighs_it() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = common::bundle(folder.path());
    let reference = text(&folder.path().join("reference.csv"));
    let table = |shift: u32| {
        let rows = (0..400u32).map(|i| format!("{},{},{}\n", (i * 7 % 10) + shift, i * 3 % 10, i % 5 + shift));
        "visits,pages,other\n".to_owned() + &rows.collect::<String>()
    };
    std::fs::write(&reference, table(0)).expect("written");
    let page = expect(0, &["drift", &reference, "-", "--model", &model, "--max-features", "0"], table(4).as_bytes());
    assert!(page.contains("1 of 2 features drifted, with ") && page.contains("of the model's importance"), "{page}");
    assert!(page.contains("retrain") && !page.contains("other"), "{page}");
}

#[test]
fn thresholds_are_finite_and_an_area_says_why_it_has_no_interval() {
    for argument in ["--threshold", "--bands"] {
        assert!(failure(2, &["metrics", "-", argument, "NaN"], SCORED.as_bytes()).contains("finite number"));
    }
    let page = expect(0, &["metrics", "-"], b"score,converted\n0.9,1\n0.2,0\n0.1,0\n");
    assert!(page.contains("1.0000  (no interval: found 1 leads that converted, need at least 2)"), "{page}");
}

#[test]
fn scores_on_another_scale_are_reported_and_not_computed_with() {
    let rows = |scale: f64| {
        let rows: String = (0..60).map(|i| format!("{},{}\n", f64::from(i) * scale / 64.0, u32::from(i % 7 < i / 12))).collect();
        format!("score,converted\n{rows}")
    };
    let error = failure(5, &["metrics"], rows(100.0).as_bytes());
    assert!(error.contains("SCALE_IMPLAUSIBLE") && error.contains("--scale percent"), "{error}");
    let points = failure(5, &["metrics"], rows(850.0).as_bytes());
    assert!(!points.contains("--scale percent") && points.contains("--scale rank"), "{points}");
    let answer = |more: &[&str], scale: f64| -> Value {
        let arguments = [&["metrics", "--json"], more].concat();
        serde_json::from_str(&expect(0, &arguments, rows(scale).as_bytes())).expect("JSON")
    };
    let (percent, part) = (answer(&["--scale", "percent"], 100.0), answer(&[], 1.0));
    for figure in ["roc_auc", "brier", "at_threshold"] {
        assert_eq!(percent[figure], part[figure], "{figure}");
    }
    assert_eq!(answer(&["--scale", "rank"], 850.0)["roc_auc"], part["roc_auc"]);
    assert!(failure(5, &["metrics", "--scale", "percent"], rows(850.0).as_bytes()).contains("percentages from 0 to 100"));
    assert!(failure(5, &["metrics", "--scale", "probability"], b"score,converted\n-1,1\n2,0\n").contains("SCALE_IMPLAUSIBLE"));
}

#[test]
fn the_check_of_two_features_fails_when_both_drift_or_the_scores_move() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows = |shift: u32, moved: f64| {
        let row =
            |i: u32| format!("{},{},{:.3}\n", i % 20 + shift, i % 13 + shift, (f64::from(i * 7 % 500) / 1000.0 + moved).min(1.0));
        format!("age,visits,probability\n{}", (0..500).map(row).collect::<String>())
    };
    let reference = folder.path().join("r.csv").to_string_lossy().into_owned();
    std::fs::write(&reference, rows(0, 0.0)).expect("written");
    let check = ["drift", &reference, "-", "--check"];
    let scored = [&check[..], &["--score", "probability"]].concat();
    expect(0, &scored, rows(0, 0.01).as_bytes());
    let page = expect(1, &[&check[..], &["--ignore", "probability"]].concat(), rows(30, 0.0).as_bytes());
    assert!(page.contains("2 of 2 features drifted; more than the 1 allowed of so few features"), "{page}");
    let page = expect(1, &scored, rows(0, 0.3).as_bytes());
    assert!(page.contains("The scores moved.") && page.contains("MOVED"), "{page}");
}
