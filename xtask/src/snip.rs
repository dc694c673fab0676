//! Takes the words out of panics.
//!
//! A panic in the scorer's module ends in a trap, and there is nowhere its message could be printed: the shell drops the instance
//! and reports a code. Yet std carries the formatting of those messages along. Every function that only panics becomes
//! `unreachable` here, which is what it ends in anyway; what only it needed falls away when the module is optimised.

use std::path::Path;

use anyhow::{Context, Result};
use rustc_demangle::demangle;
use walrus::ir::Value;
use walrus::{ConstExpr, DataKind, FunctionBuilder, FunctionKind, LocalFunction, Module};

/// Functions of std that never return and print, as the start of their demangled path.
const PANICS: &[&str] = &[
    "core::panicking::",
    "core::option::unwrap_failed",
    "core::option::expect_failed",
    "core::result::unwrap_failed",
    "core::cell::panic_already",
    "core::slice::index::slice_",
    "core::slice::copy_from_slice_impl::len_mismatch_fail",
    "core::str::slice_error_fail",
    "core::num::int_log10::panic",
    "alloc::alloc::handle_alloc_error",
    "alloc::raw_vec::capacity_overflow",
    "alloc::raw_vec::handle_error",
    "alloc::vec::Vec<T,A>::swap_remove::assert_failed",
    "alloc::vec::Vec<T,A>::insert::assert_failed",
    "alloc::vec::Vec<T,A>::remove::assert_failed",
    "alloc::vec::Vec<T,A>::split_off::assert_failed",
    "std::panicking::",
    "std::thread::local::panic_access_error",
    "std::alloc::rust_oom",
    "std::alloc::default_alloc_error_hook",
];

/// Rewrites the module `input`, which must have its names, into `output`. Where `debug` is false nothing but panics formats values for
/// programmers (`{:?}`), so that these functions, which a table of functions would keep, become `unreachable` too.
pub fn panics(input: &Path, output: &Path, debug: bool) -> Result<()> {
    let mut module = Module::from_file(input).with_context(|| format!("{} is not a wasm module", input.display()))?;
    let silent: Vec<_> = module
        .funcs
        .iter_local()
        .filter(|(id, _)| {
            module.funcs.get(*id).name.as_deref().is_some_and(|name| only_panics(name) || (!debug && only_debugs(name)))
        })
        .map(|(id, function)| (id, function.ty()))
        .collect();
    anyhow::ensure!(!silent.is_empty(), "found no panic functions in {}; were its names stripped?", input.display());
    for (id, ty) in silent {
        let trap = trap(&mut module, ty);
        module.funcs.get_mut(id).kind = FunctionKind::Local(trap);
    }
    blank_places(&mut module);
    module.emit_wasm_file(output)
}

/// Where the source files named by panics lie, as the start of their path.
const SOURCES: [&[u8]; 5] = [b"/rustc/", b"/rust/deps/", b"core/src/", b"wasm/src/", b"web/src/"];

/// Overwrites the paths of source files, which only those messages named, and the places that point at them (a path, its length,
/// line and column) with zeros: they compress to nothing.
fn blank_places(module: &mut Module) {
    let segments: Vec<_> = module.data.iter().map(|data| data.id()).collect();
    let mut paths = Vec::new();
    for segment in &segments {
        let data = module.data.get_mut(*segment);
        if let DataKind::Active { offset: ConstExpr::Value(Value::I32(address)), .. } = data.kind {
            blank_paths(&mut data.value, address.cast_unsigned(), &mut paths);
        }
    }
    for segment in segments {
        blank_locations(&mut module.data.get_mut(segment).value, &paths);
    }
}

/// Overwrites paths in the `data` that lies at `address`, and notes where each lies and how long it is.
fn blank_paths(data: &mut [u8], address: u32, paths: &mut Vec<[u32; 2]>) {
    const LONGEST: usize = 160;
    let mut at = 0;
    while let Some(rest) = data.get_mut(at..).filter(|rest| !rest.is_empty()) {
        let path = rest.get(..rest.len().min(LONGEST)).unwrap_or_default();
        let end =
            SOURCES.iter().any(|start| path.starts_with(start)).then(|| path.windows(3).position(|w| w == b".rs")).flatten();
        let length = end.filter(|end| path.iter().take(*end).all(|b| b.is_ascii_graphic())).map_or(0, |end| end + 3);
        rest.iter_mut().take(length).for_each(|byte| *byte = 0);
        if length > 0 {
            paths.push([address.wrapping_add(at as u32), length as u32]);
        }
        at += length.max(1);
    }
}

fn blank_locations(data: &mut [u8], paths: &[[u32; 2]]) {
    let mut at = 0;
    while let Some(words) = data.get_mut(at..at + 16) {
        let word = |i: usize| words.get(i..i + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes);
        // Paths may share their ends, and std's are stored with a zero behind them that no place counts.
        let end = word(0).wrapping_add(word(4));
        let points = |[start, length]: &[u32; 2]| word(4) > 0 && word(0) >= *start && end == start.wrapping_add(*length);
        if paths.iter().any(points) {
            words.fill(0);
            at += 16;
        } else {
            at += 4;
        }
    }
}

fn only_panics(name: &str) -> bool {
    let path = format!("{:#}", demangle(name));
    PANICS.iter().any(|start| path.starts_with(start))
}

fn only_debugs(name: &str) -> bool {
    let path = format!("{:#}", demangle(name));
    path.ends_with(" as core::fmt::Debug>::fmt")
}

fn trap(module: &mut Module, ty: walrus::TypeId) -> LocalFunction {
    let ty = module.types.get(ty);
    let (parameters, results) = (ty.params().to_vec(), ty.results().to_vec());
    let locals = parameters.iter().map(|p| module.locals.add(*p)).collect();
    let mut builder = FunctionBuilder::new(&mut module.types, &parameters, &results);
    builder.func_body().unreachable();
    builder.local_func(locals)
}
