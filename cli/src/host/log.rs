//! The prediction log: one thread writes, whoever answers hands rows over a channel. Rows that wait together are committed
//! together.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use plumbline_worker::{Batch, Effects, Gap, Journal, LogMode, LogShard, Metrics, Service, SqlError};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot};

use crate::output::terminal;
use crate::store::{Place, Store};
use crate::{Failure, clock};

/// Requests whose rows may wait for the writer; beyond that answers wait for it.
const WAITING: usize = 16_384;

/// The environment's variable with the key by which personal fields are hashed.
pub const SECRET: &str = "PLUMBLINE_SECRET";

/// Bytes of rows that wait for a store that is out of reach.
const HELD_BYTES: usize = 64 << 20;
/// Pauses between tries of a store that fails: at once, they make one that is slow slower.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(200)];

/// How often a store that has rejected rows is tried again.
const TRIAL: Duration = Duration::from_secs(1);

/// Rows of one request, and who wants to know that they are committed.
struct Note {
    effects: Effects,
    committed: Option<oneshot::Sender<bool>>,
}

/// Where rows are handed over; one per thread that answers.
#[derive(Clone)]
pub struct Log {
    notes: mpsc::Sender<Note>,
    mode: LogMode,
    service: Arc<Service>,
}

/// Stretches of which rows may be missing, each with the run that was killed in it.
pub type Gaps = Vec<(String, Gap)>;

/// The writing thread.
pub struct Writer {
    thread: JoinHandle<()>,
}

