//! `plumbline train`: from a table of leads to a bundle that scores them, and what it says of tables that it cannot learn from.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::fmt::Write as _;
use std::path::Path;

use common::{expect, failure, text};
use plumbline_core::random::Random;
use serde_json::Value;

const HEAD: &str = "lead_id,created,visits,source,newsletter,remarks,stage,country,converted";

/// Rows of made-up leads: visits and source matter, the stage is known afterwards, remarks are free text, the country is always the same.
fn leads(rows: u64, seed: u64) -> Vec<String> {
    let mut random = Random::new(seed);
    let row = |n: u64| {
        let (visits, source) = (random.below(20), random.below(3) as usize);
        let chance = 0.05 + visits as f64 / 40.0 + [0.0, 0.3, 0.1][source];
        let converted = random.unit() < chance;
        let visits = if random.unit() < 0.1 { String::new() } else { visits.to_string() };
        let stage = match (converted, random.unit() < 0.97) {
            (true, true) => "Closed won",
            (false, true) => "Closed lost",
            _ => "Open",
        };
        let (source, day) = (["ads", "referral", "web"][source], n % 28 + 1);
        let newsletter = ["yes", "no"][random.below(2) as usize];
        format!(
            "L{n:05},2026-0{}-{day:02}T09:00:00Z,{visits},{source},{newsletter},Remark {n},{stage},Sweden,{}",
            1 + n * 8 / rows,
            u8::from(converted)
        )
    };
    (0..rows).map(row).collect()
}

fn write(folder: &Path, name: &str, rows: &[String]) -> String {
    let mut csv = format!("{HEAD}\n");
    for row in rows {
        let _ = writeln!(csv, "{row}");
    }
    let path = folder.join(name);
    std::fs::write(&path, csv).unwrap();
    text(&path)
}

#[test]
fn one_command_makes_a_bundle_that_scores_with_reasons_whatever_the_order_of_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = leads(1_500, 1);
    let data = write(folder.path(), "leads.csv", &rows);
    let (out, schema) = (text(&folder.path().join("m.plumb")), text(&folder.path().join("s.toml")));
    let args = ["--time", "created", "--leave-out", "stage", "--name", "leads", "-o"];
    let said = expect(0, &[&["train", &data], &args[..], &[&out, "--schema-out", &schema, "--json"]].concat(), b"");
    let said: Value = serde_json::from_str(&said).unwrap();
    let rows_of = |part: &str| said["baseline"][part]["rows"].as_u64().unwrap();
    // Leads of one day are on one side.
    assert!(rows_of("data") + rows_of("held_out") == 1_500 && (290..=320).contains(&rows_of("held_out")), "{said}");
    let figure = |id: &str| {
        let figures = said["baseline"]["figures"].as_array().unwrap();
        figures.iter().find(|figure| figure["id"] == id).unwrap()["value"].as_f64().unwrap()
    };
    // The chance itself, from which outcomes are drawn, has an AUC of 0.70.
    assert!((0.62..0.76).contains(&figure("auc")) && figure("calibration_error") < 0.08, "{said}");
    let few: String = std::iter::once(HEAD.to_owned()).chain(rows[..3].to_vec()).map(|line| line + "\n").collect();
    let scored = expect(0, &["score", &out, "-"], few.as_bytes());
    assert!(scored.lines().count() == 4 && scored.contains("Source"), "{scored}");
    let made = std::fs::read_to_string(&schema).unwrap();
    for field in ["visits", "source", "newsletter"] {
        assert!(made.contains(&format!("name = \"{field}\"")), "{made}");
    }
    assert!(!made.contains("remarks") && !made.contains("country") && !made.contains("stage"), "{made}");
    // The same rows in another order: the same bytes.
    Random::new(9).shuffle(&mut rows);
    let again = write(&folder.path().join("."), "leads.csv", &rows);
    let other = text(&folder.path().join("m2.plumb"));
    expect(0, &[&["train", &again], &args[..], &[&other]].concat(), b"");
    assert!(std::fs::read(&out).unwrap() == std::fs::read(&other).unwrap(), "the bundle depends on the order of rows");
    // The schema that was made trains the same model.
    let third = text(&folder.path().join("m3.plumb"));
    expect(0, &["train", &data, "--time", "created", "--schema", &schema, "--name", "leads", "-o", &third], b"");
    assert!(
        std::fs::read(&out).unwrap() == std::fs::read(&third).unwrap(),
        "the schema that was made is not the one that was used"
    );
}

