//! Measures requests per second through the service in this process: plain, with a suite, an allocation, a shadow, and all three.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command speaks on the terminal")]

use std::process::ExitCode;

fn main() -> ExitCode {
    match plumbline_tests::bench::road() {
        Ok(table) => {
            print!("{table}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("road: {message}");
            ExitCode::FAILURE
        }
    }
}
