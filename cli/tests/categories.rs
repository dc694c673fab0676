//! Categories from a model's file to scored leads, by the real binary: texts, spellings, unknown values, missing columns.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail loudly anywhere")]

mod common;

use std::path::Path;

use common::{expect, failure, run, text};
use serde_json::Value;

/// A model of LightGBM with a categorical column `source`, whose first category adds 1, and a number.
fn model(folder: &Path, tail: &str) -> String {
    let file = text(&folder.join("model.txt"));
    let tree = "Tree=0\nnum_leaves=3\nnum_cat=1\nsplit_feature=1 0\nsplit_gain=1 1\nthreshold=0 2.5\ndecision_type=1 2\n\
        left_child=-1 -2\nright_child=1 -3\nleaf_value=1 -1 0.5\nleaf_weight=1 1 1\nleaf_count=5 5 5\ninternal_value=0 0\n\
        internal_weight=0 0\ninternal_count=15 10\ncat_boundaries=0 1\ncat_threshold=1\nis_linear=0\nshrinkage=1\n";
    let content = format!(
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=1\nobjective=binary sigmoid:1\n\
        feature_names=visits source\nfeature_infos=[0:9] -1:0:1:2\n\n{tree}\n\nend of trees\n\n{tail}\n"
    );
    std::fs::write(&file, content).expect("the model is written");
    file
}

const TEXTS: &str = "pandas_categorical:[[\"web\", \"ads\", \"fair\"]]";

#[test]
fn unknown_texts_are_counted_named_and_warned_of() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let (bundle, out) = (text(&folder.path().join("m.plumb")), text(&folder.path().join("out.ndjson")));
    expect(0, &["import", &model(folder.path(), TEXTS), "-o", &bundle], b"");
    let leads = "visits,source\n1,web\n1,TikTok\n9, web \n9,TikTok\n9,Bluesky\n9,\n";
    let summary = expect(0, &["score", &bundle, "-", "-o", &out, "--json"], leads.as_bytes());
    let summary: Value = serde_json::from_str(&summary).expect("JSON");
    let unknown = &summary["unknown_values"];
    assert_eq!((unknown["leads"].as_u64(), unknown["fields"][0]["field"].as_str()), (Some(3), Some("source")));
    assert_eq!(unknown["fields"][0]["values"][0], serde_json::json!({ "value": "TikTok", "leads": 2 }));
    let scores = std::fs::read_to_string(&out).expect("the scores");
    let scores: Vec<Value> = scores.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(scores[0]["probability"], scores[2]["probability"]);
    assert!(scores[1]["reasons"].to_string().contains("TikTok is not known to the model"), "{}", scores[1]);
    let output = run(&["score", &bundle, "-"], leads.as_bytes());
    let output_text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output_text.contains("warning: 3 of 6 leads (50.0 %)") && output_text.contains("\"TikTok\" (2), \"Bluesky\" (1)"),
        "{output_text}"
    );
}

#[test]
fn digits_are_no_codes_where_the_file_lists_texts() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let (bundle, out) = (text(&folder.path().join("m.plumb")), text(&folder.path().join("out.csv")));
    expect(0, &["import", &model(folder.path(), TEXTS), "-o", &bundle], b"");
    let csv = "visits,source\n1,0\n1,2\n1,fair\n";
    let lines = "{\"visits\": 1, \"source\": 0}\n{\"visits\": 1, \"source\": \"2\"}\n{\"visits\": 1, \"source\": \"fair\"}\n";
    for leads in [csv, lines] {
        let summary = expect(0, &["score", &bundle, "-", "-o", &out, "--json"], leads.as_bytes());
        let summary: Value = serde_json::from_str(&summary).expect("JSON");
        let values = &summary["unknown_values"]["fields"][0]["values"];
        let expected = serde_json::json!([{ "value": "0", "leads": 1 }, { "value": "2", "leads": 1 }]);
        assert_eq!((&summary["unknown_values"]["leads"], values), (&2.into(), &expected), "{leads}");
        let scores = std::fs::read_to_string(&out).expect("the scores");
        assert!(scores.contains("0 is not known to the model") && scores.contains("2 is not known to the model"), "{scores}");
    }
    // A file without texts was trained on the codes.
    let codes = text(&folder.path().join("codes.plumb"));
    expect(0, &["import", &model(folder.path(), "pandas_categorical:null"), "-o", &codes], b"");
    let summary = expect(0, &["score", &codes, "-", "-o", &out, "--json"], b"visits,source\n1,0\n1,2\n");
    let summary: Value = serde_json::from_str(&summary).expect("JSON");
    assert_eq!((&summary["scored"], &summary["unknown_values"]["leads"]), (&2.into(), &0.into()));
}

