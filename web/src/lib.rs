//! The dashboard: views of the lifecycle's report as values.
//!
//! `report` is read part by part, `text` says it in the reader's language and numbers, `view` makes markup of both and of what the page
//! remembers (`ui`), with `part`s and `chart`s. All of it is pure: the command line prints the same views, tests need no browser. Only
//! `page` knows the browser.

pub mod aside;
pub mod chain;
pub mod chart;
pub mod file;
pub mod find;
#[cfg(all(target_arch = "wasm32", feature = "first"))]
mod first;
pub mod lead;
pub mod order;
#[cfg(all(target_arch = "wasm32", not(any(feature = "first", feature = "tool"))))]
mod page;
pub mod part;
pub mod read;
pub mod review;
pub mod sheet;
pub mod text;
pub mod tool;
pub mod ui;
pub mod view;
