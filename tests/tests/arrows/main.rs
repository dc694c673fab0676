//! One direction of flow: between our crates, and between the modules inside them. Any other arrow fails here.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly anywhere"
)]

mod graph;
mod room;
mod source;
mod tests;

use std::collections::BTreeSet;
use std::process::Command;

use room::Crate;
use serde_json::Value;

/// (crate, what it may depend on).
const ARROWS: &[(&str, &[&str])] = &[
    ("plumbline-core", &[]),
    ("plumbline-wasm", &["plumbline-core"]),
    ("plumbline-worker", &["plumbline-core"]),
    ("plumbline", &["plumbline-core", "plumbline-web", "plumbline-worker"]),
    ("plumbline-web", &["plumbline-core"]),
    ("plumbline-tests", &["plumbline-core", "plumbline-wasm", "plumbline-worker", "plumbline", "plumbline-web"]),
    ("plumbline-trained", &["plumbline-core"]),
    ("xtask", &[]),
];

#[test]
fn crates_depend_only_along_the_arrows() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
        .current_dir(plumbline_tests::project_root())
        .output()
        .expect("cargo metadata runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let ours: BTreeSet<&str> = packages.iter().filter_map(|p| p["name"].as_str()).collect();
    assert!(ours.contains("plumbline-core"), "the core is missing from {ours:?}");
    for package in packages {
        let name = package["name"].as_str().expect("name");
        let (_, allowed) =
            ARROWS.iter().find(|(n, _)| *n == name).unwrap_or_else(|| panic!("{name} is not in the plan of the house"));
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let dependency = dependency["name"].as_str().expect("dependency name");
            assert!(!ours.contains(dependency) || allowed.contains(&dependency), "{name} may not depend on {dependency}");
        }
    }
}

#[test]
fn nothing_imports_the_root_of_its_crate_by_a_glob() {
    let globs =
        ["core/src", "worker/src", "cli/src", "wasm/src", "web/src"].map(|folder| Crate::read(folder).globs_of_the_root());
    assert_eq!(globs.concat(), [""; 0], "imports of a crate's root by a glob");
}

#[test]
fn rooms_of_the_core_have_no_cycle() {
    let core = Crate::read("core/src");
    assert!(core.rooms(&[]).has("score", "bundle"), "arrows are read");
    let cycles: Vec<String> = [&[][..], &["experiment"], &["model", "engine"]].map(|parent| core.rooms(parent).report()).into();
    assert_eq!(cycles.concat(), "", "cycles between modules");
}

#[test]
fn rooms_of_the_service_have_no_cycle() {
    let rooms = Crate::read("worker/src").rooms(&[]);
    assert!(rooms.has("route", "service"), "arrows are read");
    assert_eq!(rooms.report(), "", "cycles between modules");
}

#[test]
fn rooms_of_the_command_have_no_cycle_and_no_command_imports_another() {
    let cli = Crate::read("cli/src");
    let rooms = cli.rooms(&[]);
    assert!(rooms.has("command", "input"), "arrows are read");
    assert_eq!(rooms.report(), "", "cycles between modules");
    assert_eq!(cli.rooms(&["command"]).list(), "", "imports between commands");
}
