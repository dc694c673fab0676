//! The proof at the door: `import --check` on predictions of the libraries themselves, and each cause it names.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::path::{Path, PathBuf};

use common::{expect, failure, run, text};

/// A reference vector's rows that are leads, with the library's answers: names, inputs, margin, probability.
struct Vector {
    folder: PathBuf,
    names: Vec<String>,
    rows: Vec<(Vec<String>, f64, f64)>,
}

impl Vector {
    fn of(name: &str) -> Vector {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/models").join(name);
        let table = |file: &str| -> Vec<Vec<String>> {
            let content = std::fs::read_to_string(folder.join(file)).expect(file);
            content.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
        };
        let (inputs, expected) = (table("inputs.csv"), table("expected.csv"));
        let number = |cell: &str| cell.parse::<f64>().expect("a number");
        let rows = inputs.iter().zip(&expected).skip(1).filter(|(row, _)| row[0] == "real" || row[0].starts_with("nan"));
        let rows = rows.map(|(row, answer)| (row[1..].to_vec(), number(&answer[0]), number(&answer[1])));
        Vector { names: inputs[0][1..].to_vec(), rows: rows.collect(), folder }
    }

    fn model(&self) -> String {
        let file = ["model.json", "model.txt"].map(|file| self.folder.join(file)).into_iter().find(|file| file.exists());
        text(&file.expect("a model"))
    }

    /// A table with a column `name` of what `answer` says of margin and probability.
    fn table(&self, name: &str, answer: impl Fn(f64, f64) -> f64) -> String {
        let mut out = format!("{name},{}\n", self.names.join(","));
        for (row, margin, p) in &self.rows {
            out.push_str(&format!("{:?},{}\n", answer(*margin, *p), row.join(",")));
        }
        out
    }
}

/// What is said when `table` is checked against `model`; the bundle is not written.
fn refused(model: &str, table: &str, more: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a temp folder");
    let (predictions, out) = (text(&folder.path().join("p.csv")), text(&folder.path().join("m.plumb")));
    std::fs::write(&predictions, table).expect("a file");
    let said = failure(4, &[&["import", model, "-o", &out, "--check", &predictions], more].concat(), b"");
    assert!(said.contains("error[IMPORT_CHECK_FAILED]") && said.contains("--allow-differences"), "{said}");
    assert!(!Path::new(&out).exists());
    let nevertheless = [&["import", model, "-o", &out, "--check", &predictions, "--allow-differences"], more].concat();
    assert!(run(&nevertheless, b"").status.success());
    assert!(expect(0, &["inspect", &out], b"").contains(" differ, largest difference"));
    said
}

#[test]
fn predictions_that_agree_are_noted_in_the_bundle_and_become_its_golden_leads() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let (predictions, out) = (text(&folder.path().join("p.csv")), text(&folder.path().join("m.plumb")));
    for name in ["xgb_binary", "xgb17_binary", "lgb_binary", "lgb_rf", "xgb_cat_partition", "lgb_cat", "xgb_gblinear"] {
        let vector = Vector::of(name);
        for (column, table) in
            [("margin", vector.table("margin", |m, _| m)), ("prediction", vector.table("prediction", |_, p| p))]
        {
            std::fs::write(&predictions, table).expect("a file");
            expect(0, &["import", &vector.model(), "-o", &out, "--check", &predictions], b"");
            let card: serde_json::Value = serde_json::from_str(&expect(0, &["inspect", &out, "--json"], b"")).expect("JSON");
            let checked = (card["checked"]["rows"].as_u64(), card["checked"]["differing"].as_u64(), card["goldens"].as_u64());
            assert_eq!(checked, (Some(vector.rows.len() as u64), Some(0), Some(20)), "{name}");
            let largest = card["checked"]["largest"].as_f64().expect("a number");
            assert!(largest < if column == "margin" { f64::MIN_POSITIVE } else { 1e-6 }, "{name} {column} {largest}");
            let rows = format!("against {} predictions, largest difference", vector.rows.len());
            assert!(expect(0, &["inspect", &out], b"").contains(&rows), "{name}");
        }
    }
    expect(0, &["import", &Vector::of("lgb_binary").model(), "-o", &out], b"");
    assert!(expect(0, &["inspect", &out], b"").contains("not checked"));
}

