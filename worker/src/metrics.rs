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
    /// The last rows, or the last trial, could not be stored.
    unstorable: AtomicBool,
    counters: Counters,
}

/// In one piece: where a panic leaves an instance of which no code may run, its host still reads them from memory.
#[derive(Debug, Default)]
#[repr(C)]
struct Counters {
    requests: [AtomicU64; 6],
    buckets: [AtomicU64; 14],
    leads: AtomicU64,
    refused: AtomicU64,
    unknown: AtomicU64,
    strays: AtomicU64,
    latency_us: AtomicU64,
    rows_queued: AtomicU64,
    rows_written: AtomicU64,
    rows_failed: AtomicU64,
    commits: AtomicU64,
    panics: AtomicU64,
    /// Requests whose leads the other versions did not score: too many waited, or scoring panicked.
    dropped: AtomicU64,
    broken: AtomicU64,
}

/// What is said of the service at a moment besides its counters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment<'a> {
    /// The deployment served.
    pub epoch: u64,
    /// Whether it may be outdated.
    pub is_stale: bool,
    /// Families of the lifecycle, as the host last had them of the control object.
    pub lifecycle: &'a str,
}

impl Metrics {
    /// A caller got an answer.
    pub fn answered(&self, counted: &Counted) {
        let counters = &self.counters;
        match counters.requests.get(usize::from(counted.status / 100)).filter(|_| counted.status > 0) {
            Some(class) => class.fetch_add(1, Relaxed),
            None => counters.strays.fetch_add(1, Relaxed),
        };
        counters.leads.fetch_add(counted.scored, Relaxed);
        counters.refused.fetch_add(counted.refused, Relaxed);
        counters.unknown.fetch_add(counted.unknown, Relaxed);
    }

    /// `rows` log rows were handed to the log, those of shadows among them. From here on they are pending until they are
    /// [`committed`](Self::committed) or [`failed`](Self::failed).
    pub fn queued(&self, rows: u64) {
        self.counters.rows_queued.fetch_add(rows, Relaxed);
    }

    /// A request took `duration_us` from its arrival to its answer, as the host saw it.
    pub fn observe(&self, duration_us: u64) {
        let bucket = BOUNDS_US.iter().position(|bound| duration_us <= *bound).unwrap_or(BOUNDS_US.len());
        if let Some(bucket) = self.counters.buckets.get(bucket) {
            bucket.fetch_add(1, Relaxed);
        }
        self.counters.latency_us.fetch_add(duration_us, Relaxed);
    }

    /// A batch of `rows` log rows was committed.
    pub fn committed(&self, rows: u64) {
        self.counters.commits.fetch_add(1, Relaxed);
        self.counters.rows_written.fetch_add(rows, Relaxed);
        self.storable(true);
    }

