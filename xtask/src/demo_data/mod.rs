//! `demo-data`: leads of an invented B2B vendor, seeded, with outcomes; plausible, not real. The same seed gives the same file on
//! every machine (`libm`, and a generator of our own).

mod draw;
mod lead;

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use draw::Draw;
use lead::Lead;

const USAGE: &str = "usage: cargo run -p xtask -- demo-data [--rows 20000] [--seed 1] [--leads] [-o FILE]
  Writes leads with outcomes as CSV, spread evenly over the 26 weeks before 2026-11-16, in chronological order.
  --leads   without outcomes, one JSON object per line";

/// Writes the leads `arguments` ask for.
pub fn run(arguments: &[String]) -> Result<()> {
    let (mut rows, mut seed, mut json, mut file) = (20_000u64, 1u64, false, None);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} needs a value\n{USAGE}"));
        match argument.as_str() {
            "--rows" => rows = value()?.parse().context("--rows must be a whole number")?,
            "--seed" => seed = value()?.parse().context("--seed must be a whole number")?,
            "--leads" => json = true,
            "-o" => file = Some(PathBuf::from(value()?)),
            _ => bail!("unknown argument {argument}\n{USAGE}"),
        }
    }
    let sink: Box<dyn Write> = match &file {
        Some(path) => Box::new(std::fs::File::create(path).with_context(|| path.display().to_string())?),
        None => Box::new(std::io::stdout()),
    };
    let mut out = BufWriter::new(sink);
    if !json {
        writeln!(out, "{}", Lead::HEADER)?;
    }
    let mut draw = Draw::new(seed);
    let mut converted = 0u64;
    for i in 0..rows {
        // Leads to be scored are all of today; history is spread.
        let share = if json { 1.0 } else { i as f64 / rows as f64 };
        let lead = Lead::draw(i, share, &mut draw);
        converted += u64::from(lead.converted);
        if json { writeln!(out, "{}", lead.json())? } else { writeln!(out, "{}", lead.csv())? }
    }
    out.flush()?;
    if let Some(path) = file.filter(|_| rows > 0) {
        let rate = 100.0 * converted as f64 / rows as f64;
        println!("{}: {rows} leads, seed {seed}, {rate:.1} % converted", path.display());
    }
    Ok(())
}
