//! Performance estimated before outcomes arrive, on real leads whose outcomes are known after all: UCI Bank Marketing
//! (Moro et al. 2014), from the shared folder.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::print_stderr, reason = "a test fails by panicking")]

use plumbline_core::drift::performance::{Estimator, Measure, Realised};
use plumbline_core::math;
use plumbline_core::metric::Labelled;

const TEXTS: [&str; 9] = ["job", "marital", "education", "default", "housing", "loan", "contact", "month", "poutcome"];
const NUMBERS: [&str; 6] = ["age", "balance", "duration", "campaign", "pdays", "previous"];

#[test]
fn the_error_on_bank_leads_stays_within_two_hundredths_without_concept_drift() {
    let path = plumbline_tests::shared_folder().map(|shared| shared.join("data/bank-full.csv"));
    let Some(text) = path.and_then(|path| std::fs::read_to_string(path).ok()) else {
        return plumbline_tests::not_run("the estimate on bank leads: PLUMBLINE_SHARED holds no data/bank-full.csv");
    };
    let (rows, converted) = leads(&text);
    // Rows in an order that has nothing to do with time: no concept drift.
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|row| (*row as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let (train, rest) = order.split_at(15_000);
    let (reference, analysis) = rest.split_at(15_000);
    let weights = logistic(&rows, &converted, train);
    let scores = |part: &[usize]| part.iter().map(|row| probability(&rows[*row], &weights)).collect::<Vec<f64>>();
    let outcomes = |part: &[usize]| part.iter().map(|row| converted[*row]).collect::<Vec<bool>>();
    let (known, known_outcomes) = (scores(reference), outcomes(reference));
    let estimator =
        Estimator::fit(&Labelled::new(&known, &known_outcomes).expect("scores"), 0.5).expect("probabilities").expect("enough");
    let (mut worst, mut inside, mut windows) = (0.0f64, 0, 0);
    for window in analysis.chunks_exact(5_000) {
        let (scores, outcomes) = (scores(window), outcomes(window));
        let expected = estimator.estimate(&scores).expect("probabilities").expect("leads").of(Measure::RocAuc).expect("an area");
        let realised =
            Realised::new(&Labelled::new(&scores, &outcomes).expect("scores"), 0.5).of(Measure::RocAuc).expect("an area");
        eprintln!(
            "bank: expected AUC {:.4} ({:.4} to {:.4}), realised {realised:.4}",
            expected.value, expected.interval.0, expected.interval.1
        );
        assert!(realised > 0.85, "the model learnt nothing: {realised}");
        worst = worst.max((expected.value - realised).abs());
        inside += i32::from(expected.interval.0 <= realised && realised <= expected.interval.1);
        windows += 1;
    }
    assert_eq!(windows, 3);
    assert!(worst <= 0.02 && inside >= 2, "worst error {worst}, {inside} of {windows} inside the interval");
}

/// Features of each lead, standardised, and whether it converted.
fn leads(text: &str) -> (Vec<Vec<f64>>, Vec<bool>) {
    let mut lines = text.lines().map(|line| line.split(',').map(|cell| cell.trim_matches('"')).collect::<Vec<&str>>());
    let names = lines.next().expect("a header");
    let table: Vec<Vec<&str>> = lines.collect();
    let place = |name: &str| names.iter().position(|n| *n == name).expect("a column");
    let mut columns: Vec<Vec<f64>> = Vec::new();
    for name in NUMBERS {
        let at = place(name);
        // Amounts and durations are skewed: their signed logarithm is not.
        let value = |row: &Vec<&str>| row[at].parse::<f64>().expect("a number");
        columns.push(table.iter().map(value).map(|x| math::ln_1p(x.abs()).copysign(x)).collect());
    }
    for name in TEXTS {
        let at = place(name);
        let mut kinds: Vec<&str> = table.iter().map(|row| row[at]).collect();
        kinds.sort_unstable();
        kinds.dedup();
        for kind in kinds.into_iter().skip(1) {
            columns.push(table.iter().map(|row| f64::from(u8::from(row[at] == kind))).collect());
        }
    }
    for column in &mut columns {
        let n = column.len() as f64;
        let mean = column.iter().sum::<f64>() / n;
        let spread = (column.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt();
        column.iter_mut().for_each(|x| *x = (*x - mean) / spread);
    }
    let rows = (0..table.len()).map(|row| columns.iter().map(|column| column[row]).chain([1.0]).collect()).collect();
    let last = place("y");
    (rows, table.iter().map(|row| row[last] == "yes").collect())
}

/// Logistic regression by gradient descent: no good model is needed, only one that ranks.
fn logistic(rows: &[Vec<f64>], converted: &[bool], train: &[usize]) -> Vec<f64> {
    let mut weights = vec![0.0; rows[0].len()];
    for _ in 0..120 {
        let mut gradient = vec![0.0; weights.len()];
        for row in train {
            let off = probability(&rows[*row], &weights) - f64::from(u8::from(converted[*row]));
            gradient.iter_mut().zip(&rows[*row]).for_each(|(sum, x)| *sum += off * x);
        }
        weights.iter_mut().zip(&gradient).for_each(|(weight, sum)| *weight -= 1.5 * sum / train.len() as f64);
    }
    weights
}

fn probability(row: &[f64], weights: &[f64]) -> f64 {
    math::logistic(row.iter().zip(weights).map(|(x, weight)| x * weight).sum())
}
