//! The load harness: requests on a schedule, latencies that tell the truth, memory of the server under them.
//!
//! Two questions, two modes. *Open loop*: requests are due at fixed times, whatever the server does; a latency is counted from
//! when its request was due, so a stall is charged to every request that had to wait (no coordinated omission). *Closed loop*:
//! every connection sends as fast as it is answered; this finds the capacity and its latencies mean little.

mod client;
mod memory;
mod report;

pub use client::{Body, Connection, Target};
pub use memory::resident_bytes;
pub use report::Report;

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::sync::mpsc;

/// What to send, how fast, for how long.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Requests per second over all connections; none for closed loop.
    pub rate: Option<f64>,
    /// How long requests are sent.
    pub duration: Duration,
    /// How long requests are sent before counting starts.
    pub warmup: Duration,
    /// Connections kept alive.
    pub connections: usize,
    /// Process whose memory is read at the start, in the middle and at the end of what counts.
    pub pid: Option<u32>,
}

/// What one connection saw.
struct Seen {
    latency_us: Histogram<u64>,
    errors: u64,
    first_error: Option<String>,
}

/// Runs `plan` against `target` on the current thread.
///
/// # Errors
/// A sentence when no connection could be opened.
#[allow(clippy::disallowed_methods, reason = "measuring time is this module's work")]
pub async fn run(target: &Target, plan: &Plan) -> Result<Report, String> {
    let start = Instant::now() + Duration::from_millis(50);
    let counted_from = start + plan.warmup;
    let end = counted_from + plan.duration;
    let local = tokio::task::LocalSet::new();
    let (mut tasks, mut senders) = (Vec::new(), Vec::new());
    for number in 0..plan.connections {
        let target = target.clone();
        let mut connection = Connection::open(&target, number, 0).await?;
        let (tell, mut dues) = mpsc::unbounded_channel();
        senders.push(tell);
        let open_loop = plan.rate.is_some();
        tasks.push(local.spawn_local(async move {
            let mut seen = Seen { latency_us: report::histogram(), errors: 0, first_error: None };
            loop {
                let due = if open_loop { dues.recv().await } else { Some(Instant::now()).filter(|now| *now < end) };
                let Some(due) = due else { return seen };
                let answered = connection.send(&target).await;
                let latency = due.elapsed();
                if due >= counted_from {
                    seen.latency_us.saturating_record(latency.as_micros() as u64);
                }
                if let Err(reason) = answered {
                    seen.errors += u64::from(due >= counted_from);
                    seen.first_error.get_or_insert(reason);
                    match Connection::open(&target, number, connection.turn()).await {
                        Ok(fresh) => connection = fresh,
                        Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                    }
                }
            }
        }));
    }
    if let Some(rate) = plan.rate {
        std::thread::spawn(move || pace(rate, start, end, &senders));
    }
    let memory = plan.pid.map(|pid| {
        local.spawn_local(async move {
            let mut read = Vec::new();
            for at in [counted_from, counted_from + (end - counted_from) / 2, end] {
                tokio::time::sleep_until(at.into()).await;
                read.extend(resident_bytes(pid));
            }
            read
        })
    });
    let mut report = Report::new(plan);
    local
        .run_until(async {
            for task in tasks {
                match task.await {
                    Ok(seen) => report.add(&seen.latency_us, seen.errors, seen.first_error),
                    Err(reason) => report.add(&report::histogram(), 1, Some(reason.to_string())),
                }
            }
            if let Some(memory) = memory {
                report.memory_bytes = memory.await.unwrap_or_default();
            }
        })
        .await;
    Ok(report)
}

/// Tells the connections in turn when a request is due, then ends. A thread of its own: timers of the event loop are up to 2 ms late,
/// which would be charged to the server.
#[allow(clippy::disallowed_methods, reason = "measuring time is this module's work")]
fn pace(rate: f64, start: Instant, end: Instant, connections: &[mpsc::UnboundedSender<Instant>]) {
    for (n, connection) in connections.iter().cycle().enumerate() {
        let due = start + Duration::from_secs_f64(n as f64 / rate);
        if due >= end {
            return;
        }
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        // Whoever listened may be gone: then the run is over.
        let _ = connection.send(due);
    }
}
