//! Writes the seeds of every fuzz target to `FOLDER/TARGET/`.
#![allow(clippy::print_stdout, reason = "a tool of the tests, at the desk")]

use std::path::PathBuf;

use plumbline_tests::fuzz::{TARGETS, seeds};

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args_os().nth(1).unwrap_or("target/fuzz/seeds".into()));
    for target in TARGETS {
        let folder = folder.join(target.name);
        std::fs::create_dir_all(&folder)?;
        let seeds = seeds(target.name);
        for (number, seed) in seeds.iter().enumerate() {
            std::fs::write(folder.join(format!("{number:03}")), seed)?;
        }
        println!("{}: {} seeds", target.name, seeds.len());
    }
    Ok(())
}
