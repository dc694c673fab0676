//! Compares `docs/schema` with the types of the core; with `--write` replaces it.
#![allow(clippy::print_stdout, reason = "a tool of the tests, at the desk")]

use plumbline_tests::schemas::differences;

fn main() {
    let differences = differences(std::env::args().any(|argument| argument == "--write"));
    for difference in &differences {
        println!("{difference}");
    }
    std::process::exit(i32::from(!differences.is_empty()));
}