#[test]
fn raw_rows_report_unknown_texts_too() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let (bundle, out) = (text(&folder.path().join("m.plumb")), text(&folder.path().join("out.csv")));
    expect(0, &["import", &model(folder.path(), TEXTS), "-o", &bundle, "--missing", "Select"], b"");
    // Codes, listed texts, words for missing, and what is declared to mean it are known.
    let rows = b"visits,source\n1,0\n1,ads\n1,\n1,NA\n1,Select\n1,TikTok\n1,TikTok\nx,Bluesky\n";
    let summary = expect(3, &["score", &bundle, "-", "--raw", "-o", &out, "--json"], rows);
    let summary: Value = serde_json::from_str(&summary).expect("JSON");
    let expected = serde_json::json!({
        "leads": 2, "fields": [{ "field": "source", "leads": 2, "values": [{ "value": "TikTok", "leads": 2 }] }]
    });
    assert_eq!((&summary["scored"], &summary["unknown_values"]), (&7.into(), &expected));
    let output = run(&["score", &bundle, "-", "--raw"], rows);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("warning: 2 of 7 leads (28.6 %)") && said.contains("\"TikTok\" (2)"), "{said}");
}

#[test]
fn a_date_in_another_unit_is_rejected_or_declared() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let (bundle, out) = (text(&folder.path().join("m.plumb")), text(&folder.path().join("out.csv")));
    let schema = text(&folder.path().join("s.toml"));
    let declare = |more: &str| {
        let declaration = format!(
            "[[field]]\nname = \"opened\"\nkind = \"date\"\n{more}\n[[feature]]\nname = \"visits\"\nfrom = \"opened\"\nmake = \"days_since\"\n"
        );
        std::fs::write(&schema, declaration).expect("the schema is written");
        expect(0, &["import", &model(folder.path(), TEXTS), "-o", &bundle, "--schema", &schema], b"");
    };
    let leads =
        |value: &str| [format!("opened,source\n{value},ads\n"), format!("{{\"opened\": {value}, \"source\": \"ads\"}}\n")];
    declare("");
    for (value, unit) in [("1795392000", "seconds"), ("46349", "spreadsheet_days"), ("20261123", "yyyymmdd")] {
        for leads in leads(value) {
            let said = failure(3, &["score", &bundle, "-", "--now", "2026-12-01", "-o", &out], leads.as_bytes());
            assert!(said.contains("1 left out"), "{said}");
            let rejected = std::fs::read_to_string(format!("{out}.rejected")).expect("the rejected rows");
            assert!(rejected.contains("LEAD_OTHER_EPOCH") && rejected.contains(unit), "{rejected}");
        }
    }
    let score = |leads: &str| {
        expect(0, &["score", &bundle, "-", "--now", "2026-12-01", "-o", &out], leads.as_bytes());
        std::fs::read_to_string(&out).expect("the scores")
    };
    let expected = score("opened,source\n2026-11-23,ads\n");
    declare("epoch = \"seconds\"");
    for leads in leads("1795392000") {
        let (probability, found) = (expected.lines().nth(1).and_then(|row| row.split(',').nth(2)), score(&leads));
        assert!(found.contains(probability.expect("a probability")), "{found}");
    }
}

#[test]
fn a_field_that_the_model_has_not_is_an_error_or_a_note() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let (bundle, schema) = (text(&folder.path().join("m.plumb")), text(&folder.path().join("s.toml")));
    let model = model(folder.path(), TEXTS);
    let import = |declaration: &str| {
        std::fs::write(&schema, declaration).expect("the schema is written");
        run(&["import", &model, "-o", &bundle, "--schema", &schema], b"")
    };
    let said = |output: &std::process::Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let misspelt = import("[[field]]\nname = \"Vists\"\nmin = 0\n");
    let message = said(&misspelt);
    assert!(
        !misspelt.status.success() && message.contains("FIELD_MISSPELT") && message.contains("did you mean \"visits\""),
        "{message}"
    );
    let other =
        import("[[field]]\nname = \"city\"\nkind = \"text\"\n\n[[field]]\nname = \"lead_id\"\nrole = \"id\"\nkind = \"text\"\n");
    let message = said(&other);
    assert!(other.status.success() && message.contains("does not read: \"city\"") && !message.contains("lead_id"), "{message}");
}

