//! What a person or a program sees: standard output, standard error, the progress bar.

use std::fmt::Write as _;
use std::io::{self, Write};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::Failure;

/// Writes `text` and a line end to standard output.
pub fn say(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush())
        .map_err(Failure::write("standard output"))
}

/// Writes `value` as indented JSON to standard output.
pub fn say_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|e| Failure::Write { place: "standard output".into(), source: io::Error::other(e) })?;
    say(&text)
}

/// Writes a remark to standard error; a failure to write is ignored, because there is nowhere else to report it.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Writes a failure to standard error.
pub fn complain(failure: &Failure, json: bool) {
    if json {
        note(&serde_json::json!({ "error": { "code": failure.code(), "message": failure.to_string() } }).to_string());
    } else {
        note(&format!("error[{}]: {failure}", failure.code()));
    }
}

/// A progress bar on standard error; hidden when that is not a terminal. `total` in bytes when known.
pub fn progress(total: Option<u64>) -> ProgressBar {
    const KNOWN: &str = "{bar:32} {percent:>3} %  {bytes:>11} of {total_bytes}  {msg}  {eta} left";
    const UNKNOWN: &str = "{spinner} {bytes:>11}  {msg}";
    let (bar, template) = match total {
        Some(total) => (ProgressBar::new(total), KNOWN),
        None => (ProgressBar::new_spinner(), UNKNOWN),
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// A progress bar of a hundred steps on standard error, named `message`; hidden when that is no terminal.
pub fn steps(message: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(100).with_message(message);
    match ProgressStyle::with_template("{bar:32} {percent:>3} %  {msg}  {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Rows of label and value, labels padded to one width.
pub fn aligned(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (label, value) in rows {
        let mut lines = value.lines();
        let first = lines.next().unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{label:width$}  {first}");
        for line in lines {
            let _ = writeln!(text, "{:width$}  {line}", "");
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// Rows under a head, the first column to the left, numbers to the right.
pub fn columns<'a>(head: &[&str], rows: impl Iterator<Item = Vec<String>> + 'a) -> String {
    let mut lines: Vec<Vec<String>> = vec![head.iter().map(|cell| (*cell).to_owned()).collect()];
    lines.extend(rows);
    let width = |at: usize| lines.iter().filter_map(|line| line.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &Vec<String>| {
        let padded = cells
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(at, (cell, width))| if at == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") });
        padded.collect::<Vec<String>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(line).collect::<Vec<String>>().join("\n")
}

/// The first names, and how many more there are.
pub fn listed(names: &[&str]) -> String {
    const SHOWN: usize = 8;
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// `1234567` as `1,234,567`.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_labels_line_up() {
        for (n, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(n), text);
        }
        assert_eq!(aligned(&[("a", "1".into()), ("long", "2\n3".into())]), "a     1\nlong  2\n      3");
    }
}
