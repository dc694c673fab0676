//! The prediction log: one thread writes, whoever answers hands rows over a channel. Rows that wait together are committed
//! together.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use plumbline_worker::{Batch, Effects, Journal, LogMode, LogShard, Metrics, Service, SqlError};
use tokio::sync::{mpsc, oneshot};

use crate::output::terminal;
use crate::store::Store;
use crate::{Failure, clock};

/// Requests whose rows may wait for the writer; beyond that answers wait for it.
const WAITING: usize = 16_384;

/// The environment's variable with the key by which personal fields are hashed.
const SECRET: &str = "PLUMBLINE_SECRET";

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

/// The writing thread.
pub struct Writer {
    thread: JoinHandle<()>,
}

impl Log {
    /// Opens the log at `path` (none: in memory) and starts its writer.
    pub fn open(path: Option<PathBuf>, service: &Arc<Service>) -> Result<(Log, Writer), Failure> {
        let place = path.as_ref().map_or_else(|| "the in-memory log".to_owned(), |path| path.display().to_string());
        let refused = |e: SqlError| Failure::Service { code: e.code(), message: format!("{place}: {e}") };
        let shard = LogShard::open(Store::open(path.as_deref()).map_err(refused)?).map_err(refused)?;
        let (notes, receiver) = mpsc::channel(WAITING);
        let mode = service.settings().log;
        let (service, counting) = (service.clone(), service.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(super::no_thread)?;
        let thread = std::thread::Builder::new()
            .name("log".into())
            .spawn(move || runtime.block_on(write(receiver, shard, service)))
            .map_err(super::no_thread)?;
        Ok((Log { notes, mode, service: counting }, Writer { thread }))
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

async fn write(mut notes: mpsc::Receiver<Note>, mut shard: LogShard<Store>, service: Arc<Service>) {
    // Never in the settings, which are shown.
    let secret = std::env::var(SECRET).unwrap_or_default();
    let mut journal = Journal::new(service.settings(), service.instance()).with_secret(secret);
    // However long rows may wait, full batches, an end and a crowded channel are looked after this often.
    let patience = Duration::from_millis(u64::from(service.settings().flush_ms.clamp(1, 50)));
    let mut waiting = Vec::new();
    let mut open = true;
    while open {
        let mut note = if journal.rows() == 0 && !service.metrics().is_storable() {
            // A host that is not ready receives no leads, so the store is tried without any until it takes rows again.
            let note = tokio::time::timeout(TRIAL, notes.recv()).await;
            open = !matches!(note, Ok(None));
            if note.is_err() {
                service.metrics().storable(shard.probe().is_ok());
            }
            note.ok().flatten()
        } else if journal.rows() == 0 {
            let note = notes.recv().await;
            open = note.is_some();
            note
        } else if service.settings().log == LogMode::Durable {
            // These rows can wait for those of the next answer, which cannot.
            let note = tokio::time::timeout(patience, notes.recv()).await;
            open = !matches!(note, Ok(None));
            note.ok().flatten()
        } else {
            // Rows are there and nobody waits for them: one wake for all that come meanwhile, not one each.
            tokio::time::sleep(patience).await;
            let note = notes.try_recv();
            open = !matches!(note, Err(mpsc::error::TryRecvError::Disconnected));
            note.ok()
        };
        let mut due = Vec::new();
        // Everything that waits by now goes into the same commit.
        while let Some(Note { effects, committed }) = note {
            due.extend(journal.push(clock::now(), &effects));
            waiting.extend(committed);
            note = notes.try_recv().ok();
        }
        due.extend(if waiting.is_empty() && open { journal.tick(clock::now()) } else { journal.flush() });
        if due.is_empty() {
            continue;
        }
        // Every batch is tried, whatever became of those before it.
        let failed = due.iter().filter(|batch| !append(&mut shard, batch, &service)).count();
        let committed = failed == 0;
        for waiter in waiting.drain(..) {
            // Whoever waited may have gone.
            let _ = waiter.send(committed);
        }
    }
}

/// Commits `batch`; whether that went well is counted, and told when not.
fn append(shard: &mut LogShard<Store>, batch: &Batch, service: &Service) -> bool {
    let rows = u64::from(batch.rows);
    match shard.append(&batch.text) {
        Ok(()) => {
            service.metrics().committed(rows);
            true
        }
        Err(e) => {
            service.metrics().failed(rows);
            terminal::note(&format!("error[{}]: {rows} log rows were lost: {e}", e.code()));
            false
        }
    }
}
