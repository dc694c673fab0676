//! The `plumbline` binary: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    plumbline::run(std::env::args_os())
}
