//! How much of a report is read: a hostile or broken file must not stop the page.

use serde_json::Value;

/// Bytes of a report, at most.
pub const BYTES: usize = 5_000_000;
/// Entries of a list, at most; the points of a line are [`POINTS`].
pub const ROWS: usize = 200;
/// Points of a line, at most.
pub const POINTS: usize = 400;

/// Cuts the lists in `value`: of numbers to the points of a line, of anything else to the rows of a table.
pub fn cut(value: &mut Value) {
    match value {
        Value::Array(entries) => {
            let is_line = entries.iter().all(|entry| entry.is_number() || entry.is_null());
            entries.truncate(if is_line { POINTS } else { ROWS });
            entries.iter_mut().for_each(cut);
        }
        Value::Object(members) => members.values_mut().for_each(cut),
        _ => {}
    }
}
