//! The reader of imports and the finder of cycles, on small made-up sources.

use std::path::PathBuf;

use super::graph::Graph;
use super::room::{Crate, ROOT};
use super::source;

fn paths(text: &str) -> Vec<(String, usize)> {
    let module = ["a".to_owned(), "b".to_owned()];
    let source = source::read(text, &module).expect("it is Rust");
    source.imports.iter().map(|import| (import.path.join("::"), import.line)).collect()
}

#[test]
fn nested_groups_of_a_use_are_read() {
    let text = "use crate::{\n    a::{self, b as c},\n    d,\n    e::*,\n};\nuse super::super::f::G;";
    let expected = [("crate::a", 2), ("crate::a::b", 2), ("crate::d", 3), ("crate::e::*", 4), ("super::super::f::G", 6)];
    assert_eq!(paths(text), expected.map(|(path, line)| (path.to_owned(), line)));
}

#[test]
fn paths_in_code_are_read_and_texts_are_not() {
    let text = "
        /// Not [`crate::comment::A`].
        fn f(x: crate::signature::T) -> String {
            // crate::comment::B
            let y: crate::body::U = super::g::h(\"crate::text::C\");
            format!(\"{}{y}\", crate::argument::v(&[x, crate::inner::W]))
        }";
    let found: Vec<String> = paths(text).into_iter().map(|(path, _)| path).collect();
    assert_eq!(found, ["crate::signature::T", "crate::body::U", "super::g::h", "crate::argument::v", "crate::inner::W"]);
}

#[test]
fn what_only_tests_compile_is_left_out() {
    let text = "
        #[cfg(test)]
        use crate::a::B;
        #[cfg(all(test, unix))]
        mod tests { use crate::c::D; }
        #[cfg(any(test, unix))]
        mod both { use crate::e::F; }
        #[cfg(not(test))]
        use crate::g::H;
        impl I { #[cfg(test)] fn f() { crate::j::k() } }";
    let found: Vec<String> = paths(text).into_iter().map(|(path, _)| path).collect();
    assert_eq!(found, ["crate::e::F", "crate::g::H"]);
}

/// A crate of these files.
fn made_up(files: &[(&str, &str)]) -> Crate {
    Crate::of("made/src", files.iter().map(|(file, text)| (PathBuf::from(file), (*text).to_owned())))
}

#[test]
fn a_cycle_of_rooms_is_reported_with_the_line_of_each_import() {
    let made = made_up(&[
        ("lib.rs", "mod a; mod b; mod c; pub use c::D;"),
        ("a/mod.rs", "mod inner;"),
        ("a/inner.rs", "use super::super::{b, c};"),
        ("b.rs", "\nuse crate::D;"),
        ("c.rs", "#[cfg(test)] mod tests; pub struct D;"),
        ("c/tests.rs", "use crate::a;"),
    ]);
    assert_eq!(made.rooms(&[]).report(), "");
    let made = made_up(&[
        ("lib.rs", "mod a; mod b; mod c; pub use c::D;"),
        ("a/mod.rs", "mod inner;"),
        ("a/inner.rs", "use super::super::{b, c};"),
        ("b.rs", "\nuse crate::D;"),
        ("c.rs", "pub struct D; fn f() { crate::a::g() }"),
    ]);
    let expected = "a → b → c → a
    a imports b at made/src/a/inner.rs:1 (super::super::b)
    b imports c at made/src/b.rs:2 (crate::D)
    c imports a at made/src/c.rs:1 (crate::a::g)
a → c → a
    a imports c at made/src/a/inner.rs:1 (super::super::c)
    c imports a at made/src/c.rs:1 (crate::a::g)
";
    assert_eq!(made.rooms(&[]).report(), expected);
}

#[test]
fn globs_of_the_root_are_found() {
    let made = made_up(&[
        ("lib.rs", "mod a; mod b; pub use a::*;"),
        ("a.rs", "use crate::b::*;\nuse crate::*;\n#[cfg(test)] mod tests { use crate::*; use super::*; }"),
        ("b.rs", "use super::{*};"),
    ]);
    assert_eq!(made.globs_of_the_root(), ["made/src/a.rs:2", "made/src/b.rs:1"]);
}

#[test]
fn files_of_one_room_are_checked_by_themselves() {
    let made = made_up(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "mod x; mod y; use x::f; pub use y::G; struct H;"),
        ("a/x.rs", "use super::G; use crate::b;"),
        ("a/y.rs", "use super::H;"),
        ("b.rs", ""),
    ]);
    let rooms = made.rooms(&["a"]);
    assert!(rooms.has(ROOT, "x") && rooms.has("x", "y") && rooms.has("y", ROOT) && !rooms.has(ROOT, "y"));
    let arrows = "(root) imports x at made/src/a.rs:1 (x::f)
x imports y at made/src/a/x.rs:1 (super::G)
y imports (root) at made/src/a/y.rs:1 (super::H)
";
    assert_eq!(rooms.list(), arrows);
    assert_eq!(rooms.cycles().into_iter().collect::<Vec<_>>(), [[ROOT, "x", "y", ROOT]]);
    assert_eq!(made.rooms(&[]).report(), "");
}

#[test]
fn the_shortest_cycle_through_each_module_is_found() {
    let graph = |arrows: &[(&str, &str)]| {
        let mut graph = Graph::default();
        arrows.iter().for_each(|(from, to)| graph.add(from, to, String::new()));
        graph.cycles().into_iter().map(|cycle| cycle.concat()).collect::<Vec<_>>()
    };
    assert_eq!(graph(&[("a", "b"), ("b", "c"), ("a", "c"), ("a", "a")]), [""; 0]);
    assert_eq!(graph(&[("a", "b"), ("b", "a"), ("b", "c"), ("c", "d"), ("d", "b")]), ["aba", "bcdb"]);
}
