//! Writes models, inputs and their lines of bits to `target/golden`, for the hosts; compares with `tests/golden`, or with
//! `--write` replaces what is there.
#![allow(clippy::print_stdout, reason = "a tool of the tests, at the desk")]

use plumbline_tests::golden::write_cases;

fn main() {
    let accept = std::env::args().any(|argument| argument == "--write");
    let differences = write_cases(accept);
    for difference in &differences {
        println!("{difference}");
    }
    std::process::exit(i32::from(!differences.is_empty()));
}
