//! Columns that are no features: whose values differ between any two tables without drift.

use plumbline_core::table::{Categories, Census, Column, Given, Mismatch, Nature};

use crate::table::leads::OUTCOMES;

/// With fewer rows, values that are all different are no sign of an id.
const MANY: usize = 50;

/// Why column `name` is not compared; none when it is. What a `model` reads is compared whatever its name.
pub fn of(name: &str, reference: Given<'_>, current: Given<'_>, model: bool) -> Option<&'static str> {
    if is_date(reference) && is_date(current) {
        return Some("a date, which is always new");
    }
    if model {
        return None;
    }
    if OUTCOMES.iter().any(|outcome| outcome.eq_ignore_ascii_case(name)) {
        return Some("an outcome; compare outcomes with --score and --outcome");
    }
    if names_an_id(name) || is_all_different(reference) && is_all_different(current) {
        return Some("an id");
    }
    None
}

/// `id`, `lead_id`, `Lead ID`, `leadId` …
fn names_an_id(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    if ["id", "uuid", "guid"].contains(&lower.as_str()) {
        return true;
    }
    let Some(stem) = ["uuid", "guid", "id"].iter().find_map(|ending| lower.strip_suffix(ending)) else { return false };
    let apart = stem.ends_with(|c: char| !c.is_alphanumeric());
    let camel = name.get(stem.len()..).is_some_and(|ending| ending.starts_with('I') || ending.starts_with(['U', 'G']));
    apart || camel && name.get(..stem.len()).is_some_and(|stem| stem.ends_with(|c: char| c.is_lowercase()))
}

/// The column, if it is one of texts that are neither numbers nor flags.
fn texts(given: Given<'_>) -> Option<&Column> {
    let is_text = matches!(given.column, Column::Text(_)) && Census::of(given).nature() == Nature::Names;
    is_text.then_some(given.column)
}

/// Texts none of which occurs twice.
fn is_all_different(given: Given<'_>) -> bool {
    let Some(column) = texts(given) else { return false };
    let categories = Categories::of(column);
    let rows = categories.rows().filter(Option::is_some).count();
    rows >= MANY && categories.names().len() == rows
}

/// Moments, or texts that all read as one.
fn is_date(given: Given<'_>) -> bool {
    let Some(column) = texts(given) else {
        return match given.column {
            Column::Time { .. } => true,
            // Milliseconds since 1970, all of them of this century.
            Column::Int(values) => !values.is_empty() && values.iter().all(|x| (946_684_800_000..4_102_444_800_000).contains(x)),
            _ => false,
        };
    };
    // Digits, as of codes, are no dates.
    let written = |row: usize| match column.cell(row) {
        cell if cell.read_number().is_ok_and(|x| x.is_some()) => Err(Mismatch::Moment),
        cell => cell.read_moment(),
    };
    match column {
        Column::Text(_) => {
            let mut found = 0;
            (0..column.len()).all(|row| match written(row) {
                Ok(moment) => {
                    found += usize::from(moment.is_some());
                    true
                }
                Err(_) => false,
            }) && found > 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_ids_are_known_by_their_last_word() {
        for id in ["id", "ID", "lead_id", "Lead ID", "leadId", "crm-uuid", "LeadGuid"] {
            assert!(names_an_id(id), "{id}");
        }
        for other in ["paid", "bid", "valid", "Rapid", "idle", "lead_idx", "humid"] {
            assert!(!names_an_id(other), "{other}");
        }
    }
}
