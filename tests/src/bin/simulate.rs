//! Prints the simulations of METHODS.md as tables, each share with its 95 % binomial bounds; fails when a promise is not kept.
//!
//! `cargo run --release -p plumbline-tests --bin simulate -- [experiment] [bounds] [drift] [area] [performance] [rollout] [alert] [/N]`: all of
//! them when none is named; /N makes an Nth of the runs.
#![allow(clippy::print_stdout, reason = "a command speaks on the terminal")]

use std::process::ExitCode;

use plumbline_tests::simulation::{Row, alert, area, drift, experiment, performance, rollout};

fn main() -> ExitCode {
    let (parts, wanted): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|argument| argument.starts_with('/'));
    let part: u32 = parts.iter().filter_map(|part| part.trim_start_matches('/').parse().ok()).next_back().unwrap_or(1).max(1);
    let named = |name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
    let mut kept = true;
    let mut print = |title: &str, rows: Vec<Row>| {
        println!("\n**{title}**\n\n| simulated | runs | share | 95 % bounds | promised |\n|---|---|---|---|---|");
        for row in rows {
            println!("{row}{}", if row.holds() { "" } else { " NOT KEPT" });
            kept &= row.holds();
        }
    };
    if named("experiment") {
        let runs = |traffic| if traffic > 1_000 { 500 / part } else { 2_000 / part };
        print("Win or Lose in A/A, six weekly looks, default method", experiment::table(&[20, 100, 700, 3_000], runs));
    }
    if named("bounds") {
        print("Lose by a bound of a skewed amount, six weekly looks", experiment::bounds(&[20, 100, 700], 600 / part));
    }
    if named("drift") {
        let sizes = [(30, 30, 2_000), (100, 60, 2_000), (300, 300, 1_000), (2_000, 1_500, 500), (20_000, 20_000, 300)];
        let rows =
            sizes.into_iter().flat_map(|(before, now, runs)| drift::tables(before, now, runs, u64::from(runs), before as u64));
        print("Drift of 30 features that do not drift", rows.collect());
    }
    if named("area") {
        print("Area under the ROC curve of few conversions", area::table(4_000 / part));
    }
    if named("performance") {
        print("Expected performance, windows of 1,000 leads", performance::table(&[500, 2_000, 20_000], |_| 600 / part));
    }
    if named("rollout") {
        print("Gates of a rollout, 500 leads a day at 10 %, 28 days", rollout::table(1_000 / part));
    }
    if named("alert") {
        print("The alert of AUC, 90 days", alert::table(&[(100, 35), (500, 14)], 1_000 / part));
        for leads in [100, 500] {
            let (ours, naive) = alert::delays(leads, 400 / part);
            println!(
                "\n{leads} leads a day, AUC falls to 0.82: the alert after {ours} days, a day below 0.85 after {naive} (medians)"
            );
        }
    }
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
