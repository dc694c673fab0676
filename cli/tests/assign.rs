//! `plumbline assign`, run as people run it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{expect, failure, text};

const ARGUMENTS: [&str; 6] = ["assign", "--salt", "s", "--weights", "a=90,b=10", "-"];

#[test]
fn every_lead_gets_its_point_and_arm() {
    let ids: String = (0..2_000).map(|i| format!("x,L-{i}\n")).collect();
    let out = expect(0, &ARGUMENTS, format!("name,lead_id\n{ids}").as_bytes());
    let mut lines = out.lines();
    assert_eq!(lines.next(), Some("lead,point,arm"));
    let mut in_b = 0;
    for (i, line) in lines.enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells[0], format!("L-{i}"));
        let point: f64 = cells[1].parse().unwrap();
        assert_eq!(cells[2], if point < 0.9 { "a" } else { "b" }, "{line}");
        in_b += usize::from(cells[2] == "b");
    }
    // 200 ± 13.4; six standard deviations.
    assert!((120..280).contains(&in_b), "{in_b}");
}

#[test]
fn the_arm_is_that_of_the_hashs_owner() {
    // GrowthBook's own case: hash("seed", "b", 2) = 0.2696.
    let arguments = ["assign", "--hash", "growthbook-v2", "--salt", "seed", "--weights", "a=1,b=3", "-"];
    assert_eq!(expect(0, &arguments, b"id\nb\n"), "lead,point,arm\nb,0.2696,b\n");
}

#[test]
fn numbers_are_ids_and_rows_without_one_are_rejected() {
    let out = expect(3, &ARGUMENTS, b"{\"id\": 42}\n{\"id\": \"42\"}\n{\"other\": 1}\n");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 3, "{out}");
    assert_eq!(lines[1], lines[2], "a number and its text are the same lead");
}

#[test]
fn files_and_summaries() {
    let folder = tempfile::tempdir().unwrap();
    let out = text(&folder.path().join("arms.ndjson"));
    let summary = expect(0, &["--json", "assign", "--salt", "s", "--weights", "a=1", "-", "-o", &out], b"id\n1\n2\n");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&summary).unwrap()["arms"]["a"], 2);
    assert!(std::fs::read_to_string(out).unwrap().starts_with("{\"lead\":\"1\",\"point\":0."));
}

#[test]
fn what_cannot_be_is_refused() {
    assert!(failure(2, &["assign", "--salt", "s", "--weights", "a", "-"], b"").contains("control=90"));
    assert!(failure(2, &["assign", "--salt", "s", "--weights", "a=0", "-"], b"").contains("WEIGHTS_SUM"));
    assert!(failure(2, &["assign", "--salt", "s", "--weights", "a=1,a=1", "-"], b"").contains("ARM_DUPLICATE"));
    assert!(failure(2, &["assign", "--hash", "md5", "--salt", "s", "--weights", "a=1", "-"], b"").contains("growthbook-v2"));
    let other = ["assign", "--salt", "s", "--weights", "a=1", "--id", "key", "-"];
    assert!(failure(5, &other, b"id\n1\n").contains("INPUT_MISSING_COLUMNS"));
}
