//! A cause of a difference: columns that were scaled before training, where the table has them as they were.
//!
//! What can be found is what the rows themselves give (mean and deviation, least and greatest value) and changes of a unit. A scaler that
//! was fitted to other rows is not found.

use super::Subject;
use super::cause::{Row, explains};

/// Factors between units: percent and parts, cents, thousands.
const FACTORS: [f64; 6] = [0.01, 0.001, 0.1, 100.0, 1000.0, 10.0];

/// Numbers of one column, added one by one (Welford).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spread {
    count: u64,
    mean: f64,
    squares: f64,
    min: f64,
    max: f64,
}

impl Spread {
    /// Adds a number; NaN is missing.
    pub fn add(&mut self, x: f64) {
        if !x.is_finite() {
            return;
        }
        (self.min, self.max) = if self.count == 0 { (x, x) } else { (self.min.min(x), self.max.max(x)) };
        self.count += 1;
        let off = x - self.mean;
        self.mean += off / self.count as f64;
        self.squares += off * (x - self.mean);
    }

    /// To mean 0 and deviation 1, as scikit-learn computes it.
    fn standard(&self) -> Affine {
        Affine { shift: self.mean, scale: (self.squares / self.count as f64).sqrt() }
    }

    fn min_max(&self) -> Affine {
        Affine { shift: self.min, scale: self.max - self.min }
    }
}

/// How a column becomes what the library was given: `(x - shift) / scale`.
#[derive(Debug, Clone, Copy)]
struct Affine {
    shift: f64,
    scale: f64,
}

/// The scaling that explains every row, of one column or of all.
pub(super) fn find(subject: &Subject<'_>, rows: &[Row], spreads: &[Spread]) -> Option<String> {
    let listed = |at: usize| subject.categories.get(at).is_some_and(|list| !list.is_empty());
    let used = subject.model.used_columns();
    let spreads =
        spreads.iter().enumerate().filter(|(at, spread)| used.get(*at) == Some(&true) && !listed(*at) && spread.max > spread.min);
    let spreads: Vec<(usize, &Spread)> = spreads.collect();
    let name = |at: usize| subject.model.columns.get(at).map_or("", |column| &*column.name);
    let alone = spreads.iter().map(std::slice::from_ref);
    let whole = (spreads.len() > 1).then_some(spreads.as_slice());
    for columns in alone.chain(whole) {
        let advice = |how: &str, step: &str| {
            let names = match columns {
                [(one, _)] => format!("column {:?} was", name(*one)),
                all => format!("all {} columns of numbers were", all.len()),
            };
            Some(format!(
                "{names} scaled before training, {how}: declare a feature for each with then = [{{ {step} }}] and the scaler's own numbers"
            ))
        };
        let scaled = |how: &dyn Fn(&Spread) -> Affine| {
            let changes: Vec<(usize, Affine)> = columns.iter().map(|(at, spread)| (*at, how(spread))).collect();
            explains(subject, rows, |row| {
                for (at, Affine { shift, scale }) in &changes {
                    row.get_mut(*at).into_iter().for_each(|x| *x = (*x - shift) / scale);
                }
            })
        };
        if scaled(&Spread::standard) {
            return advice("to mean 0 and deviation 1 (StandardScaler)", "standard = { mean = …, std = … }");
        }
        if scaled(&Spread::min_max) {
            return advice("to values from 0 to 1 (MinMaxScaler)", "min_max = { min = …, max = … }");
        }
        for factor in FACTORS {
            if scaled(&|_| Affine { shift: 0.0, scale: factor }) {
                return advice(&format!("by a unit: divided by {factor}"), &format!("standard = {{ mean = 0, std = {factor} }}"));
            }
        }
    }
    None
}
