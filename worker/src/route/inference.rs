//! `/v2/…`: the Open Inference Protocol (KServe v2, Triton).
//!
//! A lead's fields come as one tensor each, of shape `[n]` or `[n, 1]`, or as a single tensor `[n, fields]` in the order of the
//! model's metadata. `parameters.reasons` asks for reasons; variant and reasons come back in `parameters`.

mod infer;
mod metadata;

use plumbline_core::Timestamp;
use serde_json::json;

use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::service::{Answer, Service};

/// A model and, if the path names one, a version.
pub(super) struct Target {
    model: String,
    version: Option<String>,
}

/// What a path under `/v2` leads to.
pub(super) enum Page {
    Server,
    Live,
    Ready,
    Metadata(Target),
    ModelReady(Target),
    Infer(Target),
}

impl Page {
    pub(super) fn of(path: &[&str]) -> Option<Page> {
        let target = |model: &str, version: Option<&str>| Target { model: model.into(), version: version.map(Into::into) };
        let (target, verb) = match path {
            [] | [""] => return Some(Page::Server),
            ["health", "live"] => return Some(Page::Live),
            ["health", "ready"] => return Some(Page::Ready),
            ["models", model, "versions", version, verb @ ..] => (target(model, Some(version)), verb),
            ["models", model, verb @ ..] => (target(model, None), verb),
            _ => return None,
        };
        match verb {
            [] => Some(Page::Metadata(target)),
            ["ready"] => Some(Page::ModelReady(target)),
            ["infer"] => Some(Page::Infer(target)),
            _ => None,
        }
    }
}

pub(super) fn answer(service: &Service, now: Timestamp, request: &Request<'_>, page: &Page) -> Answer {
    let found =
        |target: &Target| service.model(Some(&target.model), target.version.as_deref()).and_then(|model| service.served(model));
    let answered = match page {
        Page::Server => Ok(reply(&metadata::server()).into()),
        Page::Live => Ok(reply(&json!({ "live": true })).into()),
        Page::Ready => Ok(reply(&json!({ "ready": true })).into()),
        Page::Metadata(target) => found(target).map(|served| reply(&metadata::model(service, served)).into()),
        Page::ModelReady(target) => {
            found(target).map(|served| reply(&json!({ "name": served.scorer.id().name, "ready": true })).into())
        }
        Page::Infer(target) => infer::infer(service, (Some(&target.model), target.version.as_deref()), now, request),
    };
    answered.unwrap_or_else(|problem| refusal(&problem).into())
}

fn reply(body: &serde_json::Value) -> Response {
    Response::new(200, "application/json", body.to_string().into_bytes())
}

/// An error as the protocol words it.
pub(super) fn refusal(problem: &Problem) -> Response {
    let body = json!({ "error": format!("{}: {}", problem.code, problem.detail) });
    Response::new(problem.status, "application/json", body.to_string().into_bytes())
}
