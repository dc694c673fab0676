//! Plays rollouts of the smaller world over many seeds and prints how they end: `scenarios [SEEDS|FIRST..LAST] [KIND…]`, each end on standard
//! error as it comes. A kind with a number, such as `good:-0.06`, has that relative lift of conversion.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "a program that reports on stdout, and adds a key to its own JSON"
)]

use std::collections::BTreeMap;

use plumbline_tests::scenario::{Ended, play, script};
use plumbline_worker::world;

/// Days that are played: the start, and as long as a rollout can take.
const DAYS: u32 = 14 + 28 + 21 + 42 + 7 + 9;

fn main() -> Result<(), String> {
    let mut given = std::env::args().skip(1);
    let text = given.next().unwrap_or_else(|| "20".to_owned());
    let (first, last) = text.split_once("..").unwrap_or(("1", &text));
    let number = |text: &str| text.parse::<u64>().map_err(|e| format!("SEEDS: {e}"));
    let (first, last) = (number(first)?, number(last)?);
    let mut kinds: Vec<String> = given.collect();
    if kinds.is_empty() {
        kinds = ["good", "equal", "worse", "good:-0.06", "harmful", "broken", "slow"].map(str::to_owned).to_vec();
    }
    for kind in kinds {
        let mut ends: BTreeMap<String, u64> = BTreeMap::new();
        let (mut full, mut rejected) = (Vec::new(), 0);
        for seed in first..=last {
            let (challenger, lift) = kind.split_once(':').map_or((kind.as_str(), None), |(kind, lift)| (kind, Some(lift)));
            let mut script = script(challenger, seed, DAYS, &[]);
            if let Some(lift) = lift {
                script["lift"] = lift.parse::<f64>().map_err(|e| format!("{kind}: {e}"))?.into();
            }
            let ended = play(&script, world::policy())?;
            full.extend(ended.day_of("full"));
            rejected += ended.played.rejected.len();
            let what = described(&ended);
            eprintln!("{kind} {seed}: {what}");
            if last - first < 3 {
                println!("{kind} {seed}: {what}");
                for moved in ended.moves() {
                    println!(
                        "  day {:3} {} > {} row {} {}",
                        moved.day, moved.stages.0, moved.stages.1, moved.row, moved.sentence.1
                    );
                }
                for text in ended.holds().iter().chain(&ended.played.rejected) {
                    println!("  {text}");
                }
                println!("  {}", ended.report.pointer("/verdict/sentence/text").map(ToString::to_string).unwrap_or_default());
            }
            *ends.entry(what).or_default() += 1;
        }
        full.sort_unstable();
        let median = full.get(full.len() / 2);
        println!(
            "{kind}: {ends:?}; full on day {:?} at the earliest, {median:?} in the median; {rejected} rejected",
            full.first()
        );
    }
    Ok(())
}

fn described(ended: &Ended) -> String {
    let stage = ended.state.stage().name();
    match ended.end() {
        Some((end, row)) => match ended.moves().iter().rev().find(|moved| moved.end.is_some()) {
            Some(moved) if end == "rolled_back" => format!("{end} by row {row}, {}", moved.sentence.0),
            _ => format!("{end} by row {row}"),
        },
        None if ended.state.rollout.is_none() => "not started".to_owned(),
        None if ended.state.rollout.as_ref().is_some_and(|rollout| rollout.suspended.is_some()) => {
            format!("suspended in {stage}")
        }
        None if !ended.holds().is_empty() => format!("held in {stage}"),
        None => format!("in {stage}"),
    }
}
