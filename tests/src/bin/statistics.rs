//! Times the statistics of the core against the packages they are held against: ours, the peer, the ratio and the bar, from one run.
//!
//! `cargo run --release -p plumbline-tests --bin statistics -- [PYTHON …]`: each PYTHON is an interpreter with some of scikit-learn,
//! scipy, evidently and nannyml. Both sides time the same numbers, which are written to a temp folder, and the results are compared
//! before a ratio is printed. Figures are the fastest of several runs. The drift report is timed in WebAssembly too, warm, in node, by
//! `plumbline/analysis` as it lies in `wasm/pkg`. A timing never passes or fails anything.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command speaks on the terminal")]

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use plumbline_core::drift::performance::{Estimator, Measure};
use plumbline_core::drift::{Direction, DriftReport, Feature, KolmogorovSmirnov, Rules, Sample};
use plumbline_core::metric::{Labelled, Ranking};
use plumbline_core::table::Values;
use plumbline_core::window::{Layout, Window};
use plumbline_tests::golden::Draw;
use serde_json::Value;

struct Ours {
    name: &'static str,
    /// The case the peers time.
    peer: &'static str,
    ms: f64,
    value: f64,
    /// At most that part of the peer's time; of one without a peer, milliseconds.
    bar: f64,
}

const DRIFT: &str = "drift/report/100k x 30";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("statistics: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let pythons: Vec<String> = std::env::args().skip(1).collect();
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let mut ours = vec![auc(folder.path())?, ks(folder.path())?, drift(folder.path())?];
    match drift_in_node(folder.path()) {
        Ok(case) => ours.push(case),
        Err(reason) => eprintln!("the report in wasm is left out: {reason}"),
    }
    ours.push(cbpe(folder.path())?);
    let mut peers: Vec<Value> = Vec::new();
    let script = plumbline_tests::project_root().join("tests/bench/statistics_peers.py");
    for python in pythons {
        let output = Command::new(&python).arg(&script).arg(folder.path()).output().map_err(|e| format!("{python}: {e}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        peers.extend(text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()));
        if !output.status.success() {
            eprintln!("{python}: {}", String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default());
        }
    }
    // The folder the program lies in is named after the profile.
    let program = std::env::current_exe().unwrap_or_default();
    let profile = program.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    println!("profile {profile}; commit {}\n", commit());
    println!("| case | ours | peer | its time | ratio | bar | |\n|---|---|---|---|---|---|---|");
    let word = |met: bool| if met { "met" } else { "**missed**" };
    for case in &ours {
        let peer = peers.iter().find(|peer| peer["name"] == case.peer && peer["ms"].is_f64());
        match peer {
            Some(peer) => {
                let (ms, value) = (peer["ms"].as_f64().unwrap_or(f64::NAN), peer["value"].as_f64().unwrap_or(f64::NAN));
                // NannyML rounds to five decimals inside.
                if (value - case.value).abs() > 1e-6 * value.abs() {
                    return Err(format!("{}: ours {}, the peer's {value}", case.name, case.value));
                }
                let name = peer["peer"].as_str().unwrap_or_default();
                let (ours, ratio, bar) = (case.ms, case.ms / ms, case.bar);
                println!(
                    "| {} | {ours:.2} ms | {name} | {ms:.1} ms | {ratio:.4} | ≤ {bar} | {} |",
                    case.name,
                    word(ratio <= bar)
                );
            }
            None => println!("| {} | {:.2} ms | not installed | | | ≤ {} | |", case.name, case.ms, case.bar),
        }
    }
    let merge = windows();
    println!("| {} | {:.2} ms | | | | < {} ms | {} |", merge.name, merge.ms, merge.bar, word(merge.ms < merge.bar));
    Ok(())
}

fn commit() -> String {
    let output = Command::new("git").args(["describe", "--always", "--dirty", "--abbrev=12"]).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

/// The same report by the npm package: `{"ms": …, "value": …}` from a node process.
fn drift_in_node(folder: &Path) -> Result<Ours, String> {
    let script = plumbline_tests::project_root().join("tests/bench/statistics_node.mjs");
    let output = Command::new("node").arg(&script).arg(folder).output().map_err(|e| format!("node: {e}"))?;
    let report: Option<Value> = serde_json::from_slice(&output.stdout).ok();
    let figure = |name: &str| report.as_ref().and_then(|report| report[name].as_f64());
    let (Some(ms), Some(value)) = (figure("ms"), figure("value")) else {
        return Err(String::from_utf8_lossy(&output.stderr)
            .lines()
            .find(|line| line.contains("Error"))
            .unwrap_or("no figure")
            .to_owned());
    };
    Ok(Ours { name: "drift/report/100k x 30, wasm in node", peer: DRIFT, ms, value, bar: 0.03 })
}

fn units(draw: &mut Draw, n: usize) -> Vec<f64> {
    (0..n).map(|_| draw.unit()).collect()
}

/// About normal: twelve units.
fn normals(draw: &mut Draw, n: usize, shift: f64) -> Vec<f64> {
    (0..n).map(|_| (0..12).map(|_| draw.unit()).sum::<f64>() - 6.0 + shift).collect()
}

fn write(folder: &Path, name: &str, values: &[f64]) -> Result<(), String> {
    let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
    std::fs::write(folder.join(format!("{name}.f64le")), bytes).map_err(|e| format!("{name}: {e}"))
}

#[allow(clippy::disallowed_methods, reason = "a bench has a clock")]
fn time(rounds: u32, mut work: impl FnMut() -> f64) -> (f64, f64) {
    let (mut best, mut value) = (f64::INFINITY, f64::NAN);
    for _ in 0..rounds {
        let start = Instant::now();
        value = black_box(work());
        best = best.min(start.elapsed().as_secs_f64() * 1e3);
    }
    (best, value)
}

fn as_doubles(flags: &[bool]) -> Vec<f64> {
    flags.iter().map(|flag| f64::from(u8::from(*flag))).collect()
}

fn auc(folder: &Path) -> Result<Ours, String> {
    let mut draw = Draw::new(1);
    let scores = units(&mut draw, 1_000_000);
    let converted: Vec<bool> = scores.iter().map(|p| draw.unit() < p * p).collect();
    write(folder, "scores", &scores)?;
    write(folder, "converted", &as_doubles(&converted))?;
    let (ms, value) = time(7, || {
        let data = Labelled::new(&scores, &converted);
        data.ok().and_then(|data| Ranking::new(&data).roc_auc().ok()).unwrap_or(f64::NAN)
    });
    Ok(Ours { name: "auc/exact/1e6", peer: "auc/exact/1e6", ms, value, bar: 0.1 })
}

fn ks(folder: &Path) -> Result<Ours, String> {
    let mut draw = Draw::new(2);
    let (reference, current) = (normals(&mut draw, 1_000_000, 0.0), normals(&mut draw, 1_000_000, 0.01));
    write(folder, "ks_reference", &reference)?;
    write(folder, "ks_current", &current)?;
    let (ms, value) = time(7, || {
        let samples = Sample::reference(&reference).ok().zip(Sample::current(&current).ok());
        let test = samples.and_then(|(reference, current)| KolmogorovSmirnov::new(&reference, &current).ok());
        test.map_or(f64::NAN, |test| {
            black_box(test.p_asymptotic(Direction::Either));
            test.statistic()
        })
    });
    Ok(Ours { name: "ks/two samples/1e6", peer: "ks/two samples/1e6", ms, value, bar: 0.2 })
}

fn drift(folder: &Path) -> Result<Ours, String> {
    const ROWS: usize = 100_000;
    let mut draw = Draw::new(3);
    let column = |draw: &mut Draw, i: usize, shift: f64| -> Vec<f64> {
        let plain = normals(draw, ROWS, shift);
        // A third of the features are skewed, a third are whole numbers.
        match i % 3 {
            0 => plain,
            1 => plain.iter().map(|x| x * x * x).collect(),
            _ => plain.iter().map(|x| (x * 10.0).round()).collect(),
        }
    };
    let table = |draw: &mut Draw, shift: f64| (0..30).map(|i| column(draw, i, shift)).collect::<Vec<Vec<f64>>>();
    let (reference, current) = (table(&mut draw, 0.0), table(&mut draw, 0.02));
    write(folder, "drift_reference", &reference.concat())?;
    write(folder, "drift_current", &current.concat())?;
    let features: Vec<Feature<'_>> = reference
        .iter()
        .zip(&current)
        .map(|(reference, current)| Feature {
            name: "f",
            reference: Values::Numbers(reference),
            current: Values::Numbers(current),
            importance: None,
        })
        .collect();
    // Evidently's first score is its normed Wasserstein distance of the first column.
    let (ms, value) = time(5, || {
        let report = DriftReport::new(&features, &Rules::default()).ok();
        report.and_then(|report| report.features.first().and_then(|feature| feature.wasserstein)).unwrap_or(f64::NAN)
    });
    Ok(Ours { name: DRIFT, peer: DRIFT, ms, value, bar: 0.01 })
}

fn cbpe(folder: &Path) -> Result<Ours, String> {
    let mut draw = Draw::new(4);
    let window = |draw: &mut Draw, name: &str| -> Result<(Vec<f64>, Vec<bool>), String> {
        let scores = units(draw, 100_000);
        let converted: Vec<bool> = scores.iter().map(|p| draw.unit() < p * p).collect();
        write(folder, &format!("cbpe_{name}"), &scores)?;
        write(folder, &format!("cbpe_{name}_converted"), &as_doubles(&converted))?;
        Ok((scores, converted))
    };
    let (scores, converted) = window(&mut draw, "reference")?;
    let (analysis, _) = window(&mut draw, "analysis")?;
    let reference = Labelled::new(&scores, &converted).map_err(|e| e.to_string())?;
    let estimator = Estimator::fit(&reference, 0.5).map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
    let (ms, value) = time(7, || {
        let found = estimator.estimate(&analysis).ok().and_then(Result::ok);
        found.and_then(|found| found.of(Measure::RocAuc)).map_or(f64::NAN, |estimate| estimate.value)
    });
    Ok(Ours { name: "cbpe/estimate/100k", peer: "cbpe/estimate/100k", ms, value, bar: 0.2 })
}

/// Thirty days of hourly windows with thirty features.
fn windows() -> Ours {
    use plumbline_core::histogram::Bins;
    use plumbline_core::window::FeatureLayout;
    let number =
        |i: usize| Some(FeatureLayout::Number { name: format!("f{i}"), bins: Bins::new((0..20).map(f64::from).collect()).ok()? });
    let layout = Layout::new((0..30).filter_map(number).collect());
    let mut draw = Draw::new(5);
    let mut hour = || {
        let mut window = Window::new(&layout);
        for _ in 0..100 {
            window.latency.add((draw.unit() * 2e5) as u64);
            window.scores.add(draw.unit(), Some(draw.unit() < 0.2));
            (0..30).for_each(|place| window.count_number(&layout, place, Some(draw.unit() * 20.0)));
        }
        window
    };
    let hours: Vec<Window> = (0..24 * 30).map(|_| hour()).collect();
    let (ms, value) = time(7, || {
        let mut month = Window::new(&layout);
        let merged = hours.iter().all(|hour| month.merge(hour).is_ok());
        f64::from(u8::from(merged)) * month.latency.count() as f64
    });
    Ours { name: "window/merge/24 x 30", peer: "", ms, value, bar: 10.0 }
}
