//! What a trained model is, and what it does not depend on.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{Boost, Input, Rows, Settings};
use crate::model::Model;
use crate::random::Random;

/// A made-up table: five numbers (two with missing values), two columns of categories, an outcome that depends on some.
struct Table {
    columns: Vec<Vec<f64>>,
    outcomes: Vec<bool>,
    keys: Vec<u64>,
    /// The logit of the outcome's probability: no model ranks better.
    truth: Vec<f64>,
}

fn table(rows: usize, seed: u64) -> Table {
    let mut random = Random::new(seed);
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); 7];
    let (mut outcomes, mut keys, mut truth) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rows {
        let numbers: Vec<f64> = (0..5).map(|_| random.normal()).collect();
        let (few, many) = (random.below(4), random.below(60));
        let mut score = -0.5 + numbers[0] + if numbers[1] > 0.3 { numbers[2] } else { 0.0 };
        score += [0.0, 1.0, -1.0, 0.5][few as usize] + if many % 7 == 3 { 1.5 } else { 0.0 };
        for (at, number) in numbers.into_iter().enumerate() {
            let is_missing = at >= 3 && random.unit() < 0.2;
            score += if is_missing && at == 3 { 0.7 } else { 0.0 };
            columns[at].push(if is_missing { f64::NAN } else { number });
        }
        columns[5].push(few as f64);
        columns[6].push(many as f64);
        outcomes.push(random.unit() < crate::math::logistic(score));
        keys.push(random.bits());
        truth.push(score);
    }
    Table { columns, outcomes, keys, truth }
}

fn inputs(monotone: i8) -> Vec<Input> {
    (0..7)
        .map(|at| Input { name: format!("x{at}"), categorical: at >= 5, monotone: if at == 0 { monotone } else { 0 } })
        .collect()
}

impl Table {
    fn boost(&self, settings: &Settings, monotone: i8) -> Boost {
        let given = (self.outcomes.clone(), self.keys.clone());
        let rows = Rows::new(inputs(monotone), given, |at| self.columns[at].clone()).unwrap();
        Boost::new(settings.clone(), Arc::new(rows), |_| true).unwrap()
    }

    /// The same rows in another order.
    fn shuffled(&self, seed: u64) -> Table {
        let mut order: Vec<usize> = (0..self.outcomes.len()).collect();
        Random::new(seed).shuffle(&mut order);
        Table {
            columns: self.columns.iter().map(|column| order.iter().map(|row| column[*row]).collect()).collect(),
            outcomes: order.iter().map(|row| self.outcomes[*row]).collect(),
            keys: order.iter().map(|row| self.keys[*row]).collect(),
            truth: order.iter().map(|row| self.truth[*row]).collect(),
        }
    }

    fn row(&self, row: usize) -> Vec<f64> {
        self.columns.iter().map(|column| column[row]).collect()
    }

    fn scores(&self, model: &Model) -> Vec<f64> {
        (0..self.outcomes.len()).map(|row| margin(model, &self.row(row))).collect()
    }

    fn auc(&self, scores: &[f64]) -> f64 {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
        let (mut below, mut pairs, mut yes) = (0.0, 0.0, 0.0);
        for row in order {
            if self.outcomes[row] {
                yes += 1.0;
                pairs += below;
            } else {
                below += 1.0;
            }
        }
        pairs / (yes * below)
    }
}

fn margin(model: &Model, row: &[f64]) -> f64 {
    let mut out = [0.0];
    model.margins(row, &mut out);
    out[0]
}

fn trained(mut boost: Boost) -> Model {
    while !boost.is_done() {
        boost.step();
    }
    let model = boost.model();
    model.validate().unwrap();
    model
}

