//! The minimum is one, the rows' order is nothing, and margins are the model's.

use std::sync::Arc;

use super::*;
use crate::math::logistic;
use crate::random::Random;

struct Table {
    columns: Vec<Vec<f64>>,
    outcomes: Vec<bool>,
    keys: Vec<u64>,
}

impl Table {
    /// Two numbers with the weights 1.5 and −0.7, a flag with 0.9, and noise; the bias is −0.4.
    fn new(rows: usize, seed: u64) -> Table {
        let mut random = Random::new(seed);
        let mut columns: Vec<Vec<f64>> = (0..4).map(|_| (0..rows).map(|_| random.normal()).collect()).collect();
        columns[2] = (0..rows).map(|_| f64::from(u8::from(random.unit() < 0.2))).collect();
        let margin = |row: usize| 1.5 * columns[0][row] - 0.7 * columns[1][row] + 0.9 * columns[2][row] - 0.4;
        let outcomes = (0..rows).map(|row| random.unit() < logistic(margin(row))).collect();
        Table { columns, outcomes, keys: (0..rows as u64).map(|row| row / 2).collect() }
    }

    fn ordered(&self, order: &[usize]) -> Table {
        let of = |column: &Vec<f64>| order.iter().map(|row| column[*row]).collect();
        Table {
            columns: self.columns.iter().map(of).collect(),
            outcomes: order.iter().map(|row| self.outcomes[*row]).collect(),
            keys: order.iter().map(|row| self.keys[*row]).collect(),
        }
    }

    fn rows(&self) -> Arc<Rows> {
        let names = (0..self.columns.len()).map(|place| format!("x{place}")).collect();
        Arc::new(Rows::new(names, (self.outcomes.clone(), self.keys.clone()), |place| self.columns[place].clone()).unwrap())
    }

    fn fitted(&self, settings: Settings) -> Logistic {
        let mut fit = Logistic::new(settings, self.rows(), |_| true).unwrap();
        while !fit.is_done() {
            fit.step();
        }
        fit
    }
}

fn weights(fit: &Logistic) -> (Vec<f64>, f64) {
    let Body::Linear(linear) = fit.model().body else { panic!("not linear") };
    (linear.weights, linear.base[0])
}

#[test]
fn the_weights_that_made_the_outcomes_are_found() {
    let fit = Table::new(40_000, 1).fitted(Settings::default());
    let (found, bias) = weights(&fit);
    for (found, made) in found.iter().chain([&bias]).zip([1.5, -0.7, 0.9, 0.0, -0.4]) {
        assert!((found - made).abs() < 0.06, "{found} {made}");
    }
    assert!(fit.iterations() < 40, "{}", fit.iterations());
}

/// The gradient vanishes at the minimum, by numbers of its own: it is computed from the rows and the model alone.
#[test]
fn no_weight_can_be_moved_for_the_better() {
    let table = Table::new(500, 2);
    for settings in [Settings::default(), Settings { l2: 30.0, positive_weight: 3.0, ..Settings::default() }] {
        let fit = table.fitted(settings.clone());
        let (found, _) = weights(&fit);
        let model = fit.model();
        let residual = |row: usize| {
            let values: Vec<f64> = table.columns.iter().map(|column| column[row]).collect();
            let mut margin = [0.0];
            model.margins(&values, &mut margin);
            assert_eq!(margin[0].to_bits(), fit.margin(row).to_bits());
            let outcome = table.outcomes[row];
            (logistic(margin[0]) - f64::from(u8::from(outcome))) * if outcome { settings.positive_weight } else { 1.0 }
        };
        let residuals: Vec<f64> = (0..500).map(residual).collect();
        assert!(residuals.iter().sum::<f64>().abs() < 1e-3);
        for (column, weight) in table.columns.iter().zip(found) {
            let slope: f64 = column.iter().zip(&residuals).map(|(value, residual)| value * residual).sum();
            assert!((slope + settings.l2 * weight).abs() < 1e-3, "{slope} {weight}");
        }
    }
}

#[test]
fn the_order_of_rows_changes_no_bit() {
    let table = Table::new(2_000, 3);
    let first = table.fitted(Settings::default()).model();
    let mut random = Random::new(4);
    for _ in 0..20 {
        let mut order: Vec<usize> = (0..2_000).collect();
        order.sort_by_cached_key(|_| random.bits());
        assert_eq!(table.ordered(&order).fitted(Settings::default()).model(), first);
    }
}

#[test]
fn separable_rows_end_with_finite_weights() {
    let columns = vec![(0..100).map(|row| f64::from(row) - 49.5).collect::<Vec<f64>>()];
    let table = Table { columns, outcomes: (0..100).map(|row| row >= 50).collect(), keys: (0..100).collect() };
    for l2 in [0.0, 1.0] {
        let (found, _) = weights(&table.fitted(Settings { l2, ..Settings::default() }));
        assert!(found[0] > 0.1 && found[0].is_finite(), "{found:?}");
    }
}

#[test]
fn what_cannot_be_fitted_is_an_error_with_a_code() {
    let rows =
        |values: Vec<f64>, outcomes: Vec<bool>, keys: Vec<u64>| Rows::new(vec!["x".into()], (outcomes, keys), |_| values.clone());
    let gaps = rows(vec![1.0, f64::NAN], vec![true, false], vec![1, 2]).unwrap_err();
    assert_eq!((gaps.code(), gaps.to_string().contains("\"x\"")), ("TRAIN_GAPS", true));
    assert_eq!(rows(vec![1.0], vec![true], vec![]).unwrap_err().code(), "TRAIN_LENGTH");
    let one = Arc::new(rows(vec![1.0, 2.0], vec![true, true], vec![1, 2]).unwrap());
    assert_eq!(Logistic::new(Settings::default(), one, |_| true).unwrap_err().code(), "TRAIN_ONE_CLASS");
    assert!(Settings { l2: -1.0, ..Settings::default() }.problems().iter().any(|problem| problem.path == "l2"));
}
