//! Asks the service; measures how long it takes from here.

use gloo_net::http::{Request, Response};
use web_sys::AbortSignal;

use super::wire::{self, Answer, Models, Problem, Served};
use crate::host::clock;

/// Longest wait for an answer, in milliseconds.
const PATIENCE_MS: u32 = 5_000;

/// What came of asking for a score.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// The service scored the lead, or refused it.
    Heard {
        /// Its answer.
        answer: Result<Answer, Problem>,
        /// From the request to the whole answer, ms.
        round_trip_ms: f64,
    },
    /// Nothing came back, or nothing that could be read; why, in a sentence.
    Silent(String),
}

/// Scores `lead` (a JSON object) at the edge.
pub async fn score(lead: String) -> Reply {
    let start = clock::elapsed_ms();
    let signal = AbortSignal::timeout_with_u32(PATIENCE_MS);
    let request = Request::post("/v1/score?reasons=0").header("content-type", "application/json").abort_signal(Some(&signal));
    let sent = match request.body(lead) {
        Ok(request) => request.send().await,
        Err(error) => return Reply::Silent(format!("The request could not be sent: {error}.")),
    };
    let heard = match sent {
        Ok(response) => response.binary().await.map(|body| (response.status(), body)),
        Err(error) => Err(error),
    };
    let round_trip_ms = clock::elapsed_ms() - start;
    match heard.map(|(status, body)| wire::read(status, &body)) {
        Ok(Ok(answer)) => Reply::Heard { answer, round_trip_ms },
        Ok(Err(sentence)) => Reply::Silent(sentence),
        Err(_) => Reply::Silent("The edge cannot be reached.".to_owned()),
    }
}

/// The bytes at `path` of this origin.
///
/// # Errors
/// A sentence that names the path.
pub async fn bytes(path: &str) -> Result<Vec<u8>, String> {
    let lost = |error: gloo_net::Error| format!("{path} could not be loaded: {error}.");
    let response: Response = Request::get(path).send().await.map_err(lost)?;
    if !response.ok() {
        return Err(format!("{path} could not be loaded: the edge answered {}.", response.status()));
    }
    response.binary().await.map_err(lost)
}

/// The model that the service scores with when a request names none.
///
/// # Errors
/// A sentence that names the path.
pub async fn served() -> Result<Served, String> {
    const MODELS: &str = "/v1/models";
    let body = bytes(MODELS).await?;
    let models: Models = serde_json::from_slice(&body).map_err(|e| format!("{MODELS} could not be read: {e}."))?;
    models.default().cloned().ok_or_else(|| format!("{MODELS} names no default model."))
}
