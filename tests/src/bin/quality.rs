//! Times the judging alone: a suite on a CSV that lies in memory as typed batches, as the peer's table lies in memory as a data frame.
//!
//! `cargo run --release -p plumbline-tests --bin quality -- SUITE.json TABLE.csv [RUNS]` prints `{"seconds": …, "success": […]}`: the
//! fastest of the runs and whether each expectation is met, for `tests/bench/quality.py` to hold against the peer's.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command speaks on the terminal")]

use std::process::ExitCode;
use std::time::Instant;

use plumbline::harness::{Step, of_bytes};
use plumbline_core::quality::{ResultFormat, Suite, Validation};
use plumbline_core::table::{Column, Kind, Sniffed};

/// Rows of a batch, as the command cuts them.
const ROWS: usize = 1 << 14;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("quality: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), String> {
    let [suite, table, runs @ ..] = arguments else { return Err("usage: quality SUITE.json TABLE.csv [RUNS]".to_owned()) };
    let runs: usize = runs.first().map_or(Ok(5), |runs| runs.parse()).map_err(|e| format!("RUNS: {e}"))?;
    let text = std::fs::read_to_string(suite).map_err(|e| format!("{suite}: {e}"))?;
    let suite = Suite::read(&text).map_err(|e| e.to_string())?;
    let Table { names, kinds, batches } = load(std::fs::read(table).map_err(|e| format!("{table}: {e}"))?)?;
    let (mut fastest, mut success) = (f64::INFINITY, Vec::new());
    for _ in 0..runs.max(1) {
        #[allow(clippy::disallowed_methods, reason = "it measures")]
        let started = Instant::now();
        let mut validation = Validation::new(&suite, &names, &kinds, &ResultFormat::default());
        batches.iter().for_each(|columns| validation.push(columns));
        let report = validation.finish().document(None);
        fastest = fastest.min(started.elapsed().as_secs_f64());
        success = report.results.iter().map(|one| one.success).collect();
    }
    println!("{}", serde_json::json!({ "seconds": fastest, "success": success }));
    Ok(())
}

/// Names, kinds and typed batches.
struct Table {
    names: Vec<String>,
    kinds: Vec<Kind>,
    batches: Vec<Vec<Column>>,
}

fn load(bytes: Vec<u8>) -> Result<Table, String> {
    let each = |row: &mut dyn FnMut(&[&str])| -> Result<Vec<String>, String> {
        let mut records = of_bytes(bytes.clone(), false).map_err(|e| e.to_string())?;
        let names = records.names().to_vec();
        loop {
            match records.advance().map_err(|e| e.to_string())? {
                Step::End => return Ok(names),
                Step::Rejected(problem) => return Err(problem.message),
                Step::Record => {
                    let fields: Vec<&str> = (0..names.len()).map(|at| records.text(at).unwrap_or_default()).collect();
                    row(&fields);
                }
            }
        }
    };
    let mut seen: Vec<Sniffed> = Vec::new();
    let names = each(&mut |fields| {
        seen.resize(fields.len(), Sniffed::default());
        seen.iter_mut().zip(fields).for_each(|(seen, text)| seen.see(text));
    })?;
    let kinds: Vec<Kind> = seen.iter().map(|seen| seen.kind()).collect();
    let mut batches: Vec<Vec<Column>> = Vec::new();
    each(&mut |fields| {
        if batches.last().is_none_or(|columns| columns.first().is_none_or(|column| column.len() >= ROWS)) {
            batches.push(kinds.iter().map(|kind| Column::new(*kind)).collect());
        }
        for (column, text) in batches.iter_mut().last().into_iter().flatten().zip(fields) {
            Sniffed::push(text, column);
        }
    })?;
    Ok(Table { names, kinds, batches })
}
