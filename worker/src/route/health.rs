//! Whether the service lives, and how it fares.

use plumbline_core::Timestamp;
use serde::Serialize;

use crate::request::Response;
use crate::service::Serving;
use crate::settings::LogMode;

pub(super) fn live() -> Response {
    Response::new(200, "application/json", br#"{"live":true}"#.to_vec())
}

/// Whether requests can be scored as the settings promise, and what is not as it should be.
pub(super) fn ready(serving: Serving<'_>, now: Timestamp) -> Response {
    let Serving { service, .. } = serving;
    let is_ready = is_ready(serving, now);
    let log = match (service.metrics().is_storable(), service.settings().log) {
        (true, _) => None,
        (false, LogMode::Durable) => Some("the store rejects rows"),
        (false, LogMode::Batched) => Some("rows are being lost: the store rejects them"),
    };
    let deployment = if service.is_starting(now) {
        Some("waiting for the first deployment")
    } else if service.is_stale(now) {
        Some("stale: no news of deployments for a minute; the last one is served on")
    } else {
        None
    };
    let body = serde_json::to_vec(&Ready { ready: is_ready, log, deployment }).unwrap_or_default();
    Response::new(if is_ready { 200 } else { 503 }, "application/json", body)
}

/// What `/health/ready` says.
#[derive(Serialize)]
struct Ready {
    ready: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment: Option<&'static str>,
}

/// Whether requests can be scored as the settings promise. A service exists only with its models read and verified, so one that answers
/// is ready, unless it has to store rows and cannot, or does not know yet what to serve.
pub(super) fn is_ready(serving: Serving<'_>, now: Timestamp) -> bool {
    let Serving { service, .. } = serving;
    (service.metrics().is_storable() || service.settings().log == LogMode::Batched) && !service.is_starting(now)
}

/// What MLflow's scoring server says at `/ping` and `/health`.
pub(super) fn ping() -> Response {
    Response::new(200, "application/json", b"\n".to_vec())
}

pub(super) fn version() -> Response {
    Response::new(200, "text/plain; charset=utf-8", env!("CARGO_PKG_VERSION").into())
}

pub(super) fn metrics(serving: Serving<'_>, now: Timestamp) -> Response {
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Response::new(200, media_type, serving.service.metrics_text(now).into_bytes())
}
