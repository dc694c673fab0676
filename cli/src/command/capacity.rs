//! `plumbline capacity`: how many requests a second a running service sustains, measured and recorded.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use plumbline_core::window::Latency;
use serde_json::{Value, json};

use crate::client::Service;
use crate::output::terminal;
use crate::report::capacity::{CapacitySummary, page};
use crate::{Failure, Outcome, clock};

/// Measure how many requests a second a running service sustains
#[derive(Debug, Args)]
#[command(after_help = "\
Sends single-lead requests from several connections for some seconds, counts the answers, and records the result for the gate
sys.throughput (POST /v1/capacity). The lead is the one in --lead, or one without fields. It is scored and logged as any other
(POST /v1/capacity/score), under ids that begin with capacity- and with the role load: such rows count in no figure, gate or alert, and no
model is trained on them. The key needs the scope operate. Measure a host of the kind that serves, at a quiet hour: the load is real.
The first second warms up and is not counted.

Exit codes:
  0    measured, and recorded unless --dry-run
  1    some requests failed; nothing is recorded
  others: see plumbline --help

Examples:
  plumbline capacity --lead lead.json
  plumbline capacity --seconds 30 --connections 64 --url https://scores.example --key $KEY")]
pub struct Capacity {
    #[command(flatten)]
    service: Service,
    /// Seconds to measure
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// Connections that send at the same time
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=512))]
    connections: u16,
    /// A lead to send: a file with a JSON object [default: a lead without fields]
    #[arg(long, value_name = "FILE")]
    lead: Option<std::path::PathBuf>,
    /// Do not record the result
    #[arg(long)]
    dry_run: bool,
}

/// What one connection counted.
#[derive(Default)]
struct Counted {
    latency: Latency,
    failed: u64,
    /// The first thing that went wrong.
    problem: Option<String>,
}

impl Capacity {
    /// Measures, prints and records.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        self.service.connection()?;
        let lead = self.lead()?;
        let build = self.build()?;
        let (warm, stop, sent) = (AtomicBool::new(false), AtomicBool::new(false), AtomicU64::new(0));
        let bar = terminal::steps("measuring");
        let (counted, took) = std::thread::scope(|scope| {
            let senders: Vec<_> = (0..self.connections)
                .map(|number| {
                    scope.spawn({
                        let (warm, stop, sent, lead) = (&warm, &stop, &sent, &lead);
                        move || self.send(number, lead, (warm, stop, sent))
                    })
                })
                .collect();
            std::thread::sleep(Duration::from_secs(1));
            warm.store(true, Ordering::Relaxed);
            let (start, before) = (clock::start(), sent.load(Ordering::Relaxed));
            for second in 1..=self.seconds {
                std::thread::sleep(until(start, second));
                let rate = (sent.load(Ordering::Relaxed) - before) as f64 / f64::from(second);
                bar.set_message(format!("{second} of {} s: {rate:.0} requests a second", self.seconds));
            }
            stop.store(true, Ordering::Relaxed);
            let took = start.elapsed();
            let counted: Vec<Counted> = senders.into_iter().filter_map(|sender| sender.join().ok()).collect();
            (counted, took)
        });
        bar.finish_and_clear();
        let mut all = Counted::default();
        for one in counted {
            all.latency.merge(&one.latency);
            all.failed += one.failed;
            all.problem = all.problem.or(one.problem);
        }
        let answered = all.latency.count();
        let quantile = |q: f64| all.latency.quantile(q).ok().map(|us| us as f64 / 1e3);
        let summary = CapacitySummary {
            build,
            seconds: self.seconds,
            connections: self.connections,
            answered,
            failed: all.failed,
            problem: all.problem,
            req_per_s: answered as f64 / took.as_secs_f64(),
            p50_ms: quantile(0.5),
            p99_ms: quantile(0.99),
            recorded: all.failed == 0 && answered > 0 && !self.dry_run,
        };
        if summary.recorded {
            let record = json!({
                "build": summary.build,
                "req_per_s": summary.req_per_s,
                "p99_ms": summary.p99_ms.unwrap_or(0.0),
                "seconds": self.seconds,
            });
            self.service.command("/v1/capacity", &record, "")?;
        }
        if json {
            terminal::say_json(&summary)?;
        } else {
            terminal::say(&page(&summary))?;
        }
        Ok(if all.failed > 0 || answered == 0 { Outcome::CheckFailed } else { Outcome::Done })
    }

    /// The members of the lead that is sent, without its id.
    fn lead(&self) -> Result<serde_json::Map<String, Value>, Failure> {
        let Some(path) = &self.lead else { return Ok(serde_json::Map::new()) };
        let place = path.display().to_string();
        let text = std::fs::read(path).map_err(Failure::read(&place))?;
        match serde_json::from_slice(&text) {
            Ok(Value::Object(lead)) => Ok(lead),
            _ => Err(Failure::input(place, "LEAD_NOT_AN_OBJECT", "it must be a JSON object, one lead")),
        }
    }

    /// The build of the service, which the record names.
    fn build(&self) -> Result<String, Failure> {
        let version = self.service.get("/version")?.bytes;
        Ok(String::from_utf8_lossy(&version).trim().to_owned())
    }

    /// Sends one request after another until the measurement ends; counts those that began after the warm-up.
    fn send(
        &self,
        number: u16,
        lead: &serde_json::Map<String, Value>,
        (warm, stop, sent): (&AtomicBool, &AtomicBool, &AtomicU64),
    ) -> Counted {
        let mut counted = Counted::default();
        let Ok(connection) = self.service.connection() else { return counted };
        let mut lead = lead.clone();
        for round in 0u64.. {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            lead.insert("lead_id".to_owned(), format!("capacity-{number}-{round}").into());
            let body = serde_json::to_vec(&lead).unwrap_or_default();
            let (is_warm, start) = (warm.load(Ordering::Relaxed), clock::start());
            match connection.post("/v1/capacity/score", "application/json", &body) {
                Ok(_) if is_warm => {
                    counted.latency.add(u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX));
                    sent.fetch_add(1, Ordering::Relaxed);
                }
                Ok(_) => drop(sent.fetch_add(1, Ordering::Relaxed)),
                Err(failure) => {
                    counted.failed += 1;
                    counted.problem.get_or_insert_with(|| failure.to_string());
                    // A service that refuses all would otherwise be asked as fast as it can.
                    std::thread::sleep(Duration::from_millis(50));
                }
            }
        }
        counted
    }
}

/// The time left until `second` seconds after `start`.
fn until(start: Instant, second: u32) -> Duration {
    Duration::from_secs(second.into()).saturating_sub(start.elapsed())
}
