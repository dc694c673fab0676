//! Every fuzz target on its seeds, on those cut short, and on every input that once broke one (`tests/fuzz/regressions`).
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use plumbline_tests::fuzz::{TARGETS, check, seeds};
use plumbline_tests::project_root;

#[test]
fn what_once_broke_a_parser_breaks_it_no_more() {
    let folder = project_root().join("tests/fuzz/regressions");
    let mut replayed = 0;
    for target in std::fs::read_dir(&folder).expect("the regressions").flatten().filter(|entry| entry.path().is_dir()) {
        let name = target.file_name().into_string().expect("a name in UTF-8");
        for input in std::fs::read_dir(target.path()).expect("inputs").flatten() {
            eprintln!("{name}/{}", input.file_name().to_string_lossy());
            check(&name, &std::fs::read(input.path()).expect("an input"));
            replayed += 1;
        }
    }
    eprintln!("{replayed} inputs");
}

#[test]
fn every_seed_is_fine_whole_and_cut_short() {
    for target in TARGETS {
        let seeds = seeds(target.name);
        assert!(!seeds.is_empty(), "{} has no seeds", target.name);
        for seed in seeds {
            (target.check)(&seed);
            for part in 1..8 {
                (target.check)(&seed[..seed.len() * part / 8]);
            }
        }
    }
}
