//! Counters and the latency histogram, as OpenMetrics text.
//!
//! The service counts requests, leads and errors itself; time is measured by the host, across I/O, because clocks stand still
//! during computation at the edge.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Upper bounds of the latency buckets, µs; the last bucket is unbounded.
const BOUNDS_US: [u64; 13] = [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000];

/// Counters of one service instance; shareable.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: [AtomicU64; 6],
    leads: AtomicU64,
    refused: AtomicU64,
    buckets: [AtomicU64; 14],
    latency_us: AtomicU64,
    rows_made: AtomicU64,
    rows_written: AtomicU64,
    rows_failed: AtomicU64,
    commits: AtomicU64,
    panics: AtomicU64,
}

impl Metrics {
    pub(crate) fn request(&self, status: u16) {
        if let Some(class) = self.requests.get(usize::from(status / 100)) {
            class.fetch_add(1, Relaxed);
        }
    }

    /// Leads were scored and refused, and made `rows` log rows: those of shadows are more.
    pub(crate) fn leads(&self, scored: u64, refused: u64, rows: u64) {
        self.leads.fetch_add(scored, Relaxed);
        self.refused.fetch_add(refused, Relaxed);
        self.rows_made.fetch_add(rows, Relaxed);
    }

    /// A request took `duration_us` from its arrival to its answer, as the host saw it.
    pub fn observe(&self, duration_us: u64) {
        let bucket = BOUNDS_US.iter().position(|bound| duration_us <= *bound).unwrap_or(BOUNDS_US.len());
        if let Some(bucket) = self.buckets.get(bucket) {
            bucket.fetch_add(1, Relaxed);
        }
        self.latency_us.fetch_add(duration_us, Relaxed);
    }

    /// A batch of `rows` log rows was committed.
    pub fn committed(&self, rows: u64) {
        self.commits.fetch_add(1, Relaxed);
        self.rows_written.fetch_add(rows, Relaxed);
    }

    /// `rows` log rows could not be stored and are lost.
    pub fn failed(&self, rows: u64) {
        self.rows_failed.fetch_add(rows, Relaxed);
    }

    /// The host had to replace instances that panicked, `times` more; `lost` log rows went with them.
    pub fn panicked(&self, times: u64, lost: u64) {
        self.panics.fetch_add(times, Relaxed);
        self.rows_made.fetch_add(lost, Relaxed);
        self.failed(lost);
    }

    /// Rows made, not yet committed and not lost.
    pub fn pending(&self) -> u64 {
        let gone = self.rows_written.load(Relaxed) + self.rows_failed.load(Relaxed);
        self.rows_made.load(Relaxed).saturating_sub(gone)
    }

    /// The OpenMetrics text, ending in `# EOF`.
    pub fn text(&self) -> String {
        let mut out = String::with_capacity(2_048);
        // Writing to a String cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        family(out, "plumbline_requests", "counter", "Requests answered, by status class.")?;
        for (class, count) in self.requests.iter().enumerate().skip(2) {
            writeln!(out, "plumbline_requests_total{{status=\"{class}xx\"}} {}", count.load(Relaxed))?;
        }
        let counters = [
            ("plumbline_leads_scored", "Leads scored.", &self.leads),
            ("plumbline_leads_refused", "Leads rejected with a problem.", &self.refused),
            ("plumbline_log_rows_written", "Prediction log rows committed.", &self.rows_written),
            ("plumbline_log_rows_failed", "Prediction log rows that could not be stored.", &self.rows_failed),
            ("plumbline_log_commits", "Batches of prediction log rows committed.", &self.commits),
            ("plumbline_panics", "Instances replaced after a panic.", &self.panics),
        ];
        for (name, help, value) in counters {
            family(out, name, "counter", help)?;
            writeln!(out, "{name}_total {}", value.load(Relaxed))?;
        }
        family(out, "plumbline_log_rows_pending", "gauge", "Prediction log rows waiting to be committed.")?;
        writeln!(out, "plumbline_log_rows_pending {}", self.pending())?;
        family(out, "plumbline_request_seconds", "histogram", "Time from arrival to answer, measured by the host.")?;
        let mut sum = 0;
        for (i, bucket) in self.buckets.iter().enumerate() {
            sum += bucket.load(Relaxed);
            match BOUNDS_US.get(i) {
                Some(bound) => writeln!(out, "plumbline_request_seconds_bucket{{le=\"{:?}\"}} {sum}", *bound as f64 / 1e6)?,
                None => writeln!(out, "plumbline_request_seconds_bucket{{le=\"+Inf\"}} {sum}")?,
            }
        }
        writeln!(out, "plumbline_request_seconds_count {sum}")?;
        writeln!(out, "plumbline_request_seconds_sum {:?}", self.latency_us.load(Relaxed) as f64 / 1e6)?;
        writeln!(out, "# EOF")
    }
}

fn family(out: &mut String, name: &str, kind: &str, help: &str) -> std::fmt::Result {
    writeln!(out, "# TYPE {name} {kind}\n# HELP {name} {help}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_was_told() {
        let metrics = Metrics::default();
        metrics.request(200);
        metrics.request(422);
        metrics.leads(5, 1, 9);
        metrics.committed(4);
        metrics.observe(700);
        metrics.observe(2_000_000);
        let text = metrics.text();
        for line in [
            "plumbline_requests_total{status=\"2xx\"} 1",
            "plumbline_requests_total{status=\"4xx\"} 1",
            "plumbline_leads_scored_total 5",
            "plumbline_log_rows_pending 5",
            "plumbline_log_commits_total 1",
            "plumbline_request_seconds_bucket{le=\"0.0005\"} 0",
            "plumbline_request_seconds_bucket{le=\"0.001\"} 1",
            "plumbline_request_seconds_bucket{le=\"+Inf\"} 2",
            "plumbline_request_seconds_sum 2.0007",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }
}
