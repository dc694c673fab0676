//! Talks to the service: one that runs, by HTTP, or the store of one on this machine, by the same routes.

mod leads;
mod store;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use crate::Failure;
pub use leads::{Collected, OUTCOME, TIME};

/// Which service, or the store of which, and with which key.
#[derive(Debug, Clone, Args)]
pub struct Service {
    /// Address of the service
    #[arg(long, global = true, value_name = "URL", default_value = "http://127.0.0.1:8788", env = "PLUMBLINE_URL")]
    url: String,
    /// The store of a service on this machine, running or not, instead of its address
    #[arg(long, global = true, value_name = "FOLDER")]
    store: Option<PathBuf>,
    /// API key; without one, a service on this machine lets you score, read and ingest, and a store all but approve
    #[arg(long, global = true, value_name = "KEY", env = "PLUMBLINE_KEY", hide_env_values = true)]
    key: Option<String>,
}

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// The largest body of an answer: a bundle.
const MOST_BYTES: u64 = 256 << 20;

/// An answer.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body as JSON; null for an empty one, or another type.
    pub body: Value,
    /// The body as it came.
    pub bytes: Vec<u8>,
    /// The revision of the rollout, as commands name it; empty where the answer has none.
    pub revision: String,
}

/// What is sent.
struct Sent<'a> {
    method: &'static str,
    path: &'a str,
    media_type: &'a str,
    body: &'a [u8],
    revision: &'a str,
}

impl Service {
    /// The service at `url`, or the store in `store`.
    pub fn new(url: Option<String>, store: Option<PathBuf>, key: Option<String>) -> Service {
        Service { url: url.unwrap_or_else(|| "http://127.0.0.1:8788".to_owned()), store, key }
    }

    /// The same with the host's own secret as its key, where the environment has one, no store is named and no key was given by `--key`.
    #[must_use]
    pub fn as_admin(&self) -> Service {
        let variable = |name: &str| std::env::var(name).ok().filter(|secret| !secret.is_empty());
        let given = self.key.clone().filter(|key| variable("PLUMBLINE_KEY").as_ref() != Some(key));
        let admin = variable("PLUMBLINE_ADMIN").filter(|_| self.store.is_none());
        Service { key: given.or(admin).or_else(|| self.key.clone()), ..self.clone() }
    }

    /// The folder of the store, where a store was named.
    pub fn folder(&self) -> Option<&Path> {
        self.store.as_deref()
    }

    /// The answer to `GET path`.
    ///
    /// # Errors
    /// The service cannot be reached, or answers with a problem.
    pub fn get(&self, path: &str) -> Result<Answer, Failure> {
        self.ask(&Sent { method: "GET", path, media_type: "", body: b"", revision: "" })
    }

    /// The answer to `POST path` with `body`, for the revision that the caller has seen.
    ///
    /// # Errors
    /// The service cannot be reached, or answers with a problem.
    pub fn post(&self, path: &str, media_type: &str, body: &[u8], revision: &str) -> Result<Answer, Failure> {
        self.ask(&Sent { method: "POST", path, media_type, body, revision })
    }

    /// [`Service::post`], whatever its status.
    ///
    /// # Errors
    /// The service cannot be reached.
    pub fn try_post(&self, path: &str, media_type: &str, body: &[u8]) -> Result<Answer, Failure> {
        self.send(&Sent { method: "POST", path, media_type, body, revision: "" })
    }

    /// The answer to `DELETE path`.
    ///
    /// # Errors
    /// The service cannot be reached, or answers with a problem.
    pub fn delete(&self, path: &str) -> Result<Answer, Failure> {
        self.ask(&Sent { method: "DELETE", path, media_type: "", body: b"", revision: "" })
    }

    /// [`Service::post`] of JSON.
    ///
    /// # Errors
    /// The service cannot be reached, or answers with a problem.
    pub fn command(&self, path: &str, body: &Value, revision: &str) -> Result<Answer, Failure> {
        self.post(path, "application/json", body.to_string().as_bytes(), revision)
    }

    /// A connection that is kept from one request to the next.
    ///
    /// # Errors
    /// A store was named instead of a service.
    pub fn connection(&self) -> Result<Connection<'_>, Failure> {
        if self.store.is_some() {
            return Err(Failure::usage("ARGUMENTS", "this needs a running service: give --url instead of --store"));
        }
        Ok(Connection { service: self, agent: agent() })
    }

    fn ask(&self, sent: &Sent<'_>) -> Result<Answer, Failure> {
        checked(self.send(sent)?)
    }

    fn send(&self, sent: &Sent<'_>) -> Result<Answer, Failure> {
        match &self.store {
            Some(folder) => store::send(folder, self.key.as_deref(), sent),
            None => self.send_far(&agent(), sent),
        }
    }

    fn send_far(&self, agent: &ureq::Agent, sent: &Sent<'_>) -> Result<Answer, Failure> {
        let base = self.url.trim_end_matches('/');
        let unreachable = |e: &dyn std::fmt::Display| Failure::Service {
            code: "SERVICE_UNREACHABLE",
            message: format!("cannot reach the service at {base}: {e}; start it with plumbline serve, or give --url or --store"),
        };
        let mut request = ureq::http::Request::builder().method(sent.method).uri(format!("{base}{}", sent.path));
        let bearer = self.key.as_ref().map(|key| format!("Bearer {key}")).unwrap_or_default();
        let headers = [("content-type", sent.media_type), ("if-match", sent.revision), ("authorization", bearer.as_str())];
        for (name, value) in headers.into_iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(name, value);
        }
        let request = request.body(sent.body).map_err(|e| unreachable(&e))?;
        let mut response = agent.run(request).map_err(|e| unreachable(&e))?;
        let status = response.status().as_u16();
        let revision = response.headers().get("etag").and_then(|tag| tag.to_str().ok()).unwrap_or_default().to_owned();
        let read = response.body_mut().with_config().limit(MOST_BYTES).read_to_vec();
        Ok(answer(status, revision, read.map_err(|e| unreachable(&e))?))
    }
}

/// A connection that is kept from one request to the next.
pub struct Connection<'a> {
    service: &'a Service,
    agent: ureq::Agent,
}

impl Connection<'_> {
    /// [`Service::post`], with no revision.
    ///
    /// # Errors
    /// The service cannot be reached, or answers with a problem.
    pub fn post(&self, path: &str, media_type: &str, body: &[u8]) -> Result<Answer, Failure> {
        checked(self.service.send_far(&self.agent, &Sent { method: "POST", path, media_type, body, revision: "" })?)
    }
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).http_status_as_error(false).max_redirects(0);
    config.build().into()
}

fn answer(status: u16, revision: String, bytes: Vec<u8>) -> Answer {
    Answer { status, body: serde_json::from_slice(&bytes).unwrap_or_default(), bytes, revision }
}

/// The answer, unless it reports a problem.
fn checked(answer: Answer) -> Result<Answer, Failure> {
    if (200..300).contains(&answer.status) {
        return Ok(answer);
    }
    Err(rejected(&answer))
}

/// The failure that a problem is.
pub fn rejected(answer: &Answer) -> Failure {
    let word = |name: &str| answer.body.get(name).and_then(Value::as_str).map(str::to_owned);
    let code = word("code").unwrap_or_else(|| format!("HTTP_{}", answer.status));
    let detail = word("detail").unwrap_or_else(|| format!("the service answered with status {}", answer.status));
    Failure::Rejected { code, message: detail }
}

/// `text` as a segment of a path or a value of a query.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
