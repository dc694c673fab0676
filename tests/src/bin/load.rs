//! Sends load to a server and prints what it did: throughput, p50/p99/p99.9, errors, memory.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command speaks on the terminal")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use hyper::Uri;
use hyper::body::Bytes;
use plumbline_tests::load::{Body, Plan, Target, run};

/// Load with a schedule. With --rate, open loop: latencies count from when a request was due. Without, closed loop: capacity.
#[derive(Parser)]
struct Arguments {
    /// Address, such as http://127.0.0.1:8787/v1/score
    url: Uri,
    /// File whose lines are the bodies, sent in turn (POST); without it, GET
    #[arg(long)]
    bodies: Option<PathBuf>,
    /// Give each lead an id of its own, instead of the one in its line
    #[arg(long)]
    fresh: bool,
    /// Content type of the bodies
    #[arg(long, default_value = "application/json")]
    content_type: String,
    /// Requests per second (open loop); absent: as fast as answered (closed loop)
    #[arg(long)]
    rate: Option<f64>,
    /// Seconds that count
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Seconds before counting starts
    #[arg(long, default_value_t = 2.0)]
    warmup: f64,
    /// Kept-alive connections
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Process whose memory is read at the start, in the middle and at the end
    #[arg(long)]
    pid: Option<u32>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match measure(&Arguments::parse()) {
        Ok(failed) => ExitCode::from(u8::from(failed)),
        Err(reason) => {
            eprintln!("load: {reason}");
            ExitCode::from(2)
        }
    }
}

fn measure(arguments: &Arguments) -> Result<bool, String> {
    let text = match &arguments.bodies {
        Some(path) => std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?,
        None => String::new(),
    };
    let lines = text.lines().filter(|line| !line.is_empty());
    let bodies = if arguments.fresh {
        lines.map(|line| Body::fresh(line).ok_or_else(|| format!("no lead_id in {line}"))).collect::<Result<_, _>>()?
    } else {
        lines.map(|line| Body::Fixed(Bytes::copy_from_slice(line.as_bytes()))).collect()
    };
    let target = Target { uri: arguments.url.clone(), bodies, content_type: arguments.content_type.clone() };
    let plan = Plan {
        rate: arguments.rate,
        duration: Duration::from_secs_f64(arguments.seconds),
        warmup: Duration::from_secs_f64(arguments.warmup),
        connections: arguments.connections.max(1),
        pid: arguments.pid,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    let report = runtime.block_on(run(&target, &plan))?;
    if arguments.json {
        println!("{}", report.json());
    } else {
        println!("{report}");
    }
    Ok(report.errors > 0)
}
