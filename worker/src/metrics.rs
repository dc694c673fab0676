//! Counters and the latency histogram, as OpenMetrics text.
//!
//! The service counts requests, leads and errors itself; time is measured by the host, across I/O, because clocks stand still
//! during computation at the edge.

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use crate::answer::Answer;

/// Upper bounds of the latency buckets, µs; the last bucket is unbounded.
const BOUNDS_US: [u64; 13] = [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000];

/// What is counted of an answer, so that a host which learns later whether its caller gets it need not keep the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// HTTP status; 0 where the path has no route.
    pub status: u16,
    /// Leads scored.
    pub scored: u64,
    /// Leads rejected.
    pub refused: u64,
    /// Leads scored with a value that the model has never seen.
    pub unknown: u64,
}

impl Counted {
    /// What is counted of `answer`.
    pub fn of(answer: &Answer) -> Counted {
        let (scored, refused) = answer.effects.leads();
        let unknown = answer.effects.leads_with_unknown_values();
        Counted { status: if answer.is_stray { 0 } else { answer.response.status }, scored, refused, unknown }
    }
}

/// Counters of one service instance; shareable.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: [AtomicU64; 6],
    strays: AtomicU64,
    /// The last rows, or the last trial, could not be stored.
    unstorable: AtomicBool,
    leads: AtomicU64,
    refused: AtomicU64,
    unknown: AtomicU64,
    buckets: [AtomicU64; 14],
    latency_us: AtomicU64,
    rows_made: AtomicU64,
    rows_written: AtomicU64,
    rows_failed: AtomicU64,
    commits: AtomicU64,
    panics: AtomicU64,
}

impl Metrics {
    /// A caller got an answer.
    pub fn answered(&self, counted: &Counted) {
        match self.requests.get(usize::from(counted.status / 100)).filter(|_| counted.status > 0) {
            Some(class) => class.fetch_add(1, Relaxed),
            None => self.strays.fetch_add(1, Relaxed),
        };
        self.leads.fetch_add(counted.scored, Relaxed);
        self.refused.fetch_add(counted.refused, Relaxed);
        self.unknown.fetch_add(counted.unknown, Relaxed);
    }

    /// `rows` log rows were made, those of shadows among them.
    pub(crate) fn made(&self, rows: u64) {
        if rows > 0 {
            self.rows_made.fetch_add(rows, Relaxed);
        }
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
        self.storable(true);
    }

    /// `rows` log rows could not be stored and are lost.
    pub fn failed(&self, rows: u64) {
        self.rows_failed.fetch_add(rows, Relaxed);
        self.storable(false);
    }

    /// Whether the store takes rows, as the host has just found out without any.
    pub fn storable(&self, is_storable: bool) {
        self.unstorable.store(!is_storable, Relaxed);
    }

    /// Whether the store took what it was given last.
    pub fn is_storable(&self) -> bool {
        !self.unstorable.load(Relaxed)
    }

    /// The host had to replace instances that panicked, `times` more; `lost` log rows went with them.
    pub fn panicked(&self, times: u64, lost: u64) {
        self.panics.fetch_add(times, Relaxed);
        self.rows_made.fetch_add(lost, Relaxed);
        self.rows_failed.fetch_add(lost, Relaxed);
    }

    /// Rows made, not yet committed and not lost.
    pub fn pending(&self) -> u64 {
        let gone = self.rows_written.load(Relaxed) + self.rows_failed.load(Relaxed);
        self.rows_made.load(Relaxed).saturating_sub(gone)
    }

    /// All counters, for [`adopt`](Self::adopt) by the instance that replaces this one.
    pub fn counts(&self) -> Vec<u64> {
        self.all().map(|counter| counter.load(Relaxed)).collect()
    }

    /// Goes on where the instance with these [`counts`](Self::counts) has ended.
    pub fn adopt(&self, counts: &[u64]) {
        for (counter, before) in self.all().zip(counts) {
            counter.fetch_add(*before, Relaxed);
        }
    }

    fn all(&self) -> impl Iterator<Item = &AtomicU64> {
        let rows = [&self.rows_made, &self.rows_written, &self.rows_failed, &self.commits, &self.panics];
        let leads = [&self.leads, &self.refused, &self.unknown, &self.strays, &self.latency_us];
        self.requests.iter().chain(&self.buckets).chain(leads).chain(rows)
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
            ("plumbline_requests_without_route", "Requests for paths without a route, such as files of the page.", &self.strays),
            ("plumbline_leads_scored", "Leads scored.", &self.leads),
            ("plumbline_leads_refused", "Leads rejected with a problem.", &self.refused),
            ("plumbline_leads_with_unknown_values", "Leads scored with a value that the model has never seen.", &self.unknown),
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
        metrics.answered(&Counted { status: 200, scored: 5, refused: 1, unknown: 2 });
        metrics.answered(&Counted { status: 422, scored: 0, refused: 0, unknown: 0 });
        metrics.made(9);
        metrics.committed(4);
        metrics.observe(700);
        metrics.observe(2_000_000);
        let text = metrics.text();
        for line in [
            "plumbline_requests_total{status=\"2xx\"} 1",
            "plumbline_requests_total{status=\"4xx\"} 1",
            "plumbline_leads_scored_total 5",
            "plumbline_leads_with_unknown_values_total 2",
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
        let next = Metrics::default();
        next.adopt(&metrics.counts());
        assert_eq!(next.text(), text);
    }
}
