//! `plumbline bench`: how long one row and a batch take, here, on one thread.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use plumbline_core::Scorer;
use plumbline_core::model::Scratch;

use crate::input::model_file::{self, open_scorer};
use crate::output::terminal;
use crate::report::bench::{Batch, OneRow, Report, page};
use crate::{Failure, Outcome, clock};

/// Measure the time for one row and for a batch on this machine, on one thread
#[derive(Debug, Args)]
#[command(after_help = "\
ROWS contains rows of N little-endian f32 values; NaN means missing. The time covers a row to its margins and probabilities,
without parsing, features or reasons.

Method. One row: one call per row in random order (fixed by --seed), for at least --seconds. p50 is the median over groups of 16
calls timed together and divided by 16, so that reading the clock (its cost is printed) hardly matters. p99 and p99.9 are of calls
timed one by one, including the cost of the clock. Batch: one call for all rows, repeated for at least --seconds; prints the median
and the fastest pass. Every pass is compared bit for bit with the reference evaluator that defines the model's results.

Examples:
  plumbline bench xgb_300.plumb --rows leads20k30.f32le --columns 30
  plumbline bench lgb_300.plumb --rows leads20k30.f32le --columns 30 --json | jq .one_row.p50_us")]
pub struct Bench {
    /// The bundle
    #[arg(value_name = "M.plumb")]
    model: PathBuf,
    /// Rows of little-endian f32
    #[arg(long, value_name = "F.f32le")]
    rows: PathBuf,
    /// Values per row
    #[arg(long)]
    columns: usize,
    /// Order of the rows in the one-row measurement
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Minimum seconds per measurement
    #[arg(long, default_value_t = 2.0, value_parser = seconds)]
    seconds: f64,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("expected a number of seconds from 0 to 3600".to_owned()),
    }
}

const GROUP: usize = 16;

impl Bench {
    /// Measures and prints.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let scorer = open_scorer(&self.model)?;
        let rows = self.read_rows(scorer.engine().columns())?;
        let count = rows.len() / self.columns;
        let runner = Runner { scorer: &scorer, columns: self.columns, least: Duration::from_secs_f64(self.seconds) };
        let expected = runner.reference(&rows);
        terminal::note(&format!("measuring for about {:.0} s …", 3.0 * self.seconds));
        let report = Report {
            model: self.model.display().to_string(),
            rows: count,
            columns: self.columns,
            seed: self.seed,
            one_row: runner.one_row(&rows, &permutation(count, self.seed), &expected)?,
            batch: runner.batch(&rows, &expected)?,
            clock_ns: clock_cost(),
        };
        if json {
            terminal::say_json(&report)?
        } else {
            terminal::say(&page(&report))?
        }
        Ok(Outcome::Done)
    }

    fn read_rows(&self, wanted: usize) -> Result<Vec<f64>, Failure> {
        if self.columns == 0 || self.columns != wanted {
            return Err(Failure::usage(
                "BENCH_COLUMNS",
                format!("--columns is {}, but the model has {wanted} columns", self.columns),
            ));
        }
        let bytes = model_file::read(&self.rows)?;
        let place = self.rows.display().to_string();
        if bytes.is_empty() || !bytes.len().is_multiple_of(4 * self.columns) {
            let message = format!("{} bytes cannot be divided into rows of {} f32 values", bytes.len(), self.columns);
            return Err(Failure::input(place, "BENCH_ROWS", message));
        }
        let (values, _) = bytes.as_chunks::<4>();
        Ok(values.iter().map(|v| f64::from(f32::from_le_bytes(*v))).collect())
    }
}

struct Runner<'a> {
    scorer: &'a Scorer,
    columns: usize,
    least: Duration,
}

