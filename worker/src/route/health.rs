//! Whether the service lives, and how it fares.

use crate::request::Response;
use crate::service::Serving;

pub(super) fn live() -> Response {
    Response::new(200, "application/json", br#"{"live":true}"#.to_vec())
}

/// A service exists only with its models read and verified, so one that answers is ready.
pub(super) fn ready() -> Response {
    Response::new(200, "application/json", br#"{"ready":true}"#.to_vec())
}

/// What MLflow's scoring server says at `/ping` and `/health`.
pub(super) fn ping() -> Response {
    Response::new(200, "application/json", b"\n".to_vec())
}

pub(super) fn version() -> Response {
    Response::new(200, "text/plain; charset=utf-8", env!("CARGO_PKG_VERSION").into())
}

pub(super) fn metrics(serving: Serving<'_>) -> Response {
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Response::new(200, media_type, serving.service.metrics().text().into_bytes())
}
