//! What the tests share: running the real binary, a small model, the reference vectors.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    reason = "shared by tests, each of which uses a part"
)]

pub mod server;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Two trees of LightGBM's on `visits` and `pages`, whose margins are easy to work out.
pub const LIGHTGBM: &str = "tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=1
objective=binary sigmoid:1
feature_names=visits pages
feature_infos=[0:10] [0:10]
tree_sizes=300

Tree=0
num_leaves=3
num_cat=0
split_feature=0 1
split_gain=1 1
threshold=2.5 1.5
decision_type=10 10
left_child=1 -1
right_child=-2 -3
leaf_value=-1 1 0.25
leaf_weight=1 1 1
leaf_count=10 10 10
internal_value=0 0
internal_weight=3 2
internal_count=30 20
is_linear=0
shrinkage=1


end of trees

feature_importances:
visits=1
pages=1

parameters:
end of parameters

pandas_categorical:null
";

/// The binary.
pub fn plumbline() -> Command {
    Command::new(env!("CARGO_BIN_EXE_plumbline"))
}

/// Runs the binary with `arguments` and `input` on standard input.
pub fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = plumbline()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().expect("stdin");
    let input = input.to_vec();
    // A program that does not read all of its input closes the pipe, which is not a failure here.
    let feed = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("the binary ends");
    feed.join().expect("the input is fed");
    output
}

/// Standard output of a run that must end with `code`.
pub fn expect(code: i32, arguments: &[&str], input: &[u8]) -> String {
    let output = run(arguments, input);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{err}");
    out.into_owned()
}

/// Standard error of a run that must fail with `code`.
pub fn failure(code: i32, arguments: &[&str], input: &[u8]) -> String {
    let output = run(arguments, input);
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{err}");
    err
}

/// A bundle of [`LIGHTGBM`] in `folder`.
pub fn bundle(folder: &Path) -> String {
    let out = text(&folder.join("m.plumb"));
    expect(0, &["import", "-", "-o", &out, "--name", "small", "--version", "1"], LIGHTGBM.as_bytes());
    out
}

/// `path` as an argument.
pub fn text(path: &Path) -> String {
    path.to_str().expect("a path in UTF-8").to_owned()
}

/// The folder of reference vectors: `PLUMBLINE_SHARED`, else `../shared` beside the project; none when absent.
pub fn shared() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let folder = std::env::var_os("PLUMBLINE_SHARED").map_or_else(beside, PathBuf::from);
    folder.is_dir().then_some(folder)
}
