//! The bits of 1,500 scores, on this machine, are those that were committed. The other hosts: `tests/hosts/golden.test.mjs`.

#[test]
fn scores_have_the_committed_bits() {
    let differences = plumbline_tests::golden::write_cases(false);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
