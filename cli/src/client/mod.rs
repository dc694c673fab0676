//! Talks to a running service: one request, one answer, problems as failures.

use std::time::Duration;

use clap::Args;
use serde_json::Value;

use crate::Failure;

/// Which service, and with which key.
#[derive(Debug, Args)]
pub struct Service {
    /// Address of the service
    #[arg(long, global = true, value_name = "URL", default_value = "http://127.0.0.1:8788", env = "PLUMBLINE_URL")]
    url: String,
    /// API key; without one, a service on this machine lets you read and ingest
    #[arg(long, global = true, value_name = "KEY", env = "PLUMBLINE_KEY", hide_env_values = true)]
    key: Option<String>,
}

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer.
pub struct Answer {
    /// The body as JSON; null for an empty one.
    pub body: Value,
    /// The revision of the rollout, as commands name it; empty where the answer has none.
    pub revision: String,
}

impl Service {
    /// The answer to `GET path`.
    ///
    /// # Errors
    /// The service cannot be reached, or answers with a problem.
    pub fn get(&self, path: &str) -> Result<Answer, Failure> {
        let request = self.agent().get(format!("{}{path}", self.base())).header("accept", "application/json");
        let request = match &self.key {
            Some(key) => request.header("authorization", format!("Bearer {key}")),
            None => request,
        };
        self.read(request.call())
    }

    /// The answer to `POST path` with `body`, for the revision that the caller has seen.
    ///
    /// # Errors
    /// The service cannot be reached, or answers with a problem.
    pub fn post(&self, path: &str, media_type: &str, body: &[u8], revision: &str) -> Result<Answer, Failure> {
        let mut request = self.agent().post(format!("{}{path}", self.base())).header("content-type", media_type);
        if !revision.is_empty() {
            request = request.header("if-match", revision);
        }
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        self.read(request.send(body))
    }

    /// [`Service::post`] of JSON.
    ///
    /// # Errors
    /// The service cannot be reached, or answers with a problem.
    pub fn command(&self, path: &str, body: &Value, revision: &str) -> Result<Answer, Failure> {
        self.post(path, "application/json", body.to_string().as_bytes(), revision)
    }

    fn base(&self) -> &str {
        self.url.trim_end_matches('/')
    }

    fn agent(&self) -> ureq::Agent {
        let config = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).http_status_as_error(false).max_redirects(0);
        config.build().into()
    }

    fn read(&self, answered: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, Failure> {
        let unreachable = |e: ureq::Error| Failure::Service {
            code: "SERVICE_UNREACHABLE",
            message: format!("cannot reach the service at {}: {e}; start it with plumbline serve, or give --url", self.base()),
        };
        let mut response = answered.map_err(unreachable)?;
        let status = response.status().as_u16();
        let revision = response.headers().get("etag").and_then(|tag| tag.to_str().ok()).unwrap_or_default().to_owned();
        let text = response.body_mut().read_to_string().map_err(unreachable)?;
        let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        if (200..300).contains(&status) {
            return Ok(Answer { body, revision });
        }
        let word = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        let code = word("code").unwrap_or_else(|| format!("HTTP_{status}"));
        let detail = word("detail").unwrap_or_else(|| format!("the service answered with status {status}"));
        Err(Failure::Rejected { code, message: detail })
    }
}
