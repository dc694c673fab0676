//! What a load run found, for people and for programs.

use hdrhistogram::Histogram;
use serde_json::{Value, json};

use super::Plan;

/// A histogram of microseconds: 1 µs to 60 s, three significant digits.
#[allow(clippy::expect_used, reason = "the bounds are constants that the constructor accepts")]
pub(super) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000, 3).expect("1 µs … 60 s at three digits is a valid range")
}

/// What a load run found.
#[derive(Debug, Clone)]
pub struct Report {
    latency_us: Histogram<u64>,
    seconds: f64,
    open_loop: bool,
    /// Requests that failed or were not answered 2xx.
    pub errors: u64,
    /// Why the first of them failed.
    pub first_error: Option<String>,
    /// Resident bytes of the server at the start, in the middle and at the end, when its pid was given.
    pub memory_bytes: Vec<u64>,
}

impl Report {
    pub(super) fn new(plan: &Plan) -> Report {
        Report {
            latency_us: histogram(),
            seconds: plan.duration.as_secs_f64(),
            open_loop: plan.rate.is_some(),
            errors: 0,
            first_error: None,
            memory_bytes: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, latency_us: &Histogram<u64>, errors: u64, first_error: Option<String>) {
        // Same bounds on both sides: adding cannot fail.
        let _ = self.latency_us.add(latency_us);
        self.errors += errors;
        self.first_error = self.first_error.take().or(first_error);
    }

    /// Requests answered.
    pub fn requests(&self) -> u64 {
        self.latency_us.len()
    }

    /// Requests per second.
    pub fn throughput(&self) -> f64 {
        self.requests() as f64 / self.seconds
    }

    /// The latency below which a share `q` of the requests was answered, in milliseconds.
    pub fn quantile_ms(&self, q: f64) -> f64 {
        self.latency_us.value_at_quantile(q) as f64 / 1000.0
    }

    /// For programs.
    pub fn json(&self) -> Value {
        json!({
            "mode": if self.open_loop { "open" } else { "closed" },
            "requests": self.requests(), "per_second": self.throughput(), "errors": self.errors, "first_error": self.first_error,
            "p50_ms": self.quantile_ms(0.5), "p99_ms": self.quantile_ms(0.99), "p999_ms": self.quantile_ms(0.999),
            "max_ms": self.latency_us.max() as f64 / 1000.0, "memory_bytes": self.memory_bytes.last(), "memory_bytes_over_time": self.memory_bytes,
        })
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:>9.0} req/s  p50 {:>8.2} ms  p99 {:>8.2} ms  p99.9 {:>8.2} ms  errors {}",
            self.throughput(),
            self.quantile_ms(0.5),
            self.quantile_ms(0.99),
            self.quantile_ms(0.999),
            self.errors
        )?;
        for (at, bytes) in self.memory_bytes.iter().enumerate() {
            write!(f, "{} {:.0}", if at == 0 { "  memory, MB:" } else { "," }, *bytes as f64 / 1e6)?;
        }
        if let Some(reason) = &self.first_error {
            write!(f, "\n  first error: {reason}")?;
        }
        Ok(())
    }
}
