//! The promises of METHODS.md in small simulations; the full ones are `cargo run --release -p plumbline-tests --bin simulate`.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use plumbline_tests::simulation::{Row, alert, area, drift, experiment, performance, rollout};

fn kept(rows: Vec<Row>) {
    assert!(!rows.is_empty());
    let broken: Vec<String> = rows.iter().filter(|row| !row.holds()).map(Row::to_string).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn an_a_a_experiment_seldom_ends_in_a_verdict_however_often_it_is_looked_at() {
    kept(experiment::table(&[20, 300], |_| 100));
}

#[test]
fn a_bound_at_the_mean_of_a_skewed_amount_is_seldom_reported_as_violated() {
    kept(experiment::bounds(&[60], 15));
}

#[test]
fn tables_that_do_not_drift_seldom_alarm_and_as_often_as_printed() {
    for (before, now, runs) in [(30, 30, 80), (200, 120, 30), (2_000, 1_500, 5)] {
        kept(drift::tables(before, now, runs, 100, 7));
    }
}

#[test]
fn the_interval_of_an_area_holds_with_ten_conversions() {
    kept(area::table(400));
}

#[test]
fn expected_performance_holds_whatever_the_size_of_the_reference() {
    kept(performance::table(&[500, 3_000], |_| 60));
}

#[test]
fn daily_looks_at_gates_neither_stop_a_good_model_nor_pass_a_bad_one() {
    kept(rollout::table(25));
}

#[test]
fn the_alert_of_a_falling_area_seldom_fires_on_a_model_that_is_well() {
    kept(alert::table(&[(100, 35)], 12));
}
