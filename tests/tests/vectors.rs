//! The project's own reference vectors, without anything beside the project: every model, every row, every way of computing it.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use plumbline_tests::conformance;

#[test]
fn every_own_vector_agrees_with_its_peer() {
    let found = conformance::run_own().expect("the vectors are readable");
    for suite in &found.suites {
        assert!(suite.is_proof(), "{}: {} of {}\n{}", suite.name, suite.passed, suite.cases, suite.failures.join("\n"));
    }
    assert!(found.models >= 60 && found.left_out.is_empty(), "{} models; {:?}", found.models, found.left_out);
}

#[test]
fn the_logarithm_of_base_scores_is_that_of_the_c_library() {
    // Some 250,000 of them; the conformance runner compares all.
    let found = conformance::logarithm::run(4_253);
    assert!(found.suites.iter().all(conformance::Suite::is_proof), "{found:?}");
    assert!(found.suites.len() == 2 || found.left_out.len() == 1, "{found:?}");
}

/// Copies one own model into a shared folder of its own, has `change` spoil it, and returns what the runner says.
fn of_a_folder(change: impl Fn(&std::path::Path)) -> Vec<conformance::Conformance> {
    let shared = tempfile::tempdir().expect("a folder");
    let to = shared.path().join("vectors/models/lgb_binary");
    std::fs::create_dir_all(&to).expect("a folder in it");
    for entry in std::fs::read_dir(plumbline_tests::project_root().join("tests/vectors/models/lgb_binary")).expect("a model") {
        let from = entry.expect("a file").path();
        std::fs::copy(&from, to.join(from.file_name().expect("its name"))).expect("a copy");
    }
    change(&to);
    conformance::run_in(shared.path()).expect("the models can be listed")
}

#[test]
fn a_folder_of_models_alone_is_compared() {
    let found = of_a_folder(|_| {});
    let suites: Vec<_> = found.iter().flat_map(|found| &found.suites).collect();
    assert!(suites.len() >= 6 && suites.iter().all(|suite| suite.is_proof()));
    assert_eq!(found.iter().map(|found| (found.models, found.left_out.len())).collect::<Vec<_>>(), [(1, 0), (0, 1), (0, 1)]);
}

#[test]
fn what_cannot_be_compared_fails() {
    let gone = |name: &'static str| move |folder: &std::path::Path| std::fs::remove_file(folder.join(name)).expect("a file");
    let shorter = |name: &'static str| {
        move |folder: &std::path::Path| {
            let text = std::fs::read_to_string(folder.join(name)).expect("a file");
            std::fs::write(folder.join(name), text.trim_end().rsplit_once('\n').expect("lines").0).expect("a file");
        }
    };
    type Damage = Box<dyn Fn(&std::path::Path)>;
    let cases: [(&str, Damage); 7] = [
        ("no model file", Box::new(gone("model.txt"))),
        ("no inputs", Box::new(gone("inputs.csv"))),
        ("no meta", Box::new(gone("meta.json"))),
        ("a row too few", Box::new(shorter("expected.csv"))),
        (
            "a model cut short",
            Box::new(|folder: &std::path::Path| std::fs::write(folder.join("model.txt"), "tree\nversion=v4\n").expect("a file")),
        ),
        (
            "no margins",
            Box::new(|folder: &std::path::Path| {
                let text = std::fs::read_to_string(folder.join("expected.csv")).expect("a file");
                let lines: Vec<&str> = text.lines().map(|line| line.split(',').next().unwrap_or_default()).collect();
                std::fs::write(folder.join("expected.csv"), lines.join("\n")).expect("a file");
            }),
        ),
        ("no model at all", Box::new(|folder: &std::path::Path| std::fs::remove_dir_all(folder).expect("a folder"))),
    ];
    for (what, change) in cases {
        let found = of_a_folder(change);
        assert!(found.iter().flat_map(|found| &found.suites).any(|suite| !suite.is_proof()), "{what}");
    }
}
