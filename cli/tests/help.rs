//! What the command says of itself, and its exit codes.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::net::TcpListener;

use common::{LIGHTGBM, bundle, expect, run, text};

const COMMANDS: [&str; 18] = [
    "train",
    "import",
    "inspect",
    "schema",
    "features",
    "score",
    "assign",
    "metrics",
    "window",
    "drift",
    "quality",
    "experiment",
    "plan",
    "bench",
    "serve",
    "push",
    "pull",
    "export",
];

#[test]
fn help_names_every_command_and_every_exit_code() {
    let help = expect(0, &["--help"], b"");
    for command in COMMANDS {
        assert!(help.lines().any(|line| line.trim_start().starts_with(&format!("{command} "))), "{command}\n{help}");
    }
    for code in ["0", "1", "2", "3", "4", "5", "6", "7", "130"] {
        assert!(help.lines().any(|line| line.split_whitespace().next() == Some(code)), "{code}\n{help}");
    }
    assert!(expect(0, &["--version"], b"").starts_with("plumbline "));
}

#[test]
fn every_command_explains_its_options_and_shows_an_example() {
    for command in COMMANDS {
        let help = expect(0, &[command, "--help"], b"");
        assert!(help.contains(&format!("Usage: plumbline {command}")), "{help}");
        assert!(help.lines().any(|line| line.contains(&format!("plumbline {command} ")) && !line.contains("Usage")), "{help}");
        // Behind each option stands what it does, on its line or on the next.
        let lines: Vec<&str> = help.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("      --")) {
            let says = line.trim().split_once("  ").is_some_and(|(_, rest)| !rest.trim().is_empty());
            let below = lines.get(at + 1).is_some_and(|next| next.starts_with("          ") && !next.trim().is_empty());
            assert!(says || below, "{command}: {line}");
        }
    }
    let score = expect(0, &["score", "--help"], b"");
    for word in ["NDJSON", "Parquet", "OUT.rejected", "lead_id", "reasons", "Ctrl-C"] {
        assert!(score.contains(word), "{word}");
    }
}

#[test]
fn each_end_has_its_exit_code() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = bundle(folder.path());
    let (out, nowhere) = (text(&folder.path().join("o.plumb")), text(&folder.path().join("no/where")));
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("its address").to_string();
    let db = text(&folder.path().join("log.sqlite"));
    let cases: [(i32, &[&str], &[u8], &str); 13] = [
        (0, &["score", &model, "-", "--raw"], b"visits,pages\n1,1\n", ""),
        (0, &["import", "-", "-o", &out], LIGHTGBM.as_bytes(), ""),
        (2, &["score"], b"", "Usage"),
        (2, &["scoer"], b"", "score"),
        (2, &["score", &model, "-", "--explain", "1001"], b"", "1000"),
        (2, &["score", &model, "-", "--json"], b"", "-o OUT"),
        (3, &["score", &model, "-", "--raw"], b"visits,pages\nx,1\n", "line 2 rejected"),
        (4, &["score", "Cargo.toml", "-"], b"", "BUNDLE_"),
        (4, &["import", "-", "-o", &out], b"{}", "IMPORT_"),
        (5, &["score", &model, &nowhere], b"", "no/where"),
        (5, &["score", &nowhere, "-"], b"", "no/where"),
        (6, &["score", &model, "-", "--raw", "-o", &nowhere], b"visits,pages\n1,1\n", "no/where"),
        (7, &["serve", "--model", &model, "--listen", &taken, "--db", &db], b"", &taken),
    ];
    for (code, arguments, input, words) in cases {
        let output = run(arguments, input);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{error}");
        assert!(error.contains(words), "{arguments:?}\n{error}");
    }
}