#[test]
fn a_category_of_the_file_cannot_mean_missing() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let (bundle, schema) = (text(&folder.path().join("m.plumb")), text(&folder.path().join("s.toml")));
    let model = model(folder.path(), TEXTS);
    std::fs::write(&schema, "[[field]]\nname = \"source\"\nmissing = [\"fair\"]\n").expect("the schema is written");
    let said = failure(5, &["import", &model, "-o", &bundle, "--schema", &schema], b"");
    assert!(said.contains("FIELD_MISSING_CATEGORY") && said.contains("\"fair\" cannot mean missing in \"source\""), "{said}");
    // For every field that does not list it, as documented.
    expect(0, &["import", &model, "-o", &bundle, "--missing", "fair"], b"");
    std::fs::write(&schema, "[[field]]\nname = \"source\"\nmissing = [\"Select\"]\n").expect("the schema is written");
    expect(0, &["import", &model, "-o", &bundle, "--schema", &schema], b"");
    let summary =
        expect(0, &["score", &bundle, "-", "-o", &text(&folder.path().join("o.csv")), "--json"], b"visits,source\n1,Select\n");
    assert!(summary.contains("\"leads\": 0") || summary.contains("\"leads\":0"), "{summary}");
}

#[test]
fn texts_that_mean_missing_are_not_unknown() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let bundle = text(&folder.path().join("m.plumb"));
    expect(0, &["import", &model(folder.path(), TEXTS), "-o", &bundle, "--missing", "Select,@pandas"], b"");
    let output =
        run(&["score", &bundle, "-"], b"{\"visits\": 1, \"source\": \"Select\"}\n{\"visits\": 1, \"source\": \"NULL\"}\n");
    let output_text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && !output_text.contains("not known"), "{output_text}");
}

#[test]
fn a_column_the_model_reads_must_be_there() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let bundle = text(&folder.path().join("m.plumb"));
    expect(0, &["import", &model(folder.path(), TEXTS), "-o", &bundle], b"");
    let leads = b"visits,Source\n1,web\n";
    let output_text = failure(5, &["score", &bundle, "-"], leads);
    assert!(
        output_text.contains("INPUT_MISSING_COLUMNS") && output_text.contains("\"source\"") && output_text.contains("\"Source\""),
        "{output_text}"
    );
    expect(0, &["score", &bundle, "-", "--allow-missing-columns"], leads);
    // NDJSON leads may omit what they do not have; a name that is only spelt otherwise is a slip.
    let leads = b"{\"visits\": 1, \"Source\": \"web\"}\n{\"visits\": 2}\n";
    let message = failure(5, &["score", &bundle, "-"], leads);
    assert!(message.contains("\"source\" (the leads have \"Source\")"), "{message}");
    expect(0, &["score", &bundle, "-", "--allow-missing-columns"], leads);
    expect(0, &["score", &bundle, "-"], b"{\"visits\": 1}\n");
}

#[test]
fn a_schema_and_the_file_agree_on_categories_or_the_import_says_so() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let (file, bundle) = (model(folder.path(), TEXTS), text(&folder.path().join("m.plumb")));
    let schema = |categories: &str| {
        let path = text(&folder.path().join("schema.toml"));
        let content = format!(
            "[[field]]\nname = \"visits\"\n[[field]]\nname = \"source\"\nkind = \"category\"\ncategories = {categories}\n"
        );
        std::fs::write(&path, content).expect("the schema is written");
        path
    };
    let turned = run(&["import", &file, "-o", &bundle, "--schema", &schema(r#"["fair", "ads", "web"]"#)], b"");
    let output_text = String::from_utf8_lossy(&turned.stderr).into_owned();
    assert!(turned.status.success() && output_text.contains("another order"), "{output_text}");
    let scored = expect(0, &["score", &bundle, "-"], b"visits,source\n1,web\n");
    assert!(scored.contains("0.731058578630"), "{scored}");
    let output_text = failure(5, &["import", &file, "-o", &bundle, "--schema", &schema(r#"["fair", "web"]"#)], b"");
    assert!(output_text.contains("CATEGORIES_DIFFER") && output_text.contains("\"ads\""), "{output_text}");
}

#[test]
fn a_file_without_texts_says_that_leads_give_codes() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let bundle = text(&folder.path().join("m.plumb"));
    let imported = |tail: &str| {
        let output = run(&["import", &model(folder.path(), tail), "-o", &bundle], b"");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(imported("").contains("no category texts for \"source\""));
    assert!(!imported("pandas_categorical:null").contains("category texts"));
    let output_text = failure(5, &["import", &model(folder.path(), "pandas_categorical:[[\"a\", \"b\"]]"), "-o", &bundle], b"");
    assert!(output_text.contains("cannot be derived") && output_text.contains("\"source\""), "{output_text}");
}
