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