impl Runner<'_> {
    /// Margins by the plain evaluator.
    fn reference(&self, rows: &[f64]) -> Vec<f64> {
        let outputs = self.scorer.engine().outputs();
        let mut margins = vec![0.0; rows.len() / self.columns * outputs];
        for (row, out) in rows.chunks(self.columns).zip(margins.chunks_mut(outputs.max(1))) {
            self.scorer.bundle().model().margins(row, out);
        }
        margins
    }

    fn one_row(&self, rows: &[f64], order: &[usize], expected: &[f64]) -> Result<OneRow, Failure> {
        let engine = self.scorer.engine();
        let (columns, outputs) = (self.columns, engine.outputs());
        let link = &self.scorer.bundle().model().link;
        let mut scratch = Scratch::default();
        let (mut margins, mut probabilities) = (vec![0.0; outputs], vec![0.0; outputs]);
        let mut call = |i: usize| -> bool {
            let row = rows.get(i * columns..(i + 1) * columns).unwrap_or_default();
            engine.margins(row, &mut scratch, &mut margins);
            probabilities.copy_from_slice(&margins);
            link.apply(&mut probabilities);
            let expected = expected.get(i * outputs..(i + 1) * outputs).unwrap_or_default();
            same_bits(&margins, expected) && std::hint::black_box(&probabilities).len() == outputs
        };
        let mut agree = order.iter().all(|i| call(*i));
        let (mut groups, mut singles) = (Vec::new(), Vec::new());
        let began = clock::start();
        while agree && (groups.is_empty() || began.elapsed() < self.least) {
            for group in order.chunks_exact(GROUP.min(order.len())) {
                let start = clock::start();
                for i in group {
                    agree &= call(*i);
                }
                groups.push(start.elapsed().as_secs_f64() / group.len() as f64);
            }
        }
        let began = clock::start();
        while agree && (singles.is_empty() || began.elapsed() < self.least) {
            for i in order {
                let start = clock::start();
                agree &= call(*i);
                singles.push(start.elapsed().as_secs_f64());
            }
        }
        agreed(agree)?;
        groups.sort_by(f64::total_cmp);
        singles.sort_by(f64::total_cmp);
        Ok(OneRow {
            calls: groups.len() * GROUP.min(order.len()) + singles.len(),
            p50_us: quantile(&groups, 0.5) * 1e6,
            p99_us: quantile(&singles, 0.99) * 1e6,
            p999_us: quantile(&singles, 0.999) * 1e6,
        })
    }

    fn batch(&self, rows: &[f64], expected: &[f64]) -> Result<Batch, Failure> {
        let engine = self.scorer.engine();
        let link = &self.scorer.bundle().model().link;
        let mut scratch = Scratch::default();
        let mut margins = vec![0.0; expected.len()];
        let mut probabilities = vec![0.0; expected.len()];
        let mut passes = Vec::new();
        let began = clock::start();
        while passes.len() < 3 || began.elapsed() < self.least {
            let start = clock::start();
            engine.margins_batch(rows, &mut scratch, &mut margins);
            probabilities.copy_from_slice(&margins);
            probabilities.chunks_mut(engine.outputs().max(1)).for_each(|row| link.apply(row));
            std::hint::black_box(&probabilities);
            passes.push(start.elapsed().as_secs_f64());
            agreed(same_bits(&margins, expected))?;
        }
        passes.sort_by(f64::total_cmp);
        let per_row = |seconds: f64| seconds * 1e6 / (rows.len() / self.columns) as f64;
        let fastest_us_per_row = per_row(passes.first().copied().unwrap_or(0.0));
        Ok(Batch { passes: passes.len(), us_per_row: per_row(quantile(&passes, 0.5)), fastest_us_per_row })
    }
}

fn agreed(agree: bool) -> Result<(), Failure> {
    let message = "the compiled model and the reference evaluator differ, so the figures would be meaningless";
    if agree { Ok(()) } else { Err(Failure::Service { code: "BENCH_DISAGREES", message: message.to_owned() }) }
}

fn same_bits(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()))
}

/// The `q` quantile of sorted values (nearest rank).
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let rank = (q * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

/// The median cost of reading the clock, in nanoseconds.
fn clock_cost() -> f64 {
    let mut costs: Vec<f64> = (0..1001)
        .map(|_| {
            let start: Instant = clock::start();
            for _ in 0..99 {
                std::hint::black_box(clock::start());
            }
            start.elapsed().as_secs_f64() * 1e9 / 100.0
        })
        .collect();
    costs.sort_by(f64::total_cmp);
    quantile(&costs, 0.5)
}

/// 0..n in an order fixed by `seed` (Fisher and Yates, numbers by SplitMix64).
fn permutation(n: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    let mut state = seed;
    for i in (1..n).rev() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        order.swap(i, (z % (i as u64 + 1)) as usize);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_a_permutation_fixed_by_its_seed() {
        let (a, b) = (permutation(1000, 1), permutation(1000, 2));
        assert!(a != b && a == permutation(1000, 1));
        let mut sorted = a;
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..1000));
    }

    #[test]
    fn quantiles_are_values_that_occurred() {
        let sorted = [1.0, 2.0, 3.0, 4.0];
        assert_eq!([0.0, 0.5, 0.99, 1.0].map(|q| quantile(&sorted, q)), [1.0, 2.0, 4.0, 4.0]);
    }
}
