//! `trained [ROWS]` prints the digest of each kind of model on ROWS made-up leads (3,000); `trained --time [ROWS]` the seconds that 300 trees
//! take on ROWS of them (200,000), and the longest step.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a program that measures time and reports on stdout")]

use std::time::{Duration, Instant};

use plumbline_trained::{Kind, begin, digest};

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_timed = arguments.iter().any(|argument| argument == "--time");
    let rows = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(if is_timed { 200_000 } else { 3_000 });
    for kind in Kind::COMPARED.into_iter().filter(|_| !is_timed).chain(is_timed.then_some(Kind::Large)) {
        let began = Instant::now();
        let mut fit = begin(kind, rows, 0)?;
        let (made, mut longest) = (began.elapsed(), Duration::ZERO);
        loop {
            let step = Instant::now();
            let is_more = fit.step().map_err(|e| e.to_string())?;
            longest = longest.max(step.elapsed());
            if !is_more {
                break;
            }
        }
        let name = kind.name();
        let hex: String = digest(&fit)?.iter().map(|byte| format!("{byte:02x}")).collect();
        println!("{name} {hex}");
        if is_timed {
            let (all, made) = (began.elapsed().as_secs_f64(), made.as_secs_f64());
            println!("table and bins {made:.2} s, trees {:.2} s, longest step {} ms", all - made, longest.as_millis());
        }
    }
    Ok(())
}
