//! `plumbline serve`: the native host of the service. Threads answer, each with its own event loop; one thread writes the log.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::{Args, ValueEnum};
use plumbline_core::Bundle;
use plumbline_core::rollout::Policy;
use plumbline_core::schema::Problem;
use plumbline_worker::control::Fault;
use plumbline_worker::{Lifecycle, LogMode, Model, Scope, Service, Settings, world};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use tokio::sync::watch;

use crate::host::connection::{self, Host};
use crate::host::demo;
use crate::host::later::Later;
use crate::host::lifecycle::{self, Door};
use crate::host::log::Log;
use crate::host::no_thread;
use crate::host::page::{self, Page};
use crate::input::policy::said;
use crate::input::{model_file, native, read_settings};
use crate::output::{Interrupt, terminal};
use crate::store::{Home, Place, Store};
use crate::{Failure, Outcome, clock};

/// Serve scoring requests over HTTP
#[derive(Debug, Args)]
#[command(after_help = "\
Routes are listed at /openapi.json: POST /v1/score, /invocations, /v2/…, GET /v1/models, /health/live, /health/ready, /metrics.

Each prediction is a row of the log (view prediction_logs). With --log batched, answers are sent before rows are stored: the rows of
the last 50 ms are lost if the process is killed. With --log durable, an answer is sent after its row is committed; waiting rows are
committed together.

On SIGHUP, SIGINT or SIGTERM the server stops accepting connections, answers the requests in progress, writes the log and exits with code 0.

Examples:
  plumbline serve --model web-leads.plumb --db predictions.sqlite
  plumbline serve --model web-leads.plumb --page web/dist
  plumbline serve --model a.plumb --model b.plumb --listen 0.0.0.0:8080 --log durable --db log.sqlite
  curl -s localhost:8788/v1/score -d '{\"lead_id\": \"42\", \"visits\": 7}'")]
pub struct Serve {
    /// A bundle; can be repeated. The first is used when a request names none, unless the settings have an allocation
    #[arg(long = "model", value_name = "M.plumb", required_unless_present_any = ["store", "demo"])]
    models: Vec<PathBuf>,
    /// Address and port; port 0 picks a free port and prints it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8788")]
    listen: SocketAddr,
    /// SQLite file of the prediction log [default: in memory, lost at exit]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["store", "demo"])]
    db: Option<PathBuf>,
    /// Folder, or address of a PostgreSQL database (postgres://…), with the prediction log and the lifecycle: models, rollouts, ledger,
    /// report. The first model of an empty one is the first --model; after that the rollout says what serves
    #[arg(long, value_name = "FOLDER|ADDRESS")]
    store: Option<PathBuf>,
    /// The file whose presence is the kill switch of this host (plumbline kill) [default: killed in the store's folder; for a database a file
    /// in the folder for temporary files, named by its address]
    #[arg(long, value_name = "FILE", requires = "store")]
    switch: Option<PathBuf>,
    /// Play eight weeks of a simulated company into the store if it is empty, and serve it [store: a temporary folder unless --store]
    #[arg(long, conflicts_with = "models")]
    demo: bool,
    /// Whether a prediction is stored after its answer or before [default: from the settings, otherwise batched]
    #[arg(long, value_enum)]
    log: Option<Mode>,
    /// Settings: limits, reasons, CORS origins … (TOML, see docs/OPERATIONS.md)
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// A Great Expectations 1.x suite to check each lead against: critical rejects the lead, warning flags it
    #[arg(long, value_name = "SUITE.json")]
    suite: Option<PathBuf>,
    /// Folder of the built page, served at / [default: web/dist, else the one built into this command]
    #[arg(long, value_name = "FOLDER")]
    page: Option<PathBuf>,
    /// Number of worker threads [default: one per core]
    #[arg(long)]
    threads: Option<NonZero<usize>>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Mode {
    Batched,
    Durable,
}

impl Serve {
    /// Serves the bundle `model` at `listen`, by `settings`, as if no other option were given.
    pub fn of(model: PathBuf, listen: SocketAddr, settings: Option<PathBuf>) -> Serve {
        Serve {
            models: vec![model],
            listen,
            db: None,
            store: None,
            switch: None,
            demo: false,
            log: None,
            settings,
            suite: None,
            page: None,
            threads: None,
        }
    }

