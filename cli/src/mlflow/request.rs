//! Requests to the server: who asks, how long it may take, and what is tried again.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use ureq::http::{Request, Response};

use crate::Failure;
use crate::client::encoded;
use crate::output::terminal;

/// How long an answer may take, in seconds, unless `MLFLOW_HTTP_REQUEST_TIMEOUT` says otherwise.
const TIMEOUT_S: u64 = 120;
/// How often a request is tried again, unless `MLFLOW_HTTP_REQUEST_MAX_RETRIES` says otherwise: about half a minute in all.
const RETRIES: u64 = 6;
/// Seconds before the first retry, unless `MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR` says otherwise; each further pause doubles it.
const PAUSE_S: f64 = 0.5;
/// The longest pause, also where the server asks for a longer one.
const LONGEST: Duration = Duration::from_secs(30);
/// The largest answer: a bundle.
const MOST_BYTES: u64 = 256 << 20;
/// A pause longer than this is reported.
const REPORTED: Duration = Duration::from_secs(2);

/// An MLflow server.
pub struct Server {
    /// Its address, without credentials.
    base: String,
    /// The header `authorization`; empty without credentials.
    authorization: String,
    agent: ureq::Agent,
    retries: u64,
    pause: Duration,
}

/// Why an attempt came to nothing.
pub(super) enum Trouble {
    /// What may be gone the next time: no connection, no answer in time, half an answer, 408, 429 or 5xx.
    Passing { why: String, after: Option<Duration> },
    /// What trying again does not change.
    Final(Failure),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Trouble {
        Trouble::Final(failure)
    }
}

/// What is sent.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    method: &'static str,
    path: &'a str,
    media_type: &'static str,
    body: &'a [u8],
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Server").field(&self.base).finish()
    }
}

