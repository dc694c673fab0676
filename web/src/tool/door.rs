//! What a worker calls.

use std::cell::RefCell;

use serde_json::{Value, json};
use wasm_bindgen::prelude::wasm_bindgen;

use super::chain::Chain;
use super::measured::{Asked, Table};
use super::plan::{Wanted, plan as planned};
use crate::read::parse;

thread_local! {
    static CHAIN: RefCell<Chain> = RefCell::new(Chain::default());
    static TABLE: RefCell<Option<Table>> = const { RefCell::new(None) };
}

fn wrong((code, message): super::csv::Problem) -> String {
    json!({ "code": code, "detail": message }).to_string()
}

/// Begins a table; empty names are guessed.
#[wasm_bindgen]
pub fn begin(file: String, score: String, outcome: String, segment: String, scale: String, threshold: f64) {
    TABLE.set(Some(Table::new(Asked { file, score, outcome, segment, scale, threshold })));
}

/// Reads the next bytes of the file; the problem as JSON where there is one.
#[wasm_bindgen]
pub fn feed(bytes: &[u8]) -> Option<String> {
    TABLE.with(|table| table.borrow_mut().as_mut()?.feed(bytes).err()).map(wrong)
}

/// What the table seems to hold, as JSON.
#[wasm_bindgen]
pub fn head() -> Option<String> {
    TABLE.with(|table| serde_json::to_string(&table.borrow().as_ref()?.head()).ok())
}

/// The figures of all that was read, as JSON; with a `code` where something is wrong.
#[wasm_bindgen]
pub fn end() -> Option<String> {
    let measured = TABLE.take()?.end();
    Some(measured.map_or_else(wrong, |measured| serde_json::to_string(&measured).unwrap_or_default()))
}

/// What a test takes, as JSON; with a `detail` where a number makes no sense.
#[wasm_bindgen]
pub fn plan(base: f64, lift: f64, power: f64, a_day: f64, delay_days: f64, given: f64) -> String {
    let needed = planned(Wanted { base, lift, power, a_day, delay_days, given: given as u64 });
    needed.map_or_else(
        |detail| json!({ "detail": detail }).to_string(),
        |needed| serde_json::to_string(&needed).unwrap_or_default(),
    )
}

/// Begins to verify a ledger of which these entries are `known`: numbers and hashes, as a JSON array of pairs.
#[wasm_bindgen]
pub fn chain(known: &str) {
    let known = parse(known).unwrap_or_default();
    let pairs = known.as_array().into_iter().flatten();
    CHAIN.set(Chain::new(pairs.filter_map(|pair| Some((pair.get(0)?.as_u64()?, pair.get(1)?.as_str()?)))));
}

/// How far the verification came with the answer `entries` of the service, as JSON; null where that is not a ledger.
#[wasm_bindgen]
pub fn chained(entries: &str) -> String {
    CHAIN.with_borrow_mut(|chain| if chain.take(entries) { chain.said() } else { Value::Null }).to_string()
}
