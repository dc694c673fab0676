//! `schema init`: what it derives of a model and its leads imports and scores as it stands.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::path::Path;

use common::{LIGHTGBM, expect, failure, text};

/// A model of the columns `names`; its tree tests the first two.
fn model(folder: &Path, names: &str) -> String {
    let count = names.split(' ').count();
    let infos = vec!["[0:10]"; count].join(" ");
    let content = LIGHTGBM
        .replace("max_feature_idx=1", &format!("max_feature_idx={}", count - 1))
        .replace("feature_names=visits pages", &format!("feature_names={names}"))
        .replace("feature_infos=[0:10] [0:10]", &format!("feature_infos={infos}"))
        .replace("threshold=2.5 1.5", "threshold=2.5 0.5");
    let path = folder.join("m.txt");
    std::fs::write(&path, content).expect("a file");
    text(&path)
}

const LEADS: &str = "Lead ID,visits,source,plan,opted in\na1,1,Web,1.0,yes\na2,3,Ads,,no\na3,0,Web,2.0,no\na4,,,1.0,yes\n";

/// The rows that the model reads of [`LEADS`], by the schema that `init` makes with `more` arguments.
fn rows(names: &str, more: &[&str]) -> (String, Vec<String>) {
    let folder = tempfile::tempdir().expect("a temp folder");
    let (leads, schema, bundle) =
        (text(&folder.path().join("l.csv")), text(&folder.path().join("s.toml")), text(&folder.path().join("m.plumb")));
    std::fs::write(&leads, LEADS).expect("a file");
    let model = model(folder.path(), names);
    let meanings = folder.path().join("names.txt");
    let mut arguments = vec!["schema", "init", &model, "--data", &leads, "-o", &schema];
    let path = text(&meanings);
    if let [content] = more {
        std::fs::write(&meanings, content).expect("a file");
        arguments.extend(["--names", &path]);
    }
    expect(0, &arguments, b"");
    // The schema is whole: it imports, and leads score with their ids.
    expect(0, &["import", &model, "--schema", &schema, "-o", &bundle], b"");
    let scores = expect(0, &["score", &bundle, &leads], b"");
    assert!(scores.lines().nth(1).is_some_and(|line| line.starts_with("a1,")), "{scores}");
    let made = expect(0, &["features", &schema, &leads], b"");
    (std::fs::read_to_string(&schema).expect("the schema"), made.lines().map(str::to_owned).collect())
}

#[test]
fn one_hot_columns_of_pandas_are_made_of_their_field() {
    let (schema, rows) = rows("visits source_Web source_Ads plan_1.0 plan_2.0 plan_nan opted_in", &[]);
    assert!(schema.contains("role = \"id\"") && schema.contains("name = \"Lead ID\""), "{schema}");
    assert_eq!(rows[0], "visits,opted_in,source_Web,source_Ads,plan_1.0,plan_2.0,plan_nan");
    assert_eq!(
        rows[1..],
        [
            "1.0,1.0,1.0,0.0,1.0,0.0,0.0",
            "3.0,0.0,0.0,1.0,0.0,0.0,1.0",
            "0.0,0.0,1.0,0.0,0.0,1.0,0.0",
            "NaN,1.0,0.0,0.0,1.0,0.0,0.0"
        ]
    );
}

#[test]
fn one_hot_columns_of_scikit_learn_are_made_of_their_field() {
    let (schema, rows) = rows("num__visits cat__source_Web cat__source_Ads cat__plan_1.0", &[]);
    assert!(
        schema.contains("from = \"visits\"") && schema.contains("columns = [\"cat__source_Web\", \"cat__source_Ads\"]"),
        "{schema}"
    );
    assert!(schema.contains("check: 1 of its values have no column: \"2\""), "{schema}");
    assert_eq!(rows[0], "num__visits,cat__source_Web,cat__source_Ads,cat__plan_1.0");
    assert_eq!(rows[2], "3.0,0.0,1.0,0.0");
}

#[test]
fn columns_without_names_have_their_meanings_in_a_file() {
    let (schema, rows) = rows("f0 f1 f2", &["num__visits\ncat__source_Web\ncat__source_Ads\n"]);
    assert!(schema.contains("columns = [\"f1\", \"f2\"]"), "{schema}");
    assert_eq!((rows[0].as_str(), rows[1].as_str()), ("f0,f1,f2", "1.0,1.0,0.0"));
    let folder = tempfile::tempdir().expect("a temp folder");
    let (model, names) = (model(folder.path(), "f0 f1 f2"), text(&folder.path().join("n.txt")));
    std::fs::write(&names, "a\nb\n").expect("a file");
    assert!(failure(5, &["schema", "init", &model, "--names", &names], b"").contains("2 names, but the model has 3 columns"));
    // Without leads all columns are numbers of their own names.
    let schema = expect(0, &["schema", "init", &model], b"");
    assert!(schema.contains("name = \"f2\"\nkind = \"number\"\n") && schema.contains("# [[band]]"), "{schema}");
}

#[test]
fn codes_keep_their_leading_zeros_and_scaled_columns_are_named() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let (leads, names) = (text(&folder.path().join("l.csv")), "visits zip_01067 zip_80331 area_7.0");
    std::fs::write(&leads, "id,visits,zip,area\na,120,01067,07\nb,90,80331,11\nc,300,99084,\n").expect("a file");
    let schema = expect(0, &["schema", "init", &model(folder.path(), names), "--data", &leads], b"");
    assert!(schema.contains("categories = [\"01067\", \"80331\", \"99084\"]"), "{schema}");
    assert!(schema.contains("categories = [\"07\", \"11\"]") && schema.contains("columns = [\"area_7.0\", \"\"]"), "{schema}");
    // The tree splits visits at 2.5, where no lead is.
    assert!(schema.contains("the model splits it from 2.5 to 2.5, the leads have 90 to 300"), "{schema}");
}

#[test]
fn what_a_schema_does_not_declare_stays_automatic() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let (schema, bundle) = (text(&folder.path().join("s.toml")), text(&folder.path().join("m.plumb")));
    std::fs::write(&schema, "[[field]]\nname = \"pages\"\nlabel = \"Pages seen\"\n").expect("a file");
    expect(0, &["import", "-", "--schema", &schema, "-o", &bundle], LIGHTGBM.as_bytes());
    let scores = expect(0, &["score", &bundle, "-"], b"visits,pages\n1,1\n");
    assert!(scores.contains("Pages seen: 1") && scores.contains("visits: 1"), "{scores}");
    // A category field need not repeat its kind and categories.
    let vector = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/models/xgb_cat_texts/model.json");
    std::fs::write(&schema, "[[field]]\nname = \"source\"\nlabel = \"Origin\"\n").expect("a file");
    expect(0, &["import", &text(&vector), "--schema", &schema, "-o", &bundle], b"");
    let card: serde_json::Value = serde_json::from_str(&expect(0, &["inspect", &bundle, "--json"], b"")).expect("JSON");
    let fields = card["fields"].as_array().expect("fields");
    let source = fields.iter().find(|field| field["name"] == "source").expect("the field");
    assert_eq!((fields.len(), source["kind"].as_str(), source["categories"].as_u64()), (6, Some("category"), Some(4)));
    // A model's column that a pandas file has without a name.
    let unnamed = model(folder.path(), "visits Unnamed:_2");
    expect(0, &["import", &unnamed, "-o", &bundle], b"");
}
