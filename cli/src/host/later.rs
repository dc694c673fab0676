//! Answered requests, scored by the versions that did not answer: on a thread of its own, so that a slow model delays no answer and one
//! that panics fails none.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use hyper::body::Bytes;
use hyper::http::request::Parts;
use plumbline_worker::{After, Service};

use super::connection::{request_of, values};
use super::log::Log;
use super::no_thread;
use crate::{Failure, clock};

/// So many answered requests may wait, of so many bytes; those beyond are not scored, and counted.
const WAITING: usize = 1_024;
const WAITING_BYTES: usize = 64 << 20;

/// Each model is asked for a lead of its own this often.
const PROBE: Duration = Duration::from_secs(60);

/// An answered request.
struct Job {
    head: Parts,
    body: Bytes,
    after: After,
}

/// Where answered requests are handed over.
#[derive(Clone)]
pub struct Later {
    service: Arc<Service>,
    jobs: SyncSender<Job>,
    bytes: Arc<AtomicUsize>,
}

/// The scoring thread.
pub struct Scorer {
    thread: JoinHandle<()>,
}

impl Later {
    /// Starts the thread, which hands its rows to `log`.
    pub fn start(service: &Arc<Service>, log: Log) -> Result<(Later, Scorer), Failure> {
        let (jobs, receiver) = sync_channel(WAITING);
        let bytes = Arc::new(AtomicUsize::new(0));
        let (service, waiting) = (Arc::clone(service), Arc::clone(&bytes));
        let later = Later { service: Arc::clone(&service), jobs, bytes };
        let score = move || score(&receiver, &service, &log, &waiting, PROBE);
        let thread = std::thread::Builder::new().name("later".into()).spawn(score).map_err(no_thread)?;
        Ok((later, Scorer { thread }))
    }

    /// Takes an answered request over, once the current task has handed its answer to the connection. What there is no room for is
    /// counted and forgotten.
    pub fn take(&self, head: Parts, body: Bytes, after: After) {
        let later = self.clone();
        tokio::spawn(async move {
            let size = body.len();
            let is_room = later.bytes.fetch_add(size, Relaxed) <= WAITING_BYTES;
            if !is_room || later.jobs.try_send(Job { head, body, after }).is_err() {
                later.bytes.fetch_sub(size, Relaxed);
                later.service.metrics().dropped(1);
            }
        });
    }
}

impl Scorer {
    /// Waits until everything handed over is scored; the last [`Later`] must be gone.
    pub fn finish(self) {
        // A thread that panicked has said so itself.
        drop(self.thread.join());
    }
}

fn score(jobs: &Receiver<Job>, service: &Service, log: &Log, waiting: &AtomicUsize, every: Duration) {
    let mut due = clock::start() + every;
    loop {
        match jobs.recv_timeout(due.saturating_duration_since(clock::start())) {
            Ok(job) => {
                waiting.fetch_sub(job.body.len(), Relaxed);
                again(&job, service, log);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        if clock::start() >= due {
            due = clock::start() + every;
            probe(service, log);
        }
    }
}

/// Scores an answered request again.
fn again(Job { head, body, after }: &Job, service: &Service, log: &Log) {
    let values = values(&head.headers);
    let headers: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_ref())).collect();
    let request = request_of(head, &headers, body);
    // What a panic leaves half done is the memory of this thread's leads, which is made anew.
    match catch_unwind(AssertUnwindSafe(|| service.after(&request, after))) {
        Ok(effects) => log.take_later(effects),
        Err(_) => {
            service.metrics().broke();
            log.take_later(service.failed_after(after));
        }
    }
}

