//! The columns of a logistic regression where no schema says what they are: numbers on one scale, categories as flags, gaps filled and marked.

use plumbline_core::model::Column;
use plumbline_core::table::{Cell, Column as Values};

use crate::declare::quoted;
use crate::table::columns::Columns;

/// The features, as TOML, of the fields that `columns` are named after.
pub fn features(table: &Columns, columns: &[Column]) -> String {
    let mut out = "\n# A logistic regression weighs columns: numbers are brought to one scale, categories become flags, gaps are filled and marked.\n".to_owned();
    for column in columns {
        let Some(named) = table.columns.iter().find(|named| named.name == column.name) else { continue };
        let typed = named.typed();
        let name = quoted(&column.name);
        let feature = format!("\n[[feature]]\nname = {name}\nfrom = {name}\n");
        out.push_str(&feature);
        if column.categorical {
            out.push_str("one_hot = true\nthen = [{ impute = { constant = 0 } }]\n");
        } else {
            let (mean, std) = moments(&typed);
            let standard =
                if std > 0.0 { format!(", {{ standard = {{ mean = {mean:?}, std = {std:?} }} }}") } else { String::new() };
            out.push_str(&format!("then = [{{ impute = {{ mean = {mean:?} }} }}{standard}]\n"));
        }
        if (0..typed.len()).any(|row| matches!(typed.cell(row), Cell::Missing)) {
            let flag = quoted(&format!("{} missing", column.name));
            out.push_str(&format!("\n[[feature]]\nname = {flag}\nfrom = {name}\nmake = \"missing\"\n"));
        }
    }
    out
}

/// Mean and standard deviation of the numbers of `column`, summed in their own order, so that the rows' does not matter.
fn moments(column: &Values) -> (f64, f64) {
    let mut numbers: Vec<f64> = (0..column.len()).filter_map(|row| column.cell(row).read_number().ok().flatten()).collect();
    numbers.sort_unstable_by(f64::total_cmp);
    let count = numbers.len().max(1) as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let mut squares: Vec<f64> = numbers.iter().map(|number| (number - mean) * (number - mean)).collect();
    squares.sort_unstable_by(f64::total_cmp);
    (mean, (squares.iter().sum::<f64>() / count).sqrt())
}
