//! The lifecycle of a store on this machine: one thread that owns control object and shard, answers its requests and does what is due.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use plumbline_core::rollout::Policy;
use plumbline_core::route::AllocationSettings;
use plumbline_worker::control::Fault;
use plumbline_worker::{Control, Lifecycle, LogShard, Request, Response, Service, world};
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use super::sender::Post;
use crate::output::terminal;
use crate::store::{Home, Place, Store};
use crate::{Failure, clock, memory};

/// What is due is done this often.
const TICK: Duration = Duration::from_secs(2);

/// So long a tick digests leads, lest requests and commands wait: where rows come faster, it catches up later.
const DIGEST: Duration = Duration::from_millis(200);

/// So long a retraining works before requests are looked for: about two trees of a large one.
const TRAINING: Duration = Duration::from_millis(40);

/// What is older than the policy keeps is deleted this often.
const EXPIRY: Duration = Duration::from_secs(3600);

/// Control hears from the instance this often.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Requests with outcomes that are answered together: under load the store is asked once for many.
const TOGETHER: usize = 100;

/// While messages are under way, what became of them is looked for this often.
const SENDING: Duration = Duration::from_millis(50);

/// A request on its way to the lifecycle.
struct Call {
    method: String,
    path: String,
    query: String,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
    answer: oneshot::Sender<Response>,
}

impl Call {
    fn headers(&self) -> Vec<(&str, &str)> {
        self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    fn request<'c>(&'c self, headers: &'c [(&'c str, &'c str)]) -> Request<'c> {
        Request { method: &self.method, path: &self.path, query: &self.query, headers, body: &self.body }
    }

    fn has_outcomes(&self) -> bool {
        self.method == "POST" && self.path == "/v1/outcomes"
    }
}

/// Where requests to the lifecycle are handed over.
#[derive(Clone)]
pub struct Door {
    calls: mpsc::Sender<Call>,
}

/// The lifecycle's thread.
pub struct Keeper {
    thread: JoinHandle<()>,
}

/// The lifecycle in the folder, which is made where it does not exist, or the PostgreSQL database that `store` names.
///
/// # Errors
/// A store cannot be opened, or is none of this program's.
pub fn open(store: &Path, policy: Policy, base: AllocationSettings) -> Result<Lifecycle<Store>, Failure> {
    let Home { control, log } = Home::of(store)?;
    let mut opened = control.open().and_then(|store| Control::open(store, policy, base)).map_err(|e| control.failure(&e))?;
    opened.seed(super::random()?);
    opened.hash_personal(std::env::var(super::log::SECRET).unwrap_or_default());
    let shard = log.open().and_then(LogShard::open).map_err(|e| log.failure(&e))?;
    Ok(Lifecycle::new(opened, vec![shard]))
}

/// Deployments that another program decided are looked for this often: no answer by an older one comes later than a second.
const POLL: Duration = Duration::from_millis(250);

/// Has `service` serve what any program with this store deploys, for as long as it exists: by a thread and a connection of its own, for the
/// lifecycle's thread may be busy.
///
/// # Errors
/// The system gives no thread.
pub fn watch_deployments(store: &Path, service: &Arc<Service>) -> Result<(), Failure> {
    let (place, service) = (Home::of(store)?.control, Arc::downgrade(service));
    let watch = move || {
        let mut control = None;
        while let Some(service) = service.upgrade() {
            let open = || place.open().and_then(|store| Control::open(store, Policy::default(), super::demo::base())).ok();
            control = control.or_else(open);
            // What fails is reported by the lifecycle's thread, which meets it too.
            if control.as_mut().is_some_and(|control| serve_newest(control, &service).is_err()) {
                control = None;
            }
            drop(service);
            std::thread::sleep(POLL);
        }
    };
    std::thread::Builder::new().name("deployments".into()).spawn(watch).map_err(super::no_thread)?;
    Ok(())
}

/// The file whose presence is the kill switch of hosts, where their store is a folder.
const KILLED: &str = "killed";
/// It is looked for this often.
const LOOK: Duration = Duration::from_millis(250);
/// A host says this often that it looks for it …
const SAY: Duration = Duration::from_secs(5);
/// … and is believed for so long.
const BELIEVED: Duration = Duration::from_secs(15);

/// The file that is the kill switch of this machine's hosts of `store`: `given`, or `killed` in the store's folder, or for a database a
/// file in the folder for temporary files, named by the database's address without user and password.
pub fn switch_of(store: &Path, given: Option<&Path>) -> PathBuf {
    if let Some(given) = given {
        return given.to_owned();
    }
    match store.to_str().and_then(|text| text.split_once("://")) {
        None => store.join(KILLED),
        Some((_, rest)) => {
            let address = rest.rsplit_once('@').map_or(rest, |(_, address)| address);
            let name: String = Sha256::digest(address).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            std::env::temp_dir().join(format!("plumbline-{name}.killed"))
        }
    }
}

/// The file in which a host says that it looks for `switch`.
fn watched(switch: &Path) -> PathBuf {
    let mut name = switch.as_os_str().to_owned();
    name.push(".watched");
    name.into()
}

/// Throws the kill switch `switch`, for a reason, or takes it back. Whether a host on this machine looks for it.
///
/// # Errors
/// The file cannot be written or removed.
pub fn kill(switch: &Path, reason: Option<&str>) -> Result<bool, Failure> {
    let done = match reason {
        Some(reason) => std::fs::write(switch, format!("{reason}\n")),
        None => std::fs::remove_file(switch).or_else(|e| if e.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(e) }),
    };
    done.map_err(Failure::write(switch.display().to_string()))?;
    let said = std::fs::metadata(watched(switch)).and_then(|about| about.modified());
    Ok(said.is_ok_and(|said| said.elapsed().is_ok_and(|ago| ago < BELIEVED)))
}