impl Log {
    /// Opens the log at `place` and starts its writer. Also the stretches of which rows may be missing, by the run that was killed in them.
    pub fn open(place: &Place, service: &Arc<Service>) -> Result<(Log, Writer, Gaps), Failure> {
        let mut shard = place.open().and_then(LogShard::open).map_err(|e| place.failure(&e))?;
        let gaps = gaps(&mut shard).map_err(|e| place.failure(&e))?;
        let run = format!("{} {}", service.instance(), process());
        if service.settings().log == LogMode::Batched {
            shard.begin_run(&run).map_err(|e| place.failure(&e))?;
        }
        let (notes, receiver) = mpsc::channel(WAITING);
        let mode = service.settings().log;
        let (service, counting) = (service.clone(), service.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(super::no_thread)?;
        let thread = std::thread::Builder::new()
            .name("log".into())
            .spawn(move || write(&runtime, receiver, Stored::new(shard, service, run)))
            .map_err(super::no_thread)?;
        Ok((Log { notes, mode, service: counting }, Writer { thread }, gaps))
    }

    /// Takes the rows of one answer. In durable mode it returns once they are committed. False: they are lost. A caller that leaves
    /// while the writer is too busy to take them takes them along.
    pub async fn take(&self, effects: Effects, metrics: &Metrics) -> bool {
        if effects.predictions.is_empty() {
            return true;
        }
        let rows = effects.predictions.len() as u64;
        let place = self.notes.reserve().await;
        metrics.queued(rows);
        let Ok(place) = place else {
            // The writer is gone.
            metrics.failed(rows);
            return false;
        };
        if self.mode == LogMode::Batched {
            place.send(Note { effects, committed: None });
            return true;
        }
        let (committed, commit) = oneshot::channel();
        place.send(Note { effects, committed: Some(committed) });
        commit.await.unwrap_or(false)
    }

    /// Takes rows that no answer waits for, if the writer has room.
    pub fn try_take(&self, effects: Effects, metrics: &Metrics) {
        let rows = effects.predictions.len() as u64;
        if let Some(place) = self.notes.try_reserve().ok().filter(|_| rows > 0) {
            metrics.queued(rows);
            place.send(Note { effects, committed: None });
        }
    }

    /// Takes rows that no answer waits for, from a thread without an event loop.
    pub fn take_later(&self, effects: Effects) {
        let rows = effects.predictions.len() as u64;
        if rows == 0 {
            return;
        }
        let metrics = self.service.metrics();
        metrics.queued(rows);
        if self.notes.blocking_send(Note { effects, committed: None }).is_err() {
            metrics.failed(rows);
        }
    }
}

impl Writer {
    /// Waits until every row handed over is committed; the last [`Log`] must be gone.
    pub fn finish(self) {
        // A writer that panicked has said so itself.
        drop(self.thread.join());
    }
}

/// Writes what is handed over until the last [`Log`] is gone. The store is used outside of the event loop: a driver may have one of its own.
fn write(runtime: &Runtime, mut notes: mpsc::Receiver<Note>, mut store: Stored) {
    // Never in the settings, which are shown.
    let secret = std::env::var(SECRET).unwrap_or_default();
    let service = Arc::clone(&store.service);
    let mut journal = Journal::new(service.settings(), service.instance()).with_secret(secret);
    // However long rows may wait, full batches, an end and a crowded channel are looked after this often.
    let patience = Duration::from_millis(u64::from(service.settings().flush_ms.clamp(1, 50)));
    let is_durable = service.settings().log == LogMode::Durable;
    let mut waiting = Vec::new();
    let mut open = true;
    while open {
        let mut note = runtime.block_on(async {
            if journal.rows() == 0 && (!service.metrics().is_storable() || !store.held.is_empty()) {
                // A host that is not ready receives no leads, so the store is tried without any until it takes rows again.
                let note = tokio::time::timeout(TRIAL, notes.recv()).await;
                open = !matches!(note, Ok(None));
                note.ok().flatten()
            } else if journal.rows() == 0 {
                let note = notes.recv().await;
                open = note.is_some();
                note
            } else if is_durable {
                // These rows can wait for those of the next answer, which cannot.
                let note = tokio::time::timeout(patience, notes.recv()).await;
                open = !matches!(note, Ok(None));
                note.ok().flatten()
            } else {
                // No request waits for these rows: one wake-up serves all that arrive meanwhile.
                tokio::time::sleep(patience).await;
                let note = notes.try_recv();
                open = !matches!(note, Err(mpsc::error::TryRecvError::Disconnected));
                note.ok()
            }
        });
        if note.is_none() && journal.rows() == 0 && open {
            store.probe();
        }
        let mut due = Vec::new();
        // Everything that waits by now goes into the same commit.
        while let Some(Note { effects, committed }) = note {
            due.extend(journal.push(clock::now(), &effects));
            waiting.extend(committed);
            note = notes.try_recv().ok();
        }
        due.extend(if waiting.is_empty() && open { journal.tick(clock::now()) } else { journal.flush() });
        // Every batch is tried, whatever became of those before it.
        let failed = due.into_iter().map(|batch| store.append(batch, is_durable)).filter(|is_kept| !is_kept).count();
        for waiter in waiting.drain(..) {
            // Whoever waited may have gone.
            let _ = waiter.send(failed == 0);
        }
    }
    store.finish();
}

/// The shard, and batches that wait for it to take rows again.
struct Stored {
    shard: LogShard<Store>,
    service: Arc<Service>,
    /// The name of this run of the service.
    run: String,
    /// Of answers that were sent already, in the order of their making.
    held: VecDeque<Batch>,
    held_bytes: usize,
    /// When held batches are tried next.
    due: Instant,
}

impl Stored {
    fn new(shard: LogShard<Store>, service: Arc<Service>, run: String) -> Stored {
        Stored { shard, service, run, held: VecDeque::new(), held_bytes: 0, due: clock::start() }
    }