    /// `rows` log rows could not be stored and are lost.
    pub fn failed(&self, rows: u64) {
        self.counters.rows_failed.fetch_add(rows, Relaxed);
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

    /// The instance whose counters were [adopted](Self::adopt) has panicked. Rows pending are lost, except `sent`, which were on
    /// their way to a shard.
    pub fn panicked(&self, sent: u64) {
        self.counters.panics.fetch_add(1, Relaxed);
        self.counters.rows_failed.fetch_add(self.pending().saturating_sub(sent), Relaxed);
    }

    /// Requests that the versions which did not answer will not score, since too many wait.
    pub fn dropped(&self, requests: u64) {
        self.counters.dropped.fetch_add(requests, Relaxed);
    }

    /// A request broke the version that scored it after its answer.
    pub fn broke(&self) {
        self.counters.broken.fetch_add(1, Relaxed);
    }

    /// Log rows made, written and lost; requests that other versions did not score for lack of room, and those that broke one.
    pub(crate) fn rows(&self) -> [u64; 5] {
        let Counters { rows_queued, rows_written, rows_failed, dropped, broken, .. } = &self.counters;
        [rows_queued, rows_written, rows_failed, dropped, broken].map(|counter| counter.load(Relaxed))
    }

    /// Rows handed to the log, not yet committed and not lost.
    pub fn pending(&self) -> u64 {
        let gone = self.counters.rows_written.load(Relaxed) + self.counters.rows_failed.load(Relaxed);
        self.counters.rows_queued.load(Relaxed).saturating_sub(gone)
    }

    /// Address and length in bytes of all counters, `u64` each: what the instance that replaces this one [adopts](Self::adopt).
    pub fn place(&self) -> (usize, usize) {
        ((&raw const self.counters).addr(), size_of::<Counters>())
    }

    /// Goes on where the instance with these counters, in the order of their [place](Self::place), has ended.
    pub fn adopt(&self, counts: impl IntoIterator<Item = u64>) {
        for (counter, before) in self.counters.all().zip(counts) {
            counter.fetch_add(before, Relaxed);
        }
    }

    /// The OpenMetrics text, ending in `# EOF`.
    pub fn text(&self) -> String {
        self.text_at(None)
    }

    /// [`text`](Self::text), with what holds at a moment.
    pub(crate) fn text_at(&self, moment: Option<Moment<'_>>) -> String {
        let mut out = String::with_capacity(2_048);
        // Writing to a String cannot fail.
        let _ = self.write(&mut out, moment);
        out
    }

    fn write(&self, out: &mut String, moment: Option<Moment<'_>>) -> std::fmt::Result {
        let counters = &self.counters;
        family(out, "plumbline_requests", "counter", "Requests answered, by status class.")?;
        for (class, count) in counters.requests.iter().enumerate().skip(2) {
            writeln!(out, "plumbline_requests_total{{status=\"{class}xx\"}} {}", count.load(Relaxed))?;
        }
        let single = [
            (
                "plumbline_requests_without_route",
                "Requests for paths without a route, such as files of the page.",
                &counters.strays,
            ),
            ("plumbline_leads_scored", "Leads scored.", &counters.leads),
            ("plumbline_leads_refused", "Leads rejected with a problem.", &counters.refused),
            (
                "plumbline_leads_with_unknown_values",
                "Leads scored with a value that the model has never seen.",
                &counters.unknown,
            ),
            ("plumbline_log_rows_written", "Prediction log rows committed.", &counters.rows_written),
            ("plumbline_log_rows_failed", "Prediction log rows that could not be stored.", &counters.rows_failed),
            ("plumbline_log_commits", "Batches of prediction log rows committed.", &counters.commits),
            ("plumbline_panics", "Instances replaced after a panic.", &counters.panics),
            (
                "plumbline_shadow_requests_dropped",
                "Answered requests that other versions did not score: too many waited.",
                &counters.dropped,
            ),
            ("plumbline_shadow_requests_failed", "Answered requests that broke another version.", &counters.broken),
        ];
        for (name, help, value) in single {
            family(out, name, "counter", help)?;
            writeln!(out, "{name}_total {}", value.load(Relaxed))?;
        }
        family(out, "plumbline_log_rows_pending", "gauge", "Prediction log rows waiting to be committed.")?;
        writeln!(out, "plumbline_log_rows_pending {}", self.pending())?;
        if let Some(Moment { epoch, is_stale, .. }) = moment {
            family(out, "plumbline_epoch", "gauge", "Number of the deployment that is served; 0 where nobody counts them.")?;
            writeln!(out, "plumbline_epoch {epoch}")?;
            family(out, "plumbline_stale", "gauge", "1: no news of deployments for a minute.")?;
            writeln!(out, "plumbline_stale {}", u8::from(is_stale))?;
        }
        family(out, "plumbline_request_seconds", "histogram", "Time from arrival to answer, measured by the host.")?;
        let mut sum = 0;
        for (i, bucket) in counters.buckets.iter().enumerate() {
            sum += bucket.load(Relaxed);
            match BOUNDS_US.get(i) {
                Some(bound) => writeln!(out, "plumbline_request_seconds_bucket{{le=\"{:?}\"}} {sum}", *bound as f64 / 1e6)?,
                None => writeln!(out, "plumbline_request_seconds_bucket{{le=\"+Inf\"}} {sum}")?,
            }
        }
        writeln!(out, "plumbline_request_seconds_count {sum}")?;
        writeln!(out, "plumbline_request_seconds_sum {:?}", counters.latency_us.load(Relaxed) as f64 / 1e6)?;
        if let Some(moment) = moment {
            out.push_str(moment.lifecycle);
        }
        writeln!(out, "# EOF")
    }
}

impl Counters {
    /// All of them, in the order in which they lie in memory.
    fn all(&self) -> impl Iterator<Item = &AtomicU64> {
        let leads = [&self.leads, &self.refused, &self.unknown, &self.strays, &self.latency_us];
        let rows =
            [&self.rows_queued, &self.rows_written, &self.rows_failed, &self.commits, &self.panics, &self.dropped, &self.broken];
        self.requests.iter().chain(&self.buckets).chain(leads).chain(rows)
    }
}

/// Begins the metric family `name`.
pub(crate) fn family(out: &mut String, name: &str, kind: &str, help: &str) -> std::fmt::Result {
    writeln!(out, "# TYPE {name} {kind}\n# HELP {name} {help}")
}

/// `text` as a label's value: OpenMetrics escapes the backslash, the quote and the end of a line.
pub(crate) fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_was_told() {
        let metrics = Metrics::default();
        metrics.answered(&Counted { status: 200, scored: 5, refused: 1, unknown: 2 });
        metrics.answered(&Counted { status: 422, scored: 0, refused: 0, unknown: 0 });
        metrics.queued(9);
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
    }

    #[test]
    fn an_instance_that_replaces_another_goes_on_counting() {
        let before = Metrics::default();
        for (counter, count) in before.counters.all().zip(1..) {
            counter.store(count, Relaxed);
        }
        let (address, bytes) = before.place();
        let places: Vec<_> = before.counters.all().map(|counter| (&raw const *counter).addr()).collect();
        assert_eq!(places, (address..address + bytes).step_by(8).collect::<Vec<_>>(), "read from memory, they are in this order");
        let next = Metrics::default();
        next.adopt(1..=places.len() as u64);
        assert_eq!(next.text(), before.text());
    }

    #[test]
    fn rows_that_a_panic_costs_are_not_pending_for_ever() {
        let metrics = Metrics::default();
        metrics.queued(10);
        metrics.committed(2);
        metrics.panicked(3);
        assert_eq!((metrics.pending(), metrics.counters.rows_failed.load(Relaxed)), (3, 5));
        assert!(metrics.is_storable(), "the store did not fail");
        metrics.committed(3);
        assert_eq!(metrics.pending(), 0);
    }
}
