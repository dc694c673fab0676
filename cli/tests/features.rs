//! `plumbline check features`: training, batch, JSON and a real service make the same bits of the same leads, and what differs is named.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::fmt::Write as _;
use std::path::Path;

use common::server::Server;
use common::{expect, failure, text};
use plumbline_core::random::Random;
use serde_json::Value;

/// Every kind of transform; days are counted to the time of each lead.
const SCHEMA: &str = r#"
[model]
name = "leads"
version = "1"

[[field]]
name = "lead_id"
kind = "text"
role = "id"
[[field]]
name = "visits"
kind = "number"
[[field]]
name = "pages"
kind = "number"
[[field]]
name = "source"
kind = "category"
categories = ["ads", "referral", "web"]
[[field]]
name = "seen"
kind = "date"
[[field]]
name = "newsletter"
kind = "flag"

[[feature]]
name = "days_since_seen"
make = "days_since"
from = "seen"
[[feature]]
name = "pages_per_visit"
make = { ratio = "visits" }
from = "pages"
[[feature]]
name = "log_visits"
from = "visits"
then = ["log1p", { standard = { mean = 1.1, std = 0.3 } }]
"#;

/// Leads with missing values, words for them, numbers and flags in several spellings and categories that no schema lists.
fn leads(folder: &Path, rows: u64) -> String {
    let mut random = Random::new(7);
    let mut csv = "lead_id,created,visits,pages,source,seen,newsletter,converted\n".to_owned();
    for n in 0..rows {
        let visits = random.below(12);
        let pages = random.unit() * 40.0;
        let source = ["ads", "referral", "web", "fair", "n/a", ""][random.below(6) as usize];
        let seen = if n % 7 == 0 { String::new() } else { format!("2026-03-{:02}", 1 + n % 28) };
        let visits_text = if n % 11 == 0 { String::new() } else { format!("{visits}.0") };
        let converted = u8::from(random.unit() < 0.05 + visits as f64 / 20.0);
        let newsletter = ["Yes", "No", "TRUE", "N/A", ""][n as usize % 5];
        let hour = n % 24;
        writeln!(
            csv,
            "L{n},2026-04-{:02}T{hour:02}:15:00Z,{visits_text},{pages:?},{source},{seen},{newsletter},{converted}",
            1 + n % 30
        )
        .unwrap();
    }
    let path = folder.join("leads.csv");
    std::fs::write(&path, csv).unwrap();
    text(&path)
}

fn ways(report: &str) -> Vec<(String, String, u64)> {
    let report: Value = serde_json::from_str(report).expect("JSON");
    let of = |way: &Value| {
        (way["id"].as_str().unwrap().to_owned(), way["sha256"].as_str().unwrap().to_owned(), way["differing"].as_u64().unwrap())
    };
    report["ways"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn all_ways_make_the_same_bits_and_what_differs_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (data, schema) = (leads(folder.path(), 400), text(&folder.path().join("s.toml")));
    let (model, settings) = (text(&folder.path().join("m.plumb")), text(&folder.path().join("plumbline.toml")));
    std::fs::write(&schema, SCHEMA).unwrap();
    std::fs::write(&settings, "[train]\ntrees = 10\ndepth = 3\n").unwrap();
    expect(0, &["train", &data, "--time", "created", "--schema", &schema, "--settings", &settings, "-o", &model], b"");
    let check = ["check", "features", &model, &data, "--time", "created"];

    let server = Server::start(&["--model", &model]);
    let url = server.url.clone();
    let scored = expect(0, &["score", "--url", &url, &data, "--json", "-o", &text(&folder.path().join("scored.csv"))], b"");
    assert!(scored.contains("\"scored\": 400") && scored.contains("\"rejected\": 0"), "{scored}");
    let said = expect(0, &[&check[..], &["--schema", &schema, "--url", &url, "--json"]].concat(), b"");
    let found = ways(&said);
    assert_eq!(found.iter().map(|way| way.0.as_str()).collect::<Vec<_>>(), ["training", "batch", "json", "service"]);
    assert!(found.iter().all(|way| way.1 == found[0].1 && way.2 == 0), "{said}");
    let columns = serde_json::from_str::<Value>(&said).unwrap()["columns"].clone();
    assert!(columns.as_array().unwrap().iter().any(|column| column == "days_since_seen"), "{columns}");
    let page = expect(0, &check, b"");
    assert!(page.contains("✓ batch: identical bits") && !page.contains("the service"), "{page}");

    // The declaration in git says something else than that in the bundle.
    let other = text(&folder.path().join("other.toml"));
    std::fs::write(&other, SCHEMA.replace("std = 0.3", "std = 0.30000000000000004")).unwrap();
    let page = expect(1, &[&check[..], &["--schema", &other]].concat(), b"");
    assert!(page.contains("✗ batch: ") && page.contains(", log_visits: ") && page.contains("in training"), "{page}");

    // A service of another version cannot be compared.
    let wrong = text(&folder.path().join("w.plumb"));
    expect(0, &["train", &data, "--time", "created", "--settings", &settings, "--version", "2", "-o", &wrong], b"");
    let said = failure(2, &["check", "features", &wrong, &data, "--time", "created", "--url", &url], b"");
    assert!(said.contains("MODEL"), "{said}");
    assert_eq!(server.stop(), Some(0));
    let said = failure(2, &[&check[..], &["--url", &url]].concat(), b"");
    assert!(said.contains("SERVICE_UNREACHABLE"), "{said}");
    let open = text(&folder.path().join("open.csv"));
    std::fs::write(&open, "lead_id,visits,pages,source,seen,converted\nL1,1,1,ads,,\n").unwrap();
    let said = failure(2, &["check", "features", &model, &open], b"");
    assert!(said.contains("FEATURES_NO_LEADS"), "{said}");
}