    /// Whether `batch` is stored, or waits to be. An answer that waits for its rows does so once more where the connection broke: a batch
    /// has a name and is stored once. Rows whose answers were sent are held while the store is out of reach; other faults are tried three
    /// times.
    fn append(&mut self, batch: Batch, is_durable: bool) -> bool {
        if !is_durable && !self.held.is_empty() {
            // Those before it come first.
            self.retry();
            if !self.held.is_empty() {
                return self.hold(batch);
            }
        }
        let mut pauses = if is_durable { [Duration::ZERO].iter() } else { PAUSES.iter() };
        loop {
            let error = match self.shard.append(&batch.text) {
                Ok(()) => {
                    self.service.metrics().committed(batch.rows.into());
                    return true;
                }
                Err(error) => error,
            };
            let is_away = matches!(error, SqlError::Unreachable(_) | SqlError::Busy(_));
            if is_away && !is_durable {
                terminal::note(&format!("error[{}]: {error}; rows wait for it", error.code()));
                return self.hold(batch);
            }
            // An answer does not wait for faults that do not pass by themselves.
            let pause = pauses.next().filter(|_| is_away || !is_durable);
            match pause {
                Some(pause) => std::thread::sleep(*pause),
                None => return self.lose(&batch, &error),
            }
        }
    }

    /// Keeps `batch` for later, as far as there is room.
    fn hold(&mut self, batch: Batch) -> bool {
        if self.held_bytes + batch.text.len() > HELD_BYTES {
            let full = SqlError::Full(format!("{} MB of rows wait already", HELD_BYTES >> 20));
            return self.lose(&batch, &full);
        }
        self.held_bytes += batch.text.len();
        self.held.push_back(batch);
        self.due = clock::start() + TRIAL;
        true
    }

    /// Stores what was held, if a while has passed.
    fn retry(&mut self) {
        if self.held.is_empty() || clock::start() < self.due {
            return;
        }
        while let Some(batch) = self.held.front() {
            match self.shard.append(&batch.text) {
                Ok(()) => self.service.metrics().committed(batch.rows.into()),
                Err(SqlError::Unreachable(_) | SqlError::Busy(_)) => {
                    self.due = clock::start() + TRIAL;
                    return;
                }
                Err(error) => {
                    let batch = batch.clone();
                    self.lose(&batch, &error);
                }
            }
            let stored = self.held.pop_front();
            self.held_bytes -= stored.map_or(0, |batch| batch.text.len());
        }
        terminal::note("the store takes rows again, and has all that waited for it");
    }

    /// Tries the store without new rows.
    fn probe(&mut self) {
        if self.held.is_empty() {
            self.service.metrics().storable(self.shard.probe().is_ok());
        } else {
            self.retry();
        }
    }

    /// Counts the rows of `batch` as lost, and reports it.
    fn lose(&mut self, batch: &Batch, error: &SqlError) -> bool {
        self.service.metrics().failed(batch.rows.into());
        terminal::note(&format!("error[{}]: {} log rows were lost: {error}", error.code(), batch.rows));
        false
    }

    /// A last try for what is held.
    fn finish(mut self) {
        self.due = clock::start();
        self.retry();
        while let Some(batch) = self.held.pop_front() {
            self.lose(&batch, &SqlError::Unreachable("the service stops".into()));
        }
        // Rows that are lost are counted; a store out of reach hears of the end from no one.
        drop(self.shard.end_run(&self.run));
    }
}

/// What is known of this process: its machine's name and its number.
fn process() -> String {
    format!("{} {}", machine(), std::process::id())
}

fn machine() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").map_or_else(|_| "here".to_owned(), |name| name.trim().replace(' ', "-"))
}

/// Whether the process of a run, which was of this machine, is no more. Of another machine's nothing is known.
fn is_over(run: &str) -> bool {
    let mut words = run.split(' ').skip(1);
    let (Some(at), Some(number)) = (words.next(), words.next()) else { return true };
    let is_ours = number == std::process::id().to_string();
    at == machine() && (is_ours || !std::path::Path::new("/proc").join(number).exists())
}

/// Notes which runs were killed, and of which stretches their rows may be missing.
fn gaps(shard: &mut LogShard<Store>) -> Result<Gaps, SqlError> {
    let over = shard.runs()?.into_iter().filter(|run| is_over(run)).collect::<Vec<_>>();
    over.into_iter()
        .map(|run| {
            let gap = shard.cut(&run, clock::now().0)?;
            shard.end_run(&run)?;
            Ok((run, gap))
        })
        .collect()
}
