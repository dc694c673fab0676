//! The readers of lead files: what any table says is what comes out, however it is laid out.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use plumbline::harness::{Step, of_bytes};
use plumbline_core::table::{Cell, is_missing};
use proptest::prelude::*;

/// Lines and texts of the records, or the code of their rejection.
fn records(bytes: &[u8]) -> Vec<(u64, Result<Vec<String>, &'static str>)> {
    let mut records = of_bytes(bytes.to_vec(), false).unwrap_or_else(|e| panic!("{e}: {:?}", String::from_utf8_lossy(bytes)));
    let mut out = Vec::new();
    loop {
        let row = match records.advance().expect("memory is read") {
            Step::End => return out,
            Step::Rejected(problem) => Err(problem.code),
            Step::Record => Ok((0..records.names().len())
                .map(|i| match records.cell(i) {
                    Cell::Text(text) => text.to_owned(),
                    cell => cell.read_name().unwrap_or_default().into_owned(),
                })
                .collect()),
        };
        out.push((records.line(), row));
    }
}

fn quoted(cell: &str, always: bool, delimiter: char) -> String {
    if always || cell.contains(['"', '\n', '\r', delimiter]) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn a_table_is_read_as_it_was_written(
        rows in prop::collection::vec(prop::collection::vec("[a-z \",;\té\r\n0-9.]{0,8}", 3), 1..6),
        delimiter in prop::sample::select(vec![',', ';', '\t']),
        end in prop::sample::select(vec!["\n", "\r\n"]),
        always: bool,
        last: bool,
        mark: bool,
    ) {
        let mut text = if mark { "\u{feff}".to_owned() } else { String::new() };
        text += &["one", "two", "three"].join(&delimiter.to_string());
        text += end;
        let mut expected = Vec::new();
        let mut line = 2;
        for (i, row) in rows.iter().enumerate() {
            // A first cell that is no blank line on its own.
            let cells: Vec<String> = row.iter().enumerate().map(|(c, cell)| if c == 0 { format!("r{cell}") } else { cell.clone() }).collect();
            text += &cells.iter().map(|cell| quoted(cell, always, delimiter)).collect::<Vec<_>>().join(&delimiter.to_string());
            if last || i + 1 < rows.len() {
                text += end;
            }
            let read = cells.iter().map(|cell| Some(cell.trim()).filter(|cell| !is_missing(cell)).unwrap_or_default().to_owned());
            expected.push((line, Ok(read.collect())));
            line += 1 + cells.iter().map(|cell| cell.matches('\n').count() as u64).sum::<u64>();
        }
        prop_assert_eq!(records(text.as_bytes()), expected, "{:?}", text);
    }

    #[test]
    fn a_row_of_another_width_is_rejected_alone(widths in prop::collection::vec(1..6usize, 1..12)) {
        let rows: Vec<String> = widths.iter().map(|width| vec!["x"; *width].join(",")).collect();
        let text = format!("a,b,c\n{}\n", rows.join("\n"));
        for ((at, (line, row)), width) in records(text.as_bytes()).into_iter().enumerate().zip(widths) {
            prop_assert_eq!(line, at as u64 + 2);
            prop_assert_eq!(row.is_ok(), width == 3);
        }
    }

    #[test]
    fn objects_are_read_by_name_in_any_order(rows in prop::collection::vec((any::<f64>(), "\\PC{0,6}", any::<bool>(), any::<bool>()), 1..6)) {
        let mut text = String::new();
        let mut expected = Vec::new();
        for (i, (x, word, flag, turned)) in rows.iter().enumerate() {
            let word_json = serde_json::to_string(word).expect("JSON");
            let x = if x.is_finite() { *x } else { 0.5 };
            let members = [format!("\"x\": {x:e}"), format!("\"word\": {word_json}"), format!("\"flag\": {flag}")];
            let mut order = members.to_vec();
            if *turned && i > 0 {
                order.reverse();
            }
            text += &format!("{{{}}}\n", order.join(", "));
            expected.push((i as u64 + 1, x.to_string(), word.clone(), flag.to_string()));
        }
        let found = records(text.as_bytes());
        prop_assert_eq!(found.len(), expected.len());
        for ((line, row), (expected_line, x, word, flag)) in found.into_iter().zip(expected) {
            // Names are met in the order of the first record's keys as a map sorts them.
            let mut row = row.expect("an object");
            row.sort();
            let mut expected = vec![x, word, flag];
            expected.sort();
            prop_assert_eq!((line, row), (expected_line, expected));
        }
    }
}
