//! The native side of `npm run bench`: reads one request per line, measures for a moment, answers with a line of JSON.
//!
//! `FOLDER` holds the models and rows, `OUT` takes what the peers are compared with. Requests: `one MODEL`, `batch MODEL`,
//! `explain MODEL`, `load MODEL`; models: `xgb_300`, `lgb_300`, `demo`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command speaks on the terminal")]

use std::io::BufRead;
use std::path::PathBuf;
use std::process::ExitCode;

use plumbline_tests::bench::Bench;

fn main() -> ExitCode {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [folder, out] = paths.as_slice() else {
        eprintln!("usage: bench FOLDER OUT");
        return ExitCode::from(64);
    };
    match serve(folder, out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("bench: {message}");
            ExitCode::FAILURE
        }
    }
}

fn serve(folder: &std::path::Path, out: &std::path::Path) -> Result<(), String> {
    let bench = Bench::prepare(folder, out)?;
    println!("{}", serde_json::json!({ "ready": true }));
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|e| e.to_string())?;
        println!("{}", bench.answer(&line)?);
    }
    Ok(())
}
