//! The committed JSON Schemas are those of the types.

#[test]
fn the_committed_schemas_are_those_of_the_types() {
    let differences = plumbline_tests::schemas::differences(false);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