#[test]
fn another_number_of_rounds_is_named() {
    let vector = Vector::of("xgb_best_iteration");
    let said = refused(&vector.model(), &vector.table("margin", |m, _| m), &[]);
    assert!(said.contains("first 5 of 5 rounds") && said.contains("--rounds all"), "{said}");
    let forest = Vector::of("lgb_rf");
    let said = refused(&forest.model(), &forest.table("prediction", |_, p| p), &["--rounds", "0..3"]);
    assert!(said.contains("first 8 of 8 rounds"), "{said}");
}

#[test]
fn a_calibration_is_named_with_its_numbers() {
    let logistic = |x: f64| 1.0 / (1.0 + plumbline_core::math::exp(-x));
    for name in ["xgb_binary", "lgb_binary"] {
        let vector = Vector::of(name);
        let said = refused(&vector.model(), &vector.table("prediction", |_, p| logistic(5.0 * p - 2.5)), &[]);
        let numbers = said.split("--sigmoid=").nth(1).and_then(|rest| rest.split(' ').next()).expect("the numbers");
        let numbers: Vec<f64> = numbers.split(',').map(|x| x.parse().expect("a number")).collect();
        assert!((numbers[0] + 5.0).abs() < 1e-3 && (numbers[1] - 2.5).abs() < 1e-3, "{said}");
        assert!(said.contains("--on probability"), "{said}");
        let said = refused(&vector.model(), &vector.table("prediction", |m, _| logistic(1.5 * m - 0.5)), &[]);
        assert!(said.contains("--on margin"), "{said}");
        let said = refused(&vector.model(), &vector.table("prediction", |_, p| (p * p * 3.0).min(0.9)), &[]);
        assert!(said.contains("isotonic"), "{said}");
        let said = refused(&vector.model(), &vector.table("prediction", |_, p| p), &["--sigmoid=-5,2", "--on", "probability"]);
        assert!(said.contains("before the calibration"), "{said}");
    }
}

#[test]
fn a_calibration_on_the_other_scale_is_named() {
    let logistic = |x: f64| 1.0 / (1.0 + plumbline_core::math::exp(-x));
    let vector = Vector::of("xgb_binary");
    let table = vector.table("prediction", |_, p| logistic(5.0 * p - 2.5));
    let said = refused(&vector.model(), &table, &["--sigmoid=-5,2.5", "--on", "margin"]);
    assert!(said.contains("acts on the probability") && said.contains("--on probability"), "{said}");
    let table = vector.table("prediction", |m, _| logistic(1.5 * m - 0.5));
    let said = refused(&vector.model(), &table, &["--sigmoid=-1.5,0.5", "--on", "probability"]);
    assert!(said.contains("--on margin"), "{said}");
}

/// The table has the column as it was, the library was given it scaled.
#[test]
fn a_scaled_column_is_named() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let (model, bundle) = (text(&folder.path().join("m.txt")), text(&folder.path().join("m.plumb")));
    std::fs::write(&model, common::LIGHTGBM.replace("threshold=2.5", "threshold=0.3")).expect("a file");
    expect(0, &["import", &model, "-o", &bundle], b"");
    let visits: Vec<f64> = (0..40).map(|i| f64::from(i * 37 % 101)).collect();
    let mean = visits.iter().sum::<f64>() / 40.0;
    let deviation = (visits.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 40.0).sqrt();
    let scalings: [(&str, &dyn Fn(f64) -> f64); 3] =
        [("divided by 10:", &|x| x / 10.0), ("StandardScaler", &|x| (x - mean) / deviation), ("MinMaxScaler", &|x| x / 100.0)];
    for (what, scale) in scalings {
        let lines = |of: &dyn Fn(usize, f64) -> String| visits.iter().enumerate().map(|(i, x)| of(i, *x)).collect::<String>();
        let given = lines(&|i, x| format!("{:?},{}\n", scale(x), i % 3));
        let scores = expect(0, &["score", &bundle, "-", "--raw"], format!("visits,pages\n{given}").as_bytes());
        let margins: Vec<&str> = scores.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
        let table = lines(&|i, x| format!("{x:?},{},{}\n", i % 3, margins[i]));
        let said = refused(&model, &format!("visits,pages,margin\n{table}"), &[]);
        assert!(said.contains(what) && said.contains("olumn \"visits\" was scaled"), "{what}: {said}");
    }
}