/// Has `service` follow the kill switch `switch` for as long as it exists: by a thread of its own, for control may be what fails.
///
/// # Errors
/// The system gives no thread.
pub fn watch_switch(switch: PathBuf, service: &Arc<Service>) -> Result<(), Failure> {
    let (watched, service) = (watched(&switch), Arc::downgrade(service));
    let watch = move || {
        let mut was_killed = false;
        let mut said: Option<Instant> = None;
        while let Some(service) = service.upgrade() {
            let is_killed = switch.exists();
            if is_killed != was_killed {
                let state = if is_killed { "on: the champion scores all leads" } else { "off" };
                terminal::note(&format!("the kill switch is {state}"));
                if let Err(e) = service.kill(is_killed) {
                    terminal::note(&format!("error[{}]: {e}", e.code()));
                }
                was_killed = is_killed;
            }
            drop(service);
            if said.is_none_or(|said| said.elapsed() >= SAY) {
                // Where it cannot be written, `plumbline kill` says that no host is known to look.
                let _ = std::fs::write(&watched, format!("{}\n", std::process::id()));
                said = Some(crate::clock::start());
            }
            std::thread::sleep(LOOK);
        }
        let _ = std::fs::remove_file(&watched);
    };
    std::thread::Builder::new().name("kill-switch".into()).spawn(watch).map_err(super::no_thread)?;
    Ok(())
}

/// Whether there is a store where `store` says.
pub fn exists(store: &Path) -> bool {
    // A folder is made where it is opened; a database is there or not.
    match store.is_dir() {
        true => Home::of(store).is_ok_and(|home| matches!(home.control, Place::File(file) if file.exists())),
        false => matches!(store.to_str(), Some(text) if text.contains("://")),
    }
}

/// The lifecycle in `folder` under the rules and the draw that its service noted.
///
/// # Errors
/// A file cannot be opened, or is none of this program's.
pub fn reopen(folder: &Path) -> Result<Lifecycle<Store>, Failure> {
    let mut lifecycle = open(folder, Policy::default(), super::demo::base())?;
    let recalled = lifecycle.control().recall();
    recalled.map_err(|e| Failure::Service { code: e.code(), message: format!("{}: {e}", folder.display()) })?;
    Ok(lifecycle)
}

impl Door {
    /// Starts the thread that owns `lifecycle` and deploys to `service`. `is_local`: only callers on this machine reach it, who may read and
    /// ingest without a key.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(lifecycle: Lifecycle<Store>, service: Arc<Service>, is_local: bool) -> Result<(Door, Keeper), Failure> {
        let (calls, received) = mpsc::channel();
        let mut lifecycle = lifecycle;
        let post = Post::new(lifecycle.control().policy().alerts.notify.allow_loopback);
        let keep = move || keep(lifecycle, &service, &received, is_local, post);
        let thread = std::thread::Builder::new().name("lifecycle".into()).spawn(keep).map_err(super::no_thread)?;
        Ok((Door { calls }, Keeper { thread }))
    }

    /// Whether requests of `method` to `path` belong here.
    pub fn takes(method: &str, path: &str) -> bool {
        Lifecycle::<Store>::takes(method, path)
    }

    /// The answer to a request; none where the thread has ended.
    pub async fn answer(&self, request: &Request<'_>, headers: Vec<(&'static str, String)>, body: Bytes) -> Option<Response> {
        let (answer, answered) = oneshot::channel();
        let call = Call {
            method: request.method.to_owned(),
            path: request.path.to_owned(),
            query: request.query.to_owned(),
            headers,
            body,
            answer,
        };
        self.calls.send(call).ok()?;
        answered.await.ok()
    }
}

impl Keeper {
    /// Waits for the thread; the last [`Door`] must be gone.
    pub fn finish(self) {
        // A thread that panicked has said so itself.
        drop(self.thread.join());
    }
}

