//! A module and the binder that reads it must be of one version of wasm-bindgen, or the build breaks on somebody's machine.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly anywhere"
)]

#[test]
fn wasm_bindgen_and_its_binder_are_of_one_version() {
    let lock = std::fs::read_to_string(plumbline_tests::project_root().join("Cargo.lock")).expect("Cargo.lock");
    let versions = |name: &str| -> Vec<&str> {
        let mut lines = lock.lines();
        let mut found = Vec::new();
        while let Some(line) = lines.next() {
            if line == format!("name = \"{name}\"") {
                found.extend(lines.next());
            }
        }
        found
    };
    let (module, binder) = (versions("wasm-bindgen"), versions("wasm-bindgen-cli-support"));
    assert_eq!(binder.len(), 1, "the binder is in the lock file once: {binder:?}");
    // Until a crate of ours links wasm-bindgen there is nothing to compare with.
    if !module.is_empty() {
        assert_eq!(module, binder, "wasm-bindgen and wasm-bindgen-cli-support differ");
    }
}