/// A table need not have what no split of the model uses.
#[test]
fn columns_that_no_split_uses_may_be_missing() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let (model, out) = (text(&folder.path().join("m.txt")), text(&folder.path().join("m.plumb")));
    let content = common::LIGHTGBM
        .replace("max_feature_idx=1", "max_feature_idx=2")
        .replace("feature_names=visits pages", "feature_names=visits pages city")
        .replace("[0:10] [0:10]", "[0:10] [0:10] none");
    std::fs::write(&model, content).expect("a file");
    let predictions = text(&folder.path().join("p.csv"));
    std::fs::write(&predictions, "visits,pages,margin\n1,1,-1\n1,2,0.25\n").expect("a file");
    expect(0, &["import", &model, "-o", &out, "--check", &predictions], b"");
    std::fs::write(&predictions, "visits,margin\n1,-1\n").expect("a file");
    let said = failure(5, &["import", &model, "-o", &out, "--check", &predictions], b"");
    assert!(said.contains("INPUT_MISSING_COLUMNS") && said.contains("pages") && !said.contains("city"), "{said}");
}

#[test]
fn what_is_in_the_wrong_column_is_named() {
    let vector = Vector::of("xgb_binary");
    let said = |answer: fn(f64, f64) -> f64| refused(&vector.model(), &vector.table("prediction", answer), &[]);
    assert!(said(|_, p| f64::from(u8::from(p > 0.5))).contains("classes"));
    assert!(said(|_, p| 1.0 - p).contains("other class"));
    assert!(said(|m, _| m).contains("output_margin=True"));
    assert!(said(|m, p| m * p).contains("None of the usual causes"));
}

#[test]
fn a_number_that_means_missing_is_named() {
    for name in ["xgb_binary", "lgb_binary"] {
        let vector = Vector::of(name);
        let holes = vector.table("prediction", |_, p| p);
        let said = refused(&vector.model(), &holes.replace("NaN", "-999"), &[]);
        assert!(said.contains("-999 means missing"), "{said}");
    }
    // The other way round: the library was given 999 where the file has nothing.
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = text(&folder.path().join("m.txt"));
    std::fs::write(&model, common::LIGHTGBM).expect("a file");
    let said = refused(&model, "visits,pages,margin\n,1,1\n1,1,-1\n1,2,0.25\n", &[]);
    assert!(said.contains("given 999 for missing values, in visits (fillna)"), "{said}");
}

/// A missing category was filled with one of the categories before training.
#[test]
fn a_category_that_missing_values_were_filled_with_is_named() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = text(&folder.path().join("m.txt"));
    let content = common::LIGHTGBM
        .replace("num_cat=0\nsplit_feature=0 1", "num_cat=1\nsplit_feature=0 1")
        .replace("threshold=2.5 1.5", "threshold=0 1.5")
        .replace("decision_type=10 10", "decision_type=1 10")
        .replace("internal_value=0 0", "cat_boundaries=0 1\ncat_threshold=5\ninternal_value=0 0")
        .replace("feature_infos=[0:10] [0:10]", "feature_infos=0:1:2 [0:10]");
    std::fs::write(&model, format!("{content}\npandas_categorical:[[\"ads\", \"fair\", \"other\"]]\n")).expect("a file");
    let folder_out = text(&folder.path().join("m.plumb"));
    expect(0, &["import", &model, "-o", &folder_out], b"");
    let raw = expect(0, &["score", &folder_out, "-", "--raw"], b"visits,pages\nads,1\nfair,1\nother,1\n");
    let margins: Vec<&str> = raw.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_ne!(margins[1], margins[2]);
    let table = format!("visits,pages,margin\nads,1,{}\nfair,1,{}\n,1,{}\n", margins[0], margins[1], margins[2]);
    let said = refused(&model, &table, &[]);
    assert!(
        said.contains("given \"ads\" for missing values of visits") || said.contains("given \"other\" for missing"),
        "{said}"
    );
}