fn digest(model: &Model) -> String {
    Sha256::digest(serde_json::to_vec(model).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Everything at once: sampling, weights, early stopping.
fn busy() -> Settings {
    let shares = Settings { row_share: 0.8, column_share: 0.7, seed: 42, ..Settings::default() };
    Settings { trees: 60, depth: 4, positive_weight: 3.0, held_out: 0.2, patience: 10, ..shares }
}

#[test]
fn the_model_is_the_same_in_any_order_of_rows_in_any_slices_and_after_a_restart() {
    let table = table(3_000, 1);
    for settings in [Settings { trees: 20, ..Settings::default() }, busy()] {
        let expected = digest(&trained(table.boost(&settings, 1)));
        for seed in 0..20 {
            assert_eq!(digest(&trained(table.shuffled(seed).boost(&settings, 1))), expected, "order {seed}");
        }
        let mut first = table.boost(&settings, 1);
        let (mut steps, mut whole) = (0, 0);
        while !first.is_done() {
            first.step();
            steps += 1;
            // After every tree, and within some.
            if first.trees() == whole && steps % 50 != 1 {
                continue;
            }
            whole = first.trees();
            let mut second = table.shuffled(99).boost(&settings, 1);
            second.resume(&first);
            assert_eq!(digest(&trained(second)), expected, "restart after {whole} trees, step {steps}");
        }
    }
}

#[test]
fn it_learns_what_there_is_and_little_more() {
    let (train, test) = (table(20_000, 1), table(20_000, 2));
    let settings = Settings { trees: 400, held_out: 0.2, patience: 20, ..Settings::default() };
    let mut boost = train.boost(&settings, 0);
    while !boost.is_done() {
        boost.step();
    }
    assert!(boost.trees() < 400, "it stops once the held-out rows gain nothing");
    let model = boost.model();
    let (found, best) = (test.auc(&test.scores(&model)), test.auc(&test.truth));
    assert!(found > best - 0.012 && found < best, "{found}, and {best} by the true score");
    // The first number says most; the last one nothing, nor whether it is missing, so that all its gain is noise.
    let gains = boost.gains();
    let is_between = |gain: &f64| *gain < gains[0] && *gain > gains[4];
    assert!([1, 2, 3, 5, 6].iter().all(|column| is_between(&gains[*column])), "{gains:?}");
}

#[test]
fn trees_walk_values_as_they_were_grown_on_bins() {
    let table = table(2_000, 3);
    let mut boost = table.boost(&busy(), 0);
    while !boost.is_done() {
        boost.step();
    }
    let model = boost.model();
    for row in 0..table.outcomes.len() {
        assert_eq!(margin(&model, &table.row(row)), boost.margin(row), "row {row}");
    }
}

#[test]
fn the_score_only_rises_with_a_monotone_column() {
    let table = table(4_000, 4);
    let model = trained(table.boost(&busy(), 1));
    let mut moved = 0;
    for row in 0..200 {
        let mut values = table.row(row);
        let mut last = f64::NEG_INFINITY;
        for step in -30..=30 {
            values[0] = f64::from(step) / 10.0;
            let found = margin(&model, &values);
            assert!(found >= last, "row {row} at {}: {found} < {last}", values[0]);
            moved += usize::from(found > last);
            last = found;
        }
    }
    assert!(moved > 1_000, "{moved}");
}

#[test]
fn what_cannot_be_trained_on_is_named() {
    let found = |outcomes: Vec<bool>, keys: Vec<u64>| {
        let rows = Rows::new(inputs(0), (outcomes, keys), |_| vec![]);
        rows.and_then(|rows| Boost::new(Settings::default(), Arc::new(rows), |_| true)).map(drop).map_err(|e| e.code())
    };
    assert_eq!(found(vec![true; 5], vec![1; 5]), Err("TRAIN_ONE_CLASS"));
    assert_eq!(found(vec![], vec![]), Err("TRAIN_ONE_CLASS"));
    assert_eq!(found(vec![true, false], vec![1]), Err("TRAIN_LENGTH"));
    let wrong = Settings { trees: 0, row_share: 0.0, patience: 5, ..Settings::default() };
    let keys: Vec<String> = wrong.problems().into_iter().map(|problem| problem.path).collect();
    assert_eq!(keys, ["trees", "row_share", "patience"]);
    assert!(Settings::default().problems().is_empty() && busy().problems().is_empty());
}
