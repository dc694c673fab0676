//! Where the rows of an input went, as a person reads it.

use std::fmt::Write as _;

use plumbline_core::table::Rows;

use crate::output::terminal::thousands;

/// Examples shown of each reason.
const SHOWN: usize = 3;

/// `rows: 1,000 read, 990 used, 10 left out`, and a line for each reason with its first places.
pub fn account(name: &str, rows: &Rows) -> String {
    let out: u64 = rows.left_out.iter().map(|left| left.rows).sum();
    let mut text = format!("{name}: {} read, {} used, {} left out", thousands(rows.read), thousands(rows.used), thousands(out));
    for left in &rows.left_out {
        let ordinary = if left.ordinary { ", which is ordinary" } else { "" };
        // Writing to a string cannot fail, here and below.
        let _ = write!(text, "\n  {} {}{ordinary}", thousands(left.rows), left.reason);
        if left.ordinary {
            continue;
        }
        for example in left.examples.iter().take(SHOWN) {
            let _ = write!(text, "\n    {}: {}", example.place, example.message);
        }
        let more = left.rows.saturating_sub(SHOWN.min(left.examples.len()) as u64);
        if more > 0 {
            let _ = write!(text, "\n    and {} more", thousands(more));
        }
    }
    text
}