/// Asks each model for a lead of its own, where someone counts deployments and so wants to know how fast they are.
fn probe(service: &Service, log: &Log) {
    if service.epoch() > 0 {
        let began = clock::start();
        let mut micros = || u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        log.take_later(service.probe(clock::now(), &mut micros));
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::{SocketAddr, TcpListener, TcpStream};

    use plumbline_core::model::{Arithmetic, Body, Column, Linear, Link};
    use plumbline_core::route::{AllocationSettings, Deployed};
    use plumbline_core::schema::{Field, FieldKind, Role, Schema};
    use plumbline_core::{Bundle, Manifest};
    use plumbline_worker::{Fault, Model, Settings};
    use sha2::{Digest, Sha256};
    use tokio::sync::watch;

    use super::*;
    use crate::host::connection::{Host, accept};
    use crate::host::page::Page;

    fn model(version: &str) -> Model {
        Model::read(bundle(version)).unwrap()
    }

    fn bundle(version: &str) -> Vec<u8> {
        let id = Field { name: "lead_id".into(), kind: FieldKind::Text, role: Role::Id, ..Field::default() };
        let schema = Schema { fields: vec![id, Field { name: "visits".into(), ..Field::default() }] };
        let linear = Linear { arithmetic: Arithmetic::F64, base: vec![-1.0], weights: vec![0.5], means: vec![] };
        let columns = vec![Column { name: "visits".into(), categorical: false }];
        let model =
            plumbline_core::model::Model { columns, body: Body::Linear(linear), link: Link::Logistic { scale: 1.0 }, outputs: 1 };
        let manifest = Manifest { name: "sample".into(), version: version.into(), schema, ..Manifest::default() };
        Bundle::new(manifest, model).write().unwrap()
    }

    /// The status of one scoring over a connection of its own, and how long it took.
    fn ask(address: SocketAddr) -> (String, Duration) {
        let began = clock::start();
        let mut stream = BufReader::new(TcpStream::connect(address).unwrap());
        let body = r#"{"lead_id":"a","visits":4}"#;
        let head = format!("POST /v1/score HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.get_mut().write_all(format!("{head}{body}").as_bytes()).unwrap();
        let mut status = String::new();
        stream.read_line(&mut status).unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
        (status, began.elapsed())
    }

    #[test]
    fn a_version_that_waits_or_panics_after_the_answer_changes_no_answer() {
        let allocation = AllocationSettings { shadow: vec!["2".into()], ..AllocationSettings::champion_only("1") };
        let settings = Settings { allocation: Some(allocation), ..Settings::default() };
        let service = Arc::new(Service::new(settings, vec![model("1"), model("2")], "test").unwrap());
        let (log, writer, _) = Log::open(&crate::store::Place::Memory, &service).unwrap();
        let (later, scorer) = Later::start(&service, log.clone()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let host = Host { service: Arc::clone(&service), log, later, lifecycle: None, page: Arc::new(Page::default()) };
        let answering = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(accept(listener, host, stopped));
        });
        let counted = |name: &str| {
            let text = service.metrics().text();
            let line = text.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned));
            line.unwrap().trim().parse::<u64>().unwrap()
        };
        let wait = |name: &str, count| {
            let began = clock::start();
            while counted(name) < count {
                assert!(began.elapsed() < Duration::from_secs(60), "{name} is {}", counted(name));
                std::thread::sleep(Duration::from_millis(5));
            }
        };
        const PAUSE: Duration = Duration::from_millis(400);
        service.inject("2", Fault::Wait(PAUSE));
        let answers: Vec<_> = (0..4).map(|_| ask(address)).collect();
        assert!(answers.iter().all(|(status, took)| status.contains(" 200 ") && *took < PAUSE), "{answers:?}");
        wait("plumbline_log_rows_written_total", 8);
        service.inject("2", Fault::Panic);
        let answers: Vec<_> = (0..4).map(|_| ask(address)).collect();
        assert!(answers.iter().all(|(status, _)| status.contains(" 200 ")), "{answers:?}");
        wait("plumbline_shadow_requests_failed_total", 4);
        service.inject("1", Fault::Panic);
        assert!(ask(address).0.contains(" 500 "), "the model that answers panicked");
        service.inject("none", Fault::Panic);
        assert!(ask(address).0.contains(" 200 "));
        stop.send(true).unwrap();
        answering.join().unwrap();
        scorer.finish();
        writer.finish();
        let rows = counted("plumbline_log_rows_written_total");
        assert_eq!(
            rows,
            8 + 4 + 4 + 1 + 2,
            "a panic is a row of its version; the thread outlives them, and ends with its work done"
        );
    }

    #[test]
    fn models_are_asked_for_a_lead_of_their_own_once_someone_counts_deployments() {
        let service = Arc::new(Service::new(Settings::default(), vec![model("1")], "test").unwrap());
        let bytes = bundle("1");
        let digest = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let (log, writer, _) = Log::open(&crate::store::Place::Memory, &service).unwrap();
        let (jobs, receiver) = sync_channel(1);
        let (asked, sink) = (Arc::clone(&service), log.clone());
        let every = Duration::from_millis(1);
        let scorer = std::thread::spawn(move || score(&receiver, &asked, &sink, &AtomicUsize::new(0), every));
        let pending = || service.metrics().text().contains("plumbline_log_rows_written_total 0\n");
        std::thread::sleep(Duration::from_millis(20));
        assert!(pending(), "nobody counts deployments yet");
        let allocation = AllocationSettings::champion_only("1");
        service.deploy(&Deployed { epoch: 1, effective_ms: 0, allocation, models: vec![digest] }, &[&bytes]).unwrap();
        let began = clock::start();
        while pending() {
            assert!(began.elapsed() < Duration::from_secs(60));
            std::thread::sleep(Duration::from_millis(5));
        }
        drop((jobs, log));
        scorer.join().unwrap();
        writer.finish();
    }
}