impl Server {
    /// The server at `address`, with the credentials of the address or of the environment. Nothing is sent yet.
    ///
    /// # Errors
    /// The address is not one of HTTP.
    pub fn open(address: &str) -> Result<Server, Failure> {
        let variable = |name: &str| std::env::var(name).unwrap_or_default();
        let invalid = || {
            let shown = address.rsplit('@').next().unwrap_or_default();
            let message = format!(
                "{shown:?} is no address of an MLflow server: it must start with http:// or https:// (a file, a database or databricks is none)"
            );
            Failure::usage("MLFLOW_ADDRESS", message)
        };
        let (scheme, rest) = address.trim_end_matches('/').split_once("://").ok_or_else(invalid)?;
        if !matches!(scheme, "http" | "https") || rest.is_empty() {
            return Err(invalid());
        }
        let (user, host) = rest.rsplit_once('@').map_or(("", rest), |(user, host)| (user, host));
        let (name, password) = (variable("MLFLOW_TRACKING_USERNAME"), variable("MLFLOW_TRACKING_PASSWORD"));
        let token = variable("MLFLOW_TRACKING_TOKEN");
        let basic = |user: &str| format!("Basic {}", STANDARD.encode(user));
        let authorization = match () {
            () if !user.is_empty() => basic(user),
            () if !name.is_empty() => basic(&format!("{name}:{password}")),
            () if !token.is_empty() => format!("Bearer {token}"),
            () => String::new(),
        };
        let timeout = variable("MLFLOW_HTTP_REQUEST_TIMEOUT").parse().unwrap_or(TIMEOUT_S).clamp(1, 3600);
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(timeout)))
            .timeout_connect(Some(Duration::from_secs(timeout.min(10))))
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("plumbline/", env!("CARGO_PKG_VERSION")));
        let retries = variable("MLFLOW_HTTP_REQUEST_MAX_RETRIES").parse().unwrap_or(RETRIES).min(30);
        let pause = variable("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR").parse().ok().filter(|s| (0.0..=30.0).contains(s));
        let pause = Duration::from_secs_f64(pause.unwrap_or(PAUSE_S));
        Ok(Server { base: format!("{scheme}://{host}"), authorization, agent: config.build().into(), retries, pause })
    }

    /// Its address, without credentials.
    pub fn address(&self) -> &str {
        &self.base
    }

    /// Whether it is there and takes the credentials: a search that finds one experiment at most. Not tried again.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn probe(&self) -> Result<(), Failure> {
        let body = serde_json::json!({ "max_results": 1 });
        self.post_once("experiments/search", &body).map(drop).map_err(|trouble| match trouble {
            Trouble::Final(failure) => failure,
            Trouble::Passing { why, .. } => {
                Failure::Service { code: "MLFLOW_UNREACHABLE", message: format!("MLflow at {}: {why}", self.base) }
            }
        })
    }

    /// The answer to `GET` of a path of the API, tried once.
    pub(super) fn get_once(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Trouble> {
        let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let path = format!("/api/2.0/mlflow/{path}?{}", query.join("&"));
        self.json(Call { method: "GET", path: &path, media_type: "", body: b"" })
    }

    /// The answer to `POST` of JSON, tried once.
    pub(super) fn post_once(&self, path: &str, body: &Value) -> Result<Value, Trouble> {
        self.json_of("POST", path, body)
    }

    /// [`Server::get_once`], tried again after passing troubles.
    pub(super) fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Failure> {
        self.patiently(|| self.get_once(path, query))
    }

    /// [`Server::post_once`], tried again after passing troubles: for what may be done twice.
    pub(super) fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.patiently(|| self.post_once(path, body))
    }

    /// The answer to `DELETE` with JSON, tried again after passing troubles.
    pub(super) fn delete(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.patiently(|| self.json_of("DELETE", path, body))
    }

    /// The bytes of an artifact below `/api/2.0/mlflow-artifacts/artifacts`, tried once.
    pub(super) fn artifact_once(&self, path: &str) -> Result<Vec<u8>, Trouble> {
        let path = format!("{ARTIFACTS}/{}", segments(path));
        self.bytes(Call { method: "GET", path: &path, media_type: "", body: b"" })
    }

    /// Stores the bytes of an artifact, tried again after passing troubles.
    pub(super) fn store(&self, path: &str, body: &[u8]) -> Result<(), Failure> {
        let path = format!("{ARTIFACTS}/{}", segments(path));
        self.patiently(|| self.bytes(Call { method: "PUT", path: &path, media_type: "application/octet-stream", body }).map(drop))
    }

    /// What lies in a folder of artifacts.
    pub(super) fn artifacts_in(&self, folder: &str) -> Result<Value, Failure> {
        let path = format!("{ARTIFACTS}?path={}", encoded(folder));
        self.patiently(|| self.json(Call { method: "GET", path: &path, media_type: "", body: b"" }))
    }

    /// What `attempt` gives, which is tried again after passing troubles, with pauses that double.
    pub(super) fn patiently<T>(&self, mut attempt: impl FnMut() -> Result<T, Trouble>) -> Result<T, Failure> {
        let mut pause = self.pause;
        for _ in 0..self.retries {
            match attempt() {
                Err(Trouble::Passing { why, after }) => {
                    let wait = after.unwrap_or(pause).min(LONGEST);
                    if wait >= REPORTED {
                        terminal::note(&format!("MLflow at {}: {why}; trying again in {} s", self.base, wait.as_secs()));
                    }
                    std::thread::sleep(wait);
                    pause = (pause * 2).min(LONGEST);
                }
                Ok(done) => return Ok(done),
                Err(trouble) => return Err(self.given_up(trouble)),
            }
        }
        attempt().map_err(|trouble| self.given_up(trouble))
    }

    /// The failure that a trouble becomes when it is not tried again.
    fn given_up(&self, trouble: Trouble) -> Failure {
        match trouble {
            Trouble::Final(failure) => failure,
            Trouble::Passing { why, .. } => Failure::Service {
                code: "MLFLOW_UNREACHABLE",
                message: format!(
                    "MLflow at {}: {why}; run the same command again later, it continues where this one ended",
                    self.base
                ),
            },
        }
    }

    fn json_of(&self, method: &'static str, path: &str, body: &Value) -> Result<Value, Trouble> {
        let path = format!("/api/2.0/mlflow/{path}");
        self.json(Call { method, path: &path, media_type: "application/json", body: body.to_string().as_bytes() })
    }

    fn json(&self, call: Call<'_>) -> Result<Value, Trouble> {
        let bytes = self.bytes(call)?;
        // A cut answer is no JSON; neither is the page of a proxy that waits for its server.
        serde_json::from_slice(&bytes).map_err(|_| passing("its answer is not whole, or not one of MLflow"))
    }

    fn bytes(&self, call: Call<'_>) -> Result<Vec<u8>, Trouble> {
        let mut request = Request::builder().method(call.method).uri(format!("{}{}", self.base, call.path));
        let headers = [("content-type", call.media_type), ("authorization", self.authorization.as_str())];
        for (name, value) in headers.into_iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(name, value);
        }
        let invalid = |e: &dyn std::fmt::Display| {
            Trouble::Final(Failure::usage("MLFLOW_ADDRESS", format!("{} is no address of an MLflow server: {e}", self.base)))
        };
        let mut response = if call.method == "DELETE" {
            let delete = self.agent.delete(format!("{}{}", self.base, call.path)).header("content-type", call.media_type);
            let delete = match self.authorization.as_str() {
                "" => delete,
                given => delete.header("authorization", given),
            };
            delete.force_send_body().send(call.body)
        } else {
            self.agent.run(request.body(call.body).map_err(|e| invalid(&e))?)
        }
        .map_err(|e| match e {
            ureq::Error::BadUri(_) | ureq::Error::Http(_) | ureq::Error::Tls(_) => invalid(&e),
            e => passing(&format!("it cannot be reached ({e})")),
        })?;
        let status = response.status().as_u16();
        let after = retry_after(&response);
        let read = response.body_mut().with_config().limit(MOST_BYTES).read_to_vec();
        let bytes = read.map_err(|e| passing(&format!("its answer broke off ({e})")))?;
        match status {
            200..300 => Ok(bytes),
            408 | 429 | 500.. => {
                Err(Trouble::Passing { why: format!("it answered with status {status}{}", said(&bytes)), after })
            }
            _ => Err(Trouble::Final(self.rejected(status, &bytes))),
        }
    }

    fn rejected(&self, status: u16, bytes: &[u8]) -> Failure {
        let base = &self.base;
        if matches!(status, 401 | 403) {
            let given = if self.authorization.is_empty() { "needs credentials" } else { "does not accept the credentials" };
            let message = format!(
                "MLflow at {base} {given} (status {status}): set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
            );
            return Failure::Rejected { code: "MLFLOW_DENIED".to_owned(), message };
        }
        let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
        let word = |name: &str| body.get(name).and_then(Value::as_str);
        match word("error_code") {
            Some(code) => {
                let message = format!("MLflow at {base}: {}", word("message").unwrap_or(code));
                Failure::Rejected { code: format!("MLFLOW_{code}"), message }
            }
            None => {
                let message = format!("MLflow at {base} answered with status {status}; is this the address of an MLflow server?");
                Failure::Rejected { code: format!("MLFLOW_HTTP_{status}"), message }
            }
        }
    }
}

/// Where artifacts are stored and read through the server.
const ARTIFACTS: &str = "/api/2.0/mlflow-artifacts/artifacts";

/// A trouble that may be gone the next time.
pub(super) fn passing(why: &str) -> Trouble {
    Trouble::Passing { why: why.to_owned(), after: None }
}

/// Whether the server rejected a request with this code of its own.
pub(super) fn is_rejected_as(failure: &Failure, code: &str) -> bool {
    matches!(failure, Failure::Rejected { code: given, .. } if given.strip_prefix("MLFLOW_") == Some(code))
}

fn retry_after<T>(response: &Response<T>) -> Option<Duration> {
    response.headers().get("retry-after")?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// The first words of an answer's message, where it has one.
fn said(bytes: &[u8]) -> String {
    let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let message: String = body.get("message").and_then(Value::as_str).unwrap_or_default().chars().take(200).collect();
    if message.is_empty() { message } else { format!(": {message}") }
}

/// `path` with each of its segments encoded.
fn segments(path: &str) -> String {
    path.split('/').map(encoded).collect::<Vec<String>>().join("/")
}
