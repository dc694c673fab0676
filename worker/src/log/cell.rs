//! Cells of a query's rows by their place.

use crate::store::SqlValue;

pub(super) fn integer(row: &[SqlValue], at: usize) -> Option<i64> {
    row.get(at).and_then(SqlValue::as_integer)
}

pub(super) fn real(row: &[SqlValue], at: usize) -> Option<f64> {
    row.get(at).and_then(SqlValue::as_real)
}

pub(super) fn text(row: &[SqlValue], at: usize) -> Option<&str> {
    row.get(at).and_then(SqlValue::as_text)
}

pub(super) fn owned(row: &[SqlValue], at: usize) -> Option<String> {
    text(row, at).map(str::to_owned)
}

pub(super) fn blob(row: &[SqlValue], at: usize) -> &[u8] {
    match row.get(at) {
        Some(SqlValue::Blob(bytes)) => bytes,
        _ => &[],
    }
}