    /// Answers requests until a signal stops the process.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let (settings, policy) = self.settings()?;
        let mut kept = self.kept(&settings, policy)?;
        let settings = match &mut kept.lifecycle {
            Some(lifecycle) => lifecycle.control().settings(settings),
            None => settings,
        };
        let models = match &kept.models {
            Some(models) => models.clone(),
            None => self.models.iter().map(|path| open_model(path)).collect::<Result<Vec<_>, _>>()?,
        };
        let refused = |e: plumbline_worker::ServiceError| Failure::usage(e.code(), e.to_string());
        let service = Arc::new(Service::new(settings, models, &instance()).map_err(refused)?);
        for note in service.notes() {
            terminal::note(&note);
        }
        let page = Arc::new(self.page()?);
        let cannot =
            |e: io::Error| Failure::Service { code: "LISTEN_FAILED", message: format!("cannot listen on {}: {e}", self.listen) };
        let listener = TcpListener::bind(self.listen).map_err(cannot)?;
        listener.set_nonblocking(true).map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let place = kept.log.clone().or_else(|| self.db.clone().map(Place::File)).unwrap_or(Place::Memory);
        let (log, writer, gaps) = Log::open(&place, &service)?;
        for (run, gap) in &gaps {
            let lost = "the last run was killed: predictions that it answered at its end may be missing from the log";
            terminal::note(&format!("{lost} (see the notes of kind log_gap)"));
            if let Some(lifecycle) = &mut kept.lifecycle {
                let noted = lifecycle.control().note_gap(clock::now().0, run, *gap);
                noted.map_err(|fault| Failure::Service { code: fault.problem().code, message: fault.to_string() })?;
            }
        }
        let (later, scorer) = Later::start(&service, log.clone())?;
        let is_local = address.ip().is_loopback();
        if let Some(switch) = kept.switch.clone() {
            lifecycle::watch_switch(switch, &service)?;
        }
        if let Some(store) = &kept.store {
            lifecycle::watch_deployments(store, &service)?;
        }
        let (door, keeper) = match kept.lifecycle {
            Some(lifecycle) => {
                let (door, keeper) = Door::start(lifecycle, Arc::clone(&service), is_local)?;
                (Some(door), Some(keeper))
            }
            None => (None, None),
        };
        let (stop, stopped) = watch::channel(false);
        let threads = self.threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZero::get);
        let mut answering = Vec::new();
        for n in 0..threads {
            let listener = listener.try_clone().map_err(cannot)?;
            let host = Host {
                service: service.clone(),
                log: log.clone(),
                later: later.clone(),
                lifecycle: door.clone(),
                page: page.clone(),
            };
            let stopped = stopped.clone();
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            // The thread for large requests, which ends when there are none.
            runtime.enable_all().max_blocking_threads(1).thread_keep_alive(LARGE_REQUESTS);
            let runtime = runtime.build().map_err(no_thread)?;
            let answer = move || runtime.block_on(connection::accept(listener, host, stopped));
            answering.push(std::thread::Builder::new().name(format!("answer-{n}")).spawn(answer).map_err(no_thread)?);
        }
        drop((listener, log, later, door, stopped));
        // Watched before anyone is told that we listen: a signal that comes at once must not end what is not yet written.
        let signals = watch_signals()?;
        Interrupt::hand_over();
        if json {
            terminal::say(&serde_json::json!({ "listening": format!("http://{address}") }).to_string())?;
        } else {
            terminal::say(&format!("listening on http://{address}"))?;
            if let Some(key) = &kept.key {
                let shown = "key that may operate and approve as ML lead (shown once)";
                terminal::say(&format!(
                    "{shown}: {key}\n\n  export PLUMBLINE_KEY={key} PLUMBLINE_URL=http://{address}\n  plumbline rollout explain"
                ))?;
            }
        }
        wait_for(signals)?;
        terminal::note("stopping: answering the requests in progress and writing the log");
        // The threads may be gone already.
        let _ = stop.send(true);
        for thread in answering {
            drop(thread.join());
        }
        // The rows of the scorer go to the writer.
        scorer.finish();
        writer.finish();
        if let Some(keeper) = keeper {
            keeper.finish();
        }
        Ok(Outcome::Done)
    }

    /// The lifecycle of `--store`, its log, the models it serves, and a key that was made with it.
    fn kept(&self, settings: &Settings, policy: Policy) -> Result<Kept, Failure> {
        if self.store.is_none() && !self.demo {
            return Ok(Kept::default());
        }
        let temporary =
            if self.store.is_none() { Some(tempfile::tempdir().map_err(Failure::write("a temporary folder"))?) } else { None };
        let folder = match (&self.store, &temporary) {
            (Some(folder), _) => folder.clone(),
            (None, Some(temporary)) => temporary.path().to_owned(),
            (None, None) => return Ok(Kept::default()),
        };
        let base = settings.allocation.clone().unwrap_or_else(demo::base);
        // Of the demo's company, unless a file says otherwise.
        let policy = if self.demo && self.settings.is_none() { world::policy() } else { policy };
        let mut lifecycle = lifecycle::open(&folder, policy, base)?;
        let admin = std::env::var(ADMIN).ok();
        self.check_admin(admin.as_deref())?;
        lifecycle.control().guard(admin.as_deref(), settings.cors_origins.clone());
        let failed = |fault: Fault| Failure::Service { code: fault.problem().code, message: fault.to_string() };
        let control = lifecycle.control();
        let is_known = control.state().map_err(|e| failed(e.into()))?.is_some();
        if let Some(path) = self.settings.as_ref().filter(|_| is_known) {
            let own = control.policy().clone();
            check_policy(path, &control.policy_problems(&own).map_err(|e| failed(e.into()))?)?;
        }
        if is_known && self.settings.is_none() {
            // Without a file of settings, what the store has stays in force.
            control.recall().map_err(|e| failed(e.into()))?;
        } else {
            control.remember().map_err(|e| failed(e.into()))?;
            if let Some(note) = control.settle_policy(clock::now().0).map_err(|e| failed(e.into()))? {
                terminal::note(&note);
            }
        }
        let has_keys = lifecycle.control().access(clock::now().0).map_err(|e| failed(e.into()))?.has_keys();
        if !has_keys && !self.demo && !self.listen.ip().is_loopback() {
            let what = format!(
                "{} is reached from other machines and its store has no keys: make some (plumbline keys add --store {}), or set {ADMIN} \
                 and make them with it",
                self.listen,
                folder.display()
            );
            return Err(Failure::usage("NO_KEYS", what));
        }
        let mut key = None;
        if lifecycle.control().state().map_err(|e| failed(e.into()))?.is_none() {
            if self.demo {
                let secrets = demo::secrets()?;
                key = secrets.first().cloned();
                lifecycle = demo::play(lifecycle, world::DEMO_SEED, world::DEMO_LEADS, clock::now().0, &secrets)?;
            } else {
                let none =
                    || Failure::usage("NO_MODEL", format!("{} is empty: name its first model with --model", folder.display()));
                let first = model_file::read(self.models.first().ok_or_else(none)?)?;
                if let (Some(path), Ok(bundle)) = (&self.settings, Bundle::read(&first)) {
                    check_policy(path, &lifecycle.control().policy().segments_unknown(&bundle.manifest.schema))?;
                }
                lifecycle.control().genesis(clock::now().0, &first, "local").map_err(failed)?;
                if !has_keys && self.listen.ip().is_loopback() {
                    let secret = crate::host::secret()?;
                    let scopes = [Scope::Score, Scope::Ingest, Scope::Read, Scope::Operate, Scope::Approve];
                    let control = lifecycle.control();
                    control.add_key(clock::now().0, &secret, "local", "ml_lead", &scopes, "plumbline").map_err(failed)?;
                    key = Some(secret);
                }
            }
        }
        let deployed = lifecycle.control().deployed().map_err(|e| failed(e.into()))?;
        let models = deployed.map(|deployed| world::models(&mut lifecycle, &deployed)).transpose().map_err(failed)?;
        Ok(Kept {
            log: Some(Home::of(&folder)?.log),
            switch: Some(lifecycle::switch_of(&folder, self.switch.as_deref())),
            store: Some(folder),
            lifecycle: Some(lifecycle),
            models,
            key,
            _temporary: temporary,
        })
    }

    /// Whether the host's own secret can stand where others can try it.
    fn check_admin(&self, admin: Option<&str>) -> Result<(), Failure> {
        let length = admin.map_or(0, |secret| secret.chars().count());
        if length == 0 || length >= ADMIN_CHARACTERS || self.listen.ip().is_loopback() {
            return Ok(());
        }
        let what = format!(
            "{ADMIN} has {length} characters, and {} is reached from other machines: it makes keys for anyone who guesses it. Use at least \
             {ADMIN_CHARACTERS} random characters, such as those of `openssl rand -hex 32`",
            self.listen
        );
        Err(Failure::usage("ADMIN_TOO_SHORT", what))
    }

    /// The page: of the folder named, which must be one, of the folder where a build leaves it, or the one that is built in.
    fn page(&self) -> Result<Page, Failure> {
        let folder = self.page.as_deref().unwrap_or(Path::new(page::FOLDER));
        let why = match (Page::open(folder), &self.page) {
            (Ok(page), _) => return Ok(page),
            (Err(e), Some(_)) if e.kind() != io::ErrorKind::NotFound => e.to_string(),
            (Err(_), Some(_)) => "no built page: there is no index.html; `npm run build` builds the page in web/dist".to_owned(),
            (Err(_), None) => {
                let build = "this command was built before the page; `npm run build` builds it, --page names its folder";
                return Ok(Page::embedded().unwrap_or_else(|| {
                    terminal::note(&format!("no page is served at /: {build}"));
                    Page::default()
                }));
            }
        };
        Err(Failure::input(folder.display().to_string(), "PAGE_NOT_BUILT", why))
    }

    /// The settings of the service and the policy of rollouts, which are sections of one file.
    fn settings(&self) -> Result<(Settings, Policy), Failure> {
        let (mut settings, policy) = match &self.settings {
            Some(path) => read_settings(path)?,
            None => (native(), Policy::default()),
        };
        if self.store.is_some() {
            for warning in policy.warnings() {
                terminal::note(&format!("{} {} [{}]", warning.path, warning.message, warning.code));
            }
        }
        if let Some(path) = &self.suite {
            let place = path.display().to_string();
            let bytes = model_file::read(path)?;
            // Great Expectations writes bare Infinity and NaN.
            let read = plumbline_core::quality::read_json(&String::from_utf8_lossy(&bytes));
            settings.suite = Some(read.map_err(|e| Failure::input(place, "SUITE_INVALID", e))?);
        }
        match self.log {
            Some(Mode::Batched) => settings.log = LogMode::Batched,
            Some(Mode::Durable) => settings.log = LogMode::Durable,
            None => {}
        }
        Ok((settings, policy))
    }
}