#[test]
fn fields_known_afterwards_are_named_and_settings_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    let data = write(folder.path(), "leads.csv", &leads(2_000, 2));
    let out = text(&folder.path().join("m.plumb"));
    let settings = text(&folder.path().join("plumbline.toml"));
    std::fs::write(&settings, "[train]\ntrees = 12\ndepth = 2\nmonotone = { visits = 1 }\ncalibration = \"none\"\n").unwrap();
    let done = common::run(&["train", &data, "--settings", &settings, "-o", &out], b"");
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(
        said.contains("warning: stage is probably known only after the outcome: alone it ranks leads with an AUC of "),
        "{said}"
    );
    for (field, why) in
        [("remarks", "free text"), ("country", "one value"), ("lead_id", "identifies a lead"), ("created", "a date")]
    {
        assert!(said.lines().any(|line| line.starts_with(&format!("not trained on: {field} (")) && line.contains(why)), "{said}");
    }
    let card: Value = serde_json::from_str(&expect(0, &["inspect", &out, "--json"], b"")).unwrap();
    assert_eq!(card["provenance"]["hyperparameters"]["trees"], "12", "{card}");
    std::fs::write(&settings, "[train]\ntrees = 0\nshape = 3\n").unwrap();
    assert!(failure(5, &["train", &data, "--settings", &settings, "-o", &out], b"").contains("shape"));
    std::fs::write(&settings, "[train]\ntrees = 0\ntest_share = 0.9\n").unwrap();
    let said = failure(5, &["train", &data, "--settings", &settings, "-o", &out], b"");
    assert!(said.contains("train.trees must be from 1 to 10,000") && said.contains("test_share"), "{said}");
    std::fs::write(&settings, "[train]\nmonotone = { source = 1 }\n").unwrap();
    assert!(failure(5, &["train", &data, "--settings", &settings, "-o", &out], b"").contains("no column of numbers"));
}

#[test]
fn tables_without_an_answer_are_rejected_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let out = text(&folder.path().join("m.plumb"));
    let rows = leads(200, 3);
    let data = write(folder.path(), "leads.csv", &rows);
    assert!(failure(5, &["train", &data, "--outcome", "won", "-o", &out], b"").contains("won"));
    assert!(failure(5, &["train", &data, "--leave-out", "stages", "-o", &out], b"").contains("stages"));
    let no: Vec<String> = rows.iter().filter(|row| row.ends_with(",0")).cloned().collect();
    let one = write(folder.path(), "one.csv", &no);
    assert!(failure(5, &["train", &one, "-o", &out], b"").contains("TRAIN_ONE_CLASS"));
    let maybe: Vec<String> = rows.iter().map(|row| format!("{}7", &row[..row.len() - 1])).collect();
    let odd = write(folder.path(), "odd.csv", &maybe);
    assert!(failure(5, &["train", &odd, "-o", &out], b"").contains("OUTCOME_NOT_UNDERSTOOD"));
    let ten = write(folder.path(), "ten.csv", &rows[..10]);
    let said = failure(5, &["train", &ten, "-o", &out], b"");
    assert!(said.contains("TRAIN_") || said.contains("INSUFFICIENT"), "{said}");
    assert!(failure(2, &["train", "-", "-o", &out], b"").contains("must be a file"));
    assert!(failure(2, &["train", &data, "-o", &data], b"").contains("overwrite"));
    assert!(!Path::new(&out).exists());
}
