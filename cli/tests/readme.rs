//! The commands of README.md, run as printed, one after another, in a folder with the files they name.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use common::{LIGHTGBM, plumbline};

const REGIONS: [&str; 2] = ["north", "south"];

/// The words of each command in the README's blocks of shell that starts with `plumbline`.
fn commands() -> Vec<Vec<String>> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(readme).expect("the README");
    let blocks = readme.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let lines = blocks.flat_map(str::lines).filter(|line| line.starts_with("plumbline "));
    let words = |line: &str| line.split(" #").next().unwrap_or(line).split_whitespace().skip(1).map(str::to_owned).collect();
    lines.map(words).collect()
}

/// Leads with what the commands need: the model's columns, an id, a segment, an arm and the outcome.
fn leads(rows: u32) -> String {
    let mut csv = "lead_id,visits,pages,region,variant,Converted\n".to_owned();
    for i in 0..rows {
        let (visits, pages, region) = (i * 7 % 6, i * 5 % 4, REGIONS[(i / 3 % 2) as usize]);
        let (arm, converted) = (["control", "new"][(i % 2) as usize], u32::from((i * 13 + visits) % 9 < 2 + visits / 2));
        writeln!(csv, "L{i},{visits},{pages},{region},{arm},{converted}").expect("text");
    }
    csv
}

fn prepare(folder: &Path) {
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("a file");
    write("model.ubj", LIGHTGBM);
    write("leads.csv", &leads(2_000));
    write("training.csv", &leads(1_500));
    // The predictions of the model, whose margins are -1 and 1.
    write("predictions.csv", "visits,pages,prediction\n1,1,0.2689414213699951\n3,1,0.7310585786300049\n3,2,0.7310585786300049\n");
    let log: String = (0..48u64)
        .map(|i| {
            format!("{{\"timestamp_ms\":{},\"probability\":0.{},\"status\":200}}\n", 1_793_000_000_000 + i * 1_800_000, i + 10)
        })
        .collect();
    write("log.ndjson", &log);
    write("ids.csv", "id\n1\n2\n");
}

#[test]
fn the_commands_run_as_printed() {
    let folder = tempfile::tempdir().expect("a folder");
    prepare(folder.path());
    let commands = commands();
    for mut words in commands.clone() {
        let target = words.iter().position(|word| word == ">").map(|at| words.split_off(at).pop().expect("a file"));
        if words[0] == "serve" {
            serves(folder.path(), &words);
            continue;
        }
        let output = plumbline().args(&words).current_dir(folder.path()).output().expect("the binary runs");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{words:?}\n{out}\n{err}");
        if let Some(target) = target {
            std::fs::write(folder.path().join(target), output.stdout.as_slice()).expect("a file");
        }
        let expected = match words[0].as_str() {
            "metrics" => "north",
            "experiment" => "control",
            "import" => "model.plumb",
            "drift" | "window" | "quality" | "score" => "",
            _ => continue,
        };
        assert!(format!("{out}{err}").contains(expected), "{words:?}\n{out}\n{err}");
    }
    let names: Vec<&str> = commands.iter().map(|words| words[0].as_str()).collect();
    for name in
        ["import", "schema", "inspect", "score", "serve", "metrics", "drift", "window", "quality", "plan", "experiment", "assign"]
    {
        assert!(names.contains(&name), "the README shows {name}");
    }
    // The scores carry what the next commands read.
    let scored = std::fs::read_to_string(folder.path().join("scored.csv")).expect("scores");
    assert!(scored.lines().count() == 2_001 && scored.starts_with("region,variant,converted,lead_id,score,"), "{:.200}", scored);
}

/// Starts the server as printed, on any free port, and stops it once it listens.
fn serves(folder: &Path, words: &[String]) {
    let mut child = plumbline()
        .args(words)
        .args(["--listen", "127.0.0.1:0", "--json"])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("a line");
    child.kill().expect("it is stopped");
    child.wait().expect("it ends");
    assert!(line.contains("listening"), "{line}");
}