/// Whether nothing is wrong with the policy in the settings at `path`.
fn check_policy(path: &Path, wrong: &[Problem]) -> Result<(), Failure> {
    let said = said(wrong);
    if said.is_empty() { Ok(()) } else { Err(Failure::input(path.display().to_string(), "SETTINGS_INVALID", said)) }
}

/// The variable of the environment with the host's own secret, which makes keys.
const ADMIN: &str = "PLUMBLINE_ADMIN";
/// The least length of that secret where other machines reach the service.
const ADMIN_CHARACTERS: usize = 32;

/// What `--store` keeps.
#[derive(Default)]
struct Kept {
    log: Option<Place>,
    /// The kill switch of this machine's hosts of the store.
    switch: Option<PathBuf>,
    store: Option<PathBuf>,
    lifecycle: Option<Lifecycle<Store>>,
    models: Option<Vec<Model>>,
    /// The secret of a key that was just made.
    key: Option<String>,
    /// Removed at the end.
    _temporary: Option<tempfile::TempDir>,
}

/// How long the thread for large requests waits for the next.
const LARGE_REQUESTS: Duration = Duration::from_millis(500);

/// The model of the bundle at `path`.
fn open_model(path: &Path) -> Result<Model, Failure> {
    let place = path.display().to_string();
    Model::read(model_file::read(path)?).map_err(|e| Failure::Model { place, code: e.code, message: e.message })
}

/// Random text of 128 bits, so that names of batches of any two runs differ: from the seeds that the standard library draws for its
/// hash tables.
fn instance() -> String {
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}

/// Signals that end the server: a terminal that closes (SIGHUP) must not cost rows either.
const ENDING: [i32; 3] = [SIGHUP, SIGINT, SIGTERM];

fn watch_signals() -> Result<Signals, Failure> {
    Signals::new(ENDING).map_err(Failure::read("signals"))
}

fn wait_for(mut signals: Signals) -> Result<(), Failure> {
    signals.forever().next();
    // A second signal ends the program at once.
    for signal in ENDING {
        let flag = Arc::new(AtomicBool::new(true));
        signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, flag).map_err(Failure::read("signals"))?;
    }
    Ok(())
}