#[test]
fn the_order_of_categories_is_named() {
    let vector = Vector::of("lgb_cat");
    let folder = tempfile::tempdir().expect("a temp folder");
    let schema = text(&folder.path().join("s.toml"));
    let letters: Vec<String> = ('a'..='x').map(String::from).collect();
    let mut declared: String =
        vector.names.iter().filter(|name| *name != "city").map(|name| format!("[[field]]\nname = \"{name}\"\n")).collect();
    let reversed: Vec<&String> = letters.iter().rev().collect();
    declared.push_str(&format!("[[field]]\nname = \"city\"\nkind = \"category\"\ncategories = {reversed:?}\n"));
    let declared = declared.replace("name = \"source\"\n", "name = \"source\"\nkind = \"category\"\n");
    std::fs::write(&schema, declared).expect("a file");
    let at = vector.names.iter().position(|name| name == "city").expect("a column");
    let rows = vector.rows.iter().map(|(row, margin, p)| {
        let mut row = row.clone();
        row[at] = row[at]
            .parse::<f64>()
            .ok()
            .filter(|code| !code.is_nan())
            .and_then(|code| letters.get(code as usize))
            .cloned()
            .unwrap_or_default();
        (row, *margin, *p)
    });
    let texts = Vector { rows: rows.collect(), ..Vector::of("lgb_cat") };
    let said = refused(&texts.model(), &texts.table("prediction", |_, p| p), &["--schema", &schema]);
    assert!(said.contains("categories of city") && said.contains(r#"["a", "b", "c", "d", "#), "{said}");
}

#[test]
fn single_precision_inputs_of_a_model_in_double_precision_are_named() {
    // One threshold between a decimal and its single-precision neighbour.
    let folder = tempfile::tempdir().expect("a temp folder");
    let cut = (0.1f64 + f64::from(0.1f32)) / 2.0;
    let model = text(&folder.path().join("m.txt"));
    std::fs::write(&model, common::LIGHTGBM.replace("threshold=2.5 1.5", &format!("threshold={cut:?} 1.5"))).expect("a file");
    let said = refused(&model, "visits,pages,margin\n0.1,1,1\n0.05,1,-1\n0.05,2,0.25\n", &[]);
    assert!(said.contains("float32"), "{said}");
}

#[test]
fn a_file_that_cannot_be_compared_is_rejected() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let (predictions, out) = (text(&folder.path().join("p.csv")), text(&folder.path().join("m.plumb")));
    let vector = Vector::of("lgb_binary");
    let said = |code: i32, table: &str| {
        std::fs::write(&predictions, table).expect("a file");
        failure(code, &["import", &vector.model(), "-o", &out, "--check", &predictions], b"")
    };
    let good = vector.table("prediction", |_, p| p);
    assert!(said(5, &good.replace("prediction,", "score_in_python,")).contains("predict_proba"));
    assert!(said(5, &good.replace("age", "aeg")).contains("missing: age"));
    assert!(said(5, good.lines().next().expect("a header")).contains("no predictions"));
    let wrong = format!("{good}0.5,many,1,1,1,1,1\n");
    assert!(said(4, &wrong).contains("1 cannot be read"));
    assert!(said(4, &format!("{good}high,1,1,1,1,1,1\n")).contains("\"prediction\" is not a number"));
}
