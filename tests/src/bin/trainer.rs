//! Trains on a table that `tests/bench/train.py` wrote, for a comparison with its peers: `trainer TABLE SCORES [--time]`. TABLE: a line of JSON
//! `{"rows": n, "columns": [{"name": …, "categorical": …}], "splits": k, "settings": {…}}`, the columns one after another as little-endian f64
//! (NaN: missing), outcomes as bytes, then for each split one byte per row, 1 for the rows to test on. SCORES gets per split the margin and
//! the calibrated probability of every row. With `--time` one model is trained on all rows, and its seconds are printed.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a program that measures time and reports on stdout")]

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use plumbline_core::math::logistic;
use plumbline_core::train::boost::{Boost, Input, Rows, Settings};
use plumbline_core::train::{Calibrate, Data, Fit};
use serde::Deserialize;

#[derive(Deserialize)]
struct Column {
    name: String,
    categorical: bool,
}

#[derive(Deserialize)]
struct Head {
    rows: usize,
    columns: Vec<Column>,
    splits: usize,
    #[serde(default)]
    settings: Settings,
}

struct Table {
    head: Head,
    columns: Vec<Vec<f64>>,
    outcomes: Vec<bool>,
    splits: Vec<Vec<bool>>,
}

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [table, scores, rest @ ..] = arguments.as_slice() else { return Err("usage: trainer TABLE SCORES [--time]".to_owned()) };
    let table = read(table)?;
    if rest.iter().any(|argument| argument == "--time") {
        let began = Instant::now();
        let mut boost = Boost::new(table.head.settings.clone(), Arc::new(rows(&table)?), |_| true).map_err(|e| e.to_string())?;
        let binned = began.elapsed();
        let mut longest = std::time::Duration::ZERO;
        while !boost.is_done() {
            let step = Instant::now();
            boost.step();
            longest = longest.max(step.elapsed());
        }
        println!(
            "{{\"fit_s\": {:.3}, \"bin_s\": {:.3}, \"longest_step_ms\": {:.1}, \"trees\": {}}}",
            began.elapsed().as_secs_f64(),
            binned.as_secs_f64(),
            longest.as_secs_f64() * 1e3,
            boost.trees()
        );
        return Ok(());
    }
    let mut out = Vec::new();
    for is_test in &table.splits {
        let data = Data::Trees(table.head.settings.clone(), Arc::new(rows(&table)?));
        let mut fit = Fit::new(data, is_test.clone(), Calibrate::Sigmoid).map_err(|e| e.to_string())?;
        while fit.step().map_err(|e| e.to_string())? {}
        let (_, calibration) = fit.finish();
        let margins: Vec<f64> = (0..table.head.rows).map(|row| fit.margin(row)).collect();
        out.extend(margins.iter().flat_map(|margin| margin.to_le_bytes()));
        out.extend(margins.iter().flat_map(|margin| calibration.apply(*margin, logistic(*margin)).to_le_bytes()));
    }
    let mut file = std::fs::File::create(scores).map_err(|e| format!("{scores}: {e}"))?;
    file.write_all(&out).map_err(|e| format!("{scores}: {e}"))
}

fn rows(table: &Table) -> Result<Rows, String> {
    let input = |column: &Column| Input { name: column.name.clone(), categorical: column.categorical, monotone: 0 };
    let inputs = table.head.columns.iter().map(input).collect();
    let keys = (0..table.head.rows as u64).collect();
    let column = |place: usize| table.columns.get(place).cloned().unwrap_or_default();
    Rows::new(inputs, (table.outcomes.clone(), keys), column).map_err(|e| e.to_string())
}

fn read(path: &str) -> Result<Table, String> {
    let bytes = std::fs::read(path).map_err(|e| format!("{path}: {e}"))?;
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or("the table has no head")?;
    let (head, mut rest) = (bytes.get(..end).unwrap_or_default(), bytes.get(end + 1..).unwrap_or_default());
    let head: Head = serde_json::from_slice(head).map_err(|e| format!("{path}: {e}"))?;
    let mut take = |count: usize| {
        let (taken, left) = rest.split_at_checked(count).ok_or_else(|| format!("{path} is cut short"))?;
        rest = left;
        Ok::<_, String>(taken)
    };
    let mut columns = Vec::new();
    for _ in &head.columns {
        let (numbers, _) = take(8 * head.rows)?.as_chunks::<8>();
        columns.push(numbers.iter().map(|number| f64::from_le_bytes(*number)).collect());
    }
    let flags = |bytes: &[u8]| bytes.iter().map(|byte| *byte == 1).collect::<Vec<bool>>();
    let outcomes = flags(take(head.rows)?);
    let splits = (0..head.splits).map(|_| take(head.rows).map(flags)).collect::<Result<_, _>>()?;
    Ok(Table { head, columns, outcomes, splits })
}
