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
use plumbline_worker::{LogMode, Model, Service, Settings};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use tokio::sync::watch;

use crate::host::connection::{self, Host};
use crate::host::later::Later;
use crate::host::log::Log;
use crate::host::no_thread;
use crate::host::page::{self, Page};
use crate::input::model_file;
use crate::output::terminal;
use crate::{Failure, Outcome};

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
    #[arg(long = "model", value_name = "M.plumb", required = true)]
    models: Vec<PathBuf>,
    /// Address and port; port 0 picks a free port and prints it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8788")]
    listen: SocketAddr,
    /// SQLite file of the prediction log [default: in memory, lost at exit]
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    /// Whether a prediction is stored after its answer or before [default: from the settings, otherwise batched]
    #[arg(long, value_enum)]
    log: Option<Mode>,
    /// Settings: limits, reasons, CORS origins … (TOML, see docs/OPERATIONS.md)
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// A Great Expectations 1.x suite to check each lead against: critical rejects the lead, warning flags it
    #[arg(long, value_name = "SUITE.json")]
    suite: Option<PathBuf>,
    /// Folder of the built page, served at / [default: web/dist, if it is built]
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
    /// Answers until it is told to stop.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let models = self.models.iter().map(|path| open_model(path)).collect::<Result<Vec<_>, _>>()?;
        let refused = |e: plumbline_worker::ServiceError| Failure::usage(e.code(), e.to_string());
        let service = Arc::new(Service::new(self.settings()?, models, &instance()).map_err(refused)?);
        for note in service.notes() {
            terminal::note(&note);
        }
        let page = Arc::new(self.page()?);
        let cannot =
            |e: io::Error| Failure::Service { code: "LISTEN_FAILED", message: format!("cannot listen on {}: {e}", self.listen) };
        let listener = TcpListener::bind(self.listen).map_err(cannot)?;
        listener.set_nonblocking(true).map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let (log, writer) = Log::open(self.db.clone(), &service)?;
        let (later, scorer) = Later::start(&service, log.clone())?;
        let (stop, stopped) = watch::channel(false);
        let threads = self.threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZero::get);
        let mut answering = Vec::new();
        for n in 0..threads {
            let listener = listener.try_clone().map_err(cannot)?;
            let host = Host { service: service.clone(), log: log.clone(), later: later.clone(), page: page.clone() };
            let stopped = stopped.clone();
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            // The thread for large requests, which ends when there are none.
            runtime.enable_all().max_blocking_threads(1).thread_keep_alive(LARGE_REQUESTS);
            let runtime = runtime.build().map_err(no_thread)?;
            let answer = move || runtime.block_on(connection::accept(listener, host, stopped));
            answering.push(std::thread::Builder::new().name(format!("answer-{n}")).spawn(answer).map_err(no_thread)?);
        }
        drop((listener, log, later, stopped));
        // Watched before anyone is told that we listen: a signal that comes at once must not end what is not yet written.
        let signals = watch_signals()?;
        if json {
            terminal::say(&serde_json::json!({ "listening": format!("http://{address}") }).to_string())?;
        } else {
            terminal::say(&format!("listening on http://{address}"))?;
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
        Ok(Outcome::Done)
    }

    /// The page: of the folder named, which must be one, or of the folder where a build leaves it.
    fn page(&self) -> Result<Page, Failure> {
        let folder = self.page.as_deref().unwrap_or(Path::new(page::FOLDER));
        let why = match (Page::open(folder), &self.page) {
            (Ok(page), _) => return Ok(page),
            (Err(e), Some(_)) if e.kind() != io::ErrorKind::NotFound => e.to_string(),
            (Err(_), Some(_)) => "no built page: there is no index.html; `npm run build` builds the page in web/dist".to_owned(),
            (Err(_), None) => {
                let build = "`npm run build` builds it, --page names another folder";
                terminal::note(&format!("no page is served at /: {} is not built ({build})", page::FOLDER));
                return Ok(Page::default());
            }
        };
        Err(Failure::input(folder.display().to_string(), "PAGE_NOT_BUILT", why))
    }

    fn settings(&self) -> Result<Settings, Failure> {
        // One file, one writer: there is nothing to spread rows over, and large batches cost one commit.
        let mut settings = Settings { shards: 1, flush_rows: 8192, ..Settings::default() };
        if let Some(path) = &self.settings {
            let place = path.display().to_string();
            let bytes = model_file::read(path)?;
            let text = String::from_utf8_lossy(&bytes);
            let invalid = |what: String| Failure::input(place.clone(), "SETTINGS_INVALID", what);
            let given: serde_json::Value = toml::from_str(&text).map_err(|e| invalid(e.to_string()))?;
            settings = Settings::read(given, &settings).map_err(|e| invalid(e.to_string()))?;
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
        Ok(settings)
    }
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
