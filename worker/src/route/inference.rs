//! `/v2/…`: the Open Inference Protocol (KServe v2, Triton).
//!
//! A lead's fields come as one tensor each, of shape `[n]` or `[n, 1]`, or as a single tensor `[n, fields]` in the order of the
//! model's metadata. `parameters.reasons` asks for reasons; variant and reasons come back in `parameters`.

mod infer;
mod metadata;

use plumbline_core::Timestamp;
use serde_json::json;

use super::health::is_ready;
use crate::problem::Problem;
use crate::request::Response;
use crate::service::Serving;

pub(super) use infer::infer;

pub(super) fn server() -> Response {
    reply(&metadata::server())
}

pub(super) fn live() -> Response {
    reply(&json!({ "live": true }))
}

pub(super) fn ready(serving: Serving<'_>, now: Timestamp) -> Response {
    let ready = is_ready(serving, now);
    Response { status: if ready { 200 } else { 503 }, ..reply(&json!({ "ready": ready })) }
}

/// What the model of this name (and version, if the path names one) reads and answers.
pub(super) fn metadata(serving: Serving<'_>, name: Option<&str>, version: Option<&str>) -> Result<Response, Problem> {
    let served = serving.deployment.served(serving.deployment.model(name, version)?)?;
    Ok(reply(&metadata::model(serving, served)))
}

pub(super) fn model_ready(
    serving: Serving<'_>,
    now: Timestamp,
    name: Option<&str>,
    version: Option<&str>,
) -> Result<Response, Problem> {
    let served = serving.deployment.served(serving.deployment.model(name, version)?)?;
    let ready = is_ready(serving, now);
    let body = json!({ "name": served.scorer.id().name, "ready": ready });
    Ok(Response { status: if ready { 200 } else { 503 }, ..reply(&body) })
}

fn reply(body: &serde_json::Value) -> Response {
    Response::new(200, "application/json", body.to_string().into_bytes())
}

/// An error as the protocol words it.
pub(super) fn refusal(problem: &Problem) -> Response {
    let body = json!({ "error": format!("{}: {}", problem.code, problem.detail) });
    Response::new(problem.status, "application/json", body.to_string().into_bytes())
}
