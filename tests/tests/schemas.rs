//! What is committed beside the code is what the code says: JSON Schemas, and a section of the runbook for each alert.

#[test]
fn the_committed_schemas_are_those_of_the_types() {
    let differences = plumbline_tests::schemas::differences(false);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn the_runbook_has_a_section_for_each_alert_and_no_other() {
    let text = std::fs::read_to_string(plumbline_tests::project_root().join("docs/RUNBOOK.md")).unwrap();
    let sections: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## `")?.strip_suffix('`')).collect();
    let rules: Vec<&str> = plumbline_core::alert::Rule::ALL.iter().map(|rule| rule.name()).collect();
    assert_eq!(sections, rules);
    let parts = |name: &str| text.lines().filter(|line| line.starts_with(name)).count();
    assert_eq!((parts("Means: "), parts("Do: ")), (rules.len(), rules.len()));
}
