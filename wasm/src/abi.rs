//! The functions a host calls. Each answers with numbers; texts and rows lie in buffers whose addresses it asks for.
//!
//! # Safety
//! No unsafe operation is made here. `no_mangle` needs the keyword because two functions of one name would be undefined
//! behaviour; the prefix `pl_` is ours alone. The host writes only between calls (the module has one thread), and only
//! into the initialised elements of a buffer whose address and length it was just given; a later call of `pl_reserve` or
//! `pl_rows` may move that buffer, and the host then asks again.
#![allow(unsafe_code, reason = "`unsafe(no_mangle)`, see above")]

use std::cell::RefCell;

use crate::door::Door;

thread_local! {
    static DOOR: RefCell<Door> = const { RefCell::new(Door::new()) };
}

fn door<T>(call: impl FnOnce(&mut Door) -> T) -> T {
    DOOR.with_borrow_mut(call)
}

/// Address of an input buffer of at least `bytes` bytes.
#[unsafe(no_mangle)]
extern "C" fn pl_reserve(bytes: u32) -> *mut u8 {
    door(|door| door.reserve(bytes))
}

/// Address of a row buffer of at least `values` f64.
#[unsafe(no_mangle)]
extern "C" fn pl_rows(values: u32) -> *mut f64 {
    door(|door| door.rows(values))
}

/// Address of the text that the last call answered with.
#[unsafe(no_mangle)]
extern "C" fn pl_text() -> *const u8 {
    door(|door| door.text())
}

/// Address of the numbers that the last call answered with.
#[unsafe(no_mangle)]
extern "C" fn pl_values() -> *const f64 {
    door(|door| door.values())
}

/// Loads the bundle in the first `bytes` bytes of input. As every function below that answers with text: the text's length in
/// bytes, negative when the text is an error.
#[unsafe(no_mangle)]
extern "C" fn pl_load(bytes: u32) -> i32 {
    door(|door| door.load(bytes))
}

/// Scores the lead (JSON) in the first `bytes` bytes of input at `now_ms`, with up to `reasons` reasons.
#[unsafe(no_mangle)]
extern "C" fn pl_score(bytes: u32, now_ms: f64, reasons: u32) -> i32 {
    door(|door| door.score(bytes, now_ms, reasons))
}

/// Scores the leads (a JSON array, or one JSON object per line) in the first `bytes` bytes of input; the answer has their form.
#[unsafe(no_mangle)]
extern "C" fn pl_score_body(bytes: u32, now_ms: f64, reasons: u32) -> i32 {
    door(|door| door.score_body(bytes, now_ms, reasons))
}

/// Writes the features of the lead (JSON) in the first `bytes` bytes of input at `now_ms` to the row buffer; the text is empty.
#[unsafe(no_mangle)]
extern "C" fn pl_features(bytes: u32, now_ms: f64) -> i32 {
    door(|door| door.features(bytes, now_ms))
}

/// Reads the lead (JSON) in the first `bytes` bytes of input; the text is an object with the values read for the schema's fields.
#[unsafe(no_mangle)]
extern "C" fn pl_read(bytes: u32) -> i32 {
    door(|door| door.values_read(bytes))
}

/// The calibrated probability of the positive output for the row in the row buffer; every output's margin lies in the values.
#[unsafe(no_mangle)]
extern "C" fn pl_score_row() -> f64 {
    door(Door::score_row)
}

/// Scores `rows` rows of the row buffer. The values are `rows` calibrated probabilities of the positive output, or
/// `rows × outputs` margins when `margins` is not 0.
#[unsafe(no_mangle)]
extern "C" fn pl_score_rows(rows: u32, margins: u32) {
    door(|door| door.score_rows(rows, margins != 0));
}

/// The contributions of the row in the row buffer: `outputs × (columns + 1)` values, the bias last; 0 when the model cannot
/// be explained.
#[unsafe(no_mangle)]
extern "C" fn pl_explain_row() -> u32 {
    door(Door::explain_row)
}