fn keep(mut lifecycle: Lifecycle<Store>, service: &Service, calls: &mpsc::Receiver<Call>, is_local: bool, mut post: Post) {
    service.expect_deployments(clock::now());
    follow(&mut lifecycle, service, is_local);
    let (mut due, mut beat, mut expiry) = (clock::start(), clock::start(), clock::start() + EXPIRY);
    let mut next = None;
    let mut trains = false;
    loop {
        let wait = if trains { Duration::ZERO } else { due.saturating_duration_since(clock::start()) };
        let wait = if post.is_busy() { wait.min(SENDING) } else { wait };
        match next.take().map_or_else(|| calls.recv_timeout(wait), Ok) {
            Ok(call) if call.has_outcomes() => next = take_outcomes(&mut lifecycle, call, calls, is_local),
            Ok(call) => {
                let response = lifecycle.answer(clock::now().0, &call.request(&call.headers()), is_local);
                // A command may have changed who serves: hosts learn of it before the caller does. What others changed comes with a tick.
                if Lifecycle::<Store>::changes(&call.method, &call.path) {
                    follow(&mut lifecycle, service, is_local);
                    show(&mut lifecycle, service);
                }
                // The caller may have gone.
                let _ = call.answer.send(response);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        // A step of it after each request: neither waits for the other for long.
        if trains {
            trains = train(&mut lifecycle);
        }
        // Also while requests come without a pause.
        if clock::start() < due {
            if post.is_busy() {
                deliver(&mut lifecycle, &mut post);
            }
            continue;
        }
        let until = clock::start() + DIGEST;
        if let Err(fault) = lifecycle.tick_while(clock::now().0, &mut || clock::start() < until) {
            terminal::note(&format!("error[LIFECYCLE]: {fault}"));
        }
        trains = train(&mut lifecycle);
        follow(&mut lifecycle, service, is_local);
        show(&mut lifecycle, service);
        if clock::start() >= beat {
            beat = clock::start() + HEARTBEAT;
            let now = clock::now();
            if let Err(e) = lifecycle.control().heard(now.0, &service.heartbeat(now, memory::resident())) {
                terminal::note(&format!("error[{}]: the heartbeat was not stored: {e}", e.code()));
            }
        }
        if clock::start() >= expiry {
            expiry = clock::start() + EXPIRY;
            if let Err(e) = lifecycle.expire(clock::now().0) {
                terminal::note(&format!("error[{}]: what is too old was not deleted: {e}", e.code()));
            }
        }
        deliver(&mut lifecycle, &mut post);
        due = clock::start() + TICK;
    }
}

/// Works on a retraining for a moment; whether there is more to do.
fn train(lifecycle: &mut Lifecycle<Store>) -> bool {
    let until = clock::start() + TRAINING;
    lifecycle.retrain_while(clock::now().0, &mut || clock::start() < until).unwrap_or_else(|fault| {
        terminal::note(&format!("error[RETRAIN]: {fault}; the next tick goes on"));
        false
    })
}

/// Answers `first` and the requests with outcomes that wait behind it; the request after them, where one waits.
fn take_outcomes(lifecycle: &mut Lifecycle<Store>, first: Call, calls: &mpsc::Receiver<Call>, is_local: bool) -> Option<Call> {
    let (mut together, mut next) = (vec![first], None);
    while together.len() < TOGETHER && next.is_none() {
        match calls.try_recv() {
            Ok(call) if call.has_outcomes() => together.push(call),
            Ok(call) => next = Some(call),
            Err(_) => break,
        }
    }
    let now = clock::now().0;
    let headers: Vec<Vec<(&str, &str)>> = together.iter().map(Call::headers).collect();
    let requests: Vec<Request<'_>> = together.iter().zip(&headers).map(|(call, headers)| call.request(headers)).collect();
    let responses = lifecycle.answer_outcomes(now, &requests, is_local);
    for (call, response) in together.into_iter().zip(responses) {
        let _ = call.answer.send(response);
    }
    next
}

/// Sends the messages that are due, and notes what became of earlier ones.
fn deliver(lifecycle: &mut Lifecycle<Store>, post: &mut Post) {
    if let Err(e) = post.turn(lifecycle.control(), clock::now().0) {
        terminal::note(&format!("error[{}]: messages were not sent: {e}", e.code()));
    }
}

/// Serves what control has deployed to the owners of its keys. While control can be read, what is served is not stale.
fn follow(lifecycle: &mut Lifecycle<Store>, service: &Service, is_local: bool) {
    match lifecycle.control().access(clock::now().0) {
        Ok(access) => service.admit(access, is_local),
        Err(e) => terminal::note(&format!("error[{}]: keys cannot be read: {e}; those known stay in force", e.code())),
    }
    if let Err(fault) = serve_newest(lifecycle.control(), service) {
        terminal::note(&format!("error[DEPLOY]: {fault}; what was served is served on"));
    }
}

/// Has `service` serve the newest deployment of `control`.
fn serve_newest(control: &mut Control<Store>, service: &Service) -> Result<(), Fault> {
    match control.deployed()? {
        Some(deployed) if service.heard(clock::now(), deployed.epoch) => world::deploy(service, control, &deployed),
        _ => Ok(()),
    }
}

/// Shows the lifecycle in `/metrics`; what cannot be read is left out.
fn show(lifecycle: &mut Lifecycle<Store>, service: &Service) {
    service.show_gauges(lifecycle.control().gauges(clock::now().0).unwrap_or_default());
}
